//! Compiled filters over hosts, users and clusters. An entry that is no regular expression
//! matches nothing; the checks warn about it.

use std::net::IpAddr;

use regex::Regex;

use super::pattern;
use super::setting::{List, Map};

/// Entries of one list: `Err` has the entry and what is wrong with it.
type Compiled<T> = Vec<Result<T, (String, String)>>;

/// Unanchored regular expressions on a text; one match is enough.
#[derive(Clone, Debug, Default)]
pub struct RegexFilters(Vec<Regex>);

impl RegexFilters {
    /// Compiles a list; the entries that cannot be compiled come back with the reason.
    pub fn new(list: &List) -> (Self, Vec<(String, String)>) {
        let compile =
            |entry: &String| pattern::compile(entry).map_err(|error| (entry.clone(), error));
        let (entries, bad) = split(list.iter().map(compile).collect());
        (Self(entries), bad)
    }

    /// Whether some entry matches.
    pub fn matches(&self, text: &str) -> bool {
        self.0.iter().any(|regex| regex.is_match(text))
    }
}

/// Filters on servers: an entry that is an address equals the host name, any other is an
/// unanchored regular expression on `host:port`.
#[derive(Clone, Debug, Default)]
pub struct HostFilters(Vec<HostFilter>);

#[derive(Clone, Debug)]
enum HostFilter {
    Address(String),
    Pattern(Regex),
}

impl HostFilters {
    /// Compiles a list; the entries that cannot be compiled come back with the reason.
    pub fn new(list: &List) -> (Self, Vec<(String, String)>) {
        let compile = |entry: &String| {
            if entry.parse::<IpAddr>().is_ok() {
                return Ok(HostFilter::Address(entry.clone()));
            }
            pattern::compile(entry).map(HostFilter::Pattern).map_err(|error| (entry.clone(), error))
        };
        let (entries, bad) = split(list.iter().map(compile).collect());
        (Self(entries), bad)
    }

    /// Whether some entry matches the server.
    pub fn matches(&self, hostname: &str, port: u16) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let key = format!("{hostname}:{port}");
        self.0.iter().any(|filter| match filter {
            HostFilter::Address(address) => address == hostname,
            HostFilter::Pattern(regex) => regex.is_match(&key),
        })
    }
}

/// One entry of a cluster filter list.
#[derive(Clone, Debug)]
pub struct ClusterFilter {
    text: String,
    rule: ClusterRule,
}

#[derive(Clone, Debug)]
enum ClusterRule {
    /// `*`
    Every,
    /// The cluster's name or alias is the whole text, and nothing else matches.
    Itself,
    /// `alias=...`
    Alias(String),
    /// `alias~=...`
    AliasPattern(Regex),
    /// Anything else.
    NamePattern(Regex),
}

impl ClusterFilter {
    /// Compiles an entry. An entry with a bad pattern still matches the cluster of that very
    /// name or alias; what is wrong comes back beside it.
    pub fn new(text: &str) -> (Self, Option<String>) {
        let compile =
            |pattern: &str, rule: fn(Regex) -> ClusterRule| match pattern::compile(pattern) {
                Ok(regex) => (rule(regex), None),
                Err(error) => (ClusterRule::Itself, Some(error)),
            };
        let (rule, error) = if let Some(alias) = text.strip_prefix("alias=") {
            (ClusterRule::Alias(alias.to_owned()), None)
        } else if let Some(pattern) = text.strip_prefix("alias~=") {
            compile(pattern, ClusterRule::AliasPattern)
        } else {
            match text {
                "*" => (ClusterRule::Every, None),
                "" => (ClusterRule::Itself, None),
                _ => compile(text, ClusterRule::NamePattern),
            }
        };
        (Self { text: text.to_owned(), rule }, error)
    }

    /// Whether the entry matches a cluster.
    pub fn matches(&self, cluster_name: &str, alias: &str) -> bool {
        if self.text == cluster_name || self.text == alias {
            return true;
        }
        match &self.rule {
            ClusterRule::Every => true,
            ClusterRule::Itself => false,
            ClusterRule::Alias(wanted) => wanted == alias,
            ClusterRule::AliasPattern(regex) => regex.is_match(alias),
            ClusterRule::NamePattern(regex) => regex.is_match(cluster_name),
        }
    }

    /// Whether the entry is `*`.
    pub fn is_every(&self) -> bool {
        matches!(self.rule, ClusterRule::Every)
    }
}

/// A list of cluster filters; one match is enough.
#[derive(Clone, Debug, Default)]
pub struct ClusterFilters(Vec<ClusterFilter>);

impl ClusterFilters {
    /// Compiles a list; the entries with a bad pattern come back with the reason.
    pub fn new(list: &List) -> (Self, Vec<(String, String)>) {
        let mut bad = Vec::new();
        let mut compile = |entry: &String| {
            let (filter, error) = ClusterFilter::new(entry);
            bad.extend(error.map(|error| (entry.clone(), error)));
            filter
        };
        let filters = list.iter().map(&mut compile).collect();
        (Self(filters), bad)
    }

    /// Whether some entry matches the cluster.
    pub fn matches(&self, cluster_name: &str, alias: &str) -> bool {
        self.0.iter().any(|filter| filter.matches(cluster_name, alias))
    }
}

