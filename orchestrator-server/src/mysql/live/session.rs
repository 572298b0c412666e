//! One connection to a server: statements by the text protocol, each with a deadline.

use std::{sync::Arc, time::Duration};

use mysql_async::{Conn, QueryResult, TextProtocol, prelude::Queryable};
use tokio::time::{Instant, timeout};

use super::{answer::Answer, failure::QueryError, profile::Profile, settings::Login};

/// A connection whose handshake is done.
#[derive(Debug)]
pub(super) struct Session {
    conn: Conn,
    opened: Instant,
    login: Login,
    /// A statement is under way or did not end well: never to be used again.
    broken: bool,
    /// What was learned of the server over this connection.
    pub(super) profile: Option<Arc<Profile>>,
}

/// What came of several statements sent at once: the answers up to the first failure.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) answers: Vec<Answer>,
    pub(super) failure: Option<QueryError>,
    /// The server's number of the connection that it went over.
    pub(super) connection: u32,
}

impl Session {
    pub(super) fn new(conn: Conn, login: Login) -> Self {
        Self { conn, opened: Instant::now(), login, broken: false, profile: None }
    }

    /// The server's number for this connection.
    pub(super) fn id(&self) -> u32 {
        self.conn.id()
    }

    /// Version numbers as the handshake told them.
    pub(super) fn handshake_version(&self) -> (u16, u16, u16) {
        self.conn.server_version()
    }

    /// May be used for another call under these settings.
    pub(super) fn is_reusable(&self, login: &Login, lifetime: Option<Duration>) -> bool {
        !self.broken
            && self.login == *login
            && lifetime.is_none_or(|lifetime| self.opened.elapsed() < lifetime)
    }

    /// One statement. The connection is broken unless the server answered in time.
    pub(super) async fn query(
        &mut self,
        statement: &str,
        limit: Duration,
    ) -> Result<Answer, QueryError> {
        let batch = self.batch(&[statement], limit).await;
        match (batch.failure, batch.answers.into_iter().next()) {
            (Some(failure), _) => Err(failure),
            (None, answer) => Ok(answer.unwrap_or_default()),
        }
    }

    /// Several statements in one packet, each giving one answer. The server stops at the first
    /// that fails. `limit` counts for each answer.
    pub(super) async fn batch(&mut self, statements: &[&str], limit: Duration) -> Batch {
        // Stays so if this future is dropped before its end.
        self.broken = true;
        let mut answers = Vec::with_capacity(statements.len());
        let ended = self.exchange(statements, limit, &mut answers).await;
        let failure = ended.err();
        self.broken = matches!(failure, Some(QueryError::Lost(_) | QueryError::TimedOut(_)));
        Batch { answers, failure, connection: self.id() }
    }

    async fn exchange(
        &mut self,
        statements: &[&str],
        limit: Duration,
        answers: &mut Vec<Answer>,
    ) -> Result<(), QueryError> {
        // On a line of its own, a semicolon is no part of a comment that ends a statement.
        let packet = statements.join("\n;\n");
        let mut result = within(limit, self.conn.query_iter(packet)).await?;
        while answers.len() < statements.len() {
            answers.push(within(limit, next_answer(&mut result)).await?);
        }
        // A procedure gives more than was asked for.
        within(limit, result.drop_result()).await
    }
}

async fn within<T>(
    limit: Duration,
    step: impl Future<Output = mysql_async::Result<T>>,
) -> Result<T, QueryError> {
    match timeout(limit, step).await {
        Err(_) => Err(QueryError::TimedOut(limit)),
        Ok(ended) => ended.map_err(|error| QueryError::of(&error)),
    }
}

async fn next_answer(
    result: &mut QueryResult<'_, 'static, TextProtocol>,
) -> mysql_async::Result<Answer> {
    let columns = result.columns();
    let rows = result.collect::<mysql_async::Row>().await?;
    let columns = columns.iter().flat_map(|columns| columns.iter());
    Ok(Answer {
        columns: columns.map(|column| column.name_str().into_owned()).collect(),
        rows: rows.into_iter().map(texts).collect(),
    })
}

fn texts(row: mysql_async::Row) -> Vec<Option<String>> {
    row.unwrap_raw()
        .into_iter()
        .map(|value| match value {
            None | Some(mysql_async::Value::NULL) => None,
            Some(mysql_async::Value::Bytes(bytes)) => {
                Some(String::from_utf8_lossy(&bytes).into_owned())
            }
            // The text protocol carries nothing else.
            Some(other) => Some(other.as_sql(true)),
        })
        .collect()
}
