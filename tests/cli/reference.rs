//! Backends as the Go program leaves them.

use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::Connection;
use serde_json::Value;
use shared::timestamp;

use crate::Place;

/// The tables and rows, for SQLite and MySQL.
pub(crate) const SQL: &str = include_str!("fixtures/go_backend.sql");

/// What the API answers of them, apart from times.
pub(crate) fn expected() -> serde_json::Map<String, Value> {
    serde_json::from_str(include_str!("fixtures/go_backend.json")).unwrap()
}

/// The SQL with its times filled in.
pub(crate) fn sql() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let now = i64::try_from(now).unwrap();
    let mut parts = SQL.split("@now");
    let mut filled = parts.next().unwrap().to_owned();
    for part in parts {
        let (offset, rest) = part.split_once('@').unwrap();
        match offset.parse::<i64>() {
            Ok(offset) => filled += &timestamp::expression_text(now + offset),
            Err(_) if offset.is_empty() => filled += &timestamp::expression_text(now),
            // The words that explain it.
            Err(_) => filled += &format!("@now{offset}@"),
        }
        filled += rest;
    }
    filled
}

/// A file with this SQL run on it; its path.
pub(crate) fn file(place: &Place, name: &str, sql: &[&str]) -> String {
    let path = place.path(name);
    let connection = Connection::open(&path).unwrap();
    for sql in sql {
        connection.execute_batch(sql).unwrap();
    }
    path.display().to_string()
}

/// A backend with one server at this port.
pub(crate) fn one_server(place: &Place, port: u16) -> String {
    let sql = sql();
    let tables: String =
        sql.split_inclusive(";\n").filter(|s| s.contains("CREATE TABLE")).collect();
    let row = format!(
        "INSERT INTO database_instance (hostname, port, version, last_checked, last_seen,
             cluster_name, suggested_cluster_alias, slave_hosts)
         VALUES ('127.0.0.1', {port}, '8.0.30', datetime('now'), datetime('now'),
             '127.0.0.1:{port}', 'one', '[]')"
    );
    file(place, "one.db", &[&tables, &row])
}
