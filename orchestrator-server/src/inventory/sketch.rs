//! Clusters drawn in one line, for tests of judgements and decisions: `m! -> r1~ r2(5/7)`.
//! Only times, states and hints that a judgement reads are filled; nothing here does I/O.
//!
//! - `a -> b c` : b and c replicate from a; a further `-> d` hangs below the last one named.
//!   `a <-> b` : they replicate from each other. `;` or a line break begins anew.
//! - Marks behind a name: `!` unreachable (and twice confirmed), `?` last check failed half-way,
//!   `~` receiver cannot connect, `^` applier stopped, `%` receiver stopped by a person,
//!   `@` downtimed.
//! - `(5/7)` : executed 5 of 7 retrieved transactions of the head, `(7)` : all of them,
//!   `(7+2)` : and two of its own. Without it: all of 10.
//! - `[prefer dc=east lag=40]` : see [`Node::set`] for all words.
//!
//! The time of the view is [`NOW`]; unreachable servers began to fail 800 ms before, all others
//! were read since.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use shared::{
    BinlogCoordinates, Flavor, InstanceKey, PromotionRule, Source, Version,
    gtid::{MariaGtidPosition, oracle::GtidSet},
};

use super::view::{Check, Cluster, ClusterView, FailedAttempt, Instance, Place};
use crate::{
    clock::Moment,
    config::Config,
    journal::facts::{Downtime, Facts},
    mysql::{
        driver::{FailureKind, ProbeFailure},
        state::{
            BinlogState, Channel, ChannelGtid, ChannelTls, GroupMembership, GtidState, Metadata,
            Position, SemiSync, ServerState, ThreadError, ThreadState,
        },
    },
};

/// The time of every sketched view.
pub(crate) const NOW: Moment = Moment::from_unix_seconds(1_700_000_000);

/// The cluster of MySQL servers that the text draws.
pub(crate) fn mysql(text: &str) -> ClusterView {
    view(text, Flavor::MySql)
}

/// The cluster of MariaDB servers that the text draws.
pub(crate) fn mariadb(text: &str) -> ClusterView {
    view(text, Flavor::MariaDb)
}

/// The key of a server named in a sketch.
pub(crate) fn key(name: &str) -> InstanceKey {
    InstanceKey::new(name, 3306).unwrap()
}

/// The server UUID of the n-th server of a sketch, counted from 1 in order of appearance.
pub(crate) fn uuid(number: usize) -> String {
    format!("00000000-0000-0000-0000-{number:012}")
}

/// Changes the configuration of a view.
pub(crate) fn configure(view: &mut ClusterView, change: impl FnOnce(&mut Config)) {
    change(Arc::make_mut(&mut view.config));
}

/// Changes one server of a view.
pub(crate) fn change(view: &mut ClusterView, name: &str, change: impl FnOnce(&mut Instance)) {
    let instances = &mut Arc::make_mut(&mut view.cluster).instances;
    change(Arc::make_mut(instances.get_mut(&key(name)).expect("a server of the sketch")));
}

fn view(text: &str, flavor: Flavor) -> ClusterView {
    let drawing = Drawing::parse(text, flavor);
    let head = drawing.nodes.first().expect("a sketch names a server").name.clone();
    let mut facts = Facts::default();
    for node in drawing.nodes.iter().filter(|node| node.has('@')) {
        facts.downtimes.insert_mut(key(&node.name), downtime());
    }
    let instances = drawing
        .nodes
        .iter()
        .map(|node| (key(&node.name), Arc::new(drawing.instance(node))))
        .collect();
    let cluster = Cluster {
        name: key(&head).to_string(),
        alias: String::new(),
        domain: String::new(),
        instances,
    };
    ClusterView {
        cluster: Arc::new(cluster),
        facts: Arc::new(facts),
        config: Arc::new(Config::default()),
        now: NOW,
    }
}

