//! Our tables in the embedded database and their versions. All carry the prefix `orc_`: the same
//! file may hold the tables of the program that this one replaces, which are never touched.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::Problem;

/// Each entry brings the schema from the version that is its index to the next one. Never change
/// an entry that was released: append one.
const STEPS: &[&str] = &[
    "
    CREATE TABLE orc_meta (
        key TEXT NOT NULL PRIMARY KEY,
        value TEXT NOT NULL
    );
    CREATE TABLE orc_log (
        seq INTEGER NOT NULL PRIMARY KEY,
        at INTEGER NOT NULL,
        command TEXT NOT NULL
    );
    CREATE TABLE orc_snapshot (
        id INTEGER NOT NULL PRIMARY KEY,
        seq INTEGER NOT NULL,
        state TEXT NOT NULL
    );
    CREATE TABLE orc_audit (
        id INTEGER NOT NULL PRIMARY KEY,
        at INTEGER NOT NULL,
        kind TEXT NOT NULL,
        hostname TEXT NOT NULL,
        port INTEGER NOT NULL,
        cluster TEXT NOT NULL,
        message TEXT NOT NULL
    );
    CREATE INDEX orc_audit_by_server ON orc_audit (hostname, port, id);
    CREATE INDEX orc_audit_by_time ON orc_audit (at);
    CREATE TABLE orc_instance (
        hostname TEXT NOT NULL,
        port INTEGER NOT NULL,
        updated INTEGER NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (hostname, port)
    );
",
    "
    CREATE TABLE orc_topology_snapshot (
        taken INTEGER NOT NULL,
        hostname TEXT NOT NULL,
        port INTEGER NOT NULL,
        source_hostname TEXT,
        source_port INTEGER,
        cluster TEXT NOT NULL,
        version TEXT NOT NULL,
        PRIMARY KEY (taken, hostname, port)
    );
",
];

/// The schema version that this program writes.
pub(super) const VERSION: i64 = STEPS.len() as i64;

/// Why the schema is not as needed.
#[derive(Debug, thiserror::Error)]
pub(super) enum SchemaError {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error("{0}")]
    Problem(Problem),
}

/// Creates or upgrades our tables in one transaction; refuses what a newer program left behind.
pub(super) fn upgrade(connection: &mut Connection) -> Result<(), SchemaError> {
    if version(connection)? == VERSION {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = version(&transaction)?;
    let missing = usize::try_from(found).ok().and_then(|found| STEPS.get(found..));
    let Some(missing) = missing else {
        return Err(SchemaError::Problem(Problem::NewerSchema { found, known: VERSION }));
    };
    for step in missing {
        transaction.execute_batch(step)?;
    }
    transaction.execute(
        "INSERT OR REPLACE INTO orc_meta (key, value) VALUES ('schema_version', ?1)",
        [VERSION.to_string()],
    )?;
    transaction.commit()?;
    Ok(())
}

fn version(connection: &Connection) -> Result<i64, SchemaError> {
    if !connection.table_exists(None, "orc_meta")? {
        return Ok(0);
    }
    let text: Option<String> = connection
        .query_row("SELECT value FROM orc_meta WHERE key = 'schema_version'", [], |row| row.get(0))
        .optional()?;
    text.as_deref().and_then(|text| text.parse().ok()).ok_or_else(|| {
        let detail = format!("orc_meta has no usable schema_version: {text:?}");
        SchemaError::Problem(Problem::Damaged(detail))
    })
}
