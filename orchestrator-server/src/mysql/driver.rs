//! The seam: probing, recovery and refactoring speak to servers through [`MysqlDriver`], in
//! meanings, never in SQL. Behind it stand the live driver and the model fleet (`mysql/sim`).

use std::{fmt, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use shared::InstanceKey;

use super::control::{BinaryLog, Control};
use super::state::{Channel, Position, ServerState, ThreadState};
use crate::clock::Moment;

/// Speaks to servers. Every call has its own deadline and always returns; a connection whose
/// call was dropped or timed out is never used again.
pub trait MysqlDriver: Send + Sync + 'static {
    /// Read everything about one server, over its persistent probe connection.
    fn probe(&self, key: &InstanceKey) -> BoxFuture<'_, Observation>;

    /// One fresh connection attempt: connect, finish the handshake, run one trivial statement,
    /// close. The evidence that a server is dead or alive.
    fn attempt(&self, key: &InstanceKey) -> BoxFuture<'_, Attempt>;

    /// One trivial statement over the persistent heartbeat connection, which is opened if needed.
    fn heartbeat(&self, key: &InstanceKey) -> BoxFuture<'_, Attempt>;

    /// Change one server.
    fn apply(&self, action: &Action) -> BoxFuture<'_, Result<Effect, ActionError>>;

    /// Do to one server what a person asks for.
    fn control(
        &self,
        key: &InstanceKey,
        control: &Control,
    ) -> BoxFuture<'_, Result<Effect, ActionError>>;

    /// The binary logs of a server, oldest first.
    fn binary_logs(&self, key: &InstanceKey) -> BoxFuture<'_, Result<Vec<BinaryLog>, ActionError>>;

    /// The server is no longer wanted: drop its connections.
    fn forget(&self, key: &InstanceKey);
}

/// What one probe of one server read, or why it failed, with its times. Immutable.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// The server as it was asked for.
    pub key: InstanceKey,
    /// When the probe began: the state is at least as new as this.
    pub started: Moment,
    /// When it ended.
    pub finished: Moment,
    /// The answer, or the reason why there is none.
    pub outcome: Result<Arc<ServerState>, ProbeFailure>,
}

/// Result of one connection attempt or heartbeat.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// The server.
    pub key: InstanceKey,
    /// When the attempt began.
    pub started: Moment,
    /// When it ended.
    pub finished: Moment,
    /// It was made over a connection opened for it.
    pub fresh: bool,
    /// Alive, or why not.
    pub outcome: Result<(), ProbeFailure>,
}

impl Attempt {
    /// Evidence that the server is dead: a connection of its own that got no handshake. A server
    /// that finishes a handshake is alive, however slow its statements are.
    #[must_use]
    pub fn is_evidence_of_death(&self) -> bool {
        self.fresh
            && self.outcome.as_ref().is_err_and(|failure| {
                failure.kind.is_evidence_of_death()
                    && failure.kind != FailureKind::StatementTimedOut
            })
    }
}

/// Why a server could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {text}")]
pub struct ProbeFailure {
    /// Which sort of failure.
    pub kind: FailureKind,
    /// The server answered a part of the probe before it failed.
    pub partial: bool,
    /// The error in words.
    pub text: String,
}

/// Sorts of failure, told apart because only some are evidence of a dead server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FailureKind {
    /// Nothing listens at the port.
    Refused,
    /// No answer in time while connecting.
    ConnectTimedOut,
    /// Connected, but the server did not finish the handshake in time.
    NoHandshake,
    /// No route to the host or network.
    NoRoute,
    /// The connection broke.
    ConnectionLost,
    /// Connected, but a statement got no answer in time.
    StatementTimedOut,
    /// The name cannot be resolved.
    UnknownHost,
    /// Wrong user or password, or the host is not allowed.
    AccessDenied,
    /// The server is up but has no connection left.
    TooManyConnections,
    /// TLS could not be agreed.
    Tls,
    /// The server answered with an error that the probe cannot do without.
    ServerError,
    /// The server is excluded by configuration.
    Excluded,
    /// This machine could not even try: no files, ports or memory left.
    Local,
}

