//! One changing statement. When it gets no answer in time it is killed from a second connection
//! and its effect re-read: what is unknown has not failed.

use std::time::Duration;

use tokio::time::timeout;

use super::{actor::Actor, reading::Reading};
use crate::mysql::{
    dialect::change::kill_query,
    driver::ActionError,
    live::{answer::Answer, failure::QueryError, server::Purpose},
};

/// How long a killed statement may take to end.
const GRACE: Duration = Duration::from_secs(1);

/// A change, what it is called, and how to see that it happened.
pub(super) struct Change<'a> {
    /// Names the change in errors; the statement itself may hold a password.
    pub(super) name: &'a str,
    pub(super) statement: String,
    /// The server looks as it should after the change.
    pub(super) took_effect: &'a (dyn Fn(&Reading) -> bool + Sync),
    /// Even when it is killed the server goes on with it, as with stopping a thread.
    pub(super) lingers: bool,
}

impl Actor<'_> {
    /// Makes a change.
    pub(super) async fn change(&mut self, change: Change<'_>) -> Result<(), ActionError> {
        match self.execute(&change.statement).await? {
            Ok(_) => Ok(()),
            // Interrupted by our kill, or by a limit of the server's.
            Err(QueryError::Server { code: 1317 | 1205 | 3024 | 1969, text }) => {
                self.settle(&change, &text).await
            }
            Err(error @ (QueryError::Server { .. } | QueryError::Refused(_))) => {
                Err(ActionError::Refused(format!("{}: {}: {error}", self.key, change.name)))
            }
            // It gave no answer, so it may still be at it whatever a look shows now.
            Err(error @ (QueryError::Lost(_) | QueryError::TimedOut(_))) => {
                let lingers = Change { lingers: true, ..change };
                self.settle(&lingers, &error.to_string()).await
            }
        }
    }

    /// Sends a statement; kills it when the time is over. The connection is given back unless it
    /// broke.
    async fn execute(
        &mut self,
        statement: &str,
    ) -> Result<Result<Answer, QueryError>, ActionError> {
        let limit = self.settings.action_timeout;
        let mut session = self.connected().await?;
        let connection = session.id();
        let ended = {
            let running = session.query(statement, limit + GRACE + self.settings.connect_timeout);
            tokio::pin!(running);
            match timeout(limit, &mut running).await {
                Ok(ended) => ended,
                Err(_) => {
                    self.kill(connection).await;
                    match timeout(GRACE, running).await {
                        Ok(ended) => ended,
                        Err(_) => Err(QueryError::TimedOut(limit)),
                    }
                }
            }
        };
        if !matches!(ended, Err(QueryError::Lost(_) | QueryError::TimedOut(_))) {
            self.session = Some(session);
        }
        Ok(ended)
    }

    /// Kills the statement of a connection, if the server lets us connect in time. Whether it was
    /// still running shows in what the statement answers.
    async fn kill(&self, connection: u32) {
        let limit = self.settings.connect_timeout;
        let opened = self.server.open(self.key, self.settings, Purpose::Change, limit).await;
        if let Ok(mut second) = opened {
            // A statement that goes on all the same gives no answer, and so counts as unknown.
            let _ = second.query(&kill_query(connection), GRACE).await;
        }
    }

    /// Re-reads the effect of a statement that gave no clear answer.
    async fn settle(&mut self, change: &Change<'_>, why: &str) -> Result<(), ActionError> {
        let text = format!("{}: {}: {why}", self.key, change.name);
        match self.look().await {
            Ok(reading) if (change.took_effect)(&reading) => Ok(()),
            Ok(_) if change.lingers => {
                Err(ActionError::Unknown(format!("{text}; the server is still at it")))
            }
            Ok(_) => Err(ActionError::TimedOut(format!("{text}; it did not happen"))),
            Err(error) => Err(ActionError::Unknown(format!("{text}; then {error}"))),
        }
    }
}
