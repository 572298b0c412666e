//! What is known of the fleet, in memory, with one owner.

pub mod view;
