//! Pure: whether to act and what to do, as data.

pub mod candidate;
pub mod follow;
pub mod step;