/// Aliases by regular expression on the cluster's name.
#[derive(Clone, Debug, Default)]
pub struct ClusterAliases(Vec<(Regex, String)>);

impl ClusterAliases {
    /// Compiles the map; the patterns that cannot be compiled come back with the reason.
    pub fn new(map: &Map) -> (Self, Vec<(String, String)>) {
        let compile = |(pattern, alias): &(String, String)| {
            pattern::compile(pattern)
                .map(|regex| (regex, alias.clone()))
                .map_err(|error| (pattern.clone(), error))
        };
        let entries = map.iter().filter(|(pattern, _)| !pattern.is_empty());
        let (aliases, bad) = split(entries.map(compile).collect());
        (Self(aliases), bad)
    }

    /// The alias of the first pattern that matches.
    pub fn alias_for(&self, cluster_name: &str) -> Option<&str> {
        let (_, alias) = self.0.iter().find(|(regex, _)| regex.is_match(cluster_name))?;
        Some(alias)
    }
}

fn split<T>(compiled: Compiled<T>) -> (Vec<T>, Vec<(String, String)>) {
    let mut good = Vec::new();
    let mut bad = Vec::new();
    for entry in compiled {
        match entry {
            Ok(entry) => good.push(entry),
            Err(entry) => bad.push(entry),
        }
    }
    (good, bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_filter_matches_by_its_form() {
        #[rustfmt::skip]
        let cases: &[(&str, &str, &str, bool)] = &[
            // entry, cluster name, alias, matches
            ("m1:3306", "m1:3306", "", true),
            ("shop", "m1:3306", "shop", true),
            ("shop", "shop-db:3306", "other", true),
            ("shop", "m1:3306", "shop-eu", false),
            ("alias=shop", "m1:3306", "shop", true),
            ("alias=shop", "m1:3306", "shop-eu", false),
            ("alias=shop", "alias=shop:3306", "x", false),
            ("alias~=^shop", "m1:3306", "shop-eu", true),
            ("alias~=^shop", "shop:3306", "x", false),
            ("*", "m1:3306", "", true),
            ("^m[0-9]+:", "m1:3306", "x", true),
            ("^m[0-9]+:", "x:3306", "m1:", false),
            ("", "m1:3306", "", true),
            ("", "m1:3306", "shop", false),
            ("(", "m1:3306", "shop", false),
            ("(", "m1:3306", "(", true),
            ("alias~=(", "m1:3306", "(", false),
        ];
        for (entry, name, alias, expected) in cases {
            let (filters, _) = ClusterFilters::new(&List::from([*entry]));
            assert_eq!(filters.matches(name, alias), *expected, "{entry:?} on {name} {alias:?}");
        }
    }

    #[test]
    fn one_entry_of_several_is_enough() {
        let (filters, bad) = ClusterFilters::new(&List::from(["alias=a", "(", "alias=b"]));
        assert!(filters.matches("m:3306", "b"));
        assert!(!filters.matches("m:3306", "c"));
        assert_eq!(bad.len(), 1);
        assert_eq!(bad[0].0, "(");
        assert!(!ClusterFilters::default().matches("m:3306", ""));
    }

    #[test]
    fn a_host_filter_is_an_address_or_a_pattern() {
        let cases: &[(&str, &str, u16, bool)] = &[
            ("db-1", "db-10.example.com", 3306, true),
            ("^db-1:3306$", "db-1", 3306, true),
            ("^db-1:3306$", "db-1", 3307, false),
            ("10.0.0.1", "10.0.0.1", 3306, true),
            ("10.0.0.1", "10.0.0.10", 3306, false),
            ("10.0.0.1", "110x0y0z1", 3306, false),
            ("::1", "::1", 3306, true),
            ("", "anything", 1, true),
            ("(", "(", 1, false),
        ];
        for (entry, host, port, expected) in cases {
            let (filters, _) = HostFilters::new(&List::from([*entry]));
            assert_eq!(filters.matches(host, *port), *expected, "{entry:?} on {host}:{port}");
        }
        assert!(!HostFilters::default().matches("db", 3306));
    }

    #[test]
    fn a_text_filter_is_a_pattern_and_nothing_else() {
        let (filters, bad) = RegexFilters::new(&List::from(["^app", "10.0.0.1", "["]));
        assert!(filters.matches("app1"));
        assert!(filters.matches("10x0y0z1"));
        assert!(!filters.matches("my-app"));
        assert_eq!(bad[0].0, "[");
    }

    #[test]
    fn the_first_alias_in_the_order_of_the_file_wins() {
        use crate::config::setting::Setting;
        let mut map = Map::empty();
        let text = r#"{"": "none", "^b": "first", "(": "bad", "b1": "second", "1": "third"}"#;
        map.read(text).unwrap();
        let (aliases, bad) = ClusterAliases::new(&map);
        assert_eq!(aliases.alias_for("b1:3306"), Some("first"));
        assert_eq!(aliases.alias_for("ab1:3306"), Some("second"));
        assert_eq!(aliases.alias_for("c2:3306"), None);
        assert_eq!(bad[0].0, "(");
    }
}
