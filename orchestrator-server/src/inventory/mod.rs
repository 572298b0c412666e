//! What is known of the fleet, in memory, with one owner.

pub mod clusters;
pub mod owner;
#[cfg(test)]
pub(crate) mod sketch;
pub mod update;
pub mod view;
