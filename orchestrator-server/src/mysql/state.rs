//! What one server said about itself when it was probed, in the field's own terms. Nothing here
//! knows JSON names or SQL column names.

use std::{fmt, sync::Arc};

use shared::{
    BinlogCoordinates, Flavor, InstanceKey, PromotionRule, Source, Version,
    gtid::{mariadb::MariaGtidPosition, oracle::GtidSet},
};

/// One complete answer of one server.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerState {
    /// The name by which the server is known, after `MySQLHostnameResolveMethod`.
    pub hostname: String,
    /// Numeric version, for comparisons.
    pub version: Version,
    /// Version exactly as the server wrote it.
    pub version_text: String,
    /// `@@version_comment`.
    pub version_comment: String,
    /// Which family the server belongs to.
    pub flavor: Flavor,
    /// `@@server_id`.
    pub server_id: u32,
    /// `@@server_uuid`; empty on MariaDB.
    pub server_uuid: String,
    /// Seconds since the server started.
    pub uptime_seconds: u64,
    /// `@@read_only`.
    pub read_only: bool,
    /// `@@super_read_only`; false where the variable does not exist.
    pub super_read_only: bool,
    /// Binary log settings and position.
    pub binlog: BinlogState,
    /// GTID mode and positions.
    pub gtid: GtidState,
    /// The replication channel that matters: the default one, or the only one.
    pub replication: Option<Channel>,
    /// Further channels of a multi-source replica, by name; shown, never acted upon.
    pub other_channels: Vec<Channel>,
    /// Semi-synchronous replication, both sides.
    pub semi_sync: SemiSync,
    /// Replicas that the server itself reports; they drive discovery and display only.
    pub replicas: Vec<InstanceKey>,
    /// Group replication membership.
    pub group: Option<GroupMembership>,
    /// Whether replication credentials can be read for re-pointing.
    pub replication_credentials_available: bool,
    /// Answers of the operator's `Detect…` queries and patterns.
    pub metadata: Metadata,
    /// Parts that could not be read this time, with the reason; their fields hold defaults and
    /// the inventory keeps the last good value.
    pub degraded: Vec<Degraded>,
}

/// Binary log settings and position of a server.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BinlogState {
    /// `@@log_bin`.
    pub enabled: bool,
    /// `@@binlog_format`: `ROW`, `MIXED` or `STATEMENT`.
    pub format: String,
    /// `@@binlog_row_image`; empty where it is not read.
    pub row_image: String,
    /// `@@log_replica_updates`.
    pub log_replica_updates: bool,
    /// Own write position; absent when the binary log is off.
    pub position: Option<BinlogCoordinates>,
}

/// GTID mode and positions of a server.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GtidState {
    /// `@@gtid_mode` (`ON`, `OFF`, …); empty on MariaDB.
    pub mode: String,
    /// `@@gtid_executed` exactly as the server wrote it.
    pub executed_text: String,
    /// `@@gtid_purged` exactly as the server wrote it.
    pub purged_text: String,
    /// What the server has applied and could serve.
    pub executed: Position,
    /// What the server can no longer serve from its binary logs (Oracle GTID only).
    pub purged: Position,
}

/// A set of transactions, in the server's own GTID language.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Position {
    /// No GTID.
    #[default]
    None,
    /// Oracle GTID set.
    Oracle(Arc<GtidSet>),
    /// MariaDB position: the last transaction of each domain.
    Maria(Arc<MariaGtidPosition>),
}

/// State of a replication thread (`Yes`, `No`, anything else).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadState {
    /// Not running.
    Stopped,
    /// Running; the IO thread: connected to its source.
    Running,
    /// Started but not connected (`Connecting`, `Preparing`).
    Connecting,
}

/// An error that a replication thread reports; `number` 0 means none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreadError {
    /// Server error number, 0 if there is none.
    pub number: u32,
    /// Server error text.
    pub text: String,
}

/// Which GTID a channel follows its source by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChannelGtid {
    /// Binary log file and position.
    #[default]
    None,
    /// Oracle GTID auto-position.
    Oracle,
    /// MariaDB `slave_pos`.
    MariaSlavePos,
    /// MariaDB `current_pos`.
    MariaCurrentPos,
}

