//! A server on the wire: what it said when it was probed, where it stands, and what is known
//! about it from people.

use std::sync::Arc;

use shared::{
    Flavor, go_quote,
    wire::{self, BinlogCoordinates, Key, LogType, NullBool, NullInt64},
};

use super::{Picture, column, expression};
use crate::{
    inventory::{
        condition::Condition,
        view::{self, Cluster, Instance},
    },
    mysql::state::{
        BinlogState, Channel, ChannelGtid, ChannelTls, GroupMembership, SemiSync, ServerState,
        ThreadState,
    },
};

/// Everything that the API tells of one server.
#[must_use]
pub fn instance(picture: Picture<'_>, instance: &Instance) -> wire::Instance {
    let mut out = observed(instance, picture.view.cluster_of(&instance.key));
    let condition = Condition::of(instance, picture.config, picture.now);
    out.is_last_check_valid = condition.is_valid();
    out.is_up_to_date = condition.is_up_to_date();
    out.is_recently_checked = condition.is_recently_checked();
    out.seconds_since_last_seen = nullable(condition.seconds_since_last_seen());
    out.problems = condition.problems().into_iter().map(str::to_owned).collect();
    add_hints(&mut out, picture, instance);
    out
}

/// All servers of a list.
pub fn instances<'a>(
    picture: Picture<'_>,
    list: impl IntoIterator<Item = &'a Arc<Instance>>,
) -> Vec<wire::Instance> {
    list.into_iter().map(|one| instance(picture, one)).collect()
}

/// What depends neither on the time nor on what people announced.
#[must_use]
pub fn observed(instance: &Instance, cluster: Option<&Arc<Cluster>>) -> wire::Instance {
    let mut out = wire::Instance {
        key: Key::from(&instance.key),
        source_key: Key::from(&instance.source),
        is_detached_source: instance.source.is_detached(),
        ancestry_uuid: instance.place.ancestry.clone(),
        gtid_errant: instance.place.errant.clone(),
        replication_depth: instance.place.depth,
        is_co_source: instance.place.co_master,
        cluster_name: cluster
            .map_or_else(|| instance.key.to_string(), |cluster| cluster.name.clone()),
        last_seen_timestamp: instance.check.last_seen.map(column).unwrap_or_default(),
        last_discovery_latency: i64::try_from(instance.check.latency.as_nanos())
            .unwrap_or(i64::MAX),
        flavor_name: "unknown".to_owned(),
        sql_thread_state: thread_number(None),
        io_thread_state: thread_number(None),
        relaylog_coordinates: BinlogCoordinates { log_type: LogType::Relay, ..Default::default() },
        ..wire::Instance::default()
    };
    add_metadata(&mut out, instance, cluster);
    if let Some(state) = &instance.state {
        add_state(&mut out, state);
    }
    let reported = instance.channel().and_then(|channel| channel.seconds_behind);
    out.seconds_behind_source = nullable(reported);
    out.replication_lag_seconds = nullable(instance.metadata.lag_seconds.or(reported));
    out
}

fn add_metadata(out: &mut wire::Instance, instance: &Instance, cluster: Option<&Arc<Cluster>>) {
    let metadata = &instance.metadata;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    out.instance_alias = text(&metadata.instance_alias);
    out.data_center = text(&metadata.data_center);
    out.region = text(&metadata.region);
    out.physical_environment = text(&metadata.environment);
    out.semi_sync_priority = metadata.semi_sync_priority.unwrap_or(0);
    out.using_pseudo_gtid = metadata.pseudo_gtid.unwrap_or(false);
    let cluster_alias = cluster.map_or("", |cluster| &cluster.alias);
    out.suggested_cluster_alias = match cluster_alias {
        "" => text(&metadata.cluster_alias),
        alias => alias.to_owned(),
    };
}

fn add_state(out: &mut wire::Instance, state: &ServerState) {
    out.uptime = state.uptime_seconds;
    out.server_id = state.server_id;
    out.server_uuid.clone_from(&state.server_uuid);
    out.version.clone_from(&state.version_text);
    out.version_comment.clone_from(&state.version_comment);
    out.flavor_name = state.flavor.name().to_owned();
    out.read_only = state.read_only;
    out.replicas = state.replicas.iter().collect();
    out.replication_credentials_available = state.replication_credentials_available;
    out.gtid_mode.clone_from(&state.gtid.mode);
    out.supports_oracle_gtid = !matches!(state.gtid.mode.as_str(), "" | "OFF");
    out.executed_gtid_set.clone_from(&state.gtid.executed_text);
    out.gtid_purged.clone_from(&state.gtid.purged_text);
    add_binlog(out, &state.binlog);
    add_semi_sync(out, &state.semi_sync);
    if let Some(channel) = &state.replication {
        add_channel(out, channel);
        // Servers without this column are said to report `No`.
        if channel.source_uuid.is_empty() && state.flavor == Flavor::MariaDb {
            out.source_uuid = "No".to_owned();
        }
    }
    if let Some(group) = &state.group {
        add_group(out, group);
    }
}

