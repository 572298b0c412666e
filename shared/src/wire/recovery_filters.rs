//! The filters that decide which clusters are healed automatically.

use serde::{Deserialize, Serialize};

/// Details of `automated-recovery-filters`. The keys are sorted on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AutomatedRecoveryFilters {
    /// Clusters whose intermediate sources are replaced.
    pub recover_intermediate_master_cluster_filters: Vec<String>,
    /// Clusters whose source is replaced.
    pub recover_master_cluster_filters: Vec<String>,
    /// Hosts that are never recovered.
    pub recovery_ignore_hostname_filters: Vec<String>,
}
