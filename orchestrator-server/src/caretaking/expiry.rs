//! Which hints have expired, and which renew themselves: pure, from the facts and the time to
//! Commands and what the audit says about them (spec 04, 8, 9 and 11).

use std::time::Duration;

use crate::{
    clock::Moment,
    config::Config,
    decision::returned::{LOST_FOR, LOST_IN_RECOVERY},
    inventory::view::FleetView,
    journal::{
        command::{AuditEntry, Command},
        facts::{Downtime, Node},
    },
};

/// A lost server's downtime is renewed when this much of it has passed.
const RENEW_AFTER: Duration = Duration::from_secs(3600);

/// What is to be written down now; in this order, because what is renewed does not expire.
#[must_use]
pub(super) fn due(fleet: &FleetView, config: &Config, node: &Node, now: Moment) -> Vec<Command> {
    let mut commands = renewals(fleet, now);
    commands.extend(expired_downtimes(fleet, now));
    commands.extend(ended_locks(fleet, node, now));
    let pools_before = now - config.instance_pool_expiry();
    let virtual_names_before =
        config.hostname_resolve_expiry().map_or(Moment::default(), |expiry| now - expiry);
    let facts = &fleet.facts;
    let stale = facts.pools.values().any(|pool| pool.at < pools_before)
        || facts.virtual_names.values().any(|name| name.at < virtual_names_before);
    if stale {
        commands.push(Command::PurgeHints { at: now, pools_before, virtual_names_before });
    }
    commands
}

/// A server that was lost stays so until it is back; no clock brings it back.
fn renewals(fleet: &FleetView, now: Moment) -> Vec<Command> {
    let lost = |downtime: &Downtime| {
        downtime.reason == LOST_IN_RECOVERY
            && downtime.ends > now
            && downtime.ends + RENEW_AFTER <= now + LOST_FOR
    };
    let due = fleet.facts.downtimes.iter().filter(|(_, downtime)| lost(downtime));
    due.map(|(key, downtime)| Command::BeginDowntime {
        key: key.clone(),
        owner: downtime.owner.clone(),
        reason: downtime.reason.clone(),
        begins: downtime.begins,
        ends: now + LOST_FOR,
    })
    .collect()
}

/// The audit alone: the entries themselves go with the purge of all that is old.
fn expired_downtimes(fleet: &FleetView, now: Moment) -> Vec<Command> {
    let expired = fleet.facts.downtimes.iter().filter(|(_, downtime)| downtime.ends <= now);
    expired
        .map(|(key, downtime)| {
            let message = format!("owner: {}, reason: {}", downtime.owner, downtime.reason);
            audit(fleet, now, "expire-downtime", key, message)
        })
        .collect()
}

/// Locks that have run out, and locks of processes of this machine that are gone: a process holds
/// its locks no longer than it lives.
fn ended_locks(fleet: &FleetView, node: &Node, now: Moment) -> Vec<Command> {
    let mut commands = Vec::new();
    for (key, lock) in fleet.facts.maintenances.iter() {
        let dead = lock
            .node
            .as_ref()
            .is_some_and(|of| of.hostname == node.hostname && of.token != node.token);
        let how = match lock.ends <= now {
            true => "Expired bounded",
            false if dead => "Expired dead",
            false => continue,
        };
        commands.push(Command::EndMaintenanceById { id: lock.id });
        let message = format!("{how}: owner: {}, reason: {}", lock.owner, lock.reason);
        commands.push(audit(fleet, now, "expire-maintenance", key, message));
    }
    commands
}

fn audit(
    fleet: &FleetView,
    at: Moment,
    kind: &str,
    key: &shared::InstanceKey,
    message: String,
) -> Command {
    let cluster = fleet.index.get(key).map(ToString::to_string).unwrap_or_default();
    Command::Audit(AuditEntry {
        at,
        kind: kind.to_owned(),
        key: Some(key.clone()),
        cluster,
        message,
    })
}

#[cfg(test)]
#[path = "expiry_tests.rs"]
mod tests;
