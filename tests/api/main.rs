//! The real programs from end to end: starting, answering, reloading, remembering; and what the
//! client makes of it. Failovers are told in `tests/failover`.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod client;
mod durability;
mod grants;
mod hints;
mod listening;
mod passive;
mod reload;
mod shape;
mod shapes;
mod startup;

use harness::{sandbox::Sandbox, service::Service};
use serde_json::Value;

/// `host:port` of a key on the wire, or of something with a `Key`.
fn address(value: &Value) -> String {
    let key = value.get("Key").unwrap_or(value);
    format!("{}:{}", key["Hostname"].as_str().unwrap_or_default(), key["Port"])
}

/// The addresses of a list, in its order.
fn addresses(list: &Value) -> Vec<String> {
    list.as_array().map(|list| list.iter().map(address).collect()).unwrap_or_default()
}

/// The route of one server below `prefix`.
fn route(prefix: &str, sandbox: &Sandbox, node: u16) -> String {
    format!("{prefix}/127.0.0.1/{}", sandbox.port(node))
}

/// One server as the service knows it.
async fn instance(service: &Service, sandbox: &Sandbox, node: u16) -> Value {
    service.json(&route("instance", sandbox, node)).await
}
