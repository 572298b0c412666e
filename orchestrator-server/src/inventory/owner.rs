//! The one task that changes the inventory. Observations come in small batches; suspicions and
//! what recoveries saw come by a second channel that is served first.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use shared::{InstanceKey, Source};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::{
    clusters::{Servers, membership},
    names::{Name, Names},
    update,
    view::{Cluster, FleetView, Instance},
};
use crate::{
    clock::{Moment, SharedClock},
    config::ConfigHandle,
    journal::facts::Facts,
    mysql::driver::{Attempt, Observation},
};

/// Observations wait at most this long for others, so that a picture is made once for many.
const BATCH: Duration = Duration::from_millis(20);
const BATCH_SIZE: usize = 1000;

/// News that must not wait.
#[derive(Debug)]
pub enum Urgent {
    /// A server was read because somebody waits for it.
    Observed(Box<Observation>),
    /// A connection was attempted.
    Attempted(Box<Attempt>),
}

/// Handle to the inventory.
#[derive(Clone, Debug)]
pub struct Inventory {
    observations: mpsc::Sender<Observation>,
    urgent: mpsc::Sender<(Urgent, oneshot::Sender<()>)>,
    view: watch::Receiver<Arc<FleetView>>,
    facts: watch::Receiver<Arc<Facts>>,
}

/// A server whose record is worth storing again.
#[derive(Clone, Debug)]
pub enum Stored {
    /// It changed.
    Changed {
        /// The record.
        instance: Arc<Instance>,
        /// Topology or settings changed.
        matters: bool,
    },
    /// It is forgotten.
    Gone(InstanceKey),
    /// A name stands for another one, or no longer does.
    Named {
        /// The name.
        asked: InstanceKey,
        /// What it stands for.
        name: Option<Name>,
    },
}

/// What the last run left behind.
#[derive(Debug, Default)]
pub struct Known {
    /// Servers.
    pub instances: Vec<Instance>,
    /// Names of servers that go by another one.
    pub names: Names,
}

/// The owner's side, to be run as a task.
pub struct Owner {
    servers: Servers,
    names: Names,
    dirty: HashSet<InstanceKey>,
    topology_changed: bool,
    published: FleetView,
    observations: mpsc::Receiver<Observation>,
    urgent: mpsc::Receiver<(Urgent, oneshot::Sender<()>)>,
    facts: watch::Receiver<Arc<Facts>>,
    view: watch::Sender<Arc<FleetView>>,
    store: mpsc::UnboundedSender<Stored>,
    config: ConfigHandle,
    clock: SharedClock,
}

/// Make an inventory that starts with what was known in the last run.
#[must_use]
pub fn inventory(
    known: Known,
    facts: watch::Receiver<Arc<Facts>>,
    store: mpsc::UnboundedSender<Stored>,
    config: ConfigHandle,
    clock: SharedClock,
) -> (Inventory, Owner) {
    let (observations, observations_in) = mpsc::channel(10_000);
    let (urgent, urgent_in) = mpsc::channel(10_000);
    let (view, view_out) = watch::channel(Arc::default());
    let servers: Servers =
        known.instances.into_iter().map(|i| (i.key.clone(), Arc::new(i))).collect();
    let mut owner = Owner {
        dirty: HashSet::new(),
        names: known.names,
        topology_changed: true,
        servers,
        published: FleetView::default(),
        observations: observations_in,
        urgent: urgent_in,
        facts: facts.clone(),
        view,
        store,
        config,
        clock,
    };
    owner.publish();
    (Inventory { observations, urgent, view: view_out, facts }, owner)
}

impl Inventory {
    /// The fleet as it is known now, with every fact that was durable when this was called.
    #[must_use]
    pub fn view(&self) -> Arc<FleetView> {
        let view = self.view.borrow().clone();
        let facts = self.facts.borrow().clone();
        if Arc::ptr_eq(&view.facts, &facts) {
            return view;
        }
        Arc::new(FleetView { facts, ..(*view).clone() })
    }

