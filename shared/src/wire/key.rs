//! Keys of instances and sets of them, as objects.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::instance_key::InstanceKeyError;
use crate::{InstanceKey, Source};

/// A key on the wire; unlike [`InstanceKey`] it may be empty, reset (`_`) or detached (`//host`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Key {
    /// The hostname; empty where there is no instance.
    pub hostname: String,
    /// The port; 0 where there is no instance.
    pub port: u16,
}

impl Key {
    /// What the key says about a source.
    pub fn to_source(&self) -> Source {
        Source::from_parts(&self.hostname, self.port)
    }
}

/// Writes `host:port`.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.hostname, self.port)
    }
}

impl From<&InstanceKey> for Key {
    fn from(key: &InstanceKey) -> Self {
        Self { hostname: key.hostname().to_owned(), port: key.port() }
    }
}

impl From<&Source> for Key {
    fn from(source: &Source) -> Self {
        let (hostname, port) = source.to_parts();
        Self { hostname, port }
    }
}

impl TryFrom<&Key> for InstanceKey {
    type Error = InstanceKeyError;

    fn try_from(key: &Key) -> Result<Self, Self::Error> {
        Self::new(&key.hostname, key.port)
    }
}

/// Keys without repetition: an array sorted by hostname, then port; `[]` when empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeySet(pub BTreeSet<Key>);

impl<'a> FromIterator<&'a InstanceKey> for KeySet {
    fn from_iter<I: IntoIterator<Item = &'a InstanceKey>>(keys: I) -> Self {
        Self(keys.into_iter().map(Key::from).collect())
    }
}

impl FromIterator<Key> for KeySet {
    fn from_iter<I: IntoIterator<Item = Key>>(keys: I) -> Self {
        Self(keys.into_iter().collect())
    }
}

/// Pools and their members, by pool name; a pool without members is left out.
pub type Pools = BTreeMap<String, KeySet>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_sorted_arrays() {
        let keys = ["b:1", "a:20", "a:3", "a:3"].map(|text| InstanceKey::parse(text, 1).unwrap());
        let set: KeySet = keys.iter().collect();
        let json = concat!(
            r#"[{"Hostname":"a","Port":3},{"Hostname":"a","Port":20},"#,
            r#"{"Hostname":"b","Port":1}]"#
        );
        assert_eq!(serde_json::to_string(&set).unwrap(), json);
        assert_eq!(serde_json::from_str::<KeySet>(json).unwrap(), set);
        assert_eq!(serde_json::to_string(&KeySet::default()).unwrap(), "[]");
    }

    #[test]
    fn sources_go_both_ways() {
        let key = InstanceKey::new("db1", 3306).unwrap();
        for source in [Source::None, Source::Attached(key.clone()), Source::Detached(key.clone())] {
            assert_eq!(Key::from(&source).to_source(), source);
        }
        assert_eq!(InstanceKey::try_from(&Key::from(&key)), Ok(key));
        assert!(InstanceKey::try_from(&Key::default()).is_err());
    }
}
