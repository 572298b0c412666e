//! What people ask of one server, in meanings: replication control, settings, binary logs, errant
//! GTIDs. Unlike an [`Action`](super::driver::Action) none of it is a step of a recovery.

use std::{fmt, time::Duration};

use super::state::Position;

/// A change that a person asks for. Each ends within its own bounds. None throws away what a
/// replica retrieved and its source could not give it again; threads that somebody had stopped
/// stay so unless they are what is asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Control {
    /// Start both threads and look for at most `confirm` whether they run.
    Start {
        /// Longest wait for replication to be seen running.
        confirm: Duration,
        /// Longest time without progress where the relay log has to be applied first.
        stall: Duration,
    },
    /// Stop both threads.
    Stop,
    /// Stop both threads once everything that was received is applied.
    StopNicely {
        /// Longest time without applier progress; then it goes on as it was found.
        stall: Duration,
    },
    /// Stop and start both threads.
    Restart {
        /// As of [`Control::Start`].
        confirm: Duration,
        /// As of [`Control::Start`].
        stall: Duration,
    },
    /// Forget the source.
    Reset {
        /// Longest time without progress while what was received is applied.
        stall: Duration,
    },
    /// Apply transactions so many seconds late.
    Delay {
        /// Seconds.
        seconds: u64,
    },
    /// Skip the transaction at which the applier stopped, and start the applier.
    SkipQuery {
        /// Longest wait for the applier to be seen running.
        confirm: Duration,
    },
    /// Replicate by GTID.
    UseGtid,
    /// Replicate by file and position.
    LeaveGtid,
    /// Set the account of the channel again, as `ReplicationCredentialsQuery` or the server's own
    /// table tell it.
    Credentials,
    /// Have a name that cannot exist in the place of the source's host. What is not applied yet
    /// stays on disk.
    DetachHost {
        /// Longest time without progress while what was received is applied.
        stall: Duration,
    },
    /// Put the source's host back and start replication.
    ReattachHost {
        /// As of [`Control::DetachHost`].
        stall: Duration,
        /// Longest wait for replication to be seen running.
        confirm: Duration,
    },
    /// Switch a side of semi-synchronous replication; a running receiver is restarted for it.
    SemiSync {
        /// Which side.
        side: SemiSyncSide,
        /// On or off.
        on: bool,
    },
    /// End the statement that a connection runs.
    KillQuery {
        /// The server's number of the connection.
        connection: u64,
    },
    /// Begin a new binary log.
    FlushLogs,
    /// Remove the binary logs before this one.
    PurgeLogs {
        /// File name.
        to: String,
    },
    /// Commit an empty transaction for each GTID.
    InjectEmpty {
        /// An Oracle GTID set.
        gtids: Position,
    },
    /// Reset the binary logs and declare all that was executed as executed, but for these.
    ForgetGtids {
        /// An Oracle GTID set.
        errant: Position,
    },
}

/// A side of semi-synchronous replication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SemiSyncSide {
    /// Waits for acknowledgements.
    Source,
    /// Acknowledges.
    Replica,
}

/// A binary log on a server's disk.
#[derive(Clone, Debug, PartialEq)]
pub struct BinaryLog {
    /// File name.
    pub file: String,
    /// The transactions of the files before it (Oracle GTID only).
    pub previous: Position,
}

impl fmt::Display for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start { .. } => f.write_str("start replication"),
            Self::Stop => f.write_str("stop replication"),
            Self::StopNicely { .. } => f.write_str("stop replication once all is applied"),
            Self::Restart { .. } => f.write_str("restart replication"),
            Self::Reset { .. } => f.write_str("reset replication"),
            Self::Delay { seconds } => write!(f, "delay replication by {seconds} s"),
            Self::SkipQuery { .. } => f.write_str("skip the failing transaction"),
            Self::UseGtid => f.write_str("replicate by GTID"),
            Self::LeaveGtid => f.write_str("replicate by file and position"),
            Self::Credentials => f.write_str("set the replication account again"),
            Self::DetachHost { .. } => f.write_str("detach from the source"),
            Self::ReattachHost { .. } => f.write_str("reattach to the source"),
            Self::SemiSync { side, on } => {
                let side = match side {
                    SemiSyncSide::Source => "source",
                    SemiSyncSide::Replica => "replica",
                };
                write!(f, "set semi-sync, {side} side, to {on}")
            }
            Self::KillQuery { connection } => write!(f, "kill query {connection}"),
            Self::FlushLogs => f.write_str("flush binary logs"),
            Self::PurgeLogs { to } => write!(f, "purge binary logs to {to}"),
            Self::InjectEmpty { gtids } => write!(f, "inject empty transactions {gtids}"),
            Self::ForgetGtids { errant } => write!(f, "reset binary logs and forget {errant}"),
        }
    }
}
