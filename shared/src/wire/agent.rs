//! Host agents and the seeds that they take part in.

use serde::{Deserialize, Serialize};

/// What an agent reported of its host.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Agent {
    /// The agent's host.
    pub hostname: String,
    /// The agent's port.
    pub port: u16,
    /// Always empty on the wire.
    pub token: String,
    /// When the agent last reported, as backend timestamp.
    pub last_submitted: String,
    /// Snapshots on this host; `null` when unknown.
    pub available_local_snapshots: Option<Vec<String>>,
    /// Hosts with snapshots; `null` when unknown.
    pub available_snapshots: Option<Vec<String>>,
    /// Its logical volumes; `null` when unknown.
    pub logical_volumes: Option<Vec<LogicalVolume>>,
    /// Where a snapshot is mounted.
    pub mount_point: Mount,
    /// Whether the database server runs.
    #[serde(rename = "MySQLRunning")]
    pub mysql_running: bool,
    /// Size of the data directory, bytes.
    #[serde(rename = "MySQLDiskUsage")]
    pub mysql_disk_usage: i64,
    /// The database server's port.
    #[serde(rename = "MySQLPort")]
    pub mysql_port: u16,
    /// Free space of the data directory, bytes.
    #[serde(rename = "MySQLDatadirDiskFree")]
    pub mysql_datadir_disk_free: i64,
    /// The end of the database server's error log; `null` when unknown.
    #[serde(rename = "MySQLErrorLogTail")]
    pub mysql_error_log_tail: Option<Vec<String>>,
}

/// A logical volume.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct LogicalVolume {
    /// Its name.
    pub name: String,
    /// Its volume group.
    pub group_name: String,
    /// Its device path.
    pub path: String,
    /// Whether it is a snapshot.
    pub is_snapshot: bool,
    /// How full the snapshot is, percent.
    pub snapshot_percent: f64,
}

/// A mounted snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Mount {
    /// The directory.
    pub path: String,
    /// The device.
    pub device: String,
    /// The logical volume's path.
    #[serde(rename = "LVPath")]
    pub lv_path: String,
    /// The type of file system.
    pub file_system: String,
    /// Whether it is mounted.
    pub is_mounted: bool,
    /// Used space, bytes.
    pub disk_usage: i64,
    /// The data directory within.
    #[serde(rename = "MySQLDataPath")]
    pub mysql_data_path: String,
    /// Size of that data directory, bytes.
    #[serde(rename = "MySQLDiskUsage")]
    pub mysql_disk_usage: i64,
}

/// The copying of data from one host to another.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SeedOperation {
    /// Its number.
    pub seed_id: i64,
    /// Where to.
    pub target_hostname: String,
    /// Where from.
    pub source_hostname: String,
    /// Start, as backend timestamp.
    pub start_timestamp: String,
    /// End, as backend timestamp.
    pub end_timestamp: String,
    /// Whether it ended.
    pub is_complete: bool,
    /// Whether it succeeded.
    pub is_successful: bool,
}

/// One step of a seed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SeedOperationState {
    /// Its number.
    pub seed_state_id: i64,
    /// The seed.
    pub seed_id: i64,
    /// When, as backend timestamp.
    pub state_timestamp: String,
    /// What was done.
    pub action: String,
    /// What went wrong; empty when nothing did.
    pub error_message: String,
}
