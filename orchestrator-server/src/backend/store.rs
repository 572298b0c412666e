//! Writes the inventory behind: the newest record of each server, in batches. Records may be lost
//! with a crash; they are a cache of what the servers say.

use std::{collections::HashMap, sync::Arc, time::Duration};

use shared::InstanceKey;
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{BackendError, InstanceStore, StoredInstance};
use crate::{
    clock::SharedClock,
    inventory::{
        names::Name,
        owner::{Known, Stored},
        view::Instance,
    },
    measure::{FlushSample, Window},
};

/// Batches are written this often.
const FLUSH: Duration = Duration::from_millis(500);
/// A record in which nothing but times and positions changed is written this often.
const REFRESH: Duration = Duration::from_secs(30);

/// What is known from the last run. A record that cannot be read is left out, with a warning.
///
/// # Errors
/// The backend cannot be read.
pub async fn load(store: &InstanceStore) -> Result<Known, BackendError> {
    let rows = store.load_all().await?;
    let read = |(key, body): (InstanceKey, String)| {
        let row: serde_json::Result<StoredInstance> = serde_json::from_str(&body);
        let instance = row.as_ref().ok().and_then(StoredInstance::instance);
        if instance.is_none() {
            warn!(instance = %key, "the stored record of {key} cannot be read: {:?}", row.err());
        }
        instance
    };
    let instances: Vec<Instance> = rows.into_iter().filter_map(read).collect();
    Ok(Known { instances, names: store.load_names().await? })
}

/// Write what comes, until `stop`; what waits then is written before it returns.
pub async fn run(
    store: InstanceStore,
    mut records: mpsc::UnboundedReceiver<Stored>,
    stop: CancellationToken,
    (measured, clock): (Arc<Window<FlushSample>>, SharedClock),
) {
    let mut waiting = Waiting::default();
    let mut tick = tokio::time::interval(FLUSH);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(record) = records.recv() => waiting.take(record),
            _ = tick.tick() => {
                if let Some(flush) = waiting.flush(&store, false).await {
                    measured.add(clock.now(), flush);
                }
            }
        }
    }
    while let Ok(record) = records.try_recv() {
        waiting.take(record);
    }
    waiting.flush(&store, true).await;
}

#[derive(Default)]
struct Waiting {
    changed: HashMap<InstanceKey, Change>,
    gone: Vec<InstanceKey>,
    names: HashMap<InstanceKey, Option<Name>>,
    written: HashMap<InstanceKey, Instant>,
}

/// The newest record of a server that waits.
struct Change {
    record: Stored,
    matters: bool,
    since: Instant,
}

impl Waiting {
    fn take(&mut self, record: Stored) {
        match record {
            Stored::Gone(key) => {
                self.changed.remove(&key);
                self.written.remove(&key);
                self.gone.push(key);
            }
            Stored::Named { asked, name } => {
                self.names.insert(asked, name);
            }
            Stored::Changed { ref instance, matters, .. } => {
                let key = instance.key.clone();
                let older = self.changed.get(&key);
                let matters = matters || older.is_some_and(|older| older.matters);
                let since = older.map_or_else(Instant::now, |older| older.since);
                self.changed.insert(key, Change { record, matters, since });
            }
        }
    }

    /// None if nothing was due.
    async fn flush(&mut self, store: &InstanceStore, all: bool) -> Option<FlushSample> {
        let now = Instant::now();
        let due = |key: &InstanceKey, matters: bool| {
            let fresh = self.written.get(key).is_some_and(|at| now - *at < REFRESH);
            all || matters || !fresh
        };
        let keys: Vec<InstanceKey> = self
            .changed
            .iter()
            .filter(|(key, change)| due(key, change.matters))
            .map(|(key, _)| key.clone())
            .collect();
        let mut batch = Vec::with_capacity(keys.len());
        let mut oldest = now;
        for key in keys {
            let Some(Change { record, since, .. }) = self.changed.remove(&key) else { continue };
            oldest = oldest.min(since);
            if let Stored::Changed { instance, .. } = record {
                match serde_json::to_string(&StoredInstance::new(&instance, None)) {
                    Ok(body) => batch.push((key.clone(), body)),
                    Err(error) => warn!(instance = %key, "{key} cannot be stored: {error}"),
                }
                self.written.insert(key, now);
            }
        }
        let names: Vec<_> = self.names.drain().collect();
        if !names.is_empty() {
            store.save_names(names).await;
        }
        let gone = std::mem::take(&mut self.gone);
        if !gone.is_empty() {
            store.remove(gone).await;
        }
        let instances = batch.len();
        if instances == 0 {
            return None;
        }
        let began = Instant::now();
        store.save(batch).await;
        Some(FlushSample { instances, wait: now - oldest, write: began.elapsed() })
    }
}
