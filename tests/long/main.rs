//! The long tier: what takes minutes, on real servers of both flavours, by the released programs.
//! Each test runs alone, by `scripts/test --only NAME`; what it measured is written below the
//! name of the part in `docs/verification.md`.
//!
//! `LONG_SEED` repeats the random choices of an earlier run, which prints its seed;
//! `LONG_MINUTES` and `LONG_RUNS` change how long a part lasts.

#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that cannot go on ends, and says what it sees"
)]

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
use tokio::task::JoinSet;

/// Every part is played on both.
const FLAVORS: [Flavor; 2] = [Flavor::MySql, Flavor::MariaDb];

/// Play on both at once; a failure of one ends the other.
async fn on_both<T, F>(play: impl Fn(Flavor) -> F) -> Vec<(Flavor, T)>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut plays = JoinSet::new();
    for flavor in FLAVORS {
        let play = play(flavor);
        plays.spawn(async move { (flavor, play.await) });
    }
    let mut outcomes = Vec::new();
    while let Some(outcome) = plays.join_next().await {
        match outcome {
            Ok(outcome) => outcomes.push(outcome),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
    outcomes.sort_by_key(|(flavor, _)| FLAVORS.iter().position(|f| f == flavor));
    outcomes
}
