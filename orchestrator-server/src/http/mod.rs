//! The HTTP API: the route table, what answers each route, and the listener. Handlers read the
//! fleet view and submit Commands and operations; they judge and change nothing themselves.

pub mod auth;
pub mod call;
pub mod identity;
pub mod local;
pub mod reply;
pub mod resolve;
pub mod route;
pub mod router;
pub mod routes;
pub mod server;
pub mod service;
pub mod tls;
pub mod topology;
pub mod wire;

mod api;
#[cfg(test)]
pub(crate) mod tests;

pub use server::{Server, ServerError};
pub use service::{NodeInfo, Operations, RecoverReply, RecoverRequest, Services, Standing};
