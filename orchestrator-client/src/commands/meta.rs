//! Commands about the client and the API itself.

use super::{Action, Command, OPERATION, READ, Section};
use crate::shape::Show;
use crate::values::Field::Path;

pub(super) const SECTION: Section = Section {
    title: "Meta",
    commands: &[
        Command {
            name: "help",
            action: Action::Help,
            help: "Print the flags and the commands",
            ..READ
        },
        Command {
            name: "which-api",
            action: Action::WhichApi,
            help: "Print the address of the API that would be used",
            ..READ
        },
        // What a raw path does is not known here, so it is treated as an operation.
        Command {
            name: "api",
            needs: &[Path],
            path: "{path}",
            show: Show::Body,
            help: "Call any path below /api/ and print the answer as JSON",
            ..OPERATION
        },
    ],
};
