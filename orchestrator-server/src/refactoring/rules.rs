//! What must be true before an operation sends its first statement. Pure; the words are those
//! that scripts know (spec 06).

use shared::{Flavor, InstanceKey};

use super::Operation;
use crate::{
    inventory::view::{Cluster, Instance},
    journal::facts::Facts,
    mysql::state::{Channel, ChannelGtid, ServerState, ThreadState},
};

/// Why the operation cannot be done to the server as it was just read.
pub(super) fn refusal(operation: &Operation, instance: &Instance) -> Option<String> {
    let key = &instance.key;
    let Some(state) = &instance.state else { return Some(format!("Cannot read instance: {key}")) };
    let channel = state.replication.as_ref();
    match operation {
        Operation::DisableGtid if channel.is_none() => Some(format!("{key} is not using GTID")),
        Operation::Start
        | Operation::Stop
        | Operation::StopNicely
        | Operation::Restart
        | Operation::Delay(_)
        | Operation::SkipQuery
        | Operation::EnableGtid
        | Operation::DisableGtid
        | Operation::Credentials
        | Operation::Detach
        | Operation::Reattach => match channel {
            None => Some(format!("instance is not a replica: {key}")),
            Some(channel) => of_replica(operation, key, channel),
        },
        Operation::InjectEmpty => no_errant("gtid-errant-inject-empty", instance)
            .or_else(|| no_gtid(state, key, "does not support oracle-gtid")),
        Operation::ForgetErrant => of_errant_replica(instance, state),
        Operation::Reset
        | Operation::SemiSync(..)
        | Operation::KillQuery(_)
        | Operation::FlushLogs
        | Operation::PurgeLogs { .. }
        | Operation::SetReadOnly(_) => None,
    }
}

fn of_replica(operation: &Operation, key: &InstanceKey, channel: &Channel) -> Option<String> {
    let by_gtid = channel.gtid != ChannelGtid::None;
    let detached = channel.source.is_detached();
    let rules: &[(bool, String)] = &match operation {
        Operation::SkipQuery => vec![
            (
                channel.sql == ThreadState::Running,
                format!("Replication SQL thread is running on {key}"),
            ),
            (channel.sql_error.number == 0, format!("No SQL error on {key}")),
        ],
        Operation::EnableGtid => vec![(by_gtid, format!("{key} already uses GTID"))],
        Operation::DisableGtid => vec![(!by_gtid, format!("{key} is not using GTID"))],
        Operation::Credentials => vec![(
            channel.replicating(),
            format!(
                "ChangeMasterTo: Cannot change master on: {key} because replication is running"
            ),
        )],
        Operation::Detach => vec![(detached, format!("instance already detached: {key}"))],
        Operation::Reattach => {
            vec![(!detached, format!("instance does not seem to be detached: {key}"))]
        }
        _ => Vec::new(),
    };
    rules.iter().find(|(stands, _)| *stands).map(|(_, why)| why.clone())
}

fn of_errant_replica(instance: &Instance, state: &ServerState) -> Option<String> {
    const NAME: &str = "gtid-errant-reset-master";
    let key = &instance.key;
    let replicas = state.replicas.len();
    no_errant(NAME, instance)
        .or_else(|| {
            let uses = state.replication.as_ref().is_none_or(|c| c.gtid == ChannelGtid::Oracle);
            (!uses || state.flavor == Flavor::MariaDb)
                .then(|| format!("{NAME} requested for {key} but it is not using oracle-gtid"))
        })
        .or_else(|| {
            (replicas > 0).then(|| {
                format!(
                    "{NAME} will not operate on {key} because it has {replicas} replicas. \
                     Expecting no replicas"
                )
            })
        })
}

fn no_errant(name: &str, instance: &Instance) -> Option<String> {
    let key = &instance.key;
    instance
        .place
        .errant
        .is_empty()
        .then(|| format!("{name} will not operate on {key} because no errant GTID is found"))
}

fn no_gtid(state: &ServerState, key: &InstanceKey, why: &str) -> Option<String> {
    let supports = !matches!(&*state.gtid.mode, "" | "OFF");
    (!supports).then(|| format!("gtid-errant-inject-empty requested for {key} but it {why}"))
}

/// A recovery of the server or its cluster is under way.
pub(super) fn recovery(facts: &Facts, cluster: &str, key: &InstanceKey) -> Option<String> {
    let concerns = |r: &crate::journal::facts::Recovery| {
        r.end.is_none() && (r.cluster == cluster || r.key == *key || r.replicas.contains(key))
    };
    let running = facts.recoveries.values().find(|r| concerns(r))?;
    Some(format!(
        "{key}: a recovery of {} ({}) is running; nothing is changed before it has ended",
        running.key, running.uid
    ))
}

/// A replica that still needs a binary log before `file`; one that was not read counts.
pub(super) fn needs_older_logs(
    key: &InstanceKey,
    cluster: Option<&Cluster>,
    file: &str,
) -> Option<String> {
    let first = shared::BinlogCoordinates::new(file, 0);
    let unsafe_for = |replica: &Instance| {
        let unsafe_to =
            format!("Unsafe to purge binary logs on {key} up to {file} because replica");
        match replica.channel().filter(|_| replica.is_valid()) {
            None => Some(format!("{unsafe_to} {} cannot be read", replica.key)),
            Some(channel) if channel.exec <= first => {
                Some(format!("{unsafe_to} {} has only applied up to {}", replica.key, channel.exec))
            }
            Some(_) => None,
        }
    };
    cluster?.replicas_of(key).find_map(|replica| unsafe_for(replica))
}

/// The writeable head of the cluster to which empty transactions can be given.
pub(super) fn injection_target(
    instance: &InstanceKey,
    cluster: &Cluster,
) -> Result<InstanceKey, String> {
    let heads = cluster.instances.values().filter(|i| {
        let writeable = i.state.as_ref().is_some_and(|state| !state.read_only);
        writeable && i.is_valid() && (i.place.depth == 0 || i.place.co_master)
    });
    let head = heads.min_by_key(|i| i.place.depth).ok_or_else(|| {
        format!("gtid-errant-inject-empty found no writable master for {} cluster", cluster.name)
    })?;
    let supports =
        head.state.as_ref().is_some_and(|state| !matches!(&*state.gtid.mode, "" | "OFF"));
    if !supports {
        return Err(format!(
            "gtid-errant-inject-empty requested for {instance} but the cluster's master {} does \
             not support oracle-gtid",
            head.key
        ));
    }
    Ok(head.key.clone())
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
