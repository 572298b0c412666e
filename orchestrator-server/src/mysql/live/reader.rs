//! Asks a server questions over its probe connection: many in one packet, each failure kept to
//! the question that it belongs to.

use std::{collections::HashMap, sync::Arc, time::Duration};

use shared::InstanceKey;
use tokio::time::Instant;

use super::{
    answer::Answer,
    failure::QueryError,
    profile::Profile,
    question::{Asked, Question},
    server::{Purpose, Server, Stuck},
    session::{Batch, Session},
    settings::LiveSettings,
};
use crate::mysql::{
    dialect::{change::kill_connection, read},
    driver::{FailureKind, ProbeFailure},
};

/// Answers by question.
pub(super) type Answers = HashMap<Question, Result<Answer, QueryError>>;

/// One probe's use of a server.
pub(super) struct Reader<'a> {
    key: &'a InstanceKey,
    server: &'a Server,
    settings: &'a LiveSettings,
    session: Option<Session>,
    /// The connection was idle before; nothing was answered over it in this call.
    unproven: bool,
    /// The server answered something in this call.
    answered: bool,
    until: Instant,
}

impl<'a> Reader<'a> {
    /// Takes the idle connection, if there is one that may still be used.
    pub(super) fn new(
        key: &'a InstanceKey,
        server: &'a Server,
        settings: &'a LiveSettings,
    ) -> Self {
        let lifetime = settings.connection_lifetime;
        let session =
            server.probe.take().filter(|idle| idle.is_reusable(&settings.login, lifetime));
        Self {
            key,
            server,
            settings,
            unproven: session.is_some(),
            session,
            answered: false,
            until: Instant::now() + settings.connect_timeout + settings.probe_timeout,
        }
    }

    /// The call ended well: the connection may be used again.
    pub(super) fn finish(self) {
        let lifetime = self.settings.connection_lifetime;
        let login = &self.settings.login;
        if let Some(session) = self.session.filter(|used| used.is_reusable(login, lifetime)) {
            self.server.probe.put(session);
        }
    }

    /// Family, version and variables of the server; asked when not known over this connection.
    pub(super) async fn profile(&mut self, renew: bool) -> Result<Arc<Profile>, ProbeFailure> {
        let known = self.session.as_ref().and_then(|session| session.profile.clone());
        if let Some(profile) = known.filter(|profile| profile.is_fresh() && !renew) {
            return Ok(profile);
        }
        let statement = read::existing_variables(read::WANTED_VARIABLES);
        let mut batch = self.exchange(&[&statement]).await?;
        if let Some(error) = batch.failure {
            return Err(error.into_failure(self.answered));
        }
        let profile = batch.answers.pop().and_then(|answer| Profile::of(&answer));
        let Some(profile) = profile.map(Arc::new) else {
            return Err(ProbeFailure {
                kind: FailureKind::ServerError,
                partial: true,
                text: "the server does not tell its version".to_owned(),
            });
        };
        if let Some(session) = &mut self.session {
            session.profile = Some(Arc::clone(&profile));
            self.server.remember_profile(session, &profile);
        }
        Ok(profile)
    }

    /// Asks all questions. Fails when an essential one has no answer, or when the server cannot
    /// be reached any more.
    pub(super) async fn ask(
        &mut self,
        asked: &[Asked],
        answers: &mut Answers,
    ) -> Result<(), ProbeFailure> {
        let mut rest = asked;
        while let Some(first) = rest.first() {
            let together =
                if first.simple { rest.iter().take_while(|asked| asked.simple).count() } else { 1 };
            let done = self.ask_together(&rest[..together], answers).await?;
            rest = &rest[done..];
        }
        Ok(())
    }

