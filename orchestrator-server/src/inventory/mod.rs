//! What is known of the fleet, in memory, with one owner.

pub mod clusters;
pub mod condition;
pub mod heuristics;
pub mod owner;
pub mod select;
#[cfg(test)]
pub(crate) mod sketch;
pub mod update;
pub mod view;
