//! Housekeeping: what has expired is dropped, servers that came back after a failover are set
//! right. Runs often, does little.

mod expiry;

use std::time::Duration;

use futures_util::future::join_all;
use shared::InstanceKey;
use tokio::time::timeout;
use tracing::{info, warn};

use crate::{
    app::Core,
    clock::Moment,
    decision::returned::{self, Returned},
    inventory::view::{FleetView, Instance},
    journal::{
        command::{AuditEntry, Command},
        facts::Facts,
    },
};

/// Longest wait for a second look at a server before it is fenced.
const SECOND_LOOK: Duration = Duration::from_secs(1);

/// One round.
pub async fn run(core: &Core) {
    core.resolver.tidy();
    if !core.leadership.may_act() {
        return;
    }
    let now = core.clock.now();
    for command in expiry::due(&core.inventory.view(), &core.config.current(), &core.node, now) {
        propose(core, command).await;
    }
    expire(core, now).await;
    forget_unseen(core, now).await;
    returned_servers(core, now).await;
}

async fn expire(core: &Core, now: Moment) {
    let config = core.config.current();
    let facts = core.inventory.view().facts.clone();
    let recoveries_after = config.recovery_block();
    let detections_after = config.failure_detection_block();
    let over = facts
        .recoveries
        .values()
        .any(|r| r.active && r.end.is_some() && now.since(r.started) > recoveries_after)
        || facts.detections.values().any(|d| d.active && now.since(d.at) > detections_after);
    if over {
        propose(core, Command::ExpireActivePeriods { at: now, recoveries_after, detections_after })
            .await;
    }
    let history_before = now - config.audit_retention();
    let candidates_before = now - config.candidate_expiry();
    for gone in gone_for_good(&facts, &core.inventory.view(), history_before) {
        propose(core, gone).await;
    }
    let stale = facts.downtimes.values().any(|d| d.ends <= now)
        || facts.candidates.values().any(|c| c.at < candidates_before)
        || facts.forgotten.values().any(|until| *until <= now)
        || facts.detections.values().any(|d| d.at < history_before)
        || facts.recoveries.values().any(|r| r.is_over() && r.started < history_before);
    if stale {
        propose(core, Command::Purge { at: now, history_before, candidates_before }).await;
    }
}

/// Servers that have not answered for `UnseenInstanceForgetHours`. A source that replicas still
/// name stays: it would only be found again through them.
async fn forget_unseen(core: &Core, now: Moment) {
    let config = core.config.current();
    let longest = config.unseen_instance_forget();
    if longest.is_zero() {
        return;
    }
    let fleet = core.inventory.view();
    for key in unseen(&fleet, now - longest) {
        let until = now + config.instance_poll() * 3;
        info!(instance = %key, "{key} is forgotten: it has not answered for too long");
        propose(core, Command::Forget { key: key.clone(), until }).await;
        core.discovery.forget(&key);
        audit(core, now, "forget-unseen", &key, "it has not answered for too long").await;
    }
}

fn unseen(fleet: &FleetView, before: Moment) -> Vec<InstanceKey> {
    let is_source = |key: &InstanceKey| {
        fleet.cluster_of(key).is_some_and(|cluster| cluster.replicas_of(key).next().is_some())
    };
    let unseen = |i: &&std::sync::Arc<Instance>| i.check.last_seen.is_some_and(|at| at < before);
    fleet.instances().filter(unseen).map(|i| i.key.clone()).filter(|key| !is_source(key)).collect()
}

/// Of old recoveries: replaced servers that are no longer known, so that nobody waits for them.
fn gone_for_good(facts: &Facts, fleet: &FleetView, history_before: Moment) -> Vec<Command> {
    let old = facts.recoveries.values().filter(|r| r.end.is_some() && r.started < history_before);
    old.filter(|r| !r.is_over() && fleet.instance(&r.key).is_none())
        .map(|r| Command::MarkFenced { uid: r.uid.clone(), key: r.key.clone(), at: history_before })
        .collect()
}

