//! Whether one server could replicate from another by GTID, and if not, why (spec 05, 5.8).
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
    /// Both have the same server id or UUID.
    SameIdentity,
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
            Self::SameIdentity => f.write_str("both have the same server id or UUID"),
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
    let relays = |state: &ServerState| state.flavor == Flavor::MaxScale;
    let exempt = relays(replica) || relays(source);
    let logs_updates = replica.binlog.enabled && replica.binlog.log_replica_updates;
    let (own, theirs) = (replica.version.major_minor(), source.version.major_minor());
    let checks = [
        (!source.binlog.enabled, Obstacle::NoBinaryLog),
        (
            source.replication.is_some() && !source.binlog.log_replica_updates,
            Obstacle::NoLogReplicaUpdates,
        ),
        (!exempt && vendor(replica) != vendor(source), Obstacle::OtherVendor),
        (
            !exempt && own < theirs && !config.raw.lower_replica_version_allowed,
            Obstacle::OlderThanSource(replica.version, source.version),
        ),
        (logs_updates && format_rank(replica) < format_rank(source), Obstacle::SimplerBinlogFormat),
        (
            config.raw.verify_replication_filters && filters(source) && !filters(replica),
            Obstacle::Filters,
        ),
        (!exempt && same_identity(replica, source), Obstacle::SameIdentity),
        (!speaks_gtid(replica) || !speaks_gtid(source), Obstacle::NoGtid),
        (!held.contains(&source.gtid.purged), Obstacle::Purged),
    ];
    checks.into_iter().find_map(|(stands, obstacle)| stands.then_some(obstacle))
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

fn same_identity(a: &ServerState, b: &ServerState) -> bool {
    a.server_id == b.server_id || (!a.server_uuid.is_empty() && a.server_uuid == b.server_uuid)
}

/// MySQL needs `gtid_mode` ON or ON_PERMISSIVE; MariaDB always writes GTIDs.
fn speaks_gtid(state: &ServerState) -> bool {
    !state.flavor.is_mysql_like() || state.gtid.mode.starts_with("ON")
}
