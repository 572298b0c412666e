//! A row of the Go program's table of servers as a stored server of ours.

use std::collections::HashMap;

use shared::{
    BinlogCoordinates, InstanceKey,
    wire::{self, Key, KeySet, LogType, NullInt64},
};

use super::table::Row;
use crate::{
    backend::{Foreign, StoredInstance},
    mysql::state::Metadata,
};

/// Reads one server; `domains` are those of clusters by name.
///
/// # Errors
/// The row names no server.
pub(super) fn server(
    row: Row<'_>,
    domains: &HashMap<String, String>,
) -> Result<(InstanceKey, StoredInstance), String> {
    let key = row.key("hostname", "port")?;
    let foreign = Foreign {
        last_seen: row.time("last_seen"),
        last_checked: row.time("last_checked"),
        last_attempted: row.time("last_attempted_check"),
        partial: row.flag("last_check_partial_success"),
        metadata: metadata(row, domains),
        sql_error: unquoted(&row.text("last_sql_error")),
        io_error: unquoted(&row.text("last_io_error")),
    };
    let mut wire = general(row, &key);
    add_replication(&mut wire, row);
    add_semi_sync(&mut wire, row);
    add_group(&mut wire, row);
    Ok((key, StoredInstance::imported(wire, foreign)))
}

fn general(row: Row<'_>, key: &InstanceKey) -> wire::Instance {
    wire::Instance {
        key: Key::from(key),
        uptime: row.number("uptime"),
        server_id: row.small("server_id"),
        server_uuid: row.text("server_uuid"),
        version: row.text("version"),
        version_comment: row.text("version_comment"),
        read_only: row.flag("read_only"),
        binlog_format: row.text("binlog_format"),
        binlog_row_image: row.text("binlog_row_image"),
        log_bin_enabled: row.flag("log_bin"),
        log_replication_updates_enabled: row.flag("log_slave_updates"),
        self_binlog_coordinates: coordinates(
            row,
            "binary_log_file",
            "binary_log_pos",
            LogType::Binary,
        ),
        gtid_mode: row.text("gtid_mode"),
        supports_oracle_gtid: row.flag("supports_oracle_gtid"),
        executed_gtid_set: row.text("executed_gtid_set"),
        gtid_purged: row.text("gtid_purged"),
        gtid_errant: row.text("gtid_errant"),
        replicas: row.keys("slave_hosts").iter().collect(),
        cluster_name: row.text("cluster_name"),
        replication_depth: row.small("replication_depth"),
        is_co_source: row.flag("is_co_master"),
        ancestry_uuid: row.text("ancestry_uuid"),
        replication_credentials_available: row.flag("replication_credentials_available"),
        last_discovery_latency: row.some_number("last_discovery_latency").unwrap_or(0),
        ..wire::Instance::default()
    }
}

fn add_replication(wire: &mut wire::Instance, row: Row<'_>) {
    wire.source_key = Key { hostname: row.text("master_host"), port: row.small("master_port") };
    wire.source_uuid = row.text("master_uuid");
    wire.sql_thread_state = thread(row, "replication_sql_thread_state", "slave_sql_running");
    wire.io_thread_state = thread(row, "replication_io_thread_state", "slave_io_running");
    wire.sql_thread_running = wire.sql_thread_state == 1;
    wire.io_thread_running = wire.io_thread_state == 1;
    wire.has_replication_filters = row.flag("has_replication_filters");
    wire.using_oracle_gtid = row.flag("oracle_gtid");
    wire.using_mariadb_gtid = row.flag("mariadb_gtid");
    wire.using_pseudo_gtid = row.flag("pseudo_gtid");
    wire.read_binlog_coordinates =
        coordinates(row, "master_log_file", "read_master_log_pos", LogType::Binary);
    wire.exec_binlog_coordinates =
        coordinates(row, "relay_master_log_file", "exec_master_log_pos", LogType::Binary);
    wire.relaylog_coordinates = coordinates(row, "relay_log_file", "relay_log_pos", LogType::Relay);
    wire.seconds_behind_source = NullInt64(row.some_number("seconds_behind_master"));
    wire.replication_lag_seconds = NullInt64(row.some_number("slave_lag_seconds"));
    wire.sql_delay = row.number("sql_delay");
    wire.allow_tls = row.flag("allow_tls");
    wire.has_replication_credentials = row.flag("has_replication_credentials");
}

