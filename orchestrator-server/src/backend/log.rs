//! The journal's tables: the log of commands, the snapshot that stands for its beginning, and
//! the audit. Every change is one transaction, so no state between two commands is ever stored.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Transaction, named_params, params};
use shared::InstanceKey;

use super::{BackendError, Problem, Sqlite, sqlite::Urgency};
use crate::{
    clock::Moment,
    journal::{
        command::{AuditEntry, Command},
        facts::Facts,
    },
};

/// Most audit entries that one `Purge` deletes, so that it never holds up a recovery's writes;
/// the next one goes on.
const PURGE_LIMIT: u32 = 10_000;

/// One command on its way into the log.
#[derive(Debug)]
pub struct LogRow {
    /// Its number: one more than that of the command before it.
    pub seq: u64,
    /// When it was accepted.
    pub at: Moment,
    /// The command.
    pub command: Arc<Command>,
    /// The command as JSON.
    pub text: String,
}

/// What the log holds.
#[derive(Debug)]
pub struct Stored {
    /// The state that all its commands build.
    pub facts: Facts,
    /// Commands since the snapshot.
    pub since_snapshot: usize,
}

/// One row of the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Its number.
    pub id: u64,
    /// The entry.
    pub entry: AuditEntry,
}

/// The journal's tables in the embedded database.
#[derive(Clone, Debug)]
pub struct LogStore {
    sqlite: Sqlite,
}

impl LogStore {
    /// The tables in this database.
    #[must_use]
    pub fn new(sqlite: Sqlite) -> Self {
        Self { sqlite }
    }

    /// Reads the snapshot and replays the commands after it. A command that this version does not
    /// understand is an error: to go on without it would drop a fact.
    pub async fn load(&self) -> Result<Stored, BackendError> {
        let (snapshot, rows) = self.sqlite.run(Urgency::Now, read_all).await?;
        let unreadable =
            |what: String, detail: String| self.sqlite.error(Problem::Unreadable { what, detail });
        let mut facts = match snapshot {
            Some(state) => serde_json::from_str(&state)
                .map_err(|error| unreadable("the snapshot".to_owned(), error.to_string()))?,
            None => Facts::default(),
        };
        let since_snapshot = rows.len();
        for (seq, text) in rows {
            if seq != facts.applied + 1 {
                let detail = format!("command {} is missing from orc_log", facts.applied + 1);
                return Err(self.sqlite.error(Problem::Damaged(detail)));
            }
            let command: Command = serde_json::from_str(&text)
                .map_err(|error| unreadable(format!("command {seq}"), error.to_string()))?;
            facts.apply(&command);
        }
        Ok(Stored { facts, since_snapshot })
    }

    /// Appends the rows, all or none. With a snapshot, which has to contain them, they are not
    /// logged: the snapshot takes the place of the whole log. Queued by the call itself.
    pub fn append(
        &self,
        rows: Vec<Arc<LogRow>>,
        snapshot: Option<Arc<Facts>>,
    ) -> impl Future<Output = Result<(), BackendError>> + Send + use<> {
        self.sqlite.run(Urgency::Now, move |connection| {
            let transaction = connection.transaction()?;
            match snapshot {
                Some(facts) => replace_log(&transaction, &facts)?,
                None => insert_commands(&transaction, &rows)?,
            }
            for row in rows {
                keep_audit(&transaction, &row)?;
            }
            transaction.commit()
        })
    }

    /// Appends one row, and adds servers that are not stored yet: all or nothing. Answers how many
    /// servers and how many audit entries were added.
    ///
    /// # Errors
    /// Nothing was stored.
    pub async fn import(
        &self,
        row: LogRow,
        servers: Vec<(InstanceKey, String)>,
    ) -> Result<(u64, u64), BackendError> {
        let import = move |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            let count = |transaction: &Transaction<'_>| {
                transaction
                    .query_row("SELECT COUNT(*) FROM orc_audit", [], |row| row.get::<_, u64>(0))
            };
            let before = count(&transaction)?;
            let row = Arc::new(row);
            insert_commands(&transaction, std::slice::from_ref(&row))?;
            keep_audit(&transaction, &row)?;
            let audit = count(&transaction)? - before;
            let added = super::instances::add(&transaction, &servers)?;
            transaction.commit()?;
            Ok((added, audit))
        };
        self.sqlite.run(Urgency::Now, import).await
    }

    /// Nothing was ever written here.
    ///
    /// # Errors
    /// The tables cannot be read.
    pub async fn is_fresh(&self) -> Result<bool, BackendError> {
        let empty = |connection: &mut Connection| {
            connection.query_row(
                "SELECT NOT EXISTS (SELECT 1 FROM orc_log)
                    AND NOT EXISTS (SELECT 1 FROM orc_snapshot)
                    AND NOT EXISTS (SELECT 1 FROM orc_instance)",
                [],
                |row| row.get(0),
            )
        };
        self.sqlite.run(Urgency::Now, empty).await
    }

    /// Lets a snapshot take the place of the commands that it contains. Queued by the call itself.
    pub fn compact(
        &self,
        facts: Arc<Facts>,
    ) -> impl Future<Output = Result<(), BackendError>> + Send + use<> {
        self.sqlite.run(Urgency::Later, move |connection| {
            let transaction = connection.transaction()?;
            replace_log(&transaction, &facts)?;
            transaction.commit()
        })
    }

    /// One page of the audit, newest first; only that of `key` if given. Pages count from 0.
    pub async fn audit_page(
        &self,
        key: Option<InstanceKey>,
        page: u64,
        page_size: u32,
    ) -> Result<Vec<AuditRow>, BackendError> {
        let chosen = match key {
            Some(_) => "hostname = :hostname AND port = :port",
            None => ":hostname IS NULL AND :port IS NULL",
        };
        let sql = format!(
            "SELECT id, at, kind, hostname, port, cluster, message FROM orc_audit
             WHERE {chosen} ORDER BY at DESC, id DESC LIMIT :size OFFSET :skipped"
        );
        let skipped = i64::try_from(page.saturating_mul(page_size.into())).unwrap_or(i64::MAX);
        let read = move |connection: &mut Connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map(
                named_params! {
                    ":hostname": key.as_ref().map(InstanceKey::hostname),
                    ":port": key.as_ref().map(InstanceKey::port),
                    ":size": page_size,
                    ":skipped": skipped,
                },
                audit_row,
            )?;
            rows.collect()
        };
        self.sqlite.run(Urgency::Later, read).await
    }
}

