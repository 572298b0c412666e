//! The one durable write path.

pub mod command;
pub mod facts;
