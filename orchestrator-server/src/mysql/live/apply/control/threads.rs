//! Starting, stopping, restarting and forgetting replication.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::safety::{can_be_given_again, is_trap, nothing_lost};
use crate::mysql::{
    dialect::{ChangeSource, Place, Thread},
    driver::{ActionError, Effect, Found},
    live::apply::{
        actor::Actor,
        drain::{applier_error, judge_drain},
        promote::remember_account,
        reading::Reading,
        seal::{keep_relay_log, resume, sealed},
    },
    state::{ChannelGtid, ThreadState},
};

/// First and longest pause between two looks while replication starts.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(100));

/// Starts both threads. Whether they run is in the effect.
pub(super) async fn start(
    actor: &mut Actor<'_>,
    confirm: Duration,
    stall: Duration,
) -> Result<Effect, ActionError> {
    let reading = actor.look().await?;
    actor.channel(&reading)?;
    if !reading.replicating() {
        without_trap(actor, &reading, stall).await?;
        let reading = actor.look().await?;
        actor.start(Thread::Both, &reading).await?;
    }
    confirmed(actor, confirm).await
}

/// Where the start would empty the relay log, and the source could not fill it again, it is
/// applied first.
async fn without_trap(
    actor: &mut Actor<'_>,
    reading: &Reading,
    stall: Duration,
) -> Result<(), ActionError> {
    let emptied = is_trap(actor, reading)
        && reading.sql_is(ThreadState::Stopped)
        && reading.io_is(ThreadState::Stopped);
    if !emptied || reading.is_drained() || can_be_given_again(actor, reading).await {
        return Ok(());
    }
    let channel = actor.channel(reading)?;
    let place = match channel.gtid {
        ChannelGtid::MariaCurrentPos => Place::GtidCurrentPos,
        _ => Place::Gtid,
    };
    keep_relay_log(actor, reading, channel, ChangeSource::default()).await?;
    actor.start(Thread::Sql, reading).await?;
    let (now, reached) = actor.wait(stall, judge_drain).await?;
    if !reached {
        return Err(actor.refused(&format!(
            "its source cannot give it again what it retrieved, which it now applies without \
             receiving more; start it again, with GTID, when that is done{}",
            applier_error(&now)
        )));
    }
    actor.stop(Thread::Sql, &now).await?;
    let change = ChangeSource { place, ..ChangeSource::default() };
    actor.change_source("return to GTID", &change, &now, &uses_gtid).await
}

fn uses_gtid(now: &Reading) -> bool {
    now.channel.as_ref().is_some_and(|channel| channel.gtid != ChannelGtid::None)
}

/// Looks until both threads run at two looks in a row, or one has failed for good, or `confirm`
/// is over.
pub(super) async fn confirmed(
    actor: &mut Actor<'_>,
    confirm: Duration,
) -> Result<Effect, ActionError> {
    let until = Instant::now() + confirm;
    let mut pause = PAUSES.0;
    let mut seen = false;
    loop {
        let reading = actor.look().await?;
        let running = reading.replicating();
        if (running && seen) || reading.applier_failed() || Instant::now() >= until {
            return Ok(actor.effect(&reading).await);
        }
        seen = running;
        sleep(pause.min(until.saturating_duration_since(Instant::now()))).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

/// Stops both threads.
pub(super) async fn stop(actor: &mut Actor<'_>) -> Result<Effect, ActionError> {
    let reading = actor.look().await?;
    actor.channel(&reading)?;
    actor.stop_all(&reading).await?;
    actor.done().await
}

/// Stops receiving, waits until all is applied, stops applying. A configured delay is not waited
/// for.
pub(super) async fn stop_nicely(
    actor: &mut Actor<'_>,
    stall: Duration,
) -> Result<Effect, ActionError> {
    let reading = actor.look().await?;
    let channel = actor.channel(&reading)?;
    let (found, delayed) = (Found::from(channel), channel.delay_seconds > 0);
    let now = sealed(actor).await?;
    if !delayed && !now.is_drained() {
        let (now, reached) = actor.wait(stall, judge_drain).await?;
        if !reached {
            resume(actor, found).await?;
            return Err(actor.refused(&format!(
                "it has not applied all that it received, and goes on as before{}",
                applier_error(&now)
            )));
        }
    }
    let now = actor.look().await?;
    actor.stop_all(&now).await?;
    actor.done().await
}

/// Stops and starts both threads.
pub(super) async fn restart(
    actor: &mut Actor<'_>,
    confirm: Duration,
    stall: Duration,
) -> Result<Effect, ActionError> {
    let reading = actor.look().await?;
    actor.channel(&reading)?;
    if is_trap(actor, &reading) && reading.replicating() {
        // One after the other, so that its relay log is never left alone.
        for thread in [Thread::Sql, Thread::Io] {
            actor.stop(thread, &reading).await?;
            actor.start(thread, &reading).await?;
        }
        return confirmed(actor, confirm).await;
    }
    actor.stop_all(&reading).await?;
    start(actor, confirm, stall).await
}

/// Forgets the source, once nothing is lost by that.
pub(super) async fn reset(actor: &mut Actor<'_>, stall: Duration) -> Result<Effect, ActionError> {
    let reading = actor.look().await?;
    let Some(channel) = &reading.channel else { return Ok(actor.effect(&reading).await) };
    let found = Found::from(channel);
    let now = apply_all(actor, &reading, stall).await?;
    if let Err(error) = nothing_lost(actor, &now).await {
        resume(actor, found).await?;
        return Err(error);
    }
    remember_account(actor).await;
    actor.stop_all(&now).await?;
    actor.reset(&now).await?;
    actor.done().await
}

/// Stops receiving and lets a running applier finish, without lifting its delay. An applier that
/// somebody stopped stays so.
pub(super) async fn apply_all(
    actor: &mut Actor<'_>,
    reading: &Reading,
    stall: Duration,
) -> Result<Reading, ActionError> {
    if !reading.io_is(ThreadState::Stopped) {
        actor.stop(Thread::Io, reading).await?;
    }
    let now = actor.look().await?;
    let waits = now.sql_is(ThreadState::Running)
        && now.channel.as_ref().is_some_and(|channel| channel.delay_seconds == 0);
    if now.is_drained() || !waits {
        return Ok(now);
    }
    actor.wait(stall, judge_drain).await.map(|(now, _)| now)
}

/// Starts the threads that had been found running and are stopped now.
pub(super) async fn give_back(actor: &mut Actor<'_>, found: Found) -> Result<(), ActionError> {
    let now = actor.look().await?;
    let io = found.receiving && now.io_is(ThreadState::Stopped);
    let sql = found.applying && now.sql_is(ThreadState::Stopped);
    match (io, sql) {
        (true, true) => actor.start(Thread::Both, &now).await,
        (true, false) => actor.start(Thread::Io, &now).await,
        (false, true) => actor.start(Thread::Sql, &now).await,
        (false, false) => Ok(()),
    }
}
