//! One failure as hooks are told about it, and its unique name.

use sha2::{Digest, Sha256};

use crate::{
    clock::Moment,
    config::Config,
    decision::step::HookList,
    hooks::{HookContext, HookRunner, Lines, Successor},
    inventory::view::ClusterView,
    journal::{command::RecoveryEnd, facts::Recovery},
    tasks::Tasks,
};

/// What hooks are told.
#[derive(Clone, Debug)]
pub struct Incident(HookContext);

impl Incident {
    /// The failure that the recovery is about; with its end, where it has one.
    #[must_use]
    pub fn of(recovery: &Recovery, view: &ClusterView, end: Option<&RecoveryEnd>) -> Self {
        let filters = &view.config.filters;
        let (name, alias) = (&*recovery.cluster, &*recovery.alias);
        let is_co_master = view.instance(&recovery.key).is_some_and(|i| i.place.co_master);
        let or_name = |text: &str| if text.is_empty() { name } else { text }.to_owned();
        let successor = end.and_then(|end| {
            Some(Successor {
                key: end.successor.clone()?,
                alias: end.successor_alias.clone(),
                binlog: Some(end.successor_binlog.clone()).filter(|b| !b.is_empty()),
            })
        });
        Self(HookContext {
            failure_type: recovery.code.name().to_owned(),
            instance_type: if is_co_master { "co-master" } else { "master" }.to_owned(),
            is_master: !is_co_master,
            is_co_master,
            failure_description: recovery.code.description().to_owned(),
            command: String::new(),
            failed: recovery.key.clone(),
            cluster: recovery.cluster.clone(),
            cluster_alias: or_name(alias),
            cluster_domain: or_name(&recovery.domain),
            count_replicas: recovery.replicas.len(),
            is_downtimed: view.downtime(&recovery.key).is_some(),
            auto_master_recovery: filters.recover_master.matches(name, alias),
            auto_intermediate_master_recovery: filters
                .recover_intermediate_master
                .matches(name, alias),
            orchestrator_host: recovery.node.hostname.clone(),
            recovery_uid: recovery.uid.clone(),
            lost_replicas: end.map(|e| e.lost.clone()).unwrap_or_default(),
            replicas: recovery.replicas.clone(),
            successor,
        })
    }

    /// Run the hooks of a list.
    ///
    /// # Errors
    /// The first failure, in words.
    pub async fn run_hooks(
        &self,
        list: HookList,
        config: &Config,
        tasks: &Tasks,
        lines: &Lines,
    ) -> Result<(), String> {
        let shell = config.raw.processes_shell_command.clone();
        HookRunner::new(shell, config.hook_timeout(), tasks.tracker())
            .run(list.name(), list.commands(config), list.stops_on_failure(), &self.0, lines)
            .await
            .map_err(|error| error.to_string())
    }
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
