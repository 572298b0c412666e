//! Statements that change a server. Texts may hold a password: they are never logged or shown.

use std::fmt;

use shared::BinlogCoordinates;

use super::{Dialect, Vocabulary, literal};

/// A replication thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thread {
    /// The receiver.
    Io,
    /// The applier.
    Sql,
    /// Both.
    Both,
}

/// How the replica finds its place at its source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// As before.
    #[default]
    Keep,
    /// By GTID: auto-position, or MariaDB's `slave_pos`.
    Gtid,
    /// By GTID, MariaDB's `current_pos`; elsewhere the same as [`Place::Gtid`].
    GtidCurrentPos,
    /// At these coordinates of the source's binary log, without GTID.
    Source(BinlogCoordinates),
    /// At these coordinates of the own relay log, without GTID. This alone keeps an unapplied
    /// relay log when both threads are stopped (measured on MySQL 9.7 and MariaDB 10.11).
    RelayLog(BinlogCoordinates),
}

/// The account of a replica at its source. The files are empty where TLS is not configured.
#[derive(Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "each field is named after the option that it fills")]
pub struct Credentials {
    pub user: String,
    pub password: String,
    pub tls_ca: String,
    pub tls_cert: String,
    pub tls_key: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

/// A change of a channel's settings; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeSource<'a> {
    /// Host and port of the source; the host may be one that cannot exist.
    pub source: Option<(&'a str, u16)>,
    /// How to find the place.
    pub place: Place,
    /// The account; its TLS files, if any, switch TLS on.
    pub credentials: Option<&'a Credentials>,
    /// Delay in seconds.
    pub delay: Option<u64>,
    /// Heartbeat period in seconds, as the server writes it.
    pub heartbeat: Option<&'a str>,
    /// Ask the source for its public key.
    pub get_public_key: bool,
}

impl Dialect {
    /// Starts threads of a channel; `None` is the only or default one.
    #[must_use]
    pub fn start(&self, thread: Thread, channel: Option<&str>) -> String {
        self.control("START", thread, channel)
    }

    /// Stops threads of a channel.
    #[must_use]
    pub fn stop(&self, thread: Thread, channel: Option<&str>) -> String {
        self.control("STOP", thread, channel)
    }

    fn control(&self, verb: &str, thread: Thread, channel: Option<&str>) -> String {
        let replica = self.replica_word();
        let threads = match thread {
            Thread::Io => " IO_THREAD",
            Thread::Sql => " SQL_THREAD",
            Thread::Both => "",
        };
        match self.vocabulary {
            Vocabulary::MariaDb => format!("{verb} {replica}{}{threads}", name_before(channel)),
            _ => format!("{verb} {replica}{threads}{}", for_channel(channel)),
        }
    }

    /// Forgets a channel with its settings and relay log.
    #[must_use]
    pub fn reset(&self, channel: Option<&str>) -> String {
        let replica = self.replica_word();
        match self.vocabulary {
            Vocabulary::MariaDb => format!("RESET {replica}{} ALL", name_before(channel)),
            _ => format!("RESET {replica} ALL{}", for_channel(channel)),
        }
    }

    /// Changes the settings of a channel.
    #[must_use]
    pub fn change_source(&self, change: &ChangeSource<'_>, channel: Option<&str>) -> String {
        let options = self.options(change).join(", ");
        match self.vocabulary {
            Vocabulary::Modern => {
                format!("CHANGE REPLICATION SOURCE TO {options}{}", for_channel(channel))
            }
            Vocabulary::Legacy => format!("CHANGE MASTER TO {options}{}", for_channel(channel)),
            Vocabulary::MariaDb => format!("CHANGE MASTER{} TO {options}", name_before(channel)),
        }
    }

    fn options(&self, change: &ChangeSource<'_>) -> Vec<String> {
        let word = match self.vocabulary {
            Vocabulary::Modern => "SOURCE",
            Vocabulary::Legacy | Vocabulary::MariaDb => "MASTER",
        };
        let mut options = Vec::new();
        if let Some((host, port)) = change.source {
            options.push(format!("{word}_HOST = {}", literal(host)));
            options.push(format!("{word}_PORT = {port}"));
        }
        if let Some(account) = change.credentials {
            options.extend(credential_options(word, account));
        }
        self.place(word, &change.place, &mut options);
        if let Some(seconds) = change.delay {
            options.push(format!("{word}_DELAY = {seconds}"));
        }
        if let Some(number) = change.heartbeat.filter(|text| is_number(text)) {
            options.push(format!("{word}_HEARTBEAT_PERIOD = {number}"));
        }
        if change.get_public_key && self.has_get_public_key() {
            options.push(format!("GET_{word}_PUBLIC_KEY = 1"));
        }
        options
    }

