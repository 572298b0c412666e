//! The seam in front of the model fleet, with the delays and errors that a network would show.

use std::{sync::Arc, time::Duration};

use futures_util::future::{BoxFuture, FutureExt};
use shared::InstanceKey;

use super::{actions, control, server::Condition, world::World};
use crate::mysql::control::{BinaryLog, Control};
use crate::mysql::driver::{
    Action, ActionError, Attempt, Effect, FailureKind, MysqlDriver, Observation, ProbeFailure,
};

/// What answers take.
const ANSWER: Duration = Duration::from_millis(1);
/// After this a connection that gets no handshake is given up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// After this a heartbeat that gets no answer is given up.
const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(1);

/// The driver of a [`World`].
#[derive(Clone)]
pub struct SimDriver {
    world: World,
}

impl SimDriver {
    /// Speaks to the servers of this world.
    #[must_use]
    pub fn new(world: World) -> Self {
        Self { world }
    }

    /// What anybody who asks now gets; `fresh` if a connection has to be made first.
    async fn knock(&self, key: &InstanceKey, fresh: bool) -> Result<(), ProbeFailure> {
        tokio::time::sleep(ANSWER).await;
        let (wait, kind) = match self.world.look(key, |s| s.condition) {
            Some(Condition::Up) => return Ok(()),
            Some(Condition::NoConnectionsLeft) if !fresh => return Ok(()),
            Some(Condition::NoConnectionsLeft) => (Duration::ZERO, FailureKind::TooManyConnections),
            Some(Condition::Frozen(_)) if fresh => (CONNECT_TIMEOUT, FailureKind::NoHandshake),
            Some(Condition::Frozen(_)) => (HEARTBEAT_TIMEOUT, FailureKind::StatementTimedOut),
            Some(Condition::CutFromUs) => (CONNECT_TIMEOUT, FailureKind::ConnectTimedOut),
            Some(Condition::Down) => (Duration::ZERO, FailureKind::Refused),
            None => (Duration::ZERO, FailureKind::UnknownHost),
        };
        tokio::time::sleep(wait).await;
        Err(ProbeFailure { kind, partial: false, text: key.to_string() })
    }

    async fn tried(&self, key: &InstanceKey, fresh: bool) -> Attempt {
        let started = self.world.now();
        let outcome = self.knock(key, fresh).await;
        Attempt { key: key.clone(), started, finished: self.world.now(), fresh, outcome }
    }
}

impl MysqlDriver for SimDriver {
    fn probe(&self, key: &InstanceKey) -> BoxFuture<'_, Observation> {
        let key = key.clone();
        async move {
            let started = self.world.now();
            let outcome = match self.knock(&key, false).await {
                Ok(()) => {
                    let now = self.world.now();
                    let inner = self.world.lock();
                    let replicas = inner.replicas_of(&key);
                    match inner.servers.get(&key) {
                        Some(server) => Ok(Arc::new(server.state(replicas, now))),
                        None => Err(ProbeFailure {
                            kind: FailureKind::UnknownHost,
                            partial: false,
                            text: key.to_string(),
                        }),
                    }
                }
                Err(failure) => Err(failure),
            };
            Observation { key, started, finished: self.world.now(), outcome }
        }
        .boxed()
    }

    fn attempt(&self, key: &InstanceKey) -> BoxFuture<'_, Attempt> {
        let key = key.clone();
        async move { self.tried(&key, true).await }.boxed()
    }

    fn heartbeat(&self, key: &InstanceKey) -> BoxFuture<'_, Attempt> {
        let key = key.clone();
        async move { self.tried(&key, false).await }.boxed()
    }

    fn apply(&self, action: &Action) -> BoxFuture<'_, Result<Effect, ActionError>> {
        let action = action.clone();
        async move { actions::apply(&self.world, &action).await }.boxed()
    }

    fn control(
        &self,
        key: &InstanceKey,
        control: &Control,
    ) -> BoxFuture<'_, Result<Effect, ActionError>> {
        let (key, control) = (key.clone(), control.clone());
        async move { control::control(&self.world, &key, &control).await }.boxed()
    }

    fn binary_logs(&self, key: &InstanceKey) -> BoxFuture<'_, Result<Vec<BinaryLog>, ActionError>> {
        let found = control::binary_logs(&self.world, key);
        async move { found }.boxed()
    }

    fn forget(&self, _key: &InstanceKey) {}
}
