//! What each change does to a model server, and what it must not do.

use std::{sync::Arc, time::Duration};

use shared::InstanceKey;

use super::{
    server::{Applier, Condition, SimServer},
    world::{Inner, World, channel},
};
use crate::mysql::{
    driver::{Action, ActionError, Effect, Found},
    state::Position,
};

/// How long a waiting change sleeps before it looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

pub(super) async fn apply(world: &World, action: &Action) -> Result<Effect, ActionError> {
    world.lock().changes.push(action.to_string());
    match action {
        Action::Drain { replica, stall } => {
            world.lock().reachable(replica)?;
            world.change(replica, |s| {
                if let Some(channel) = &mut s.channel {
                    channel.delay = Duration::ZERO;
                }
            });
            wait(world, replica, *stall, |s| s.channel.as_ref().is_none_or(|c| c.relay.is_empty()))
                .await
        }
        Action::CatchUp { replica, target, stall } => {
            let target = world
                .look(replica, |s| Position::parse(target, s.flavor))
                .ok_or_else(|| gone(replica))?;
            let reached = |s: &SimServer| s.position(&s.executed).contains(&target);
            wait(world, replica, *stall, reached).await
        }
        Action::PointTo { replica, source, confirm, delay, .. } => {
            world.lock().point_to(replica, source, *delay)?;
            let runs = |s: &SimServer| s.channel.as_ref().is_some_and(|c| c.connected);
            wait(world, replica, *confirm, runs).await
        }
        quick => {
            tokio::time::sleep(Duration::from_millis(2)).await;
            let found = world.look(action.server(), found).flatten();
            world.lock().change_at_once(quick)?;
            Ok(Effect { found, ..effect(world, action.server(), true)? })
        }
    }
}