impl FailureKind {
    /// A fresh attempt that fails this way is evidence that the server is dead. A server that
    /// answers anything, even "access denied", is alive; a name that cannot be resolved says
    /// nothing about the server.
    #[must_use]
    pub fn is_evidence_of_death(self) -> bool {
        match self {
            Self::Refused
            | Self::ConnectTimedOut
            | Self::NoHandshake
            | Self::NoRoute
            | Self::ConnectionLost
            | Self::StatementTimedOut => true,
            Self::UnknownHost
            | Self::AccessDenied
            | Self::TooManyConnections
            | Self::Tls
            | Self::ServerError
            | Self::Excluded
            | Self::Local => false,
        }
    }

    /// The server did answer, so it is alive whatever else is wrong.
    #[must_use]
    pub fn is_proof_of_life(self) -> bool {
        matches!(
            self,
            Self::AccessDenied | Self::TooManyConnections | Self::ServerError | Self::Excluded
        )
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "connection refused",
            Self::ConnectTimedOut => "connect timed out",
            Self::NoHandshake => "handshake not completed",
            Self::NoRoute => "no route to host",
            Self::ConnectionLost => "connection lost",
            Self::StatementTimedOut => "statement timed out",
            Self::UnknownHost => "unknown host",
            Self::AccessDenied => "access denied",
            Self::TooManyConnections => "too many connections",
            Self::Tls => "TLS failed",
            Self::ServerError => "server error",
            Self::Excluded => "excluded",
            Self::Local => "this machine cannot connect",
        })
    }
}

/// A change of one server, in meanings. Each ends within its own bounds and reports what the
/// server looks like afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Action {
    /// Stop receiving, keep (or start) applying, so that what was retrieved is final and nothing
    /// retrieved is lost. On MariaDB the applier is started before the receiver stops, and where
    /// both are stopped the channel first leaves GTID mode at its relay-log coordinates.
    Seal {
        /// The replica.
        replica: InstanceKey,
    },
    /// Wait until everything that was retrieved is applied. A configured delay is lifted first.
    /// Gives up after `stall` without applier progress.
    Drain {
        /// The sealed replica.
        replica: InstanceKey,
        /// Longest time without progress.
        stall: Duration,
    },
    /// Make it replicate from `source` by GTID, keeping its other channel settings but the delay
    /// that is given, and wait (at most `confirm`) until its receiver is connected and its applier
    /// runs.
    PointTo {
        /// The replica.
        replica: InstanceKey,
        /// Its new source.
        source: InstanceKey,
        /// Longest wait for replication to be seen running.
        confirm: Duration,
        /// Seconds of delay to give it, such as one that was lifted before.
        #[serde(default)]
        delay: Option<u64>,
        /// Virtual host name under which the replica shall know its source, if the source answers
        /// to it (`register-hostname-unresolve`).
        #[serde(default)]
        known_as: Option<String>,
    },
    /// Wait until the replica has applied all of `target`, or `stall` passes without progress.
    CatchUp {
        /// The replica.
        replica: InstanceKey,
        /// The GTID set or position to reach.
        target: String,
        /// Longest time without progress.
        stall: Duration,
    },
    /// Stop replication, forget the source and become writeable. With `keep_relay_log` the
    /// channel is detached instead of reset, so that unapplied events stay on disk.
    Promote {
        /// The server to promote.
        server: InstanceKey,
        /// Unapplied relay log must survive.
        keep_relay_log: bool,
    },
    /// Set or clear read-only.
    SetReadOnly {
        /// The server.
        server: InstanceKey,
        /// True: read-only.
        on: bool,
    },
    /// Let a sealed replica go on with the source that it has, as it was found: the recovery is
    /// off.
    Resume {
        /// The replica.
        replica: InstanceKey,
        /// What the seal found.
        #[serde(default)]
        found: Found,
    },
    /// Point the replica to a host name that cannot exist (`//host`) so that it can neither
    /// follow its dead source should that return, nor be mistaken for a healthy replica. Where
    /// unapplied events would be lost by this, only the receiver is stopped.
    Detach {
        /// The replica.
        replica: InstanceKey,
    },
}

