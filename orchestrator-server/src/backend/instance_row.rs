//! The stored form of a server: the API's JSON type, and beside it what the API does not tell.
//! It is a cache for the time after a restart: evidence (failed attempts, when the state was
//! read) is left out on purpose, and so is what the first probe tells again (further channels,
//! parts that could not be read).

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use shared::{
    Flavor, InstanceKey, PromotionRule, Version,
    wire::{self, Key, KeySet},
};

use crate::{
    clock::Moment,
    http::wire::instance::observed,
    inventory::view::{Check, Cluster, Instance, Place},
    mysql::{
        driver::{FailureKind, ProbeFailure},
        state::{
            BinlogState, Channel, ChannelGtid, ChannelTls, GroupMembership, GtidState, Metadata,
            Position, SemiSync, ServerState, ThreadError, ThreadState,
        },
    },
};

/// One stored server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredInstance {
    /// What the API tells of it, apart from what depends on the time and on hints.
    #[serde(flatten)]
    pub wire: wire::Instance,
    /// The rest.
    #[serde(rename = "Extra", default)]
    pub extra: Extra,
}

/// What is known of a server and not told by the API.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Extra {
    last_seen: Option<Moment>,
    last_checked: Option<Moment>,
    last_attempted: Option<Moment>,
    failure: Option<Failure>,
    metadata: Detected,
    state: Option<StateExtra>,
    channel: Option<ChannelExtra>,
    alias: String,
    domain: String,
}

/// A [`ProbeFailure`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Failure {
    kind: FailureKind,
    partial: bool,
    text: String,
}

/// A [`Metadata`]; that a value is known is more than the API tells.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Detected {
    instance_alias: Option<String>,
    cluster_alias: Option<String>,
    cluster_domain: Option<String>,
    data_center: Option<String>,
    region: Option<String>,
    environment: Option<String>,
    promotion_rule: Option<PromotionRule>,
    semi_sync_priority: Option<u32>,
    lag_seconds: Option<u64>,
    pseudo_gtid: Option<bool>,
}

/// The rest of a [`ServerState`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct StateExtra {
    hostname: String,
    super_read_only: bool,
    executed: String,
    wait_point: String,
}

/// The rest of a [`Channel`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct ChannelExtra {
    name: String,
    source: Key,
    source_uuid: String,
    user: String,
    io_activity: String,
    sql_activity: String,
    io_error: (u32, String),
    sql_error: (u32, String),
    retrieved: String,
    current_pos: bool,
}

/// What another program knew of a server and the API does not tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Foreign {
    /// End of the last good probe.
    pub last_seen: Option<Moment>,
    /// End of the last probe.
    pub last_checked: Option<Moment>,
    /// Start of the last probe.
    pub last_attempted: Option<Moment>,
    /// The last probe failed after the server had answered.
    pub partial: bool,
    /// The operator's metadata.
    pub metadata: Metadata,
    /// The applier's last error.
    pub sql_error: String,
    /// The receiver's last error.
    pub io_error: String,
}

impl StoredInstance {
    /// The stored form of a server that another program knew.
    #[must_use]
    pub fn imported(wire: wire::Instance, foreign: Foreign) -> Self {
        let Foreign { last_seen, last_checked, last_attempted, partial, metadata, .. } = foreign;
        let failed = last_seen.is_none() || last_checked > last_seen;
        let failure = failed.then(|| Failure {
            kind: FailureKind::ConnectionLost,
            partial,
            text: "its last check before the import failed".to_owned(),
        });
        let state = last_seen.map(|_| StateExtra {
            hostname: wire.key.hostname.clone(),
            executed: wire.executed_gtid_set.clone(),
            ..StateExtra::default()
        });
        let replicates = wire.io_thread_state >= 0 && state.is_some();
        let channel = replicates.then(|| ChannelExtra {
            source: wire.source_key.clone(),
            source_uuid: Some(wire.source_uuid.clone()).filter(|u| u != "No").unwrap_or_default(),
            user: if wire.has_replication_credentials { "unknown" } else { "" }.to_owned(),
            sql_error: (0, foreign.sql_error),
            io_error: (0, foreign.io_error),
            ..ChannelExtra::default()
        });
        let alias = metadata.cluster_alias.clone().unwrap_or_default();
        let domain = metadata.cluster_domain.clone().unwrap_or_default();
        let metadata = Detected::from(&metadata);
        let extra = Extra {
            last_seen,
            last_checked,
            last_attempted,
            failure,
            metadata,
            state,
            channel,
            alias,
            domain,
        };
        Self { wire, extra }
    }

