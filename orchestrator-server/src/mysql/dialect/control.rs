//! Statements behind what people ask of one server: binary logs, errant GTIDs, skipping,
//! semi-synchronous replication.

use shared::{BinlogCoordinates, Version, gtid::oracle::Gtid};

use super::{Dialect, Vocabulary, literal};

/// Begins a new binary log.
pub const FLUSH_BINARY_LOGS: &str = "FLUSH BINARY LOGS";
/// The binary logs on disk, oldest first; the name is the first column.
pub const BINARY_LOGS: &str = "SHOW BINARY LOGS";
/// Variables that switch semi-synchronous replication.
pub const SEMI_SYNC_SWITCHES: &str = "SHOW GLOBAL VARIABLES LIKE 'rpl_semi_sync_%_enabled'";
/// What the server no longer has in its binary logs (Oracle GTID).
pub const GTID_PURGED: &str = "SELECT @@global.gtid_purged";
/// The transactions at which appliers stopped (MySQL 8.0).
pub const FAILED_TRANSACTIONS: &str = "SELECT APPLYING_TRANSACTION FROM \
     performance_schema.replication_applier_status_by_worker \
     WHERE LAST_ERROR_NUMBER <> 0 AND APPLYING_TRANSACTION <> ''";

/// Removes the binary logs before `file`.
#[must_use]
pub fn purge_binary_logs(file: &str) -> String {
    format!("PURGE BINARY LOGS TO {}", literal(file))
}

/// The first events of a binary log, which hold what was executed before it.
#[must_use]
pub fn first_events(file: &str) -> String {
    format!("SHOW BINLOG EVENTS IN {} LIMIT 5", literal(file))
}

/// The events of a relay log from a position on.
#[must_use]
pub fn relay_log_events(at: &BinlogCoordinates) -> String {
    format!("SHOW RELAYLOG EVENTS IN {} FROM {} LIMIT 4", literal(&at.file), at.pos)
}

/// MariaDB: the GTID position at coordinates of the server's own binary log.
#[must_use]
pub fn gtid_position_at(at: &BinlogCoordinates) -> String {
    format!("SELECT BINLOG_GTID_POS({}, {})", literal(&at.file), at.pos)
}

/// An empty transaction with a GTID of its own, as one packet. The connection must not be used
/// again unless all of it succeeds.
#[must_use]
pub fn empty_transaction(gtid: &Gtid) -> [String; 4] {
    [
        format!("SET GTID_NEXT = {}", literal(&gtid.to_string())),
        "START TRANSACTION".to_owned(),
        "COMMIT".to_owned(),
        "SET GTID_NEXT = 'AUTOMATIC'".to_owned(),
    ]
}

/// Declares what was executed, on a server with empty binary logs.
#[must_use]
pub fn set_gtid_purged(set: &str) -> String {
    format!("SET GLOBAL gtid_purged = {}", literal(set))
}

/// Switches semi-synchronous replication by one of the variables of [`SEMI_SYNC_SWITCHES`].
#[must_use]
pub fn set_semi_sync(variable: &str, on: bool) -> String {
    format!("SET GLOBAL {variable} = {}", u8::from(on))
}

impl Dialect {
    /// Removes all binary logs and forgets what was executed.
    #[must_use]
    pub fn reset_binary_logs(&self) -> &'static str {
        // The new words came with MySQL 8.2; the old ones left with 8.4.
        if self.vocabulary == Vocabulary::Modern && self.version >= Version::new(8, 2, 0) {
            "RESET BINARY LOGS AND GTIDS"
        } else {
            "RESET MASTER"
        }
    }

    /// Has the applier skip one event group when it is started.
    #[must_use]
    pub fn skip_one(&self) -> &'static str {
        // The new name came with MySQL 8.0.26.
        if self.vocabulary == Vocabulary::Modern && self.version >= Version::new(8, 0, 26) {
            "SET GLOBAL sql_replica_skip_counter = 1"
        } else {
            "SET GLOBAL sql_slave_skip_counter = 1"
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use shared::Flavor;

    use super::*;

    #[rstest]
    #[case(Flavor::MySql, "5.7.44", "RESET MASTER", "slave")]
    #[case(Flavor::MySql, "8.0.25", "RESET MASTER", "slave")]
    #[case(Flavor::Percona, "8.0.36-28", "RESET MASTER", "replica")]
    #[case(Flavor::MySql, "8.4.0", "RESET BINARY LOGS AND GTIDS", "replica")]
    #[case(Flavor::MySql, "9.7.0", "RESET BINARY LOGS AND GTIDS", "replica")]
    #[case(Flavor::MariaDb, "11.8.2-MariaDB", "RESET MASTER", "slave")]
    fn words_by_version(
        #[case] flavor: Flavor,
        #[case] version: &str,
        #[case] reset: &str,
        #[case] word: &str,
    ) {
        let dialect = Dialect::of(flavor, Version::parse(version));
        assert_eq!(dialect.reset_binary_logs(), reset);
        assert_eq!(dialect.skip_one(), format!("SET GLOBAL sql_{word}_skip_counter = 1"));
    }

    #[test]
    fn names_are_quoted() {
        assert_eq!(purge_binary_logs("a'b"), "PURGE BINARY LOGS TO 'a''b'");
        let at = BinlogCoordinates::new("relay.000002", 413);
        assert_eq!(
            relay_log_events(&at),
            "SHOW RELAYLOG EVENTS IN 'relay.000002' FROM 413 LIMIT 4"
        );
        assert_eq!(
            set_semi_sync("rpl_semi_sync_source_enabled", true),
            "SET GLOBAL rpl_semi_sync_source_enabled = 1"
        );
        let gtid: shared::gtid::GtidSet =
            "00000001-1111-1111-1111-111111111111:tag:7".parse().unwrap();
        let gtid = gtid.gtids().next().unwrap();
        assert_eq!(
            empty_transaction(&gtid)[0],
            "SET GTID_NEXT = '00000001-1111-1111-1111-111111111111:tag:7'"
        );
    }
}
