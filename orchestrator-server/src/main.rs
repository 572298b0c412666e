//! The server program: arguments in, exit code out.

use std::{io::Write, process::ExitCode};

use orchestrator_server::{
    cli::{
        commands,
        flags::{self, Flags, Stop},
        help,
        run::{self, Outlet},
    },
    serve,
};

fn main() -> ExitCode {
    let flags = match flags::parse(std::env::args_os().skip(1)) {
        Ok(flags) => flags,
        Err(Stop::Help(text)) => return say(&text, ExitCode::SUCCESS),
        Err(Stop::Usage(text)) => return complain(&text, ExitCode::from(2)),
    };
    if flags.version {
        return say(concat!(env!("CARGO_PKG_VERSION"), "\n"), ExitCode::SUCCESS);
    }
    let words: Vec<&str> = flags.words.iter().map(String::as_str).collect();
    match (&words[..], flags.command.as_deref()) {
        (["http"], _) => ended(serve::run(&flags)),
        (["import"], _) => import(&flags),
        (["help", command], _) => explain(command),
        (["help"], Some(command)) => explain(command),
        (["help"], None) => {
            // Where a listing that nobody asked for in particular has always gone.
            let _ = std::io::stderr().write_all(help::listing().as_bytes());
            ExitCode::SUCCESS
        }
        ([] | ["cli"], Some(_)) => command(&flags),
        ([], None) => say(help::CHEAT_SHEET, ExitCode::SUCCESS),
        (["cli"], None) => complain("cli needs a command: give -c <command>", ExitCode::FAILURE),
        ([.., word], _) => complain(
            &format!(
                "unknown argument {word}: usage is orchestrator [flags] http, orchestrator [flags] -c <command>, or orchestrator help"
            ),
            ExitCode::FAILURE,
        ),
    }
}

fn explain(command: &str) -> ExitCode {
    say(&help::of(command, commands::find(command)), ExitCode::SUCCESS)
}

fn command(flags: &Flags) -> ExitCode {
    let (mut stdout, mut stderr) = (std::io::stdout(), std::io::stderr());
    let mut outlet = Outlet { answers: &mut stdout, notes: &mut stderr };
    ended(run::run(flags, &mut outlet))
}

fn import(flags: &Flags) -> ExitCode {
    let (mut stdout, mut stderr) = (std::io::stdout(), std::io::stderr());
    let mut outlet = Outlet { answers: &mut stdout, notes: &mut stderr };
    ended(run::import(flags, &mut outlet))
}

fn ended(outcome: anyhow::Result<()>) -> ExitCode {
    match outcome {
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
