//! The live driver: speaks to real MySQL, Percona Server and MariaDB. Probing and heartbeats use
//! one persistent connection each; every change has a connection of its own.

mod answer;
mod apply;
mod assemble;
mod channel;
mod connect;
mod failure;
mod metadata;
mod probe;
mod profile;
mod question;
mod reader;
mod replicas;
mod server;
mod session;
mod settings;
mod slot;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::future::BoxFuture;
use shared::InstanceKey;
use tokio::time::Instant;

pub use settings::{LiveSettings, Login, OperatorQuery, TlsUse};

use self::{
    server::{Purpose, Server},
    session::Session,
    settings::{SettingsSource, settings_of},
};
use crate::{
    clock::SharedClock,
    config::ConfigHandle,
    mysql::{
        control::{BinaryLog, Control},
        dialect::read,
        driver::{Action, ActionError, Attempt, Effect, MysqlDriver, Observation, ProbeFailure},
    },
};

/// Speaks to real servers.
pub struct LiveDriver {
    settings: SettingsSource,
    clock: SharedClock,
    servers: Mutex<HashMap<InstanceKey, Arc<Server>>>,
}

impl LiveDriver {
    /// A driver without any connection yet. The configuration is read at the beginning of each
    /// call, so that a reload takes effect.
    #[must_use]
    pub fn new(config: ConfigHandle, clock: SharedClock) -> Self {
        Self { settings: settings_of(config), clock, servers: Mutex::default() }
    }

    /// A driver whose settings never change.
    #[must_use]
    pub fn with_settings(settings: LiveSettings, clock: SharedClock) -> Self {
        let settings = Arc::new(settings);
        let settings: SettingsSource = Arc::new(move || Arc::clone(&settings));
        Self { settings, clock, servers: Mutex::default() }
    }

    fn server(&self, key: &InstanceKey) -> Arc<Server> {
        Arc::clone(self.servers().entry(key.clone()).or_default())
    }

    fn servers(&self) -> MutexGuard<'_, HashMap<InstanceKey, Arc<Server>>> {
        // Each use is a single map operation, so a panic elsewhere leaves nothing half done.
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn observe(&self, key: InstanceKey) -> Observation {
        let started = self.clock.now();
        let settings = (self.settings)();
        let server = self.server(&key);
        let outcome = probe::probe(&key, &server, &settings).await.map(Arc::new);
        Observation { started, finished: self.clock.now(), outcome, key }
    }

    async fn attempt_fresh(&self, key: InstanceKey) -> Attempt {
        let started = self.clock.now();
        let settings = (self.settings)();
        let outcome = knock(&key, &self.server(&key), &settings).await;
        Attempt { started, finished: self.clock.now(), fresh: true, outcome, key }
    }

    async fn beat(&self, key: InstanceKey) -> Attempt {
        let started = self.clock.now();
        let settings = (self.settings)();
        let server = self.server(&key);
        let lifetime = settings.connection_lifetime;
        let idle =
            server.heartbeat.take().filter(|idle| idle.is_reusable(&settings.login, lifetime));
        let (fresh, outcome) = beat(&key, &server, &settings, idle).await;
        Attempt { started, finished: self.clock.now(), fresh, outcome, key }
    }

    async fn change(&self, action: Action) -> Result<Effect, ActionError> {
        let settings = (self.settings)();
        let server = self.server(action.server());
        let source = match &action {
            Action::PointTo { source, .. } => Some(self.server(source)),
            _ => None,
        };
        apply::apply(&action, &server, source.as_deref(), &settings).await
    }
}

/// Connect, finish the handshake, one trivial statement, close; all within the connect timeout.
async fn knock(
    key: &InstanceKey,
    server: &Server,
    settings: &LiveSettings,
) -> Result<(), ProbeFailure> {
    let began = Instant::now();
    let limit = settings.connect_timeout;
    let mut session = server.open_bare(key, settings, limit).await?;
    let left = limit.saturating_sub(began.elapsed());
    let answered = session.query(read::ALIVE, left).await;
    answered.map(drop).map_err(|error| error.into_failure(false))
}

/// One trivial statement over the idle connection or, if there is none or it turns out broken,
/// over a new one. Tells whether the connection was new.
async fn beat(
    key: &InstanceKey,
    server: &Server,
    settings: &LiveSettings,
    idle: Option<Session>,
) -> (bool, Result<(), ProbeFailure>) {
    use failure::QueryError::Lost;
    let limit = settings.heartbeat_timeout();
    if let Some(mut session) = idle {
        match session.query(read::ALIVE, limit).await {
            Ok(_) => {
                server.heartbeat.put(session);
                return (false, Ok(()));
            }
            // The server may have closed an idle connection: no sign of its death.
            Err(Lost(_)) => {}
            Err(error) => return (false, Err(error.into_failure(false))),
        }
    }
    let opened = server.open(key, settings, Purpose::Read, settings.connect_timeout).await;
    // Preparing the session was a statement, too.
    (true, opened.map(|session| server.heartbeat.put(session)))
}

impl MysqlDriver for LiveDriver {
    fn probe(&self, key: &InstanceKey) -> BoxFuture<'_, Observation> {
        Box::pin(self.observe(key.clone()))
    }

    fn attempt(&self, key: &InstanceKey) -> BoxFuture<'_, Attempt> {
        Box::pin(self.attempt_fresh(key.clone()))
    }

    fn heartbeat(&self, key: &InstanceKey) -> BoxFuture<'_, Attempt> {
        Box::pin(self.beat(key.clone()))
    }

    fn apply(&self, action: &Action) -> BoxFuture<'_, Result<Effect, ActionError>> {
        Box::pin(self.change(action.clone()))
    }

    fn control(
        &self,
        key: &InstanceKey,
        control: &Control,
    ) -> BoxFuture<'_, Result<Effect, ActionError>> {
        let (key, control) = (key.clone(), control.clone());
        Box::pin(async move {
            let settings = (self.settings)();
            apply::control::control(&control, &key, &self.server(&key), &settings).await
        })
    }

    fn binary_logs(&self, key: &InstanceKey) -> BoxFuture<'_, Result<Vec<BinaryLog>, ActionError>> {
        let key = key.clone();
        Box::pin(async move {
            let settings = (self.settings)();
            apply::control::binary_logs(&key, &self.server(&key), &settings).await
        })
    }

    fn forget(&self, key: &InstanceKey) {
        let forgotten = self.servers().remove(key);
        // Closed after the lock is free; a call under way drops its connection when it ends.
        drop(forgotten);
    }
}

impl fmt::Debug for LiveDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveDriver").field("servers", &self.servers().len()).finish_non_exhaustive()
    }
}