fn downtime() -> Downtime {
    Downtime {
        owner: "operator".to_owned(),
        reason: "maintenance".to_owned(),
        begins: NOW - Duration::from_secs(60),
        ends: NOW + Duration::from_secs(600),
    }
}

/// A parsed sketch: the servers in order of appearance.
struct Drawing {
    nodes: Vec<Node>,
    flavor: Flavor,
}

/// One server of a sketch.
struct Node {
    number: usize,
    name: String,
    source: Option<String>,
    marks: String,
    executed: u64,
    retrieved: u64,
    errant: u64,
    words: BTreeMap<String, String>,
}

impl Drawing {
    fn parse(text: &str, flavor: Flavor) -> Self {
        let mut drawing = Self { nodes: Vec::new(), flavor };
        for line in text.split([';', '\n']) {
            let (mut source, mut last): (Option<String>, Option<String>) = (None, None);
            let mut circle = false;
            for token in tokens(line) {
                match token {
                    "->" | "<->" => (source, circle) = (last.clone(), token == "<->"),
                    _ => {
                        let name = drawing.add(token, source.as_deref());
                        if circle {
                            let first = source.clone().expect("`<->` follows a server");
                            drawing.node(&first).source = Some(name.clone());
                            circle = false;
                        }
                        last = Some(name);
                    }
                }
            }
        }
        drawing
    }

    /// Adds what a token says of a server to what was said of it before.
    fn add(&mut self, token: &str, source: Option<&str>) -> String {
        let name: String = token.chars().take_while(char::is_ascii_alphanumeric).collect();
        assert!(!name.is_empty(), "no server name in {token:?}");
        let details = &token[name.len()..];
        let node = self.node(&name);
        if let Some(source) = source {
            node.source = Some(source.to_owned());
        }
        node.read(details);
        name
    }

    fn node(&mut self, name: &str) -> &mut Node {
        let index = match self.nodes.iter().position(|node| node.name == name) {
            Some(index) => index,
            None => {
                self.nodes.push(Node::new(self.nodes.len() + 1, name));
                self.nodes.len() - 1
            }
        };
        &mut self.nodes[index]
    }

    fn find(&self, name: &str) -> &Node {
        self.nodes.iter().find(|node| node.name == name).expect("named in the sketch")
    }

    fn co_master(&self, node: &Node) -> bool {
        let above = node.source.as_ref().map(|source| self.find(source));
        above.is_some_and(|above| above.source.as_deref() == Some(&node.name))
    }

    /// Steps from the head; of two co-masters that is the one named first.
    fn depth(&self, node: &Node) -> u32 {
        let Some(source) = node.source.as_ref().map(|source| self.find(source)) else { return 0 };
        let is_head = self.co_master(node) && node.number < source.number;
        if is_head { 0 } else { 1 + self.depth(source) }
    }

    fn instance(&self, node: &Node) -> Instance {
        if node.said("unseen") {
            let check = Check { last_seen: None, state_since: None, ..node.check() };
            return Instance { check, ..Instance::unseen(key(&node.name)) };
        }
        let state = self.state(node);
        Instance {
            key: key(&node.name),
            source: node.source.as_ref().map_or(Source::None, |name| Source::Attached(key(name))),
            metadata: state.metadata.clone(),
            check: node.check(),
            place: Place {
                depth: self.depth(node),
                co_master: self.co_master(node),
                ancestry: String::new(),
                errant: self.errant_text(node),
            },
            state: Some(Arc::new(state)),
        }
    }

