//! The command line client of orchestrator: one command, one call of the HTTP API.
//!
//! Words come in, an exit code goes out; everything else is in the modules, and what the commands
//! and flags are is data in the `shared` crate.

mod arguments;
mod completions;
mod endpoint;
mod environment;
mod failure;
mod help;
mod http;
mod json_line;
mod login;
mod man;
mod printer;
mod profile;
mod profile_shell;
mod request;
mod resolve;
mod run;
mod shape;
mod suggest;
mod values;

#[cfg(test)]
mod test_server;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use failure::Failure;

fn main() -> ExitCode {
    let mut words = std::env::args_os();
    let path = words.next().unwrap_or_default();
    let program = Path::new(&path)
        .file_name()
        .map_or_else(|| env!("CARGO_BIN_NAME").into(), |name| name.to_string_lossy());
    let output = texts(words).and_then(|words| run::run(words, &program));
    let printed = output.and_then(|output| match printer::print(&output.text) {
        Ok(()) => Ok(output.status),
        Err(error) => Err(Failure::Unwritten(error.to_string())),
    });
    match printed {
        Ok(status) => status.into(),
        Err(failure) => {
            let from = format!("{program}[{}]", std::process::id());
            printer::complain(
                (!failure.is_server_message()).then_some(&from),
                &failure.to_string(),
            );
            failure.status().into()
        }
    }
}

/// The words as texts. Replacing what is not UTF-8 would send something else than was meant.
fn texts(words: impl Iterator<Item = OsString>) -> Result<Vec<String>, Failure> {
    let text = |(place, word): (usize, OsString)| {
        word.into_string().map_err(|_| {
            Failure::Usage(format!("word {} of the command line is not UTF-8", place + 1))
        })
    };
    words.enumerate().map(text).collect()
}
