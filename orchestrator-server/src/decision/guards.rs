//! Whether an automatic recovery may begin: an ordered table of guards, each with its reason and
//! the command that overrides it. A requested recovery passes those that a person may override.

use std::fmt;

use shared::InstanceKey;

use super::{candidate, evidence};
use crate::{
    analysis::{Code, Finding},
    clock::Moment,
    inventory::view::{ClusterView, Instance},
    mysql::state::ChannelGtid,
};

/// What is to be judged.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The cluster.
    pub view: &'a ClusterView,
    /// What analysis found.
    pub finding: &'a Finding,
    /// A person asked for it.
    pub forced: bool,
}

/// The judgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Recover. The source fails since this moment.
    Act {
        /// First failed attempt.
        failing_since: Moment,
    },
    /// Not yet: ask again at this time.
    Wait {
        /// When to ask again.
        until: Moment,
        /// Why.
        reason: String,
    },
    /// No.
    Refuse(Refusal),
}

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Which guard.
    pub guard: Guard,
    /// In words.
    pub reason: String,
    /// The recovery in whose active period it falls.
    pub blocking_id: Option<u64>,
}

/// The guards, in the order in which they are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the table of guards says what each is for")]
pub enum Guard {
    NotRecoverable,
    InProgress,
    Evidence,
    RestartGrace,
    ClusterFilter,
    Downtime,
    GloballyDisabled,
    ActivePeriod,
    NoWayToMoveReplicas,
    NobodyToPromote,
    DataLossPolicy,
}

impl Refusal {
    /// The one command that overrides the guard, if a person may.
    #[must_use]
    pub fn remedy(&self) -> Option<&'static str> {
        match self.guard {
            Guard::ClusterFilter | Guard::Downtime | Guard::GloballyDisabled => {
                Some("orchestrator-client -c recover -i <failed instance>")
            }
            Guard::ActivePeriod => {
                Some("orchestrator-client -c ack-cluster-recoveries --reason <why>")
            }
            Guard::NotRecoverable
            | Guard::InProgress
            | Guard::Evidence
            | Guard::RestartGrace
            | Guard::NoWayToMoveReplicas
            | Guard::NobodyToPromote
            | Guard::DataLossPolicy => None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.guard, self.reason)?;
        match self.remedy() {
            Some(remedy) => write!(f, " (override: {remedy})"),
            None => Ok(()),
        }
    }
}

type Check = fn(&Case<'_>) -> Option<Verdict>;

/// The guards; the first that objects decides. Those marked true may be overridden by a person.
const GUARDS: &[(bool, Check)] = &[
    (false, not_recoverable),
    (false, in_progress),
    (false, doubt),
    (true, restart_grace),
    (true, cluster_filter),
    (true, downtime),
    (true, globally_disabled),
    (true, active_period),
    (false, no_way_to_move_replicas),
    (false, nobody_to_promote),
    (true, data_loss_policy),
];

/// Judge a finding.
#[must_use]
pub fn judge(case: &Case<'_>) -> Verdict {
    GUARDS
        .iter()
        .filter(|(overridable, _)| !(case.forced && *overridable))
        .find_map(|(_, check)| check(case))
        .unwrap_or_else(|| Verdict::Act {
            failing_since: source(case)
                .and_then(|s| s.check.failed_attempts.first().map(|a| a.started))
                .unwrap_or(case.view.now),
        })
}

fn source<'a>(case: &'a Case<'_>) -> Option<&'a Instance> {
    case.view.instance(&case.finding.key).map(|i| &**i)
}

#[allow(clippy::unnecessary_wraps, reason = "every guard returns what the table wants")]
fn refuse(guard: Guard, reason: impl Into<String>) -> Option<Verdict> {
    Some(Verdict::Refuse(Refusal { guard, reason: reason.into(), blocking_id: None }))
}

fn not_recoverable(case: &Case<'_>) -> Option<Verdict> {
    match case.finding.code {
        Code::DeadMaster | Code::DeadMasterAndSomeReplicas => None,
        code => refuse(Guard::NotRecoverable, format!("{} is not recovered", code.name())),
    }
}

fn cluster_filter(case: &Case<'_>) -> Option<Verdict> {
    let cluster = &case.view.cluster;
    if case.view.config.filters.recover_master.matches(&cluster.name, cluster.alias_or_name()) {
        return None;
    }
    refuse(
        Guard::ClusterFilter,
        format!("RecoverMasterClusterFilters does not match cluster {}", cluster.name),
    )
}

fn downtime(case: &Case<'_>) -> Option<Verdict> {
    let downtime = case.view.downtime(&case.finding.key)?;
    refuse(
        Guard::Downtime,
        format!("{} is downtimed by {}: {}", case.finding.key, downtime.owner, downtime.reason),
    )
}

fn globally_disabled(case: &Case<'_>) -> Option<Verdict> {
    if !case.view.facts.recoveries_disabled {
        return None;
    }
    refuse(Guard::GloballyDisabled, "automated recoveries are disabled globally")
}

/// Recoveries of this cluster, also under the name that it had before its last failover: the
/// promoted server is one of its servers now, or, while the recovery runs, one of the replicas.
fn recoveries<'a>(
    case: &'a Case<'_>,
) -> impl Iterator<Item = &'a crate::journal::facts::Recovery> + 'a {
    let cluster = &case.view.cluster;
    case.view.facts.recoveries.values().map(|r| &**r).filter(move |r| {
        let is_here = |key: &InstanceKey| cluster.instances.contains_key(key);
        r.cluster == cluster.name
            || match &r.end {
                Some(end) => end.successor.as_ref().is_some_and(is_here),
                None => r.replicas.iter().any(is_here),
            }
    })
}

