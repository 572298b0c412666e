//! The API with everything behind it replaced: a journal in memory, operations that only note
//! what they were asked.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use futures_util::{FutureExt, future::BoxFuture};
use serde_json::Value;
use shared::InstanceKey;
use tokio::sync::watch;

use super::fleet::{self, NOW};
use crate::{
    backend::log::AuditRow,
    clock::{Clock, Moment},
    config::{Config, ConfigHandle},
    http::{NodeInfo, Operations, RecoverReply, RecoverRequest, Services, Standing, router::Front},
    inventory::view::{FleetView, Instance},
    journal::{
        Journal, JournalError, JournalHealth,
        command::Command,
        facts::{Applied, Facts, Node},
    },
    measure::{Measurements, QueueHistory},
    refactoring::{Done, Operation, Refused},
};

/// See the module's text.
pub(super) struct Lab {
    pub(super) fleet: watch::Sender<Arc<FleetView>>,
    pub(super) standing: watch::Sender<Standing>,
    pub(super) journal: Arc<MemoryJournal>,
    pub(super) operations: Arc<NotedOperations>,
    pub(super) services: Arc<Services>,
}

/// An answer.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Answer {
    /// The body as JSON.
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e} in {:?}", self.body))
    }

    /// The message of an envelope.
    pub(super) fn message(&self) -> String {
        self.json()["Message"].as_str().expect("an envelope").to_owned()
    }
}

impl Lab {
    /// The small fleet, with the default configuration.
    pub(super) fn new() -> Self {
        Self::with(fleet::view(), |_| {})
    }

    /// The small fleet, with another configuration.
    pub(super) fn configured(change: impl FnOnce(&mut Config)) -> Self {
        Self::with(fleet::view(), change)
    }

    /// No server at all.
    pub(super) fn empty() -> Self {
        Self::with(FleetView::default(), |_| {})
    }

    pub(super) fn with(view: FleetView, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        change(&mut config);
        let fleet = watch::Sender::new(Arc::new(view));
        let node = Node { hostname: "node-one".to_owned(), token: "t0".to_owned() };
        let info = NodeInfo { node: node.clone(), first_seen: NOW, ..NodeInfo::default() };
        let standing = watch::Sender::new(Standing {
            leader: true,
            trouble: None,
            active: Some(info.clone()),
            known: vec![info],
        });
        let journal = Arc::new(MemoryJournal::new(fleet.clone()));
        let operations = Arc::new(NotedOperations::new(fleet.subscribe()));
        let services = Arc::new(Services {
            fleet: fleet.subscribe(),
            config: ConfigHandle::fixed(config),
            clock: Arc::new(Stopped),
            journal: journal.clone(),
            operations: operations.clone(),
            node,
            measurements: measurements(),
            standing: standing.subscribe(),
            identity: None,
        });
        Self { fleet, standing, journal, operations, services }
    }

    /// The same with a name in front of messages.
    pub(super) fn named(mut self, name: &str) -> Self {
        let services = Arc::get_mut(&mut self.services).expect("nobody serves yet");
        services.identity = Some(name.to_owned());
        self
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[]).await
    }

    pub(super) async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let front = Front::new(self.services.clone());
        let response = front.answer(request.body(Body::empty()).unwrap()).await;
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    /// Everything that was proposed.
    pub(super) fn commands(&self) -> Vec<Command> {
        self.journal.commands.lock().unwrap().clone()
    }

    /// Changes the facts behind the journal's back.
    pub(super) fn change_facts(&self, change: impl FnOnce(&mut Facts)) {
        self.fleet.send_modify(|view| {
            let view = Arc::make_mut(view);
            change(Arc::make_mut(&mut view.facts));
        });
    }
}

/// One queue, nothing measured yet.
fn measurements() -> Measurements {
    Measurements { queues: vec![Arc::new(QueueHistory::new("DEFAULT"))], ..Measurements::default() }
}

/// Always [`NOW`].
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Moment {
        NOW
    }
}

/// Applies commands to the facts of the view, and keeps the audit.
pub(super) struct MemoryJournal {
    fleet: watch::Sender<Arc<FleetView>>,
    commands: Mutex<Vec<Command>>,
    pub(super) broken: Mutex<bool>,
}

impl MemoryJournal {
    fn new(fleet: watch::Sender<Arc<FleetView>>) -> Self {
        Self { fleet, commands: Mutex::default(), broken: Mutex::default() }
    }
}

