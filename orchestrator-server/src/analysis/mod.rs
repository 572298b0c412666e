//! Pure: what is wrong with a cluster.

mod code;

pub use code::Code;
