//! The command line: flags in, one of the invocation forms out. Which commands there are is said
//! in `commands`; they are answered by the API, of the running service or within this process.

pub mod api;
mod combined;
pub mod commands;
pub mod flags;
pub mod help;
pub mod print;
pub mod run;
