//! Everything the API tells of one instance.
//!
//! The fields are filled from the inventory ("stored data") or from a fresh probe
//! ("details of operations"); a few are meaningful in one of the two only.

use serde::{Deserialize, Serialize};

use super::twice::{self, Twice};
use super::{BinlogCoordinates, Key, KeySet, NullBool, NullInt64};
use crate::PromotionRule;

/// A database server and its place in the topology.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Instance {
    /// Who it is.
    pub key: Key,
    /// The name that `DetectInstanceAliasQuery` gave.
    pub instance_alias: String,
    /// Seconds since the server started.
    pub uptime: u64,
    /// `server_id`.
    #[serde(rename = "ServerID")]
    pub server_id: u32,
    /// `server_uuid`; empty for MariaDB and binlog servers.
    #[serde(rename = "ServerUUID")]
    pub server_uuid: String,
    /// The server's own version text.
    pub version: String,
    /// The server's version comment.
    pub version_comment: String,
    /// `MySQL`, `Percona`, `MariaDB` or `MaxScale`; empty in details of operations.
    pub flavor_name: String,
    /// Global `read_only`.
    pub read_only: bool,
    /// `ROW`, `MIXED` or `STATEMENT`; `INHERIT` for MaxScale.
    #[serde(rename = "Binlog_format")]
    pub binlog_format: String,
    /// `binlog_row_image`, where the server has it.
    pub binlog_row_image: String,
    /// Whether it writes a binary log.
    pub log_bin_enabled: bool,
    /// Whether it logs what it applies; written under the old name too.
    #[serde(flatten, with = "Twice::<twice::LogUpdates>")]
    pub log_replication_updates_enabled: bool,
    /// Its own position; empty without binary log.
    pub self_binlog_coordinates: BinlogCoordinates,
    /// Its source; the empty key for none.
    #[serde(rename = "MasterKey")]
    pub source_key: Key,
    /// Its source's UUID; `No` where the server does not tell.
    #[serde(rename = "MasterUUID")]
    pub source_uuid: String,
    /// UUIDs from the topmost source to itself, comma separated.
    #[serde(rename = "AncestryUUID")]
    pub ancestry_uuid: String,
    /// Whether the source was detached (`//host`).
    #[serde(rename = "IsDetachedMaster")]
    pub is_detached_source: bool,
    /// Whether the applier runs; written under the old name too.
    #[serde(flatten, with = "Twice::<twice::SqlThread>")]
    pub sql_thread_running: bool,
    /// Whether the receiver runs (connecting is not running); written under the old name too.
    #[serde(flatten, with = "Twice::<twice::IoThread>")]
    pub io_thread_running: bool,
    /// The applier: -1 none, 0 stopped, 1 running, 2 other.
    #[serde(rename = "ReplicationSQLThreadState")]
    pub sql_thread_state: i8,
    /// The receiver: -1 none, 0 stopped, 1 running, 2 other.
    #[serde(rename = "ReplicationIOThreadState")]
    pub io_thread_state: i8,
    /// Whether it filters what it replicates.
    pub has_replication_filters: bool,
    /// `gtid_mode`; empty where the server has none.
    #[serde(rename = "GTIDMode")]
    pub gtid_mode: String,
    /// Whether Oracle GTIDs are switched on.
    #[serde(rename = "SupportsOracleGTID")]
    pub supports_oracle_gtid: bool,
    /// Whether it replicates by Oracle GTID.
    #[serde(rename = "UsingOracleGTID")]
    pub using_oracle_gtid: bool,
    /// Whether it replicates by MariaDB GTID.
    #[serde(rename = "UsingMariaDBGTID")]
    pub using_mariadb_gtid: bool,
    /// Whether Pseudo-GTID entries are written in its cluster.
    #[serde(rename = "UsingPseudoGTID")]
    pub using_pseudo_gtid: bool,
    /// What it received, in its source's logs.
    pub read_binlog_coordinates: BinlogCoordinates,
    /// What it applied, in its source's logs.
    pub exec_binlog_coordinates: BinlogCoordinates,
    /// Whether the applied position is a detached one.
    pub is_detached: bool,
    /// What it applied, in its relay logs.
    pub relaylog_coordinates: BinlogCoordinates,
    /// The applier's last error as quoted literal; empty for none.
    #[serde(rename = "LastSQLError")]
    pub last_sql_error: String,
    /// The receiver's last error as quoted literal; empty for none.
    #[serde(rename = "LastIOError")]
    pub last_io_error: String,
    /// The lag as the server reports it.
    #[serde(rename = "SecondsBehindMaster")]
    pub seconds_behind_source: NullInt64,
    /// The configured delay, seconds.
    #[serde(rename = "SQLDelay")]
    pub sql_delay: u64,
    /// `gtid_executed` as the server prints it, newlines included.
    pub executed_gtid_set: String,
    /// `gtid_purged`.
    pub gtid_purged: String,
    /// What it executed and its source did not.
    pub gtid_errant: String,
    /// The lag by `ReplicationLagQuery`, else as reported; written under the old name too.
    #[serde(flatten, with = "Twice::<twice::Lag>")]
    pub replication_lag_seconds: NullInt64,
    /// The replicas that the server itself knows; written under the old name too.
    #[serde(flatten, with = "Twice::<twice::InstanceReplicas>")]
    pub replicas: KeySet,
    /// The cluster's name.
    pub cluster_name: String,
    /// The alias that it suggests for its cluster.
    pub suggested_cluster_alias: String,
    /// Its data center.
    pub data_center: String,
    /// Its region.
    pub region: String,
    /// Its environment.
    pub physical_environment: String,
    /// How far it is from the topmost source, which has 0.
    pub replication_depth: u32,
    /// Whether it and its source replicate from each other.
    #[serde(rename = "IsCoMaster")]
    pub is_co_source: bool,
    /// Whether a replication user is configured.
    pub has_replication_credentials: bool,
    /// Whether the service can read the replication credentials.
    pub replication_credentials_available: bool,
    /// Whether both sides' semi-sync plugins are loaded.
    pub semi_sync_available: bool,
    /// Its priority as semi-sync replica; 0 is asynchronous.
    pub semi_sync_priority: u32,
    /// Whether the source plugin has the present name; always false in stored data.
    #[serde(rename = "SemiSyncMasterPluginNewVersion")]
    pub semi_sync_source_plugin_new_version: bool,
    /// Whether the replica plugin has the present name; always false in stored data.
    pub semi_sync_replica_plugin_new_version: bool,
    /// Whether semi-sync is on, as a source.
    #[serde(rename = "SemiSyncMasterEnabled")]
    pub semi_sync_source_enabled: bool,
    /// Whether semi-sync is on, as a replica.
    pub semi_sync_replica_enabled: bool,
    /// How long a source waits for replicas, milliseconds.
    #[serde(rename = "SemiSyncMasterTimeout")]
    pub semi_sync_source_timeout: u64,
    /// For how many replicas a source waits.
    #[serde(rename = "SemiSyncMasterWaitForReplicaCount")]
    pub semi_sync_source_wait_for_replica_count: u64,
    /// Whether semi-sync is in force, as a source.
    #[serde(rename = "SemiSyncMasterStatus")]
    pub semi_sync_source_status: bool,
    /// How many semi-sync replicas are connected.
    #[serde(rename = "SemiSyncMasterClients")]
    pub semi_sync_source_clients: u64,
    /// Whether semi-sync is in force, as a replica.
    pub semi_sync_replica_status: bool,
    /// Last successful probe, as backend timestamp; empty in details of operations.
    pub last_seen_timestamp: String,
    /// Whether the last probe succeeded.
    pub is_last_check_valid: bool,
    /// Whether it was probed within one poll interval.
    pub is_up_to_date: bool,
    /// Whether it was probed within five poll intervals.
    pub is_recently_checked: bool,
    /// Seconds since the last successful probe.
    pub seconds_since_last_seen: NullInt64,
    /// Snapshots that its host's agent reported.
    #[serde(rename = "CountMySQLSnapshots")]
    pub count_mysql_snapshots: u64,
    /// Whether it is registered with the rule `must` or `prefer`.
    pub is_candidate: bool,
    /// Its promotion rule.
    pub promotion_rule: PromotionRule,
    /// Whether it is downtimed.
    pub is_downtimed: bool,
    /// Why it is downtimed.
    pub downtime_reason: String,
    /// Who downtimed it.
    pub downtime_owner: String,
    /// Until when, as backend timestamp.
    pub downtime_end_timestamp: String,
    /// For how long already, nanoseconds.
    pub elapsed_downtime: i64,
    /// The virtual name that replicas use for it.
    pub unresolved_hostname: String,
    /// Whether it replicates over TLS.
    #[serde(rename = "AllowTLS")]
    pub allow_tls: bool,
    /// The replication connection's CA file; empty in stored data.
    #[serde(rename = "ReplicationSSLCAFile")]
    pub replication_ssl_ca_file: String,
    /// The replication connection's CA directory; empty in stored data.
    #[serde(rename = "ReplicationSSLCAPath")]
    pub replication_ssl_ca_path: String,
    /// The replication connection's certificate file; empty in stored data.
    #[serde(rename = "ReplicationSSLCert")]
    pub replication_ssl_cert: String,
    /// The replication connection's ciphers; empty in stored data.
    #[serde(rename = "ReplicationSSLCipher")]
    pub replication_ssl_cipher: String,
    /// The replication connection's revocation list file; empty in stored data.
    #[serde(rename = "ReplicationSSLCRLFile")]
    pub replication_ssl_crl_file: String,
    /// The replication connection's revocation list directory; empty in stored data.
    #[serde(rename = "ReplicationSSLCRLPath")]
    pub replication_ssl_crl_path: String,
    /// The replication connection's key file; empty in stored data.
    #[serde(rename = "ReplicationSSLKey")]
    pub replication_ssl_key: String,
    /// Whether the source's certificate is verified; unknown in stored data.
    #[serde(rename = "ReplicationSSLVerifyServerCert")]
    pub replication_ssl_verify_server_cert: NullBool,
    /// The replication connection's TLS versions; empty in stored data.
    #[serde(rename = "ReplicationTLSVersion")]
    pub replication_tls_version: String,
    /// The replication connection's cipher suites; empty in stored data.
    #[serde(rename = "ReplicationTLSCiphersuites")]
    pub replication_tls_ciphersuites: String,
    /// File with the source's public key; empty in stored data.
    pub replication_source_public_key_path: String,
    /// Whether the source is asked for its public key; unknown in stored data.
    pub replication_get_source_public_key: NullBool,
    /// What is wrong, such as `not_replicating`.
    pub problems: Vec<String>,
    /// How long the last probe took, nanoseconds.
    pub last_discovery_latency: i64,
    /// Its replication group; empty for none.
    pub replication_group_name: String,
    /// Whether the group has a single primary.
    pub replication_group_is_single_primary: bool,
    /// `ONLINE`, `RECOVERING`, `OFFLINE`, `ERROR` or empty.
    pub replication_group_member_state: String,
    /// `PRIMARY`, `SECONDARY` or empty.
    pub replication_group_member_role: String,
    /// The group's other members.
    pub replication_group_members: KeySet,
    /// The group's primary; the empty key for none.
    pub replication_group_primary_instance_key: Key,
    /// Always `{}`; kept for readers that expect it.
    #[serde(rename = "QSP")]
    pub qsp: Placeholder,
    /// What could not be read lately and keeps its last good value. Left out where all was read:
    /// readers of old do not know it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stale: Vec<Stale>,
    /// Further channels of a multi-source replica. Left out where there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_channels: Vec<OtherChannel>,
}

/// A part of a server's record that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Stale {
    /// Which part, in words.
    pub part: String,
    /// The server's error.
    pub reason: String,
}

/// A replication channel beside the one that the instance's own fields describe.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct OtherChannel {
    /// Its name.
    pub name: String,
    /// Its source.
    #[serde(rename = "MasterKey")]
    pub source_key: Key,
    /// Whether the receiver runs.
    #[serde(rename = "IOThreadRunning")]
    pub io_thread_running: bool,
    /// Whether the applier runs.
    #[serde(rename = "SQLThreadRunning")]
    pub sql_thread_running: bool,
    /// Seconds behind its source; unknown while it does not replicate.
    pub seconds_behind: NullInt64,
}

/// An object without members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Placeholder {}