fn in_progress(case: &Case<'_>) -> Option<Verdict> {
    let running = recoveries(case).find(|r| r.end.is_none())?;
    refuse(Guard::InProgress, format!("recovery {} of {} is running", running.uid, running.key))
}

fn active_period(case: &Case<'_>) -> Option<Verdict> {
    let period = case.view.config.recovery_block();
    let blocking = recoveries(case)
        .filter(|r| r.active && r.end.as_ref().is_some_and(|end| !end.needless))
        .filter(|r| case.view.now.since(r.started) < period)
        .last()?;
    let reason = format!(
        "cluster {} has recently experienced a failover (of {}) and is in active period",
        case.view.cluster.name, blocking.key
    );
    Some(Verdict::Refuse(Refusal {
        guard: Guard::ActivePeriod,
        reason,
        blocking_id: Some(blocking.id),
    }))
}

fn doubt(case: &Case<'_>) -> Option<Verdict> {
    let doubt = match source(case).map(|s| evidence::dead_since(case.view, s)) {
        Some(Ok(_)) => return None,
        Some(Err(doubt)) => doubt.to_string(),
        None => "it is not known".to_owned(),
    };
    refuse(Guard::Evidence, format!("{} is not dead beyond doubt: {doubt}", case.finding.key))
}

fn restart_grace(case: &Case<'_>) -> Option<Verdict> {
    let grace = case.view.config.primary_restart_grace();
    let since = source(case)?.check.failed_attempts.first()?.started;
    let until = since + grace;
    if case.view.now >= until {
        return None;
    }
    let reason = format!("waiting {} ms for a quick restart", grace.as_millis());
    Some(Verdict::Wait { until, reason })
}

/// Siblings can only be moved by GTID; a single replica needs no moving.
fn no_way_to_move_replicas(case: &Case<'_>) -> Option<Verdict> {
    let replicas: Vec<_> =
        case.view.cluster.replicas_of(&case.finding.key).filter(|r| r.is_valid()).collect();
    if replicas.len() < 2 {
        return None;
    }
    let without =
        replicas.iter().find(|r| r.channel().is_none_or(|c| c.gtid == ChannelGtid::None))?;
    refuse(
        Guard::NoWayToMoveReplicas,
        format!("{} does not replicate by GTID, so it could not follow a new source", without.key),
    )
}

fn nobody_to_promote(case: &Case<'_>) -> Option<Verdict> {
    let rejections = candidate::nobody_promotable(case.view, &case.finding.key)?;
    let reasons: Vec<String> =
        rejections.iter().map(|(key, reason)| format!("{key}: {reason}")).collect();
    refuse(Guard::NobodyToPromote, format!("no replica may be promoted ({})", reasons.join("; ")))
}

/// What can be said before anything is touched: `lossless` needs proof, `bounded` a small lag.
fn data_loss_policy(case: &Case<'_>) -> Option<Verdict> {
    super::loss::refuses_up_front(case.view, &case.finding.key)
        .and_then(|reason| refuse(Guard::DataLossPolicy, reason))
}

#[cfg(test)]
#[path = "guards_tests.rs"]
mod tests;
