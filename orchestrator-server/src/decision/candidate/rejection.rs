//! Why a replica is not promoted. What is known before anything is touched is judged here, so
//! that no replica is moved for a promotion that a guard then forbids.

use std::fmt;

use shared::{InstanceKey, PromotionRule};

use super::{contender::Contender, rank::Criterion};
use crate::{
    analysis::facts::{is_binlog_server, lag_seconds},
    decision::follow::{Obstacle, obstacle},
    inventory::view::{ClusterView, Instance},
};

/// Why a replica is not promoted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// It cannot be reached, or could not be stopped.
    Unreachable,
    /// An earlier attempt with it failed.
    FailedBefore,
    /// It is a binlog server.
    BinlogServer,
    /// It is a secondary of a replication group.
    GroupSecondary,
    /// It writes no binary log, so nobody could replicate from it.
    NoBinaryLog,
    /// It does not log what it replicates, so nobody could replicate from it.
    NoLogReplicaUpdates,
    /// Its promotion rule is `must_not`.
    MustNot,
    /// `PromotionIgnoreHostnameFilters` match.
    Ignored,
    /// It is downtimed, for this reason.
    Downtimed(String),
    /// `PreventCrossDataCenterMasterFailover`: its own and the failed source's data center.
    OtherDataCenter(String, String),
    /// `PreventCrossRegionMasterFailover`: its own and the failed source's region.
    OtherRegion(String, String),
    /// `FailMasterPromotionOnLagMinutes`: its lag in seconds, if known, and the limit.
    Lag(Option<u64>, u64),
    /// More than half of the other replicas could not follow it; the first of them.
    CannotBeFollowed(InstanceKey, Obstacle),
    /// It has transactions that this replica, which retrieved most, lacks: following it would
    /// break.
    Diverged(InstanceKey),
    /// It lacks transactions that only this replica could give it.
    CannotCatchUp(InstanceKey, Obstacle),
    /// Another one was asked for.
    NotWanted(InstanceKey),
    /// This one is better.
    Outranked(InstanceKey, Criterion),
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable => f.write_str("it cannot be reached"),
            Self::FailedBefore => f.write_str("an earlier attempt with it failed"),
            Self::BinlogServer => f.write_str("it is a binlog server"),
            Self::GroupSecondary => f.write_str("it is a secondary of a replication group"),
            Self::NoBinaryLog => f.write_str("it has no binary log"),
            Self::NoLogReplicaUpdates => f.write_str("it has log_replica_updates off"),
            Self::MustNot => f.write_str("its promotion rule is must_not"),
            Self::Ignored => f.write_str("PromotionIgnoreHostnameFilters match"),
            Self::Downtimed(reason) => write!(f, "it is downtimed: {reason}"),
            Self::OtherDataCenter(own, failed) => write!(
                f,
                "PreventCrossDataCenterMasterFailover: will not promote server in {own} when failed server in {failed}"
            ),
            Self::OtherRegion(own, failed) => write!(
                f,
                "PreventCrossRegionMasterFailover: will not promote server in {own} when failed server in {failed}"
            ),
            Self::Lag(Some(lag), limit) => write!(
                f,
                "FailMasterPromotionOnLagMinutes: it lags {lag} s, {limit} s or more are too much"
            ),
            Self::Lag(None, _) => {
                f.write_str("FailMasterPromotionOnLagMinutes is set and its lag is unknown")
            }
            Self::CannotBeFollowed(key, obstacle) => {
                write!(f, "most others could not replicate from it ({key}: {obstacle})")
            }
            Self::Diverged(key) => write!(f, "it has transactions that {key} lacks"),
            Self::CannotCatchUp(key, obstacle) => {
                write!(f, "it lacks transactions and cannot get them from {key}: {obstacle}")
            }
            Self::NotWanted(key) => write!(f, "{key} was asked for"),
            Self::Outranked(key, criterion) => write!(f, "{key} goes first: {criterion}"),
        }
    }
}