/// One replication channel of a replica.
#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    /// Channel (MySQL) or connection (MariaDB) name; empty for the default one.
    pub name: String,
    /// Where it replicates from.
    pub source: Source,
    /// UUID of the source; empty where the server reports none.
    pub source_uuid: String,
    /// Replication user; empty if none is configured.
    pub user: String,
    /// Receiver (IO) thread.
    pub io: ThreadState,
    /// Applier (SQL) thread.
    pub sql: ThreadState,
    /// What the receiver says it is doing.
    pub io_activity: String,
    /// What the applier says it is doing.
    pub sql_activity: String,
    /// Last receiver error.
    pub io_error: ThreadError,
    /// Last applier error.
    pub sql_error: ThreadError,
    /// Source coordinates up to which events were received.
    pub read: BinlogCoordinates,
    /// Source coordinates up to which events were applied.
    pub exec: BinlogCoordinates,
    /// Where the applier stands in the relay log.
    pub relay: BinlogCoordinates,
    /// Transactions received (Oracle: since the relay log was last reset; MariaDB: `Gtid_IO_Pos`).
    pub retrieved: Position,
    /// Seconds behind the source as the server reports it; `None` when unknown.
    pub seconds_behind: Option<u64>,
    /// Configured delay in seconds.
    pub delay_seconds: u64,
    /// How the channel finds its place.
    pub gtid: ChannelGtid,
    /// Whether any replication filter is set.
    pub filters: bool,
    /// TLS settings of the channel.
    pub tls: ChannelTls,
}

/// TLS settings of a replication channel, as the server reports them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelTls {
    /// TLS is used.
    pub enabled: bool,
    /// CA file.
    pub ca_file: String,
    /// CA folder.
    pub ca_path: String,
    /// Client certificate file.
    pub cert: String,
    /// Ciphers.
    pub cipher: String,
    /// Certificate revocation list file.
    pub crl_file: String,
    /// Certificate revocation list folder.
    pub crl_path: String,
    /// Client key file.
    pub key: String,
    /// The source's certificate is verified; `None` when not reported.
    pub verify_server_cert: Option<bool>,
    /// TLS protocol versions.
    pub version: String,
    /// TLS 1.3 cipher suites.
    pub ciphersuites: String,
    /// RSA public key file of the source.
    pub public_key_path: String,
    /// The public key is asked from the source; `None` when not reported.
    pub get_public_key: Option<bool>,
}

/// Semi-synchronous replication as far as the server knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SemiSync {
    /// Both sides are installed.
    pub available: bool,
    /// The source side goes by its new name (`rpl_semi_sync_source_…`).
    pub source_new_names: bool,
    /// The replica side goes by its new name (`rpl_semi_sync_replica_…`).
    pub replica_new_names: bool,
    /// Source side enabled.
    pub source_enabled: bool,
    /// Replica side enabled.
    pub replica_enabled: bool,
    /// Milliseconds a commit waits before it goes on asynchronously.
    pub source_timeout_ms: u64,
    /// Acknowledgements a commit waits for; 0 where the server has no such setting.
    pub wait_for_replica_count: u32,
    /// `AFTER_SYNC` or `AFTER_COMMIT`; empty where it is not read.
    pub wait_point: String,
    /// Source side active now.
    pub source_status: bool,
    /// Replicas now acknowledging.
    pub source_clients: u32,
    /// Replica side active now.
    pub replica_status: bool,
}

/// Membership in a replication group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupMembership {
    /// Name of the group.
    pub name: String,
    /// Single-primary mode.
    pub single_primary: bool,
    /// `ONLINE`, `RECOVERING`, `OFFLINE`, `ERROR`.
    pub state: String,
    /// `PRIMARY` or `SECONDARY`.
    pub role: String,
    /// The other members.
    pub members: Vec<InstanceKey>,
    /// The group's primary.
    pub primary: Option<InstanceKey>,
}