pub(super) async fn wait(
    world: &World,
    key: &InstanceKey,
    longest: Duration,
    reached: impl Fn(&SimServer) -> bool,
) -> Result<Effect, ActionError> {
    let mut progress = world.now();
    let mut executed = 0;
    loop {
        world.lock().reachable(key)?;
        let (done, now_executed) =
            world.look(key, |s| (reached(s), s.executed.len())).ok_or_else(|| gone(key))?;
        if done || world.now().since(progress) > longest || broken(world, key) {
            return effect(world, key, done);
        }
        if now_executed != executed {
            (executed, progress) = (now_executed, world.now());
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

fn broken(world: &World, key: &InstanceKey) -> bool {
    let is_broken =
        |s: &SimServer| s.channel.as_ref().is_some_and(|c| c.applier == Applier::Broken);
    world.look(key, is_broken).unwrap_or(false)
}

pub(super) fn effect(
    world: &World,
    key: &InstanceKey,
    reached: bool,
) -> Result<Effect, ActionError> {
    let now = world.now();
    let inner = world.lock();
    inner.reachable(key)?;
    let server = inner.servers.get(key).ok_or_else(|| gone(key))?;
    let state = server.state(inner.replicas_of(key), now);
    let replication = state.replication.as_ref();
    Ok(Effect {
        executed: state.gtid.executed.clone(),
        retrieved: replication.map(|c| c.retrieved.clone()).unwrap_or_default(),
        drained: reached && server.channel.as_ref().is_none_or(|c| c.relay.is_empty()),
        replicating: replication.is_some_and(crate::mysql::state::Channel::replicating),
        binlog: state.binlog.position.as_ref().map(ToString::to_string).unwrap_or_default(),
        found: None,
        state: Some(Arc::new(state)),
    })
}

fn found(server: &SimServer) -> Option<Found> {
    let channel = server.channel.as_ref()?;
    Some(Found {
        receiving: channel.receiving,
        applying: channel.applier != Applier::Stopped,
        delay_seconds: channel.delay.as_secs(),
    })
}

pub(super) fn gone(key: &InstanceKey) -> ActionError {
    ActionError::Unreachable(format!("{key}: no such server"))
}

impl Inner {
    /// The server answers us.
    pub(super) fn reachable(&self, key: &InstanceKey) -> Result<(), ActionError> {
        match self.servers.get(key).map(|s| s.condition) {
            Some(Condition::Up) => Ok(()),
            Some(Condition::NoConnectionsLeft) => {
                Err(ActionError::Unreachable(format!("{key}: too many connections")))
            }
            _ => Err(ActionError::Unreachable(format!("{key}: connection refused"))),
        }
    }

    pub(super) fn replicas_of(&self, key: &InstanceKey) -> Vec<InstanceKey> {
        let below = |s: &&SimServer| {
            s.channel.as_ref().is_some_and(|c| c.source == *key && c.connected && !c.detached)
        };
        self.servers.values().filter(below).map(|s| s.key.clone()).collect()
    }

    fn change_at_once(&mut self, action: &Action) -> Result<(), ActionError> {
        let key = action.server();
        self.reachable(key)?;
        let unapplied = self.unapplied(key);
        let server = self.servers.get_mut(key).ok_or_else(|| gone(key))?;
        match action {
            Action::Seal { .. } => {
                if let Some(channel) = &mut server.channel {
                    (channel.receiving, channel.connected) = (false, false);
                    if channel.applier == Applier::Stopped {
                        channel.applier = Applier::Running(Duration::ZERO);
                    }
                }
            }
            Action::Resume { found, .. } => {
                if let Some(channel) = &mut server.channel {
                    channel.receiving = found.receiving;
                    channel.delay = Duration::from_secs(found.delay_seconds);
                    if !found.applying {
                        channel.applier = Applier::Stopped;
                    }
                }
            }
            Action::Promote { keep_relay_log, .. } => {
                server.read_only = false;
                match (&mut server.channel, keep_relay_log) {
                    (Some(channel), true) => {
                        (channel.receiving, channel.detached) = (false, true);
                        channel.applier = Applier::Stopped;
                    }
                    (channel, _) => *channel = None,
                }
                if !keep_relay_log && !unapplied.is_empty() {
                    self.thrown_away.push(format!("{key}: {unapplied} by promotion"));
                }
            }
            Action::SetReadOnly { on, .. } => server.read_only = *on,
            Action::Detach { .. } => {
                if let Some(channel) = &mut server.channel {
                    (channel.receiving, channel.connected) = (false, false);
                    channel.detached = unapplied.is_empty();
                }
            }
            Action::Drain { .. } | Action::CatchUp { .. } | Action::PointTo { .. } => {}
        }
        Ok(())
    }

    fn point_to(
        &mut self,
        replica: &InstanceKey,
        source: &InstanceKey,
        delay: Option<u64>,
    ) -> Result<(), ActionError> {
        self.reachable(replica)?;
        self.reachable(source)?;
        let theirs = self.servers.get(source).map(|s| s.executed.clone()).unwrap_or_default();
        let server = self.servers.get_mut(replica).ok_or_else(|| gone(replica))?;
        let own = server.server_id();
        let lost: Vec<_> =
            server.held().into_iter().filter(|t| t.origin != own && !theirs.contains(t)).collect();
        if !lost.is_empty() {
            self.thrown_away.push(format!("{replica}: {lost:?} by pointing it to {source}"));
        }
        let mut fresh = channel(source.clone());
        if let Some(old) = &server.channel {
            fresh.applier = old.applier;
            fresh.delay = delay.map_or(old.delay, Duration::from_secs);
        }
        server.channel = Some(fresh);
        Ok(())
    }

    fn unapplied(&self, key: &InstanceKey) -> String {
        let relay = self.servers.get(key).and_then(|s| s.channel.as_ref()).map(|c| &c.relay);
        let waiting: Vec<String> = relay
            .into_iter()
            .flatten()
            .map(|(t, _)| format!("{}:{}", t.origin, t.number))
            .collect();
        waiting.join(",")
    }
}