impl Action {
    /// The server that the action changes.
    #[must_use]
    pub fn server(&self) -> &InstanceKey {
        match self {
            Self::Seal { replica }
            | Self::Drain { replica, .. }
            | Self::PointTo { replica, .. }
            | Self::CatchUp { replica, .. }
            | Self::Resume { replica, .. }
            | Self::Detach { replica } => replica,
            Self::Promote { server, .. } | Self::SetReadOnly { server, .. } => server,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seal { replica } => write!(f, "stop receiving on {replica}, keep applying"),
            Self::Drain { replica, .. } => write!(f, "apply all that {replica} retrieved"),
            Self::PointTo { replica, source, .. } => {
                write!(f, "make {replica} replicate from {source}")
            }
            Self::CatchUp { replica, target, .. } => {
                write!(f, "wait until {replica} has applied {target}")
            }
            Self::Promote { server, keep_relay_log: false } => {
                write!(f, "promote {server}: reset replication, make writeable")
            }
            Self::Promote { server, keep_relay_log: true } => {
                write!(f, "promote {server}: detach but keep its relay log, make writeable")
            }
            Self::SetReadOnly { server, on: true } => write!(f, "set {server} read-only"),
            Self::SetReadOnly { server, on: false } => write!(f, "make {server} writeable"),
            Self::Resume { replica, .. } => write!(f, "let {replica} receive again"),
            Self::Detach { replica } => write!(f, "detach {replica} from its source"),
        }
    }
}

/// How a replica was found before it was sealed, so that it can be left like that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Found {
    /// Its receiver had not been stopped.
    pub receiving: bool,
    /// Its applier had not been stopped, other than by an error.
    pub applying: bool,
    /// Its configured delay.
    pub delay_seconds: u64,
}

impl Default for Found {
    fn default() -> Self {
        Self { receiving: true, applying: true, delay_seconds: 0 }
    }
}

impl From<&Channel> for Found {
    fn from(channel: &Channel) -> Self {
        let failed = channel.sql_error.number != 0;
        Self {
            receiving: channel.io != ThreadState::Stopped || channel.io_error.number != 0,
            applying: channel.sql != ThreadState::Stopped || failed,
            delay_seconds: channel.delay_seconds,
        }
    }
}

/// What a server looked like after a change: enough for the next decision, and no more.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effect {
    /// What it has applied.
    pub executed: Position,
    /// What it received in addition, applied or not.
    pub retrieved: Position,
    /// Everything received is applied; of [`Action::CatchUp`]: the target is reached.
    pub drained: bool,
    /// Receiver connected and applier running.
    pub replicating: bool,
    /// Own binary log position, `file:pos`; empty if unknown.
    pub binlog: String,
    /// Of [`Action::Seal`]: how the replica was before.
    pub found: Option<Found>,
    /// The full state that was read, where the change ended with a reading.
    pub state: Option<Arc<ServerState>>,
}

impl Effect {
    /// Everything that the server holds, applied or not.
    #[must_use]
    pub fn held(&self) -> Position {
        self.executed.union(&self.retrieved)
    }
}

/// Why a change did not happen, or may not have happened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum ActionError {
    /// The server could not be reached.
    #[error("{0}")]
    Unreachable(String),
    /// The server refused.
    #[error("{0}")]
    Refused(String),
    /// The change had no visible effect in the time allowed. It was killed and the effect
    /// re-read: it did not take place.
    #[error("{0}")]
    TimedOut(String),
    /// Nobody can say whether it happened: the server vanished meanwhile.
    #[error("{0}")]
    Unknown(String),
}
