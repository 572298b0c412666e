//! What the API says of a cluster.

use serde::{Deserialize, Serialize};

/// A cluster and its settings.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ClusterInfo {
    /// Its name, usually `host:port` of its source.
    pub cluster_name: String,
    /// Its alias; the name where it has none.
    pub cluster_alias: String,
    /// Its domain name; empty where it has none.
    pub cluster_domain: String,
    /// How many instances it has.
    pub count_instances: u64,
    /// Always 0; kept for readers that expect it.
    pub heuristic_lag: i64,
    /// Whether a dead source is replaced automatically.
    pub has_automated_master_recovery: bool,
    /// Whether a dead intermediate source is replaced automatically.
    pub has_automated_intermediate_master_recovery: bool,
}
