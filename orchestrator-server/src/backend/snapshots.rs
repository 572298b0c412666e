//! Who replicated from whom at some time in the past: rows that are only ever added. They are no
//! facts: nothing is decided by them, and they may be many.

use rusqlite::params;
use shared::InstanceKey;

use super::{BackendError, Sqlite, sqlite::Urgency};
use crate::clock::Moment;

/// One server in a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotRow {
    /// The server.
    pub key: InstanceKey,
    /// Where it replicated from.
    pub source: Option<InstanceKey>,
    /// Its cluster.
    pub cluster: String,
    /// Its version; empty if unknown.
    pub version: String,
}

/// The snapshots in the embedded database.
#[derive(Clone, Debug)]
pub struct TopologySnapshots {
    sqlite: Sqlite,
}

impl TopologySnapshots {
    /// Those in this database.
    #[must_use]
    pub fn new(sqlite: Sqlite) -> Self {
        Self { sqlite }
    }

    /// Adds a snapshot, whole or not at all.
    pub async fn add(&self, taken: Moment, rows: Vec<SnapshotRow>) -> Result<(), BackendError> {
        let add = self.sqlite.run(Urgency::Later, move |connection| {
            let transaction = connection.transaction()?;
            let mut statement = transaction.prepare_cached(
                "INSERT OR REPLACE INTO orc_topology_snapshot
                 (taken, hostname, port, source_hostname, source_port, cluster, version)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?;
            for row in &rows {
                statement.execute(params![
                    taken.unix_micros(),
                    row.key.hostname(),
                    row.key.port(),
                    row.source.as_ref().map(InstanceKey::hostname),
                    row.source.as_ref().map(InstanceKey::port),
                    row.cluster,
                    row.version,
                ])?;
            }
            drop(statement);
            transaction.commit()
        });
        add.await
    }

    /// The newest snapshot, by server; empty if there is none.
    pub async fn newest(&self) -> Result<Vec<SnapshotRow>, BackendError> {
        let read = self.sqlite.run(Urgency::Later, |connection| {
            let mut statement = connection.prepare(
                "SELECT hostname, port, source_hostname, source_port, cluster, version
                 FROM orc_topology_snapshot
                 WHERE taken = (SELECT max(taken) FROM orc_topology_snapshot)
                 ORDER BY hostname, port",
            )?;
            let rows = statement.query_map([], |row| {
                let key: Option<InstanceKey> = key(row.get(0)?, row.get(1)?);
                let source: Option<InstanceKey> = key_of(row.get(2)?, row.get(3)?);
                let (cluster, version) = (row.get(4)?, row.get(5)?);
                Ok(key.map(|key| SnapshotRow { key, source, cluster, version }))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        });
        Ok(read.await?.into_iter().flatten().collect())
    }
}

fn key(hostname: String, port: u16) -> Option<InstanceKey> {
    InstanceKey::new(&hostname, port).ok()
}

fn key_of(hostname: Option<String>, port: Option<u16>) -> Option<InstanceKey> {
    key(hostname?, port?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, source: Option<&str>) -> SnapshotRow {
        let key = |name: &str| InstanceKey::new(name, 3306).unwrap();
        SnapshotRow {
            key: key(name),
            source: source.map(key),
            cluster: "it's a:3306".to_owned(),
            version: "8.4.3".to_owned(),
        }
    }

    #[tokio::test]
    async fn the_newest_snapshot_is_read_back() {
        let snapshots = TopologySnapshots::new(Sqlite::open(":memory:").unwrap());
        assert_eq!(snapshots.newest().await.unwrap(), []);
        let first = vec![row("a", None), row("b", Some("a"))];
        let second = vec![row("b", None)];
        for (seconds, rows) in [(20, &second), (10, &first)] {
            snapshots.add(Moment::from_unix_seconds(seconds), rows.clone()).await.unwrap();
        }
        assert_eq!(snapshots.newest().await.unwrap(), second);
        snapshots.add(Moment::from_unix_seconds(30), first.clone()).await.unwrap();
        assert_eq!(snapshots.newest().await.unwrap(), first);
    }
}
