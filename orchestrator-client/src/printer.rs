//! The only place that writes to standard output and standard error, and that knows of colours.
//!
//! A reader that goes away (`| head -1`) is no error of ours.

use std::io::{self, ErrorKind, IsTerminal, Write};

const RED: &str = "\x1b[31m";
const BOLD: &str = "\x1b[1m";
const PLAIN: &str = "\x1b[0m";

/// Writes a finished text to standard output. Fails where it gets lost, as on a full disk.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Writes one line to standard error, after the program's name if the text is its own. Line
/// breaks and other control characters become blanks.
pub(crate) fn complain(from: Option<&String>, text: &str) {
    let text: String =
        text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    let text = text.trim();
    let from = from.map(|from| format!("{from}: ")).unwrap_or_default();
    let (on, off) = if may_colour(io::stderr().is_terminal()) { (RED, PLAIN) } else { ("", "") };
    let _ = writeln!(io::stderr().lock(), "{on}{from}{off}{text}");
}

/// Makes a heading stand out, if standard output is a terminal.
pub(crate) fn heading(text: &str) -> String {
    if may_colour(io::stdout().is_terminal()) {
        format!("{BOLD}{text}{PLAIN}")
    } else {
        text.to_owned()
    }
}

fn may_colour(is_terminal: bool) -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    is_terminal && !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}