/// Answers of the operator's queries and patterns. `None`: not configured, or it failed (then
/// [`ServerState::degraded`] says so and the inventory keeps the last good value).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// `DetectInstanceAliasQuery`.
    pub instance_alias: Option<String>,
    /// `DetectClusterAliasQuery`.
    pub cluster_alias: Option<String>,
    /// `DetectClusterDomainQuery`.
    pub cluster_domain: Option<String>,
    /// `DetectDataCenterQuery` or `DataCenterPattern`.
    pub data_center: Option<String>,
    /// `DetectRegionQuery` or `RegionPattern`.
    pub region: Option<String>,
    /// `DetectPhysicalEnvironmentQuery` or `PhysicalEnvironmentPattern`.
    pub environment: Option<String>,
    /// `DetectPromotionRuleQuery`.
    pub promotion_rule: Option<PromotionRule>,
    /// `DetectSemiSyncEnforcedQuery`: 0 asynchronous, higher is preferred.
    pub semi_sync_priority: Option<u32>,
    /// `ReplicationLagQuery`, seconds.
    pub lag_seconds: Option<u64>,
    /// `DetectPseudoGTIDQuery` answered `1`.
    pub pseudo_gtid: Option<bool>,
}

/// One part of a probe that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Degraded {
    /// Which part.
    pub part: Part,
    /// The server's error or "timed out".
    pub reason: String,
}

/// Parts of a probe that may fail without failing the probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// Uptime and semi-sync status.
    Status,
    /// Semi-sync and other variables.
    Variables,
    /// GTID sets.
    Gtid,
    /// Own binary log position.
    BinlogPosition,
    /// The list of replicas.
    Replicas,
    /// Group replication members.
    Group,
    /// Replication credentials.
    Credentials,
    /// Answer of the operator's query that fills this field.
    Detect(DetectField),
}

/// Which of the operator's queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each names the configuration key of the query")]
pub enum DetectField {
    InstanceAlias,
    ClusterAlias,
    ClusterDomain,
    DataCenter,
    Region,
    PhysicalEnvironment,
    PromotionRule,
    SemiSyncPriority,
    Lag,
    PseudoGtid,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Status => "uptime and semi-sync status",
            Self::Variables => "variables",
            Self::Gtid => "GTID sets",
            Self::BinlogPosition => "binary log position",
            Self::Replicas => "list of replicas",
            Self::Group => "group members",
            Self::Credentials => "replication credentials",
            Self::Detect(field) => return write!(f, "answer to {}", field.key()),
        };
        f.write_str(text)
    }
}

impl DetectField {
    /// The configuration key of the query.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::InstanceAlias => "DetectInstanceAliasQuery",
            Self::ClusterAlias => "DetectClusterAliasQuery",
            Self::ClusterDomain => "DetectClusterDomainQuery",
            Self::DataCenter => "DetectDataCenterQuery",
            Self::Region => "DetectRegionQuery",
            Self::PhysicalEnvironment => "DetectPhysicalEnvironmentQuery",
            Self::PromotionRule => "DetectPromotionRuleQuery",
            Self::SemiSyncPriority => "DetectSemiSyncEnforcedQuery",
            Self::Lag => "ReplicationLagQuery",
            Self::PseudoGtid => "DetectPseudoGTIDQuery",
        }
    }
}

impl Channel {
    /// Receiver connected and applier running.
    #[must_use]
    pub fn replicating(&self) -> bool {
        self.io == ThreadState::Running && self.sql == ThreadState::Running
    }

    /// The receiver is not connected *because the source cannot be reached*: it retries, or gave
    /// up with a connection error. A receiver that someone stopped says nothing about the source.
    #[must_use]
    pub fn cannot_reach_source(&self) -> bool {
        match self.io {
            ThreadState::Running => false,
            ThreadState::Connecting => self.io_error.number == 0 || self.io_error.is_silence(),
            ThreadState::Stopped => self.io_error.is_silence(),
        }
    }

    /// All that was received is applied, as far as coordinates tell.
    #[must_use]
    pub fn applied_all_read(&self) -> bool {
        self.read == self.exec
    }
}

impl ThreadError {
    /// The source gave no answer at all: it cannot be reached, or the connection broke (client
    /// errors of the MySQL manual). Any other error, such as a refused password, was an answer.
    #[must_use]
    pub fn is_silence(&self) -> bool {
        matches!(self.number, 2002 | 2003 | 2006 | 2012 | 2013)
    }

