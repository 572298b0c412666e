//! Reading of a profile file that needs a real shell: run once, for a short time, and only if
//! nobody but root can have written it.

use std::fs::Metadata;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::environment::KNOWN;
use crate::failure::Failure;
use crate::profile::{Assigned, host_name};

const SHELL: &str = "/bin/sh";

const LIMIT: Duration = Duration::from_secs(2);

/// What the known variables are after a shell has read the file. `line` is the first one that
/// needs the shell.
pub(crate) fn run(file: &Path, line: usize) -> Result<Assigned, Failure> {
    let metadata =
        std::fs::metadata(file).map_err(|error| refused(file, line, &error.to_string()))?;
    if !is_roots_alone(&metadata) {
        let why = "root must own the file, and nobody else may write it";
        return Err(refused(file, line, why));
    }
    run_with(SHELL, file, line, LIMIT)
}

fn is_roots_alone(metadata: &Metadata) -> bool {
    metadata.is_file() && metadata.uid() == 0 && metadata.mode() & 0o022 == 0
}

fn refused(file: &Path, line: usize, why: &str) -> Failure {
    Failure::Usage(format!(
        "{}: line {line} needs a shell ({why}); or keep to NAME=value lines",
        file.display()
    ))
}

fn run_with(shell: &str, file: &Path, line: usize, limit: Duration) -> Result<Assigned, Failure> {
    // Unset variables stay unset. What the file prints must not be taken for an answer.
    let print = KNOWN.map(|name| format!("${{{name}+\"{name}=${name}\"}}"));
    let print = print.map(|value| format!("printf '%s\\0' {value};")).join(" ");
    let mut child = Command::new(shell)
        .args(["-c", &format!(". \"$0\" >/dev/null; {print} printf done")])
        .arg(file)
        // Not every shell sets it, and such files were written for one that does.
        .envs(std::env::var_os("HOSTNAME").is_none().then(|| ("HOSTNAME", host_name())))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => refused(file, line, &format!("there is no {shell}")),
            _ => refused(file, line, &format!("{shell}: {error}")),
        })?;
    let output = output_within(&mut child, limit);
    let _ = child.wait();
    let output = output.ok_or_else(|| {
        refused(file, line, &format!("it took longer than {} s", limit.as_secs_f32()))
    })?;
    let text =
        String::from_utf8(output).map_err(|_| refused(file, line, "a value is not UTF-8"))?;
    let values = text
        .strip_suffix("done")
        .ok_or_else(|| refused(file, line, "the shell ended in the middle of it"))?;
    Ok(values
        .split('\0')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect())
}

/// Everything that the child prints; `None`, and the end of it and of its children, if it takes
/// too long.
fn output_within(child: &mut Child, limit: Duration) -> Option<Vec<u8>> {
    let mut pipe = child.stdout.take()?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut output = Vec::new();
        let _ = pipe.read_to_end(&mut output);
        let _ = sender.send(output);
    });
    let output = receiver.recv_timeout(limit).ok();
    if output.is_none()
        && let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw)
    {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    output
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::{API, AUTH_PASSWORD, AUTH_USER, INSTANCE};
    use rstest::rstest;
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    use tempfile::NamedTempFile;

    fn profile(text: &str) -> NamedTempFile {
        let file = NamedTempFile::new().unwrap();
        std::fs::write(&file, text).unwrap();
        file
    }

    fn run_text(text: &str, limit: Duration) -> Result<Assigned, Failure> {
        run_with(SHELL, profile(text).path(), 3, limit)
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn computed_values_are_read_back() {
        let text = "echo noise\nif true; then ORCHESTRATOR_INSTANCE=`echo db1`:12345; fi\n\
                    OTHER=x\nORCHESTRATOR_AUTH_USER=$HOSTNAME\nexport ORCHESTRATOR_API=\"${NOSUCH:-http://h1\nhttp://h2}\"\n";
        let assigned = run_text(text, LONG).unwrap();
        assert_eq!(assigned[INSTANCE], "db1:12345");
        assert_eq!(assigned[API], "http://h1\nhttp://h2");
        assert_eq!(assigned.get("OTHER"), None);
        assert_eq!(assigned[AUTH_USER], host_name());
        assert_eq!(assigned.get(AUTH_PASSWORD), None);
    }

    #[rstest]
    #[case("exit 0\n")]
    #[case("if\n")]
    fn a_file_that_ends_the_shell_is_refused(#[case] text: &str) {
        let message = run_text(text, LONG).unwrap_err().to_string();
        assert!(
            message.contains("line 3 needs a shell (the shell ended in the middle"),
            "{message}"
        );
    }

    #[test]
    fn a_shell_that_hangs_is_ended() {
        let message = run_text("sleep 1000", Duration::from_millis(100)).unwrap_err().to_string();
        assert!(message.contains("longer than 0.1 s"), "{message}");
    }

    #[test]
    fn without_a_shell_the_line_is_named() {
        let file = profile("if true; then :; fi");
        let failure = run_with("/nonexistent/sh", file.path(), 7, LONG).unwrap_err();
        let expected = format!(
            "{}: line 7 needs a shell (there is no /nonexistent/sh); or keep to NAME=value lines",
            file.path().display()
        );
        assert_eq!(failure.to_string(), expected);
    }

    #[rstest]
    #[case(0o666)]
    #[case(0o664)]
    #[case(0o646)]
    fn a_file_that_others_may_write_is_not_run(#[case] mode: u32) {
        let file = profile("if true; then :; fi");
        set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        let message = run(file.path(), 1).unwrap_err().to_string();
        assert!(message.contains("root must own the file"), "{message}");
    }
}
