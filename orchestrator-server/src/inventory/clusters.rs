//! Which servers hang together, under which name, and each one's place: pure functions over all
//! known servers (spec 04, sections 5 and 7.1). Unlike the reference, which inherits names one
//! level per probe, a change is complete at once.

use std::{collections::HashMap, sync::Arc};

use shared::{InstanceKey, gtid::ServerUuid};

use super::view::{Instance, Place};
use crate::mysql::state::Position;

/// Servers by key.
pub type Servers = HashMap<InstanceKey, Arc<Instance>>;

/// Where a server belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Key of the head: its text is the cluster's name.
    pub head: InstanceKey,
    /// Place below the head.
    pub place: Place,
}

/// Find a server's cluster and place. `previous` is the name that a server's cluster had, by
/// server: of two co-masters the one that already named the cluster goes on doing so.
#[must_use]
pub fn membership(
    servers: &Servers,
    instance: &Arc<Instance>,
    previous: &impl Fn(&InstanceKey) -> Option<Arc<str>>,
) -> Membership {
    let path = path_to_head(servers, instance);
    let head = head_of(servers, &path, previous);
    Membership { place: place(servers, &path, &head), head }
}

/// The server above: the group primary for a secondary, else the source; only if it is known.
fn parent<'a>(servers: &'a Servers, instance: &'a Instance) -> Option<&'a Arc<Instance>> {
    let group = instance.state.as_ref().and_then(|s| s.group.as_ref());
    let primary =
        group.and_then(|g| g.primary.as_ref()).filter(|primary| **primary != instance.key);
    servers.get(primary.or_else(|| instance.source.attached())?)
}

/// From the server itself upwards; ends at the head, or before a server that is already there.
fn path_to_head<'a>(servers: &'a Servers, from: &'a Arc<Instance>) -> Vec<&'a Arc<Instance>> {
    let mut path = vec![from];
    while let Some(above) = path.last().and_then(|last| parent(servers, last)) {
        if path.iter().any(|seen| seen.key == above.key) {
            break;
        }
        path.push(above);
    }
    path
}

/// The members of the ring in which the path ends, if it does: the server above its last one is
/// on the path already.
fn ring<'p, 'a>(servers: &Servers, path: &'p [&'a Arc<Instance>]) -> &'p [&'a Arc<Instance>] {
    let top = path.last().and_then(|last| parent(servers, last));
    match top.and_then(|top| path.iter().position(|seen| seen.key == top.key)) {
        Some(start) => &path[start..],
        None => &[],
    }
}

fn head_of(
    servers: &Servers,
    path: &[&Arc<Instance>],
    previous: &impl Fn(&InstanceKey) -> Option<Arc<str>>,
) -> InstanceKey {
    let ring = ring(servers, path);
    let named_before = ring.iter().find(|member| {
        ring.iter().any(|other| previous(&other.key).is_some_and(|n| *n == *member.key.to_string()))
    });
    let smallest = ring.iter().map(|member| &member.key).min();
    named_before
        .map(|member| &member.key)
        .or(smallest)
        .or_else(|| path.last().map(|head| &head.key))
        .cloned()
        .unwrap_or_else(|| unreachable_head(path))
}

/// A path always holds at least its own server.
fn unreachable_head(path: &[&Arc<Instance>]) -> InstanceKey {
    path[0].key.clone()
}

fn place(servers: &Servers, path: &[&Arc<Instance>], head: &InstanceKey) -> Place {
    let own = path[0];
    let depth = path.iter().position(|step| step.key == *head).unwrap_or(path.len());
    let ring = ring(servers, path);
    let co_master = ring.len() == 2 && ring.iter().any(|member| member.key == own.key);
    let ancestry = ancestry(path, depth, co_master);
    Place {
        depth: u32::try_from(depth).unwrap_or(u32::MAX),
        co_master,
        errant: errant(servers, own, &ancestry, co_master),
        ancestry: ancestry.join(","),
    }
}

/// Server UUIDs from the head down to the server itself, then the name of its group.
fn ancestry(path: &[&Arc<Instance>], depth: usize, co_master: bool) -> Vec<String> {
    let steps = if co_master { 2 } else { depth + 1 };
    let states = path.iter().take(steps).rev().filter_map(|step| step.state.as_ref());
    let mut ancestry: Vec<String> =
        states.map(|state| state.server_uuid.clone()).filter(|uuid| !uuid.is_empty()).collect();
    let group = path[0].state.as_ref().and_then(|s| s.group.as_ref());
    ancestry.extend(group.map(|g| g.name.clone()).filter(|name| !name.is_empty()));
    ancestry
}

/// Transactions of the server that its source does not have, leaving out those that started on
/// a server above it: the source may simply have been read a moment earlier.
fn errant(servers: &Servers, own: &Instance, ancestry: &[String], co_master: bool) -> String {
    let executed = |i: &Instance| match i.state.as_ref().map(|s| &s.gtid.executed) {
        Some(Position::Oracle(set)) if !set.is_empty() => Some(set.clone()),
        _ => None,
    };
    let Some(mine) = executed(own) else { return String::new() };
    let Some(theirs) = parent(servers, own).and_then(|p| executed(p)) else {
        return String::new();
    };
    let own_uuid = own.state.as_ref().map_or("", |s| &*s.server_uuid);
    let above: Vec<ServerUuid> = ancestry
        .iter()
        .filter(|uuid| co_master || *uuid != own_uuid)
        .filter_map(|uuid| uuid.parse().ok())
        .collect();
    mine.retain(|uuid| !above.contains(&uuid)).minus(&theirs).to_string()
}
