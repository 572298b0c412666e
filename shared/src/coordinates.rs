//! Positions in binary and relay logs.
//!
//! File numbers are compared as numbers, because `binlog.1000000` follows `binlog.999999`.
//! Which kind of log is meant is known from the field; only the wire type repeats it.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// A position in one server's binary or relay logs: file name and byte offset.
///
/// Ordered by base name, file number, then offset. Positions of different servers, or of
/// differently named logs, have an order too, but it means nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct BinlogCoordinates {
    /// Name of the log file, such as `binlog.000007`; empty when there is no position.
    pub file: String,
    /// Offset in bytes.
    pub pos: u64,
}

/// Why a text is not `file:pos`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CoordinatesError {
    /// There is no colon.
    #[error(
        "ParseBinlogCoordinates: Cannot parse BinlogCoordinates from {0}. Expected format is file:pos"
    )]
    Format(String),
    /// What follows the colon is not a number of bytes.
    #[error("ParseBinlogCoordinates: invalid pos: {0}")]
    InvalidPos(String),
}

impl BinlogCoordinates {
    /// Makes coordinates of a file name and an offset.
    pub fn new(file: impl Into<String>, pos: u64) -> Self {
        Self { file: file.into(), pos }
    }

    /// Whether there is no position at all.
    pub fn is_empty(&self) -> bool {
        self.file.is_empty()
    }

    /// The number after the last dot of the file name.
    pub fn file_number(&self) -> Option<u64> {
        split_number(&self.file).map(|(_, number)| number)
    }

    /// How many files lie between `self` and a later position of the same logs.
    /// `None` where a name has no number; negative where `other` is earlier.
    pub fn files_to(&self, other: &Self) -> Option<i128> {
        Some(i128::from(other.file_number()?) - i128::from(self.file_number()?))
    }

    /// The start of the next file, with the number's padding kept.
    pub fn next_file(&self) -> Option<Self> {
        self.renumbered(self.file_number()?.checked_add(1)?)
    }

    /// The start of the previous file; there is none before number 0.
    pub fn previous_file(&self) -> Option<Self> {
        self.renumbered(self.file_number()?.checked_sub(1)?)
    }

    fn renumbered(&self, number: u64) -> Option<Self> {
        let (base, digits) = self.file.rsplit_once('.')?;
        Some(Self::new(format!("{base}.{number:0width$}", width = digits.len()), 0))
    }

    /// Whether the file name hides the real position, as `//file:pos`.
    pub fn is_detached(&self) -> bool {
        self.reattached().is_some()
    }

    /// The form that hides these coordinates in the file name, so that replication stops.
    pub fn detached(&self) -> Self {
        if self.is_detached() {
            return self.clone();
        }
        Self::new(format!("//{self}"), self.pos)
    }

    /// The real position, if these coordinates are detached ones.
    pub fn reattached(&self) -> Option<Self> {
        let (file, pos) = self.file.strip_prefix("//")?.rsplit_once(':')?;
        let real_name = !file.is_empty() && !file.contains(['/', ':']);
        let pos = parse_pos(pos).filter(|_| real_name)?;
        Some(Self::new(file, pos))
    }
}

/// Splits `binlog.000007` into `binlog` and 7.
fn split_number(file: &str) -> Option<(&str, u64)> {
    let (base, digits) = file.rsplit_once('.')?;
    Some((base, parse_pos(digits)?))
}

fn parse_pos(text: &str) -> Option<u64> {
    // `u64::from_str` would also take a plus sign.
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

impl Ord for BinlogCoordinates {
    fn cmp(&self, other: &Self) -> Ordering {
        let files = match (split_number(&self.file), split_number(&other.file)) {
            (Some(mine), Some(theirs)) => mine.cmp(&theirs),
            // A name without a number comes first, so that the empty position is the least.
            (Some(_), None) => Ordering::Greater,
            (None, Some(_)) => Ordering::Less,
            (None, None) => self.file.cmp(&other.file),
        };
        // Names that differ only in padding are still different names.
        files.then(self.pos.cmp(&other.pos)).then_with(|| self.file.cmp(&other.file))
    }
}

impl PartialOrd for BinlogCoordinates {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Writes `file:pos`.
impl fmt::Display for BinlogCoordinates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.pos)
    }
}

