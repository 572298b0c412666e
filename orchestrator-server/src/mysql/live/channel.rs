//! Reads replication channels from the replica status of either vocabulary.

use std::sync::Arc;

use shared::{
    BinlogCoordinates, Source,
    gtid::{GtidSet, MariaGtidPosition},
};

use super::answer::{Answer, Row};
use crate::mysql::{
    dialect::{
        Dialect, StatusColumns, Vocabulary,
        columns::{FILTER_COLUMNS, MARIADB_CHANNEL},
    },
    state::{Channel, ChannelGtid, ChannelTls, Position, ThreadError, ThreadState},
};

/// The channels of a server, sorted into the one that matters and the others.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Channels {
    /// The default channel, or the only one.
    pub(super) main: Option<Channel>,
    /// Named channels beside it, and those of group replication.
    pub(super) others: Vec<Channel>,
    /// Texts that could not be understood.
    pub(super) problems: Vec<String>,
}

/// Reads all channels.
pub(super) fn channels(answer: &Answer, dialect: Dialect) -> Channels {
    let mut found = Channels::default();
    let all: Vec<Channel> = answer
        .rows()
        .map(|row| channel(row, dialect, &mut found.problems))
        .filter(|channel| channel.source != Source::None || is_group_channel(channel))
        .collect();
    let (mut candidates, group): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|channel| !is_group_channel(channel));
    let main = match candidates.iter().position(|channel| channel.name.is_empty()) {
        None if candidates.len() == 1 => Some(0),
        found => found,
    };
    found.main = main.map(|index| candidates.remove(index));
    found.others = candidates;
    found.others.extend(group);
    found
}

/// A channel that group replication manages by itself.
fn is_group_channel(channel: &Channel) -> bool {
    channel.name.starts_with("group_replication_")
}

fn channel(row: Row<'_>, dialect: Dialect, problems: &mut Vec<String>) -> Channel {
    let columns = dialect.status_columns();
    let mariadb = dialect.vocabulary == Vocabulary::MariaDb;
    let io = thread_state(row.get(columns.io_running));
    let gtid = channel_gtid(row);
    let port = row.number(columns.port).unwrap_or(0);
    Channel {
        name: row.text(if mariadb { MARIADB_CHANNEL } else { columns.channel }),
        source: Source::from_parts(row.get(columns.host).unwrap_or_default(), port),
        source_uuid: row.text(columns.uuid),
        user: row.text(columns.user),
        io,
        sql: thread_state(row.get(columns.sql_running)),
        io_activity: row.text(columns.io_activity),
        sql_activity: row.text(columns.sql_activity),
        io_error: thread_error(row, "Last_IO_Errno", "Last_IO_Error"),
        sql_error: thread_error(row, "Last_SQL_Errno", "Last_SQL_Error"),
        read: coordinates(row, columns.read_file, columns.read_pos),
        exec: coordinates(row, columns.exec_file, columns.exec_pos),
        relay: coordinates(row, "Relay_Log_File", "Relay_Log_Pos"),
        retrieved: retrieved(row, mariadb, gtid, io, problems),
        seconds_behind: seconds(row.get(columns.seconds_behind)),
        delay_seconds: row.number("SQL_Delay").unwrap_or(0),
        gtid,
        filters: FILTER_COLUMNS.iter().any(|name| row.get(name).is_some_and(|set| !set.is_empty())),
        tls: tls(row, columns),
    }
}

fn thread_state(text: Option<&str>) -> ThreadState {
    match text {
        Some("Yes") => ThreadState::Running,
        Some("No") | None => ThreadState::Stopped,
        Some(_) => ThreadState::Connecting,
    }
}

fn thread_error(row: Row<'_>, number: &str, text: &str) -> ThreadError {
    ThreadError { number: row.number(number).unwrap_or(0), text: row.text(text) }
}

fn coordinates(row: Row<'_>, file: &str, pos: &str) -> BinlogCoordinates {
    BinlogCoordinates::new(row.text(file), row.number(pos).unwrap_or(0))
}

fn channel_gtid(row: Row<'_>) -> ChannelGtid {
    match row.get("Using_Gtid") {
        Some("Slave_Pos") => ChannelGtid::MariaSlavePos,
        Some("Current_Pos") => ChannelGtid::MariaCurrentPos,
        _ if row.get("Auto_Position") == Some("1") => ChannelGtid::Oracle,
        _ => ChannelGtid::None,
    }
}

/// What the channel received. MariaDB keeps showing the last `Gtid_IO_Pos` after a switch to
/// file positions: it still describes the relay log until a receiver is started (measured).
fn retrieved(
    row: Row<'_>,
    mariadb: bool,
    gtid: ChannelGtid,
    io: ThreadState,
    problems: &mut Vec<String>,
) -> Position {
    if mariadb {
        let outdated = gtid == ChannelGtid::None && io != ThreadState::Stopped;
        return match row.get("Gtid_IO_Pos") {
            Some(text) if !outdated => maria_position(text, problems),
            _ => Position::None,
        };
    }
    row.get("Retrieved_Gtid_Set").map_or(Position::None, |text| oracle_position(text, problems))
}

/// A set of Oracle GTIDs; what cannot be understood is a problem and no position.
pub(super) fn oracle_position(text: &str, problems: &mut Vec<String>) -> Position {
    text.parse::<GtidSet>().map_or_else(
        |error| {
            problems.push(error.to_string());
            Position::None
        },
        |set| Position::Oracle(Arc::new(set)),
    )
}

/// A MariaDB position; what cannot be understood is a problem and no position.
pub(super) fn maria_position(text: &str, problems: &mut Vec<String>) -> Position {
    text.parse::<MariaGtidPosition>().map_or_else(
        |error| {
            problems.push(error.to_string());
            Position::None
        },
        |position| Position::Maria(Arc::new(position)),
    )
}

/// Seconds behind the source; servers with skewed clocks have shown negative numbers.
fn seconds(text: Option<&str>) -> Option<u64> {
    let seconds: i64 = text?.trim().parse().ok()?;
    Some(seconds.max(0).unsigned_abs())
}

fn tls(row: Row<'_>, columns: &StatusColumns) -> ChannelTls {
    let flag = |column| row.get(column).filter(|text| !text.is_empty()).map(|_| row.switch(column));
    let public_key_path = row.text(columns.public_key_path);
    ChannelTls {
        enabled: row.get(columns.tls_allowed) == Some("Yes"),
        ca_file: row.text(columns.tls_ca_file),
        ca_path: row.text(columns.tls_ca_path),
        cert: row.text(columns.tls_cert),
        cipher: row.text(columns.tls_cipher),
        crl_file: row.text(columns.tls_crl_file),
        crl_path: row.text(columns.tls_crl_path),
        key: row.text(columns.tls_key),
        verify_server_cert: flag(columns.tls_verify),
        version: row.text(columns.tls_version),
        ciphersuites: row.text(columns.tls_ciphersuites),
        get_public_key: flag(columns.get_public_key)
            .or_else(|| (!public_key_path.is_empty()).then_some(false)),
        public_key_path,
    }
}

#[cfg(test)]
#[path = "channel_tests.rs"]
mod tests;
