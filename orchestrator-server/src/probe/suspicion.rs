//! A server that fell silent is examined at once: fresh connection attempts, and a new reading of
//! its replicas, until it answers or no replica is left below it. Each finding wakes the judge.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::join_all;
use shared::InstanceKey;
use tokio::sync::mpsc;
use tracing::{info, warn};

use super::discovery::Discovery;
use crate::{
    decision::evidence::BETWEEN_ATTEMPTS,
    inventory::owner::{Inventory, Urgent},
    mysql::driver::{Attempt, MysqlDriver},
    tasks::Tasks,
};

/// Attempts this close together at first; the wait doubles from one round to the next.
const FIRST_PAUSE: Duration = BETWEEN_ATTEMPTS;
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// A replica whose reading takes longer is tried by a connection of its own meanwhile.
const SLOW_READING: Duration = Duration::from_millis(300);
/// A silence that has lasted this long is looked at less often.
const LONG_SILENCE: Duration = Duration::from_secs(600);
const PAUSE_IN_LONG_SILENCE: Duration = Duration::from_secs(4);

/// Examines silent servers. Cheap to clone.
#[derive(Clone)]
pub struct Suspicion {
    driver: Arc<dyn MysqlDriver>,
    inventory: Inventory,
    discovery: Discovery,
    tasks: Tasks,
    wake: mpsc::UnboundedSender<InstanceKey>,
    examined: KeySet,
    being_read: KeySet,
}

type KeySet = Arc<Mutex<HashSet<InstanceKey>>>;

impl Suspicion {
    /// `wake` receives each examined server whenever something new is known about it.
    #[must_use]
    pub fn new(
        driver: Arc<dyn MysqlDriver>,
        inventory: Inventory,
        discovery: Discovery,
        tasks: Tasks,
        wake: mpsc::UnboundedSender<InstanceKey>,
    ) -> Self {
        Self {
            driver,
            inventory,
            discovery,
            tasks,
            wake,
            examined: Arc::default(),
            being_read: Arc::default(),
        }
    }

    /// Begin an examination for every source whose last probe failed. Called often.
    pub fn tick(&self) {
        let fleet = self.inventory.view();
        for cluster in fleet.clusters.values() {
            for instance in cluster.instances.values() {
                let silent = instance
                    .check
                    .failure
                    .as_ref()
                    .is_some_and(|failure| failure.kind.is_evidence_of_death());
                if silent
                    && cluster.replicas_of(&instance.key).next().is_some()
                    && !self.lock(&self.examined).contains(&instance.key)
                {
                    let (this, key) = (self.clone(), instance.key.clone());
                    self.tasks.spawn("suspicion", async move { this.examine(&key).await });
                }
            }
        }
    }

    /// Examine the server until it answers or nothing hangs below it; returns at once if that is
    /// under way.
    pub async fn examine(&self, key: &InstanceKey) {
        if !self.lock(&self.examined).insert(key.clone()) {
            return;
        }
        let _ended = Ended { set: self.examined.clone(), key: key.clone() };
        let mut pause = FIRST_PAUSE;
        let mut said = false;
        let since = tokio::time::Instant::now();
        loop {
            let began = tokio::time::Instant::now();
            let attempt = self.round(key, !said).await;
            match &attempt.outcome {
                Ok(()) => {
                    if said {
                        info!(instance = %key, "{key} answers again");
                    }
                    self.discovery.read(key).await;
                    self.wake(key);
                    return;
                }
                Err(failure) if attempt.is_evidence_of_death() => {
                    if !said {
                        warn!(instance = %key, "{key} does not answer: {failure}");
                        said = true;
                    }
                }
                Err(_) => return,
            }
            if self.others(key).is_empty() || self.tasks.stop_token().is_cancelled() {
                return;
            }
            tokio::time::sleep_until(began + pause).await;
            let long = since.elapsed() > LONG_SILENCE;
            pause = (pause * 2).min(if long { PAUSE_IN_LONG_SILENCE } else { LONGEST_PAUSE });
        }
    }

    /// One round of examination, for somebody who waits for it: the replicas are read too.
    pub async fn look_once(&self, key: &InstanceKey) {
        let others = self.others(key);
        let readings = join_all(others.iter().map(|other| self.discovery.read(other)));
        let (attempt, _) = tokio::join!(self.round(key, true), readings);
        if attempt.outcome.is_ok() {
            self.discovery.read(key).await;
        } else {
            // Readings may have begun before the failed attempts did.
            join_all(others.iter().map(|other| self.discovery.read(other))).await;
        }
    }

    /// The replicas are read anew, and meanwhile the server is tried: twice in the first round,
    /// so that one slow attempt does not delay the other.
    async fn round(&self, key: &InstanceKey, first: bool) -> Attempt {
        for replica in self.others(key) {
            self.read_replica(key, replica);
        }
        if !first {
            return self.attempt(key).await;
        }
        let second = async {
            tokio::time::sleep(BETWEEN_ATTEMPTS).await;
            self.attempt(key).await
        };
        let (one, two) = tokio::join!(self.attempt(key), second);
        if one.outcome.is_ok() { one } else { two }
    }

    async fn attempt(&self, key: &InstanceKey) -> Attempt {
        let attempt = self.driver.attempt(key).await;
        self.inventory.record_now(Urgent::Attempted(Box::new(attempt.clone()))).await;
        self.wake(key);
        attempt
    }

    /// Read one replica in the background, unless that is under way.
    fn read_replica(&self, source: &InstanceKey, replica: InstanceKey) {
        if !self.lock(&self.being_read).insert(replica.clone()) {
            return;
        }
        let (this, source) = (self.clone(), source.clone());
        self.tasks.spawn("replica reading", async move {
            let _ended = Ended { set: this.being_read.clone(), key: replica.clone() };
            let reading = this.discovery.read(&replica);
            tokio::pin!(reading);
            // A replica that hangs must not keep us from judging its source.
            if tokio::time::timeout(SLOW_READING, &mut reading).await.is_err() {
                let (_, attempt) = tokio::join!(&mut reading, this.attempt(&replica));
                drop(attempt);
            }
            this.wake(&source);
        });
    }

    fn wake(&self, key: &InstanceKey) {
        // The judge is gone only at shutdown.
        let _ = self.wake.send(key.clone());
    }

    /// Its replicas, and every other server of its cluster: since the last poll one of them may
    /// have become a replica.
    fn others(&self, key: &InstanceKey) -> Vec<InstanceKey> {
        let fleet = self.inventory.view();
        let Some(cluster) = fleet.cluster_of(key) else { return Vec::new() };
        cluster.instances.keys().filter(|other| *other != key).cloned().collect()
    }

    fn lock<'a>(&self, set: &'a KeySet) -> std::sync::MutexGuard<'a, HashSet<InstanceKey>> {
        set.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the key out of the set however the work on it ends.
struct Ended {
    set: KeySet,
    key: InstanceKey,
}

impl Drop for Ended {
    fn drop(&mut self) {
        self.set.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}