/// Reads `file:pos`.
impl FromStr for BinlogCoordinates {
    type Err = CoordinatesError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (file, pos) = text
            .split_once(':')
            .filter(|(file, _)| !file.is_empty())
            .ok_or_else(|| CoordinatesError::Format(text.to_owned()))?;
        let pos = parse_pos(pos).ok_or_else(|| CoordinatesError::InvalidPos(pos.to_owned()))?;
        Ok(Self::new(file, pos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn at(file: &str, pos: u64) -> BinlogCoordinates {
        BinlogCoordinates::new(file, pos)
    }

    #[test]
    fn file_numbers_are_numbers() {
        let ascending = [
            at("", 0),
            at("binlog", 4),
            at("binlog.000009", 900),
            at("binlog.000010", 4),
            at("binlog.000010", 5),
            at("binlog.999999", 1),
            at("binlog.1000000", 0),
            at("relay.000001", 0),
        ];
        assert!(ascending.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn differing_padding_orders_by_position_first() {
        assert!(at("b.01", 5) < at("b.1", 6));
        assert!(at("b.1", 5) < at("b.01", 6));
        assert_ne!(at("b.01", 5).cmp(&at("b.1", 5)), Ordering::Equal);
    }

    #[rstest]
    #[case("binlog.000007", Some("binlog.000008"), Some("binlog.000006"))]
    #[case("binlog.999999", Some("binlog.1000000"), Some("binlog.999998"))]
    #[case("my.host-bin.000000", Some("my.host-bin.000001"), None)]
    #[case("binlog", None, None)]
    #[case("binlog.index", None, None)]
    #[case("binlog.18446744073709551615", None, Some("binlog.18446744073709551614"))]
    fn neighbouring_files(
        #[case] file: &str,
        #[case] next: Option<&str>,
        #[case] previous: Option<&str>,
    ) {
        let start_of = |file: &str| at(file, 0);
        assert_eq!(at(file, 120).next_file(), next.map(start_of));
        assert_eq!(at(file, 120).previous_file(), previous.map(start_of));
    }

    #[test]
    fn distance_in_files() {
        assert_eq!(at("b.000002", 0).files_to(&at("b.000005", 0)), Some(3));
        assert_eq!(at("b.000005", 0).files_to(&at("b.000002", 0)), Some(-3));
        assert_eq!(at("b", 0).files_to(&at("b.000002", 0)), None);
    }

    #[test]
    fn detached_and_back() {
        let real = at("binlog.000001", 1295);
        let detached = real.detached();
        assert_eq!(detached.file, "//binlog.000001:1295");
        assert!(detached.is_detached() && !real.is_detached());
        assert_eq!(detached.reattached(), Some(real));
        assert_eq!(detached.detached(), detached);
        for other in ["//binlog.000001", "//a/b:1", "//:1", "//b:x", "/b:1", "//b:+1"] {
            assert!(!at(other, 1).is_detached(), "{other}");
        }
    }

    #[rstest]
    #[case(
        "binlog.000001",
        "ParseBinlogCoordinates: Cannot parse BinlogCoordinates from binlog.000001. Expected format is file:pos"
    )]
    #[case("binlog.000001:x", "ParseBinlogCoordinates: invalid pos: x")]
    #[case("binlog.000001:-4", "ParseBinlogCoordinates: invalid pos: -4")]
    #[case("binlog.000001:", "ParseBinlogCoordinates: invalid pos: ")]
    fn refused_texts(#[case] text: &str, #[case] message: &str) {
        assert_eq!(text.parse::<BinlogCoordinates>().unwrap_err().to_string(), message);
    }

    fn any_coordinates() -> impl Strategy<Value = BinlogCoordinates> {
        ("[ab]{0,2}(\\.[0-9]{1,3})?", 0u64..4).prop_map(|(file, pos)| at(&file, pos))
    }

    proptest! {
        #[test]
        fn the_order_is_total(a in any_coordinates(), b in any_coordinates(), c in any_coordinates()) {
            prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
            prop_assert_eq!(a.cmp(&b) == Ordering::Equal, a == b);
            if a <= b && b <= c {
                prop_assert!(a <= c);
            }
        }

        #[test]
        fn what_display_writes_is_read_back(file in "[a-z]{1,5}\\.[0-9]{6}", pos in any::<u64>()) {
            let coordinates = at(&file, pos);
            prop_assert_eq!(coordinates.to_string().parse(), Ok(coordinates));
        }

        #[test]
        fn parse_never_panics(text in any::<String>()) {
            let _ = text.parse::<BinlogCoordinates>();
            let _ = at(&text, 0).reattached();
        }
    }
}
