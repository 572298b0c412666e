//! Runs one script: a file for the shell, a process group of its own, a deadline, and what it
//! printed. A script that hangs, prints without end or leaves children behind cannot hold us up.

use std::{
    fs::Permissions,
    io::{self, Write},
    os::{
        fd::OwnedFd,
        unix::{fs::PermissionsExt, process::ExitStatusExt},
    },
    process::{ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tokio::{
    io::AsyncReadExt,
    net::unix::pipe,
    process::{Child, Command},
    time::{sleep, timeout},
};

use super::environment::Variable;

/// Most output that is kept; the rest is read and dropped.
const OUTPUT_LIMIT: usize = 64 * 1024;

/// How long processes that were asked to end may take.
const GRACE: Duration = Duration::from_secs(2);

/// How often it is looked whether they have ended.
const LOOK: Duration = Duration::from_millis(20);

/// Why a hook failed, and what it printed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("({reason}) {output}")]
pub struct HookError {
    /// Such as `exit status 1`.
    pub reason: String,
    /// Standard output and standard error, as they came, up to 64 KiB.
    pub output: String,
}

/// A script and its surroundings.
#[derive(Clone, Debug)]
pub(super) struct Script {
    /// The program that runs it, called with a file's name.
    pub(super) shell: String,
    pub(super) text: String,
    pub(super) arguments: Vec<String>,
    /// Changes to the environment of this process.
    pub(super) environment: Vec<Variable>,
    /// After this long it is killed.
    pub(super) deadline: Option<Duration>,
}

impl Script {
    /// Runs it to its end and returns what it printed.
    pub(super) async fn run(self) -> Result<String, HookError> {
        let unable = |what: &str, error: io::Error| HookError {
            reason: format!("cannot {what}: {error}"),
            output: String::new(),
        };
        // Removed when this function ends.
        let file = self.write_file().map_err(|error| unable("write the hook's file", error))?;
        let (mut child, mut pipe) =
            self.start(&file).map_err(|error| unable(&format!("run {}", self.shell), error))?;
        let mut output = Output::default();
        let ended = tokio::select! {
            biased;
            ended = child.wait() => Some(ended),
            never = output.collect(&mut pipe) => match never {},
            () = sleep(self.deadline.unwrap_or(Duration::MAX)) => None,
        };
        let reason = match ended {
            Some(Ok(status)) => failure(status),
            Some(Err(error)) => Some(format!("cannot wait for its end: {error}")),
            None => {
                stop(&mut child).await;
                let waited = self.deadline.unwrap_or_default().as_secs_f64();
                Some(format!("killed after {waited} s, see HookTimeoutSeconds"))
            }
        };
        output.take_rest(pipe);
        let output = output.text();
        match reason {
            None => Ok(output),
            Some(reason) => Err(HookError { reason, output }),
        }
    }

    fn write_file(&self) -> io::Result<tempfile::TempPath> {
        let mut file = tempfile::Builder::new()
            .prefix("orchestrator-process-cmd-")
            .permissions(Permissions::from_mode(0o700))
            .tempfile()?;
        file.write_all(self.text.as_bytes())?;
        Ok(file.into_temp_path())
    }

    fn start(&self, file: &tempfile::TempPath) -> io::Result<(Child, pipe::Receiver)> {
        let (reader, writer) = io::pipe()?;
        let reader = pipe::Receiver::from_owned_fd(OwnedFd::from(reader))?;
        let mut command = Command::new(&self.shell);
        command
            .arg(&**file)
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer)
            .process_group(0);
        for (name, value) in &self.environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        // With the command go our copies of the pipe's other end.
        Ok((command.spawn()?, reader))
    }
}

fn failure(status: ExitStatus) -> Option<String> {
    match (status.code(), status.signal()) {
        (Some(0), _) => None,
        (Some(code), _) => Some(format!("exit status {code}")),
        (None, signal) => Some(format!("signal {}", signal.unwrap_or_default())),
    }
}

/// Ends the whole process group: politely, then by force.
async fn stop(child: &mut Child) {
    let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
    let Some(group) = group else { return };
    // A group without processes cannot be told anything, which is what is wanted.
    let _ = kill_process_group(group, Signal::TERM);
    let gone = async {
        let _ = child.wait().await;
        while test_kill_process_group(group).is_ok() {
            sleep(LOOK).await;
        }
    };
    if timeout(GRACE, gone).await.is_err() {
        let _ = kill_process_group(group, Signal::KILL);
        // A process that the kernel does not let go is left to it.
        let _ = timeout(GRACE, child.wait()).await;
    }
}

/// What a script printed.
#[derive(Debug, Default)]
struct Output {
    kept: Vec<u8>,
    dropped: bool,
    ended: bool,
}

impl Output {
    fn add(&mut self, bytes: &[u8]) {
        let room = OUTPUT_LIMIT - self.kept.len();
        self.dropped |= bytes.len() > room;
        self.kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// Reads as long as it is polled.
    async fn collect(&mut self, pipe: &mut pipe::Receiver) -> std::convert::Infallible {
        let mut buffer = vec![0; 8192];
        while let Ok(count @ 1..) = pipe.read(&mut buffer).await {
            self.add(&buffer[..count]);
        }
        self.ended = true;
        std::future::pending().await
    }

    /// Takes what the script left in the pipe. Children that it left behind may go on printing,
    /// to nobody.
    fn take_rest(&mut self, mut pipe: pipe::Receiver) {
        let mut buffer = vec![0; 8192];
        while !self.ended {
            match pipe.try_read(&mut buffer) {
                Ok(0) => self.ended = true,
                Ok(count) => self.add(&buffer[..count]),
                Err(_) => {
                    tokio::spawn(
                        async move { while let Ok(1..) = pipe.read(&mut buffer).await {} },
                    );
                    return;
                }
            }
        }
    }

    fn text(&self) -> String {
        let mut text = String::from_utf8_lossy(&self.kept).into_owned();
        if self.dropped {
            text.push_str("\n[more output was dropped]\n");
        }
        text
    }
}
