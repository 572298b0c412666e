//! MariaDB's GTID positions: per replication domain, the last transaction.
//!
//! A position says nothing of holes; a server at `0-1-100` is taken to have everything
//! of domain 0 up to sequence number 100.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// A position such as `@@gtid_slave_pos` or `Gtid_IO_Pos`.
///
/// ```
/// use shared::MariaGtidPosition;
/// let retrieved: MariaGtidPosition = "0-1-100,1-2-5".parse()?;
/// let executed: MariaGtidPosition = "0-1-97,1-2-5".parse()?;
/// assert!(retrieved.ahead_of(&executed));
/// assert_eq!(retrieved.count_ahead(&executed), 3);
/// # Ok::<(), shared::gtid::mariadb::MariaGtidError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct MariaGtidPosition {
    domains: BTreeMap<u32, LastTransaction>,
}

/// The last transaction of one domain. Ordered by sequence number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LastTransaction {
    /// Its number within the domain.
    pub sequence: u64,
    /// `server_id` of the server that wrote it.
    pub server_id: u32,
}

/// A part of the text is not `domain-server-sequence`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Cannot parse MariaDB GTID from {0}. Expected format is domain-server-sequence")]
pub struct MariaGtidError(pub String);

impl MariaGtidPosition {
    /// Whether no domain has a position.
    pub fn is_empty(&self) -> bool {
        self.domains.is_empty()
    }

    /// The domains and their last transactions, by domain number.
    pub fn domains(&self) -> impl Iterator<Item = (u32, LastTransaction)> + '_ {
        self.domains.iter().map(|(domain, last)| (*domain, *last))
    }

    /// The last transaction of a domain.
    pub fn last(&self, domain: u32) -> Option<LastTransaction> {
        self.domains.get(&domain).copied()
    }

    /// Whether this position is at or past `other` in each of other's domains.
    ///
    /// The same sequence number written by another server is a different transaction:
    /// two such positions have diverged and neither contains the other.
    pub fn contains(&self, other: &Self) -> bool {
        other.domains().all(|(domain, theirs)| {
            self.last(domain).is_some_and(|mine| mine == theirs || mine.sequence > theirs.sequence)
        })
    }

    /// Whether this position contains `other` and is past it somewhere.
    pub fn ahead_of(&self, other: &Self) -> bool {
        self.contains(other) && self != other
    }

    /// How many sequence numbers this position is ahead, summed over the domains in which it
    /// is. Domains in which it is behind do not count against it.
    pub fn count_ahead(&self, other: &Self) -> u128 {
        self.domains()
            .map(|(domain, mine)| {
                let theirs = other.last(domain).map_or(0, |last| last.sequence);
                u128::from(mine.sequence.saturating_sub(theirs))
            })
            .sum()
    }

    /// The later transaction of each domain.
    pub fn merge(&self, other: &Self) -> Self {
        let mut result = self.clone();
        for (domain, last) in other.domains() {
            result.note(domain, last);
        }
        result
    }

    fn note(&mut self, domain: u32, last: LastTransaction) {
        let known = self.domains.entry(domain).or_insert(last);
        *known = (*known).max(last);
    }
}

/// Reads a comma-separated position; empty text is the empty position. Where a domain
/// comes more than once (as in `gtid_binlog_state`), its latest transaction counts.
impl FromStr for MariaGtidPosition {
    type Err = MariaGtidError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut position = Self::default();
        for gtid in text.split(',').map(str::trim).filter(|gtid| !gtid.is_empty()) {
            let (domain, last) = parse_gtid(gtid).ok_or_else(|| MariaGtidError(gtid.to_owned()))?;
            position.note(domain, last);
        }
        Ok(position)
    }
}

fn parse_gtid(text: &str) -> Option<(u32, LastTransaction)> {
    // `from_str` of integers would also take a plus sign.
    if !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        return None;
    }
    let mut parts = text.split('-');
    let domain = parts.next()?.parse().ok()?;
    let server_id = parts.next()?.parse().ok()?;
    let sequence = parts.next()?.parse().ok()?;
    parts.next().is_none().then_some((domain, LastTransaction { sequence, server_id }))
}

