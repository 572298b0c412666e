//! What can be told of one server from its own state and that of its replicas: the figures that
//! the rules and the structure warnings are about (spec 05, 1.3). Judges nothing.

use std::collections::BTreeSet;

use shared::{Flavor, InstanceKey};

use super::freshness::{is_partial_success, is_reachable, is_valid_replica};
use crate::{
    inventory::view::{ClusterView, Instance},
    mysql::state::{Channel, ChannelGtid, ThreadState},
};

/// The figures of one analysed server and its direct replicas. "Valid" replicas are those whose
/// last check counts; figures that do not say so are of all replicas.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Signs {
    /// It replicates from nobody and is no secondary of a replication group.
    pub is_source: bool,
    /// It, or one of its replicas, replicates with its source in a circle of two.
    pub is_co_source: bool,
    /// Member of a replication group, and not offline.
    pub is_group_member: bool,
    /// It is a binlog server.
    pub is_binlog_server: bool,
    /// It can be reached.
    pub reachable: bool,
    /// The last failed check got a part of its answer; true also where none failed.
    pub partial_success: bool,
    /// It is read-only.
    pub read_only: bool,
    /// Steps from the head of the cluster.
    pub depth: u32,
    /// Its own receiver cannot connect.
    pub failing_to_connect: bool,
    /// It is out of service on purpose.
    pub downtimed: bool,
    /// `@@gtid_mode`.
    pub gtid_mode: String,
    /// Semi-sync as seen by the source side.
    pub semi_sync: SemiSyncSigns,

    /// Its replicas, sorted.
    pub replicas: Vec<InstanceKey>,
    /// Valid replicas.
    pub valid: usize,
    /// Valid replicas whose receiver is connected and whose applier runs.
    pub replicating: usize,
    /// Valid replicas whose receiver is connected, whatever the applier does.
    pub connected: usize,
    /// Valid replicas with a running applier whose receiver reports a connection error.
    pub failing: usize,
    /// Replicas out of service on purpose.
    pub downtimed_replicas: usize,
    /// Replicas that lag on purpose.
    pub delayed: usize,
    /// Replicas that lag beyond `ReasonableReplicationLagSeconds`.
    pub lagging: usize,
    /// Replicas with the replica side of semi-sync enabled.
    pub semi_sync_replicas: usize,
    /// Replicas that could have replicas of their own.
    pub logging: Logging,
    /// What the valid replicas find their place by.
    pub relocation: Relocation,
    /// Least and greatest `@@gtid_mode` of the replicas, as texts.
    pub replica_gtid_modes: (String, String),
    /// Greatest, as text, of the errant sets of replicas in service.
    pub errant: String,
}

/// Semi-sync as seen by the source side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SemiSyncSigns {
    /// Enabled.
    pub enabled: bool,
    /// Active.
    pub active: bool,
    /// Acknowledgements that a commit waits for.
    pub wait_count: u32,
    /// Replicas that acknowledge.
    pub clients: u32,
}

/// Replicas that write what they replicate to a binary log of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Logging {
    /// All of them.
    pub replicas: usize,
    /// Those with `binlog_format` STATEMENT.
    pub statement: usize,
    /// Those with `binlog_format` MIXED.
    pub mixed: usize,
    /// Those with `binlog_format` ROW.
    pub row: usize,
    /// How many release series they belong to.
    pub major_versions: usize,
}

/// Whether all valid replicas (at least one) find their place by the same means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Relocation {
    /// Oracle GTID auto-position.
    pub oracle_gtid: bool,
    /// MariaDB GTID.
    pub mariadb_gtid: bool,
    /// They are binlog servers.
    pub binlog_servers: bool,
    /// The analysed server carries Pseudo-GTID.
    pub pseudo_gtid: bool,
}

impl Signs {
    /// Read the signs of one server.
    #[must_use]
    pub fn of(view: &ClusterView, instance: &Instance) -> Self {
        let replicas: Vec<&Instance> =
            view.cluster.replicas_of(&instance.key).map(|replica| &**replica).collect();
        let valid: Vec<&Instance> =
            replicas.iter().copied().filter(|replica| is_valid_replica(view, replica)).collect();
        let lag_limit = view.config.reasonable_replication_lag().as_secs();
        let lagging = |r: &&&Instance| lag_seconds(r).is_some_and(|lag| lag > lag_limit);
        Self {
            is_co_source: instance.place.co_master || replicas.iter().any(|r| r.place.co_master),
            replicas: replicas.iter().map(|r| r.key.clone()).collect(),
            valid: valid.len(),
            replicating: valid.iter().filter(|r| r.is_replicating()).count(),
            connected: count(&valid, |channel| channel.io == ThreadState::Running),
            failing: count(&valid, fails_to_connect),
            downtimed_replicas: replicas.iter().filter(|r| view.downtime(&r.key).is_some()).count(),
            delayed: count(&replicas, |channel| channel.delay_seconds > 0),
            lagging: replicas.iter().filter(lagging).count(),
            semi_sync_replicas: replicas.iter().filter(|r| has_semi_sync(r)).count(),
            logging: Logging::of(&replicas),
            relocation: Relocation::of(instance, &valid),
            replica_gtid_modes: gtid_modes(&replicas),
            errant: greatest_errant(view, &replicas),
            ..Self::of_itself(view, instance)
        }
    }

