//! The state of this node within the raft group.

use serde::{Deserialize, Serialize};

/// What `raft-status` answers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct RaftStatus {
    /// Address that this node listens on, `ip:port`.
    pub raft_bind: String,
    /// Address that this node tells the others, `ip:port`.
    pub raft_advertise: String,
    /// `Leader`, `Follower`, `Candidate` or `Shutdown`.
    pub state: String,
    /// Whether this node is healthy.
    pub healthy: bool,
    /// Whether a leader is known and this node leads or follows.
    pub is_part_of_quorum: bool,
    /// The leader's address; empty when none is known.
    pub leader: String,
    /// The leader's HTTP address.
    #[serde(rename = "LeaderURI")]
    pub leader_uri: String,
    /// All members' addresses, this node's included.
    pub peers: Vec<String>,
}
