//! Asking servers: which are due, who asks them, what to do when one falls silent. Everything
//! that is read goes to the inventory; nothing is judged here.

pub mod backoff;
pub mod degraded;
pub mod discovery;
pub mod due;
pub mod heartbeat;
mod queue;
pub mod suspicion;
