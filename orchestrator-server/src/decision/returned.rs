//! Servers that a failover left behind and that answer again: which of them must be fenced,
//! which are back in service (spec 04, 9.1).

use std::{collections::BTreeSet, time::Duration};

use shared::InstanceKey;

use crate::{
    clock::Moment,
    decision::step::Step,
    inventory::view::{FleetView, Instance},
    journal::facts::Recovery,
    mysql::driver::Action,
};

/// The reason of the downtime by which such servers are known.
pub const LOST_IN_RECOVERY: &str = "lost-in-recovery";

/// How long that downtime lasts; it is renewed while the server stays away.
pub const LOST_FOR: Duration = Duration::from_secs(365 * 24 * 3600);

/// Not before this long after the failover, so that a server is not taken for returned while
/// the failover is still settling.
const SETTLED: Duration = Duration::from_secs(60);

/// What to do with a server that came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Returned {
    /// It was replaced, and accepts writes: it must be set read-only before anything else. Once:
    /// who makes it writeable again after that knows what they do.
    MustBeFenced {
        /// The recovery that replaced it.
        uid: String,
    },
    /// It was replaced, and is no danger.
    Harmless {
        /// The recovery that replaced it.
        uid: String,
    },
    /// It replicates from a server in service, or is the one head of a cluster of its own name.
    BackInService,
}

/// Every server that came back.
#[must_use]
pub fn returned(fleet: &FleetView, now: Moment) -> Vec<(InstanceKey, Returned)> {
    let mut all: Vec<(InstanceKey, Returned)> = fleet
        .facts
        .recoveries
        .values()
        .flat_map(|recovery| suspects(recovery).into_iter().map(move |key| (recovery, key)))
        .filter_map(|(recovery, key)| Some((key.clone(), replaced(fleet, recovery, &key)?)))
        .collect();
    all.extend(back_in_service(fleet, now).map(|key| (key, Returned::BackInService)));
    all
}

/// Servers that may think that they are the source: the one that failed, and those of which
/// nobody knows whether their promotion happened.
fn suspects(recovery: &Recovery) -> BTreeSet<InstanceKey> {
    let promotion = |step: &Step| matches!(step, Step::Server(Action::Promote { .. }));
    let tried = recovery.done.iter().map(|result| &result.step).filter(|step| promotion(step));
    let mut suspects: BTreeSet<InstanceKey> = tried.filter_map(|s| s.server().cloned()).collect();
    suspects.insert(recovery.key.clone());
    suspects
}

/// What to do with a server that the recovery replaced, once it has been read since.
fn replaced(fleet: &FleetView, recovery: &Recovery, key: &InstanceKey) -> Option<Returned> {
    let end = recovery.end.as_ref()?;
    let successor = end.successor.as_ref().filter(|successor| *successor != key)?;
    let instance = fleet.instance(key).filter(|i| i.is_valid())?;
    let state = instance.state.as_ref().filter(|_| instance.check.state_since >= Some(end.at))?;
    // `read_only` does not survive a restart: then it is looked at again. Servers count their
    // uptime in whole seconds.
    let up_since = instance.check.state_since? - Duration::from_secs(state.uptime_seconds + 1);
    if recovery.fenced.get(key).is_some_and(|harmless| *harmless >= up_since) {
        return None;
    }
    let uid = recovery.uid.clone();
    let promoted_since = fleet.facts.recoveries.values().any(|later| {
        let successor = later.end.as_ref().and_then(|end| end.successor.as_ref());
        later.started > recovery.started && successor == Some(key)
    });
    let taken_back = fleet.instance(successor).is_some_and(|s| s.source.attached() == Some(key));
    let dangerous =
        !state.read_only && !promoted_since && !taken_back && instance.source.attached().is_none();
    Some(if dangerous { Returned::MustBeFenced { uid } } else { Returned::Harmless { uid } })
}

/// Servers that were left behind and replicate again, from one that was not; or that head the one
/// cluster that has their alias.
fn back_in_service(fleet: &FleetView, now: Moment) -> impl Iterator<Item = InstanceKey> {
    let left_behind = move |key: &InstanceKey| {
        fleet.facts.downtime(key, now).filter(|downtime| downtime.reason == LOST_IN_RECOVERY)
    };
    fleet.facts.downtimes.keys().filter_map(move |key| {
        let downtime = left_behind(key)?;
        let instance = fleet.instance(key).filter(|i| i.is_valid())?;
        let settled = now.since(downtime.begins) > SETTLED
            && instance.check.state_since >= Some(downtime.begins);
        let back = match instance.source.attached() {
            Some(source) => instance.is_replicating() && left_behind(source).is_none(),
            None => owns_its_alias(fleet, instance),
        };
        (settled && back).then(|| key.clone())
    })
}

/// It is the only server at the top of all clusters with its alias.
fn owns_its_alias(fleet: &FleetView, instance: &Instance) -> bool {
    let Some(own) = fleet.cluster_of(&instance.key).filter(|c| !c.alias.is_empty()) else {
        return false;
    };
    let same_name = fleet.clusters.values().filter(|cluster| cluster.alias == own.alias);
    let heads = same_name.flat_map(|cluster| cluster.instances.values());
    let mut heads = heads.filter(|i| i.place.depth == 0);
    heads.next().is_some_and(|head| head.key == instance.key) && heads.next().is_none()
}

#[cfg(test)]
#[path = "returned_tests.rs"]
mod tests;
