//! Pure: whether to act and what to do, as data.

pub mod candidate;
pub mod dead_master;
pub mod evidence;
pub mod guards;
pub mod loss;
pub mod returned;
pub mod step;
