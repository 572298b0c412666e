//! What people ask of a model server. What the model has no notion of is refused.

use std::time::Duration;

use shared::InstanceKey;

use super::{
    actions::{effect, gone, wait},
    server::{Applier, SimChannel, SimServer},
    world::World,
};
use crate::mysql::{
    control::{BinaryLog, Control},
    driver::{ActionError, Effect},
};

/// Does what a person asks for.
pub(super) async fn control(
    world: &World,
    key: &InstanceKey,
    control: &Control,
) -> Result<Effect, ActionError> {
    {
        let mut inner = world.lock();
        inner.changes.push(format!("{control} on {key}"));
        inner.reachable(key)?;
    }
    match control {
        Control::StopNicely { stall } => {
            change(world, key, |channel| (channel.receiving, channel.connected) = (false, false))?;
            let is_empty = |s: &SimServer| s.channel.as_ref().is_none_or(|c| c.relay.is_empty());
            if !wait(world, key, *stall, is_empty).await?.drained {
                change(world, key, |channel| channel.receiving = true)?;
                return Err(ActionError::Refused(format!("{key}: it has not applied all")));
            }
            change(world, key, stop)?;
        }
        Control::Reset { .. } => {
            if world.look(key, |s| s.channel.as_ref().is_none_or(|c| c.relay.is_empty()))
                != Some(true)
            {
                return Err(ActionError::Refused(format!("{key}: it has not applied all")));
            }
            world.change(key, |server| server.channel = None);
        }
        Control::FlushLogs | Control::PurgeLogs { .. } | Control::KillQuery { .. } => {}
        simple => change_at_once(world, key, simple)?,
    }
    effect(world, key, true)
}

fn change_at_once(world: &World, key: &InstanceKey, control: &Control) -> Result<(), ActionError> {
    match control {
        Control::Start { .. } | Control::Restart { .. } => change(world, key, start),
        Control::Stop => change(world, key, stop),
        Control::Delay { seconds } => {
            change(world, key, |channel| channel.delay = Duration::from_secs(*seconds))
        }
        Control::DetachHost { .. } => change(world, key, |channel| {
            (channel.receiving, channel.connected, channel.detached) = (false, false, true);
        }),
        Control::ReattachHost { .. } => change(world, key, |channel| {
            channel.detached = false;
            start(channel);
        }),
        other => Err(ActionError::Refused(format!("{key}: the model cannot {other}"))),
    }
}

/// A model server keeps all that it wrote in one file.
pub(super) fn binary_logs(world: &World, key: &InstanceKey) -> Result<Vec<BinaryLog>, ActionError> {
    world.lock().reachable(key)?;
    let file = "binlog.000001".to_owned();
    Ok(vec![BinaryLog { file, previous: crate::mysql::state::Position::None }])
}

fn start(channel: &mut SimChannel) {
    channel.receiving = true;
    if channel.applier == Applier::Stopped {
        channel.applier = Applier::Running(Duration::ZERO);
    }
}

fn stop(channel: &mut SimChannel) {
    (channel.receiving, channel.connected) = (false, false);
    if channel.applier != Applier::Broken {
        channel.applier = Applier::Stopped;
    }
}

fn change(
    world: &World,
    key: &InstanceKey,
    change: impl FnOnce(&mut SimChannel),
) -> Result<(), ActionError> {
    let mut inner = world.lock();
    let server = inner.servers.get_mut(key).ok_or_else(|| gone(key))?;
    let none = || ActionError::Refused(format!("instance is not a replica: {key}"));
    change(server.channel.as_mut().ok_or_else(none)?);
    Ok(())
}
