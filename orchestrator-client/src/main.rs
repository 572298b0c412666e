//! The command line client of orchestrator: one command, one call of the HTTP API.
//!
//! Words come in, an exit code goes out; everything else is in the modules, and what the commands
//! are is data in `commands/`.

mod arguments;
mod commands;
mod endpoint;
mod environment;
mod failure;
mod json_line;
mod printer;
mod request;
mod resolve;
mod run;
mod shape;
mod values;

#[cfg(test)]
mod test_server;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let path = words.next().unwrap_or_default();
    let program = Path::new(&path)
        .file_name()
        .map_or_else(|| env!("CARGO_BIN_NAME").into(), |name| name.to_string_lossy());
    match run::run(words, &program) {
        Ok(output) => {
            printer::print(&output.text);
            output.status.into()
        }
        Err(failure) => {
            if failure.is_server_message() {
                printer::complain(&failure.to_string());
            } else {
                let id = std::process::id();
                printer::complain(&format!("{program}[{id}]: {failure}"));
            }
            failure.status().into()
        }
    }
}
