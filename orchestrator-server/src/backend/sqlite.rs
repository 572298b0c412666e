//! The embedded database: one file, one service, one thread that owns the connection. Callers
//! hand it closures and await their results; SQL stands in the modules of the table groups.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{
    BackendError, Problem,
    lock::{Lock, Role},
    schema,
};
use crate::{
    clock::{Clock, SystemClock},
    measure::{QuerySample, Window},
};

/// How long SQLite waits for a lock that another program holds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a service waits for a command that has the file.
const COMMANDS_END: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// After this time whoever took the file has said what for.
const SETTLED: Duration = Duration::from_secs(2);

/// Whose turn it is. Within one urgency jobs run in the order in which they were handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// Somebody waits for it: the journal's writes.
    Now,
    /// Runs only when nothing urgent waits; has to be short all the same.
    Later,
}

/// The embedded database. Clones share one thread.
#[derive(Clone, Debug)]
pub struct Sqlite {
    path: Arc<str>,
    requests: mpsc::Sender<Request>,
    queries: Arc<Window<QuerySample>>,
    clock: Arc<SystemClock>,
}

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

enum Request {
    Run(Urgency, Job),
    Announce(SocketAddr, String, oneshot::Sender<std::io::Result<()>>),
    Close(oneshot::Sender<()>),
}

impl Sqlite {
    /// Opens or creates the file, takes it for this process alone, and brings our tables up to
    /// date. `path` is taken as SQLite takes it: `file:` URIs and `:memory:` work. Blocks.
    ///
    /// # Errors
    /// See [`Problem`]: among others, that another process has the file.
    pub fn open(path: &str) -> Result<Self, BackendError> {
        Self::open_as(path, Role::Service)
    }

    /// The same for a service that starts: a command that has the file ends soon, and is waited
    /// for. Blocks.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_after_commands(path: &str) -> Result<Self, BackendError> {
        let began = Instant::now();
        loop {
            match Self::open_as(path, Role::Service) {
                Err(BackendError { problem: Problem::InUse(holder), .. })
                    if began.elapsed() < patience(holder.role) =>
                {
                    thread::sleep(LOOK_AGAIN);
                }
                outcome => return outcome,
            }
        }
    }

    /// The same for a process of this role.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_as(path: &str, role: Role) -> Result<Self, BackendError> {
        let path: Arc<str> = path.into();
        let failed = |problem| BackendError { path: path.clone(), problem };
        let (connection, lock) = open_connection(&path, role).map_err(failed)?;
        let (requests, inbox) = mpsc::channel();
        thread::Builder::new()
            .name("sqlite".to_owned())
            .spawn(move || serve(connection, lock, &inbox))
            .map_err(|error| failed(Problem::Other(format!("cannot start a thread: {error}"))))?;
        Ok(Self { path, requests, queries: Arc::default(), clock: Arc::default() })
    }

    /// How long its jobs took lately.
    #[must_use]
    pub fn queries(&self) -> Arc<Window<QuerySample>> {
        self.queries.clone()
    }

    /// The file as configured.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Runs `job` on the database thread. It is queued by the call itself, not by the first poll,
    /// and runs even if the future is dropped.
    pub fn run<T, F>(
        &self,
        urgency: Urgency,
        job: F,
    ) -> impl Future<Output = Result<T, BackendError>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let (queries, clock, handed_over) =
            (self.queries.clone(), self.clock.clone(), Instant::now());
        let job: Job = Box::new(move |connection| {
            let wait = handed_over.elapsed();
            let began = Instant::now();
            let outcome = job(connection);
            let execute = began.elapsed();
            let failure = outcome.as_ref().err().map(ToString::to_string);
            queries.add(clock.now(), QuerySample { wait, execute, failure });
            // Whoever stopped waiting does not want the answer.
            let _ = reply.send(outcome);
        });
        // If the thread is gone, so is the job with its reply, and `answer` says so.
        let _ = self.requests.send(Request::Run(urgency, job));
        let path = self.path.clone();
        async move {
            let problem = match answer.await {
                Ok(Ok(value)) => return Ok(value),
                Ok(Err(error)) => Problem::of(&path, &error),
                Err(_) => Problem::Closed,
            };
            Err(BackendError { path, problem })
        }
    }

    /// Says in the lock file where this process can be asked, and the secret that it wants to
    /// hear.
    ///
    /// # Errors
    /// The lock file cannot be written.
    pub async fn announce(&self, address: SocketAddr, token: &str) -> std::io::Result<()> {
        let (reply, done) = oneshot::channel();
        // If the thread is gone, so is the reply, and `done` says so.
        let _ = self.requests.send(Request::Announce(address, token.to_owned(), reply));
        done.await.map_err(std::io::Error::other)?
    }

    /// What could not be read, as an error.
    pub(super) fn error(&self, problem: Problem) -> BackendError {
        BackendError { path: self.path.clone(), problem }
    }

    /// Finishes everything handed over before, closes the file and gives it free.
    pub async fn close(&self) {
        let (reply, closed) = oneshot::channel();
        if self.requests.send(Request::Close(reply)).is_ok() {
            let _ = closed.await;
        }
    }
}

/// How long a service waits for a process of this role. One that has just come has not told its
/// role yet.
const fn patience(role: Option<Role>) -> Duration {
    match role {
        Some(Role::Command) => COMMANDS_END,
        Some(Role::Service) => Duration::ZERO,
        None => SETTLED,
    }
}

/// The database thread: urgent jobs first.
fn serve(mut connection: Connection, lock: Option<Lock>, inbox: &mpsc::Receiver<Request>) {
    let mut now = VecDeque::new();
    let mut later = VecDeque::new();
    let mut closing = None;
    loop {
        let idle = now.is_empty() && later.is_empty();
        let next = if idle && closing.is_none() { inbox.recv().ok() } else { None };
        if idle && next.is_none() {
            break;
        }
        for request in next.into_iter().chain(inbox.try_iter()) {
            match request {
                Request::Run(Urgency::Now, job) => now.push_back(job),
                Request::Run(Urgency::Later, job) => later.push_back(job),
                Request::Announce(address, token, reply) => {
                    let done = lock.as_ref().map_or(Ok(()), |lock| lock.announce(address, &token));
                    // Whoever stopped waiting does not want the answer.
                    let _ = reply.send(done);
                }
                Request::Close(reply) => closing = Some(reply),
            }
        }
        if let Some(job) = now.pop_front().or_else(|| later.pop_front()) {
            job(&mut connection);
        }
    }
    drop(connection);
    drop(lock);
    if let Some(reply) = closing {
        let _ = reply.send(());
    }
}

fn open_connection(path: &str, role: Role) -> Result<(Connection, Option<Lock>), Problem> {
    let named = |error: rusqlite::Error| Problem::of(path, &error);
    let mut connection = Connection::open(path).map_err(named)?;
    // A database in memory has no file and needs no lock.
    let lock = match connection.path() {
        Some(file) if !file.is_empty() => Some(Lock::take(file, role)?),
        _ => None,
    };
    if connection.is_readonly("main").map_err(named)? {
        return Err(Problem::NotWritable("opened read-only".to_owned()));
    }
    configure(&connection).map_err(named)?;
    schema::upgrade(&mut connection).map_err(|error| match error {
        schema::SchemaError::Sqlite(error) => named(error),
        schema::SchemaError::Problem(problem) => problem,
    })?;
    Ok((connection, lock))
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // Answers with the mode in force: `memory` for a database in memory.
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    connection.execute_batch("PRAGMA synchronous = FULL")
}

#[cfg(test)]
#[path = "sqlite_tests.rs"]
mod tests;