    /// The stored form of a server.
    #[must_use]
    pub fn new(instance: &Instance, cluster: Option<&Arc<Cluster>>) -> Self {
        let check = &instance.check;
        let failure = check.failure.as_ref().map(|failure| Failure {
            kind: failure.kind,
            partial: failure.partial,
            text: failure.text.clone(),
        });
        let extra = Extra {
            last_seen: check.last_seen,
            last_checked: check.last_checked,
            last_attempted: check.last_attempted,
            failure,
            metadata: Detected::from(&instance.metadata),
            state: instance.state.as_deref().map(StateExtra::from),
            channel: instance.channel().map(ChannelExtra::from),
            alias: cluster.map(|cluster| cluster.alias.clone()).unwrap_or_default(),
            domain: cluster.map(|cluster| cluster.domain.clone()).unwrap_or_default(),
        };
        Self { wire: observed(instance, cluster), extra }
    }

    /// The server again; none if the stored key is none.
    #[must_use]
    pub fn instance(&self) -> Option<Instance> {
        let Self { wire, extra } = self;
        let metadata = Metadata::from(&extra.metadata);
        let state = extra.state.as_ref().map(|state| Arc::new(self.state(state, &metadata)));
        Some(Instance {
            key: InstanceKey::try_from(&wire.key).ok()?,
            state,
            source: wire.source_key.to_source(),
            metadata,
            check: Check {
                last_seen: extra.last_seen,
                last_checked: extra.last_checked,
                last_attempted: extra.last_attempted,
                failure: extra.failure.as_ref().map(ProbeFailure::from),
                state_since: None,
                failed_attempts: Vec::new(),
                latency: Duration::from_nanos(
                    u64::try_from(wire.last_discovery_latency).unwrap_or(0),
                ),
            },
            place: Place {
                depth: wire.replication_depth,
                co_master: wire.is_co_source,
                ancestry: wire.ancestry_uuid.clone(),
                errant: wire.gtid_errant.clone(),
            },
        })
    }

    /// Name of the cluster that the server belonged to.
    #[must_use]
    pub fn cluster_name(&self) -> &str {
        &self.wire.cluster_name
    }

    /// Alias of that cluster; empty if none.
    #[must_use]
    pub fn cluster_alias(&self) -> &str {
        &self.extra.alias
    }

    /// Domain of that cluster; empty if none.
    #[must_use]
    pub fn cluster_domain(&self) -> &str {
        &self.extra.domain
    }

    fn state(&self, extra: &StateExtra, metadata: &Metadata) -> ServerState {
        let wire = &self.wire;
        let flavor = Flavor::of(&wire.version, &wire.version_comment);
        ServerState {
            hostname: extra.hostname.clone(),
            version: Version::parse(&wire.version),
            version_text: wire.version.clone(),
            version_comment: wire.version_comment.clone(),
            flavor,
            server_id: wire.server_id,
            server_uuid: wire.server_uuid.clone(),
            uptime_seconds: wire.uptime,
            read_only: wire.read_only,
            super_read_only: extra.super_read_only,
            binlog: binlog(wire),
            gtid: GtidState {
                mode: wire.gtid_mode.clone(),
                executed_text: wire.executed_gtid_set.clone(),
                purged_text: wire.gtid_purged.clone(),
                executed: position(&extra.executed, flavor),
                purged: position(&wire.gtid_purged, flavor),
            },
            replication: self.extra.channel.as_ref().map(|extra| channel(wire, extra, flavor)),
            other_channels: Vec::new(),
            semi_sync: semi_sync(wire, extra),
            replicas: keys(&wire.replicas),
            group: group(wire),
            replication_credentials_available: wire.replication_credentials_available,
            metadata: metadata.clone(),
            degraded: Vec::new(),
        }
    }
}

