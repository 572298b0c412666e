//! What is known of the fleet, in memory, with one owner.

pub mod condition;
pub mod select;
#[cfg(test)]
pub(crate) mod sketch;
pub mod view;
