//! Server versions, compared as numbers.
//!
//! Only the numbers are kept; whoever needs the server's own text keeps it beside.

use std::fmt;

/// The numeric part of a server version. A number that cannot be read counts as 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Version {
    /// First number: `8` in `8.0.36-28`.
    pub major: u32,
    /// Second number: `0` in `8.0.36-28`.
    pub minor: u32,
    /// Third number: `36` in `8.0.36-28`.
    pub patch: u32,
}

impl Version {
    /// What an unreadable text (such as `Unknown`) gives; older than every real version.
    pub const UNKNOWN: Self = Self::new(0, 0, 0);

    /// Makes a version of its numbers.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }

    /// Reads the numbers of a version text, whatever follows them.
    ///
    /// ```
    /// use shared::Version;
    /// assert_eq!(Version::parse("8.0.36-28"), Version::new(8, 0, 36));
    /// assert!(Version::parse("10.11.19-MariaDB-log") > Version::parse("9.7.4"));
    /// ```
    pub fn parse(text: &str) -> Self {
        let text = without_replication_prefix(text.trim());
        let mut rest = Some(text);
        let mut next = || {
            let (number, after) = leading_number(rest?);
            rest = after.strip_prefix('.');
            number
        };
        let mut number = || next().unwrap_or(0);
        Self { major: number(), minor: number(), patch: number() }
    }

    /// The release series, as in "8.0" or "10.11".
    pub fn major_minor(self) -> (u32, u32) {
        (self.major, self.minor)
    }

    /// Whether the text held a version at all.
    pub fn is_known(self) -> bool {
        self != Self::UNKNOWN
    }
}

/// MariaDB 10 and later may announce itself as `5.5.5-10.…` to please old replicas.
fn without_replication_prefix(text: &str) -> &str {
    match text.strip_prefix("5.5.5-") {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => rest,
        _ => text,
    }
}

fn leading_number(text: &str) -> (Option<u32>, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    (digits.parse().ok(), rest)
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("9.7.4-2", (9, 7, 4))]
    #[case("8.0.36-28", (8, 0, 36))]
    #[case("8.4.3", (8, 4, 3))]
    #[case("10.11.19-MariaDB-deb12-log", (10, 11, 19))]
    #[case("5.7.44-log", (5, 7, 44))]
    #[case("5.5.5-10.6.12-MariaDB", (10, 6, 12))]
    #[case("5.5.5-m3", (5, 5, 5))]
    #[case("2.2.1-maxscale", (2, 2, 1))]
    #[case("8.4", (8, 4, 0))]
    #[case("8.4-LTS", (8, 4, 0))]
    #[case("8", (8, 0, 0))]
    #[case(" 8.0.1 ", (8, 0, 1))]
    #[case("8..1", (8, 0, 1))]
    #[case("99999999999.1.1", (0, 1, 1))]
    #[case("Unknown", (0, 0, 0))]
    #[case("", (0, 0, 0))]
    fn read_leniently(#[case] text: &str, #[case] (major, minor, patch): (u32, u32, u32)) {
        assert_eq!(Version::parse(text), Version::new(major, minor, patch));
    }

    #[test]
    fn compared_as_numbers() {
        let texts = ["Unknown", "5.7.44", "8.0.9", "8.0.14", "8.0.36", "8.4.0", "9.0.1", "10.2.3"];
        let versions = texts.map(Version::parse);
        assert!(versions.is_sorted());
        assert!(!versions[0].is_known() && versions[1].is_known());
        assert_eq!(versions[3].major_minor(), versions[4].major_minor());
    }

    proptest::proptest! {
        #[test]
        fn parse_never_panics(text in proptest::prelude::any::<String>()) {
            let _ = Version::parse(&text);
        }
    }
}