fn add_binlog(out: &mut wire::Instance, binlog: &BinlogState) {
    out.binlog_format.clone_from(&binlog.format);
    out.binlog_row_image.clone_from(&binlog.row_image);
    out.log_bin_enabled = binlog.enabled;
    out.log_replication_updates_enabled = binlog.log_replica_updates;
    let position = binlog.position.as_ref();
    out.self_binlog_coordinates =
        position.map(|at| BinlogCoordinates::new(at, LogType::Binary)).unwrap_or_default();
}

fn add_semi_sync(out: &mut wire::Instance, semi_sync: &SemiSync) {
    out.semi_sync_available = semi_sync.available;
    out.semi_sync_source_plugin_new_version = semi_sync.source_new_names;
    out.semi_sync_replica_plugin_new_version = semi_sync.replica_new_names;
    out.semi_sync_source_enabled = semi_sync.source_enabled;
    out.semi_sync_replica_enabled = semi_sync.replica_enabled;
    out.semi_sync_source_timeout = semi_sync.source_timeout_ms;
    out.semi_sync_source_wait_for_replica_count = semi_sync.wait_for_replica_count.into();
    out.semi_sync_source_status = semi_sync.source_status;
    out.semi_sync_source_clients = semi_sync.source_clients.into();
    out.semi_sync_replica_status = semi_sync.replica_status;
}

fn add_channel(out: &mut wire::Instance, channel: &Channel) {
    out.source_uuid.clone_from(&channel.source_uuid);
    out.sql_thread_running = channel.sql == ThreadState::Running;
    out.io_thread_running = channel.io == ThreadState::Running;
    out.sql_thread_state = thread_number(Some(channel.sql));
    out.io_thread_state = thread_number(Some(channel.io));
    out.has_replication_filters = channel.filters;
    out.using_oracle_gtid = channel.gtid == ChannelGtid::Oracle;
    out.using_mariadb_gtid =
        matches!(channel.gtid, ChannelGtid::MariaSlavePos | ChannelGtid::MariaCurrentPos);
    out.read_binlog_coordinates = BinlogCoordinates::new(&channel.read, LogType::Binary);
    out.exec_binlog_coordinates = BinlogCoordinates::new(&channel.exec, LogType::Binary);
    out.is_detached = channel.exec.is_detached();
    out.relaylog_coordinates = BinlogCoordinates::new(&channel.relay, LogType::Relay);
    out.last_sql_error = go_quote::quote_error(&channel.sql_error.text);
    out.last_io_error = go_quote::quote_error(&channel.io_error.text);
    out.sql_delay = channel.delay_seconds;
    out.has_replication_credentials = !channel.user.is_empty();
    add_tls(out, &channel.tls);
}

fn add_tls(out: &mut wire::Instance, tls: &ChannelTls) {
    out.allow_tls = tls.enabled;
    out.replication_ssl_ca_file.clone_from(&tls.ca_file);
    out.replication_ssl_ca_path.clone_from(&tls.ca_path);
    out.replication_ssl_cert.clone_from(&tls.cert);
    out.replication_ssl_cipher.clone_from(&tls.cipher);
    out.replication_ssl_crl_file.clone_from(&tls.crl_file);
    out.replication_ssl_crl_path.clone_from(&tls.crl_path);
    out.replication_ssl_key.clone_from(&tls.key);
    out.replication_ssl_verify_server_cert = NullBool(tls.verify_server_cert);
    out.replication_tls_version.clone_from(&tls.version);
    out.replication_tls_ciphersuites.clone_from(&tls.ciphersuites);
    out.replication_source_public_key_path.clone_from(&tls.public_key_path);
    out.replication_get_source_public_key = NullBool(tls.get_public_key);
}

fn add_group(out: &mut wire::Instance, group: &GroupMembership) {
    out.replication_group_name.clone_from(&group.name);
    out.replication_group_is_single_primary = group.single_primary;
    out.replication_group_member_state.clone_from(&group.state);
    out.replication_group_member_role.clone_from(&group.role);
    out.replication_group_members = group.members.iter().collect();
    out.replication_group_primary_instance_key =
        group.primary.as_ref().map(Key::from).unwrap_or_default();
}

fn add_hints(out: &mut wire::Instance, picture: Picture<'_>, instance: &Instance) {
    let Picture { view, config, now } = picture;
    let rule = view::promotion_rule(&view.facts, config, now, &instance.key, Some(instance));
    out.promotion_rule = rule;
    out.is_candidate = rule.is_candidate();
    out.unresolved_hostname =
        view.virtual_name(config, now, instance.key.hostname()).unwrap_or_default().to_owned();
    if let Some(downtime) = view.facts.downtime(&instance.key, now) {
        let elapsed = now.since(downtime.begins).as_secs();
        out.is_downtimed = true;
        out.downtime_owner.clone_from(&downtime.owner);
        out.downtime_reason.clone_from(&downtime.reason);
        out.downtime_end_timestamp = expression(downtime.ends);
        out.elapsed_downtime = i64::try_from(elapsed).unwrap_or(0).saturating_mul(1_000_000_000);
    }
}

fn thread_number(thread: Option<ThreadState>) -> i8 {
    match thread {
        None => -1,
        Some(ThreadState::Stopped) => 0,
        Some(ThreadState::Running) => 1,
        Some(ThreadState::Connecting) => 2,
    }
}

fn nullable(seconds: Option<u64>) -> NullInt64 {
    NullInt64(seconds.map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX)))
}
