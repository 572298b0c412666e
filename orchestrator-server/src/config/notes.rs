//! What is odd about the keys of one file, whatever their values: unknown, doubled, outdated.
//! Such files load; each oddity gives one line for the whole file.

use std::path::Path;

use super::key::{Key, Reload};
use super::raw::KEYS;

/// Keys of earlier versions and of published samples, which never say anything.
const RETIRED: [&str; 18] = [
    "ActiveNodeExpireSeconds",
    "AgentAutoDiscover",
    "AuditPageSize",
    "BinlogFileHistoryDays",
    "BufferBinlogEvents",
    "DatabaselessMode__experimental",
    "DiscoveryPollSeconds",
    "HttpTimeoutSeconds",
    "MaintenanceExpireMinutes",
    "MaintenanceOwner",
    "MaintenancePurgeDays",
    "MaxOutdatedKeysToShow",
    "MySQLTopologyMaxPoolConnections",
    "PseudoGTIDCoordinatesHistoryHeuristicMinutes",
    "PseudoGTIDPreferIndependentMultiMatch",
    "ReadLongRunningQueries",
    "SlaveStartPostWaitMilliseconds",
    "StatusSimpleHealth",
];

/// Older names, and the keys that took their place.
const RENAMED: [(&str, &str); 5] = [
    ("DetachLostSlavesAfterMasterFailover", "DetachLostReplicasAfterMasterFailover"),
    ("MasterFailoverDetachSlaveMasterHost", "MasterFailoverDetachReplicaMasterHost"),
    ("PostponeSlaveRecoveryOnLagMinutes", "PostponeReplicaRecoveryOnLagMinutes"),
    ("RecoveryPeriodBlockMinutes", "RecoveryPeriodBlockSeconds"),
    ("SlaveLagQuery", "ReplicationLagQuery"),
];

/// The oddities of one file.
#[derive(Default)]
pub(super) struct Notes {
    unknown: Vec<String>,
    seen: Vec<&'static str>,
    doubled: Vec<&'static str>,
    respelled: Vec<String>,
}

impl Notes {
    /// Notes a name that is no key.
    pub(super) fn unknown(&mut self, name: &str) {
        let comment = name.is_empty() || ["#", "_", "//"].iter().any(|mark| name.starts_with(mark));
        let retired = RETIRED.iter().any(|old| old.eq_ignore_ascii_case(name));
        if comment || retired {
            return;
        }
        self.unknown.push(match nearest(name) {
            Some(key) => format!("{name:?} (did you mean {key}?)"),
            None => format!("{name:?}"),
        });
    }

    /// Notes a key, as it is spelled in the file.
    pub(super) fn known(&mut self, key: &Key, spelling: &str) {
        match self.seen.contains(&key.name) {
            true if !self.doubled.contains(&key.name) => self.doubled.push(key.name),
            true => {}
            false => self.seen.push(key.name),
        }
        if spelling != key.name {
            self.respelled.push(format!("{spelling} (for {})", key.name));
        }
    }

    /// One line for each kind of oddity.
    pub(super) fn lines(self, file: &Path) -> Vec<String> {
        let renamed = RENAMED.iter().filter(|(old, _)| self.seen.contains(old));
        let renamed: Vec<String> = renamed.map(|(old, new)| format!("{old} (now {new})")).collect();
        let unused =
            |name: &&&str| Key::find(name).is_some_and(|key| key.reload == Reload::NoEffect);
        let unused: Vec<&str> = self.seen.iter().filter(unused).copied().collect();
        [
            ("unknown keys, ignored", self.unknown.join(", ")),
            ("keys set more than once, of which the last counts", self.doubled.join(", ")),
            ("keys in another spelling, accepted", self.respelled.join(", ")),
            ("keys by an older name, accepted", renamed.join(", ")),
            ("keys without effect", unused.join(", ")),
        ]
        .into_iter()
        .filter(|(_, keys)| !keys.is_empty())
        .map(|(kind, keys)| format!("{}: {kind}: {keys}", file.display()))
        .collect()
    }
}

/// The key that a name misspells by one or two letters.
fn nearest(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    KEYS.iter()
        .filter(|key| key.name.len().abs_diff(name.len()) <= 2)
        .map(|key| (distance(&name, &key.name.to_ascii_lowercase()), key.name))
        .filter(|(distance, _)| *distance <= 2)
        .min()
        .map(|(_, key)| key)
}

/// How many letters must be added, removed or replaced to get from one text to the other.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(names: &[&str]) -> Vec<String> {
        let mut notes = Notes::default();
        for name in names {
            match Key::find(name) {
                Some(key) => notes.known(key, name),
                None => notes.unknown(name),
            }
        }
        notes.lines(Path::new("f"))
    }

    #[test]
    fn each_oddity_is_one_line_for_the_file() {
        let cases: &[(&[&str], &[&str])] = &[
            (&["Debug", "ReadOnly"], &[]),
            (&["#", "# a comment", "_note", "//", "", "StatusSimpleHealth"], &[]),
            (&["Colour", "Taste"], &["f: unknown keys, ignored: \"Colour\", \"Taste\""]),
            (
                &["RecoverMasterClusterFilter"],
                &["f: unknown keys, ignored: \"RecoverMasterClusterFilter\" \
                   (did you mean RecoverMasterClusterFilters?)"],
            ),
            (
                &["Debug", "ReadOnly", "Debug", "Debug"],
                &["f: keys set more than once, of which the last counts: Debug"],
            ),
            (&["debug"], &["f: keys in another spelling, accepted: debug (for Debug)"]),
            (
                &["SlaveLagQuery"],
                &["f: keys by an older name, accepted: SlaveLagQuery (now ReplicationLagQuery)"],
            ),
            (&["OAuthScopes"], &["f: keys without effect: OAuthScopes"]),
        ];
        for (names, expected) in cases {
            assert_eq!(lines(names), *expected, "{names:?}");
        }
    }

    #[test]
    fn the_lists_hold_what_they_say() {
        for name in RETIRED {
            assert!(Key::find(name).is_none(), "{name} is a key");
        }
        for (old, new) in RENAMED {
            assert!(
                Key::find(old).is_some() && Key::find(new).is_some(),
                "{old} or {new} is no key"
            );
        }
    }

    #[test]
    fn distance_counts_single_letters() {
        for (a, b, expected) in
            [("", "", 0), ("a", "", 1), ("abc", "abc", 0), ("abc", "axc", 1), ("abc", "bcd", 2)]
        {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }
}
