//! The long tier: what takes minutes, on real servers of both flavours, by the released programs.
//! Each test runs alone, by `scripts/test --only NAME`; what it measured is written below the
//! name of the part in `docs/verification.md`.
//!
//! `LONG_SEED` repeats the random choices of an earlier run, which prints its seed;
//! `LONG_MINUTES` and `LONG_RUNS` change how long a part lasts.

mod apart;
mod calm_under_load;
mod calm_when_cut;
mod failover_times;
mod fault_loop;
mod figures;
mod load;
mod quick_restart;
mod report;
mod retrieved;
mod settings;
mod soak;
mod stage;
mod writer;

use harness::sandbox::Flavor;

/// Every part is played on both.
const FLAVORS: [Flavor; 2] = [Flavor::MySql, Flavor::MariaDb];