    fn place(&self, word: &str, place: &Place, options: &mut Vec<String>) {
        let mariadb = self.vocabulary == Vocabulary::MariaDb;
        let gtid = match place {
            Place::Keep => return,
            Place::Gtid if mariadb => "MASTER_USE_GTID = slave_pos".to_owned(),
            Place::GtidCurrentPos if mariadb => "MASTER_USE_GTID = current_pos".to_owned(),
            Place::Gtid | Place::GtidCurrentPos => format!("{word}_AUTO_POSITION = 1"),
            Place::Source(_) | Place::RelayLog(_) if mariadb => "MASTER_USE_GTID = no".to_owned(),
            Place::Source(_) | Place::RelayLog(_) => format!("{word}_AUTO_POSITION = 0"),
        };
        options.push(gtid);
        match place {
            Place::Keep | Place::Gtid | Place::GtidCurrentPos => {}
            Place::Source(at) => {
                options.push(format!("{word}_LOG_FILE = {}", literal(&at.file)));
                options.push(format!("{word}_LOG_POS = {}", at.pos));
            }
            Place::RelayLog(at) => {
                options.push(format!("RELAY_LOG_FILE = {}", literal(&at.file)));
                options.push(format!("RELAY_LOG_POS = {}", at.pos));
            }
        }
    }

    fn replica_word(&self) -> &'static str {
        match self.vocabulary {
            Vocabulary::Modern => "REPLICA",
            Vocabulary::Legacy | Vocabulary::MariaDb => "SLAVE",
        }
    }
}

fn credential_options(word: &str, account: &Credentials) -> Vec<String> {
    let mut options = vec![
        format!("{word}_USER = {}", literal(&account.user)),
        format!("{word}_PASSWORD = {}", literal(&account.password)),
    ];
    let files = [("CA", &account.tls_ca), ("CERT", &account.tls_cert), ("KEY", &account.tls_key)];
    let given: Vec<_> = files.into_iter().filter(|(_, file)| !file.is_empty()).collect();
    if !given.is_empty() {
        options.push(format!("{word}_SSL = 1"));
    }
    options.extend(
        given.into_iter().map(|(name, file)| format!("{word}_SSL_{name} = {}", literal(file))),
    );
    options
}

/// Sets or clears read-only. `with_super`: where the server knows `super_read_only`, which
/// implies `read_only` when set; clearing `read_only` clears both.
#[must_use]
pub fn set_read_only(on: bool, with_super: bool) -> &'static str {
    match (on, with_super) {
        (true, true) => "SET GLOBAL super_read_only = 1",
        (true, false) => "SET GLOBAL read_only = 1",
        (false, _) => "SET GLOBAL read_only = 0",
    }
}

/// MariaDB: declares what was applied, for a server that becomes a replica.
#[must_use]
pub fn set_gtid_slave_pos(position: &str) -> String {
    format!("SET GLOBAL gtid_slave_pos = {}", literal(position))
}

/// Ends the statement that a connection runs.
#[must_use]
pub fn kill_query(connection: impl Into<u64>) -> String {
    format!("KILL QUERY {}", connection.into())
}

/// Ends a connection.
#[must_use]
pub fn kill_connection(connection: u32) -> String {
    format!("KILL {connection}")
}

fn for_channel(channel: Option<&str>) -> String {
    channel.map_or_else(String::new, |name| format!(" FOR CHANNEL {}", literal(name)))
}

fn name_before(channel: Option<&str>) -> String {
    channel.map_or_else(String::new, |name| format!(" {}", literal(name)))
}

fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use shared::{Flavor, Version};

    fn legacy() -> Dialect {
        Dialect::of(Flavor::MySql, Version::new(5, 7, 44))
    }

    fn modern() -> Dialect {
        Dialect::of(Flavor::MySql, Version::new(9, 7, 0))
    }

    fn mariadb() -> Dialect {
        Dialect::of(Flavor::MariaDb, Version::new(10, 11, 1))
    }

    #[rstest]
    #[case(modern(), None, ["START REPLICA", "STOP REPLICA IO_THREAD", "RESET REPLICA ALL"])]
    #[case(legacy(), None, ["START SLAVE", "STOP SLAVE IO_THREAD", "RESET SLAVE ALL"])]
    #[case(mariadb(), None, ["START SLAVE", "STOP SLAVE IO_THREAD", "RESET SLAVE ALL"])]
    #[case(modern(), Some("c1"), [
        "START REPLICA FOR CHANNEL 'c1'",
        "STOP REPLICA IO_THREAD FOR CHANNEL 'c1'",
        "RESET REPLICA ALL FOR CHANNEL 'c1'",
    ])]
    #[case(mariadb(), Some("c1"), [
        "START SLAVE 'c1'",
        "STOP SLAVE 'c1' IO_THREAD",
        "RESET SLAVE 'c1' ALL",
    ])]
    fn thread_control(
        #[case] dialect: Dialect,
        #[case] channel: Option<&str>,
        #[case] expected: [&str; 3],
    ) {
        let texts = [
            dialect.start(Thread::Both, channel),
            dialect.stop(Thread::Io, channel),
            dialect.reset(channel),
        ];
        assert_eq!(texts, expected);
    }

    #[rstest]
    #[case(
        modern(),
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST = 'db2', SOURCE_PORT = 3307, \
         SOURCE_USER = 'repl', SOURCE_PASSWORD = 'it''s', SOURCE_AUTO_POSITION = 1, \
         SOURCE_HEARTBEAT_PERIOD = 2.000, GET_SOURCE_PUBLIC_KEY = 1"
    )]
    #[case(
        legacy(),
        "CHANGE MASTER TO MASTER_HOST = 'db2', MASTER_PORT = 3307, \
         MASTER_USER = 'repl', MASTER_PASSWORD = 'it''s', MASTER_AUTO_POSITION = 1, \
         MASTER_HEARTBEAT_PERIOD = 2.000"
    )]
    #[case(
        mariadb(),
        "CHANGE MASTER TO MASTER_HOST = 'db2', MASTER_PORT = 3307, \
         MASTER_USER = 'repl', MASTER_PASSWORD = 'it''s', MASTER_USE_GTID = slave_pos, \
         MASTER_HEARTBEAT_PERIOD = 2.000"
    )]
    fn a_new_source(#[case] dialect: Dialect, #[case] expected: &str) {
        let account = Credentials {
            user: "repl".to_owned(),
            password: "it's".to_owned(),
            ..Credentials::default()
        };
        let change = ChangeSource {
            source: Some(("db2", 3307)),
            place: Place::Gtid,
            credentials: Some(&account),
            heartbeat: Some("2.000"),
            get_public_key: true,
            ..ChangeSource::default()
        };
        assert_eq!(dialect.change_source(&change, None), expected);
    }

    #[rstest]
    #[case(
        modern(),
        "CHANGE REPLICATION SOURCE TO SOURCE_AUTO_POSITION = 0, RELAY_LOG_FILE = 'relay.000002', \
         RELAY_LOG_POS = 413, SOURCE_DELAY = 0 FOR CHANNEL 'c1'"
    )]
    #[case(
        mariadb(),
        "CHANGE MASTER 'c1' TO MASTER_USE_GTID = no, RELAY_LOG_FILE = 'relay.000002', \
         RELAY_LOG_POS = 413, MASTER_DELAY = 0"
    )]
    fn a_kept_relay_log(#[case] dialect: Dialect, #[case] expected: &str) {
        let change = ChangeSource {
            place: Place::RelayLog(BinlogCoordinates::new("relay.000002", 413)),
            delay: Some(0),
            ..ChangeSource::default()
        };
        assert_eq!(dialect.change_source(&change, Some("c1")), expected);
    }

    #[test]
    fn an_account_with_tls_files() {
        let account = Credentials {
            user: "repl".to_owned(),
            tls_ca: "/ca.pem".to_owned(),
            tls_key: "/key.pem".to_owned(),
            ..Credentials::default()
        };
        let change = ChangeSource { credentials: Some(&account), ..ChangeSource::default() };
        assert_eq!(
            mariadb().change_source(&change, None),
            "CHANGE MASTER TO MASTER_USER = 'repl', MASTER_PASSWORD = '', MASTER_SSL = 1, \
             MASTER_SSL_CA = '/ca.pem', MASTER_SSL_KEY = '/key.pem'"
        );
    }

    #[test]
    fn only_numbers_are_heartbeats() {
        let change = ChangeSource {
            delay: Some(1),
            heartbeat: Some("1; drop table t"),
            ..ChangeSource::default()
        };
        let text = modern().change_source(&change, None);
        assert_eq!(text, "CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 1");
    }

    #[test]
    fn coordinates_of_the_source() {
        let change = ChangeSource {
            source: Some(("//db1", 3306)),
            place: Place::Source(BinlogCoordinates::new("binlog.000009", 4)),
            ..ChangeSource::default()
        };
        assert_eq!(
            legacy().change_source(&change, None),
            "CHANGE MASTER TO MASTER_HOST = '//db1', MASTER_PORT = 3306, \
             MASTER_AUTO_POSITION = 0, MASTER_LOG_FILE = 'binlog.000009', MASTER_LOG_POS = 4"
        );
    }
}
