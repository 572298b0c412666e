//! The model fleet as a whole: writes, replication as time passes, and the rule that no retrieved
//! transaction may be thrown away, which is checked here rather than believed.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use shared::{Flavor, InstanceKey};

use super::server::{Applier, Condition, SimChannel, SimServer, Txn};
use crate::clock::{Clock, Moment};

/// The clock of a simulation: tokio's, which a test pauses and which then jumps to the next thing
/// that anybody waits for.
#[derive(Clone, Debug)]
pub struct SimClock {
    start: tokio::time::Instant,
}

impl SimClock {
    /// Begins now, at a fixed date.
    #[must_use]
    pub fn start() -> Self {
        Self { start: tokio::time::Instant::now() }
    }
}

impl Clock for SimClock {
    fn now(&self) -> Moment {
        Moment::from_unix_seconds(1_800_000_000) + self.start.elapsed()
    }
}

/// The fleet. Clones share it.
#[derive(Clone)]
pub struct World {
    inner: Arc<Mutex<Inner>>,
    clock: Arc<dyn Clock>,
}

/// What the world consists of.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) servers: BTreeMap<InstanceKey, SimServer>,
    pub(super) net_timeout: Duration,
    /// Retrieved transactions that some change threw away.
    pub(super) thrown_away: Vec<String>,
    /// Every change that was asked for, in order.
    pub(super) changes: Vec<String>,
}

impl World {
    /// An empty world.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let inner = Inner {
            servers: BTreeMap::new(),
            net_timeout: Duration::from_secs(4),
            thrown_away: Vec::new(),
            changes: Vec::new(),
        };
        Self { inner: Arc::new(Mutex::new(inner)), clock }
    }

    /// Its time.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Add a server that replicates from `source`, if one is given.
    pub fn add(&self, key: &InstanceKey, flavor: Flavor, source: Option<&InstanceKey>) {
        let mut server = SimServer::new(key.clone(), flavor, self.now());
        server.read_only = source.is_some();
        server.channel = source.map(|source| channel(source.clone()));
        self.lock().servers.insert(key.clone(), server);
    }

    /// Change one server, after everything that time did to it.
    ///
    /// # Panics
    /// If there is no such server: the story is wrong.
    pub fn change<T>(&self, key: &InstanceKey, change: impl FnOnce(&mut SimServer) -> T) -> T {
        let mut inner = self.lock();
        #[allow(clippy::expect_used, reason = "a story that names an unknown server is wrong")]
        let server = inner.servers.get_mut(key).expect("a server of the story");
        change(server)
    }

    /// Write `count` transactions at a server.
    pub fn write(&self, key: &InstanceKey, count: u64) {
        self.change(key, |server| {
            let last = server.executed.iter().map(|txn| txn.number).max().unwrap_or(0);
            let origin = server.server_id();
            let new = (last + 1..=last + count).map(|number| Txn { origin, number });
            server.executed.extend(new);
        });
    }

    /// What `look` sees of a server now.
    pub fn look<T>(&self, key: &InstanceKey, look: impl FnOnce(&SimServer) -> T) -> Option<T> {
        self.lock().servers.get(key).map(look)
    }

    /// Every server, now.
    #[must_use]
    pub fn servers(&self) -> Vec<SimServer> {
        self.lock().servers.values().cloned().collect()
    }

    /// Retrieved transactions that some change threw away; must stay empty.
    #[must_use]
    pub fn thrown_away(&self) -> Vec<String> {
        self.lock().thrown_away.clone()
    }

    /// Every change that was asked for, in order.
    #[must_use]
    pub fn changes(&self) -> Vec<String> {
        self.lock().changes.clone()
    }

    /// The world with everything done that time does.
    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        let now = self.now();
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.settle(now);
        inner
    }
}

impl Inner {
    /// Receivers fetch what their sources have, appliers apply what is due; from the top down, so
    /// that one pass per level is enough.
    fn settle(&mut self, now: Moment) {
        let keys: Vec<InstanceKey> = self.servers.keys().cloned().collect();
        for _ in 0..4 {
            for key in &keys {
                self.settle_one(key, now);
            }
        }
    }

    fn settle_one(&mut self, key: &InstanceKey, now: Moment) {
        let Some(server) = self.servers.get(key) else { return };
        if matches!(server.condition, Condition::Down | Condition::Frozen(_)) {
            return;
        }
        let Some(channel) = &server.channel else { return };
        let connected = channel.receiving && self.serves(&channel.source, channel.connected, now);
        let fetched: Vec<Txn> = match self.servers.get(&channel.source) {
            Some(source) if connected && !matches!(source.condition, Condition::Frozen(_)) => {
                let held = server.held();
                source.executed.iter().filter(|txn| !held.contains(txn)).copied().collect()
            }
            _ => Vec::new(),
        };
        let Some(server) = self.servers.get_mut(key) else { return };
        let Some(channel) = &mut server.channel else { return };
        channel.connected = connected;
        channel.retrieved.extend(fetched.iter().copied());
        channel.relay.extend(fetched.into_iter().map(|txn| (txn, now)));
        apply_due(&mut server.executed, channel, now);
    }

    /// A replica's receiver is connected to the source, or stays so as long as it has not
    /// noticed that the source is frozen.
    fn serves(&self, source: &InstanceKey, connected: bool, now: Moment) -> bool {
        match self.servers.get(source).map(|s| s.condition) {
            Some(Condition::Up | Condition::CutFromUs) => true,
            Some(Condition::NoConnectionsLeft) => connected,
            Some(Condition::Frozen(since)) => connected && now.since(since) < self.net_timeout,
            Some(Condition::Down) | None => false,
        }
    }
}

fn apply_due(executed: &mut BTreeSet<Txn>, channel: &mut SimChannel, now: Moment) {
    let Applier::Running(lag) = channel.applier else { return };
    let wait = lag + channel.delay;
    while let Some((txn, _)) = channel.relay.front().filter(|(_, at)| now.since(*at) >= wait) {
        executed.insert(*txn);
        channel.relay.pop_front();
    }
}

/// A running channel from `source`, with nothing received yet.
pub(super) fn channel(source: InstanceKey) -> SimChannel {
    SimChannel {
        source,
        receiving: true,
        connected: false,
        applier: Applier::Running(Duration::ZERO),
        retrieved: BTreeSet::new(),
        relay: VecDeque::new(),
        delay: Duration::ZERO,
        detached: false,
    }
}