    /// What the server's own state tells.
    fn of_itself(view: &ClusterView, instance: &Instance) -> Self {
        let state = instance.state.as_deref();
        let group = state.and_then(|s| s.group.as_ref());
        Self {
            is_source: instance.is_source_of_cluster(),
            is_group_member: group.is_some_and(|g| !g.name.is_empty() && g.state != "OFFLINE"),
            is_binlog_server: is_binlog_server(instance),
            reachable: is_reachable(view, instance),
            partial_success: is_partial_success(instance),
            read_only: state.is_some_and(|s| s.read_only),
            depth: instance.place.depth,
            failing_to_connect: instance.channel().is_some_and(fails_to_connect),
            downtimed: view.downtime(&instance.key).is_some(),
            gtid_mode: gtid_mode(instance).to_owned(),
            semi_sync: SemiSyncSigns {
                enabled: state.is_some_and(|s| s.semi_sync.source_enabled),
                active: state.is_some_and(|s| s.semi_sync.source_status),
                wait_count: state.map_or(0, |s| s.semi_sync.wait_for_replica_count),
                clients: state.map_or(0, |s| s.semi_sync.source_clients),
            },
            ..Self::default()
        }
    }

    /// How many replicas there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.replicas.len()
    }
}

impl Logging {
    fn of(replicas: &[&Instance]) -> Self {
        let states = replicas.iter().filter_map(|r| r.state.as_deref());
        let logging: Vec<_> =
            states.filter(|s| s.binlog.enabled && s.binlog.log_replica_updates).collect();
        let with_format =
            |format: &str| logging.iter().filter(|s| s.binlog.format == format).count();
        let series: BTreeSet<_> = logging.iter().map(|s| s.version.major_minor()).collect();
        Self {
            replicas: logging.len(),
            statement: with_format("STATEMENT"),
            mixed: with_format("MIXED"),
            row: with_format("ROW"),
            major_versions: series.len(),
        }
    }
}

impl Relocation {
    fn of(source: &Instance, valid: &[&Instance]) -> Self {
        let all = |is: &dyn Fn(&Instance) -> bool| !valid.is_empty() && valid.iter().all(|r| is(r));
        let gtid = |r: &Instance| r.channel().map_or(ChannelGtid::None, |channel| channel.gtid);
        Self {
            oracle_gtid: all(&|r| gtid(r) == ChannelGtid::Oracle),
            mariadb_gtid: all(&|r| {
                matches!(gtid(r), ChannelGtid::MariaSlavePos | ChannelGtid::MariaCurrentPos)
            }),
            binlog_servers: all(&is_binlog_server),
            pseudo_gtid: source.metadata.pseudo_gtid == Some(true),
        }
    }

    /// There is some means to move the replicas below another server.
    #[must_use]
    pub fn is_possible(self) -> bool {
        self.oracle_gtid || self.mariadb_gtid || self.binlog_servers || self.pseudo_gtid
    }
}

/// Seconds that a replica lags: by `ReplicationLagQuery`, else as the server reports it; none if
/// unknown.
#[must_use]
pub fn lag_seconds(replica: &Instance) -> Option<u64> {
    replica.metadata.lag_seconds.or_else(|| replica.channel()?.seconds_behind)
}

/// A server that relays binary logs without applying them.
#[must_use]
pub fn is_binlog_server(instance: &Instance) -> bool {
    instance.flavor() == Flavor::MaxScale
}

fn count(replicas: &[&Instance], holds: impl Fn(&Channel) -> bool) -> usize {
    replicas.iter().filter_map(|r| r.channel()).filter(|channel| holds(channel)).count()
}

fn fails_to_connect(channel: &Channel) -> bool {
    channel.io != ThreadState::Running
        && channel.sql == ThreadState::Running
        && channel.io_error.is_connection_error()
}

fn has_semi_sync(replica: &Instance) -> bool {
    replica.state.as_ref().is_some_and(|s| s.semi_sync.replica_enabled)
}

fn gtid_mode(instance: &Instance) -> &str {
    instance.state.as_ref().map_or("", |s| &s.gtid.mode)
}

fn gtid_modes(replicas: &[&Instance]) -> (String, String) {
    let modes = || replicas.iter().map(|r| gtid_mode(r));
    let text = |mode: Option<&str>| mode.unwrap_or_default().to_owned();
    (text(modes().min()), text(modes().max()))
}

fn greatest_errant(view: &ClusterView, replicas: &[&Instance]) -> String {
    let in_service = replicas.iter().filter(|r| view.downtime(&r.key).is_none());
    in_service.map(|r| &r.place.errant).max().cloned().unwrap_or_default()
}
