//! The only place that acts: the judge asks the pure parts what to do, the runner does it and
//! writes down what came of it.

mod closing;
mod fence;
pub mod incident;
pub mod judge;
pub mod runner;
pub mod scribe;
pub mod start;