/// Somebody may be putting the server back in office right now: it and its successor are read
/// once more before it is made read-only.
async fn is_still_dangerous(core: &Core, key: &InstanceKey, uid: &str) -> bool {
    let facts = core.inventory.view().facts.clone();
    let recovery = facts.recoveries.values().find(|r| r.uid == uid);
    let successor = recovery.and_then(|r| r.end.as_ref()?.successor.clone());
    let reads = [Some(key.clone()), successor].into_iter().flatten().map(|key| async move {
        // Who does not answer soon is judged by what is known.
        let _ = timeout(SECOND_LOOK, core.discovery.read(&key)).await;
    });
    join_all(reads).await;
    let all = returned::returned(&core.inventory.view(), core.clock.now());
    all.iter().any(|(server, what)| {
        server == key && matches!(what, Returned::MustBeFenced { uid: of } if of == uid)
    })
}

/// Servers that a failover left behind: a writeable one is fenced before anything else, one that
/// replicates again is back in service.
async fn returned_servers(core: &Core, now: Moment) {
    let fleet = core.inventory.view();
    for (key, what) in returned::returned(&fleet, now) {
        match what {
            Returned::MustBeFenced { uid } => {
                if is_still_dangerous(core, &key, &uid).await && core.judge.fence(&key).await {
                    propose(core, Command::MarkFenced { uid, key, at: now }).await;
                }
            }
            Returned::Harmless { uid } => {
                propose(core, Command::MarkFenced { uid, key, at: now }).await;
            }
            Returned::BackInService => {
                info!(instance = %key, "{key} is back in service: its downtime ends");
                propose(core, Command::EndDowntime { key: key.clone() }).await;
                audit(core, now, "end-downtime", &key, "back in service").await;
            }
        }
    }
}

async fn audit(core: &Core, at: Moment, kind: &str, key: &InstanceKey, message: &str) {
    let cluster = core.inventory.view().index.get(key).map(ToString::to_string);
    let entry = AuditEntry {
        at,
        kind: kind.to_owned(),
        key: Some(key.clone()),
        cluster: cluster.unwrap_or_default(),
        message: message.to_owned(),
    };
    propose(core, Command::Audit(entry)).await;
}

async fn propose(core: &Core, command: Command) {
    if let Err(error) = core.journal.propose(command).await {
        warn!("housekeeping cannot be written down: {error}");
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use super::*;
    use crate::{
        decision::fixtures::recovery,
        inventory::sketch::{NOW, key, mysql},
        journal::command::RecoveryEnd,
    };

    #[test]
    fn who_was_not_seen_for_long_is_forgotten_unless_somebody_names_it() {
        let view = mysql("m! -> r1!~ r2~ r3![unseen]");
        let mut fleet = FleetView::default();
        for key in view.cluster.instances.keys() {
            fleet.index.insert_mut(key.clone(), Arc::from(&*view.cluster.name));
        }
        fleet.clusters.insert_mut(view.cluster.name.clone(), view.cluster.clone());
        assert_eq!(unseen(&fleet, NOW - Duration::from_secs(3600)), []);
        let mut all = unseen(&fleet, NOW + Duration::from_secs(1));
        all.sort_unstable();
        assert_eq!(all, [key("r1"), key("r2")], "m is named, r3 never answered");
    }

    #[test]
    fn of_old_recoveries_only_servers_that_are_still_known_are_waited_for() {
        let view = mysql("m! -> r1~");
        let mut replaced = recovery(&view, vec![]);
        let successor = Some(key("r1"));
        replaced.end = Some(RecoveryEnd { successor, ..RecoveryEnd::default() });
        let mut facts = Facts::default();
        facts.recoveries.insert_mut(1, Arc::new(replaced));
        let mut fleet = FleetView::default();
        let given_up = |fleet: &FleetView, before| gone_for_good(&facts, fleet, before).len();
        assert_eq!(given_up(&fleet, NOW), 1);
        assert_eq!(given_up(&fleet, NOW - Duration::from_secs(3600)), 0, "not old enough");
        fleet.index.insert_mut(key("m"), Arc::from(&*view.cluster.name));
        fleet.clusters.insert_mut(view.cluster.name.clone(), view.cluster.clone());
        assert_eq!(given_up(&fleet, NOW), 0, "it may come back");
    }
}
