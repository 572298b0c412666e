//! Probing servers, each by at most one task at a time, and crawling from each to its neighbours.
//! Servers that fail have places of their own, so they never delay healthy ones.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use shared::InstanceKey;
use tracing::{info, warn};

use super::{
    backoff::{Backoff, Growth},
    degraded,
    due::due,
    queue::{Queue, Stopwatch},
    resolver::Resolver,
};
use crate::{
    clock::SharedClock,
    config::ConfigHandle,
    inventory::{
        owner::{Inventory, Urgent},
        update,
        view::{FleetView, Instance},
    },
    measure::{ProbeSample, QueueSample, Window},
    mysql::{
        driver::{FailureKind, MysqlDriver, Observation},
        state::ServerState,
    },
    tasks::Tasks,
};

/// Places for servers that do not answer, where the configuration names no number.
const PLACES_FOR_THE_DEAD: usize = 64;

/// The prober. Cheap to clone.
#[derive(Clone)]
pub struct Discovery {
    driver: Arc<dyn MysqlDriver>,
    resolver: Resolver,
    inventory: Inventory,
    config: ConfigHandle,
    clock: SharedClock,
    tasks: Tasks,
    places: Arc<Queue>,
    places_for_the_dead: Arc<Queue>,
    probes: Arc<Window<ProbeSample>>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Queued or being probed.
    busy: HashSet<InstanceKey>,
    backoff: Backoff,
    /// Seeds that have not answered yet.
    seeds: Vec<InstanceKey>,
}

