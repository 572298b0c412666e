//! The journal of a service that stands alone: an embedded database. All commands that wait are
//! written in one transaction. If the database fails or takes too long, the service goes on with
//! the record in memory: health says so, and the record is written as soon as that works again.

use std::{collections::VecDeque, future::pending, sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use shared::InstanceKey;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, sleep_until},
};
use tracing::{error, info, warn};

use super::{
    Entry, Feed, Journal, JournalError, JournalHealth,
    command::Command,
    facts::{Applied, Facts},
};
use crate::{
    backend::{
        BackendError, Sqlite,
        log::{AuditRow, LogRow, LogStore},
    },
    clock::SharedClock,
};

/// Most commands of one transaction.
const GROUP: usize = 256;

/// Bounds of a [`LocalJournal`]; the default is what a service uses.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Longest wait of a proposer for the database.
    pub deadline: Duration,
    /// After a failed write the next try follows this much later, or with the next command.
    pub retry: Duration,
    /// Commands after which a snapshot takes the place of the log.
    pub compact_after: usize,
    /// Most unwritten commands kept one by one. Beyond that a snapshot will be written for them
    /// and only their audit entries are kept, the newest ones.
    pub backlog: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(1),
            retry: Duration::from_secs(1),
            compact_after: 2000,
            backlog: 10_000,
        }
    }
}

/// The journal on the embedded database.
#[derive(Clone, Debug)]
pub struct LocalJournal {
    requests: mpsc::UnboundedSender<Request>,
    facts: watch::Receiver<Arc<Facts>>,
    health: watch::Receiver<JournalHealth>,
    log: LogStore,
}

#[derive(Debug)]
enum Request {
    Propose { command: Command, text: String, reply: oneshot::Sender<Applied> },
    Close(oneshot::Sender<()>),
}

impl LocalJournal {
    /// Reads what the database holds and starts the task that owns the facts. The feed begins
    /// with the first command proposed from now on.
    pub async fn open(
        sqlite: &Sqlite,
        clock: SharedClock,
        bounds: Bounds,
    ) -> Result<(Self, Feed), BackendError> {
        let log = LogStore::new(sqlite.clone());
        let stored = log.load().await?;
        let (requests, inbox) = mpsc::unbounded_channel();
        let (feed, followed) = mpsc::unbounded_channel();
        let facts = watch::Sender::new(Arc::new(stored.facts.clone()));
        let health = watch::Sender::new(JournalHealth::default());
        let journal = Self {
            requests,
            facts: facts.subscribe(),
            health: health.subscribe(),
            log: log.clone(),
        };
        let owner = Owner {
            tip: stored.facts,
            facts,
            health,
            feed,
            log,
            clock,
            bounds,
            unpublished: Vec::new(),
            backlog: VecDeque::new(),
            rewrite: false,
            writing: None,
            retry_at: None,
            since_snapshot: stored.since_snapshot,
            compacting: None,
            closing: Vec::new(),
        };
        tokio::spawn(owner.run(inbox));
        Ok((journal, followed))
    }

    /// Takes no more commands, tries once more to write what is not written, and ends.
    pub async fn close(&self) {
        let (reply, closed) = oneshot::channel();
        if self.requests.send(Request::Close(reply)).is_ok() {
            let _ = closed.await;
        }
    }

    /// Resolves when the journal has ended, asked or not.
    pub async fn ended(&self) {
        self.requests.closed().await;
    }
}

impl Journal for LocalJournal {
    fn propose(&self, command: Command) -> BoxFuture<'_, Result<Applied, JournalError>> {
        let text = match serde_json::to_string(&command) {
            Ok(text) => text,
            Err(error) => {
                return std::future::ready(Err(JournalError::Invalid(error.to_string()))).boxed();
            }
        };
        let (reply, applied) = oneshot::channel();
        // If the owner has ended, so has the reply, and `applied` says so.
        let _ = self.requests.send(Request::Propose { command, text, reply });
        async move { applied.await.map_err(|_| JournalError::Closed) }.boxed()
    }

    fn facts(&self) -> watch::Receiver<Arc<Facts>> {
        self.facts.clone()
    }

    fn health(&self) -> JournalHealth {
        self.health.borrow().clone()
    }

    fn audit_page(
        &self,
        key: Option<InstanceKey>,
        page: u64,
        page_size: u32,
    ) -> BoxFuture<'_, Result<Vec<AuditRow>, JournalError>> {
        async move { Ok(self.log.audit_page(key, page, page_size).await?) }.boxed()
    }
}

