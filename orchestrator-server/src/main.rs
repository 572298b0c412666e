//! The server program: arguments in, exit code out.

use std::{io::Write, process::ExitCode};

use orchestrator_server::{
    cli::flags::{self, Flags, Stop},
    serve,
};

const CHEAT_SHEET: &str = "\
Usage: orchestrator [flags] http        serve the API, discover, watch and recover
       orchestrator --version           print the version
       orchestrator --help              list the flags

Ask a running service with orchestrator-client, for example:
       orchestrator-client -c discover -i any.server.of.a.topology:3306
       orchestrator-client -c topology -i any.server.of.a.topology:3306
";

fn main() -> ExitCode {
    let flags = match flags::parse(std::env::args_os().skip(1)) {
        Ok(flags) => flags,
        Err(Stop::Help(text)) => return say(&text, ExitCode::SUCCESS),
        Err(Stop::Usage(text)) => return complain(&text, ExitCode::from(2)),
    };
    if flags.version {
        return say(concat!(env!("CARGO_PKG_VERSION"), "\n"), ExitCode::SUCCESS);
    }
    match (flags.words.first().map(String::as_str), flags.command.as_deref()) {
        (Some("http"), _) => serve(&flags),
        (None, None) => say(CHEAT_SHEET, ExitCode::SUCCESS),
        (None | Some("cli"), Some(command)) => complain(
            &format!(
                "the command {command} is not available here: ask a running service with orchestrator-client -c {command}"
            ),
            ExitCode::FAILURE,
        ),
        (Some(word), _) => complain(
            &format!("unknown argument {word}: usage is orchestrator [flags] http"),
            ExitCode::FAILURE,
        ),
    }
}

fn serve(flags: &Flags) -> ExitCode {
    match serve::run(flags) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(&format!("{error:#}"), ExitCode::FAILURE),
    }
}

fn say(text: &str, code: ExitCode) -> ExitCode {
    // A closed pipe is the reader's choice.
    let _ = std::io::stdout().write_all(text.as_bytes());
    code
}

/// Errors of several lines are several errors: each line is one.
fn complain(text: &str, code: ExitCode) -> ExitCode {
    let mut stderr = std::io::stderr();
    for line in text.lines() {
        // Nobody is left to be told.
        let _ = writeln!(stderr, "orchestrator: {line}");
    }
    code
}
