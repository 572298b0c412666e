//! One model server: what it is, what it holds, and how it replicates.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use shared::{BinlogCoordinates, Flavor, InstanceKey, Source, Version};

use crate::{
    clock::Moment,
    mysql::state::{
        BinlogState, Channel, ChannelGtid, ChannelTls, GtidState, Metadata, Position, SemiSync,
        ServerState, ThreadError, ThreadState,
    },
};

/// A transaction: the number of the server where it began, and its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Txn {
    /// `server_id` of its origin.
    pub origin: u32,
    /// Its sequence number.
    pub number: u64,
}

/// Whether and how a server answers us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It answers everybody.
    Up,
    /// Nothing listens.
    Down,
    /// It accepts connections and says nothing, to anybody, since this moment.
    Frozen(Moment),
    /// It answers its replicas but not us: our connection is cut.
    CutFromUs,
    /// It lets nobody in any more, but goes on serving those who are in.
    NoConnectionsLeft,
}

/// How the applier of a replica does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applier {
    /// Applies at once, or this long after it received.
    Running(Duration),
    /// Stopped by a person; starts when asked.
    Stopped,
    /// Stops again with an error whenever it is started.
    Broken,
}

/// The receiving and applying of one replica.
#[derive(Clone, Debug)]
pub struct SimChannel {
    /// Its source.
    pub source: InstanceKey,
    /// The receiver was started.
    pub receiving: bool,
    /// The receiver is connected.
    pub connected: bool,
    /// The applier.
    pub applier: Applier,
    /// Everything received since the channel was made.
    pub retrieved: BTreeSet<Txn>,
    /// Received, not applied, with the time of receipt.
    pub relay: VecDeque<(Txn, Moment)>,
    /// Configured delay.
    pub delay: Duration,
    /// The channel points to a name that cannot exist.
    pub detached: bool,
}

/// One model server.
#[derive(Clone, Debug)]
pub struct SimServer {
    /// Its key; the port is its server id.
    pub key: InstanceKey,
    /// Its flavor.
    pub flavor: Flavor,
    /// Its version.
    pub version: String,
    /// Whether it answers.
    pub condition: Condition,
    /// `read_only`.
    pub read_only: bool,
    /// `log_bin`.
    pub log_bin: bool,
    /// `log_replica_updates`.
    pub log_updates: bool,
    /// Everything applied, or written here.
    pub executed: BTreeSet<Txn>,
    /// Its replication, if it is a replica.
    pub channel: Option<SimChannel>,
    /// Answers of the operator's queries.
    pub metadata: Metadata,
    /// Since when it runs.
    pub up_since: Moment,
}

impl SimServer {
    /// A fresh, writeable server.
    #[must_use]
    pub fn new(key: InstanceKey, flavor: Flavor, now: Moment) -> Self {
        let version = match flavor {
            Flavor::MariaDb => "10.11.6-MariaDB-log",
            Flavor::MySql | Flavor::Percona | Flavor::MaxScale => "9.7.0",
        };
        Self {
            key,
            flavor,
            version: version.to_owned(),
            condition: Condition::Up,
            read_only: false,
            log_bin: true,
            log_updates: true,
            executed: BTreeSet::new(),
            channel: None,
            metadata: Metadata::default(),
            up_since: now,
        }
    }

    /// `server_id`.
    #[must_use]
    pub fn server_id(&self) -> u32 {
        u32::from(self.key.port())
    }

    /// Everything that it holds, applied or not.
    #[must_use]
    pub fn held(&self) -> BTreeSet<Txn> {
        let waiting = self.channel.iter().flat_map(|c| c.relay.iter().map(|(txn, _)| *txn));
        self.executed.iter().copied().chain(waiting).collect()
    }

