//! What happened, on the wire: recoveries, detections, refused recoveries, audit lines. Lists
//! of recoveries tell less than the record holds, as they always did (spec 02, 3.5).

use shared::{
    InstanceKey,
    wire::{
        Audit, BlockedTopologyRecovery, Key, KeySet, ReplicationAnalysis, TopologyRecovery,
        TopologyRecoveryStep,
    },
};

use super::{Picture, cluster, column, expression};
use crate::{
    analysis::Code,
    journal::{
        command::AuditEntry,
        facts::{Blocked, Detection, Facts, Line, Recovery},
    },
};

/// A recovery, as lists show it.
#[must_use]
pub fn recovery(picture: Picture<'_>, recovery: &Recovery) -> TopologyRecovery {
    let end = recovery.end.as_ref();
    let acknowledged = recovery.acknowledged.as_ref();
    let successor = end.and_then(|end| end.successor.as_ref());
    let errors = end.map(|end| end.errors.clone()).unwrap_or_default();
    TopologyRecovery {
        id: recovery.id,
        uid: recovery.uid.clone(),
        analysis_entry: entry(picture, recovery.into()),
        successor_key: Some(successor.map(Key::from).unwrap_or_default()),
        successor_alias: end.map(|end| end.successor_alias.clone()).unwrap_or_default(),
        is_active: recovery.active,
        is_successful: end.is_some_and(|end| end.successful),
        lost_replicas: keys(end.map(|end| &end.lost)),
        participating_instance_keys: keys(end.map(|end| &end.participants)),
        // Errors are one text of lines; no error at all is one empty line.
        all_errors: Some(if errors.is_empty() { vec![String::new()] } else { errors }),
        recovery_start_timestamp: column(recovery.started),
        recovery_end_timestamp: end.map(|end| expression(end.at)).unwrap_or_default(),
        processing_node_hostname: recovery.node.hostname.clone(),
        processing_node_token: recovery.node.token.clone(),
        acknowledged: acknowledged.is_some(),
        acknowledged_at: acknowledged.map(|ack| column(ack.at)).unwrap_or_default(),
        acknowledged_by: acknowledged.map(|ack| ack.by.clone()).unwrap_or_default(),
        acknowledged_comment: acknowledged.map(|ack| ack.comment.clone()).unwrap_or_default(),
        last_detection_id: recovery.detection_id,
        recovery_type: "NotMasterRecovery".to_owned(),
        ..TopologyRecovery::default()
    }
}

/// A detection, in the shape of a recovery.
#[must_use]
pub fn detection(picture: Picture<'_>, detection: &Detection) -> TopologyRecovery {
    let at = column(detection.at);
    TopologyRecovery {
        id: detection.id,
        analysis_entry: ReplicationAnalysis {
            start_active_period: at.clone(),
            ..entry(picture, detection.into())
        },
        is_active: detection.active,
        recovery_start_timestamp: at,
        processing_node_hostname: detection.node.hostname.clone(),
        processing_node_token: detection.node.token.clone(),
        related_recovery_id: newest_recovery_of(&picture.view.facts, detection.id),
        ..TopologyRecovery::default()
    }
}

fn newest_recovery_of(facts: &Facts, detection_id: u64) -> u64 {
    let related = facts.recoveries.values().filter(|r| r.detection_id == detection_id);
    related.map(|recovery| recovery.id).max().unwrap_or(0)
}

/// What recoveries and detections tell of the problem.
struct Problem<'a> {
    key: &'a InstanceKey,
    code: Code,
    cluster: &'a str,
    alias: &'a str,
    replicas: &'a [InstanceKey],
}

impl<'a> From<&'a Recovery> for Problem<'a> {
    fn from(r: &'a Recovery) -> Self {
        let Recovery { key, code, cluster, alias, replicas, .. } = r;
        Self { key, code: *code, cluster, alias, replicas }
    }
}

impl<'a> From<&'a Detection> for Problem<'a> {
    fn from(d: &'a Detection) -> Self {
        let Detection { key, code, cluster, alias, replicas, .. } = d;
        Self { key, code: *code, cluster, alias, replicas }
    }
}

fn entry(picture: Picture<'_>, problem: Problem<'_>) -> ReplicationAnalysis {
    ReplicationAnalysis {
        analyzed_instance_key: Key::from(problem.key),
        cluster_details: cluster::named(picture, problem.cluster, problem.alias),
        count_replicas: problem.replicas.len() as u64,
        replicas: problem.replicas.iter().collect(),
        analysis: problem.code.name().to_owned(),
        ..ReplicationAnalysis::default()
    }
}

fn keys(list: Option<&Vec<InstanceKey>>) -> KeySet {
    list.into_iter().flatten().collect()
}

/// The audit lines of a recovery, oldest first.
#[must_use]
pub fn steps(recovery: &Recovery) -> Vec<TopologyRecoveryStep> {
    let step = |line: &Line| TopologyRecoveryStep {
        id: line.id,
        recovery_uid: recovery.uid.clone(),
        audit_at: column(line.at),
        message: line.message.clone(),
    };
    recovery.lines.iter().map(step).collect()
}

/// Refused recoveries, the newest first; of one cluster if it is named.
#[must_use]
pub fn blocked(facts: &Facts, cluster: Option<&str>) -> Vec<BlockedTopologyRecovery> {
    let mut found: Vec<(&InstanceKey, &Blocked)> = facts
        .blocked
        .iter()
        .filter(|(_, blocked)| cluster.is_none_or(|name| blocked.cluster == name))
        .collect();
    found.sort_by_key(|(_, blocked)| std::cmp::Reverse(blocked.at));
    found
        .into_iter()
        .map(|(key, blocked)| BlockedTopologyRecovery {
            failed_instance_key: Key::from(key),
            cluster_name: blocked.cluster.clone(),
            analysis: blocked.code.name().to_owned(),
            last_blocked_timestamp: column(blocked.at),
            blocking_recovery_id: blocked.blocking_id,
        })
        .collect()
}

/// One entry of the audit.
#[must_use]
pub fn audit(id: u64, entry: &AuditEntry) -> Audit {
    Audit {
        audit_id: id,
        audit_timestamp: column(entry.at),
        audit_type: entry.kind.clone(),
        audit_instance_key: entry.key.as_ref().map(Key::from).unwrap_or_default(),
        message: entry.message.clone(),
    }
}
