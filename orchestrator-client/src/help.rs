//! The help texts, made from the tables of commands and flags.

use std::fmt::Write;

use shared::commands::{Action, Command, Limit, Output, SECTIONS};
use shared::flags::{FLAGS, Flag, FlagId};

use crate::printer::heading;

/// The flags that count for every command.
pub(crate) const COMMON: &[FlagId] = &[
    FlagId::Api,
    FlagId::Auth,
    FlagId::HeadersAuth,
    FlagId::TokenFile,
    FlagId::CaFile,
    FlagId::CertFile,
    FlagId::KeyFile,
    FlagId::Timeout,
    FlagId::Splay,
    FlagId::Json,
    FlagId::Help,
];

/// The text of `--help`.
pub(crate) fn usage() -> String {
    let mut text = format!(
        "{}\n    orchestrator-client -c <command> [flags]\n    \
         orchestrator-client <command> [words] [flags]\n\n{}\n    \
         orchestrator-client -c which-master -i db2.example.com\n    \
         orchestrator-client which-master db2.example.com\n\n\
         orchestrator-client help <command> tells more about one command.\n\n{}\n",
        heading("Usage:"),
        heading("Examples:"),
        heading("Flags (long names take one or two dashes, and --name=value):"),
    );
    for flag in FLAGS.iter().filter(|flag| !flag.help.is_empty()) {
        let _ = writeln!(text, "  {}\n    {}", flag.spelling(), flag.help);
    }
    for section in SECTIONS {
        let _ = writeln!(text, "\n{}", heading(&format!("{}:", section.title)));
        for command in section.commands {
            let _ = writeln!(text, "    {:<40} {}", command.name, command.help);
        }
    }
    text
}

/// The text of `help <command>`.
pub(crate) fn of_command(command: &Command) -> String {
    let name = command.name;
    let mut text = format!("{}: {}\n\n{}\n", heading(name), command.help, heading("Usage:"));
    let _ = writeln!(text, "    orchestrator-client {}", synopsis(command));
    if command.action == Action::Call {
        let _ = writeln!(text, "    orchestrator-client -c {}", flag_synopsis(command));
    }
    let _ =
        writeln!(text, "\n{}\n    orchestrator-client {}", heading("Example:"), command.example());
    let mut names: Vec<_> = command.also.iter().map(|name| (*name).to_owned()).collect();
    names.extend(command.legacy_name());
    if !names.is_empty() {
        let _ = writeln!(text, "\n{} {}", heading("Other names:"), names.join(", "));
    }
    let flags = flags_of(command);
    if !flags.is_empty() {
        let _ = writeln!(text, "\n{}", heading("Flags:"));
        for flag in flags {
            let _ = writeln!(text, "  {}\n    {}", flag.spelling(), flag.help);
        }
    }
    if command.action == Action::Call {
        let _ = writeln!(text, "\n{}", facts(command));
    }
    text
}

/// What to expect of a command.
fn facts(command: &Command) -> String {
    if command.output == Output::Body {
        return "How long it waits, and whether it is sent again if no answer comes, is what counts \
                for commands that do what the path does; --timeout sets another limit."
            .to_owned();
    }
    let limit = match command.limit {
        Limit::Short => "15 s",
        Limit::Operation => "10 min",
        Limit::Takeover => "30 min",
    };
    let again =
        if command.idempotent { "is sent again if no answer comes" } else { "is never sent twice" };
    format!("It gives up after {limit} (--timeout sets another limit) and {again}.")
}

/// The command with the words that it takes.
pub(crate) fn synopsis(command: &Command) -> String {
    let mut text = command.name.to_owned();
    for (field, optional) in command.words() {
        let _ = if optional {
            write!(text, " [{}]", field.word())
        } else {
            write!(text, " <{}>", field.word())
        };
    }
    match command.action {
        Action::Help => text.push_str(" [command]"),
        Action::Completions => text.push_str(" <bash|zsh|fish>"),
        Action::Call | Action::WhichApi => text.push_str(" [flags]"),
        Action::ManPage => {}
    }
    text
}

