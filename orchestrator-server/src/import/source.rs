//! Where tables are read from: an SQLite file or a MySQL or MariaDB server. Nothing is ever
//! written there: the file is opened read-only, the server is asked within a transaction that it
//! itself keeps from writing.

use std::{fmt, path::Path, time::Duration};

use anyhow::{Context, anyhow, bail};
use mysql_async::{Conn, OptsBuilder, Row, Value, prelude::Queryable};
use rusqlite::{Connection, OpenFlags, types::ValueRef};

use super::{dictionary::SERVERS, table::Table};

/// Our own tables may stand beside those of the Go program.
const OURS: &str = "orc_";

/// Longest time to connect, and for each statement.
const CONNECT: Duration = Duration::from_secs(10);

/// Gives the password where the source names none.
pub(super) const PASSWORD_VARIABLE: &str = "MYSQL_PWD";

/// Where to read from.
#[derive(Clone, PartialEq, Eq)]
pub enum Source {
    /// A file.
    Sqlite(String),
    /// A database on a server.
    Mysql(Address),
}

/// A database on a server.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    user: String,
    password: String,
    host: String,
    port: u16,
    database: String,
}

/// Without the password.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => f.write_str(file),
            Self::Mysql(Address { user, host, port, database, .. }) => {
                write!(f, "mysql://{user}@{host}:{port}/{database}")
            }
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Source {
    /// Reads what `--from` says: `mysql://user:password@host:port/database`, the Go program's
    /// form `user:password@tcp(host:port)/database`, else a file.
    ///
    /// # Errors
    /// It names no server, or no database on it.
    pub fn parse(text: &str, variable: impl Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        let wrong = || {
            anyhow!(
                "--from: cannot read the address; give mysql://user:password@host:port/database"
            )
        };
        let (login, host, database) = if let Some(rest) = text.strip_prefix("mysql://") {
            let (login, place) = rest.rsplit_once('@').ok_or_else(wrong)?;
            let (host, database) = place.split_once('/').ok_or_else(wrong)?;
            (login, host, database)
        } else if let Some((login, rest)) = text.split_once("@tcp(") {
            let (host, database) = rest.split_once(")/").ok_or_else(wrong)?;
            (login, host, database)
        } else if text.is_empty() {
            bail!(
                "import needs a source: give --from <sqlite file> or --from mysql://user:password@host:port/database"
            );
        } else {
            return Ok(Self::Sqlite(text.to_owned()));
        };
        let encoded = text.starts_with("mysql://");
        let plain = |part: &str| {
            if !encoded {
                return Ok(part.to_owned());
            }
            shared::url::decode_segment(part).map(std::borrow::Cow::into_owned).map_err(|_| wrong())
        };
        let (user, password) = match login.split_once(':') {
            Some((user, password)) => (plain(user)?, plain(password)?),
            None => (plain(login)?, variable(PASSWORD_VARIABLE).unwrap_or_default()),
        };
        let server = shared::InstanceKey::parse(host, 3306).map_err(|_| wrong())?;
        let database = plain(database.split('?').next().unwrap_or_default())?;
        if database.is_empty() {
            return Err(wrong());
        }
        let (host, port) = (server.hostname().to_owned(), server.port());
        Ok(Self::Mysql(Address { user, password, host, port, database }))
    }

    /// Reads all tables that are not ours.
    ///
    /// # Errors
    /// It cannot be read, or is no backend of the Go program.
    pub async fn read(&self) -> anyhow::Result<Vec<Table>> {
        let tables = match self {
            Self::Sqlite(file) => {
                let file = file.clone();
                tokio::task::spawn_blocking(move || read_file(&file)).await??
            }
            Self::Mysql(address) => {
                read_server(address).await.with_context(|| format!("cannot read {self}"))?
            }
        };
        if !tables.iter().any(|table| table.name == SERVERS) {
            bail!("{self} holds no tables of the Go program: there is no table {SERVERS}");
        }
        Ok(tables)
    }
}

fn read_file(file: &str) -> anyhow::Result<Vec<Table>> {
    if !Path::new(file).exists() {
        bail!("{file}: no such file");
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let read = || {
        let connection = Connection::open_with_flags(file, flags)?;
        connection.busy_timeout(CONNECT)?;
        read_connection(&connection)
    };
    read().with_context(|| format!("cannot read {file}"))
}

/// Reads all tables that are not ours, as they are at one time.
///
/// # Errors
/// What SQLite says.
pub(super) fn read_connection(connection: &Connection) -> rusqlite::Result<Vec<Table>> {
    let transaction = connection.unchecked_transaction()?;
    let mut names = transaction.prepare(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'
         ORDER BY name",
    )?;
    let names: Vec<String> =
        names.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    names
        .into_iter()
        .filter(|name| !name.starts_with(OURS))
        .map(|name| read_table(&transaction, name))
        .collect()
}

fn read_table(connection: &Connection, name: String) -> rusqlite::Result<Table> {
    let mut statement =
        connection.prepare(&format!("SELECT * FROM \"{}\"", name.replace('"', "\"\"")))?;
    let columns: Vec<String> =
        statement.column_names().into_iter().map(str::to_lowercase).collect();
    let width = columns.len();
    let rows = statement.query_map([], |row| {
        (0..width).map(|at| Ok(as_text(row.get_ref(at)?))).collect::<rusqlite::Result<_>>()
    })?;
    Ok(Table { name, columns, rows: rows.collect::<rusqlite::Result<_>>()? })
}

fn as_text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            Some(String::from_utf8_lossy(bytes).into_owned())
        }
    }
}

