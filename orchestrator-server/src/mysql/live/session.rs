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
            let is_last = answers.len() + 1 == statements.len();
            let mut answer = Answer { columns: columns(&result), rows: Vec::new() };
            let ended = within(limit, rest_of(&mut result, &mut answer.rows)).await;
            // The library hands over an answer only when the next one has begun. A server sends
            // a short answer in one piece, so it is the next statement that hangs or breaks.
            let complete = ended.is_ok() || (!is_last && is_whole(&ended, &answer));
            if complete {
                answers.push(answer);
            }
            ended?;
        }
        // A procedure gives more than was asked for.
        within(limit, result.drop_result()).await
    }
}

/// A server's buffer for what it sends is flushed when it has this size, or at the end of an
/// answer (`net_buffer_length`).
const SENT_IN_ONE_PIECE: usize = 8 << 10;

/// The answer had come as a whole when the connection hung or broke.
fn is_whole(ended: &Result<(), QueryError>, answer: &Answer) -> bool {
    let interrupted = matches!(ended, Err(QueryError::TimedOut(_) | QueryError::Lost(_)));
    let size: usize = answer.rows.iter().flatten().flatten().map(String::len).sum();
    interrupted && !answer.columns.is_empty() && size < SENT_IN_ONE_PIECE
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

fn columns(result: &QueryResult<'_, 'static, TextProtocol>) -> Arc<[String]> {
    result.columns_ref().iter().map(|column| column.name_str().into_owned()).collect()
}

/// Reads the rows up to the end of this answer.
async fn rest_of(
    result: &mut QueryResult<'_, 'static, TextProtocol>,
    rows: &mut Vec<Vec<Option<String>>>,
) -> mysql_async::Result<()> {
    result.map(|row: mysql_async::Row| rows.push(texts(row))).await.map(drop)
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
