//! Which findings are kept, and which are marked as expected: row reduction, ignored hosts,
//! downtime, and the cluster filters of the configuration (spec 05, 1.4, 4.1 and 5.7).

use super::{Code, Signs, StructureWarning};
use crate::inventory::view::{ClusterView, Instance};

/// The server is worth a row at all. Reachable, connected servers without replicas are not.
#[must_use]
pub fn is_interesting(view: &ClusterView, signs: &Signs) -> bool {
    !view.config.raw.reduce_replication_analysis_count
        || !signs.reachable
        || signs.failing_to_connect
        || signs.count() > 0
}

/// There is something to report.
#[must_use]
pub fn is_worth_reporting(code: Code, warnings: &[StructureWarning]) -> bool {
    code != Code::NoProblem || !warnings.is_empty()
}

/// `RecoveryIgnoreHostnameFilters` hides the server, which match the host name without port; or
/// somebody holds a lock on it (spec 05, 1.1).
#[must_use]
pub fn is_ignored(view: &ClusterView, instance: &Instance) -> bool {
    view.config.filters.recovery_ignore.matches(instance.key.hostname())
        || view.facts.maintenance(&instance.key, view.now).is_some()
}

/// All replicas are out of service on purpose, and the problem is about them.
#[must_use]
pub fn are_replicas_downtimed(code: Code, signs: &Signs) -> bool {
    signs.count() == signs.downtimed_replicas && is_about_replicas(code)
}

/// `DeadIntermediateMaster` is left out on purpose, as in the reference.
fn is_about_replicas(code: Code) -> bool {
    use Code::*;
    matches!(
        code,
        AllMasterReplicasNotReplicating
            | AllMasterReplicasNotReplicatingOrDead
            | MasterSingleReplicaDead
            | AllCoMasterReplicasNotReplicating
            | DeadIntermediateMasterWithSingleReplica
            | DeadIntermediateMasterWithSingleReplicaFailingToConnect
            | DeadIntermediateMasterAndReplicas
            | DeadIntermediateMasterAndSomeReplicas
            | AllIntermediateMasterReplicasFailingToConnectOrDead
            | AllIntermediateMasterReplicasNotReplicating
    )
}

/// Which automatic recoveries the configuration allows for a cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Automation {
    /// `RecoverMasterClusterFilters` match.
    pub source: bool,
    /// `RecoverIntermediateMasterClusterFilters` match.
    pub intermediate: bool,
}

impl Automation {
    /// The automatic recoveries that are allowed for the view's cluster.
    #[must_use]
    pub fn of(view: &ClusterView) -> Self {
        let (name, alias) = (&view.cluster.name, view.cluster.alias_or_name());
        Self {
            source: view.config.filters.recover_master.matches(name, alias),
            intermediate: view.config.filters.recover_intermediate_master.matches(name, alias),
        }
    }
}
