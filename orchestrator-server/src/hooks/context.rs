//! What a hook may know about a failure and its recovery (spec 05, 7.3). Plain values: nothing
//! here knows shells.

use shared::InstanceKey;

/// The values of one run of a hook list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookContext {
    /// Name of the problem, such as `DeadMaster`.
    pub failure_type: String,
    /// `master`, `co-master`, `intermediate-master` or `group-member`.
    pub instance_type: String,
    /// The failed server is the head of its cluster.
    pub is_master: bool,
    /// The failed server and another one replicate from each other.
    pub is_co_master: bool,
    /// The sentence that goes with the problem.
    pub failure_description: String,
    /// What a person asked for, such as `graceful-master-takeover`; empty if nothing.
    pub command: String,
    /// The failed server.
    pub failed: InstanceKey,
    /// Cluster name.
    pub cluster: String,
    /// Cluster alias; the cluster name where there is none.
    pub cluster_alias: String,
    /// Cluster domain; empty or the cluster name where there is none.
    pub cluster_domain: String,
    /// Number of the failed server's replicas.
    pub count_replicas: usize,
    /// The failed server is downtimed.
    pub is_downtimed: bool,
    /// Heads of this cluster are recovered automatically.
    pub auto_master_recovery: bool,
    /// Intermediate sources of this cluster are recovered automatically.
    pub auto_intermediate_master_recovery: bool,
    /// Host name of this machine.
    pub orchestrator_host: String,
    /// Unique name of the recovery; empty where there is none yet.
    pub recovery_uid: String,
    /// Replicas that do not replicate from the successor.
    pub lost_replicas: Vec<InstanceKey>,
    /// The failed server's replicas.
    pub replicas: Vec<InstanceKey>,
    /// The server that took over, or is about to. With one, the recovery counts as successful.
    pub successor: Option<Successor>,
}

/// The server that takes over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Successor {
    /// The server.
    pub key: InstanceKey,
    /// Its instance alias; may be empty.
    pub alias: String,
    /// Its binary log position, `file:pos`, once that is known.
    pub binlog: Option<String>,
}

/// A value under both of its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    /// Names as placeholder, without braces.
    pub(super) placeholders: &'static [&'static str],
    /// Name in the environment; empty if it is not there.
    pub(super) variable: &'static str,
    /// The value, free of NUL, which neither a script nor an environment can hold. `None` leaves
    /// the placeholder as it stands and the variable unset.
    pub(super) text: Option<String>,
}

impl HookContext {
    /// Every value, in the order of the environment.
    pub(super) fn values(&self) -> Vec<Value> {
        let successor = self.successor.as_ref();
        let value = |placeholders, variable, text: Option<String>| Value {
            placeholders,
            variable,
            text: text.map(|text| text.replace('\0', "")),
        };
        let text = |placeholders, variable, text: &str| {
            value(placeholders, variable, Some(text.to_owned()))
        };
        let flag = |placeholders, variable, flag: bool| {
            value(placeholders, variable, Some(flag.to_string()))
        };
        let number = |placeholders, variable, number: usize| {
            value(placeholders, variable, Some(number.to_string()))
        };
        vec![
            text(&["failureType"], "ORC_FAILURE_TYPE", &self.failure_type),
            text(&["instanceType"], "ORC_INSTANCE_TYPE", &self.instance_type),
            flag(&["isMaster"], "ORC_IS_MASTER", self.is_master),
            flag(&["isCoMaster"], "ORC_IS_CO_MASTER", self.is_co_master),
            text(&["failureDescription"], "ORC_FAILURE_DESCRIPTION", &self.failure_description),
            text(&["command"], "ORC_COMMAND", &self.command),
            text(&["failedHost"], "ORC_FAILED_HOST", self.failed.hostname()),
            number(&["failedPort"], "ORC_FAILED_PORT", self.failed.port().into()),
            text(&["failureCluster"], "ORC_FAILURE_CLUSTER", &self.cluster),
            text(&["failureClusterAlias"], "ORC_FAILURE_CLUSTER_ALIAS", &self.cluster_alias),
            text(&["failureClusterDomain"], "ORC_FAILURE_CLUSTER_DOMAIN", &self.cluster_domain),
            number(&["countReplicas", "countSlaves"], "ORC_COUNT_REPLICAS", self.count_replicas),
            flag(&["isDowntimed"], "ORC_IS_DOWNTIMED", self.is_downtimed),
            flag(&["autoMasterRecovery"], "ORC_AUTO_MASTER_RECOVERY", self.auto_master_recovery),
            flag(
                &["autoIntermediateMasterRecovery"],
                "ORC_AUTO_INTERMEDIATE_MASTER_RECOVERY",
                self.auto_intermediate_master_recovery,
            ),
            text(&["orchestratorHost"], "ORC_ORCHESTRATOR_HOST", &self.orchestrator_host),
            flag(&["isSuccessful"], "ORC_IS_SUCCESSFUL", successor.is_some()),
            text(&["lostReplicas", "lostSlaves"], "ORC_LOST_REPLICAS", &list(&self.lost_replicas)),
            number(&["countLostReplicas"], "", self.lost_replicas.len()),
            text(&["replicaHosts", "slaveHosts"], "ORC_REPLICA_HOSTS", &list(&self.replicas)),
            text(&["recoveryUID"], "ORC_RECOVERY_UID", &self.recovery_uid),
            value(
                &["successorHost"],
                "ORC_SUCCESSOR_HOST",
                successor.map(|s| s.key.hostname().to_owned()),
            ),
            value(
                &["successorPort"],
                "ORC_SUCCESSOR_PORT",
                successor.map(|s| s.key.port().to_string()),
            ),
            value(
                &["successorBinlogCoordinates"],
                "ORC_SUCCESSOR_BINLOG_COORDINATES",
                successor.and_then(|s| s.binlog.clone()),
            ),
            value(&["successorAlias"], "ORC_SUCCESSOR_ALIAS", successor.map(|s| s.alias.clone())),
        ]
    }
}

fn list(keys: &[InstanceKey]) -> String {
    let keys: Vec<_> = keys.iter().map(InstanceKey::to_string).collect();
    keys.join(",")
}