type Written = BoxFuture<'static, Result<(), BackendError>>;

/// Owns the facts. Only one write is under way at any time.
struct Owner {
    /// The facts after every accepted command.
    tip: Facts,
    /// The facts that readers see.
    facts: watch::Sender<Arc<Facts>>,
    health: watch::Sender<JournalHealth>,
    feed: mpsc::UnboundedSender<Entry>,
    log: LogStore,
    clock: SharedClock,
    bounds: Bounds,
    /// Accepted commands whose proposers wait for the write under way.
    unpublished: Vec<Unpublished>,
    /// Accepted commands that are not known to be stored, oldest first.
    backlog: VecDeque<Arc<LogRow>>,
    /// The backlog is incomplete: the next write has to be a snapshot.
    rewrite: bool,
    writing: Option<Writing>,
    retry_at: Option<Instant>,
    since_snapshot: usize,
    compacting: Option<Written>,
    /// Whom to tell that it has ended; not empty once it is asked to end.
    closing: Vec<oneshot::Sender<()>>,
}

struct Unpublished {
    entry: Entry,
    applied: Applied,
    reply: oneshot::Sender<Applied>,
}

struct Writing {
    done: Written,
    /// Number of the last command that it makes durable.
    last: u64,
    snapshot: bool,
    deadline: Instant,
    /// The deadline has passed: nobody waits for it any more.
    overdue: bool,
}

enum Event {
    Requests(usize),
    Written(Result<(), BackendError>),
    Overdue,
    Retry,
    Compacted(Result<(), BackendError>),
}