    /// Record what a routine probe saw. Waits if the owner is behind; false after shutdown.
    pub async fn record(&self, observation: Observation) -> bool {
        self.observations.send(observation).await.is_ok()
    }

    /// Record news and return once every reader can see it; false after shutdown.
    pub async fn record_now(&self, news: Urgent) -> bool {
        let (seen, visible) = oneshot::channel();
        self.urgent.send((news, seen)).await.is_ok() && visible.await.is_ok()
    }

    /// Completes when a newer picture than the one last seen by this receiver is there.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<Arc<FleetView>> {
        self.view.clone()
    }
}

impl Owner {
    /// Serve until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                Some(news) = self.urgent.recv() => self.serve_urgent(news),
                Ok(()) = self.facts.changed() => {
                    self.drop_forgotten();
                    self.publish();
                }
                Some(observation) = self.observations.recv() => {
                    self.observe(&observation);
                    self.gather().await;
                    self.publish();
                }
                else => return,
            }
        }
    }

    fn serve_urgent(&mut self, first: (Urgent, oneshot::Sender<()>)) {
        let mut waiting = Vec::new();
        let mut next = Some(first);
        while let Some((news, seen)) = next {
            match news {
                Urgent::Observed(observation) => self.observe(&observation),
                Urgent::Attempted(attempt) => self.attempt(&attempt),
            }
            waiting.push(seen);
            next = self.urgent.try_recv().ok();
        }
        self.publish();
        for seen in waiting {
            // Nobody waits any more: fine.
            let _ = seen.send(());
        }
    }

    /// Take what else arrives within the batch time; urgent news and new facts end the wait.
    async fn gather(&mut self) {
        let until = tokio::time::Instant::now() + BATCH;
        for _ in 0..BATCH_SIZE {
            if !self.urgent.is_empty() || self.facts.has_changed().unwrap_or(true) {
                return;
            }
            match tokio::time::timeout_at(until, self.observations.recv()).await {
                Ok(Some(observation)) => self.observe(&observation),
                Ok(None) | Err(_) => return,
            }
        }
    }

    fn observe(&mut self, observation: &Observation) {
        let key = match &observation.outcome {
            Ok(state) => update::known_as(observation, state),
            // The address is somebody else's: that it does not answer says nothing about whom it
            // last stood for, who is asked under the name by which it is known.
            Err(_) if self.names.get(&observation.key).is_some() => return,
            Err(_) => observation.key.clone(),
        };
        if self.is_forgotten(&key) || self.is_forgotten(&observation.key) {
            return;
        }
        let old = self.servers.get(&key).cloned();
        if old.as_ref().is_some_and(|old| update::is_outdated(old, observation)) {
            return;
        }
        let new = match &observation.outcome {
            Ok(state) => {
                self.learn_name(&observation.key, &key, observation.finished);
                let source = self.names.known_source(state.source());
                let old = old.clone().unwrap_or_else(|| Arc::new(Instance::unseen(key.clone())));
                update::answered(&old, observation, state, source)
            }
            Err(failure) => match &old {
                Some(old) => update::failed(old, observation, failure),
                None if self.is_somebodys_source(&key) => {
                    update::failed(&Instance::unseen(key.clone()), observation, failure)
                }
                None => return,
            },
        };
        self.put(old.as_deref(), new);
    }

    fn attempt(&mut self, attempt: &Attempt) {
        let Some(old) = self.servers.get(&attempt.key).cloned() else { return };
        if let Some(new) = update::attempted(&old, attempt) {
            self.put(Some(&old), new);
        }
    }

    fn put(&mut self, old: Option<&Instance>, new: Instance) {
        let group = |i: &Instance| i.state.as_ref().and_then(|s| s.group.clone());
        let uuid = |i: &Instance| i.state.as_ref().map(|s| s.server_uuid.clone());
        self.topology_changed |= old.is_none_or(|old| {
            old.source != new.source || group(old) != group(&new) || uuid(old) != uuid(&new)
        });
        self.dirty.insert(new.key.clone());
        self.servers.insert(new.key.clone(), Arc::new(new));
    }

    /// The server goes by another name than it was asked for, or no longer does: all that is filed
    /// under the name moves.
    fn learn_name(&mut self, asked: &InstanceKey, known: &InstanceKey, at: Moment) {
        let before = self.names.get(asked).cloned();
        let news = self.names.learn(asked, known, at);
        let name = self.names.get(asked).cloned();
        if name != before {
            // The store is gone only at shutdown.
            let _ = self.store.send(Stored::Named { asked: asked.clone(), name });
        }
        if !news {
            return;
        }
        if asked != known && self.servers.get(asked).is_some_and(|i| i.state.is_none()) {
            self.remove(asked);
        }
        let names_it = |i: &Arc<Instance>| {
            let told = i.state.as_ref().map(|state| state.source());
            i.source.attached() == Some(asked)
                || told.is_some_and(|told| told.attached() == Some(asked))
        };
        let followers: Vec<_> = self.servers.values().filter(|i| names_it(i)).cloned().collect();
        for follower in followers {
            let moved = Instance { source: Source::Attached(known.clone()), ..(*follower).clone() };
            self.put(Some(&follower), moved);
        }
    }

    fn is_somebodys_source(&self, key: &InstanceKey) -> bool {
        self.servers.values().any(|i| i.source.attached() == Some(key))
    }

    fn is_forgotten(&self, key: &InstanceKey) -> bool {
        let now = self.clock.now();
        self.facts.borrow().forgotten.get(key).is_some_and(|until| *until > now)
    }

    fn drop_forgotten(&mut self) {
        let now = self.clock.now();
        let facts = self.facts.borrow_and_update().clone();
        for (key, until) in facts.forgotten.iter() {
            if *until > now && self.servers.contains_key(key) {
                self.remove(key);
            }
        }
    }

    fn remove(&mut self, key: &InstanceKey) {
        self.servers.remove(key);
        self.dirty.remove(key);
        self.topology_changed = true;
        for asked in self.names.forget(key) {
            // The store is gone only at shutdown.
            let _ = self.store.send(Stored::Named { asked, name: None });
        }
        // The store is gone only at shutdown.
        let _ = self.store.send(Stored::Gone(key.clone()));
    }

    /// Make the picture that readers see from now on.
    fn publish(&mut self) {
        let topology_changed = std::mem::take(&mut self.topology_changed);
        let dirty = std::mem::take(&mut self.dirty);
        let touched: Vec<InstanceKey> = if topology_changed {
            self.servers.keys().cloned().collect()
        } else {
            self.with_replicas(&dirty)
        };
        let previous = self.published.clone();
        for key in &touched {
            self.place(key, &dirty, &previous);
        }
        if topology_changed {
            self.rebuild_clusters();
        } else {
            self.refresh_clusters(&touched);
        }
        self.published.names = self.names.clone();
        self.published.facts = self.facts.borrow().clone();
        self.view.send_replace(Arc::new(self.published.clone()));
    }

    /// The servers themselves and those that replicate from them: their errant sets depend on it.
    fn with_replicas(&self, dirty: &HashSet<InstanceKey>) -> Vec<InstanceKey> {
        let mut keys: HashSet<InstanceKey> = dirty.clone();
        for key in dirty {
            if let Some(cluster) = self.published.cluster_of(key) {
                keys.extend(cluster.replicas_of(key).map(|replica| replica.key.clone()));
            }
        }
        keys.into_iter().collect()
    }

    fn place(&mut self, key: &InstanceKey, dirty: &HashSet<InstanceKey>, previous: &FleetView) {
        let Some(instance) = self.servers.get(key).cloned() else { return };
        let found = membership(&self.servers, &instance, &|k| previous.index.get(k).cloned());
        let cluster: Arc<str> = found.head.to_string().into();
        let moved = previous.index.get(key) != Some(&cluster) || instance.place != found.place;
        let placed = if moved {
            Arc::new(Instance { place: found.place, ..(*instance).clone() })
        } else {
            instance
        };
        self.published.index.insert_mut(key.clone(), cluster);
        self.servers.insert(key.clone(), placed.clone());
        if moved || dirty.contains(key) {
            let matters =
                moved || previous.instance(key).is_none_or(|old| !same_settings(old, &placed));
            // The store is gone only at shutdown.
            let _ = self.store.send(Stored::Changed { instance: placed, matters });
        }
    }

    fn rebuild_clusters(&mut self) {
        let mut members: HashMap<Arc<str>, BTreeMap<InstanceKey, Arc<Instance>>> = HashMap::new();
        let gone: Vec<_> = self
            .published
            .index
            .keys()
            .filter(|key| !self.servers.contains_key(*key))
            .cloned()
            .collect();
        for key in &gone {
            self.published.index.remove_mut(key);
        }
        for (key, instance) in &self.servers {
            if let Some(cluster) = self.published.index.get(key) {
                members.entry(cluster.clone()).or_default().insert(key.clone(), instance.clone());
            }
        }
        let mut clusters = rpds::HashTrieMapSync::new_sync();
        for (name, instances) in members {
            clusters.insert_mut(name.to_string(), Arc::new(self.named(&name, instances)));
        }
        self.published.clusters = clusters;
    }

    fn refresh_clusters(&mut self, touched: &[InstanceKey]) {
        let mut changed: HashMap<Arc<str>, BTreeMap<InstanceKey, Arc<Instance>>> = HashMap::new();
        for key in touched {
            let (Some(name), Some(instance)) =
                (self.published.index.get(key).cloned(), self.servers.get(key))
            else {
                continue;
            };
            let instances = changed.entry(name.clone()).or_insert_with(|| {
                self.published.clusters.get(&*name).map(|c| c.instances.clone()).unwrap_or_default()
            });
            instances.insert(key.clone(), instance.clone());
        }
        for (name, instances) in changed {
            let cluster = Arc::new(self.named(&name, instances));
            self.published.clusters.insert_mut(name.to_string(), cluster);
        }
    }

    /// Alias and domain: what a person said, the operator's query (the head's answer before the
    /// others'), then what was assigned, then `ClusterNameToAlias` (spec 04, 7.2).
    fn named(&self, name: &str, instances: BTreeMap<InstanceKey, Arc<Instance>>) -> Cluster {
        let mut by_depth: Vec<&Arc<Instance>> = instances.values().collect();
        by_depth.sort_by_key(|i| i.place.depth);
        let text = |t: &Option<String>| t.clone().filter(|t| !t.is_empty());
        let overridden = self.facts.borrow().alias_overrides.get(name).cloned();
        let alias = overridden
            .or_else(|| by_depth.iter().find_map(|i| text(&i.metadata.cluster_alias)))
            .or_else(|| self.facts.borrow().aliases.get(name).cloned())
            .or_else(|| self.config.current().cluster_aliases.alias_for(name).map(str::to_owned));
        let domain = by_depth.iter().find_map(|i| text(&i.metadata.cluster_domain));
        Cluster {
            name: name.to_owned(),
            alias: alias.unwrap_or_default(),
            domain: domain.unwrap_or_default(),
            instances,
        }
    }
}

/// Nothing differs but check times, positions and counters.
fn same_settings(old: &Instance, new: &Instance) -> bool {
    let valid = |i: &Instance| i.check.failure.is_none();
    let settings = |i: &Instance| {
        i.state.as_ref().map(|s| {
            (
                s.version_text.clone(),
                s.read_only,
                s.server_uuid.clone(),
                s.replicas.clone(),
                s.replication.as_ref().map(|c| (c.io, c.sql, c.gtid, c.delay_seconds)),
            )
        })
    };
    old.source == new.source
        && old.metadata == new.metadata
        && valid(old) == valid(new)
        && settings(old) == settings(new)
}