/// Older versions know only whether a thread runs.
fn thread(row: Row<'_>, state: &str, runs: &str) -> i8 {
    match row.some_number(state).and_then(|state| i8::try_from(state).ok()) {
        Some(state) => state,
        None if row.flag(runs) => 1,
        None if Key { hostname: row.text("master_host"), port: 1 }.to_source().key().is_some() => 0,
        None => -1,
    }
}

fn add_semi_sync(wire: &mut wire::Instance, row: Row<'_>) {
    wire.semi_sync_available = row.flag("semi_sync_available");
    wire.semi_sync_source_enabled = row.flag("semi_sync_master_enabled");
    wire.semi_sync_source_timeout = row.number("semi_sync_master_timeout");
    wire.semi_sync_source_wait_for_replica_count =
        row.number("semi_sync_master_wait_for_slave_count");
    wire.semi_sync_source_status = row.flag("semi_sync_master_status");
    wire.semi_sync_source_clients = row.number("semi_sync_master_clients");
    wire.semi_sync_replica_enabled = row.flag("semi_sync_replica_enabled");
    wire.semi_sync_replica_status = row.flag("semi_sync_replica_status");
}

fn add_group(wire: &mut wire::Instance, row: Row<'_>) {
    wire.replication_group_name = row.text("replication_group_name");
    wire.replication_group_is_single_primary = row.flag("replication_group_is_single_primary_mode");
    wire.replication_group_member_state = row.text("replication_group_member_state");
    wire.replication_group_member_role = row.text("replication_group_member_role");
    let members = row.keys("replication_group_members");
    wire.replication_group_members = members.iter().collect::<KeySet>();
    wire.replication_group_primary_instance_key = Key {
        hostname: row.text("replication_group_primary_host"),
        port: row.small("replication_group_primary_port"),
    };
}

fn metadata(row: Row<'_>, domains: &HashMap<String, String>) -> Metadata {
    let lag = row.some_number("slave_lag_seconds").and_then(|lag| u64::try_from(lag).ok());
    let reported = row.some_number("seconds_behind_master");
    let cluster_domain = row
        .find("cluster_name")
        .filter(|_| row.number("replication_depth") == 0)
        .and_then(|cluster| domains.get(cluster))
        .cloned();
    Metadata {
        instance_alias: row.some_text("instance_alias"),
        cluster_alias: row.some_text("suggested_cluster_alias"),
        cluster_domain,
        data_center: row.some_text("data_center"),
        region: row.some_text("region"),
        environment: row.some_text("physical_environment"),
        promotion_rule: None,
        semi_sync_priority: Some(row.small("semi_sync_enforced")),
        lag_seconds: lag.filter(|lag| i64::try_from(*lag).ok() != reported),
        pseudo_gtid: Some(row.flag("pseudo_gtid")),
    }
}

fn coordinates(row: Row<'_>, file: &str, pos: &str, log_type: LogType) -> wire::BinlogCoordinates {
    let (file, pos) = (row.text(file), row.number(pos));
    if file.is_empty() && pos == 0 {
        return wire::BinlogCoordinates { log_type, ..Default::default() };
    }
    wire::BinlogCoordinates::new(&BinlogCoordinates { file, pos }, log_type)
}

/// Errors are stored as quoted literals: `"text"`, with escapes.
fn unquoted(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) else {
        return text.to_owned();
    };
    let mut plain = String::with_capacity(inner.len());
    let mut rest = inner.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match rest.next() {
            Some('n') => plain.push('\n'),
            Some('t') => plain.push('\t'),
            Some('r') => plain.push('\r'),
            Some(kind @ ('x' | 'u' | 'U')) => {
                let digits = match kind {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                let code: String = rest.by_ref().take(digits).collect();
                let code = u32::from_str_radix(&code, 16).ok().and_then(char::from_u32);
                plain.push(code.unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            Some(other) => plain.push(other),
            None => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use shared::go_quote;

    use super::*;

    #[test]
    fn errors_come_back_as_they_were() {
        for text in ["", "plain", "with \"quotes\" and \\", "lines\n\tand é 𝄞", "\u{1}"] {
            assert_eq!(unquoted(&go_quote::quote_error(text)), text);
        }
        assert_eq!(unquoted("not quoted"), "not quoted");
        assert_eq!(unquoted("\"cut\\"), "\"cut\\");
    }
}
