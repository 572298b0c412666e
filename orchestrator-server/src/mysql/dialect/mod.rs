//! The SQL that servers understand: one text per question or change and per vocabulary. Nothing
//! outside this module holds SQL, and nothing in it talks to a server.

pub mod around;
pub mod change;
pub mod columns;
pub mod control;
pub mod quote;
pub mod read;
pub mod single;

use shared::{Flavor, Version};

pub use change::{ChangeSource, Credentials, Place, Thread};
pub use columns::{LEGACY_COLUMNS, MODERN_COLUMNS, StatusColumns};
pub use quote::literal;
pub use single::{NotOneStatement, single_statement};

/// Which words a server uses for replication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Vocabulary {
    /// MySQL and Percona Server before 8.0.23: `SLAVE`, `MASTER`.
    Legacy,
    /// MySQL and Percona Server from 8.0.23 on, where all of `REPLICA`, `SOURCE` and
    /// `CHANGE REPLICATION SOURCE` are known (8.0.22 knows only the first two); the only one
    /// from 8.4 on.
    Modern,
    /// MariaDB: the legacy words with its own GTID and named connections.
    MariaDb,
}

/// How to talk to one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Dialect {
    /// Words of replication.
    pub vocabulary: Vocabulary,
    version: Version,
}

impl Dialect {
    /// The dialect of a server. A flavor that is new here must choose.
    #[must_use]
    pub fn of(flavor: Flavor, version: Version) -> Self {
        let vocabulary = match flavor {
            Flavor::MySql | Flavor::Percona if version >= Version::new(8, 0, 23) => {
                Vocabulary::Modern
            }
            Flavor::MySql | Flavor::Percona | Flavor::MaxScale => Vocabulary::Legacy,
            Flavor::MariaDb => Vocabulary::MariaDb,
        };
        Self { vocabulary, version }
    }

    /// Names of the columns of the replica status.
    #[must_use]
    pub fn status_columns(&self) -> &'static StatusColumns {
        match self.vocabulary {
            Vocabulary::Modern => &MODERN_COLUMNS,
            Vocabulary::Legacy | Vocabulary::MariaDb => &LEGACY_COLUMNS,
        }
    }

    /// `SHOW BINARY LOG STATUS` exists (MySQL 8.2); the older statement is gone in 8.4.
    fn has_binary_log_status(&self) -> bool {
        self.vocabulary == Vocabulary::Modern && self.version >= Version::new(8, 2, 0)
    }

    /// `performance_schema.processlist` exists (MySQL 8.0.22); it takes no global mutex.
    fn has_performance_schema_processlist(&self) -> bool {
        self.vocabulary == Vocabulary::Modern
    }

    /// The replica can ask its source for the RSA key that caching_sha2_password needs without
    /// TLS (MySQL 8.0.4).
    #[must_use]
    pub fn has_get_public_key(&self) -> bool {
        match self.vocabulary {
            Vocabulary::Modern => true,
            Vocabulary::Legacy => self.version >= Version::new(8, 0, 4),
            Vocabulary::MariaDb => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(Flavor::MySql, "5.7.44", Vocabulary::Legacy)]
    #[case(Flavor::MySql, "8.0.9", Vocabulary::Legacy)]
    #[case(Flavor::Percona, "8.0.22-13", Vocabulary::Legacy)]
    #[case(Flavor::Percona, "8.0.23-14", Vocabulary::Modern)]
    #[case(Flavor::MySql, "8.4.3", Vocabulary::Modern)]
    #[case(Flavor::MySql, "9.7.0", Vocabulary::Modern)]
    #[case(Flavor::MySql, "10.1.0", Vocabulary::Modern)]
    #[case(Flavor::MySql, "Unknown", Vocabulary::Legacy)]
    #[case(Flavor::MariaDb, "10.5.1-MariaDB", Vocabulary::MariaDb)]
    #[case(Flavor::MariaDb, "11.8.2-MariaDB", Vocabulary::MariaDb)]
    #[case(Flavor::MaxScale, "2.2.1-maxscale", Vocabulary::Legacy)]
    fn vocabulary_by_version(
        #[case] flavor: Flavor,
        #[case] version: &str,
        #[case] expected: Vocabulary,
    ) {
        assert_eq!(Dialect::of(flavor, Version::parse(version)).vocabulary, expected);
    }
}
