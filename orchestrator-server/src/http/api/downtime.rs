//! Downtime: servers that are out of service on purpose (spec 04, 9.1).

use std::time::Duration;

use shared::{duration, wire::Key};

use crate::{
    http::{
        call::Call,
        reply::{Outcome, Refusal, Reply},
        wire::instance::instances,
    },
    journal::command::Command,
};

/// Where none is given, or zero.
const DEFAULT_DURATION: Duration = Duration::from_secs(600);

/// `begin-downtime/:host/:port/:owner/:reason[/:duration]`
pub(in crate::http) async fn begin(call: &Call) -> Outcome {
    let key = call.key_to_change().await?;
    let duration = duration::parse_simple_or(call.param("duration"), DEFAULT_DURATION)
        .map_err(|error| Refusal::new(error.to_string()))?;
    // Older clients send a line break at the end of both.
    let (owner, reason) = (call.param("owner").trim(), call.param("reason").trim());
    let message = format!("owner: {owner}, reason: {reason}");
    let audit = call.audit("begin-downtime", Some(&key), message);
    let command = Command::BeginDowntime {
        key: key.clone(),
        owner: owner.to_owned(),
        reason: reason.to_owned(),
        begins: call.now,
        ends: call.now + duration,
    };
    call.record(command, Some(audit)).await?;
    Reply::ok(format!("Downtime begun: {key}"), &Key::from(&key))
}

/// `end-downtime/:host/:port`
pub(in crate::http) async fn end(call: &Call) -> Outcome {
    let key = call.key_to_change().await?;
    let known = call.view.facts.downtimes.contains_key(&key);
    let audit = known.then(|| call.audit("end-downtime", Some(&key), ""));
    call.record(Command::EndDowntime { key: key.clone() }, audit).await?;
    Reply::ok(format!("Downtime ended: {key}"), &Key::from(&key))
}

/// `downtimed`
pub(in crate::http) async fn list(call: &Call) -> Outcome {
    Reply::bare(&instances(call.picture(), call.view.downtimed(call.now)))
}

/// `downtimed/:clusterHint`
pub(in crate::http) async fn list_of_cluster(call: &Call) -> Outcome {
    let cluster = call.cluster_by_hint()?;
    let mut downtimed = call.view.downtimed(call.now);
    downtimed.retain(|instance| cluster.instances.contains_key(&instance.key));
    Reply::bare(&instances(call.picture(), downtimed))
}
