//! What is known of the fleet, in memory, with one owner.

pub mod condition;
pub mod select;
pub mod view;
