//! Putting a host that cannot exist in the place of the source's, and back. What was received and
//! is not applied stays on disk meanwhile.

use std::time::Duration;

use shared::Source;

use super::{
    safety::nothing_lost,
    threads::{apply_all, confirmed, give_back},
};
use crate::mysql::{
    dialect::{ChangeSource, Place, Thread},
    driver::{ActionError, Effect, Found},
    live::apply::{
        actor::Actor,
        point::heartbeat,
        promote::place_of_detached,
        reading::Reading,
        seal::{keep_relay_log, start_applier},
    },
    state::{Channel, ChannelGtid, ThreadState},
};

/// Detaches. Both threads are stopped then; only an applier that has something left to apply goes
/// on, for which the channel leaves GTID at its relay-log coordinates.
pub(super) async fn detach(actor: &mut Actor<'_>, stall: Duration) -> Result<Effect, ActionError> {
    let reading = actor.look().await?;
    let channel = actor.channel(&reading)?;
    if channel.source.is_detached() {
        return Err(ActionError::Refused(format!("instance already detached: {}", actor.key)));
    }
    let found = Found::from(channel);
    let changed = away(actor, &reading, stall).await;
    match changed {
        Ok(drained) => {
            let receiving = false;
            give_back(actor, Found { receiving, applying: found.applying && !drained, ..found })
                .await?;
        }
        Err(error) => {
            // The error is what matters; that the threads could not be given back shows as well.
            give_back(actor, found).await?;
            return Err(error);
        }
    }
    actor.done().await
}

/// Whether everything was applied.
async fn away(
    actor: &mut Actor<'_>,
    reading: &Reading,
    stall: Duration,
) -> Result<bool, ActionError> {
    let heartbeat = heartbeat(actor, reading).await;
    let finished = apply_all(actor, reading, stall).await?;
    let drained = finished.is_drained();
    actor.stop_all(&finished).await?;
    let stopped = actor.look().await?;
    let channel = actor.channel(&stopped)?;
    let (host, port) = channel.source.clone().detach().to_parts();
    let change = ChangeSource {
        source: Some((&host, port)),
        heartbeat: heartbeat.as_deref(),
        ..ChangeSource::default()
    };
    if !drained {
        keep_relay_log(actor, &stopped, channel, change).await?;
        return Ok(false);
    }
    let change = ChangeSource { place: place_of_same_source(channel), ..change };
    let took_effect =
        |now: &Reading| now.channel.as_ref().is_some_and(|now| now.source.is_detached());
    actor.change_source("detach from source", &change, &stopped, &took_effect).await?;
    Ok(true)
}

/// Attaches to the source again and starts replication.
pub(super) async fn reattach(
    actor: &mut Actor<'_>,
    stall: Duration,
    confirm: Duration,
) -> Result<Effect, ActionError> {
    let reading = actor.look().await?;
    let channel = actor.channel(&reading)?;
    let Source::Detached(source) = channel.source.clone() else {
        return Err(ActionError::Refused(format!(
            "instance does not seem to be detached: {}",
            actor.key
        )));
    };
    let heartbeat = heartbeat(actor, &reading).await;
    if reading.sql_is(ThreadState::Stopped) && !reading.is_drained() {
        start_applier(actor, &reading).await?;
    }
    let reading = actor.look().await?;
    let finished = apply_all(actor, &reading, stall).await?;
    nothing_lost(actor, &finished).await?;
    actor.stop_all(&finished).await?;
    let stopped = actor.look().await?;
    let channel = actor.channel(&stopped)?;
    // A channel that left GTID to keep its relay log returns to it.
    let place = match channel.gtid {
        ChannelGtid::None => place_of_detached(channel),
        _ => Place::Keep,
    };
    let change = ChangeSource {
        source: Some((source.hostname(), source.port())),
        place,
        heartbeat: heartbeat.as_deref(),
        ..ChangeSource::default()
    };
    let took_effect = |now: &Reading| {
        now.channel.as_ref().is_some_and(|now| now.source.attached() == Some(&source))
    };
    actor.change_source("reattach to source", &change, &stopped, &took_effect).await?;
    actor.start(Thread::Both, &stopped).await?;
    confirmed(actor, confirm).await
}

/// A change of host resets coordinates, so without GTID they are given again.
fn place_of_same_source(channel: &Channel) -> Place {
    match channel.gtid {
        ChannelGtid::None if !channel.exec.file.is_empty() => Place::Source(channel.exec.clone()),
        _ => Place::Keep,
    }
}
