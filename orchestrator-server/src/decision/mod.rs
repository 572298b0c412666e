//! Pure: whether to act and what to do, as data.

pub mod step;
