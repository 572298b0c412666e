//! What is known of the fleet, in memory, with one owner.

#[cfg(test)]
pub(crate) mod sketch;
pub mod view;
