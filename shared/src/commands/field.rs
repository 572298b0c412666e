//! The values that commands take: their names in paths, messages and help, and the flags that
//! give them.

use crate::flags::FlagId;

/// A value that a command takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// The instance of `-i`, as `host/port`.
    Instance,
    /// The text of `-i` as it is: something to search for, or a list.
    Text,
    /// The instance of `-d`, as `host/port`.
    Destination,
    /// The cluster of `-a`, or else that of the instance of `-i`.
    Cluster,
    /// The cluster of `-a` alone.
    Alias,
    /// Who asks.
    Owner,
    /// A reason or comment.
    Reason,
    /// How long a downtime lasts.
    Duration,
    /// A promotion rule.
    PromotionRule,
    /// A tag or a tag expression.
    Tag,
    /// The name of a pool.
    Pool,
    /// A virtual name, or a part of a raft node's name.
    Hostname,
    /// A binary log file.
    Binlog,
    /// A replication delay.
    Seconds,
    /// An SQL statement.
    Query,
    /// A path below `/api/`, which is not encoded.
    Path,
}

impl Field {
    /// All fields.
    pub const ALL: [Self; 16] = [
        Self::Instance,
        Self::Text,
        Self::Destination,
        Self::Cluster,
        Self::Alias,
        Self::Owner,
        Self::Reason,
        Self::Duration,
        Self::PromotionRule,
        Self::Tag,
        Self::Pool,
        Self::Hostname,
        Self::Binlog,
        Self::Seconds,
        Self::Query,
        Self::Path,
    ];

    /// The name in `<name> must be provided`, which scripts know.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Instance | Self::Text => "instance",
            Self::Destination => "destination",
            Self::Cluster => "instance|alias",
            Self::Alias => "alias",
            Self::Owner => "owner",
            Self::Reason => "reason",
            Self::Duration => "duration",
            Self::PromotionRule => "promotion-rule",
            Self::Tag => "tag",
            Self::Pool => "pool",
            Self::Hostname => "hostname",
            Self::Binlog => "binlog",
            Self::Seconds => "seconds",
            Self::Query => "query",
            Self::Path => "path",
        }
    }

    /// The flags that give the value; the first that was given counts.
    pub const fn flags(self) -> &'static [FlagId] {
        match self {
            Self::Instance | Self::Text => &[FlagId::Instance],
            Self::Destination => &[FlagId::Destination],
            Self::Cluster => &[FlagId::Alias, FlagId::Instance],
            Self::Alias => &[FlagId::Alias],
            Self::Owner => &[FlagId::Owner],
            Self::Reason => &[FlagId::Reason],
            Self::Duration => &[FlagId::Duration],
            Self::PromotionRule => &[FlagId::PromotionRule],
            Self::Tag => &[FlagId::Tag],
            Self::Pool => &[FlagId::Pool],
            Self::Hostname => &[FlagId::Hostname],
            Self::Binlog => &[FlagId::Binlog],
            Self::Seconds => &[FlagId::Seconds],
            Self::Query => &[FlagId::Query],
            Self::Path => &[FlagId::Path],
        }
    }

    /// The short flags for a hint, such as `-i|-a`.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Instance | Self::Text => "-i",
            Self::Destination => "-d",
            Self::Cluster => "-i|-a",
            Self::Alias => "-a",
            Self::Owner => "-o",
            Self::Reason => "-r",
            Self::Duration => "-u",
            Self::PromotionRule => "-R",
            Self::Tag => "-t",
            Self::Pool => "-l",
            Self::Hostname => "-H",
            Self::Binlog => "-n",
            Self::Seconds => "-S",
            Self::Query => "-q",
            Self::Path => "-P",
        }
    }

    /// The name that stands for this value in a path template.
    pub const fn placeholder(self) -> &'static str {
        match self {
            Self::Instance => "H",
            Self::Text => "text",
            Self::Destination => "D",
            Self::Cluster => "C",
            Self::PromotionRule => "rule",
            other => other.label(),
        }
    }

    /// How help names the word that gives the value; empty where only a flag gives it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Instance => "host[:port]",
            Self::Text => "text",
            Self::Destination => "destination[:port]",
            Self::Cluster => "cluster|host[:port]",
            Self::Alias => "alias",
            // These have defaults, so a word would take the place of what was meant.
            Self::Owner | Self::Duration => "",
            other => other.label(),
        }
    }

    /// A value for examples.
    pub const fn sample(self) -> &'static str {
        match self {
            Self::Instance => "db2.example.com:3306",
            Self::Text => "db2.example.com",
            Self::Destination => "db1.example.com:3306",
            Self::Cluster | Self::Alias => "my-cluster",
            Self::Owner => "dba",
            Self::Reason => "'disk change'",
            Self::Duration => "30m",
            Self::PromotionRule => "prefer",
            Self::Tag => "role=reporting",
            Self::Pool => "web",
            Self::Hostname => "orc2.example.com",
            Self::Binlog => "binlog.000007",
            Self::Seconds => "3600",
            Self::Query => "'set global slave_net_timeout=4'",
            Self::Path => "status",
        }
    }
}