async fn read_server(address: &Address) -> anyhow::Result<Vec<Table>> {
    let options = OptsBuilder::default()
        .ip_or_hostname(address.host.clone())
        .tcp_port(address.port)
        .user(Some(&address.user))
        .pass(Some(&address.password))
        .db_name(Some(&address.database))
        .prefer_socket(false);
    let mut connection = tokio::time::timeout(CONNECT, Conn::new(options))
        .await
        .map_err(|_| anyhow!("no answer within {} seconds", CONNECT.as_secs()))??;
    // Times come as UTC, whatever the server's zone is.
    connection.query_drop("SET SESSION time_zone = '+00:00', NAMES utf8mb4").await?;
    connection.query_drop("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY").await?;
    let names: Vec<String> = connection
        .query(
            "SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES
             WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' ORDER BY TABLE_NAME",
        )
        .await?;
    let mut tables = Vec::with_capacity(names.len());
    for name in names.into_iter().filter(|name| !name.starts_with(OURS)) {
        tables.push(read_remote_table(&mut connection, name).await?);
    }
    connection.query_drop("ROLLBACK").await?;
    connection.disconnect().await?;
    Ok(tables)
}

async fn read_remote_table(connection: &mut Conn, name: String) -> anyhow::Result<Table> {
    let sql = format!("SELECT * FROM `{}`", name.replace('`', "``"));
    let mut result = connection.query_iter(sql).await?;
    let columns = result.columns_ref().iter().map(|c| c.name_str().to_lowercase()).collect();
    let rows: Vec<Row> = result.collect().await?;
    let text = |value: Value| match value {
        Value::NULL => None,
        Value::Bytes(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        other => Some(other.as_sql(true).trim_matches('\'').to_owned()),
    };
    let rows = rows.into_iter().map(|row| row.unwrap().into_iter().map(text).collect()).collect();
    Ok(Table { name, columns, rows })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn parsed(text: &str) -> anyhow::Result<Source> {
        Source::parse(text, |name| (name == PASSWORD_VARIABLE).then(|| "from env".to_owned()))
    }

    #[rstest]
    #[case("mysql://orc:s%40cret@db:3307/orc", "orc", "s@cret", "db", 3307, "orc")]
    #[case("mysql://orc:a@b@db/orc?tls=true", "orc", "a@b", "db", 3306, "orc")]
    #[case("mysql://orc@[fe80::1]:3307/orc", "orc", "from env", "fe80::1", 3307, "orc")]
    #[case("orc:s%40@tcp(db:3307)/orc?timeout=1s", "orc", "s%40", "db", 3307, "orc")]
    fn servers(
        #[case] text: &str,
        #[case] user: &str,
        #[case] password: &str,
        #[case] host: &str,
        #[case] port: u16,
        #[case] database: &str,
    ) {
        let expected = Address {
            user: user.to_owned(),
            password: password.to_owned(),
            host: host.to_owned(),
            port,
            database: database.to_owned(),
        };
        let source = parsed(text).unwrap();
        assert!(!format!("{source} {source:?}").contains(password));
        assert!(source == Source::Mysql(expected), "{source}");
    }

    #[test]
    fn anything_else_is_a_file() {
        assert!(parsed("/var/lib/x.db").unwrap() == Source::Sqlite("/var/lib/x.db".to_owned()));
        for text in
            ["", "mysql://", "mysql://db/orc", "mysql://u@db", "mysql://u@db/", "mysql://u@db:x/o"]
        {
            assert!(parsed(text).is_err(), "{text}");
        }
    }

    #[test]
    fn our_own_tables_are_not_read() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE orc_log (a); CREATE TABLE audit (Audit_ID INTEGER, b TEXT, c REAL);
                 INSERT INTO audit VALUES (7, NULL, 1.5)",
            )
            .unwrap();
        let tables = read_connection(&connection).unwrap();
        assert_eq!(tables.len(), 1);
        assert_eq!(tables[0].columns, ["audit_id", "b", "c"]);
        assert_eq!(tables[0].rows, [[Some("7".to_owned()), None, Some("1.5".to_owned())]]);
    }
}
