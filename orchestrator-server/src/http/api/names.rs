//! Names of hosts: the cache of resolved ones, and the virtual names that replicas are to use
//! (spec 04, section 6).

use std::collections::BTreeMap;

use shared::wire::{HostnameCacheEntry, Key};

use crate::{
    http::{
        call::Call,
        reply::{Outcome, Refusal, Reply},
    },
    journal::command::Command,
};

/// `resolve/:host/:port`
pub(in crate::http) async fn resolve(call: &Call) -> Outcome {
    let key = call.key().await?;
    call.services.operations.connect(&key).await?;
    Reply::ok("Instance resolved", &Key::from(&key))
}

/// `hostname-resolve-cache`
pub(in crate::http) async fn cache(call: &Call) -> Outcome {
    let known = call.services.operations.resolved_names();
    let entries: BTreeMap<String, HostnameCacheEntry> = known
        .into_iter()
        .map(|(hostname, (object, expires))| {
            let expiration = expires.unix_micros().saturating_mul(1000);
            (hostname, HostnameCacheEntry { object, expiration })
        })
        .collect();
    Reply::ok("Cache retrieved", &entries)
}

/// `reset-hostname-resolve-cache`
pub(in crate::http) async fn reset_cache(call: &Call) -> Outcome {
    call.services.operations.forget_resolved_names().await?;
    call.note(call.audit("reset-hostname-resolve-cache", None, "")).await;
    Reply::done("Hostname cache cleared")
}

/// `register-hostname-unresolve/:host/:port/:virtualname`
pub(in crate::http) async fn register(call: &Call) -> Outcome {
    let key = call.key_to_change().await?;
    let name = call.param("virtualname").trim();
    if name.is_empty() {
        return Err(Refusal::new("Cannot register an empty virtual name"));
    }
    let command = Command::RegisterVirtualName {
        hostname: key.hostname().to_owned(),
        name: name.to_owned(),
        at: call.now,
    };
    let audit = call.audit("register-hostname-unresolve", Some(&key), name);
    call.record(command, Some(audit)).await?;
    Reply::ok("Hostname register unresolve completed", &Key::from(&key))
}

/// `deregister-hostname-unresolve/:host/:port`
pub(in crate::http) async fn deregister(call: &Call) -> Outcome {
    let key = call.key_to_change().await?;
    let known = call.view.facts.virtual_names.contains_key(key.hostname());
    let audit = known.then(|| call.audit("deregister-hostname-unresolve", Some(&key), ""));
    let command = Command::DeregisterVirtualName { hostname: key.hostname().to_owned() };
    call.record(command, audit).await?;
    Reply::ok("Hostname deregister unresolve completed", &Key::from(&key))
}
