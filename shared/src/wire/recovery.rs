//! Recoveries: their records, their steps, and those that were held back.

use serde::{Deserialize, Serialize};

use super::{BinlogCoordinates, Key, KeySet, ReplicationAnalysis};

/// A recovery, or a detection: both lists share the shape.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TopologyRecovery {
    /// Number of the recovery, or of the detection in lists of detections.
    pub id: u64,
    /// Unique name of the recovery; empty in lists of detections.
    #[serde(rename = "UID")]
    pub uid: String,
    /// The finding that caused it; in lists only partly filled.
    pub analysis_entry: ReplicationAnalysis,
    /// The promoted instance; lists of recoveries have the empty key for none.
    pub successor_key: Option<Key>,
    /// The promoted instance's alias.
    pub successor_alias: String,
    /// Where the promoted instance's own binary log stood; `null` in lists.
    pub successor_binlog_coordinates: Option<BinlogCoordinates>,
    /// Whether it still blocks other recoveries.
    pub is_active: bool,
    /// Whether something was promoted.
    pub is_successful: bool,
    /// Replicas that could not be moved below the successor.
    pub lost_replicas: KeySet,
    /// All instances that took part.
    pub participating_instance_keys: KeySet,
    /// Errors on the way; `null` in lists of detections, `[""]` for none in lists of recoveries.
    pub all_errors: Option<Vec<String>>,
    /// Start, as backend timestamp.
    pub recovery_start_timestamp: String,
    /// End, as backend timestamp; empty until then.
    pub recovery_end_timestamp: String,
    /// The node that did it.
    pub processing_node_hostname: String,
    /// That node's process token.
    pub processing_node_token: String,
    /// Whether an operator acknowledged it.
    pub acknowledged: bool,
    /// When, as backend timestamp.
    pub acknowledged_at: String,
    /// Who.
    pub acknowledged_by: String,
    /// With which comment.
    pub acknowledged_comment: String,
    /// The detection that led to it.
    pub last_detection_id: u64,
    /// In lists of detections: the newest recovery that followed.
    pub related_recovery_id: u64,
    /// `MasterRecovery` and the like; empty in lists.
    #[serde(rename = "Type")]
    pub kind: String,
    /// `MasterRecoveryGTID` and the like; `NotMasterRecovery` in lists of recoveries.
    pub recovery_type: String,
}

/// One line in the log of a recovery.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TopologyRecoveryStep {
    /// Number of the line.
    pub id: u64,
    /// The recovery's unique name.
    #[serde(rename = "RecoveryUID")]
    pub recovery_uid: String,
    /// When, as backend timestamp.
    pub audit_at: String,
    /// What happened.
    pub message: String,
}

/// A recovery that was held back by an earlier one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct BlockedTopologyRecovery {
    /// The failed instance.
    pub failed_instance_key: Key,
    /// Its cluster.
    pub cluster_name: String,
    /// The finding that would have caused the recovery.
    pub analysis: String,
    /// When it was last held back, as backend timestamp.
    pub last_blocked_timestamp: String,
    /// The recovery that holds it back.
    pub blocking_recovery_id: u64,
}
