//! The commands as a table, one file per help section.
//!
//! A row says what a command needs, which path it calls and how the answer is printed; help,
//! `docs/client.md`, validation and tests walk the same rows. No row has code of its own.

mod clusters;
mod discovery;
mod hints;
mod instance;
mod meta;
mod raft;
mod recovery;
mod relocation;
mod tags;

use std::fmt::Write;

use crate::arguments::{FLAGS, Flag};
use crate::shape::Show;
use crate::values::Field;

/// One command.
#[derive(Clone, Copy)]
pub(crate) struct Command {
    /// The name.
    pub(crate) name: &'static str,
    /// Other accepted names, beside the legacy spelling with `slave` for `replica`.
    pub(crate) also: &'static [&'static str],
    /// What must be given; the first missing one is reported.
    pub(crate) needs: &'static [Field],
    /// What it does.
    pub(crate) action: Action,
    /// The template of the path below `/api/`; see `values.rs`.
    pub(crate) path: &'static str,
    /// How the answer is printed.
    pub(crate) show: Show,
    /// How long it may take.
    pub(crate) takes: Takes,
    /// Whether the server may be asked again when the answer was lost (spec 03, 4.3).
    pub(crate) repeatable: bool,
    /// Whether only the raft leader itself can answer.
    pub(crate) needs_raft_leader: bool,
    /// One line for people.
    pub(crate) help: &'static str,
}

/// What a command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Prints the usage; no server is asked.
    Help,
    /// Prints the address that would be used.
    WhichApi,
    /// Calls the path and prints the answer.
    Call,
}

/// How long a command may take when `--timeout` does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    /// Reads and hints.
    Seconds,
    /// Operations on servers.
    Minutes,
}

/// A section of the help text.
pub(crate) struct Section {
    /// The heading.
    pub(crate) title: &'static str,
    /// The rows.
    pub(crate) commands: &'static [Command],
}

/// All sections, in the order of the help text.
pub(crate) const SECTIONS: &[Section] = &[
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

/// What rows of reads have in common.
const READ: Command = Command {
    name: "",
    also: &[],
    needs: &[],
    action: Action::Call,
    path: "",
    show: Show::Nothing,
    takes: Takes::Seconds,
    repeatable: true,
    needs_raft_leader: false,
    help: "",
};

/// What rows of hints have in common: facts that may be told twice.
const HINT: Command = READ;

/// What rows of operations have in common.
const OPERATION: Command = Command { takes: Takes::Minutes, repeatable: false, ..READ };

/// The command of that name.
///
/// Legacy names hold `slave` for the first `replica` (spec 03, 2.10).
pub(crate) fn find(name: &str) -> Option<&'static Command> {
    let exact =
        |name: &str| all().find(|command| command.name == name || command.also.contains(&name));
    exact(name).or_else(|| exact(&name.replacen("slave", "replica", 1)))
}

/// All rows.
pub(crate) fn all() -> impl Iterator<Item = &'static Command> {
    SECTIONS.iter().flat_map(|section| section.commands)
}

/// The text of `-c help`.
pub(crate) fn usage() -> String {
    let mut text = String::from(
        "Usage: orchestrator-client -c <command> [flags...]\n\
         Example: orchestrator-client -c which-master -i some.replica\n\
         Flags (long names take one or two dashes, and --name=value):\n",
    );
    for flag in FLAGS.iter().filter(|flag| !flag.help.is_empty()) {
        let _ = write!(text, "\n  {}\n    {}", spelling(flag), flag.help);
    }
    text.push('\n');
    for section in SECTIONS {
        let _ = writeln!(text, "\n{}:", section.title);
        for command in section.commands {
            let _ = writeln!(text, "    {:<40} {}", command.name, command.help);
        }
    }
    text
}

