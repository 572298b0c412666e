//! Statements that read. Each is one statement without a trailing semicolon, so that several may
//! travel in one packet.

use super::{Dialect, Vocabulary, literal, quote::literals};

/// The global variables that a probe wants; a server has some of them.
pub const WANTED_VARIABLES: &[&str] = &[
    "version",
    "version_comment",
    "hostname",
    "report_host",
    "server_id",
    "server_uuid",
    "read_only",
    "super_read_only",
    "log_bin",
    "binlog_format",
    "binlog_row_image",
    "log_replica_updates",
    "log_slave_updates",
    "gtid_mode",
    "gtid_executed",
    "gtid_purged",
    "gtid_slave_pos",
    "gtid_binlog_pos",
    "master_info_repository",
    "performance_schema",
    "group_replication_group_name",
    "group_replication_single_primary_mode",
    "rpl_semi_sync_master_enabled",
    "rpl_semi_sync_master_timeout",
    "rpl_semi_sync_master_wait_for_slave_count",
    "rpl_semi_sync_master_wait_point",
    "rpl_semi_sync_slave_enabled",
    "rpl_semi_sync_source_enabled",
    "rpl_semi_sync_source_timeout",
    "rpl_semi_sync_source_wait_for_replica_count",
    "rpl_semi_sync_source_wait_point",
    "rpl_semi_sync_replica_enabled",
];

/// First statement of every session. The executable comments give each family its own limit for
/// runaway reading statements: MariaDB skips the first, MySQL the second.
///
/// `lock_wait_seconds`: longest wait for a metadata or global lock. `read_limit_ms`: the server
/// itself ends a reading statement after this; 0: never.
#[must_use]
pub fn open_session(lock_wait_seconds: u64, read_limit_ms: u128) -> String {
    // Dots and all: MariaDB's unit is the second.
    let seconds = format!("{}.{:03}", read_limit_ms / 1000, read_limit_ms % 1000);
    format!(
        "SET NAMES utf8mb4, sql_mode = '', lock_wait_timeout = {lock_wait_seconds} \
         /*!50708 , max_execution_time = {read_limit_ms} */ \
         /*M!100100 , max_statement_time = {seconds} */"
    )
}

/// The trivial statement of attempts and heartbeats.
pub const ALIVE: &str = "SELECT 1";

/// Which of the wanted variables the server has. Long values are cut short by this statement
/// (at 1,024 characters), so only the names are used.
#[must_use]
pub fn existing_variables(wanted: &[&str]) -> String {
    format!("SHOW GLOBAL VARIABLES WHERE Variable_name IN ({})", literals(wanted.iter().copied()))
}

/// The values of variables that the server is known to have; unlike `SHOW`, never cut short.
#[must_use]
pub fn variables<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let columns: Vec<String> =
        names.into_iter().map(|name| format!("@@global.{name} AS {name}")).collect();
    format!("SELECT {}", columns.join(", "))
}

/// What tells one server from another.
pub const IDENTITY: &str = "SELECT @@hostname AS hostname, @@port AS port, \
     @@server_id AS server_id, @@datadir AS datadir";

/// Uptime and the state of semi-synchronous replication.
pub const STATUS: &str = "SHOW GLOBAL STATUS WHERE Variable_name IN ('Uptime', \
     'Rpl_semi_sync_master_status', 'Rpl_semi_sync_master_clients', \
     'Rpl_semi_sync_slave_status', 'Rpl_semi_sync_source_status', \
     'Rpl_semi_sync_source_clients', 'Rpl_semi_sync_replica_status')";

/// User name and password by which the server replicates, where MySQL keeps them in a table.
pub const STORED_CREDENTIALS: &str =
    "SELECT User_name, User_password FROM mysql.slave_master_info WHERE User_name <> '' LIMIT 1";

/// Whether such credentials are there.
pub const HAS_STORED_CREDENTIALS: &str =
    "SELECT COUNT(*) FROM mysql.slave_master_info WHERE User_name <> ''";

