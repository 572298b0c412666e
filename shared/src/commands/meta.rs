//! Commands about the client and the API itself.

use super::{Action, Command, OPERATION, READ, Section, field::Field::Path, output::Output};

pub(super) const SECTION: Section = Section {
    title: "Meta",
    commands: &[
        Command {
            name: "help",
            action: Action::Help,
            help: "Print the flags and the commands, or the help of one command",
            ..READ
        },
        Command {
            name: "which-api",
            action: Action::WhichApi,
            help: "Print the address of the API that would be used",
            ..READ
        },
        // What a raw path does is not known here, so it is treated as an operation that answers.
        Command {
            name: "api",
            needs: &[Path],
            path: "{path}",
            output: Output::Body,
            changes: false,
            help: "Call any path below /api/ and print the answer as JSON",
            ..OPERATION
        },
        Command {
            name: "completions",
            action: Action::Completions,
            help: "Print the completion script of a shell: bash, zsh or fish",
            ..READ
        },
        Command { name: "man", action: Action::ManPage, help: "Print the man page", ..READ },
    ],
};