fn spelling(flag: &Flag) -> String {
    let value = if flag.value.is_empty() { String::new() } else { format!(" <{}>", flag.value) };
    let short = flag.short.map(|letter| format!("-{letter}{value}"));
    let long = flag.long.first().map(|name| format!("--{name}{value}"));
    short.into_iter().chain(long).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;
    use crate::values::Values;
    use rstest::rstest;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique() {
        let mut seen = HashSet::new();
        for command in all() {
            for name in [command.name].iter().chain(command.also) {
                assert!(seen.insert(*name), "{name}");
            }
        }
    }

    /// The parts of a template: `(name, whether it may be left out)`.
    fn placeholders(template: &str) -> Vec<(&str, bool)> {
        let optional_from = template.find('[').unwrap_or(template.len());
        template
            .match_indices('{')
            .map(|(at, _)| {
                let end = at + template[at..].find('}').unwrap();
                (&template[at + 1..end], at > optional_from)
            })
            .collect()
    }

    #[test]
    fn paths_use_what_the_command_needs() {
        for Command { name, needs, path, action, help, .. } in all() {
            assert!(!help.is_empty(), "{name}");
            assert_eq!(path.is_empty(), *action != Action::Call, "{name}");
            let used = placeholders(path);
            for (placeholder, optional) in &used {
                let needed = needs.iter().any(|field| {
                    field.placeholder() == *placeholder
                        || (*placeholder == "text" && *field == Field::Instance)
                });
                assert!(needed || *optional, "{name} does not ask for {placeholder}");
            }
            for field in *needs {
                let found = used.iter().any(|(used, _)| {
                    *used == field.placeholder() || (*used == "text" && *field == Field::Instance)
                });
                assert!(found, "{name} asks for {field:?} and does not use it");
            }
        }
    }

    #[test]
    fn paths_can_be_filled() {
        let words = "-i h -d d -a a -r r -R prefer -t t -l p -H v -n n -S 1 -q q -P p".split(' ');
        let arguments = crate::arguments::parse(words.map(str::to_owned)).unwrap();
        let values = Values::new(&arguments, &Environment::default()).unwrap();
        for command in all() {
            let path = values.fill(command.path).unwrap();
            assert!(!path.contains(['{', '}', '[', ']']), "{}: {path}", command.name);
        }
    }

    #[rstest]
    #[case("which-slaves", "which-replicas")]
    #[case("which-instance", "instance")]
    #[case("detach-slave-master-host", "detach-replica-master-host")]
    #[case("restart-slave-statements", "restart-replica-statements")]
    #[case("enslave-siblings", "take-siblings")]
    #[case("enslave-master", "take-master")]
    fn other_names(#[case] given: &str, #[case] name: &str) {
        assert_eq!(find(given).map(|command| command.name), Some(name));
    }

    #[test]
    fn unknown_names_are_not_found() {
        for name in ["", "nosuch", "Clusters", "slave"] {
            assert!(find(name).is_none(), "{name}");
        }
    }

    #[test]
    fn changes_are_not_repeated_blindly() {
        let unsafe_to_repeat = [
            "recover",
            "graceful-master-takeover",
            "graceful-master-takeover-auto",
            "force-master-failover",
            "force-master-takeover",
            "skip-query",
            "flush-binary-logs",
            "gtid-errant-reset-master",
            "gtid-errant-inject-empty",
            "reset-replica",
            "begin-maintenance",
            "forget",
            "raft-elect-leader",
            "relocate",
            "relocate-replicas",
            "api",
        ];
        for name in unsafe_to_repeat {
            assert!(!find(name).unwrap().repeatable, "{name}");
        }
    }

    #[test]
    fn the_usage_names_all_flags_and_commands() {
        let usage = usage();
        for command in all() {
            assert!(usage.contains(&format!("\n    {:<40} {}\n", command.name, command.help)));
        }
        assert!(usage.contains("\n  -a <cluster>, --alias <cluster>\n    alias"));
        assert!(usage.contains("\n  --timeout <duration>\n"));
        assert!(!usage.contains("stack"));
    }

    /// The list in the documentation is this table.
    #[test]
    fn the_documentation_lists_the_commands() {
        let page = include_str!("../../../docs/client.md");
        let mut list = String::new();
        for section in SECTIONS {
            let _ = writeln!(
                list,
                "### {}\n\n| Command | Needs | What it does |\n|---|---|---|",
                section.title
            );
            for command in section.commands {
                let names: Vec<_> = [command.name]
                    .iter()
                    .chain(command.also)
                    .map(|name| format!("`{name}`"))
                    .collect();
                let needs: Vec<_> = command
                    .needs
                    .iter()
                    .map(|field| format!("`{}`", field.flags().replace('|', "` or `")))
                    .collect();
                let _ = writeln!(
                    list,
                    "| {} | {} | {} |",
                    names.join(", "),
                    needs.join(" "),
                    command.help
                );
            }
            list.push('\n');
        }
        assert!(
            page.contains(list.trim_end()),
            "docs/client.md must list the commands like this:\n{list}"
        );
    }
}
