//! Values that follow from other values: older names of a key, derived defaults, spellings that
//! are brought to one form. Runs once, on the merged files; what is derived here is derived
//! anew at each load.

use super::draft::Draft;

/// Brings the draft's values to the form that the rest of the server relies on.
pub(super) fn adjust(draft: &mut Draft) {
    lag_query(draft);
    postponing(draft);
    detaching(draft);
    block_period(draft);
    prefixes(draft);
    pseudo_gtid(draft);
    fallbacks(draft);
}

/// Where two names stand for one setting, and an empty value counts as none: whether the older
/// name's value counts. A later file goes before an earlier one.
fn older_counts(draft: &Draft, older: &'static str, newer: &'static str) -> bool {
    draft.set_by.get(older) >= draft.set_by.get(newer)
}

fn in_one_file(draft: &Draft, older: &'static str, newer: &'static str) -> bool {
    draft.set_by.get(older) == draft.set_by.get(newer)
}

fn synonyms(newer: &str, older: &str) -> String {
    format!("config's {newer} and {older} are synonyms and cannot both be defined; remove {older}")
}

fn lag_query(draft: &mut Draft) {
    const NEWER: &str = "ReplicationLagQuery";
    const OLDER: &str = "SlaveLagQuery";
    let (older, newer) = (&draft.raw.slave_lag_query, &draft.raw.replication_lag_query);
    let differ = !older.is_empty() && !newer.is_empty() && older != newer;
    if differ && in_one_file(draft, OLDER, NEWER) {
        draft.error(NEWER, synonyms(NEWER, OLDER));
    } else if !older.is_empty() && older_counts(draft, OLDER, NEWER) {
        draft.raw.replication_lag_query = older.clone();
    }
    draft.raw.slave_lag_query = String::new();
}

fn postponing(draft: &mut Draft) {
    const NEWER: &str = "PostponeReplicaRecoveryOnLagMinutes";
    const OLDER: &str = "PostponeSlaveRecoveryOnLagMinutes";
    let older = draft.raw.postpone_slave_recovery_on_lag_minutes;
    let newer = draft.raw.postpone_replica_recovery_on_lag_minutes;
    if older != 0 && newer != 0 && older != newer && in_one_file(draft, OLDER, NEWER) {
        draft.error(NEWER, synonyms(NEWER, OLDER));
    } else if older != 0 && older_counts(draft, OLDER, NEWER) {
        draft.raw.postpone_replica_recovery_on_lag_minutes = older;
    }
}

fn detaching(draft: &mut Draft) {
    draft.raw.detach_lost_replicas_after_master_failover = switch(
        draft,
        ("DetachLostSlavesAfterMasterFailover", draft.raw.detach_lost_slaves_after_master_failover),
        (
            "DetachLostReplicasAfterMasterFailover",
            draft.raw.detach_lost_replicas_after_master_failover,
        ),
    );
    draft.raw.master_failover_detach_replica_master_host = switch(
        draft,
        ("MasterFailoverDetachSlaveMasterHost", draft.raw.master_failover_detach_slave_master_host),
        (
            "MasterFailoverDetachReplicaMasterHost",
            draft.raw.master_failover_detach_replica_master_host,
        ),
    );
}

/// The value of a switch with two names: of the newer name if it is set, unless a later file
/// sets the older one. The older name has the default.
fn switch(draft: &mut Draft, older: (&'static str, bool), newer: (&'static str, bool)) -> bool {
    if draft.set_by.get(older.0) > draft.set_by.get(newer.0) || !draft.given(newer.0) {
        return older.1;
    }
    if draft.given(older.0) && older.1 != newer.1 && in_one_file(draft, older.0, newer.0) {
        draft.warn(newer.0, format!("counts, not {} = {}", older.0, older.1));
    }
    newer.1
}

fn block_period(draft: &mut Draft) {
    let only_minutes =
        draft.given("RecoveryPeriodBlockMinutes") && !draft.given("RecoveryPeriodBlockSeconds");
    let minutes = draft.raw.recovery_period_block_minutes;
    if minutes > 0 && (only_minutes || draft.raw.recovery_period_block_seconds == 0) {
        draft.raw.recovery_period_block_seconds = minutes.saturating_mul(60);
    }
}

fn prefixes(draft: &mut Draft) {
    let path = draft.raw.url_prefix.trim_matches('/');
    draft.raw.url_prefix = if path.is_empty() { String::new() } else { format!("/{path}") };

    let path = draft.raw.kv_cluster_master_prefix.trim_end_matches('/');
    draft.raw.kv_cluster_master_prefix = format!("{path}/");

    let path = &draft.raw.status_endpoint;
    if path.is_empty() {
        draft.warn("StatusEndpoint", "the health check needs a path; /api/status is used");
        draft.raw.status_endpoint = "/api/status".to_owned();
    } else if !path.starts_with('/') {
        draft.raw.status_endpoint = format!("/{path}");
    }
}

fn pseudo_gtid(draft: &mut Draft) {
    if draft.raw.auto_pseudo_gtid {
        draft.raw.pseudo_gtid_pattern = "drop view if exists `_pseudo_gtid_`".to_owned();
        draft.raw.pseudo_gtid_pattern_is_fixed_substring = true;
        draft.raw.pseudo_gtid_monotonic_hint = "asc:".to_owned();
        draft.raw.detect_pseudo_gtid_query = "select 1".to_owned();
    }
}

fn fallbacks(draft: &mut Draft) {
    if draft.raw.raft_advertise.is_empty() {
        draft.raw.raft_advertise = draft.raw.raft_bind.clone();
    }
    if draft.raw.reasonable_locked_semi_sync_master_seconds == 0 {
        draft.raw.reasonable_locked_semi_sync_master_seconds =
            draft.raw.reasonable_replication_lag_seconds.try_into().unwrap_or(0);
    }
    if draft.raw.instance_write_buffer_size == 0 && draft.raw.buffer_instance_writes {
        draft.warn("InstanceWriteBufferSize", "leaves no room: BufferInstanceWrites is off");
        draft.raw.buffer_instance_writes = false;
    }
    if draft.raw.consul_cross_data_center_distribution && draft.raw.consul_address.is_empty() {
        draft.warn("ConsulCrossDataCenterDistribution", "is off, for ConsulAddress is not set");
        draft.raw.consul_cross_data_center_distribution = false;
    }
    if draft.raw.processes_shell_command.trim().is_empty() {
        draft.warn("ProcessesShellCommand", "hooks need a shell; bash is used");
        draft.raw.processes_shell_command = "bash".to_owned();
    }
}