    /// Sends questions in one packet; gives how many of them are dealt with.
    async fn ask_together(
        &mut self,
        asked: &[Asked],
        answers: &mut Answers,
    ) -> Result<usize, ProbeFailure> {
        let statements: Vec<&str> = asked.iter().map(|asked| asked.statement.as_str()).collect();
        if self.time_left().is_zero() && asked.iter().all(|asked| asked.question.part().is_some()) {
            let late = || Err(QueryError::TimedOut(self.settings.probe_timeout));
            answers.extend(asked.iter().map(|asked| (asked.question, late())));
            return Ok(asked.len());
        }
        let batch = self.exchange(&statements).await?;
        let done = batch.answers.len();
        for (asked, answer) in asked.iter().zip(batch.answers) {
            self.server.remember_denial(asked.question, Ok(()));
            answers.insert(asked.question, Ok(answer));
        }
        let Some((error, failed)) = batch.failure.zip(asked.get(done)) else {
            return Ok(asked.len());
        };
        self.server.remember_denial(failed.question, Err(&error));
        if matches!(error, QueryError::TimedOut(_)) {
            self.server
                .leave_behind(Stuck { connection: batch.connection, question: failed.question });
        }
        if failed.question.part().is_none() && !is_unknown_variable(&error) {
            return Err(error.into_failure(self.answered));
        }
        answers.insert(failed.question, Err(error));
        Ok(done + 1)
    }

    /// Statements that earlier calls gave up and that still run on the server are killed; the
    /// questions that they ask are not asked again until they have gone, lest they pile up.
    pub(super) async fn stuck(&mut self) -> Result<Vec<Question>, ProbeFailure> {
        let stuck = self.server.stuck();
        if stuck.is_empty() {
            return Ok(Vec::new());
        }
        let batch = self.exchange(&[read::CONNECTIONS]).await?;
        let Some(connections) = batch.answers.first() else { return Ok(Vec::new()) };
        let user = &self.settings.login.user;
        let running: Vec<u32> = connections
            .rows()
            // A number may belong to another's connection after a restart.
            .filter(|row| row.get("User") == Some(user) && row.get("Command") != Some("Sleep"))
            .filter_map(|row| row.number("Id"))
            .collect();
        self.server.forget_stuck(|stuck| !running.contains(&stuck.connection));
        let mut questions = Vec::new();
        for stuck in stuck.iter().filter(|stuck| running.contains(&stuck.connection)) {
            questions.push(stuck.question);
            // It may have ended meanwhile.
            let _ = self.exchange(&[&kill_connection(stuck.connection)]).await?;
        }
        Ok(questions)
    }

    /// Sends statements over the connection. An idle connection that turns out broken is
    /// replaced once: the server may have closed it.
    async fn exchange(&mut self, statements: &[&str]) -> Result<Batch, ProbeFailure> {
        loop {
            let limit = self.statement_limit()?;
            let batch = self.session().await?.batch(statements, limit).await;
            let answered_now = !batch.answers.is_empty()
                || matches!(batch.failure, Some(QueryError::Server { .. }));
            let lost = matches!(batch.failure, Some(QueryError::Lost(_)));
            self.answered |= answered_now;
            if lost || matches!(batch.failure, Some(QueryError::TimedOut(_))) {
                self.session = None;
            }
            if lost && self.unproven && !answered_now {
                self.unproven = false;
                continue;
            }
            self.unproven &= !answered_now;
            return Ok(batch);
        }
    }

    fn statement_limit(&self) -> Result<Duration, ProbeFailure> {
        let left = self.time_left();
        if left.is_zero() {
            return Err(ProbeFailure {
                kind: FailureKind::StatementTimedOut,
                partial: self.answered,
                text: format!("the probe did not end within {:?}", self.settings.probe_timeout),
            });
        }
        Ok(left.min(self.settings.probe_statement_timeout()))
    }

    fn time_left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    async fn session(&mut self) -> Result<&mut Session, ProbeFailure> {
        let session = match self.session.take() {
            Some(session) => session,
            None => {
                let limit = self.settings.connect_timeout;
                let opened = self.server.open(self.key, self.settings, Purpose::Read, limit).await;
                opened.map_err(|failure| ProbeFailure { partial: self.answered, ..failure })?
            }
        };
        Ok(self.session.insert(session))
    }
}

/// A plugin was removed since the variables were listed.
pub(super) fn is_unknown_variable(error: &QueryError) -> bool {
    error.code() == Some(1193)
}
