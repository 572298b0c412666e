//! The API over a small fleet in memory: one source, two replicas, one replica of a replica.

mod answers;
mod auth;
mod changes;
mod client;
mod control;
pub(crate) mod fleet;
mod hints;
pub(crate) mod history;
mod keys;
mod lab;
mod listener;
mod local;
mod metrics;
mod routing;
mod shapes;
mod topology;
