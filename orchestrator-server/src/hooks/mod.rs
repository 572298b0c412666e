//! Hooks: the operator's own commands around detections and recoveries. Here they are expanded
//! and run; which list is run when, and what its failure means, is decided elsewhere.

pub mod context;
pub mod environment;
pub mod placeholders;
mod process;
pub mod run;
mod shell_text;

pub use context::{HookContext, Successor};
pub use process::HookError;
pub use run::{HookRunner, Lines};
