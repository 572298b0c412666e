//! Steps: what a recovery wants done, as data, and what came of it. Journaled, so that another
//! node can go on where one stopped.

use std::fmt;

use serde::{Deserialize, Serialize};
use shared::InstanceKey;

use crate::{
    clock::Moment,
    config::{Config, HookCommand},
    mysql::driver::{Action, ActionError, Found},
};

/// One thing to do. The steps of a batch do not need each other.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Step {
    /// Change a server.
    Server(Action),
    /// Run the hooks of a list, after the changes of servers in the same batch, of which a slow
    /// one is not waited for.
    Hooks(HookList),
    /// Let everybody know the new source: the cluster's alias, the end of its downtime, a downtime
    /// of the one that failed.
    Announce {
        /// The new source.
        successor: InstanceKey,
    },
}

/// The hook lists that a recovery runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum HookList {
    /// `OnFailureDetectionProcesses`
    OnFailureDetection,
    /// `PreFailoverProcesses`
    PreFailover,
    /// `PostMasterFailoverProcesses`
    PostMasterFailover,
    /// `PostFailoverProcesses`
    PostFailover,
    /// `PostUnsuccessfulFailoverProcesses`
    PostUnsuccessfulFailover,
}

impl HookList {
    /// The configuration key.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OnFailureDetection => "OnFailureDetectionProcesses",
            Self::PreFailover => "PreFailoverProcesses",
            Self::PostMasterFailover => "PostMasterFailoverProcesses",
            Self::PostFailover => "PostFailoverProcesses",
            Self::PostUnsuccessfulFailover => "PostUnsuccessfulFailoverProcesses",
        }
    }

    /// The commands of the list.
    #[must_use]
    pub fn commands(self, config: &Config) -> &[HookCommand] {
        let hooks = &config.hooks;
        match self {
            Self::OnFailureDetection => &hooks.on_failure_detection,
            Self::PreFailover => &hooks.pre_failover,
            Self::PostMasterFailover => &hooks.post_master_failover,
            Self::PostFailover => &hooks.post_failover,
            Self::PostUnsuccessfulFailover => &hooks.post_unsuccessful_failover,
        }
    }

    /// A failing hook ends the list, and with it what the list precedes (spec 05, 7.1).
    #[must_use]
    pub fn stops_on_failure(self) -> bool {
        matches!(self, Self::OnFailureDetection | Self::PreFailover)
    }
}

/// What came of one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepResult {
    /// The step.
    pub step: Step,
    /// When it began.
    pub started: Moment,
    /// When it ended.
    pub finished: Moment,
    /// What it did, or why not.
    pub outcome: Result<StepEffect, ActionError>,
}

/// What a step left behind, as far as later decisions need it. GTID texts are in the server's
/// own language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepEffect {
    /// What the server has applied.
    pub executed: String,
    /// What it holds, applied or not.
    pub held: String,
    /// Everything held is applied.
    pub drained: bool,
    /// It was seen replicating.
    pub replicating: bool,
    /// Own binary log position, `file:pos`.
    pub binlog: String,
    /// How a replica was before it was sealed.
    #[serde(default)]
    pub found: Option<Found>,
}

impl Step {
    /// The server that the step changes, if any.
    #[must_use]
    pub fn server(&self) -> Option<&InstanceKey> {
        match self {
            Self::Server(action) => Some(action.server()),
            Self::Hooks(_) | Self::Announce { .. } => None,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(action) => action.fmt(f),
            Self::Hooks(list) => write!(f, "run {} hooks", list.name()),
            Self::Announce { successor } => write!(f, "announce {successor}"),
        }
    }
}
