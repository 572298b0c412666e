//! The only place that writes to standard output and standard error.
//!
//! A reader that goes away (`| head -1`) is no error of ours.

use std::io::{self, Write};

/// Writes a finished text to standard output.
pub(crate) fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Writes one line to standard error; line breaks in the text become blanks.
pub(crate) fn complain(text: &str) {
    let line = text.split(['\r', '\n']).filter(|part| !part.is_empty()).collect::<Vec<_>>();
    let _ = writeln!(io::stderr().lock(), "{}", line.join(" "));
}
