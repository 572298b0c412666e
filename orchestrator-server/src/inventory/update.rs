//! How one observation changes what is known of one server: pure functions from the old record
//! and the news to the new record.

use std::sync::Arc;

use shared::{InstanceKey, Source};

use super::view::{Check, FailedAttempt, Instance};
use crate::mysql::{
    driver::{Attempt, Observation, ProbeFailure},
    state::{DetectField, Metadata, Part, ServerState},
};

/// Failed attempts remembered per server: the first one and this many of the latest.
const LATEST_FAILED_ATTEMPTS: usize = 4;

/// A good probe. `source` is the replication source under the name by which it is known.
#[must_use]
pub fn answered(
    old: &Instance,
    observation: &Observation,
    state: &Arc<ServerState>,
    source: Source,
) -> Instance {
    Instance {
        key: old.key.clone(),
        state: Some(carried_over(state, old.state.as_deref())),
        source,
        metadata: merged_metadata(state, &old.metadata),
        check: Check {
            last_seen: Some(observation.finished),
            last_checked: Some(observation.finished),
            last_attempted: Some(observation.started),
            failure: None,
            state_since: Some(observation.started),
            failed_attempts: Vec::new(),
            latency: observation.finished.since(observation.started),
        },
        place: old.place.clone(),
    }
}

/// A failed probe: what was known stays, the check does not.
#[must_use]
pub fn failed(old: &Instance, observation: &Observation, failure: &ProbeFailure) -> Instance {
    let mut check = old.check.clone();
    check.last_checked = Some(observation.finished);
    check.last_attempted = Some(observation.started);
    check.failure = Some(failure.clone());
    if failure.kind.is_proof_of_life() {
        check.failed_attempts.clear();
    }
    Instance { check, ..old.clone() }
}

/// A fresh connection attempt. None if it changes nothing.
#[must_use]
pub fn attempted(old: &Instance, attempt: &Attempt) -> Option<Instance> {
    let mut check = old.check.clone();
    match &attempt.outcome {
        Err(failure) if attempt.is_evidence_of_death() => {
            if older_than_state(old, attempt) {
                return None;
            }
            check.failed_attempts.push(FailedAttempt {
                started: attempt.started,
                finished: attempt.finished,
                kind: failure.kind,
            });
            if check.failed_attempts.len() > LATEST_FAILED_ATTEMPTS + 1 {
                check.failed_attempts.remove(1);
            }
            check.failure.get_or_insert_with(|| failure.clone());
            check.last_checked = Some(attempt.finished);
            check.last_attempted = Some(attempt.started);
        }
        outcome => {
            let alive = outcome.as_ref().err().is_none_or(|f| f.kind.is_proof_of_life());
            if !alive || check.failed_attempts.is_empty() {
                return None;
            }
            check.failed_attempts.clear();
        }
    }
    Some(Instance { check, ..old.clone() })
}

/// The server answered a probe that began after this attempt did.
fn older_than_state(old: &Instance, attempt: &Attempt) -> bool {
    old.check.state_since.is_some_and(|since| since >= attempt.started)
}

/// An observation that began before the present state was read brings no news.
#[must_use]
pub fn is_outdated(old: &Instance, observation: &Observation) -> bool {
    old.check.state_since.is_some_and(|since| since > observation.started)
}

/// Parts that could not be read this time keep their last good value.
fn carried_over(state: &Arc<ServerState>, old: Option<&ServerState>) -> Arc<ServerState> {
    let Some(old) = old.filter(|_| !state.degraded.is_empty()) else { return state.clone() };
    let mut merged = (**state).clone();
    for degraded in &state.degraded {
        match degraded.part {
            // An old uptime would hide a restart.
            Part::Status => {}
            Part::Variables => merged.semi_sync = old.semi_sync.clone(),
            Part::Gtid => merged.gtid = old.gtid.clone(),
            Part::BinlogPosition => merged.binlog.position.clone_from(&old.binlog.position),
            Part::Replicas => merged.replicas.clone_from(&old.replicas),
            Part::Group => merged.group.clone_from(&old.group),
            Part::Credentials => {
                merged.replication_credentials_available = old.replication_credentials_available;
            }
            Part::Detect(_) => {}
        }
    }
    Arc::new(merged)
}

/// A `Detect…` query that failed keeps its last good answer: unknown is not "different".
fn merged_metadata(state: &ServerState, old: &Metadata) -> Metadata {
    let mut merged = state.metadata.clone();
    for degraded in &state.degraded {
        let Part::Detect(field) = degraded.part else { continue };
        match field {
            DetectField::InstanceAlias => merged.instance_alias.clone_from(&old.instance_alias),
            DetectField::ClusterAlias => merged.cluster_alias.clone_from(&old.cluster_alias),
            DetectField::ClusterDomain => merged.cluster_domain.clone_from(&old.cluster_domain),
            DetectField::DataCenter => merged.data_center.clone_from(&old.data_center),
            DetectField::Region => merged.region.clone_from(&old.region),
            DetectField::PhysicalEnvironment => merged.environment.clone_from(&old.environment),
            DetectField::PromotionRule => merged.promotion_rule = old.promotion_rule,
            DetectField::SemiSyncPriority => merged.semi_sync_priority = old.semi_sync_priority,
            DetectField::Lag => merged.lag_seconds = old.lag_seconds,
            DetectField::PseudoGtid => merged.pseudo_gtid = old.pseudo_gtid,
        }
    }
    merged
}

/// The key under which a server that answered is known: its own name, the port it was asked at.
#[must_use]
pub fn known_as(observation: &Observation, state: &ServerState) -> InstanceKey {
    observation.key.with_hostname(&state.hostname).unwrap_or_else(|_| observation.key.clone())
}
