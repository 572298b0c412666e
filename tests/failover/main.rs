//! Failovers on real servers, by the real programs, on both flavours: what a user sees.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]

mod discovery;
mod failures;
mod hooks;
mod relay_log;
mod restraint;

use harness::{sandbox::Sandbox, service::Service, wait};
use serde_json::Value;

/// `host:port` of a key on the wire.
fn address(key: &Value) -> String {
    format!("{}:{}", key["Hostname"].as_str().unwrap_or_default(), key["Port"])
}

/// One server as the service knows it.
async fn instance(service: &Service, sandbox: &Sandbox, node: u16) -> Value {
    service.get(&format!("instance/127.0.0.1/{}", sandbox.port(node))).await.unwrap_or_default()
}

/// Wait until the service shows `replica` replicating from `source`.
async fn wait_until_below(service: &Service, sandbox: &Sandbox, source: u16, replica: u16) {
    wait::until(wait::secs(20), &format!("node {replica} replicates from {source}"), || async {
        let seen = instance(service, sandbox, replica).await;
        let below = address(&seen["MasterKey"]) == sandbox.address(source);
        let runs = seen["Slave_IO_Running"] == true && seen["Slave_SQL_Running"] == true;
        if below && runs { Ok(()) } else { Err(seen.to_string()) }
    })
    .await;
}
