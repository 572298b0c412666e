//! The tables of the Go program: which are taken over, with which columns, and why the others are
//! left (spec 04, 13).

/// What becomes of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is taken over, from these columns.
    Taken(&'static [&'static str]),
    /// It is left, for this reason.
    Left(&'static str),
}

/// The table without which it is no backend of the Go program.
pub(super) const SERVERS: &str = "database_instance";

const DERIVED: &str = "learned anew from the servers";
const PROCESSES: &str = "about processes of the Go program";
const OBSOLETE: &str = "not used by the Go program either";
const AGENTS: &str = "agents are not available in this version";

/// All tables by name.
pub(super) const TABLES: &[(&str, Fate)] = &[
    (SERVERS, Fate::Taken(SERVER_COLUMNS)),
    (
        "database_instance_downtime",
        Fate::Taken(&[
            "hostname",
            "port",
            "downtime_active",
            "begin_timestamp",
            "end_timestamp",
            "owner",
            "reason",
        ]),
    ),
    (
        "database_instance_maintenance",
        Fate::Taken(&[
            "database_instance_maintenance_id",
            "hostname",
            "port",
            "maintenance_active",
            "begin_timestamp",
            "end_timestamp",
            "owner",
            "reason",
            "processing_node_hostname",
            "processing_node_token",
            "explicitly_bounded",
        ]),
    ),
    (
        "candidate_database_instance",
        Fate::Taken(&["hostname", "port", "last_suggested", "priority", "promotion_rule"]),
    ),
    (
        "database_instance_tags",
        Fate::Taken(&["hostname", "port", "tag_name", "tag_value", "last_updated"]),
    ),
    ("database_instance_pool", Fate::Taken(&["hostname", "port", "pool", "registered_at"])),
    ("cluster_alias", Fate::Taken(&["cluster_name", "alias", "last_registered"])),
    ("cluster_alias_override", Fate::Taken(&["cluster_name", "alias"])),
    ("cluster_domain_name", Fate::Taken(&["cluster_name", "domain_name", "last_registered"])),
    (
        "host_attributes",
        Fate::Taken(&[
            "hostname",
            "attribute_name",
            "attribute_value",
            "submit_timestamp",
            "expire_timestamp",
        ]),
    ),
    ("hostname_unresolve", Fate::Taken(&["hostname", "unresolved_hostname", "last_registered"])),
    (
        "audit",
        Fate::Taken(&[
            "audit_id",
            "audit_timestamp",
            "audit_type",
            "hostname",
            "port",
            "cluster_name",
            "message",
        ]),
    ),
    (
        "topology_failure_detection",
        Fate::Taken(&[
            "detection_id",
            "hostname",
            "port",
            "in_active_period",
            "start_active_period",
            "end_active_period_unixtime",
            "processing_node_hostname",
            "processcing_node_token",
            "analysis",
            "cluster_name",
            "cluster_alias",
            "count_affected_slaves",
            "slave_hosts",
            "is_actionable",
        ]),
    ),
    (
        "topology_recovery",
        Fate::Taken(&[
            "recovery_id",
            "uid",
            "hostname",
            "port",
            "in_active_period",
            "start_active_period",
            "end_active_period_unixtime",
            "end_recovery",
            "processing_node_hostname",
            "processcing_node_token",
            "is_successful",
            "successor_hostname",
            "successor_port",
            "successor_alias",
            "analysis",
            "cluster_name",
            "cluster_alias",
            "count_affected_slaves",
            "slave_hosts",
            "participating_instances",
            "lost_slaves",
            "all_errors",
            "acknowledged",
            "acknowledged_at",
            "acknowledged_by",
            "acknowledge_comment",
            "last_detection_id",
        ]),
    ),
    (
        "topology_recovery_steps",
        Fate::Taken(&["recovery_step_id", "recovery_uid", "audit_at", "message"]),
    ),
    ("global_recovery_disable", Fate::Taken(&["disable_recovery"])),
    ("hostname_resolve", Fate::Left("names are resolved anew")),
    ("hostname_resolve_history", Fate::Left("names are resolved anew")),
    (
        "hostname_unresolve_history",
        Fate::Left("history of virtual names; the present ones are taken"),
    ),
    ("hostname_ips", Fate::Left("names are resolved anew")),
    ("kv_store", Fate::Left("the internal key-value store is not available in this version")),
    ("access_token", Fate::Left("token authentication is not available in this version")),
    ("blocked_topology_recovery", Fate::Left("lives for seconds; told anew when it happens")),
    ("cluster_injected_pseudo_gtid", Fate::Left(DERIVED)),
    (
        "master_position_equivalence",
        Fate::Left("equivalent positions are not available in this version"),
    ),
    (
        "database_instance_topology_history",
        Fate::Left("snapshots of the Go program stay readable there"),
    ),
    ("database_instance_coordinates_history", Fate::Left(DERIVED)),
    ("database_instance_stale_binlog_coordinates", Fate::Left(DERIVED)),
    ("database_instance_tls", Fate::Left(DERIVED)),
    ("database_instance_last_analysis", Fate::Left(DERIVED)),
    (
        "database_instance_analysis_changelog",
        Fate::Left("history of analyses stays readable there"),
    ),
    ("database_instance_peer_analysis", Fate::Left(OBSOLETE)),
    ("database_instance_long_running_queries", Fate::Left(OBSOLETE)),
    ("database_instance_binlog_files_history", Fate::Left(OBSOLETE)),
    ("database_instance_recent_relaylog_history", Fate::Left(OBSOLETE)),
    ("active_node", Fate::Left(PROCESSES)),
    ("node_health", Fate::Left(PROCESSES)),
    ("node_health_history", Fate::Left(PROCESSES)),
    ("host_agent", Fate::Left(AGENTS)),
    ("agent_seed", Fate::Left(AGENTS)),
    ("agent_seed_state", Fate::Left(AGENTS)),
    ("orchestrator_db_deployments", Fate::Left(PROCESSES)),
    ("orchestrator_metadata", Fate::Left(OBSOLETE)),
    ("async_request", Fate::Left(OBSOLETE)),
    ("raft_store", Fate::Left(OBSOLETE)),
    ("raft_log", Fate::Left(OBSOLETE)),
    ("raft_snapshot", Fate::Left(OBSOLETE)),
];

