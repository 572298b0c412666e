//! Names under which servers were asked for, where they go by another one: a service address, a
//! short name, an address that moved. A mapping stands until the name was asked again and answered
//! otherwise; a name that does not answer proves nothing.

use std::time::Duration;

use rpds::HashTrieMapSync;
use shared::{InstanceKey, Source};

use crate::clock::Moment;

/// The mapping. Cloning shares everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(HashTrieMapSync<InstanceKey, Name>);

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The key under which the server is known.
    pub known: InstanceKey,
    /// When the server behind the name last said so.
    pub learned: Moment,
}

impl Names {
    /// The key under which the server that is asked for is known.
    #[must_use]
    pub fn known(&self, asked: &InstanceKey) -> InstanceKey {
        self.0.get(asked).map_or(asked, |name| &name.known).clone()
    }

    /// The source under the key by which it is known.
    #[must_use]
    pub fn known_source(&self, source: Source) -> Source {
        match source {
            Source::Attached(key) => Source::Attached(self.known(&key)),
            other => other,
        }
    }

    /// What the name stands for, if it is not the server's own.
    #[must_use]
    pub fn get(&self, asked: &InstanceKey) -> Option<&Name> {
        self.0.get(asked)
    }

    /// Every name with what it stands for.
    pub fn iter(&self) -> impl Iterator<Item = (&InstanceKey, &Name)> {
        self.0.iter()
    }

    /// Names that were not asked for longer than `expiry`.
    pub fn outdated(&self, now: Moment, expiry: Duration) -> impl Iterator<Item = &InstanceKey> {
        let old = move |name: &Name| now.since(name.learned) >= expiry;
        self.0.iter().filter(move |(_, name)| old(name)).map(|(asked, _)| asked)
    }

    /// The server that was `asked` for says that it is `known`. True if that is news.
    pub fn learn(&mut self, asked: &InstanceKey, known: &InstanceKey, at: Moment) -> bool {
        if asked == known {
            return self.0.remove_mut(asked);
        }
        let news = self.0.get(asked).is_none_or(|name| name.known != *known);
        self.0.insert_mut(asked.clone(), Name { known: known.clone(), learned: at });
        news
    }

    /// Drop every name of a server; gives the names.
    pub fn forget(&mut self, known: &InstanceKey) -> Vec<InstanceKey> {
        let gone: Vec<_> = self
            .0
            .iter()
            .filter(|(_, name)| name.known == *known)
            .map(|(k, _)| k.clone())
            .collect();
        for asked in &gone {
            self.0.remove_mut(asked);
        }
        gone
    }
}

impl FromIterator<(InstanceKey, Name)> for Names {
    fn from_iter<I: IntoIterator<Item = (InstanceKey, Name)>>(names: I) -> Self {
        Self(names.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::sketch::{NOW, key};

    #[test]
    fn a_name_stands_for_whom_it_was_last_heard_to_be() {
        let mut names = Names::default();
        assert_eq!(names.known(&key("vip")), key("vip"));
        assert!(names.learn(&key("vip"), &key("a"), NOW));
        assert!(!names.learn(&key("vip"), &key("a"), NOW));
        assert_eq!(names.known_source(Source::Attached(key("vip"))), Source::Attached(key("a")));
        assert!(names.learn(&key("vip"), &key("b"), NOW));
        assert_eq!(names.known(&key("vip")), key("b"));
        assert!(names.learn(&key("vip"), &key("vip"), NOW), "it became the server's own");
        assert_eq!(names.iter().count(), 0);
        assert!(!names.learn(&key("a"), &key("a"), NOW));
    }

    #[test]
    fn names_are_asked_again_when_they_are_old() {
        let hour = Duration::from_secs(3600);
        let mut names = Names::default();
        names.learn(&key("old"), &key("a"), NOW - hour);
        names.learn(&key("new"), &key("a"), NOW);
        assert_eq!(names.outdated(NOW, hour).collect::<Vec<_>>(), [&key("old")]);
        assert_eq!(names.known(&key("old")), key("a"), "until it answers otherwise");
    }

    #[test]
    fn a_forgotten_server_takes_its_names_along() {
        let mut names = Names::default();
        names.learn(&key("vip"), &key("a"), NOW);
        names.learn(&key("other"), &key("b"), NOW);
        assert_eq!(names.forget(&key("a")), [key("vip")]);
        assert_eq!(names.known(&key("other")), key("b"));
    }
}
