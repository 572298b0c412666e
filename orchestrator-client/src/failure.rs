//! Why a command did not succeed, and the exit code that tells it to scripts.
//!
//! Texts name the thing and the remedy in one line. Passwords never get here: addresses are
//! masked where they are made (`endpoint.rs`).

use std::process::ExitCode;

/// How the process ends. Zero and non-zero are law; the kinds of non-zero are ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Done, or nothing found.
    Done = 0,
    /// The server said no, or its answer is of no use.
    Refused = 1,
    /// The command line is wrong; nothing was sent.
    Usage = 2,
    /// No server answered in time.
    Unreachable = 3,
    /// Servers answered, none of them leads.
    NoLeader = 4,
    /// The server wants other credentials.
    Unauthorised = 5,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status as u8)
    }
}

/// Why a command did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// The command line is wrong.
    #[error("{0}")]
    Usage(String),
    /// The server's own message.
    #[error("{0}")]
    Refused(String),
    /// The server's own message, when it says that the caller may not do this.
    #[error("{0}")]
    Forbidden(String),
    /// An answer that is not of the API.
    #[error("{0}")]
    Unexpected(String),
    /// The answer came, and got lost on the way to standard output.
    #[error("the command is done, but its answer cannot be written: {0}")]
    Unwritten(String),
    /// No answer. The beginning of the text is known to scripts.
    #[error(
        "Cannot access orchestrator at {at}.  Check ORCHESTRATOR_API is configured correctly \
         and orchestrator is running ({cause})"
    )]
    Unreachable {
        /// The address, masked.
        at: String,
        /// The last error.
        cause: String,
    },
    /// The time of `--timeout` is over.
    #[error("no answer from {at} within {seconds} s{note}; --timeout sets another limit")]
    TimedOut {
        /// The addresses, masked.
        at: String,
        /// The limit.
        seconds: u64,
        /// What went wrong last, or what may be going on meanwhile.
        note: String,
    },
    /// Several servers and none is usable as leader.
    #[error("Cannot determine leader from {from} ({findings})")]
    NoLeader {
        /// The addresses, masked.
        from: String,
        /// What each of them said.
        findings: String,
        /// Whether no server answered at all, or one wants credentials.
        status: Status,
    },
    /// A node's raft role is not what the command needs.
    #[error("Cannot determine raft state: {0}")]
    NotRaftLeader(String),
    /// HTTP 401 or 403.
    #[error(
        "Not authorised at {at} (HTTP {code}): set ORCHESTRATOR_AUTH_USER and \
         ORCHESTRATOR_AUTH_PASSWORD, ORCHESTRATOR_AUTH_USER_HEADER or ORCHESTRATOR_AUTH_TOKEN"
    )]
    Unauthorised {
        /// The address, masked.
        at: String,
        /// The HTTP status.
        code: u16,
    },
}

impl Failure {
    /// The exit code's meaning.
    pub(crate) fn status(&self) -> Status {
        match self {
            Self::Usage(_) => Status::Usage,
            Self::Refused(_) | Self::Unexpected(_) | Self::Unwritten(_) => Status::Refused,
            Self::Unreachable { .. } | Self::TimedOut { .. } => Status::Unreachable,
            Self::NoLeader { status, .. } => *status,
            Self::NotRaftLeader(_) => Status::NoLeader,
            Self::Forbidden(_) | Self::Unauthorised { .. } => Status::Unauthorised,
        }
    }

    /// Whether the text is the server's, which is printed without the program's name.
    pub(crate) fn is_server_message(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Forbidden(_))
    }
}
