//! Findings: what is wrong with an instance and its replicas.

use serde::{Deserialize, Serialize};

use super::twice::{self, Twice};
use super::{BinlogCoordinates, ClusterInfo, Key, KeySet};

/// One finding, with the facts that it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ReplicationAnalysis {
    /// The instance that was judged.
    pub analyzed_instance_key: Key,
    /// Its source; the empty key for none.
    #[serde(rename = "AnalyzedInstanceMasterKey")]
    pub analyzed_instance_source_key: Key,
    /// Its cluster; counts are 0 in lists, alias and domain fall back to the name.
    pub cluster_details: ClusterInfo,
    /// Its data center.
    pub analyzed_instance_data_center: String,
    /// Its region.
    pub analyzed_instance_region: String,
    /// Its environment.
    pub analyzed_instance_physical_environment: String,
    /// Its own binary log position.
    pub analyzed_instance_binlog_coordinates: BinlogCoordinates,
    /// Whether it heads its cluster.
    #[serde(rename = "IsMaster")]
    pub is_source: bool,
    /// Whether it is a member of a replication group.
    pub is_replication_group_member: bool,
    /// Whether it and its source replicate from each other.
    #[serde(rename = "IsCoMaster")]
    pub is_co_source: bool,
    /// Whether its last probe succeeded.
    pub last_check_valid: bool,
    /// Whether its last probe got some answer.
    pub last_check_partial_success: bool,
    /// How many replicas it has.
    pub count_replicas: u64,
    /// How many of them were probed successfully.
    pub count_valid_replicas: u64,
    /// How many of those replicate.
    pub count_valid_replicating_replicas: u64,
    /// How many replicas fail to connect to it.
    #[serde(rename = "CountReplicasFailingToConnectToMaster")]
    pub count_replicas_failing_to_connect_to_source: u64,
    /// How many replicas are downtimed.
    pub count_downtimed_replicas: u64,
    /// How far it is from the topmost source, which has 0.
    pub replication_depth: u32,
    /// Its replicas; written under the old name too.
    #[serde(flatten, with = "Twice::<twice::AnalysisReplicas>")]
    pub replicas: KeySet,
    /// Whether it fails to connect to its source.
    #[serde(rename = "IsFailingToConnectToMaster")]
    pub is_failing_to_connect_to_source: bool,
    /// The code of the finding, such as `DeadMaster`.
    pub analysis: String,
    /// The finding in words; empty for `NoProblem`.
    pub description: String,
    /// Warnings about the topology's structure; `null` for none.
    pub structure_analysis: Option<Vec<String>>,
    /// Whether the instance is downtimed.
    pub is_downtimed: bool,
    /// Whether all replicas are downtimed and the finding is about them.
    pub is_replicas_downtimed: bool,
    /// Until when it is downtimed, as backend timestamp.
    pub downtime_end_timestamp: String,
    /// Now minus the end of downtime: negative while it lasts, 0 without.
    pub downtime_remaining_seconds: i64,
    /// Whether it is a binlog server.
    pub is_binlog_server: bool,
    /// Whether it and its replicas use Pseudo-GTID.
    #[serde(rename = "PseudoGTIDImmediateTopology")]
    pub pseudo_gtid_immediate_topology: bool,
    /// Whether its replicas use Oracle GTID.
    #[serde(rename = "OracleGTIDImmediateTopology")]
    pub oracle_gtid_immediate_topology: bool,
    /// Whether its replicas use MariaDB GTID.
    #[serde(rename = "MariaDBGTIDImmediateTopology")]
    pub mariadb_gtid_immediate_topology: bool,
    /// Whether its replicas are binlog servers.
    pub binlog_server_immediate_topology: bool,
    /// Whether semi-sync is on, as a source.
    #[serde(rename = "SemiSyncMasterEnabled")]
    pub semi_sync_source_enabled: bool,
    /// Whether semi-sync is in force, as a source.
    #[serde(rename = "SemiSyncMasterStatus")]
    pub semi_sync_source_status: bool,
    /// For how many replicas it waits.
    #[serde(rename = "SemiSyncMasterWaitForReplicaCount")]
    pub semi_sync_source_wait_for_replica_count: u64,
    /// How many semi-sync replicas are connected.
    #[serde(rename = "SemiSyncMasterClients")]
    pub semi_sync_source_clients: u64,
    /// How many replicas have semi-sync on.
    pub count_semi_sync_replicas_enabled: u64,
    /// How many replicas log what they apply.
    pub count_logging_replicas: u64,
    /// How many of those log statements.
    pub count_statement_based_logging_replicas: u64,
    /// How many of those log in mixed format.
    pub count_mixed_based_logging_replicas: u64,
    /// How many of those log rows.
    pub count_row_based_logging_replicas: u64,
    /// How many release series those have.
    pub count_distinct_major_versions_logging_replicas: u64,
    /// How many replicas are delayed on purpose.
    pub count_delayed_replicas: u64,
    /// How many replicas lag.
    pub count_lagging_replicas: u64,
    /// Whether the finding can be recovered from; set within recoveries only.
    pub is_actionable_recovery: bool,
    /// The node that answers.
    pub processing_node_hostname: String,
    /// That node's process token.
    pub processing_node_token: String,
    /// How many other nodes agree.
    pub count_additional_agreeing_nodes: u64,
    /// When it was detected, as backend timestamp; in detections only.
    pub start_active_period: String,
    /// Whether downtime keeps it from being recovered automatically.
    pub skippable_due_to_downtime: bool,
    /// `gtid_mode`.
    #[serde(rename = "GTIDMode")]
    pub gtid_mode: String,
    /// The least `gtid_mode` of its replicas.
    #[serde(rename = "MinReplicaGTIDMode")]
    pub min_replica_gtid_mode: String,
    /// The greatest `gtid_mode` of its replicas.
    #[serde(rename = "MaxReplicaGTIDMode")]
    pub max_replica_gtid_mode: String,
    /// An errant GTID set among its replicas; empty for none.
    #[serde(rename = "MaxReplicaGTIDErrant")]
    pub max_replica_gtid_errant: String,
    /// The operator's command behind it, such as `force-master-failover`.
    pub command_hint: String,
    /// Whether it is read-only.
    pub is_read_only: bool,
}

/// How the finding of one instance changed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ReplicationAnalysisChangelog {
    /// The instance.
    pub analyzed_instance_key: Key,
    /// `<timestamp>;<code>,` for each change, the trailing comma included.
    pub changelog: Vec<String>,
}
