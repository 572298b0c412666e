//! A light, frequent sign of life from every source that has replicas. A failure is not evidence
//! yet: it raises a suspicion, which is then examined.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use shared::InstanceKey;
use tokio_util::sync::CancellationToken;

use super::suspicion::Suspicion;
use crate::{
    config::ConfigHandle, inventory::owner::Inventory, mysql::driver::MysqlDriver, tasks::Tasks,
};

/// While heartbeats are switched off, whether they still are is looked up this often.
const WHILE_OFF: Duration = Duration::from_secs(1);

/// The heartbeats. Cheap to clone.
#[derive(Clone)]
pub struct Heartbeats {
    driver: Arc<dyn MysqlDriver>,
    inventory: Inventory,
    suspicion: Suspicion,
    config: ConfigHandle,
    tasks: Tasks,
    running: Arc<Mutex<HashMap<InstanceKey, CancellationToken>>>,
}

impl Heartbeats {
    /// No heartbeat runs before the first [`Self::tick`].
    #[must_use]
    pub fn new(
        driver: Arc<dyn MysqlDriver>,
        inventory: Inventory,
        suspicion: Suspicion,
        config: ConfigHandle,
        tasks: Tasks,
    ) -> Self {
        Self { driver, inventory, suspicion, config, tasks, running: Arc::default() }
    }

    /// Begin heartbeats of new sources with replicas, end those of servers that are none.
    pub fn tick(&self) {
        let fleet = self.inventory.view();
        let mut wanted: HashMap<InstanceKey, ()> = HashMap::new();
        for cluster in fleet.clusters.values() {
            for instance in cluster.instances.values() {
                if let Some(source) = instance.source.attached()
                    && cluster.instances.get(source).is_some_and(|s| s.state.is_some())
                {
                    wanted.insert(source.clone(), ());
                }
            }
        }
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|key, stop| {
            let keep = wanted.contains_key(key) && !stop.is_cancelled();
            if !keep {
                stop.cancel();
            }
            keep
        });
        for key in wanted.into_keys() {
            if !running.contains_key(&key) {
                let stop = self.tasks.stop_token().child_token();
                running.insert(key.clone(), stop.clone());
                let this = self.clone();
                self.tasks.spawn("heartbeat", async move { this.beat(key, stop).await });
            }
        }
    }

    async fn beat(&self, key: InstanceKey, stop: CancellationToken) {
        loop {
            let every = self.config.current().primary_heartbeat();
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(every.unwrap_or(WHILE_OFF)) => {}
            }
            if every.is_none() {
                continue;
            }
            let beat = self.driver.heartbeat(&key).await;
            if let Err(failure) = &beat.outcome
                && failure.kind.is_evidence_of_death()
            {
                self.suspicion.examine(&key).await;
            }
        }
    }
}