impl Journal for MemoryJournal {
    fn propose(&self, command: Command) -> BoxFuture<'_, Result<Applied, JournalError>> {
        if *self.broken.lock().unwrap() {
            return async { Err(JournalError::Closed) }.boxed();
        }
        let mut applied = Applied::default();
        self.fleet.send_modify(|view| {
            let view = Arc::make_mut(view);
            applied = Arc::make_mut(&mut view.facts).apply(&command);
        });
        self.commands.lock().unwrap().push(command);
        async move { Ok(applied) }.boxed()
    }

    fn facts(&self) -> watch::Receiver<Arc<Facts>> {
        watch::Sender::new(self.fleet.borrow().facts.clone()).subscribe()
    }

    fn health(&self) -> JournalHealth {
        JournalHealth::default()
    }

    fn audit_page(
        &self,
        key: Option<InstanceKey>,
        page: u64,
        page_size: u32,
    ) -> BoxFuture<'_, Result<Vec<AuditRow>, JournalError>> {
        let commands = self.commands.lock().unwrap();
        let entries = commands.iter().zip(1..).filter_map(|(command, id)| match command {
            Command::Audit(entry) => Some(AuditRow { id, entry: entry.clone() }),
            _ => None,
        });
        let mut rows: Vec<AuditRow> =
            entries.filter(|row| key.is_none() || row.entry.key == key).collect();
        rows.reverse();
        let skipped = usize::try_from(page).unwrap() * page_size as usize;
        let rows = rows.into_iter().skip(skipped).take(page_size as usize).collect();
        async move { Ok(rows) }.boxed()
    }
}

/// Notes what it is asked, and answers what it is told to.
pub(super) struct NotedOperations {
    fleet: watch::Receiver<Arc<FleetView>>,
    pub(super) asked: Mutex<Vec<String>>,
    pub(super) recover: Mutex<Result<RecoverReply, String>>,
}

impl NotedOperations {
    fn new(fleet: watch::Receiver<Arc<FleetView>>) -> Self {
        let recover = Mutex::new(Ok(RecoverReply::NotAttempted(None)));
        Self { fleet, asked: Mutex::default(), recover }
    }

    fn note(&self, what: String) {
        self.asked.lock().unwrap().push(what);
    }
}

impl Operations for NotedOperations {
    fn resolve<'a>(&'a self, hostname: &'a str) -> BoxFuture<'a, Result<String, String>> {
        let answer = match hostname {
            "nowhere" => Err("lookup nowhere: no such host".to_owned()),
            "alias-of-db1" => Ok("db1".to_owned()),
            other => Ok(other.to_owned()),
        };
        async move { answer }.boxed()
    }

    fn resolved_names(&self) -> BTreeMap<String, (String, Moment)> {
        [("alias-of-db1".to_owned(), ("db1".to_owned(), NOW))].into()
    }

    fn forget_resolved_names(&self) -> BoxFuture<'_, Result<(), String>> {
        self.note("forget names".to_owned());
        async { Ok(()) }.boxed()
    }

    fn connect<'a>(&'a self, key: &'a InstanceKey) -> BoxFuture<'a, Result<(), String>> {
        let known = self.fleet.borrow().instance(key).is_some();
        let answer = known.then_some(()).ok_or_else(|| format!("dial tcp {key}: refused"));
        async move { answer }.boxed()
    }

    fn snapshot_topologies(&self) -> BoxFuture<'_, Result<(), String>> {
        self.note("snapshot".to_owned());
        async { Ok(()) }.boxed()
    }

    fn discover<'a>(
        &'a self,
        key: &'a InstanceKey,
    ) -> BoxFuture<'a, Result<Arc<Instance>, String>> {
        self.note(format!("discover {key}"));
        let found = self.fleet.borrow().instance(key).cloned();
        async move { found.ok_or_else(|| format!("{key}: connection refused")) }.boxed()
    }

    fn discover_later(&self, key: &InstanceKey) {
        self.note(format!("discover later {key}"));
    }

    fn forget<'a>(&'a self, keys: &'a [InstanceKey]) -> BoxFuture<'a, Result<(), String>> {
        for key in keys {
            self.note(format!("forget {key}"));
        }
        async { Ok(()) }.boxed()
    }

    fn operate(
        &self,
        key: &InstanceKey,
        operation: Operation,
    ) -> BoxFuture<'_, Result<Done, Refused>> {
        self.note(format!("{operation:?} on {key}"));
        let found = self.fleet.borrow().instance(key).cloned();
        let injected = (operation == Operation::InjectEmpty).then(|| (2, fleet::key("db1")));
        let missing = || Refused::from(format!("Cannot read instance: {key}"));
        let answer = match (found.ok_or_else(missing), &operation) {
            (Ok(instance), Operation::Restart) => {
                Err(Refused { why: "Replication not running".to_owned(), instance: Some(instance) })
            }
            (Ok(instance), _) => Ok(Done { instance, injected }),
            (Err(refused), _) => Err(refused),
        };
        async move { answer }.boxed()
    }

    fn errant_logs<'a>(
        &'a self,
        key: &'a InstanceKey,
    ) -> BoxFuture<'a, Result<Vec<String>, String>> {
        self.note(format!("errant logs of {key}"));
        async move { Ok(vec!["binlog.000002".to_owned()]) }.boxed()
    }

    fn recover(&self, request: RecoverRequest) -> BoxFuture<'_, Result<RecoverReply, String>> {
        let RecoverRequest { key, candidate, skip_hooks, by } = request;
        assert_ne!(by, "panic", "as the test asked");
        self.note(format!("recover {key} onto {candidate:?}, skip hooks {skip_hooks}, by {by}"));
        let answer = self.recover.lock().unwrap().clone();
        async move { answer }.boxed()
    }
}
