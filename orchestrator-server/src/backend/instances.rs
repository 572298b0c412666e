//! The last known state of every server, kept so that a restart has something to show. It is a
//! cache: a failed write is reported, never fatal, and what it holds is no evidence of anything.

use std::sync::Arc;

use rusqlite::{Connection, params};
use shared::InstanceKey;
use tokio::sync::watch;
use tracing::warn;

use super::{BackendError, Sqlite, sqlite::Urgency};
use crate::{
    clock::Moment,
    inventory::names::{Name, Names},
};

/// Rows of one transaction: the journal's writes wait no longer than for one of them.
const CHUNK: usize = 500;

/// Stores servers as JSON texts whose form is the inventory's business.
#[derive(Clone, Debug)]
pub struct InstanceStore {
    sqlite: Sqlite,
    failure: Arc<watch::Sender<Option<BackendError>>>,
}

impl InstanceStore {
    /// The store in this database.
    #[must_use]
    pub fn new(sqlite: Sqlite) -> Self {
        Self { sqlite, failure: Arc::new(watch::Sender::new(None)) }
    }

    /// Stores or replaces servers.
    pub async fn save(&self, batch: Vec<(InstanceKey, String)>) {
        self.write(batch, |connection, (key, body)| {
            let mut statement = connection.prepare_cached(
                "INSERT OR REPLACE INTO orc_instance (hostname, port, updated, body)
                 VALUES (?1, ?2, unixepoch(), ?3)",
            )?;
            statement.execute(params![key.hostname(), key.port(), body])
        })
        .await;
    }

    /// Drops servers.
    pub async fn remove(&self, keys: Vec<InstanceKey>) {
        self.write(keys, |connection, key| {
            let mut statement = connection
                .prepare_cached("DELETE FROM orc_instance WHERE hostname = ?1 AND port = ?2")?;
            statement.execute(params![key.hostname(), key.port()])
        })
        .await;
    }

    /// Everything stored, by key. A row whose key is none is left out.
    pub async fn load_all(&self) -> Result<Vec<(InstanceKey, String)>, BackendError> {
        let rows = self.sqlite.run(Urgency::Later, |connection| {
            let mut statement = connection
                .prepare("SELECT hostname, port, body FROM orc_instance ORDER BY hostname, port")?;
            let rows = statement.query_map([], |row| {
                let (hostname, port): (String, u16) = (row.get(0)?, row.get(1)?);
                Ok((InstanceKey::new(&hostname, port), row.get(2)?))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        });
        Ok(rows.await?.into_iter().filter_map(|(key, body)| Some((key.ok()?, body))).collect())
    }

    /// Stores what names stand for, or that they stand for nothing any more.
    pub async fn save_names(&self, batch: Vec<(InstanceKey, Option<Name>)>) {
        self.write(batch, |connection, (asked, name)| match name {
            Some(Name { known, learned }) => {
                let mut statement = connection.prepare_cached(
                    "INSERT OR REPLACE INTO orc_name
                     (hostname, port, known_hostname, known_port, learned)
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                )?;
                let (host, port, at) = (known.hostname(), known.port(), learned.unix_micros());
                statement.execute(params![asked.hostname(), asked.port(), host, port, at])
            }
            None => {
                let mut statement = connection
                    .prepare_cached("DELETE FROM orc_name WHERE hostname = ?1 AND port = ?2")?;
                statement.execute(params![asked.hostname(), asked.port()])
            }
        })
        .await;
    }

    /// What names stand for. A row that names no server is left out.
    ///
    /// # Errors
    /// The backend cannot be read.
    pub async fn load_names(&self) -> Result<Names, BackendError> {
        let rows = self.sqlite.run(Urgency::Later, |connection| {
            let mut statement = connection.prepare(
                "SELECT hostname, port, known_hostname, known_port, learned FROM orc_name",
            )?;
            let rows = statement.query_map([], |row| {
                let (asked, port): (String, u16) = (row.get(0)?, row.get(1)?);
                let (known, known_port): (String, u16) = (row.get(2)?, row.get(3)?);
                let keys = (InstanceKey::new(&asked, port), InstanceKey::new(&known, known_port));
                Ok((keys, Moment::from_unix_micros(row.get(4)?)))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        });
        let names = rows.await?.into_iter().filter_map(|((asked, known), learned)| {
            Some((asked.ok()?, Name { known: known.ok()?, learned }))
        });
        Ok(names.collect())
    }

    /// Why the last write failed; none if it went well.
    #[must_use]
    pub fn failure(&self) -> Option<BackendError> {
        self.failure.borrow().clone()
    }

    async fn write<T: Send + 'static>(
        &self,
        mut rows: Vec<T>,
        store: fn(&Connection, &T) -> rusqlite::Result<usize>,
    ) {
        while !rows.is_empty() {
            let chunk: Vec<T> = rows.drain(..rows.len().min(CHUNK)).collect();
            let outcome = self.sqlite.run(Urgency::Later, move |connection| {
                let transaction = connection.transaction()?;
                for row in &chunk {
                    store(&transaction, row)?;
                }
                transaction.commit()
            });
            let failure = outcome.await.err();
            if let Some(error) = &failure {
                warn!("servers seen lately were not stored: {error}");
            }
            self.failure.send_replace(failure);
        }
    }
}

/// Adds servers that are not stored yet; answers how many.
pub(super) fn add(
    connection: &Connection,
    servers: &[(InstanceKey, String)],
) -> rusqlite::Result<u64> {
    let mut statement = connection.prepare_cached(
        "INSERT OR IGNORE INTO orc_instance (hostname, port, updated, body)
         VALUES (?1, ?2, unixepoch(), ?3)",
    )?;
    let mut added = 0;
    for (key, body) in servers {
        added += statement.execute(params![key.hostname(), key.port(), body])? as u64;
    }
    Ok(added)
}

#[cfg(test)]
#[path = "instances_tests.rs"]
mod tests;
