//! Whether one server could replicate from another, and if not, why (spec 05, 5.8; spec 06, 3.1).
//! Looks at settings and positions only; nothing here says whether it should.

use std::fmt;

use shared::{Flavor, Version};

use crate::{
    config::Config,
    mysql::state::{Position, ServerState},
};

/// Why a server could not replicate from another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The source writes no binary log.
    NoBinaryLog,
    /// The source would not pass on what it replicated itself.
    NoLogReplicaUpdates,
    /// One speaks MySQL's replication language, the other MariaDB's.
    OtherVendor,
    /// The replica belongs to an older release series than the source.
    OlderThanSource(Version, Version),
    /// The replica logs in a simpler format than the source.
    SimplerBinlogFormat,
    /// The source filters what it replicates and the replica does not.
    Filters,
    /// Both have the same server id.
    SameServerId(u32),
    /// Both have the same server UUID.
    SameUuid,
    /// The replica would apply earlier than its source, whose delay is long: seconds of both.
    ShorterDelay(u64, u64),
    /// One of them has GTID switched off.
    NoGtid,
    /// The source no longer has transactions that the replica lacks.
    Purged,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBinaryLog => f.write_str("the source has no binary log"),
            Self::NoLogReplicaUpdates => f.write_str("the source has log_replica_updates off"),
            Self::OtherVendor => f.write_str("MySQL and MariaDB do not mix"),
            Self::OlderThanSource(replica, source) => {
                write!(f, "version {replica} is older than the source's {source}")
            }
            Self::SimplerBinlogFormat => {
                f.write_str("its binlog_format is simpler than the source's")
            }
            Self::Filters => f.write_str("the source filters what it replicates"),
            Self::SameServerId(id) => write!(f, "both have the server id {id}"),
            Self::SameUuid => f.write_str("both have the same server UUID"),
            Self::ShorterDelay(own, theirs) => {
                write!(f, "its delay of {own} s is shorter than the source's of {theirs} s")
            }
            Self::NoGtid => f.write_str("GTID is off"),
            Self::Purged => f.write_str("the source has purged transactions that it lacks"),
        }
    }
}

/// The first reason why `replica`, which holds `held`, could not replicate from `source`.
///
/// A delay of the source is no obstacle: whoever makes it a source lifts it.
#[must_use]
pub fn obstacle(
    config: &Config,
    replica: &ServerState,
    held: &Position,
    source: &ServerState,
) -> Option<Obstacle> {
    let other_vendor = !exempt(replica, source) && vendor(replica) != vendor(source);
    let gtid = [
        (!speaks_gtid(replica) || !speaks_gtid(source), Obstacle::NoGtid),
        (!held.contains(&source.gtid.purged), Obstacle::Purged),
    ];
    first([(other_vendor, Obstacle::OtherVendor)])
        .or_else(|| in_settings(config, replica, source))
        .or_else(|| first(gtid))
}

/// The first reason in the settings why `replica` could not replicate from `source` by any means.
/// Whether it may be older is said by `LowerReplicaVersionAllowed`.
#[must_use]
pub fn in_settings(
    config: &Config,
    replica: &ServerState,
    source: &ServerState,
) -> Option<Obstacle> {
    let exempt = exempt(replica, source);
    let logs_updates = replica.binlog.enabled && replica.binlog.log_replica_updates;
    let same_uuid = !replica.server_uuid.is_empty() && replica.server_uuid == source.server_uuid;
    first([
        (!source.binlog.enabled, Obstacle::NoBinaryLog),
        (
            source.replication.is_some() && !source.binlog.log_replica_updates,
            Obstacle::NoLogReplicaUpdates,
        ),
        (
            is_older(replica, source) && !config.raw.lower_replica_version_allowed,
            Obstacle::OlderThanSource(replica.version, source.version),
        ),
        (logs_updates && has_simpler_format(replica, source), Obstacle::SimplerBinlogFormat),
        (
            config.raw.verify_replication_filters && filters(source) && !filters(replica),
            Obstacle::Filters,
        ),
        (
            !exempt && replica.server_id == source.server_id,
            Obstacle::SameServerId(replica.server_id),
        ),
        (!exempt && same_uuid, Obstacle::SameUuid),
    ])
}

/// A long delay of the source that the replica does not have. Whoever makes it a source for good
/// lifts its delay; who merely moves a replica does not.
#[must_use]
pub fn in_delay(config: &Config, replica: &ServerState, source: &ServerState) -> Option<Obstacle> {
    let delay =
        |state: &ServerState| state.replication.as_ref().map_or(0, |channel| channel.delay_seconds);
    let (own, theirs) = (delay(replica), delay(source));
    let reasonable = config.reasonable_maintenance_replication_lag().as_secs();
    first([(own < theirs && theirs > reasonable, Obstacle::ShorterDelay(own, theirs))])
}

/// The replica is older than its source; `LowerReplicaVersionAllowed` says whether it may be.
#[must_use]
pub fn is_older(replica: &ServerState, source: &ServerState) -> bool {
    !exempt(replica, source) && replica.version.major_minor() < source.version.major_minor()
}

fn first<const N: usize>(checks: [(bool, Obstacle); N]) -> Option<Obstacle> {
    checks.into_iter().find_map(|(stands, obstacle)| stands.then_some(obstacle))
}

/// A binlog server passes on what it gets, whatever the versions.
fn exempt(replica: &ServerState, source: &ServerState) -> bool {
    [replica, source].iter().any(|state| state.flavor == Flavor::MaxScale)
}

/// Formats that are none of the three are never compared.
fn has_simpler_format(replica: &ServerState, source: &ServerState) -> bool {
    let known =
        |state: &ServerState| matches!(&*state.binlog.format, "STATEMENT" | "MIXED" | "ROW");
    known(replica) && known(source) && format_rank(replica) < format_rank(source)
}

/// STATEMENT < MIXED < ROW; anything else is not compared to do harm.
#[must_use]
pub fn format_rank(state: &ServerState) -> u8 {
    match &*state.binlog.format {
        "STATEMENT" => 0,
        "MIXED" => 1,
        _ => 2,
    }
}

fn vendor(state: &ServerState) -> bool {
    state.flavor.is_mysql_like()
}

fn filters(state: &ServerState) -> bool {
    state.replication.as_ref().is_some_and(|channel| channel.filters)
}

/// MySQL needs `gtid_mode` ON or ON_PERMISSIVE; MariaDB always writes GTIDs.
fn speaks_gtid(state: &ServerState) -> bool {
    !state.flavor.is_mysql_like() || state.gtid.mode.starts_with("ON")
}
