//! The commands of the client as a table, one file per help section.
//!
//! A row says what a command needs, which path it calls and how the answer is printed. Dispatch,
//! help, completions, the man page, `docs/client.md` and the tests of the server's route table
//! walk the same rows. No row has code of its own.

mod clusters;
mod discovery;
pub mod field;
mod hints;
mod instance;
mod meta;
pub mod output;
mod raft;
mod recovery;
mod relocation;
mod tags;
pub mod template;

use std::time::Duration;

pub use field::Field;
pub use output::{Line, Output, Test};

/// One command.
#[derive(Debug, Clone, Copy)]
pub struct Command {
    /// The name.
    pub name: &'static str,
    /// Other accepted names, beside the legacy spelling with `slave` for `replica`.
    pub also: &'static [&'static str],
    /// What must be given; the first missing one is reported.
    pub needs: &'static [Field],
    /// What it does.
    pub action: Action,
    /// The template of the path below `/api/`; see [`template`].
    pub path: &'static str,
    /// How the answer is printed.
    pub output: Output,
    /// Whether it changes anything.
    pub changes: bool,
    /// How long it may take.
    pub limit: Limit,
    /// Whether the server may be asked again when the answer was lost.
    pub idempotent: bool,
    /// Whether only the raft leader itself can answer.
    pub needs_raft_leader: bool,
    /// One line for people.
    pub help: &'static str,
}

/// What a command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Prints help; no server is asked.
    Help,
    /// Prints the address that would be used.
    WhichApi,
    /// Prints a shell's completion script; no server is asked.
    Completions,
    /// Prints the man page; no server is asked.
    ManPage,
    /// Calls the path and prints the answer.
    Call,
}

/// How long a command may take when `--timeout` does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    /// Reads and hints.
    Short,
    /// Operations on servers.
    Operation,
    /// Recoveries and takeovers.
    Takeover,
}

impl Limit {
    /// The limit.
    pub const fn duration(self) -> Duration {
        Duration::from_secs(match self {
            Self::Short => 15,
            Self::Operation => 600,
            Self::Takeover => 1800,
        })
    }
}

/// A section of the help text.
#[derive(Debug)]
pub struct Section {
    /// The heading.
    pub title: &'static str,
    /// The rows.
    pub commands: &'static [Command],
}

/// All sections, in the order of the help text.
pub const SECTIONS: &[Section] = &[
    meta::SECTION,
    discovery::SECTION,
    clusters::SECTION,
    instance::INFORMATION,
    relocation::SECTION,
    tags::SECTION,
    hints::SECTION,
    instance::OPERATIONS,
    recovery::SECTION,
    raft::SECTION,
];

/// Routes that only read, and that no command but `api` calls.
const READS: &[&str] = &[
    "active-cluster-recovery",
    "audit",
    "audit-failure-detection",
    "audit-recovery",
    "audit-recovery-steps",
    "automated-recovery-filters",
    "blocked-recoveries",
    "bulk-instances",
    "bulk-promotion-rules",
    "clusters",
    "headers",
    "health",
    "lb-check",
    "leader-check",
    "maintenance",
    "problems",
    "raft-peers",
    "raft-state",
    "raft-status",
    "recently-active-cluster-recovery",
    "recently-active-instance-recovery",
    "replication-analysis-changelog",
    "routed-leader-check",
];

/// What rows of reads have in common.
const READ: Command = Command {
    name: "",
    also: &[],
    needs: &[],
    action: Action::Call,
    path: "",
    output: Output::Nothing,
    changes: false,
    limit: Limit::Short,
    idempotent: true,
    needs_raft_leader: false,
    help: "",
};

/// What rows of hints have in common: facts that may be told twice.
const HINT: Command = Command { changes: true, ..READ };

/// What rows of operations have in common.
const OPERATION: Command = Command { limit: Limit::Operation, idempotent: false, ..HINT };

impl Command {
    /// The values that bare words give after the name as a subcommand: first those that are
    /// needed and have no default, then those that may be left out (`true`).
    pub fn words(&self) -> impl Iterator<Item = (Field, bool)> {
        let optional = template::slots(self.path)
            .filter_map(|slot| slot.field.filter(|_| slot.optional))
            .map(|field| (field, true));
        let needed = self.needs.iter().map(|field| (*field, false));
        needed.chain(optional).filter(|(field, _)| !field.word().is_empty())
    }

    /// The words after the program's name in an example.
    pub fn example(&self) -> String {
        let words = self.words().map(|(field, _)| field.sample());
        let shell = (self.action == Action::Completions).then_some("bash");
        std::iter::once(self.name).chain(words).chain(shell).collect::<Vec<_>>().join(" ")
    }

    /// The command for this path. What a raw path does, and so how long it may take and whether it
    /// may be asked for again, is told by its first segment: that of other commands, or of a
    /// well-known read; whatever else it is may be an operation.
    #[must_use]
    pub fn at(&self, path: &str) -> Self {
        if self.output != Output::Body {
            return *self;
        }
        let route = route_of(path);
        let read = READS.contains(&route).then_some(READ);
        let known = all()
            .filter(|command| command.action == Action::Call && command.output != Output::Body)
            .filter(|command| route_of(command.path) == route)
            .copied()
            .chain(read)
            .reduce(|one, other| Self {
                limit: one.limit.max(other.limit),
                idempotent: one.idempotent && other.idempotent,
                ..one
            });
        known.map_or(*self, |known| Self {
            limit: known.limit,
            idempotent: known.idempotent,
            ..*self
        })
    }

    /// The spelling with `slave`, where there is one.
    pub fn legacy_name(&self) -> Option<String> {
        self.name.contains("replica").then(|| self.name.replacen("replica", "slave", 1))
    }
}

/// The first segment of a path or of a template.
fn route_of(path: &str) -> &str {
    path.split(['/', '?', '[']).next().unwrap_or_default()
}

/// The command of that name. Legacy names hold `slave` for the first `replica`.
pub fn find(name: &str) -> Option<&'static Command> {
    let exact =
        |name: &str| all().find(|command| command.name == name || command.also.contains(&name));
    exact(name).or_else(|| exact(&name.replacen("slave", "replica", 1)))
}

/// All rows.
pub fn all() -> impl Iterator<Item = &'static Command> {
    SECTIONS.iter().flat_map(|section| section.commands)
}

#[cfg(test)]
mod tests;