fn binlog(wire: &wire::Instance) -> BinlogState {
    let position = shared::BinlogCoordinates::from(wire.self_binlog_coordinates.clone());
    BinlogState {
        enabled: wire.log_bin_enabled,
        format: wire.binlog_format.clone(),
        row_image: wire.binlog_row_image.clone(),
        log_replica_updates: wire.log_replication_updates_enabled,
        position: Some(position).filter(|position| !position.is_empty()),
    }
}

fn channel(wire: &wire::Instance, extra: &ChannelExtra, flavor: Flavor) -> Channel {
    let error =
        |(number, text): &(u32, String)| ThreadError { number: *number, text: text.clone() };
    Channel {
        name: extra.name.clone(),
        source: extra.source.to_source(),
        source_uuid: extra.source_uuid.clone(),
        user: extra.user.clone(),
        io: thread(wire.io_thread_state),
        sql: thread(wire.sql_thread_state),
        io_activity: extra.io_activity.clone(),
        sql_activity: extra.sql_activity.clone(),
        io_error: error(&extra.io_error),
        sql_error: error(&extra.sql_error),
        read: wire.read_binlog_coordinates.clone().into(),
        exec: wire.exec_binlog_coordinates.clone().into(),
        relay: wire.relaylog_coordinates.clone().into(),
        retrieved: position(&extra.retrieved, flavor),
        seconds_behind: wire.seconds_behind_source.0.and_then(|s| u64::try_from(s).ok()),
        delay_seconds: wire.sql_delay,
        gtid: match (wire.using_oracle_gtid, wire.using_mariadb_gtid, extra.current_pos) {
            (true, _, _) => ChannelGtid::Oracle,
            (_, true, true) => ChannelGtid::MariaCurrentPos,
            (_, true, false) => ChannelGtid::MariaSlavePos,
            (false, false, _) => ChannelGtid::None,
        },
        filters: wire.has_replication_filters,
        tls: ChannelTls {
            enabled: wire.allow_tls,
            ca_file: wire.replication_ssl_ca_file.clone(),
            ca_path: wire.replication_ssl_ca_path.clone(),
            cert: wire.replication_ssl_cert.clone(),
            cipher: wire.replication_ssl_cipher.clone(),
            crl_file: wire.replication_ssl_crl_file.clone(),
            crl_path: wire.replication_ssl_crl_path.clone(),
            key: wire.replication_ssl_key.clone(),
            verify_server_cert: wire.replication_ssl_verify_server_cert.0,
            version: wire.replication_tls_version.clone(),
            ciphersuites: wire.replication_tls_ciphersuites.clone(),
            public_key_path: wire.replication_source_public_key_path.clone(),
            get_public_key: wire.replication_get_source_public_key.0,
        },
    }
}

fn semi_sync(wire: &wire::Instance, extra: &StateExtra) -> SemiSync {
    let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    SemiSync {
        available: wire.semi_sync_available,
        source_new_names: wire.semi_sync_source_plugin_new_version,
        replica_new_names: wire.semi_sync_replica_plugin_new_version,
        source_enabled: wire.semi_sync_source_enabled,
        replica_enabled: wire.semi_sync_replica_enabled,
        source_timeout_ms: wire.semi_sync_source_timeout,
        wait_for_replica_count: small(wire.semi_sync_source_wait_for_replica_count),
        wait_point: extra.wait_point.clone(),
        source_status: wire.semi_sync_source_status,
        source_clients: small(wire.semi_sync_source_clients),
        replica_status: wire.semi_sync_replica_status,
    }
}

fn group(wire: &wire::Instance) -> Option<GroupMembership> {
    let group = GroupMembership {
        name: wire.replication_group_name.clone(),
        single_primary: wire.replication_group_is_single_primary,
        state: wire.replication_group_member_state.clone(),
        role: wire.replication_group_member_role.clone(),
        members: keys(&wire.replication_group_members),
        primary: InstanceKey::try_from(&wire.replication_group_primary_instance_key).ok(),
    };
    (group != GroupMembership::default()).then_some(group)
}

fn keys(set: &KeySet) -> Vec<InstanceKey> {
    set.0.iter().filter_map(|key| InstanceKey::try_from(key).ok()).collect()
}

fn thread(number: i8) -> ThreadState {
    match number {
        1 => ThreadState::Running,
        2 => ThreadState::Connecting,
        _ => ThreadState::Stopped,
    }
}

