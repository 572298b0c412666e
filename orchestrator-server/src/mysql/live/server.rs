//! What the driver keeps for one server between calls: idle connections and a few memories.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use shared::InstanceKey;
use tokio::time::Instant;

use super::{
    connect::{Acquainted, connect},
    failure::QueryError,
    profile::Profile,
    question::Question,
    session::Session,
    settings::LiveSettings,
    slot::Slot,
};
use crate::mysql::{
    dialect::{Credentials, Dialect, read},
    driver::ProbeFailure,
};

/// A missing grant is asked for again after this time.
const DENIED_FOR: Duration = Duration::from_secs(60);
/// Probes wait for locks no longer than this.
const PROBE_LOCK_WAIT_SECONDS: u64 = 1;

/// One server as the driver knows it.
#[derive(Debug, Default)]
pub(super) struct Server {
    /// The idle probe connection.
    pub(super) probe: Slot<Session>,
    /// The idle heartbeat connection.
    pub(super) heartbeat: Slot<Session>,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    acquainted: Acquainted,
    /// Version numbers of the handshake, and what they meant.
    dialect: Option<((u16, u16, u16), Dialect)>,
    denied: HashMap<Question, (Instant, String)>,
    stuck: Vec<Stuck>,
    /// The account by which it replicated before it was promoted.
    former_account: Option<Credentials>,
}

/// A statement that got no answer in time and may still run on the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stuck {
    /// The server's number of the connection that sent it.
    pub(super) connection: u32,
    /// What it asked.
    pub(super) question: Question,
}

/// What a session is for; decides how long it may wait on the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Reading.
    Read,
    /// Changing.
    Change,
}

impl Server {
    /// Opens a connection and prepares its session.
    pub(super) async fn open(
        &self,
        key: &InstanceKey,
        settings: &LiveSettings,
        purpose: Purpose,
        limit: Duration,
    ) -> Result<Session, ProbeFailure> {
        let began = Instant::now();
        let mut session = self.open_bare(key, settings, limit).await?;
        let left = limit.saturating_sub(began.elapsed());
        let prepared = session.query(&first_statement(settings, purpose), left).await;
        prepared.map_err(|error| error.into_failure(false))?;
        Ok(session)
    }

    /// Connects without preparing anything: the evidence of an attempt.
    pub(super) async fn open_bare(
        &self,
        key: &InstanceKey,
        settings: &LiveSettings,
        limit: Duration,
    ) -> Result<Session, ProbeFailure> {
        let acquainted = self.memory().acquainted.clone();
        let connected = connect(key, &settings.login, acquainted, limit).await?;
        self.memory().acquainted =
            Acquainted { requires_tls: connected.tls, addresses: connected.addresses };
        Ok(Session::new(connected.conn, settings.login.clone()))
    }

    /// The dialect, if the server is still the version that it was learned of.
    pub(super) fn known_dialect(&self, session: &Session) -> Option<Dialect> {
        let (version, dialect) = self.memory().dialect?;
        (version == session.handshake_version()).then_some(dialect)
    }

    pub(super) fn remember_profile(&self, session: &Session, profile: &Profile) {
        self.memory().dialect = Some((session.handshake_version(), profile.dialect));
    }

    /// The reason why this question need not be asked now: a grant is missing.
    pub(super) fn denial(&self, question: Question) -> Option<String> {
        let memory = self.memory();
        let (since, reason) = memory.denied.get(&question)?;
        (since.elapsed() < DENIED_FOR).then(|| reason.clone())
    }

    /// Remembers that a question failed for want of a grant, or that it no longer does.
    pub(super) fn remember_denial(&self, question: Question, ended: Result<(), &QueryError>) {
        // Access denied to a database, table, column, routine, or for want of a privilege.
        let denied = ended.err().filter(|error| {
            question.part().is_some()
                && matches!(error.code(), Some(1044 | 1142 | 1143 | 1227 | 1370))
        });
        let mut memory = self.memory();
        match denied {
            Some(error) => {
                memory.denied.insert(question, (Instant::now(), error.to_string()));
            }
            None => {
                memory.denied.remove(&question);
            }
        }
    }

    /// The account by which the server replicated before it was promoted: its former source may
    /// now replicate from it by the same.
    pub(super) fn former_account(&self) -> Option<Credentials> {
        self.memory().former_account.clone()
    }

    pub(super) fn remember_account(&self, account: Credentials) {
        self.memory().former_account = Some(account);
    }

    pub(super) fn stuck(&self) -> Vec<Stuck> {
        self.memory().stuck.clone()
    }

    pub(super) fn leave_behind(&self, stuck: Stuck) {
        self.memory().stuck.push(stuck);
    }

    pub(super) fn forget_stuck(&self, gone: impl Fn(&Stuck) -> bool) {
        self.memory().stuck.retain(|stuck| !gone(stuck));
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // Each change is a single step, so a panic elsewhere leaves nothing half done.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn first_statement(settings: &LiveSettings, purpose: Purpose) -> String {
    match purpose {
        Purpose::Read => {
            // A little earlier than we would give up, so that the connection stays usable.
            let limit = settings.probe_statement_timeout() * 9 / 10;
            read::open_session(PROBE_LOCK_WAIT_SECONDS, limit.as_millis())
        }
        Purpose::Change => read::open_session(settings.action_timeout.as_secs().max(1), 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: u16) -> QueryError {
        QueryError::Server { code, text: "denied".to_owned() }
    }

    #[tokio::test(start_paused = true)]
    async fn a_missing_grant_is_remembered_for_a_while() {
        let server = Server::default();
        server.remember_denial(Question::Credentials, Err(&error(1142)));
        server.remember_denial(Question::Status, Err(&error(1193)));
        assert_eq!(server.denial(Question::Credentials).as_deref(), Some("ERROR 1142: denied"));
        assert_eq!(server.denial(Question::Status), None);
        tokio::time::advance(DENIED_FOR).await;
        assert_eq!(server.denial(Question::Credentials), None);
        server.remember_denial(Question::Credentials, Err(&error(1142)));
        server.remember_denial(Question::Credentials, Ok(()));
        assert_eq!(server.denial(Question::Credentials), None);
    }
}
