//! What the program says about itself: the cheat sheet, the listing of commands, the help of one.

use std::fmt::Write;

use shared::commands::Field;

use super::commands::{Before, Command, SECTIONS};

/// What `orchestrator` alone prints.
pub const CHEAT_SHEET: &str = "\
Usage: orchestrator [flags] http           serve the API, discover, watch and recover
       orchestrator [flags] -c <command>   run one command: by the running service, or without one
       orchestrator import --from <source> take over the state of the Go program
       orchestrator help [command]         list the commands, or explain one
       orchestrator --version              print the version
       orchestrator --help                 list the flags

For example:
       orchestrator -c discover -i any.server.of.a.topology:3306
       orchestrator -c topology -i any.server.of.a.topology:3306

From other machines, ask a running service with orchestrator-client.
";

/// All commands by section.
#[must_use]
pub fn listing() -> String {
    let mut text = String::new();
    // Writing to a text never fails.
    for section in SECTIONS {
        let _ = writeln!(text, "{}:", section.title);
        for command in section.commands {
            let later = if command.is_available() { "" } else { " (not in this version)" };
            let _ = writeln!(text, "\t{:<40}{}{later}", command.name, command.help);
        }
    }
    text
}

/// The help of one command; nothing but its name where there is no such command.
#[must_use]
pub fn of(name: &str, command: Option<&Command>) -> String {
    let mut text = format!("{name}:\n");
    let Some(command) = command else { return text };
    let _ = writeln!(text, "\n  {}.", command.help);
    if !command.also.is_empty() {
        let _ = writeln!(text, "  Other names: {}.", command.also.join(", "));
    }
    let _ = writeln!(text, "\n  orchestrator -c {name}{}", example(command));
    let needs = match command.before {
        Before::Nothing => "",
        Before::Known => "\n  The instance has to be known.\n",
        Before::Fresh => "\n  The instance is read first.\n",
    };
    text += needs;
    if !command.is_available() {
        text += "\n  This version cannot do it yet.\n";
    }
    text
}

/// For the documentation: the flags that a command takes; those in brackets may be left out.
#[must_use]
pub fn takes(command: &Command) -> String {
    let flags =
        flags(command).map(
            |(flag, _, optional)| {
                if optional { format!("[`{flag}`]") } else { format!("`{flag}`") }
            },
        );
    flags.collect::<Vec<_>>().join(" ")
}

fn example(command: &Command) -> String {
    flags(command)
        .map(
            |(flag, sample, optional)| {
                if optional { format!(" [{flag} {sample}]") } else { format!(" {flag} {sample}") }
            },
        )
        .collect()
}

fn flags(command: &Command) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
    let list = command.takes_list();
    let by_hand: &[(&str, &str, bool)] = match command.name {
        "find" => &[("-pattern", "'^db1[.]'", false)],
        "in-maintenance" => &[("-i", "db2.example.com:3306", false)],
        _ => &[],
    };
    command
        .fields()
        .map(move |(field, optional)| (flag(field, list), field.sample(), optional))
        .chain(by_hand.iter().copied())
}

/// The flag that gives a value.
pub(super) const fn flag(field: Field, list: bool) -> &'static str {
    match field {
        Field::Instance => "-i",
        Field::Text if list => "-i",
        Field::Text => "-pattern",
        Field::Destination => "-d",
        Field::Cluster => "-alias|-i",
        Field::Alias => "-alias",
        Field::Owner => "-owner",
        Field::Reason => "-reason",
        Field::Duration => "-duration",
        Field::PromotionRule => "-promotion-rule",
        Field::Tag => "-tag",
        Field::Pool => "-pool",
        Field::Hostname => "-hostname",
        Field::Binlog => "-binlog",
        Field::Seconds => "-seconds",
        Field::Query => "-statement",
        Field::Path => "-path",
    }
}