impl Owner {
    async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Request>) {
        let mut requests = Vec::with_capacity(GROUP);
        let mut open = true;
        self.compact_if_due();
        while open || self.waited_for() {
            match self.next(&mut inbox, &mut requests, open).await {
                Event::Requests(0) => {
                    open = false;
                    self.write_a_last_time();
                }
                Event::Requests(_) => self.take(&mut requests, &mut inbox),
                Event::Written(outcome) => self.written(outcome),
                Event::Overdue => self.overdue(),
                Event::Retry => self.write(),
                Event::Compacted(outcome) => self.compacted(outcome),
            }
        }
        if !self.backlog.is_empty() {
            error!("{} commands were never written", self.backlog.len());
        }
        for reply in self.closing {
            let _ = reply.send(());
        }
    }

    /// Somebody waits for the write under way.
    fn waited_for(&self) -> bool {
        self.writing.as_ref().is_some_and(|writing| !writing.overdue)
    }

    async fn next(
        &mut self,
        inbox: &mut mpsc::UnboundedReceiver<Request>,
        requests: &mut Vec<Request>,
        open: bool,
    ) -> Event {
        let waited_for = self.waited_for();
        let deadline = self.writing.as_ref().map(|writing| writing.deadline);
        let retry_at = self.retry_at.filter(|_| self.writing.is_none());
        tokio::select! {
            biased;
            outcome = finished(self.writing.as_mut().map(|writing| &mut writing.done)) => {
                Event::Written(outcome)
            }
            () = moment(deadline), if waited_for => Event::Overdue,
            // Commands that arrive during a write make up the next group.
            count = inbox.recv_many(requests, GROUP), if open && !waited_for => {
                Event::Requests(count)
            }
            () = moment(retry_at) => Event::Retry,
            outcome = finished(self.compacting.as_mut()) => Event::Compacted(outcome),
        }
    }

    fn take(&mut self, requests: &mut Vec<Request>, inbox: &mut mpsc::UnboundedReceiver<Request>) {
        for request in requests.drain(..) {
            match request {
                Request::Propose { command, text, reply } => self.accept(command, text, reply),
                Request::Close(reply) => {
                    inbox.close();
                    self.closing.push(reply);
                }
            }
        }
        match &self.writing {
            None => self.write(),
            Some(_) => self.publish(),
        }
    }

    /// A write that hangs gets another deadline's time, one that failed another try.
    fn write_a_last_time(&mut self) {
        match &mut self.writing {
            None => self.write(),
            Some(writing) => {
                writing.overdue = false;
                writing.deadline = Instant::now() + self.bounds.deadline;
            }
        }
    }

    fn accept(&mut self, command: Command, text: String, reply: oneshot::Sender<Applied>) {
        let applied = self.tip.apply(&command);
        let command = Arc::new(command);
        self.backlog.push_back(Arc::new(LogRow {
            seq: self.tip.applied,
            at: self.clock.now(),
            command: command.clone(),
            text,
        }));
        self.since_snapshot += 1;
        let entry = Entry { command, facts: Arc::new(self.tip.clone()) };
        self.unpublished.push(Unpublished { entry, applied, reply });
        if self.backlog.len() > self.bounds.backlog {
            self.backlog.retain(|row| matches!(*row.command, Command::Audit(_)));
            let excess = self.backlog.len().saturating_sub(self.bounds.backlog / 2);
            self.backlog.drain(..excess);
            self.rewrite = true;
        }
    }

    /// Starts to write everything that is not written.
    fn write(&mut self) {
        self.retry_at = None;
        if self.backlog.is_empty() && !self.rewrite {
            return;
        }
        let rows = self.backlog.iter().cloned().collect();
        let snapshot = self.rewrite.then(|| Arc::new(self.tip.clone()));
        self.writing = Some(Writing {
            last: self.tip.applied,
            snapshot: snapshot.is_some(),
            done: self.log.append(rows, snapshot).boxed(),
            deadline: Instant::now() + self.bounds.deadline,
            overdue: false,
        });
    }

    fn written(&mut self, outcome: Result<(), BackendError>) {
        let Some(writing) = self.writing.take() else { return };
        let failure = outcome.err().map(|error| error.to_string());
        if failure.is_none() {
            self.backlog.retain(|row| row.seq > writing.last);
            if writing.snapshot {
                self.rewrite = false;
                self.since_snapshot = self.backlog.len();
            }
        } else {
            self.retry_at = Some(Instant::now() + self.bounds.retry);
        }
        let all_well = failure.is_none();
        self.report(failure);
        self.publish();
        if all_well {
            self.write();
            self.compact_if_due();
        }
    }

    fn overdue(&mut self) {
        if let Some(writing) = &mut self.writing {
            writing.overdue = true;
        }
        let waited = self.bounds.deadline.as_secs_f64();
        self.report(Some(format!("the database did not answer within {waited} s")));
        self.publish();
    }

    /// Lets readers, the feed and the proposers know, in this order.
    fn publish(&mut self) {
        for Unpublished { entry, applied, reply } in self.unpublished.drain(..) {
            self.facts.send_replace(entry.facts.clone());
            // Nobody has to follow, and nobody has to wait for the answer.
            let _ = self.feed.send(entry);
            let _ = reply.send(applied);
        }
        self.health.send_if_modified(|health| {
            let changed = health.unwritten != self.backlog.len();
            health.unwritten = self.backlog.len();
            changed
        });
    }

    /// Turns health red with a failure. Without one it turns green, once all is written.
    fn report(&self, failure: Option<String>) {
        let was = self.health.borrow().error.clone();
        match &failure {
            Some(failure) if was.is_none() => {
                error!("commands are kept in memory only: {failure}");
            }
            Some(failure) => warn!("commands are still kept in memory only: {failure}"),
            None if self.backlog.is_empty() && was.is_some() => info!("all commands are written"),
            None => {}
        }
        if failure.is_some() || self.backlog.is_empty() {
            self.health.send_modify(|health| health.error = failure);
        }
    }

    fn compact_if_due(&mut self) {
        let idle = self.writing.is_none() && self.backlog.is_empty() && self.compacting.is_none();
        if idle && self.since_snapshot >= self.bounds.compact_after {
            self.since_snapshot = 0;
            self.compacting = Some(self.log.compact(Arc::new(self.tip.clone())).boxed());
        }
    }

    fn compacted(&mut self, outcome: Result<(), BackendError>) {
        self.compacting = None;
        if let Err(error) = outcome {
            warn!("the log of commands was not shortened: {error}");
        }
        // What came meanwhile may be enough for the next one.
        self.compact_if_due();
    }
}

/// Resolves with what the write came to; never without one.
async fn finished(write: Option<&mut Written>) -> Result<(), BackendError> {
    match write {
        Some(write) => write.await,
        None => pending().await,
    }
}

/// Resolves at the given time; never without one.
async fn moment(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => pending().await,
    }
}

#[cfg(test)]
#[path = "local_tests.rs"]
mod tests;
