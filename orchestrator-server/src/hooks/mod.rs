//! Hooks: the operator's own commands around detections and recoveries.
#[allow(missing_docs)]
#[derive(Clone, Debug)]
pub struct HookContext { pub failure_type: String, pub instance_type: String, pub is_master: bool, pub is_co_master: bool, pub failure_description: String, pub command: String, pub failed_host: String, pub failed_port: u16, pub failure_cluster: String, pub failure_cluster_alias: String, pub failure_cluster_domain: String, pub count_replicas: usize, pub is_downtimed: bool, pub auto_master_recovery: bool, pub auto_intermediate_master_recovery: bool, pub orchestrator_host: String, pub recovery_uid: String, pub is_successful: bool, pub lost_replicas: Vec<String>, pub replica_hosts: Vec<String>, pub successor: Option<()> }