    /// Client errors 2002–2013 and 2026, or the wording of a failed (re)connection
    /// (MySQL manual, "Server Error Message Reference"; spec 05, 1.3).
    #[must_use]
    pub fn is_connection_error(&self) -> bool {
        let text = self.text.to_ascii_lowercase();
        matches!(self.number, 2002..=2006 | 2012 | 2013 | 2026)
            || (text.contains("error")
                && text.contains("connecting to ")
                && (text.contains("master") || text.contains("source")))
    }
}

impl Position {
    /// Read the text form of a position of this flavor; an unreadable text holds nothing.
    #[must_use]
    pub fn parse(text: &str, flavor: Flavor) -> Self {
        if text.is_empty() {
            return Self::None;
        }
        match flavor {
            Flavor::MariaDb => text.parse().map_or(Self::None, |p| Self::Maria(Arc::new(p))),
            Flavor::MySql | Flavor::Percona | Flavor::MaxScale => {
                text.parse().map_or(Self::None, |set| Self::Oracle(Arc::new(set)))
            }
        }
    }

    /// Only what one server wrote: by its UUID, or, for MariaDB, the domains that it wrote last.
    #[must_use]
    pub fn written_by(&self, server_uuid: &str, server_id: u32) -> Self {
        match self {
            Self::None => Self::None,
            Self::Oracle(set) => match server_uuid.parse() {
                Ok(uuid) => Self::Oracle(Arc::new(set.only_uuids(&[uuid]))),
                Err(_) => Self::None,
            },
            Self::Maria(position) => {
                let own = position.domains().filter(|(_, last)| last.server_id == server_id);
                let texts: Vec<String> = own
                    .map(|(domain, last)| format!("{domain}-{}-{}", last.server_id, last.sequence))
                    .collect();
                Self::parse(&texts.join(","), Flavor::MariaDb)
            }
        }
    }

    /// How many of its transactions `other` lacks; 0 where they do not compare.
    #[must_use]
    pub fn count_beyond(&self, other: &Self) -> u128 {
        match (self, other) {
            (Self::Oracle(a), Self::Oracle(b)) => a.minus(b).count(),
            (Self::Oracle(a), Self::None) => a.count(),
            (Self::Maria(a), Self::Maria(b)) => a.count_ahead(b),
            _ => 0,
        }
    }

    /// The transactions that `other` lacks, in words; for MariaDB the position itself.
    #[must_use]
    pub fn minus_text(&self, other: &Self) -> String {
        match (self, other) {
            (Self::Oracle(a), Self::Oracle(b)) => a.minus(b).to_string(),
            (Self::Maria(a), Self::Maria(b)) => {
                format!("{a} ({} transactions beyond {b})", a.count_ahead(b))
            }
            (mine, _) => mine.to_string(),
        }
    }

    /// Every transaction of `other` is in this one. Two languages never contain each other,
    /// except that anything contains nothing.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        match (self, other) {
            (_, other) if other.is_empty() => true,
            (Self::Oracle(a), Self::Oracle(b)) => a.contains(b),
            (Self::Maria(a), Self::Maria(b)) => a.contains(b),
            _ => false,
        }
    }

    /// Holds no transaction.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::None => true,
            Self::Oracle(set) => set.is_empty(),
            Self::Maria(position) => position.is_empty(),
        }
    }

    /// Everything that is in either. Of two languages the first is kept.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::None, other) => other.clone(),
            (Self::Oracle(a), Self::Oracle(b)) => Self::Oracle(Arc::new(a.union(b))),
            (Self::Maria(a), Self::Maria(b)) => Self::Maria(Arc::new(a.merge(b))),
            (a, _) => a.clone(),
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Oracle(set) => set.fmt(f),
            Self::Maria(position) => position.fmt(f),
        }
    }
}

impl ServerState {
    /// Everything that the server holds, applied or not: what it executed and what it received.
    #[must_use]
    pub fn held(&self) -> Position {
        match &self.replication {
            Some(channel) => self.gtid.executed.union(&channel.retrieved),
            None => self.gtid.executed.clone(),
        }
    }

    /// Where it replicates from.
    #[must_use]
    pub fn source(&self) -> Source {
        self.replication.as_ref().map_or(Source::None, |channel| channel.source.clone())
    }

    /// The part could not be read this time.
    #[must_use]
    pub fn lacks(&self, part: Part) -> bool {
        self.degraded.iter().any(|d| d.part == part)
    }
}