    /// Its state as a probe reads it.
    #[must_use]
    pub fn state(&self, replicas: Vec<InstanceKey>, now: Moment) -> ServerState {
        let maria = self.flavor == Flavor::MariaDb;
        ServerState {
            hostname: self.key.hostname().to_owned(),
            version: Version::parse(&self.version),
            version_text: self.version.clone(),
            version_comment: "model".to_owned(),
            flavor: self.flavor,
            server_id: self.server_id(),
            server_uuid: if maria { String::new() } else { uuid(self.server_id()) },
            uptime_seconds: now.since(self.up_since).as_secs(),
            read_only: self.read_only,
            super_read_only: false,
            binlog: BinlogState {
                enabled: self.log_bin,
                format: "ROW".to_owned(),
                row_image: "FULL".to_owned(),
                log_replica_updates: self.log_updates,
                position: Some(coordinates("binlog.000001", self.executed.len())),
            },
            gtid: GtidState {
                mode: if maria { String::new() } else { "ON".to_owned() },
                executed_text: self.position(&self.executed).to_string(),
                purged_text: String::new(),
                executed: self.position(&self.executed),
                purged: Position::None,
            },
            replication: self.channel.as_ref().map(|channel| self.channel_state(channel, now)),
            other_channels: Vec::new(),
            semi_sync: SemiSync::default(),
            replicas,
            group: None,
            replication_credentials_available: true,
            metadata: self.metadata.clone(),
            degraded: Vec::new(),
        }
    }

    fn channel_state(&self, channel: &SimChannel, now: Moment) -> Channel {
        let maria = self.flavor == Flavor::MariaDb;
        let io = match (channel.receiving, channel.connected) {
            (false, _) => ThreadState::Stopped,
            (true, true) => ThreadState::Running,
            (true, false) => ThreadState::Connecting,
        };
        let sql = match channel.applier {
            Applier::Running(_) => ThreadState::Running,
            Applier::Stopped | Applier::Broken => ThreadState::Stopped,
        };
        let io_error = match io {
            ThreadState::Connecting => {
                ThreadError { number: 2003, text: "error connecting to source".to_owned() }
            }
            ThreadState::Running | ThreadState::Stopped => ThreadError::default(),
        };
        let sql_error = match channel.applier {
            Applier::Broken => ThreadError { number: 1062, text: "duplicate entry".to_owned() },
            Applier::Running(_) | Applier::Stopped => ThreadError::default(),
        };
        let applied = channel.retrieved.len() - channel.relay.len();
        let waiting_since = channel.relay.front().map(|(_, received)| now.since(*received));
        let running = io == ThreadState::Running && sql == ThreadState::Running;
        Channel {
            name: String::new(),
            source: if channel.detached {
                Source::Detached(channel.source.clone())
            } else {
                Source::Attached(channel.source.clone())
            },
            source_uuid: String::new(),
            user: "repl".to_owned(),
            io,
            sql,
            io_activity: String::new(),
            sql_activity: String::new(),
            io_error,
            sql_error,
            read: coordinates("binlog.000001", channel.retrieved.len()),
            exec: coordinates("binlog.000001", applied),
            relay: coordinates("relay.000001", applied),
            retrieved: self.position(&channel.retrieved),
            seconds_behind: running.then(|| waiting_since.map_or(0, |w| w.as_secs())),
            delay_seconds: channel.delay.as_secs(),
            gtid: if maria { ChannelGtid::MariaSlavePos } else { ChannelGtid::Oracle },
            filters: false,
            tls: ChannelTls::default(),
        }
    }

    /// Transactions in the server's own GTID language.
    #[must_use]
    pub fn position(&self, transactions: &BTreeSet<Txn>) -> Position {
        if transactions.is_empty() {
            return Position::None;
        }
        let text = if self.flavor == Flavor::MariaDb {
            let last = transactions.iter().max_by_key(|txn| txn.number);
            last.map(|txn| format!("0-{}-{}", txn.origin, txn.number)).unwrap_or_default()
        } else {
            let mut by_origin: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
            for txn in transactions {
                by_origin.entry(txn.origin).or_default().push(txn.number);
            }
            let part = |(origin, numbers): (u32, Vec<u64>)| {
                let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
                format!("{}:{}", uuid(origin), numbers.join(":"))
            };
            by_origin.into_iter().map(part).collect::<Vec<_>>().join(",")
        };
        Position::parse(&text, self.flavor)
    }
}

fn uuid(server_id: u32) -> String {
    format!("{server_id:08}-1111-1111-1111-111111111111")
}

fn coordinates(file: &str, events: usize) -> BinlogCoordinates {
    BinlogCoordinates { file: Arc::<str>::from(file).to_string(), pos: 4 + events as u64 }
}
