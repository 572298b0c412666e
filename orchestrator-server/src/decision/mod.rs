//! Pure: whether to act and what to do, as data. Nothing here reads a clock, a server or a file.

pub mod candidate;
pub mod dead_master;
pub mod evidence;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod follow;
pub mod guards;
pub mod loss;
pub mod returned;
pub mod step;