/// The command with the flags that it takes.
fn flag_synopsis(command: &Command) -> String {
    let mut text = command.name.to_owned();
    for (field, optional) in command.words() {
        let _ = if optional {
            write!(text, " [{} {}]", field.hint(), field.word())
        } else {
            write!(text, " {} <{}>", field.hint(), field.word())
        };
    }
    text + " [flags]"
}

/// The flags that count for a command, its own ones first.
pub(crate) fn flags_of(command: &Command) -> Vec<&'static Flag> {
    let (own, common) = match command.action {
        Action::Call => {
            let mut fields: Vec<_> = command.needs.to_vec();
            fields.extend(command.words().map(|(field, _)| field));
            let mut own: Vec<_> = fields.iter().flat_map(|field| field.flags()).copied().collect();
            if own.contains(&FlagId::Instance) || own.contains(&FlagId::Destination) {
                own.push(FlagId::DefaultPort);
            }
            if command.changes {
                own.push(FlagId::Quiet);
            }
            (own, COMMON)
        }
        Action::WhichApi => (Vec::new(), COMMON),
        Action::Help | Action::Completions | Action::ManPage => (Vec::new(), &[][..]),
    };
    let has = |ids: &[FlagId]| {
        let ids = ids.to_vec();
        FLAGS.iter().filter(move |flag| ids.contains(&flag.id)).collect::<Vec<_>>()
    };
    [has(&own), has(common)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::commands::{all, find};

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

    #[test]
    fn each_command_has_an_example_that_its_own_words_can_read() {
        for command in all() {
            let text = of_command(command);
            assert!(text.contains(&format!("orchestrator-client {}", command.example())), "{text}");
            let example = command.example();
            let mut words = example.split(' ').skip(1).map(str::to_owned);
            if command.action == Action::Call && !example.contains('\'') {
                let mut arguments = crate::arguments::parse(&mut words).unwrap();
                arguments.place_words(command).unwrap();
            }
        }
    }

    #[test]
    fn the_help_of_a_command() {
        let text = of_command(find("relocate").unwrap());
        let start = "relocate: Move a replica below another instance, by whatever way works\n\n\
                     Usage:\n    orchestrator-client relocate <host[:port]> <destination[:port]> \
                     [flags]\n    orchestrator-client -c relocate -i <host[:port]> -d <destination[:port]> [flags]\n\n\
                     Example:\n    orchestrator-client relocate db2.example.com:3306 \
                     db1.example.com:3306\n\nOther names: relocate-below\n\nFlags:\n  \
                     -i <host[:port]>, --instance <host[:port]>\n";
        assert!(text.starts_with(start), "{text}");
        assert!(text.contains("--quiet") && !text.contains("--tag"), "{text}");
        assert!(
            text.ends_with(
                "after 10 min (--timeout sets another limit) and is never sent twice.\n"
            )
        );
    }

    /// The list in the documentation is the table.
    #[test]
    fn the_documentation_lists_the_commands() {
        let page = include_str!("../../docs/client.md");
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
                    .map(|field| format!("`{}`", field.hint().replace('|', "` or `")))
                    .collect();
                let (names, needs) = (names.join(", "), needs.join(" "));
                let _ = writeln!(list, "| {names} | {needs} | {} |", command.help);
            }
            list.push('\n');
        }
        assert!(
            page.contains(list.trim_end()),
            "docs/client.md must list the commands like this:\n{list}"
        );
    }

    /// And so is the list of flags.
    #[test]
    fn the_documentation_names_the_flags() {
        let page = include_str!("../../docs/client.md");
        for flag in FLAGS {
            for name in flag.long {
                assert!(page.contains(&format!("`--{name}`")), "--{name}");
            }
            if let Some(letter) = flag.short {
                assert!(page.contains(&format!("`-{letter}`")), "-{letter}");
            }
        }
    }
}
