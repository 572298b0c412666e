//! Making servers known, probing them now, and forgetting them (spec 02, 2.5).

use shared::{InstanceKey, wire::Key};

use crate::{
    http::{
        call::Call,
        reply::{Outcome, Refusal, Reply},
        resolve::KeyUse,
        wire::{Picture, instance::instance},
    },
    journal::command::Command,
};

/// `discover/:host/:port`
pub(in crate::http) async fn discover(call: &Call) -> Outcome {
    let key = announced(call).await?;
    let found = call.services.operations.discover(&key).await?;
    // The picture of this call is older than what was just found.
    let view = call.services.view();
    let picture = Picture { view: &view, config: &call.config, now: call.services.clock.now() };
    let message = format!("Instance discovered: {}", found.key);
    Reply::ok(message, &instance(picture, &found))
}

/// `async-discover/:host/:port`
pub(in crate::http) async fn discover_later(call: &Call) -> Outcome {
    let key = announced(call).await?;
    call.services.operations.discover_later(&key);
    Reply::done(format!("Asynchronous discovery initiated for Instance: {key}"))
}

/// The server that someone announces by name; from now on it is no longer a forgotten one.
async fn announced(call: &Call) -> Result<InstanceKey, Refusal> {
    let key = call.key_of("host", "port", KeyUse::Discover).await?;
    if call.view.facts.forgotten.contains_key(&key) {
        call.record(Command::Remember { key: key.clone() }, None).await?;
    }
    Ok(key)
}

/// `refresh/:host/:port`
pub(in crate::http) async fn refresh(call: &Call) -> Outcome {
    let key = call.key_to_change().await?;
    call.services.operations.discover(&key).await?;
    Reply::ok(format!("Instance refreshed: {key}"), &Key::from(&key))
}

/// `forget/:host/:port`
pub(in crate::http) async fn forget(call: &Call) -> Outcome {
    let key = call.key_to_change().await?;
    if call.view.instance(&key).is_none() {
        return Err(Refusal::new(format!("ForgetInstance(): instance {key} not found")));
    }
    call.services.operations.forget(std::slice::from_ref(&key)).await?;
    Reply::ok(format!("Instance forgotten: {key}"), &Key::from(&key))
}

/// `forget-cluster/:clusterHint`
pub(in crate::http) async fn forget_cluster(call: &Call) -> Outcome {
    let cluster = call.cluster_by_hint()?;
    let keys: Vec<InstanceKey> = cluster.instances.keys().cloned().collect();
    call.services.operations.forget(&keys).await?;
    Reply::done(format!("Cluster forgotten: {}", cluster.name))
}