/// Writes `domain-server-sequence`, by domain, joined by commas.
impl fmt::Display for MariaGtidPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (domain, last)) in self.domains().enumerate() {
            let separator = if index > 0 { "," } else { "" };
            write!(f, "{separator}{domain}-{}-{}", last.server_id, last.sequence)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn position(text: &str) -> MariaGtidPosition {
        text.parse().unwrap()
    }

    #[rstest]
    #[case("", "")]
    #[case("0-1-100", "0-1-100")]
    #[case(" 1-2-5 ,\n0-1-100", "0-1-100,1-2-5")]
    #[case("0-1-100,0-2-90", "0-1-100")]
    #[case(
        "4294967295-4294967295-18446744073709551615",
        "4294967295-4294967295-18446744073709551615"
    )]
    fn canonical_text(#[case] text: &str, #[case] canonical: &str) {
        assert_eq!(position(text).to_string(), canonical);
    }

    #[rstest]
    #[case("0-1")]
    #[case("0-1-2-3")]
    #[case("x-1-2")]
    #[case("0-+1-2")]
    #[case("4294967296-1-1")]
    #[case("0--1")]
    fn refused(#[case] text: &str) {
        let error = format!("0-1-1,{text}").parse::<MariaGtidPosition>().unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "Cannot parse MariaDB GTID from {text}. Expected format is domain-server-sequence"
            )
        );
    }

    #[rstest]
    #[case("0-1-100", "0-1-100", true, false, 0)]
    #[case("0-1-100", "0-2-90", true, true, 10)]
    #[case("0-1-90", "0-1-100", false, false, 0)]
    #[case("0-1-100,1-1-5", "0-1-100", true, true, 5)]
    #[case("0-1-100", "0-1-100,1-1-5", false, false, 0)]
    #[case("0-1-110,1-1-4", "0-1-100,1-1-5", false, false, 10)]
    #[case("0-1-100", "0-2-100", false, false, 0)]
    #[case("0-1-100", "", true, true, 100)]
    fn compared(
        #[case] left: &str,
        #[case] right: &str,
        #[case] contains: bool,
        #[case] ahead: bool,
        #[case] count: u128,
    ) {
        let (left, right) = (position(left), position(right));
        assert_eq!(left.contains(&right), contains);
        assert_eq!(left.ahead_of(&right), ahead);
        assert_eq!(left.count_ahead(&right), count);
    }

    #[test]
    fn merging_takes_the_later_of_each_domain() {
        let merged = position("0-1-100,1-2-5").merge(&position("0-3-99,1-4-6,2-1-1"));
        assert_eq!(merged, position("0-1-100,1-4-6,2-1-1"));
    }

    /// One server writes, so equal numbers are equal transactions.
    fn any_position() -> impl Strategy<Value = MariaGtidPosition> {
        prop::collection::btree_map(0u32..4, 0u64..9, 0..4).prop_map(|domains| {
            let texts = domains.into_iter().map(|(domain, seq)| format!("{domain}-1-{seq}"));
            position(&texts.collect::<Vec<_>>().join(","))
        })
    }

    proptest! {
        #[test]
        fn merging_is_the_least_upper_bound(a in any_position(), b in any_position()) {
            let merged = a.merge(&b);
            prop_assert_eq!(&merged, &b.merge(&a));
            prop_assert!(merged.contains(&a) && merged.contains(&b));
            prop_assert_eq!(merged.count_ahead(&a), b.count_ahead(&a));
            prop_assert_eq!(a.contains(&b), merged == a);
        }

        #[test]
        fn what_display_writes_is_read_back(a in any_position()) {
            prop_assert_eq!(position(&a.to_string()), a);
        }

        #[test]
        fn parse_never_panics(text in "[0-9,\\- ]{0,40}", wild in any::<String>()) {
            let _ = text.parse::<MariaGtidPosition>();
            let _ = wild.parse::<MariaGtidPosition>();
        }
    }
}