/// Members of the replication group that are not offline.
pub const GROUP_MEMBERS: &str = "SELECT MEMBER_ID, MEMBER_HOST, MEMBER_PORT, MEMBER_STATE, \
     MEMBER_ROLE FROM performance_schema.replication_group_members \
     WHERE MEMBER_STATE <> 'OFFLINE'";

/// All connections and what they do; columns `Id`, `User`, `Command`.
pub const CONNECTIONS: &str = "SHOW PROCESSLIST";

impl Dialect {
    /// The variables that a changing action looks at between its steps. All servers of the
    /// vocabulary have them.
    #[must_use]
    pub fn action_variables(&self) -> String {
        match self.vocabulary {
            Vocabulary::Modern | Vocabulary::Legacy => {
                variables(["read_only", "super_read_only", "gtid_executed"])
            }
            Vocabulary::MariaDb => variables(["read_only", "gtid_slave_pos", "gtid_binlog_pos"]),
        }
    }

    /// All replication channels.
    #[must_use]
    pub fn replica_status(&self) -> &'static str {
        match self.vocabulary {
            Vocabulary::Modern => "SHOW REPLICA STATUS",
            Vocabulary::Legacy => "SHOW SLAVE STATUS",
            Vocabulary::MariaDb => "SHOW ALL SLAVES STATUS",
        }
    }

    /// Own binary log position.
    #[must_use]
    pub fn binlog_position(&self) -> &'static str {
        if self.has_binary_log_status() { "SHOW BINARY LOG STATUS" } else { "SHOW MASTER STATUS" }
    }

    /// The replicas that announced themselves.
    #[must_use]
    pub fn replicas(&self) -> &'static str {
        match self.vocabulary {
            Vocabulary::Modern => "SHOW REPLICAS",
            Vocabulary::Legacy | Vocabulary::MariaDb => "SHOW SLAVE HOSTS",
        }
    }

    /// Users and addresses of the connections that send binary logs to replicas.
    /// `performance_schema`: whether that is switched on.
    #[must_use]
    pub fn binlog_dumps(&self, performance_schema: bool) -> &'static str {
        if performance_schema && self.has_performance_schema_processlist() {
            "SELECT USER, HOST FROM performance_schema.processlist \
             WHERE COMMAND IN ('Binlog Dump', 'Binlog Dump GTID')"
        } else {
            "SELECT USER, HOST FROM information_schema.processlist \
             WHERE COMMAND IN ('Binlog Dump', 'Binlog Dump GTID')"
        }
    }

    /// Work in flight of the replication threads: number of transactions, rows changed and rows
    /// locked so far. Any change of it is progress of an applier whose positions stand still.
    #[must_use]
    pub fn applier_work(&self) -> String {
        let processlist = self.processlist();
        format!(
            "SELECT COUNT(*) AS transactions, COALESCE(SUM(trx_rows_modified), 0) AS modified, \
             COALESCE(SUM(trx_rows_locked), 0) AS locked FROM information_schema.innodb_trx \
             WHERE trx_mysql_thread_id IN \
             (SELECT ID FROM {processlist} WHERE USER = 'system user')"
        )
    }

    /// How many replication threads can be seen, and how many of them are busy. Meant for a time
    /// when the receiver is stopped.
    #[must_use]
    pub fn applier_threads(&self) -> String {
        let busy = match self.vocabulary {
            Vocabulary::Modern | Vocabulary::Legacy => {
                "STATE NOT LIKE 'Waiting for an event from Coordinator%' \
                 AND STATE NOT LIKE '%has read all relay log%'"
            }
            Vocabulary::MariaDb => {
                "COMMAND = 'Slave_worker' AND STATE <> 'Waiting for work from SQL thread'"
            }
        };
        format!(
            "SELECT COUNT(*) AS threads, COALESCE(SUM({busy}), 0) AS busy FROM {} \
             WHERE USER = 'system user'",
            self.processlist()
        )
    }

    fn processlist(&self) -> &'static str {
        if self.has_performance_schema_processlist() {
            "performance_schema.processlist"
        } else {
            "information_schema.processlist"
        }
    }

    /// The heartbeat period of a channel, which a change of source would reset; `None` where the
    /// replica status tells it.
    #[must_use]
    pub fn heartbeat_period(&self, channel: &str) -> Option<String> {
        match self.vocabulary {
            Vocabulary::Modern | Vocabulary::Legacy => Some(format!(
                "SELECT Heartbeat FROM mysql.slave_master_info WHERE Channel_name = {}",
                literal(channel)
            )),
            Vocabulary::MariaDb => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mysql::dialect::single_statement;
    use rstest::rstest;
    use shared::{Flavor, Version};

    #[rstest]
    #[case(Flavor::MySql, "5.7.44", "SHOW SLAVE STATUS", "SHOW MASTER STATUS", "SHOW SLAVE HOSTS")]
    #[case(Flavor::MySql, "8.0.36", "SHOW REPLICA STATUS", "SHOW MASTER STATUS", "SHOW REPLICAS")]
    #[case(
        Flavor::Percona,
        "8.4.0",
        "SHOW REPLICA STATUS",
        "SHOW BINARY LOG STATUS",
        "SHOW REPLICAS"
    )]
    #[case(
        Flavor::MySql,
        "9.7.0",
        "SHOW REPLICA STATUS",
        "SHOW BINARY LOG STATUS",
        "SHOW REPLICAS"
    )]
    #[case(
        Flavor::MariaDb,
        "11.8.2",
        "SHOW ALL SLAVES STATUS",
        "SHOW MASTER STATUS",
        "SHOW SLAVE HOSTS"
    )]
    fn texts_by_version(
        #[case] flavor: Flavor,
        #[case] version: &str,
        #[case] status: &str,
        #[case] binlog: &str,
        #[case] replicas: &str,
    ) {
        let dialect = Dialect::of(flavor, Version::parse(version));
        assert_eq!(dialect.replica_status(), status);
        assert_eq!(dialect.binlog_position(), binlog);
        assert_eq!(dialect.replicas(), replicas);
    }

    #[rstest]
    #[case(Flavor::MySql, "8.0.36", true, "performance_schema.processlist")]
    #[case(Flavor::MySql, "8.0.36", false, "information_schema.processlist")]
    #[case(Flavor::MySql, "8.0.14", true, "information_schema.processlist")]
    #[case(Flavor::MariaDb, "10.11.1", true, "information_schema.processlist")]
    fn processlist_by_version(
        #[case] flavor: Flavor,
        #[case] version: &str,
        #[case] performance_schema: bool,
        #[case] table: &str,
    ) {
        let dialect = Dialect::of(flavor, Version::parse(version));
        assert!(dialect.binlog_dumps(performance_schema).contains(table));
    }

    #[test]
    fn the_first_statement_of_a_session() {
        assert_eq!(
            open_session(1, 4250),
            "SET NAMES utf8mb4, sql_mode = '', lock_wait_timeout = 1 \
             /*!50708 , max_execution_time = 4250 */ /*M!100100 , max_statement_time = 4.250 */"
        );
    }

    #[test]
    fn each_text_is_one_statement() {
        let built = [
            open_session(1, 1),
            existing_variables(WANTED_VARIABLES),
            variables(WANTED_VARIABLES.iter().copied()),
            Dialect::of(Flavor::MySql, Version::new(9, 7, 0)).applier_work(),
            Dialect::of(Flavor::MariaDb, Version::new(11, 8, 0)).applier_threads(),
        ];
        let fixed = [ALIVE, STATUS, STORED_CREDENTIALS, GROUP_MEMBERS, CONNECTIONS];
        for text in built.iter().map(String::as_str).chain(fixed) {
            assert_eq!(single_statement(text), Ok(text));
        }
    }
}