    fn state(&self, node: &Node) -> ServerState {
        let flavor = if node.said("maxscale") { Flavor::MaxScale } else { self.flavor };
        let default_version = if flavor == Flavor::MariaDb { "10.11.6" } else { "8.0.36" };
        let version_text = node.word("v").unwrap_or(default_version).to_owned();
        let mariadb = flavor == Flavor::MariaDb;
        let executed = self.position(node, node.executed, node.errant);
        ServerState {
            hostname: node.name.clone(),
            version: Version::parse(&version_text),
            version_text,
            version_comment: String::new(),
            flavor,
            server_id: u32::try_from(node.number).unwrap(),
            server_uuid: if mariadb { String::new() } else { uuid(node.number) },
            uptime_seconds: 86_400,
            read_only: !node.said("rw") && (node.source.is_some() || node.said("ro")),
            super_read_only: false,
            binlog: node.binlog(),
            gtid: GtidState {
                mode: node.gtid_mode(mariadb).to_owned(),
                executed_text: executed.to_string(),
                purged_text: String::new(),
                executed,
                purged: self.purged(node),
            },
            replication: node.source.as_ref().map(|source| self.channel(node, source)),
            other_channels: Vec::new(),
            semi_sync: node.semi_sync(),
            replicas: Vec::new(),
            group: node.word("group").map(group),
            replication_credentials_available: true,
            metadata: node.metadata(),
            degraded: Vec::new(),
        }
    }

    fn channel(&self, node: &Node, source: &str) -> Channel {
        let cannot_connect = ThreadError {
            number: 2003,
            text: format!("error connecting to master 'repl@{source}:3306' - retry-time: 1"),
        };
        let failing = node.has('~');
        let coordinates = |at: u64| BinlogCoordinates::new("binlog.000001", at * 100);
        Channel {
            name: String::new(),
            source: Source::Attached(key(source)),
            source_uuid: String::new(),
            user: "repl".to_owned(),
            io: match (node.has('%'), failing) {
                (true, _) => ThreadState::Stopped,
                (false, true) => ThreadState::Connecting,
                (false, false) => ThreadState::Running,
            },
            sql: if node.has('^') { ThreadState::Stopped } else { ThreadState::Running },
            io_activity: String::new(),
            sql_activity: String::new(),
            io_error: if failing { cannot_connect } else { ThreadError::default() },
            sql_error: ThreadError::default(),
            read: coordinates(node.retrieved),
            exec: coordinates(node.executed),
            relay: BinlogCoordinates::default(),
            retrieved: self.position(node, node.retrieved, 0),
            seconds_behind: node.lag(),
            delay_seconds: node.number_of("delay").unwrap_or(0),
            gtid: match self.flavor {
                _ if node.said("nogtid") => ChannelGtid::None,
                Flavor::MariaDb => ChannelGtid::MariaSlavePos,
                _ => ChannelGtid::Oracle,
            },
            filters: node.said("filters"),
            tls: ChannelTls::default(),
        }
    }

    /// Transactions `1..=last` that the head wrote, and the first `own` of the server itself. A
    /// MariaDB server that wrote by itself has its own transactions on top.
    fn position(&self, node: &Node, last: u64, own: u64) -> Position {
        if node.said("nogtid") {
            return Position::None;
        }
        let head = &self.nodes[0];
        if self.flavor == Flavor::MariaDb {
            let (server, sequence) =
                if own > 0 { (node.number, last + own) } else { (head.number, last) };
            let position: MariaGtidPosition = format!("0-{server}-{sequence}").parse().unwrap();
            return Position::Maria(Arc::new(position));
        }
        let span = |number: usize, last: u64| match last {
            0 => String::new(),
            last => format!("{}:1-{last}", uuid(number)),
        };
        let text = format!("{},{}", span(head.number, last), span(node.number, own));
        Position::Oracle(Arc::new(text.parse::<GtidSet>().unwrap()))
    }

    fn purged(&self, node: &Node) -> Position {
        match node.number_of("purged") {
            Some(last) if self.flavor != Flavor::MariaDb => self.position(node, last, 0),
            _ => Position::None,
        }
    }

    fn errant_text(&self, node: &Node) -> String {
        match node.errant {
            0 => String::new(),
            _ if self.flavor == Flavor::MariaDb => String::new(),
            own => format!("{}:1-{own}", uuid(node.number)),
        }
    }
}

