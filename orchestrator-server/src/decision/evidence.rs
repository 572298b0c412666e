//! Whether a source is dead beyond doubt. Two witnesses are needed: us, by two fresh connection
//! attempts, and its replicas, by their receivers. What was stored, or read before the failure
//! began, is never evidence.

use std::{fmt, time::Duration};

use shared::InstanceKey;

use crate::{
    clock::Moment,
    inventory::view::{ClusterView, Instance},
    mysql::state::{Channel, ThreadState},
};

/// Two failed attempts must be at least this far apart.
pub const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(100);

/// A failed attempt older than this no longer says anything about now.
const ATTEMPT_LASTS: Duration = Duration::from_secs(5);

/// Why a source cannot be called dead (yet).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// It answered.
    Alive,
    /// It never answered us, so we cannot know that it should.
    NeverSeen,
    /// Fewer than two fresh attempts failed since its last sign of life.
    TooFewAttempts,
    /// The last failed attempt is too old.
    StaleAttempts,
    /// This replica was not read since the failure began.
    StaleReplica(InstanceKey),
    /// This replica's receiver is connected to it.
    StillConnected(InstanceKey),
    /// No replica that we can read reports that it cannot reach it.
    NoWitness,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alive => f.write_str("it answers"),
            Self::NeverSeen => f.write_str("it never answered, so its silence proves nothing"),
            Self::TooFewAttempts => {
                f.write_str("fewer than two fresh connection attempts failed, 100 ms apart")
            }
            Self::StaleAttempts => f.write_str("the last failed connection attempt is too old"),
            Self::StaleReplica(key) => {
                write!(f, "replica {key} was not read since the failure began")
            }
            Self::StillConnected(key) => write!(f, "replica {key} is still connected to it"),
            Self::NoWitness => f.write_str("no reachable replica reports that it cannot reach it"),
        }
    }
}

/// Since when the source fails, if it is dead beyond doubt.
///
/// # Errors
/// The first doubt.
pub fn dead_since(view: &ClusterView, source: &Instance) -> Result<Moment, Doubt> {
    if source.check.failure.is_none() {
        return Err(Doubt::Alive);
    }
    if source.check.last_seen.is_none() {
        return Err(Doubt::NeverSeen);
    }
    let attempts = &source.check.failed_attempts;
    let (Some(first), Some(last)) = (attempts.first(), attempts.last()) else {
        return Err(Doubt::TooFewAttempts);
    };
    if last.started.since(first.started) < BETWEEN_ATTEMPTS {
        return Err(Doubt::TooFewAttempts);
    }
    if view.now.since(last.finished) > ATTEMPT_LASTS {
        return Err(Doubt::StaleAttempts);
    }
    replicas_agree(view, source, first.started)?;
    Ok(first.started)
}

/// Every replica was observed since the failure began, none is connected, one says why.
fn replicas_agree(view: &ClusterView, source: &Instance, since: Moment) -> Result<(), Doubt> {
    let mut witnesses = 0;
    for replica in view.cluster.replicas_of(&source.key) {
        if !observed_since(replica, since) {
            return Err(Doubt::StaleReplica(replica.key.clone()));
        }
        if !replica.is_valid() {
            continue;
        }
        let Some(channel) = replica.channel() else { continue };
        if channel.io == ThreadState::Running {
            return Err(Doubt::StillConnected(replica.key.clone()));
        }
        witnesses += usize::from(Channel::cannot_reach_source(channel));
    }
    if witnesses == 0 { Err(Doubt::NoWitness) } else { Ok(()) }
}

/// It was read, or failed to answer, after `since`.
fn observed_since(instance: &Instance, since: Moment) -> bool {
    let read = instance.check.state_since.is_some_and(|at| at >= since);
    let failed = instance.check.failure.is_some()
        && instance.check.last_attempted.is_some_and(|at| at >= since);
    read || failed
}

/// The silence of a source has lasted long enough to be worth telling people about; problems of
/// a source that answers always are.
#[must_use]
pub fn is_lasting(view: &ClusterView, key: &InstanceKey) -> bool {
    let Some(instance) = view.instance(key) else { return false };
    if instance.check.failure.is_none() {
        return true;
    }
    match (instance.check.failed_attempts.first(), instance.check.failed_attempts.last()) {
        (Some(first), Some(last)) => last.started.since(first.started) >= BETWEEN_ATTEMPTS,
        _ => false,
    }
}

/// How long the source has been silent: since its first failed attempt.
#[must_use]
pub fn silent_for(view: &ClusterView, key: &InstanceKey) -> Duration {
    let first = view.instance(key).and_then(|i| i.check.failed_attempts.first());
    first.map_or(Duration::ZERO, |attempt| view.now.since(attempt.started))
}
