//! The health of a node and of those that it knows.

use serde::{Deserialize, Serialize};

/// The zero of native time fields.
pub const ZERO_TIME: &str = "0001-01-01T00:00:00Z";

/// What `health` and `status` answer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct HealthStatus {
    /// Whether this node's registration succeeded.
    pub healthy: bool,
    /// This node's hostname.
    pub hostname: String,
    /// This process's token, 64 hexadecimal digits.
    pub token: String,
    /// Whether this node is the active one (raft: the leader).
    pub is_active_node: bool,
    /// The active node; mostly empty with raft.
    pub active_node: NodeHealth,
    /// The error's members; `null` when there is none.
    pub error: Option<serde_json::Value>,
    /// Nodes seen lately; `null` when none is known.
    pub available_nodes: Option<Vec<NodeHealth>>,
    /// The raft leader's address; empty without raft.
    pub raft_leader: String,
    /// Whether this node is the raft leader.
    pub is_raft_leader: bool,
    /// The raft leader's HTTP address; the last known one while there is no leader.
    #[serde(rename = "RaftLeaderURI")]
    pub raft_leader_uri: String,
    /// Address that this node tells other raft nodes, as configured.
    pub raft_advertise: String,
    /// On the leader: the members that reported lately; else `null`.
    pub raft_healthy_members: Option<Vec<String>>,
}

/// One node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NodeHealth {
    /// Its hostname.
    pub hostname: String,
    /// Its process's token.
    pub token: String,
    /// The version of the program.
    pub app_version: String,
    /// When it was first seen active, as backend timestamp.
    pub first_seen_active: String,
    /// When it was last seen active, as backend timestamp.
    pub last_seen_active: String,
    /// Always empty on the wire.
    pub extra_info: String,
    /// Always empty on the wire.
    pub command: String,
    /// Its backend: `host:port`, or the path of the SQLite file.
    #[serde(rename = "DBBackend")]
    pub db_backend: String,
    /// Always [`ZERO_TIME`] on the wire.
    pub last_reported: String,
}

impl Default for NodeHealth {
    fn default() -> Self {
        Self {
            hostname: String::new(),
            token: String::new(),
            app_version: String::new(),
            first_seen_active: String::new(),
            last_seen_active: String::new(),
            extra_info: String::new(),
            command: String::new(),
            db_backend: String::new(),
            last_reported: ZERO_TIME.to_owned(),
        }
    }
}
