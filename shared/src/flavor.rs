//! The vendor family of a server, told from its version texts.

use std::fmt;

/// Who made a server; decides, with its version, which statements it understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flavor {
    /// Oracle's MySQL, and everything that does not say that it is something else.
    MySql,
    /// Percona Server.
    Percona,
    /// MariaDB.
    MariaDb,
    /// A MaxScale binlog server.
    MaxScale,
}

impl Flavor {
    /// Tells the flavor from `@@version` and `@@version_comment`.
    pub fn of(version: &str, version_comment: &str) -> Self {
        if version.contains("maxscale") {
            Self::MaxScale
        } else if version.contains("MariaDB") {
            Self::MariaDb
        } else if version_comment.contains("Percona") {
            Self::Percona
        } else {
            Self::MySql
        }
    }

    /// The text of the wire field `FlavorName`.
    pub fn name(self) -> &'static str {
        match self {
            Self::MySql => "MySQL",
            Self::Percona => "Percona",
            Self::MariaDb => "MariaDB",
            Self::MaxScale => "MaxScale",
        }
    }

    /// Whether the server speaks Oracle's GTID and replication vocabulary.
    pub fn is_mysql_like(self) -> bool {
        matches!(self, Self::MySql | Self::Percona)
    }
}

impl fmt::Display for Flavor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("8.4.3", "MySQL Community Server - GPL", Flavor::MySql)]
    #[case("9.7.4-2", "(Debian)", Flavor::MySql)]
    #[case("8.0.36-28", "Percona Server (GPL), Release 28", Flavor::Percona)]
    #[case("10.11.19-MariaDB-log", "Debian 12", Flavor::MariaDb)]
    #[case("2.2.1-maxscale", "", Flavor::MaxScale)]
    #[case("10.3.1-MariaDB-maxscale", "", Flavor::MaxScale)]
    #[case("Unknown", "Unknown", Flavor::MySql)]
    fn told_from_texts(#[case] version: &str, #[case] comment: &str, #[case] expected: Flavor) {
        assert_eq!(Flavor::of(version, comment), expected);
    }

    #[test]
    fn names_are_those_of_the_wire() {
        let flavors = [Flavor::MySql, Flavor::Percona, Flavor::MariaDb, Flavor::MaxScale];
        assert_eq!(flavors.map(Flavor::name), ["MySQL", "Percona", "MariaDB", "MaxScale"]);
        assert_eq!(flavors.map(Flavor::is_mysql_like), [true, true, false, false]);
    }
}
