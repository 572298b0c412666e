//! Sets of Oracle GTIDs, as MySQL and Percona Server print them, tagged ones included.
//!
//! All arithmetic is done here, exactly as `gtid_subtract()` and its kin would do it on a
//! server, so no decision needs a round trip for it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::intervals::{Intervals, MAX_NUMBER};
use super::server_uuid::{ServerUuid, ServerUuidError};

/// A set of transactions, such as `@@gtid_executed`.
///
/// ```
/// use shared::GtidSet;
/// let executed: GtidSet = "00020111-1111-1111-1111-111111111111:1-9:12".parse()?;
/// let source: GtidSet = "00020111-1111-1111-1111-111111111111:1-10".parse()?;
/// assert_eq!(executed.minus(&source).to_string(), "00020111-1111-1111-1111-111111111111:12");
/// # Ok::<(), shared::gtid::oracle::GtidSetError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct GtidSet {
    /// Never holds an empty entry, so equality is that of sets.
    entries: BTreeMap<Origin, Intervals>,
}

/// What a transaction number belongs to; the empty tag sorts first, as servers print it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Origin {
    uuid: ServerUuid,
    tag: String,
}

/// One transaction, as in `SET GTID_NEXT`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gtid {
    /// The server or group that it came from.
    pub uuid: ServerUuid,
    /// Its tag (MySQL 8.3 and later); empty for an untagged one.
    pub tag: String,
    /// Its number, at least 1.
    pub number: u64,
}

/// Why a text is no set of Oracle GTIDs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GtidSetError {
    /// An entry has no colon.
    #[error("Cannot parse OracleGtidSetEntry from {0}")]
    Entry(String),
    /// An entry does not start with a UUID.
    #[error(transparent)]
    Uuid(#[from] ServerUuidError),
    /// A tag is followed by another tag or by nothing.
    #[error("Invalid format: Found a tag without any intervals: {0}")]
    TagWithoutInterval(String),
    /// A part is neither a tag nor `n` nor `n-m` with 1 <= n <= m.
    #[error("Unexpected GTID range: {0}")]
    Interval(String),
}

impl GtidSet {
    /// The empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether there is no transaction in the set.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many transactions there are.
    pub fn count(&self) -> u128 {
        self.entries.values().map(Intervals::count).sum()
    }

    /// The transactions in either set.
    pub fn union(&self, other: &Self) -> Self {
        let mut result = self.clone();
        for (origin, theirs) in &other.entries {
            match result.entries.get_mut(origin) {
                Some(mine) => *mine = mine.union(theirs),
                None => {
                    result.entries.insert(origin.clone(), theirs.clone());
                }
            }
        }
        result
    }

    /// The transactions of this set that the other one lacks; `gtid_subtract(self, other)`.
    pub fn minus(&self, other: &Self) -> Self {
        self.map_entries(|origin, mine| match other.entries.get(origin) {
            Some(theirs) => mine.minus(theirs),
            None => mine.clone(),
        })
    }

    /// The transactions in both sets.
    pub fn intersect(&self, other: &Self) -> Self {
        self.map_entries(|origin, mine| match other.entries.get(origin) {
            Some(theirs) => mine.intersect(theirs),
            None => Intervals::default(),
        })
    }

    /// Whether every transaction of `other` is in this set; `gtid_subset(other, self)`.
    pub fn contains(&self, other: &Self) -> bool {
        other.entries.iter().all(|(origin, theirs)| {
            self.entries.get(origin).is_some_and(|mine| mine.contains(theirs))
        })
    }

    /// The UUIDs in the set, in order, each once.
    pub fn uuids(&self) -> impl Iterator<Item = ServerUuid> + '_ {
        let mut last = None;
        self.entries
            .keys()
            .map(|origin| origin.uuid)
            .filter(move |uuid| last.replace(*uuid) != Some(*uuid))
    }

    /// The set without the transactions of one UUID, whatever their tags.
    pub fn without_uuid(&self, uuid: ServerUuid) -> Self {
        self.retain(|candidate| candidate != uuid)
    }

    /// Only the transactions of the given UUIDs, whatever their tags.
    pub fn only_uuids(&self, uuids: &[ServerUuid]) -> Self {
        self.retain(|candidate| uuids.contains(&candidate))
    }

    /// Only the transactions of those UUIDs for which `keep` says so.
    pub fn retain(&self, keep: impl Fn(ServerUuid) -> bool) -> Self {
        let kept = self.entries.iter().filter(|(origin, _)| keep(origin.uuid));
        Self { entries: kept.map(|(origin, mine)| (origin.clone(), mine.clone())).collect() }
    }

    /// Each transaction on its own, in order; the set may be huge, so this is lazy.
    pub fn gtids(&self) -> impl Iterator<Item = Gtid> + '_ {
        self.entries.iter().flat_map(|(origin, intervals)| {
            intervals
                .as_slice()
                .iter()
                .flat_map(|(first, last)| *first..=*last)
                .map(|number| Gtid { uuid: origin.uuid, tag: origin.tag.clone(), number })
        })
    }

    fn map_entries(&self, change: impl Fn(&Origin, &Intervals) -> Intervals) -> Self {
        let changed = self.entries.iter().map(|(origin, mine)| (origin, change(origin, mine)));
        let left = changed.filter(|(_, intervals)| !intervals.is_empty());
        Self { entries: left.map(|(origin, intervals)| (origin.clone(), intervals)).collect() }
    }
}

