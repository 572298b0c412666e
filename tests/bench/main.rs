//! Figures, by the released programs on this machine: benchmarks, not timed tests. `scripts/bench`
//! runs them one by one; what must be so on any machine is asserted, the rest is printed.

#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on ends, and says what it sees"
)]

mod client;
mod silence;
