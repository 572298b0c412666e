//! Servers that a failover left behind and that answer again: which of them must be fenced,
//! which are back in service (spec 04, 9.1).

use std::time::Duration;

use shared::InstanceKey;

use crate::{clock::Moment, inventory::view::FleetView};

/// The reason of the downtime by which such servers are known.
pub const LOST_IN_RECOVERY: &str = "lost-in-recovery";

/// Not before this long after the failover, so that a server is not taken for returned while
/// the failover is still settling.
const SETTLED: Duration = Duration::from_secs(60);

/// What to do with a server that came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returned {
    /// It was replaced, and accepts writes: it must be set read-only before anything else.
    MustBeFenced,
    /// It replicates.
    BackInService,
}

/// Every server that came back.
#[must_use]
pub fn returned(fleet: &FleetView, now: Moment) -> Vec<(InstanceKey, Returned)> {
    let left_behind = fleet
        .facts
        .downtimes
        .iter()
        .filter(|(_, downtime)| downtime.reason == LOST_IN_RECOVERY && downtime.ends > now);
    left_behind
        .filter_map(|(key, downtime)| {
            let instance = fleet.instance(key).filter(|i| i.is_valid())?;
            let read_since = instance.check.state_since >= Some(downtime.begins);
            let state = instance.state.as_ref().filter(|_| read_since)?;
            if was_replaced(fleet, key) && instance.source.attached().is_none() {
                return (!state.read_only).then(|| (key.clone(), Returned::MustBeFenced));
            }
            let settled = now.since(downtime.begins) > SETTLED;
            (settled && instance.is_replicating()).then(|| (key.clone(), Returned::BackInService))
        })
        .collect()
}

/// Its last recovery put another server in its place, and nobody has acknowledged that.
fn was_replaced(fleet: &FleetView, key: &InstanceKey) -> bool {
    fleet
        .facts
        .recoveries
        .values()
        .rfind(|recovery| recovery.key == *key)
        .and_then(|recovery| recovery.end.as_ref())
        .is_some_and(|end| end.successor.as_ref().is_some_and(|s| s != key))
}
