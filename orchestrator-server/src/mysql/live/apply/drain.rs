//! Waiting for an applier: until all that was received is applied, or until it reached a target.

use std::{sync::Arc, time::Duration};

use shared::{
    BinlogCoordinates,
    gtid::{GtidSet, MariaGtidPosition},
};

use super::{
    actor::Actor,
    reading::Reading,
    seal::{keep_relay_log, sealed},
    wait::Verdict,
};
use crate::mysql::{
    dialect::{ChangeSource, Thread, Vocabulary},
    driver::{ActionError, Effect},
    state::{Position, ThreadState},
};

/// Applies all that was received. A delay is lifted first.
pub(super) async fn drain(actor: &mut Actor<'_>, stall: Duration) -> Result<Effect, ActionError> {
    let mut reading = sealed(actor).await?;
    if !reading.is_drained() && !reading.applier_failed() {
        lift_delay(actor, &reading).await?;
        (reading, _) = actor.wait(stall, judge_drain).await?;
    }
    let drained = judge_drain(&reading, reading.is_drained()) == Verdict::Reached;
    Ok(Effect { drained, ..actor.effect(&reading).await })
}

pub(super) fn judge_drain(reading: &Reading, at_rest: bool) -> Verdict {
    let by_gtid = reading.channel.as_ref().is_some_and(|channel| !channel.retrieved.is_empty());
    if by_gtid {
        return match (reading.is_drained(), reading.applier_failed() || at_rest) {
            (true, _) => Verdict::Reached,
            (false, true) => Verdict::Hopeless,
            (false, false) => Verdict::Wait,
        };
    }
    // Without GTID coordinates need not meet: a transaction may have been received in part.
    if at_rest || reading.channel.is_none() {
        Verdict::Reached
    } else if reading.applier_failed() {
        Verdict::Hopeless
    } else {
        Verdict::Wait
    }
}

/// Lifts a configured delay while keeping the relay log: the change needs a stopped applier, and
/// with both threads stopped only a change to relay-log coordinates keeps it (measured on MySQL
/// 9.7 and MariaDB 10.11).
async fn lift_delay(actor: &mut Actor<'_>, reading: &Reading) -> Result<(), ActionError> {
    let Some(channel) = reading.channel.as_ref().filter(|channel| channel.delay_seconds > 0) else {
        return Ok(());
    };
    if channel.sql != ThreadState::Stopped {
        actor.stop(Thread::Sql, reading).await?;
    }
    // The coordinates are those of the stopped applier.
    let stopped = actor.look().await?;
    let channel = stopped.channel.as_ref().unwrap_or(channel);
    let change = ChangeSource { delay: Some(0), ..ChangeSource::default() };
    let lifted = keep_relay_log(actor, &stopped, channel, change).await;
    let restartable = lifted.is_ok() || actor.dialect.vocabulary != Vocabulary::MariaDb;
    if restartable {
        actor.start(Thread::Sql, &stopped).await?;
    }
    lifted
}

/// Waits until the replica has applied all of the target: a GTID set, or coordinates of its
/// source. The effect is drained if it did.
pub(super) async fn catch_up(
    actor: &mut Actor<'_>,
    target: &str,
    stall: Duration,
) -> Result<Effect, ActionError> {
    let target = Target::parse(target, actor.dialect.vocabulary).ok_or_else(|| {
        ActionError::Refused(format!("{}: cannot understand the target {target:?}", actor.key))
    })?;
    let judge = |reading: &Reading, _: bool| {
        if target.is_reached(reading) {
            Verdict::Reached
        } else if reading.channel.is_none() || reading.applier_failed() {
            Verdict::Hopeless
        } else {
            Verdict::Wait
        }
    };
    let (reading, reached) = actor.wait(stall, judge).await?;
    if !reached {
        tracing::info!(
            server = %actor.key,
            "stands at {} and made no progress for {stall:?}{}",
            target.seen(&reading),
            applier_error(&reading)
        );
    }
    // Its source may have passed on more than the target, of which nobody waits.
    Ok(Effect { drained: reached, ..actor.effect(&reading).await })
}

/// The applier's error, to end a sentence with.
pub(super) fn applier_error(reading: &Reading) -> String {
    match &reading.channel {
        Some(channel) if channel.sql_error.number != 0 => {
            format!("; applier: ERROR {}: {}", channel.sql_error.number, channel.sql_error.text)
        }
        _ => String::new(),
    }
}

/// What to catch up to.
#[derive(Clone, Debug, PartialEq)]
enum Target {
    Gtid(Position),
    Coordinates(BinlogCoordinates),
}

impl Target {
    fn parse(text: &str, vocabulary: Vocabulary) -> Option<Self> {
        let gtid = match vocabulary {
            Vocabulary::MariaDb => text
                .parse::<MariaGtidPosition>()
                .ok()
                .map(|position| Position::Maria(Arc::new(position))),
            Vocabulary::Modern | Vocabulary::Legacy => {
                text.parse::<GtidSet>().ok().map(|set| Position::Oracle(Arc::new(set)))
            }
        };
        gtid.map(Self::Gtid).or_else(|| text.parse().ok().map(Self::Coordinates))
    }

    fn is_reached(&self, reading: &Reading) -> bool {
        match self {
            Self::Gtid(position) => reading.replayed().contains(position),
            Self::Coordinates(at) => {
                reading.channel.as_ref().is_some_and(|channel| channel.exec >= *at)
            }
        }
    }

    fn seen(&self, reading: &Reading) -> String {
        match (self, &reading.channel) {
            (Self::Coordinates(_), Some(channel)) => channel.exec.to_string(),
            _ => reading.replayed().to_string(),
        }
    }
}

#[cfg(test)]
#[path = "drain_tests.rs"]
mod tests;