impl Discovery {
    /// A prober that starts with the configured seeds.
    #[must_use]
    pub fn new(
        driver: Arc<dyn MysqlDriver>,
        resolver: Resolver,
        inventory: Inventory,
        config: ConfigHandle,
        clock: SharedClock,
        tasks: Tasks,
    ) -> Self {
        let now = config.current();
        let number = |n: u64, otherwise: usize| match usize::try_from(n) {
            Ok(0) | Err(_) => otherwise,
            Ok(n) => n,
        };
        let places = number(now.raw.discovery_max_concurrency, 300);
        let dead = number(now.raw.dead_instance_discovery_max_concurrency, PLACES_FOR_THE_DEAD);
        let seeds = now
            .discovery_seeds
            .iter()
            .filter_map(|seed| InstanceKey::new(&seed.host, seed.port).ok())
            .collect();
        let state = State { seeds, ..State::default() };
        Self {
            driver,
            resolver,
            inventory,
            clock,
            tasks,
            config,
            places: Arc::new(Queue::new(places)),
            places_for_the_dead: Arc::new(Queue::new(dead)),
            probes: Arc::new(Window::keeping(now.discovery_metrics_retention())),
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Probe what is due, and the seeds until they answer. Called often.
    pub fn tick(&self) {
        let config = self.config.current();
        let fleet = self.inventory.view();
        let now = self.clock.now();
        for key in due(&fleet, config.instance_poll(), now) {
            self.enqueue(&key);
        }
        if let Some(expiry) = config.hostname_resolve_expiry() {
            for asked in fleet.names.outdated(now, expiry) {
                self.enqueue(asked);
            }
        }
        let seeds = self.lock().seeds.clone();
        for seed in seeds {
            self.enqueue(&seed);
        }
    }

    /// Queue a probe, unless one is queued, the server is forgotten or filtered out, or it fails
    /// and its time has not come.
    pub fn enqueue(&self, key: &InstanceKey) {
        let now = self.clock.now();
        let forgotten = self.inventory.view().facts.forgotten.get(key).is_some_and(|u| *u > now);
        if forgotten
            || self.config.current().filters.discovery_ignore.matches(key.hostname(), key.port())
        {
            return;
        }
        let failing = {
            let mut state = self.lock();
            if state.backoff.holds(key, now) || !state.busy.insert(key.clone()) {
                return;
            }
            state.backoff.is_failing(key)
        };
        let (this, key) = (self.clone(), key.clone());
        self.tasks.spawn("probe", async move {
            let places = if failing { &this.places_for_the_dead } else { &this.places };
            let _place = places.place().await;
            let busy = Busy { state: this.state.clone(), key };
            let watch = Stopwatch::start();
            let observation = this.observe(&busy.key).await;
            let watch = watch.answered();
            this.note(&busy.key, &observation, true);
            this.inventory.record(observation.clone()).await;
            this.probes.add(this.clock.now(), watch.recorded(&observation));
            drop(busy);
            this.crawl(&observation);
        });
    }

    /// Probe now and give the server as the picture then shows it.
    ///
    /// # Errors
    /// It cannot be read, in words for the caller.
    pub async fn probe_into_view(&self, key: &InstanceKey) -> Result<Arc<Instance>, String> {
        let observation = self.read(key).await;
        let state = observation.outcome.as_ref().map_err(|failure| {
            warn!(instance = %key, "cannot probe {key}: {failure}");
            format!("Cannot read instance: {key}: {failure}")
        })?;
        let known = update::known_as(&observation, state);
        let fleet = self.inventory.view();
        fleet.instance(&known).cloned().ok_or_else(|| format!("No instances discovered: {key}"))
    }

    /// Probe now, whatever the queue says; the answer is visible to every reader on return.
    pub async fn read(&self, key: &InstanceKey) -> Observation {
        let watch = Stopwatch::start();
        let observation = self.observe(key).await;
        let watch = watch.answered();
        self.note(key, &observation, false);
        self.inventory.record_now(Urgent::Observed(Box::new(observation.clone()))).await;
        self.probes.add(self.clock.now(), watch.recorded(&observation));
        self.crawl(&observation);
        observation
    }

    /// One probe, with every name resolved as it is wanted.
    async fn observe(&self, key: &InstanceKey) -> Observation {
        let observation = self.driver.probe(&self.resolver.key(key).await).await;
        match observation.outcome {
            Ok(state) => {
                Observation { outcome: Ok(self.resolver.neighbours(state).await), ..observation }
            }
            Err(_) => observation,
        }
    }

    /// How long probes took lately.
    #[must_use]
    pub fn probes(&self) -> Arc<Window<ProbeSample>> {
        self.probes.clone()
    }

    /// The queue of servers that answer, and that of servers that do not, as they are now.
    #[must_use]
    pub fn queues(&self) -> [QueueSample; 2] {
        [self.places.sample(), self.places_for_the_dead.sample()]
    }

    /// The server is no longer wanted.
    pub fn forget(&self, key: &InstanceKey) {
        self.driver.forget(key);
        self.lock().backoff.clear(key);
    }

    /// Failures of probes that were not due say nothing about how often to ask.
    fn note(&self, asked: &InstanceKey, observation: &Observation, was_due: bool) {
        if let Ok(answer) = &observation.outcome {
            self.note_degraded(observation, answer);
        }
        let mut state = self.lock();
        match &observation.outcome {
            Ok(_) => {
                state.backoff.clear(asked);
                state.seeds.retain(|seed| seed != asked);
            }
            Err(failure) if was_due => {
                let first = !state.backoff.is_failing(asked);
                let growth = self.growth();
                state.backoff.failed(asked, observation.finished, growth);
                if first && failure.kind != FailureKind::Excluded {
                    warn!(instance = %asked, "cannot probe {asked}: {failure}");
                }
            }
            Err(_) => {}
        }
    }

    /// Parts that could not be read leave the probe valid, so only the log tells of them.
    fn note_degraded(&self, observation: &Observation, answer: &ServerState) {
        let key = update::known_as(observation, answer);
        let known = self.inventory.view().instance(&key).and_then(|i| i.state.clone());
        let before = known.as_ref().map_or(&[][..], |state| &state.degraded);
        let degraded::Changes { failing, mended } = degraded::changes(before, &answer.degraded);
        for part in failing {
            warn!(instance = %key, "{key}: a part of the probe fails: {part}");
        }
        for part in mended {
            info!(instance = %key, "{key}: can be read again: {part}");
        }
    }

    fn growth(&self) -> Growth {
        let config = self.config.current();
        Growth {
            poll: config.instance_poll(),
            factor: config.raw.dead_instance_poll_seconds_multiply_factor,
            most: Duration::from_secs(config.raw.dead_instance_poll_seconds_max),
        }
    }

    /// Queue neighbours that are not known yet; known ones are probed when they are due.
    fn crawl(&self, observation: &Observation) {
        let Ok(state) = &observation.outcome else { return };
        let fleet = self.inventory.view();
        if let Some(moved) = name_that_moved(&fleet, state) {
            info!(instance = %moved, "{moved} is no longer the server that it was");
            self.enqueue(&moved);
        }
        for neighbour in self.neighbours(state) {
            if fleet.instance(&fleet.names.known(&neighbour)).is_none() {
                info!(instance = %neighbour, "found {neighbour} through {}", observation.key);
                self.enqueue(&neighbour);
            }
        }
    }

    fn neighbours(&self, state: &ServerState) -> Vec<InstanceKey> {
        let config = self.config.current();
        let members = state.group.iter().flat_map(|group| &group.members);
        let below =
            state.replicas.iter().chain(members).filter(|k| {
                !config.filters.discovery_ignore_replica.matches(k.hostname(), k.port())
            });
        let source = state
            .source()
            .attached()
            .filter(|k| !config.filters.discovery_ignore_master.matches(k.hostname(), k.port()))
            .cloned();
        below.cloned().chain(source).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name by which a replica knows its source, if by the source's UUID it is another server than
/// the one for which the name stood.
fn name_that_moved(fleet: &FleetView, state: &ServerState) -> Option<InstanceKey> {
    let channel = state.replication.as_ref()?;
    let asked = channel.source.attached()?;
    let name = fleet.names.get(asked)?;
    let known = fleet.instance(&name.known)?.state.as_ref()?;
    let told = [&channel.source_uuid, &known.server_uuid];
    (told.iter().all(|uuid| !uuid.is_empty()) && told[0] != told[1]).then(|| asked.clone())
}

/// Ends a probe's entry however the probe ends.
struct Busy {
    state: Arc<Mutex<State>>,
    key: InstanceKey,
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).busy.remove(&self.key);
    }
}
