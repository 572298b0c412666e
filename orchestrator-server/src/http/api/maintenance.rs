//! Maintenance: exclusive locks on servers (spec 04, 9.2).

use std::time::Duration;

use shared::{duration, wire::Key};

use crate::{
    http::{
        call::Call,
        reply::{Outcome, Refusal, Reply},
        wire,
    },
    journal::{command::Command, hints::Maintenance},
};

/// How long a lock lasts that nobody ends, where nothing else is said.
const LENGTH: Duration = Duration::from_secs(600);

/// `begin-maintenance/:host/:port/:owner/:reason[/:duration]`
pub(in crate::http) async fn begin(call: &Call) -> Outcome {
    let key = call.key_to_change().await?;
    let length = duration::parse_simple_or(call.param("duration"), LENGTH)
        .map_err(|error| Refusal::new(error.to_string()))?;
    let (owner, reason) = (call.param("owner").trim(), call.param("reason").trim());
    let maintenance = Maintenance {
        id: 0,
        owner: owner.to_owned(),
        reason: reason.to_owned(),
        begins: call.now,
        ends: call.now + length,
        node: None,
    };
    let begin = Command::BeginMaintenance { key: key.clone(), maintenance };
    let token = call.record(begin, None).await?.number;
    if token == 0 {
        let why =
            format!("Cannot begin maintenance for instance: {key}; maintenance reason: {reason}");
        return Err(Refusal::new(why).with(&0));
    }
    let message = format!("maintenanceToken: {token}, owner: {owner}, reason: {reason}");
    call.note(call.audit("begin-maintenance", Some(&key), message)).await;
    Reply::ok(format!("Maintenance begun: {key}"), &Key::from(&key))
}

/// `end-maintenance/:host/:port`
pub(in crate::http) async fn end(call: &Call) -> Outcome {
    let key = call.key_to_change().await?;
    let known = call.view.facts.maintenance(&key, call.now).is_some();
    let audit = known.then(|| call.audit("end-maintenance", Some(&key), ""));
    call.record(Command::EndMaintenance { key: key.clone() }, audit).await?;
    Reply::ok(format!("Maintenance ended: {key}"), &Key::from(&key))
}

/// `end-maintenance/:maintenanceKey`
pub(in crate::http) async fn end_by_token(call: &Call) -> Outcome {
    let id = call.number("maintenanceKey")?;
    let found = call.view.facts.maintenances.iter().find(|(_, lock)| lock.id == id);
    let message = format!("maintenanceToken: {id}");
    let audit = found.map(|(key, _)| call.audit("end-maintenance", Some(key), message));
    call.record(Command::EndMaintenanceById { id }, audit).await?;
    Reply::ok(format!("Maintenance ended: {id}"), &id)
}

/// `in-maintenance/:host/:port`
pub(in crate::http) async fn is_in(call: &Call) -> Outcome {
    let key = call.key().await?;
    match call.view.facts.maintenance(&key, call.now) {
        Some(_) => Reply::ok("true", &key.to_string()),
        None => Reply::ok("false", ""),
    }
}

/// `maintenance`
pub(in crate::http) async fn list(call: &Call) -> Outcome {
    Reply::bare(&wire::maintenances(call.picture()))
}
