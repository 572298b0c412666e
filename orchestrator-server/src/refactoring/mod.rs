//! What people do to single servers: replication control, settings, binary logs, errant GTIDs.
//! Rules are pure and come before the first statement; the shell locks the server, has the driver
//! act, reads the server again and writes the audit.

pub mod errant;
mod lock;
pub mod replicate;
mod rules;
mod semi_sync;
mod shell;

use std::sync::Arc;

use shared::InstanceKey;

use crate::{inventory::view::Instance, mysql::control::SemiSyncSide};

pub use shell::Shell;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Start replication.
    Start,
    /// Stop replication.
    Stop,
    /// Stop replication once everything received is applied.
    StopNicely,
    /// Stop and start replication.
    Restart,
    /// Forget the source.
    Reset,
    /// Apply changes so many seconds late.
    Delay(u64),
    /// Skip the transaction at which the applier stopped.
    SkipQuery,
    /// Replicate by GTID.
    EnableGtid,
    /// Replicate by file and position.
    DisableGtid,
    /// Set the replication account again.
    Credentials,
    /// Make the source's host name unusable.
    Detach,
    /// Undo that.
    Reattach,
    /// Switch a side of semi-synchronous replication.
    SemiSync(SemiSyncSide, bool),
    /// End the statement of a connection.
    KillQuery(u64),
    /// Begin a new binary log.
    FlushLogs,
    /// Remove older binary logs.
    PurgeLogs {
        /// The first that is kept; the newest if none.
        to: Option<String>,
        /// Even if a replica may still need them.
        force: bool,
    },
    /// Make it read-only, or writeable.
    SetReadOnly(bool),
    /// Give the cluster's source empty transactions with the errant GTIDs of the server.
    InjectEmpty,
    /// Reset the binary logs of the server and forget its errant GTIDs.
    ForgetErrant,
}

/// It was done.
#[derive(Clone, Debug, PartialEq)]
pub struct Done {
    /// The server as it was read afterwards.
    pub instance: Arc<Instance>,
    /// Of [`Operation::InjectEmpty`]: how many transactions, and where.
    pub injected: Option<(u128, InstanceKey)>,
}

/// It was not done, or not all of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// Why.
    pub why: String,
    /// The server, where it was changed all the same.
    pub instance: Option<Arc<Instance>>,
}

impl From<String> for Refused {
    fn from(why: String) -> Self {
        Self { why, instance: None }
    }
}

/// How an operation stands to locks on its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Locking {
    /// It takes none.
    None,
    /// It keeps other operations away; the lock of a person does not keep it away.
    Beside,
    /// Nobody else may have a lock.
    Alone,
}

impl Operation {
    /// How it stands to locks, and the reason that its own lock gives.
    fn locking(&self) -> (Locking, &'static str) {
        match self {
            Self::Start => (Locking::Beside, "start-replica"),
            Self::Stop => (Locking::Beside, "stop-replica"),
            Self::StopNicely => (Locking::Beside, "stop-replica-nice"),
            Self::Restart => (Locking::Beside, "restart-replica"),
            Self::Delay(_) => (Locking::Beside, "delay-replication"),
            Self::SkipQuery => (Locking::Beside, "skip-query"),
            Self::Credentials => (Locking::Beside, "change-master-credentials"),
            Self::SemiSync(..) => (Locking::Beside, "semi-sync"),
            Self::Reset => (Locking::Alone, "reset replica"),
            Self::EnableGtid => (Locking::Alone, "enable gtid"),
            Self::DisableGtid => (Locking::Alone, "disable gtid"),
            Self::Detach => (Locking::Alone, "detach-replica-master-host"),
            Self::Reattach => (Locking::Alone, "reattach-replica-master-host"),
            Self::ForgetErrant => (Locking::Alone, "reset-master-gtid"),
            Self::KillQuery(_)
            | Self::FlushLogs
            | Self::PurgeLogs { .. }
            | Self::SetReadOnly(_)
            | Self::InjectEmpty => (Locking::None, ""),
        }
    }

    /// Kind and text of its entry in the audit; none for what is not audited (spec 06, 15).
    fn audit(&self, before: &Instance, done: &Done) -> Option<(&'static str, String)> {
        let key = &before.key;
        let source = || before.source.key().map(ToString::to_string).unwrap_or_default();
        let host = || before.source.key().map(|key| format!("//{key}")).unwrap_or_default();
        Some(match self {
            Self::Reset => ("reset-slave", format!("{key} replication reset")),
            Self::Delay(seconds) => ("delay-replication", format!("set to {seconds}")),
            Self::SkipQuery => ("skip-query", "Skipped one query".to_owned()),
            Self::EnableGtid => ("enable-gtid", format!("enabled GTID on {key}")),
            Self::DisableGtid => ("disable-gtid", format!("disabled GTID on {key}")),
            Self::Detach => {
                ("repoint", format!("replica {key} detached from master into {}", host()))
            }
            Self::Reattach => {
                ("repoint", format!("replica {key} reattached to master {}", source()))
            }
            Self::KillQuery(query) => ("kill-query", format!("Killed query {query}")),
            Self::FlushLogs => ("flush-binary-logs", "success".to_owned()),
            Self::PurgeLogs { .. } => ("purge-binary-logs", "success".to_owned()),
            Self::SetReadOnly(on) => ("read-only", format!("set as {on}")),
            Self::ForgetErrant => ("gtid-errant-reset-master", format!("{key} master reset")),
            Self::InjectEmpty => {
                let (count, at) = done.injected.as_ref()?;
                ("gtid-errant-inject-empty", format!("injected {count} empty transactions on {at}"))
            }
            Self::Start
            | Self::Stop
            | Self::StopNicely
            | Self::Restart
            | Self::Credentials
            | Self::SemiSync(..) => return None,
        })
    }
}