impl Node {
    fn new(number: usize, name: &str) -> Self {
        Self {
            number,
            name: name.to_owned(),
            source: None,
            marks: String::new(),
            executed: 10,
            retrieved: 10,
            errant: 0,
            words: BTreeMap::new(),
        }
    }

    /// Reads what follows a name: marks, `(positions)`, `[words]`, in any order.
    fn read(&mut self, details: &str) {
        let mut rest = details;
        while let Some(first) = rest.chars().next() {
            rest = &rest[1..];
            let mut inside = |end: char| {
                let (inside, after) = rest.split_once(end).expect("brackets are closed");
                rest = after;
                inside
            };
            match first {
                '(' => self.set_positions(inside(')')),
                '[' => inside(']').split_whitespace().for_each(|word| self.set(word)),
                mark => {
                    assert!("!?~^%@".contains(mark), "unknown mark {mark:?}");
                    self.marks.push(mark);
                }
            }
        }
    }

    fn set_positions(&mut self, text: &str) {
        let number = |text: &str| text.parse::<u64>().expect("a number of transactions");
        let (text, errant) = text.split_once('+').unwrap_or((text, "0"));
        let (executed, retrieved) = text.split_once('/').unwrap_or((text, text));
        (self.executed, self.retrieved) = (number(executed), number(retrieved));
        self.errant = number(errant);
    }

    /// The words: a promotion rule; `dc= region= env=`; `lag=` (seconds or `null`) `delay=`;
    /// `v=` version; `format=`; `nolog noupdates filters ro rw`; `nogtid`, `mode=` gtid_mode,
    /// `purged=`; `semi=wait/clients` with `semioff`, `semireplica`; `group=PRIMARY`; `pseudo`,
    /// `maxscale`; `stored`: known from storage only; `unseen`: it never answered.
    fn set(&mut self, word: &str) {
        const WORDS: &str = "must prefer neutral prefer_not must_not dc region env lag delay v \
            format nolog noupdates filters ro rw nogtid mode purged semi semioff semireplica \
            group pseudo maxscale stored unseen";
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        assert!(WORDS.split_whitespace().any(|known| known == name), "unknown word {name:?}");
        self.words.insert(name.to_owned(), value.to_owned());
    }

    fn has(&self, mark: char) -> bool {
        self.marks.contains(mark)
    }

    fn word(&self, name: &str) -> Option<&str> {
        self.words.get(name).map(String::as_str)
    }

    fn said(&self, name: &str) -> bool {
        self.words.contains_key(name)
    }

    fn number_of(&self, name: &str) -> Option<u64> {
        self.word(name).map(|text| text.parse().expect("a number"))
    }

    fn lag(&self) -> Option<u64> {
        match self.word("lag") {
            Some("null") => None,
            Some(seconds) => Some(seconds.parse().expect("seconds")),
            None if self.source.is_some() => Some(0),
            None => None,
        }
    }

    fn gtid_mode(&self, mariadb: bool) -> &str {
        match self.word("mode") {
            Some(mode) => mode,
            None if mariadb => "",
            None if self.said("nogtid") => "OFF",
            None => "ON",
        }
    }

    fn binlog(&self) -> BinlogState {
        let enabled = !self.said("nolog");
        BinlogState {
            enabled,
            format: self.word("format").unwrap_or("ROW").to_owned(),
            row_image: "FULL".to_owned(),
            log_replica_updates: !self.said("noupdates"),
            position: enabled.then(|| BinlogCoordinates::new("binlog.000001", 4)),
        }
    }

    fn semi_sync(&self) -> SemiSync {
        let source = self.word("semi").and_then(|text| text.split_once('/'));
        let number = |text: &str| text.parse().expect("a number");
        SemiSync {
            available: source.is_some() || self.said("semireplica"),
            source_enabled: source.is_some(),
            source_status: source.is_some() && !self.said("semioff"),
            wait_for_replica_count: source.map_or(0, |(wait, _)| number(wait)),
            source_clients: source.map_or(0, |(_, clients)| number(clients)),
            replica_enabled: self.said("semireplica"),
            ..SemiSync::default()
        }
    }