/// Reads what servers print: whitespace and newlines anywhere between the parts, empty
/// entries, any case and any order are accepted.
impl FromStr for GtidSet {
    type Err = GtidSetError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut found = Collected::default();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            found.add_entry(entry)?;
        }
        Ok(found.into_set())
    }
}

/// Intervals as they come, before they are sorted and joined.
#[derive(Default)]
struct Collected(BTreeMap<Origin, Vec<(u64, u64)>>);

impl Collected {
    fn add(&mut self, origin: Origin, interval: (u64, u64)) {
        self.0.entry(origin).or_default().push(interval);
    }

    /// Reads `uuid:interval[:interval…][:tag:interval[:interval…]]…`.
    fn add_entry(&mut self, entry: &str) -> Result<(), GtidSetError> {
        let (uuid, parts) =
            entry.split_once(':').ok_or_else(|| GtidSetError::Entry(entry.to_owned()))?;
        let uuid: ServerUuid = uuid.trim().parse()?;
        let mut tag = String::new();
        let mut tag_has_interval = true;
        for part in parts.split(':').map(str::trim) {
            if is_tag(part) {
                if !tag_has_interval {
                    return Err(GtidSetError::TagWithoutInterval(entry.to_owned()));
                }
                tag = part.to_ascii_lowercase();
                tag_has_interval = false;
            } else {
                let interval =
                    parse_interval(part).ok_or_else(|| GtidSetError::Interval(part.to_owned()))?;
                self.add(Origin { uuid, tag: tag.clone() }, interval);
                tag_has_interval = true;
            }
        }
        if tag_has_interval {
            Ok(())
        } else {
            Err(GtidSetError::TagWithoutInterval(entry.to_owned()))
        }
    }

    fn into_set(self) -> GtidSet {
        let joined =
            self.0.into_iter().map(|(origin, all)| (origin, Intervals::from_unsorted(all)));
        GtidSet { entries: joined.collect() }
    }
}

/// A letter or underscore, then up to 31 letters, digits and underscores.
fn is_tag(text: &str) -> bool {
    text.len() <= 32
        && !text.starts_with(|first: char| first.is_ascii_digit())
        && !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn parse_interval(text: &str) -> Option<(u64, u64)> {
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => (parse_number(first.trim())?, parse_number(last.trim())?),
        None => {
            let number = parse_number(text)?;
            (number, number)
        }
    };
    (first <= last).then_some((first, last))
}

fn parse_number(text: &str) -> Option<u64> {
    // `u64::from_str` would also take a plus sign.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits)?;
    (1..=MAX_NUMBER).contains(&number).then_some(number)
}

/// Writes the canonical text: lower case, sorted, joined by commas without newlines.
impl fmt::Display for GtidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut last_uuid = None;
        for (origin, intervals) in &self.entries {
            if last_uuid != Some(origin.uuid) {
                let separator = if last_uuid.is_some() { "," } else { "" };
                write!(f, "{separator}{}", origin.uuid)?;
                last_uuid = Some(origin.uuid);
            }
            if !origin.tag.is_empty() {
                write!(f, ":{}", origin.tag)?;
            }
            for (first, last) in intervals.as_slice() {
                write!(f, ":{first}")?;
                if first < last {
                    write!(f, "-{last}")?;
                }
            }
        }
        Ok(())
    }
}

/// Writes `uuid:number` or `uuid:tag:number`.
impl fmt::Display for Gtid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = if self.tag.is_empty() { "" } else { ":" };
        write!(f, "{}{separator}{}:{}", self.uuid, self.tag, self.number)
    }
}

impl FromIterator<Gtid> for GtidSet {
    fn from_iter<I: IntoIterator<Item = Gtid>>(gtids: I) -> Self {
        let mut found = Collected::default();
        for Gtid { uuid, tag, number } in gtids {
            found.add(Origin { uuid, tag }, (number, number));
        }
        found.into_set()
    }
}

#[cfg(test)]
#[path = "oracle_tests.rs"]
mod tests;
