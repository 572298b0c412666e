//! The command line: flags in, one of the invocation forms out.

pub mod flags;