    fn metadata(&self) -> Metadata {
        let text = |name: &str| self.word(name).map(str::to_owned);
        Metadata {
            data_center: text("dc"),
            region: text("region"),
            environment: text("env"),
            promotion_rule: self.words.keys().find_map(|word| PromotionRule::from_name(word)),
            pseudo_gtid: self.said("pseudo").then_some(true),
            ..Metadata::default()
        }
    }

    fn check(&self) -> Check {
        let before = |millis: u64| NOW - Duration::from_millis(millis);
        let attempt = |millis: u64| FailedAttempt {
            started: before(millis),
            finished: before(millis - 1),
            kind: FailureKind::Refused,
        };
        let failure = |kind: FailureKind, partial: bool| ProbeFailure {
            kind,
            partial,
            text: "sketched".to_owned(),
        };
        let read = |millis: u64| Check {
            last_seen: Some(before(millis - 50)),
            last_checked: Some(before(millis - 50)),
            last_attempted: Some(before(millis)),
            state_since: Some(before(millis)),
            latency: Duration::from_millis(50),
            ..Check::default()
        };
        let failed = |failure: ProbeFailure| Check {
            last_checked: Some(before(600)),
            last_attempted: Some(before(650)),
            failure: Some(failure),
            ..read(5_000)
        };
        if self.has('!') {
            let failed_attempts = vec![attempt(800), attempt(600)];
            Check { failed_attempts, ..failed(failure(FailureKind::Refused, false)) }
        } else if self.has('?') {
            failed(failure(FailureKind::StatementTimedOut, true))
        } else if self.said("stored") {
            Check { state_since: None, ..read(500) }
        } else {
            read(500)
        }
    }
}

fn group(role: &str) -> GroupMembership {
    GroupMembership {
        name: "00000000-0000-0000-0001-000000000000".to_owned(),
        single_primary: true,
        state: "ONLINE".to_owned(),
        role: role.to_owned(),
        ..GroupMembership::default()
    }
}

/// Splits at blanks outside of brackets.
fn tokens(line: &str) -> Vec<&str> {
    let mut inside = false;
    line.split(|c: char| {
        inside = (inside || c == '[') && c != ']';
        c.is_whitespace() && !inside
    })
    .filter(|token| !token.is_empty())
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sketch_draws_what_it_says() {
        let view = mysql("m -> r1~ r2(5/7+1)[prefer dc=east] -> x[lag=3]^@; a <-> b");
        let get = |name: &str| view.instance(&key(name)).unwrap().clone();
        assert_eq!(get("m").source, Source::None);
        assert_eq!(get("r1").channel().unwrap().io, ThreadState::Connecting);
        let r2 = get("r2");
        assert_eq!(r2.source, Source::Attached(key("m")));
        let held = format!("{}:1-7,{}:1", uuid(1), uuid(3));
        assert_eq!(r2.state.as_ref().unwrap().held().to_string(), held);
        assert_eq!(r2.metadata.promotion_rule, Some(PromotionRule::Prefer));
        assert_eq!(r2.metadata.data_center.as_deref(), Some("east"));
        let x = get("x");
        assert_eq!((x.source.key(), x.place.depth), (Some(&key("r2")), 2));
        assert!(view.downtime(&key("x")).is_some() && !x.is_replicating());
        assert!(get("a").place.co_master && get("b").place.co_master);
        assert_eq!(get("a").source, Source::Attached(key("b")));
        let maria = mariadb("m -> r(5/7) s(6+1)");
        let held = |name: &str| maria.instance(&key(name)).unwrap().state.clone().unwrap().held();
        assert_eq!(held("r").to_string(), "0-1-7");
        assert_eq!(held("s").to_string(), "0-3-7");
    }
}
