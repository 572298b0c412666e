//! Making a server writeable or read-only, and letting go of its source.

use shared::Source;

use super::{
    actor::Actor, drain::applier_error, reading::Reading, seal::keep_relay_log, statement::Change,
};
use crate::mysql::{
    dialect::{
        ChangeSource, Credentials, Place, Thread, Vocabulary,
        change::set_read_only as set_statement, read,
    },
    driver::{ActionError, Effect},
    live::answer::Answer,
    state::{Channel, ChannelGtid, ThreadState},
};

/// Stops replication, forgets the source (or only detaches from it) and makes the server
/// writeable.
pub(super) async fn promote(
    actor: &mut Actor<'_>,
    keep_relay_log_on_disk: bool,
) -> Result<Effect, ActionError> {
    let reading = actor.look().await?;
    if reading.channel.is_some() {
        remember_account(actor).await;
        actor.stop_all(&reading).await?;
        // The last moment at which anything can be noticed; also the applier's final place.
        let stopped = actor.look().await?;
        if keep_relay_log_on_disk {
            detach_keeping_relay_log(actor, &stopped).await?;
        } else if was_drained(&reading, &stopped) {
            actor.reset(&stopped).await?;
        } else {
            return Err(ActionError::Refused(format!(
                "{}: it holds transactions that it has not applied",
                actor.key
            )));
        }
    }
    // From here on nobody can say "it did not happen" who has not looked.
    open_for_writes(actor, &reading).await.map_err(|error| match error {
        ActionError::Unreachable(text) | ActionError::TimedOut(text) => ActionError::Unknown(text),
        other => other,
    })
}

/// Once its applier is stopped, a MariaDB channel that left GTID no longer tells.
fn was_drained(before: &Reading, stopped: &Reading) -> bool {
    if stopped.has_left_maria_gtid() {
        before.io_is(ThreadState::Stopped) && before.is_drained()
    } else {
        stopped.is_drained()
    }
}

async fn open_for_writes(actor: &mut Actor<'_>, reading: &Reading) -> Result<Effect, ActionError> {
    if reading.read_only {
        switch_read_only(actor, false).await?;
    }
    let now = actor.look().await?;
    let attached = now.channel.as_ref().and_then(|channel| channel.source.attached());
    if now.read_only || attached.is_some() {
        return Err(ActionError::Refused(format!(
            "{}: still {} after its promotion",
            actor.key,
            if now.read_only { "read-only" } else { "a replica" }
        )));
    }
    Ok(actor.effect(&now).await)
}

/// The account is gone with the channel, but its former source may need it.
pub(super) async fn remember_account(actor: &mut Actor<'_>) {
    if actor.dialect.vocabulary == Vocabulary::MariaDb {
        return;
    }
    // Without the grant nothing is remembered.
    let answers = actor.read(&[read::STORED_CREDENTIALS]).await.unwrap_or_default();
    let Some(row) = answers.first().and_then(Answer::first) else { return };
    if let (Some(user), Some(password)) = (row.at(0), row.at(1)) {
        actor.server.remember_account(Credentials {
            user: user.to_owned(),
            password: password.to_owned(),
            ..Credentials::default()
        });
    }
}

async fn detach_keeping_relay_log(
    actor: &mut Actor<'_>,
    reading: &Reading,
) -> Result<(), ActionError> {
    let Some((channel, (host, port))) = detached(reading) else { return Ok(()) };
    let change = ChangeSource { source: Some((&host, port)), ..ChangeSource::default() };
    keep_relay_log(actor, reading, channel, change).await
}

/// The channel, if it is attached, with its source's detached host and port.
fn detached(reading: &Reading) -> Option<(&Channel, (String, u16))> {
    let channel = reading.channel.as_ref()?;
    let source = channel.source.attached()?.clone();
    Some((channel, Source::Attached(source).detach().to_parts()))
}

/// Sets or clears read-only and looks whether it is so.
pub(super) async fn set_read_only(actor: &mut Actor<'_>, on: bool) -> Result<Effect, ActionError> {
    switch_read_only(actor, on).await?;
    let reading = actor.look().await?;
    if reading.read_only != on {
        let wanted = if on { "read-only" } else { "writeable" };
        return Err(ActionError::Refused(format!("{}: did not become {wanted}", actor.key)));
    }
    Ok(actor.effect(&reading).await)
}

async fn switch_read_only(actor: &mut Actor<'_>, on: bool) -> Result<(), ActionError> {
    let with_super =
        actor.settings.use_super_read_only && actor.dialect.vocabulary != Vocabulary::MariaDb;
    let change = Change {
        name: if on { "set read-only" } else { "make writeable" },
        statement: set_statement(on, with_super).to_owned(),
        took_effect: &|now| now.read_only == on,
        lingers: false,
    };
    actor.change(change).await
}

/// Points the replica to a host that cannot exist, unless that would lose something.
pub(super) async fn detach(actor: &mut Actor<'_>) -> Result<Effect, ActionError> {
    let reading = actor.look().await?;
    let Some((channel, (host, port))) = detached(&reading) else {
        return match &reading.channel {
            Some(_) => Ok(actor.effect(&reading).await),
            None => Err(ActionError::Refused(format!("{}: is not a replica", actor.key))),
        };
    };
    if !reading.is_drained() {
        if channel.io != ThreadState::Stopped {
            actor.stop(Thread::Io, &reading).await?;
        }
        let reading = actor.look().await?;
        tracing::info!(
            server = %actor.key,
            "not detached but only stopped receiving: not all that it received is applied{}",
            applier_error(&reading)
        );
        return Ok(actor.effect(&reading).await);
    }
    actor.stop_all(&reading).await?;
    let change = ChangeSource {
        source: Some((&host, port)),
        place: place_of_detached(channel),
        ..ChangeSource::default()
    };
    let took_effect =
        |now: &Reading| now.channel.as_ref().is_some_and(|now| now.source.is_detached());
    actor.change_source("detach from source", &change, &reading, &took_effect).await?;
    let reading = actor.look().await?;
    Ok(actor.effect(&reading).await)
}

/// A change of host resets coordinates, so without GTID they are given again. A channel that
/// left GTID only to keep its relay log returns to it.
pub(super) fn place_of_detached(channel: &Channel) -> Place {
    match channel.gtid {
        ChannelGtid::None if !channel.retrieved.is_empty() => Place::Gtid,
        ChannelGtid::None if !channel.exec.is_empty() => Place::Source(channel.exec.clone()),
        _ => Place::Keep,
    }
}
