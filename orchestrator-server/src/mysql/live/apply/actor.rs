//! One action's hold on its server: a connection, a dialect, and looks at the server.

use shared::InstanceKey;

use super::reading::Reading;
use crate::mysql::{
    dialect::{Dialect, read},
    driver::{ActionError, Effect, ProbeFailure},
    live::{
        answer::Answer,
        assemble::binlog_position,
        failure::QueryError,
        profile::Profile,
        server::{Purpose, Server},
        session::Session,
        settings::LiveSettings,
    },
};

/// One action's hold on its server.
pub(super) struct Actor<'a> {
    pub(super) key: &'a InstanceKey,
    pub(super) server: &'a Server,
    pub(super) settings: &'a LiveSettings,
    pub(super) dialect: Dialect,
    pub(super) session: Option<Session>,
}

impl<'a> Actor<'a> {
    /// Connects and learns the dialect.
    pub(super) async fn open(
        key: &'a InstanceKey,
        server: &'a Server,
        settings: &'a LiveSettings,
    ) -> Result<Self, ActionError> {
        let limit = settings.connect_timeout;
        let opened = server.open(key, settings, Purpose::Change, limit).await;
        let mut session = opened.map_err(|failure| unreachable(key, &failure))?;
        let dialect = match server.known_dialect(&session) {
            Some(dialect) => dialect,
            None => learn(key, server, settings, &mut session).await?,
        };
        Ok(Self { key, server, settings, dialect, session: Some(session) })
    }

    /// Looks at the server.
    pub(super) async fn look(&mut self) -> Result<Reading, ActionError> {
        let variables = self.dialect.action_variables();
        let status = self.dialect.replica_status();
        let answers = self.read(&[&variables, status]).await?;
        let [variables, status] = answers.as_slice() else {
            return Err(ActionError::Refused(format!("{}: answers are missing", self.key)));
        };
        Reading::of(variables, status, self.dialect)
            .map_err(|problem| ActionError::Refused(format!("{}: {problem}", self.key)))
    }

    /// Sends reading statements, a second time over a new connection if the first one broke.
    pub(super) async fn read(&mut self, statements: &[&str]) -> Result<Vec<Answer>, ActionError> {
        let mut error = QueryError::Refused("not connected".to_owned());
        for _ in 0..2 {
            let mut session = self.connected().await?;
            let batch = session.batch(statements, self.settings.action_timeout).await;
            match batch.failure {
                None => {
                    self.session = Some(session);
                    return Ok(batch.answers);
                }
                Some(QueryError::Lost(text)) => error = QueryError::Lost(text),
                Some(server @ QueryError::Server { .. }) => {
                    self.session = Some(session);
                    return Err(ActionError::Refused(format!("{}: {server}", self.key)));
                }
                Some(other) => {
                    error = other;
                    break;
                }
            }
        }
        Err(ActionError::Unreachable(format!("{}: {error}", self.key)))
    }

    /// The connection, a new one if there is none.
    pub(super) async fn connected(&mut self) -> Result<Session, ActionError> {
        match self.session.take() {
            Some(session) => Ok(session),
            None => {
                let limit = self.settings.connect_timeout;
                let opened =
                    self.server.open(self.key, self.settings, Purpose::Change, limit).await;
                opened.map_err(|failure| unreachable(self.key, &failure))
            }
        }
    }

    /// What the action reports at its end.
    pub(super) async fn effect(&mut self, reading: &Reading) -> Effect {
        // A server without a binary log, or an account that may not see it, has no position.
        let binlog = self.read(&[self.dialect.binlog_position()]).await.ok();
        let position = binlog.and_then(|answers| binlog_position(answers.first()?));
        Effect {
            executed: reading.executed.clone(),
            retrieved: reading
                .channel
                .as_ref()
                .map(|channel| channel.retrieved.clone())
                .unwrap_or_default(),
            drained: reading.is_drained(),
            replicating: reading.replicating(),
            binlog: position.map(|at| at.to_string()).unwrap_or_default(),
            found: None,
            state: None,
        }
    }
}

async fn learn(
    key: &InstanceKey,
    server: &Server,
    settings: &LiveSettings,
    session: &mut Session,
) -> Result<Dialect, ActionError> {
    let statement = read::existing_variables(read::WANTED_VARIABLES);
    let answer = session.query(&statement, settings.action_timeout).await;
    let answer = answer.map_err(|error| unreachable(key, &error.into_failure(true)))?;
    let profile = Profile::of(&answer).ok_or_else(|| {
        ActionError::Refused(format!("{key}: the server does not tell its version"))
    })?;
    server.remember_profile(session, &profile);
    Ok(profile.dialect)
}

pub(super) fn unreachable(key: &InstanceKey, failure: &ProbeFailure) -> ActionError {
    ActionError::Unreachable(format!("{key}: {failure}"))
}