/// What forbids to promote `one`, by its settings and the configuration. What only says that
/// somebody would rather not have it promoted does not count if it was asked for by name.
pub(super) fn rejections(
    view: &ClusterView,
    failed: Option<&Instance>,
    one: &Contender<'_>,
    all: &[Contender<'_>],
    asked_for: bool,
) -> Vec<Rejection> {
    let mut found = unfit(one);
    if !asked_for {
        found.extend(unwanted(view, one.instance));
    }
    found.extend(constraints(view, failed, one.instance));
    found.extend(not_followed(view, one, all));
    found
}

/// It could not do a source's work.
fn unfit(one: &Contender<'_>) -> Vec<Rejection> {
    let binlog = &one.state.binlog;
    let secondary = one.state.group.as_ref().is_some_and(|group| group.role == "SECONDARY");
    let checks = [
        (is_binlog_server(one.instance), Rejection::BinlogServer),
        (secondary, Rejection::GroupSecondary),
        (!binlog.enabled, Rejection::NoBinaryLog),
        (!binlog.log_replica_updates, Rejection::NoLogReplicaUpdates),
    ];
    checks.into_iter().filter_map(|(holds, rejection)| holds.then_some(rejection)).collect()
}

/// Somebody said that it should not be promoted.
fn unwanted(view: &ClusterView, instance: &Instance) -> Vec<Rejection> {
    let key = &instance.key;
    let mut found = Vec::new();
    if view.promotion_rule(key) == PromotionRule::MustNot {
        found.push(Rejection::MustNot);
    }
    if view.config.filters.promotion_ignore.matches(key.hostname(), key.port()) {
        found.push(Rejection::Ignored);
    }
    found.extend(view.downtime(key).map(|d| Rejection::Downtimed(d.reason.clone())));
    found
}

/// Guards of the configuration (spec 05, 5.13). Unknown is never "another data center"; an
/// unknown lag is too much (spec 05, section 11).
fn constraints(
    view: &ClusterView,
    failed: Option<&Instance>,
    instance: &Instance,
) -> Vec<Rejection> {
    let raw = &view.config.raw;
    let mut found = Vec::new();
    if let Some(failed) = failed {
        let (own, theirs) = (&instance.metadata, &failed.metadata);
        if let Some((own, theirs)) = differing(&own.data_center, &theirs.data_center)
            .filter(|_| raw.prevent_cross_data_center_master_failover)
        {
            found.push(Rejection::OtherDataCenter(own, theirs));
        }
        if let Some((own, theirs)) = differing(&own.region, &theirs.region)
            .filter(|_| raw.prevent_cross_region_master_failover)
        {
            found.push(Rejection::OtherRegion(own, theirs));
        }
    }
    if let Some(limit) = view.config.fail_promotion_on_lag() {
        let (lag, limit) = (lag_seconds(instance), limit.as_secs());
        if lag.is_none_or(|lag| lag >= limit) {
            found.push(Rejection::Lag(lag, limit));
        }
    }
    found
}

/// Both texts, if both are known and differ.
fn differing(a: &Option<String>, b: &Option<String>) -> Option<(String, String)> {
    let known = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    known(a).zip(known(b)).filter(|(a, b)| a != b)
}

/// More than half of the others could not follow it, for a reason that lies in both: its own
/// unfitness is named already, and without GTID nobody can follow anybody.
fn not_followed(
    view: &ClusterView,
    one: &Contender<'_>,
    all: &[Contender<'_>],
) -> Option<Rejection> {
    let stranded: Vec<_> = stranded_by(view, one, all)
        .into_iter()
        .filter(|(_, obstacle)| {
            use Obstacle::{NoBinaryLog, NoGtid, NoLogReplicaUpdates};
            !matches!(obstacle, NoBinaryLog | NoLogReplicaUpdates | NoGtid)
        })
        .collect();
    let others = all.len() - 1;
    let (key, obstacle) = stranded.first().filter(|_| 2 * stranded.len() > others)?;
    Some(Rejection::CannotBeFollowed(key.clone(), *obstacle))
}

/// The other replicas that could not replicate from it.
pub(super) fn stranded_by(
    view: &ClusterView,
    one: &Contender<'_>,
    all: &[Contender<'_>],
) -> Vec<(InstanceKey, Obstacle)> {
    let others = all.iter().filter(|other| other.key != one.key);
    others
        .filter_map(|other| {
            let obstacle = obstacle(&view.config, other.state, &other.held, one.state)?;
            Some((other.key.clone(), obstacle))
        })
        .collect()
}
