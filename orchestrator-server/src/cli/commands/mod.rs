//! The commands of `-c` as a table, in the sections of the listing (spec 03, 3.7).
//!
//! A row says which path of the API answers the command, what becomes of the answer, and what the
//! command may touch. What the client calls by the same name takes its path from the client's own
//! table. A row whose path this version does not serve is a command that it cannot do yet: that
//! list needs no keeping, it shrinks with each new route.

mod information;
mod management;
mod relocation;
mod replication;

use shared::commands::{self as client, Field, template};

use super::print::Print;
use crate::http::{
    route::{self, Route},
    routes::{ROUTES, STATUS},
};

/// One command.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    /// The name.
    pub name: &'static str,
    /// Other accepted names.
    pub also: &'static [&'static str],
    /// What does it.
    pub call: Call,
    /// What has to be true before.
    pub before: Before,
    /// What becomes of the answer.
    pub print: Print,
    /// What it touches.
    pub effect: Effect,
    /// One line for people.
    pub help: &'static str,
}

/// What does a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// The path that the client's command of this name calls.
    AsClient,
    /// A path below `/api/`; see [`template`].
    Path(&'static str),
    /// Something else than a call of the API.
    Own(Own),
    /// Nothing yet.
    Missing,
}

/// Commands that are no call of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    /// Lists the commands.
    Help,
    /// Serves without the API.
    Continuous,
    /// Prints the configuration.
    DumpConfig,
    /// Brings the backend's tables up to date.
    RedeployInternalDb,
    /// Pools of every cluster.
    ClusterPools,
    /// Which instance the domain name of a cluster stands for.
    DomainInstance,
    /// Has it stand for the writer.
    SetDomainInstance,
}

/// What has to be true before a command is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// Nothing.
    Nothing,
    /// The instance is known.
    Known,
    /// The instance was read just now.
    Fresh,
}

/// What a command touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Reads what is known; never opens a connection to a monitored server.
    Read,
    /// Reads from monitored servers.
    Probe,
    /// Changes what is known; no monitored server.
    Hint,
    /// Changes monitored servers, or forgets them: host names have to be given in full.
    Change,
}

impl Effect {
    /// For the documentation.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "reads",
            Self::Probe => "probes",
            Self::Hint => "records",
            Self::Change => "changes servers",
        }
    }
}

/// A section of the listing.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// Its heading.
    pub title: &'static str,
    /// Its rows.
    pub commands: &'static [Command],
}

/// All sections, in the order of the listing.
pub static SECTIONS: &[Section] = &[
    relocation::SMART,
    relocation::CLASSIC,
    relocation::BINLOG_SERVERS,
    relocation::GTID,
    relocation::PSEUDO_GTID,
    replication::GENERAL,
    replication::INFORMATION,
    replication::INSTANCE,
    replication::BINARY_LOGS,
    information::POOLS,
    information::INFORMATION,
    information::KEY_VALUE,
    information::TAGS,
    management::INSTANCES,
    management::RECOVERY,
    management::INSTANCE_META,
    management::META,
    management::INTERNAL,
    management::AGENTS,
];

/// What rows of reads have in common.
const READ: Command = Command {
    name: "",
    also: &[],
    call: Call::AsClient,
    before: Before::Nothing,
    print: Print::Nothing,
    effect: Effect::Read,
    help: "",
};

/// What rows of hints have in common.
const HINT: Command = Command { effect: Effect::Hint, print: Print::Key, ..READ };

/// What rows of operations on servers have in common.
const CHANGE: Command = Command { effect: Effect::Change, print: Print::Key, ..READ };

/// All rows.
pub fn all() -> impl Iterator<Item = &'static Command> {
    SECTIONS.iter().flat_map(|section| section.commands)
}

/// The command of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Command> {
    all().find(|command| command.name == name || command.also.contains(&name))
}

impl Command {
    /// The template of its path; empty if it is none.
    #[must_use]
    pub fn path(&self) -> &'static str {
        match self.call {
            Call::Path(path) => path,
            Call::AsClient => client::find(self.name).map_or("", |command| command.path),
            // What is asked first.
            Call::Own(Own::DomainInstance | Own::SetDomainInstance) => "cluster-info/{C}",
            Call::Own(_) | Call::Missing => "",
        }
    }

    /// The values that it takes, and whether each may be left out.
    pub fn fields(&self) -> impl Iterator<Item = (Field, bool)> {
        template::slots(self.path()).filter_map(|slot| Some((slot.field?, slot.optional)))
    }

    /// It takes this value.
    #[must_use]
    pub fn takes(&self, field: Field) -> bool {
        self.fields().any(|(taken, _)| taken == field)
            || (field == Field::Instance && self.print == Print::AskedIfListed)
    }

    /// Its instances are one list, not one run each.
    #[must_use]
    pub fn takes_list(&self) -> bool {
        self.name == "submit-pool-instances"
    }

    /// This version can do it.
    #[must_use]
    pub fn is_available(&self) -> bool {
        match self.call {
            Call::Own(Own::ClusterPools) => is_served("cluster-pool-instances/x"),
            Call::Own(_) => true,
            Call::Missing => false,
            Call::AsClient | Call::Path(_) => {
                let filled = template::fill(self.path(), |field| Ok::<_, ()>(sample(field)));
                filled.is_ok_and(|path| is_served(&path))
            }
        }
    }
}

fn sample(field: Field) -> String {
    match field {
        Field::Instance | Field::Destination => "h/1".to_owned(),
        _ => "x".to_owned(),
    }
}

/// Whether a path below `/api/` has an answer.
fn is_served(path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let segments: Vec<String> = path.split('/').map(str::to_owned).collect();
    let found = |routes: &[Route]| route::find(routes, &segments).is_some();
    found(ROUTES) || found(std::slice::from_ref(&STATUS))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