/// What becomes of a table; none if it is unknown.
#[must_use]
pub(super) fn fate(table: &str) -> Option<Fate> {
    TABLES.iter().find(|(name, _)| *name == table).map(|(_, fate)| *fate)
}

const SERVER_COLUMNS: &[&str] = &[
    "hostname",
    "port",
    "last_checked",
    "last_attempted_check",
    "last_check_partial_success",
    "last_seen",
    "uptime",
    "server_id",
    "server_uuid",
    "version",
    "major_version",
    "version_comment",
    "binlog_server",
    "read_only",
    "binlog_format",
    "binlog_row_image",
    "log_bin",
    "log_slave_updates",
    "binary_log_file",
    "binary_log_pos",
    "master_host",
    "master_port",
    "slave_sql_running",
    "slave_io_running",
    "replication_sql_thread_state",
    "replication_io_thread_state",
    "has_replication_filters",
    "oracle_gtid",
    "mariadb_gtid",
    "pseudo_gtid",
    "supports_oracle_gtid",
    "gtid_mode",
    "master_uuid",
    "ancestry_uuid",
    "executed_gtid_set",
    "gtid_purged",
    "gtid_errant",
    "master_log_file",
    "read_master_log_pos",
    "relay_master_log_file",
    "exec_master_log_pos",
    "relay_log_file",
    "relay_log_pos",
    "last_sql_error",
    "last_io_error",
    "seconds_behind_master",
    "slave_lag_seconds",
    "sql_delay",
    "allow_tls",
    "num_slave_hosts",
    "slave_hosts",
    "cluster_name",
    "suggested_cluster_alias",
    "data_center",
    "region",
    "physical_environment",
    "instance_alias",
    "semi_sync_enforced",
    "semi_sync_available",
    "semi_sync_master_enabled",
    "semi_sync_master_timeout",
    "semi_sync_master_wait_for_slave_count",
    "semi_sync_master_status",
    "semi_sync_master_clients",
    "semi_sync_replica_enabled",
    "semi_sync_replica_status",
    "replication_depth",
    "is_co_master",
    "replication_credentials_available",
    "has_replication_credentials",
    "replication_group_name",
    "replication_group_is_single_primary_mode",
    "replication_group_member_state",
    "replication_group_member_role",
    "replication_group_members",
    "replication_group_primary_host",
    "replication_group_primary_port",
    "last_discovery_latency",
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_table_is_listed_once_and_every_column_too() {
        let mut tables = HashSet::new();
        for (name, fate) in TABLES {
            assert!(tables.insert(name), "{name}");
            if let Fate::Taken(columns) = fate {
                let unique: HashSet<_> = columns.iter().collect();
                assert_eq!(unique.len(), columns.len(), "{name}");
            }
        }
        assert_eq!(fate("no_such_table"), None);
    }
}