type Rows = Vec<(u64, String)>;

fn read_all(connection: &mut Connection) -> rusqlite::Result<(Option<String>, Rows)> {
    let transaction = connection.transaction()?;
    let snapshot = transaction
        .query_row("SELECT state FROM orc_snapshot ORDER BY id DESC LIMIT 1", [], |row| row.get(0))
        .optional()?;
    let mut statement = transaction.prepare("SELECT seq, command FROM orc_log ORDER BY seq")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok((snapshot, rows.collect::<rusqlite::Result<_>>()?))
}

fn insert_commands(transaction: &Transaction<'_>, rows: &[Arc<LogRow>]) -> rusqlite::Result<()> {
    let mut statement =
        transaction.prepare_cached("INSERT INTO orc_log (seq, at, command) VALUES (?1, ?2, ?3)")?;
    for row in rows {
        statement.execute(params![row.seq, row.at.unix_micros(), row.text])?;
    }
    Ok(())
}

fn replace_log(transaction: &Transaction<'_>, facts: &Facts) -> rusqlite::Result<()> {
    let state = serde_json::to_string(facts)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    transaction.execute("DELETE FROM orc_snapshot", [])?;
    transaction.execute(
        "INSERT INTO orc_snapshot (seq, state) VALUES (?1, ?2)",
        params![facts.applied, state],
    )?;
    transaction.execute("DELETE FROM orc_log WHERE seq <= ?1", [facts.applied])?;
    Ok(())
}

/// Audit entries are not part of the facts: they stand in a table of their own, numbered in the
/// order in which they came, unless they were imported with a number that was free.
fn keep_audit(transaction: &Transaction<'_>, row: &LogRow) -> rusqlite::Result<()> {
    match &*row.command {
        Command::Audit(entry) => keep_entry(transaction, None, entry).map(drop),
        Command::Import(imported) => {
            for (id, entry) in &imported.audit {
                if !is_kept(transaction, entry)? {
                    keep_entry(transaction, Some(*id), entry)?;
                }
            }
            Ok(())
        }
        Command::Purge { history_before, .. } => {
            transaction.execute(
                "DELETE FROM orc_audit
                 WHERE id IN (SELECT id FROM orc_audit WHERE at < ?1 ORDER BY at LIMIT ?2)",
                params![history_before.unix_micros(), PURGE_LIMIT],
            )?;
            Ok(())
        }
        _ => Ok(()),
    }
}

fn keep_entry(
    transaction: &Transaction<'_>,
    id: Option<u64>,
    entry: &AuditEntry,
) -> rusqlite::Result<usize> {
    let mut statement = transaction.prepare_cached(
        "INSERT INTO orc_audit (id, at, kind, hostname, port, cluster, message)
         VALUES (
             CASE WHEN ?1 IS NULL OR EXISTS (SELECT 1 FROM orc_audit WHERE id = ?1)
             THEN (SELECT COALESCE(MAX(id), 0) + 1 FROM orc_audit) ELSE ?1 END,
             ?2, ?3, ?4, ?5, ?6, ?7
         )",
    )?;
    statement.execute(params![
        id,
        entry.at.unix_micros(),
        entry.kind,
        entry.key.as_ref().map_or("", InstanceKey::hostname),
        entry.key.as_ref().map_or(0, InstanceKey::port),
        entry.cluster,
        entry.message,
    ])
}

/// An entry that is the same in everything but its number.
fn is_kept(transaction: &Transaction<'_>, entry: &AuditEntry) -> rusqlite::Result<bool> {
    let mut statement = transaction.prepare_cached(
        "SELECT 1 FROM orc_audit
         WHERE at = ?1 AND kind = ?2 AND hostname = ?3 AND port = ?4 AND message = ?5",
    )?;
    statement.exists(params![
        entry.at.unix_micros(),
        entry.kind,
        entry.key.as_ref().map_or("", InstanceKey::hostname),
        entry.key.as_ref().map_or(0, InstanceKey::port),
        entry.message,
    ])
}

fn audit_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<AuditRow> {
    let hostname: String = row.get(3)?;
    Ok(AuditRow {
        id: row.get(0)?,
        entry: AuditEntry {
            at: Moment::from_unix_micros(row.get(1)?),
            kind: row.get(2)?,
            // No server stands there as an empty name, which is no key.
            key: InstanceKey::new(&hostname, row.get(4)?).ok(),
            cluster: row.get(5)?,
            message: row.get(6)?,
        },
    })
}