/// A position that cannot be read is none: the next probe tells it anew.
fn position(text: &str, flavor: Flavor) -> Position {
    if text.is_empty() {
        Position::None
    } else if flavor == Flavor::MariaDb {
        text.parse().map_or(Position::None, |position| Position::Maria(Arc::new(position)))
    } else {
        text.parse().map_or(Position::None, |set| Position::Oracle(Arc::new(set)))
    }
}

impl From<&Failure> for ProbeFailure {
    fn from(failure: &Failure) -> Self {
        Self { kind: failure.kind, partial: failure.partial, text: failure.text.clone() }
    }
}

impl From<&ServerState> for StateExtra {
    fn from(state: &ServerState) -> Self {
        Self {
            hostname: state.hostname.clone(),
            super_read_only: state.super_read_only,
            executed: state.gtid.executed.to_string(),
            wait_point: state.semi_sync.wait_point.clone(),
        }
    }
}

impl From<&Channel> for ChannelExtra {
    fn from(channel: &Channel) -> Self {
        let error = |error: &ThreadError| (error.number, error.text.clone());
        Self {
            name: channel.name.clone(),
            source: Key::from(&channel.source),
            source_uuid: channel.source_uuid.clone(),
            user: channel.user.clone(),
            io_activity: channel.io_activity.clone(),
            sql_activity: channel.sql_activity.clone(),
            io_error: error(&channel.io_error),
            sql_error: error(&channel.sql_error),
            retrieved: channel.retrieved.to_string(),
            current_pos: channel.gtid == ChannelGtid::MariaCurrentPos,
        }
    }
}

/// Copies every field of one of the two types into the other.
macro_rules! same_fields {
    ($from:ident => $to:ident) => {
        impl From<&$from> for $to {
            fn from(metadata: &$from) -> Self {
                let $from {
                    instance_alias,
                    cluster_alias,
                    cluster_domain,
                    data_center,
                    region,
                    environment,
                    promotion_rule,
                    semi_sync_priority,
                    lag_seconds,
                    pseudo_gtid,
                } = metadata.clone();
                Self {
                    instance_alias,
                    cluster_alias,
                    cluster_domain,
                    data_center,
                    region,
                    environment,
                    promotion_rule,
                    semi_sync_priority,
                    lag_seconds,
                    pseudo_gtid,
                }
            }
        }
    };
}

same_fields!(Metadata => Detected);
same_fields!(Detected => Metadata);

#[cfg(test)]
mod tests {
    use shared::Source;

    use super::*;
    use crate::http::tests::fleet;

    #[test]
    fn every_server_comes_back_as_it_was() {
        for instance in [fleet::mysql_source(), fleet::mysql_replica(), fleet::mariadb_replica()] {
            let stored = StoredInstance::new(&instance, None);
            let text = serde_json::to_string(&stored).unwrap();
            let read: StoredInstance = serde_json::from_str(&text).unwrap();
            assert_eq!(read, stored);
            assert_eq!(read.instance(), Some(instance));
        }
    }

    #[test]
    fn a_server_that_never_answered_comes_back_without_a_state() {
        let mut unseen = Instance::unseen(InstanceKey::new("db9", 3306).unwrap());
        unseen.source = Source::None;
        unseen.check.last_checked = Some(Moment::from_unix_seconds(1_700_000_000));
        unseen.check.failure = Some(ProbeFailure {
            kind: FailureKind::Refused,
            partial: false,
            text: "connection refused".to_owned(),
        });
        let stored = StoredInstance::new(&unseen, None);
        let text = serde_json::to_string(&stored).unwrap();
        let read: StoredInstance = serde_json::from_str(&text).unwrap();
        assert_eq!(read.instance(), Some(unseen));
    }

    #[test]
    fn what_an_older_version_stored_can_be_read() {
        let text = r#"{"Key":{"Hostname":"db1","Port":3306},"Extra":{"state":{}}}"#;
        let read: StoredInstance = serde_json::from_str(text).unwrap();
        let instance = read.instance().unwrap();
        assert_eq!(instance.key.to_string(), "db1:3306");
        assert!(instance.state.is_some() && instance.check.last_seen.is_none());
    }
}
