//! The thread that writes audit lines to a file and to syslog, so that nobody waits for either.
//! A line that cannot be written is lost, with a warning in the log.

use std::{
    fs::OpenOptions,
    io::Write,
    os::unix::{fs::OpenOptionsExt, net::UnixDatagram},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::{self, JoinHandle},
};

use time::{OffsetDateTime, macros::format_description};
use tracing::{info, warn};

use super::text;
use crate::journal::command::AuditEntry;

/// Where the machine's syslog listens.
const SYSLOG: &str = "/dev/log";

/// Facility "daemon" (3), severity "informational" (6).
const PRIORITY: u8 = 3 * 8 + 6;

/// Hands lines to the thread. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sinks {
    lines: Arc<Mutex<Option<mpsc::Sender<Line>>>>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
    syslog: bool,
}

struct Line {
    file: Option<(PathBuf, String)>,
    syslog: Option<(OffsetDateTime, String)>,
}

impl Sinks {
    /// Where syslog listens, if `wanted`.
    #[must_use]
    pub fn syslog(wanted: bool) -> Option<PathBuf> {
        wanted.then(|| PathBuf::from(SYSLOG))
    }

    /// Starts the thread. Lines go to the syslog that listens at the path, if there is one.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub fn start(syslog: Option<PathBuf>) -> std::io::Result<Self> {
        let (lines, inbox) = mpsc::channel();
        let wants_syslog = syslog.is_some();
        let writer = Writer { syslog, failing: None };
        let thread =
            thread::Builder::new().name("audit".to_owned()).spawn(move || writer.run(&inbox))?;
        Ok(Self {
            lines: Arc::new(Mutex::new(Some(lines))),
            thread: Arc::new(Mutex::new(Some(thread))),
            syslog: wants_syslog,
        })
    }

    /// Writes an entry, to the file as well if it has a name. Where there is neither file nor
    /// syslog, the log tells it.
    pub fn write(&self, entry: &AuditEntry, file: &str) {
        let file = (!file.is_empty()).then(|| (PathBuf::from(file), text::file_line(entry)));
        if file.is_none() && !self.syslog {
            info!("{}", text::log_text(entry));
            return;
        }
        let at = OffsetDateTime::from_unix_timestamp(entry.at.unix_seconds());
        let at = at.unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let syslog = self.syslog.then(|| (at, text::log_text(entry)));
        if let Some(lines) = &*self.lines.lock().unwrap_or_else(PoisonError::into_inner) {
            // The thread ends only once this sender is gone.
            let _ = lines.send(Line { file, syslog });
        }
    }

    /// Writes what waits, and ends. Blocks.
    pub fn close(&self) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).take();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            warn!("the writer of audit lines failed");
        }
    }
}

struct Writer {
    syslog: Option<PathBuf>,
    /// Why lines are being lost, so that it is said once.
    failing: Option<String>,
}

impl Writer {
    fn run(mut self, inbox: &mpsc::Receiver<Line>) {
        for line in inbox {
            let written = self.write(&line);
            self.report(written.err());
        }
    }

    fn write(&self, line: &Line) -> Result<(), String> {
        let file = line.file.as_ref().map_or(Ok(()), |(path, text)| {
            append(path, text).map_err(|error| format!("AuditLogFile {}: {error}", path.display()))
        });
        let syslog = match (&self.syslog, &line.syslog) {
            (Some(path), Some((at, text))) => send(path, &datagram(*at, text))
                .map_err(|error| format!("AuditToSyslog: {}: {error}", path.display())),
            _ => Ok(()),
        };
        file.and(syslog)
    }

    fn report(&mut self, failure: Option<String>) {
        match &failure {
            Some(why) if failure != self.failing => warn!("audit lines are lost: {why}"),
            None if self.failing.is_some() => info!("audit lines are written again"),
            _ => {}
        }
        self.failing = failure;
    }
}

/// Opened for each line: whoever rotates the file need not tell us.
fn append(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(0o640).open(path)?.write_all(text.as_bytes())
}

fn send(path: &Path, datagram: &str) -> std::io::Result<()> {
    let socket = UnixDatagram::unbound()?;
    // A syslog that does not read must not hold up the file.
    socket.set_nonblocking(true)?;
    socket.send_to(datagram.as_bytes(), path).map(|_| ())
}

/// In the form of RFC 3164, as local daemons send it: without the machine's name.
fn datagram(at: OffsetDateTime, text: &str) -> String {
    let form =
        format_description!("[month repr:short] [day padding:space] [hour]:[minute]:[second]");
    let at = at.format(form).unwrap_or_default();
    format!("<{PRIORITY}>{at} orchestrator[{}]: {text}", std::process::id())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::clock::Moment;

    fn entry(message: &str) -> AuditEntry {
        AuditEntry {
            at: Moment::from_unix_seconds(0),
            kind: "note".to_owned(),
            key: None,
            cluster: String::new(),
            message: message.to_owned(),
        }
    }

    #[test]
    fn lines_are_appended_to_a_file_that_others_may_move_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        let write = |message: &str| {
            let sinks = Sinks::start(None).unwrap();
            sinks.write(&entry(message), path.to_str().unwrap());
            sinks.close();
        };
        write("one");
        write("two");
        let rotated = folder.path().join("audit.log.1");
        std::fs::rename(&path, &rotated).unwrap();
        write("three");
        let lines = |path: &Path| std::fs::read_to_string(path).unwrap().lines().count();
        assert_eq!((lines(&rotated), lines(&path)), (2, 1));
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o137, 0, "nobody else may read it: {mode:o}");
    }

    #[test]
    fn syslog_gets_one_datagram_an_entry() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let syslog = UnixDatagram::bind(&path).unwrap();
        let sinks = Sinks::start(Some(path)).unwrap();
        sinks.write(&entry("hello"), "");
        sinks.close();
        let mut buffer = [0; 1024];
        let length = syslog.recv(&mut buffer).unwrap();
        let expected = format!(
            "<30>Jan  1 00:00:00 orchestrator[{}]: auditType:note instance::0 cluster: message:hello",
            std::process::id()
        );
        assert_eq!(std::str::from_utf8(&buffer[..length]).unwrap(), expected);
    }

    #[test]
    fn a_file_that_cannot_be_written_stops_nobody() {
        let sinks = Sinks::start(Some("/nonexistent/log".into())).unwrap();
        sinks.write(&entry("x"), "/nonexistent/folder/audit.log");
        sinks.close();
        sinks.write(&entry("after the end"), "");
    }
}
