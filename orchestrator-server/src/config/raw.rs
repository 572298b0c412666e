//! Every configuration key, once: field, JSON type, default, name in the file, what a reload
//! does, and meaning. Parsing, dumping, the merging of files and `docs/configuration.md` all
//! follow this table. Which values are allowed is said in `limits` and `checked`.

use std::fmt;

use super::key::{Key, Reload, Secrets};
use super::setting::{List, Map, PerCluster, Secret};

impl RawConfig {
    /// All keys and values as one line of JSON, in the order of the table.
    pub fn dump(&self, secrets: Secrets) -> String {
        let members: Vec<String> = KEYS
            .iter()
            .map(|key| format!("\"{}\":{}", key.name, key.json(self, secrets)))
            .collect();
        format!("{{{}}}", members.join(","))
    }
}

impl fmt::Debug for RawConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.dump(Secrets::Mask))
    }
}

fn text(value: &str) -> String {
    value.to_owned()
}

fn secret() -> Secret {
    Secret::default()
}

fn list<const N: usize>(items: [&str; N]) -> List {
    List::from(items)
}

fn no_list() -> List {
    List::default()
}

fn policy() -> PerCluster {
    PerCluster::All(text("available"))
}

macro_rules! keys {
    ($($group:literal {
        $($(#[doc = $doc:literal])+ $field:ident: $type:ty = $default:expr, $name:literal, $reload:ident;)+
    })+) => {
        /// The configuration as the files say it: a field for each key, of the key's own type.
        #[derive(Clone, PartialEq)]
        pub struct RawConfig {
            $($($(#[doc = $doc])+ pub $field: $type,)+)+
        }

        impl Default for RawConfig {
            fn default() -> Self {
                Self { $($($field: $default,)+)+ }
            }
        }

        /// The table of keys, in the order of the key reference.
        pub static KEYS: &[Key] = &[
            $($(Key {
                name: $name,
                group: $group,
                doc: concat!($($doc),+),
                reload: Reload::$reload,
                field: |raw| &raw.$field,
                field_mut: |raw| &mut raw.$field,
            },)+)+
        ];
    };
}

keys! {
    "Backend database" {
        /// Where the state is kept: `sqlite` (any value containing it) or `mysql`. When absent:
        /// `mysql` if `MySQLOrchestratorHost` is set, else an embedded SQLite file. With
        /// `RaftEnabled` the backend is only a source to import from.
        backend_db: String = text("mysql"), "BackendDB", Restart;
        /// SQLite database file, created if missing. When empty:
        /// `/var/lib/orchestrator/orchestrator.db`.
        sqlite3_data_file: String = text(""), "SQLite3DataFile", Restart;
        /// Never create or upgrade the backend's tables.
        skip_orchestrator_database_update: bool = false, "SkipOrchestratorDatabaseUpdate", Restart;
        /// Refuse to start if this version was not yet deployed on the backend.
        panic_if_different_database_deploy: bool = false, "PanicIfDifferentDatabaseDeploy", Restart;
        /// Host of the MySQL backend.
        mysql_orchestrator_host: String = text(""), "MySQLOrchestratorHost", Restart;
        /// Port of the MySQL backend.
        mysql_orchestrator_port: u64 = 3306, "MySQLOrchestratorPort", Restart;
        /// Schema on the MySQL backend, created if missing. When empty: `orchestrator`.
        mysql_orchestrator_database: String = text(""), "MySQLOrchestratorDatabase", Restart;
        /// User on the MySQL backend.
        mysql_orchestrator_user: String = text(""), "MySQLOrchestratorUser", NewConnections;
        /// Password on the MySQL backend; `${NAME}` takes it from the environment.
        mysql_orchestrator_password: Secret = secret(), "MySQLOrchestratorPassword", NewConnections;
        /// File with a `[client]` section whose `user` and `password` replace the two keys above.
        mysql_orchestrator_credentials_config_file: String = text(""), "MySQLOrchestratorCredentialsConfigFile", AtLoad;
        /// Most connections open to the MySQL backend; 0 or less: no limit.
        mysql_orchestrator_max_pool_connections: i64 = 128, "MySQLOrchestratorMaxPoolConnections", NewConnections;
        /// Longest wait for an answer of the MySQL backend, in seconds; 0: no limit of its own.
        mysql_orchestrator_read_timeout_seconds: i64 = 30, "MySQLOrchestratorReadTimeoutSeconds", NewConnections;
        /// Drop a backend connection whose server turns out to be read-only, and connect again.
        mysql_orchestrator_reject_read_only: bool = false, "MySQLOrchestratorRejectReadOnly", NewConnections;
        /// Largest packet to the backend, in bytes; 0: ask the server; negative: the driver's
        /// default.
        mysql_orchestrator_max_allowed_packet: i32 = -1, "MySQLOrchestratorMaxAllowedPacket", NewConnections;
        /// Speak TLS to the MySQL backend.
        mysql_orchestrator_use_mutual_tls: bool = false, "MySQLOrchestratorUseMutualTLS", NewConnections;
        /// Client key (PEM) for the MySQL backend.
        mysql_orchestrator_ssl_private_key_file: String = text(""), "MySQLOrchestratorSSLPrivateKeyFile", Restart;
        /// Client certificate (PEM) for the MySQL backend.
        mysql_orchestrator_ssl_cert_file: String = text(""), "MySQLOrchestratorSSLCertFile", Restart;
        /// Certificate authorities (PEM) that the MySQL backend is verified with.
        mysql_orchestrator_ssl_ca_file: String = text(""), "MySQLOrchestratorSSLCAFile", Restart;
        /// Do not verify the MySQL backend's certificate.
        mysql_orchestrator_ssl_skip_verify: bool = false, "MySQLOrchestratorSSLSkipVerify", Restart;
    }
    "Connections to monitored servers" {
        /// User on all monitored servers.
        mysql_topology_user: String = text(""), "MySQLTopologyUser", NewConnections;
        /// Password on all monitored servers; `${NAME}` takes it from the environment.
        mysql_topology_password: Secret = secret(), "MySQLTopologyPassword", NewConnections;
        /// File with a `[client]` section whose `user` and `password` replace the two keys above.
        mysql_topology_credentials_config_file: String = text(""), "MySQLTopologyCredentialsConfigFile", AtLoad;
        /// Client key (PEM) for monitored servers.
        mysql_topology_ssl_private_key_file: String = text(""), "MySQLTopologySSLPrivateKeyFile", Restart;
        /// Client certificate (PEM) for monitored servers.
        mysql_topology_ssl_cert_file: String = text(""), "MySQLTopologySSLCertFile", Restart;
        /// Certificate authorities (PEM) that monitored servers are verified with.
        mysql_topology_ssl_ca_file: String = text(""), "MySQLTopologySSLCAFile", Restart;
        /// Do not verify the certificates of monitored servers.
        mysql_topology_ssl_skip_verify: bool = false, "MySQLTopologySSLSkipVerify", Restart;
        /// Speak TLS to every monitored server.
        mysql_topology_use_mutual_tls: bool = false, "MySQLTopologyUseMutualTLS", NewConnections;
        /// Speak TLS only to those monitored servers that ask for it.
        mysql_topology_use_mixed_tls: bool = true, "MySQLTopologyUseMixedTLS", NewConnections;
        /// Largest packet to monitored servers, in bytes; 0: ask the server; negative: the
        /// driver's default.
        mysql_topology_max_allowed_packet: i32 = -1, "MySQLTopologyMaxAllowedPacket", NewConnections;
        /// How long it is remembered whether a server needs TLS, as a multiple of
        /// `InstancePollSeconds`.
        tls_cache_ttl_factor: u64 = 100, "TLSCacheTTLFactor", Live;
        /// Longest wait for a connection to any MySQL server, in seconds; 0: the system's limit.
        mysql_connect_timeout_seconds: i64 = 2, "MySQLConnectTimeoutSeconds", NewConnections;
        /// Longest wait for an answer while probing, in seconds.
        mysql_discovery_read_timeout_seconds: i64 = 10, "MySQLDiscoveryReadTimeoutSeconds", NewConnections;
        /// Longest wait for an answer to any other statement on a monitored server, in seconds.
        mysql_topology_read_timeout_seconds: i64 = 600, "MySQLTopologyReadTimeoutSeconds", NewConnections;
        /// Age at which a pooled connection is replaced, in seconds; 0: never.
        mysql_connection_lifetime_seconds: i64 = 0, "MySQLConnectionLifetimeSeconds", Live;
        /// Replicas that one relocation or regrouping moves at the same time.
        max_concurrent_replica_operations: i64 = 5, "MaxConcurrentReplicaOperations", Live;
        /// Time given to each replica's SQL thread to catch up before it is stopped anyway, in
        /// seconds.
        instance_bulk_operations_wait_timeout_seconds: u64 = 10, "InstanceBulkOperationsWaitTimeoutSeconds", Live;
        /// Set `super_read_only` together with `read_only`.
        use_super_read_only: bool = false, "UseSuperReadOnly", Live;
        /// Query on a server that returns one row with the replication user, password, and
        /// optionally TLS CA, certificate and key.
        replication_credentials_query: String = text(""), "ReplicationCredentialsQuery", Live;
    }
    "Discovery and probing" {
        /// Seconds between two probes of a server.
        instance_poll_seconds: u64 = 5, "InstancePollSeconds", Partly;
        /// Find replicas by `SHOW REPLICAS` (needs `report_host`), rather than by the process
        /// list.
        discover_by_show_slave_hosts: bool = false, "DiscoverByShowSlaveHosts", Live;
        /// Factor by which the probe interval of an unreachable server grows with each failure;
        /// 1: does not grow.
        dead_instance_poll_seconds_multiply_factor: f32 = 1.0, "DeadInstancePollSecondsMultiplyFactor", Live;
        /// Longest probe interval of an unreachable server, in seconds.
        dead_instance_poll_seconds_max: u64 = 300, "DeadInstancePollSecondsMax", Live;
        /// Workers set apart for unreachable servers; 0: they share the common ones.
        dead_instance_discovery_max_concurrency: u64 = 0, "DeadInstanceDiscoveryMaxConcurrency", Restart;
        /// Log when a server joins or leaves the unreachable ones.
        dead_instance_discovery_logs_enabled: bool = false, "DeadInstanceDiscoveryLogsEnabled", Live;
        /// Seconds that a probe may be late before its result no longer counts in the failure
        /// analysis.
        reasonable_instance_check_seconds: u64 = 1, "ReasonableInstanceCheckSeconds", Live;
        /// Probe results that are written to the backend at once, at most.
        instance_write_buffer_size: i64 = 100, "InstanceWriteBufferSize", Partly;
        /// Collect probe results and write them in batches.
        buffer_instance_writes: bool = false, "BufferInstanceWrites", Live;
        /// Longest time that a collected probe result waits to be written, in milliseconds; 0 or
        /// less: until the batch is full.
        instance_flush_interval_milliseconds: i64 = 100, "InstanceFlushIntervalMilliseconds", Restart;
        /// Do not ask servers whether they are a MaxScale binlog server.
        skip_max_scale_check: bool = true, "SkipMaxScaleCheck", Live;
        /// Hours after which a server that was not seen is forgotten.
        unseen_instance_forget_hours: u64 = 240, "UnseenInstanceForgetHours", Live;
        /// Hours between two snapshots of all topologies into the backend's history; 0: none.
        snapshot_topologies_interval_hours: u64 = 0, "SnapshotTopologiesIntervalHours", Restart;
        /// Servers that are probed at the same time.
        discovery_max_concurrency: u64 = 300, "DiscoveryMaxConcurrency", Restart;
        /// Servers that may wait to be probed.
        discovery_queue_capacity: u64 = 100000, "DiscoveryQueueCapacity", Restart;
        /// Samples of the queue's length that are kept (one each second).
        discovery_queue_max_statistics_size: i64 = 120, "DiscoveryQueueMaxStatisticsSize", Live;
        /// Seconds for which single probe measurements are kept.
        discovery_collection_retention_seconds: u64 = 120, "DiscoveryCollectionRetentionSeconds", Restart;
        /// Servers (`host` or `host:port`) that are discovered after start.
        discovery_seeds: List = list([]), "DiscoverySeeds", Restart;
        /// Milliseconds between two heartbeats to a source that has replicas; 0: no heartbeats.
        primary_heartbeat_milliseconds: u64 = 250, "PrimaryHeartbeatMilliseconds", Live;
        /// Divide the probing of the fleet among the nodes, instead of each probing every server.
        shared_probing: bool = false, "SharedProbing", Restart;
    }
    "Host names" {
        /// How a host name is normalised: `none` or `default` (as it is), `cname` (DNS canonical
        /// name), `ip` (address).
        hostname_resolve_method: String = text("default"), "HostnameResolveMethod", Live;
        /// The name a server has for us: `@@hostname`, `@@report_host`, or `none` (the name it
        /// was reached by).
        mysql_hostname_resolve_method: String = text("@@hostname"), "MySQLHostnameResolveMethod", Live;
        /// Do not verify a binlog server's unresolved name by resolving it back.
        skip_binlog_server_unresolve_check: bool = true, "SkipBinlogServerUnresolveCheck", Live;
        /// Minutes for which a resolved name is remembered.
        expiry_hostname_resolves_minutes: i64 = 60, "ExpiryHostnameResolvesMinutes", Partly;
        /// Regular expression; a resolved name that matches is not used.
        reject_hostname_resolve_pattern: String = text(""), "RejectHostnameResolvePattern", Live;
    }
    "Clusters, data centers, promotion rules" {
        /// Regular expression on the cluster name to alias; the first that matches, in the order
        /// of the file, gives the alias.
        cluster_name_to_alias: Map = Map::empty(), "ClusterNameToAlias", Live;
        /// Query on a server that returns its cluster's alias.
        detect_cluster_alias_query: String = text(""), "DetectClusterAliasQuery", Live;
        /// Query on a source that returns its cluster's domain name.
        detect_cluster_domain_query: String = text(""), "DetectClusterDomainQuery", Live;
        /// Query on a server that returns its own alias.
        detect_instance_alias_query: String = text(""), "DetectInstanceAliasQuery", Live;
        /// Query on a server that returns its promotion rule: `prefer`, `neutral`, `prefer_not`
        /// or `must_not`.
        detect_promotion_rule_query: String = text(""), "DetectPromotionRuleQuery", Live;
        /// Regular expression on the host name; its first group is the data center.
        data_center_pattern: String = text(""), "DataCenterPattern", Live;
        /// Regular expression on the host name; its first group is the region.
        region_pattern: String = text(""), "RegionPattern", Live;
        /// Regular expression on the host name; its first group is the physical environment.
        physical_environment_pattern: String = text(""), "PhysicalEnvironmentPattern", Live;
        /// Query on a server that returns its data center; goes before the pattern.
        detect_data_center_query: String = text(""), "DetectDataCenterQuery", Live;
        /// Query on a server that returns its region; goes before the pattern.
        detect_region_query: String = text(""), "DetectRegionQuery", Live;
        /// Query on a server that returns its physical environment; goes before the pattern.
        detect_physical_environment_query: String = text(""), "DetectPhysicalEnvironmentQuery", Live;
        /// Minutes for which a registered promotion rule holds.
        candidate_instance_expire_minutes: u64 = 60, "CandidateInstanceExpireMinutes", Live;
    }
    "Filters" {
        /// Replicas whose `host:port` matches are not discovered.
        discovery_ignore_replica_hostname_filters: List = list([]), "DiscoveryIgnoreReplicaHostnameFilters", Live;
        /// Sources whose `host:port` matches are not discovered from their replicas.
        discovery_ignore_master_hostname_filters: List = no_list(), "DiscoveryIgnoreMasterHostnameFilters", Live;
        /// Servers whose `host:port` matches are not discovered.
        discovery_ignore_hostname_filters: List = no_list(), "DiscoveryIgnoreHostnameFilters", Live;
        /// Replicas that replicate as a user that matches are not discovered.
        discovery_ignore_replication_username_filters: List = list([]), "DiscoveryIgnoreReplicationUsernameFilters", Live;
        /// Log servers that were left out for their replication user.
        enable_discovery_filters_logs: bool = true, "EnableDiscoveryFiltersLogs", Live;
        /// Servers whose `host:port` matches are not listed as problems.
        problem_ignore_hostname_filters: List = list([]), "ProblemIgnoreHostnameFilters", Live;
        /// Servers whose `host:port` matches are never promoted.
        promotion_ignore_hostname_filters: List = list([]), "PromotionIgnoreHostnameFilters", Live;
        /// Servers whose `host:port` matches are not listed as control replicas of online schema
        /// changes.
        osc_ignore_hostname_filters: List = list([]), "OSCIgnoreHostnameFilters", Live;
        /// Servers whose host name (without port) matches take no part in analysis and recovery.
        recovery_ignore_hostname_filters: List = list([]), "RecoveryIgnoreHostnameFilters", Live;
        /// Clusters whose failed source is replaced automatically.
        recover_master_cluster_filters: List = list([]), "RecoverMasterClusterFilters", Live;
        /// Clusters whose failed intermediate source is replaced automatically.
        recover_intermediate_master_cluster_filters: List = list([]), "RecoverIntermediateMasterClusterFilters", Live;
    }
    "Lag and problems" {
        /// Older name of `ReplicationLagQuery`.
        slave_lag_query: String = text(""), "SlaveLagQuery", AtLoad;
        /// Query on a replica that returns its lag in seconds, used instead of the server's own
        /// figure.
        replication_lag_query: String = text(""), "ReplicationLagQuery", Live;
        /// Lag above this is a problem, in seconds.
        reasonable_replication_lag_seconds: i64 = 10, "ReasonableReplicationLagSeconds", Live;
        /// A replica that lags more is not moved, in seconds.
        reasonable_maintenance_replication_lag_seconds: i64 = 20, "ReasonableMaintenanceReplicationLagSeconds", Live;
        /// Do not place a server without replication filters below one that has them.
        verify_replication_filters: bool = false, "VerifyReplicationFilters", Live;
        /// Allow a replica of a lower version than its source.
        lower_replica_version_allowed: bool = false, "LowerReplicaVersionAllowed", Live;
    }
    "Failure detection" {
        /// Analyse only servers that have replicas or may be a problem.
        reduce_replication_analysis_count: bool = true, "ReduceReplicationAnalysisCount", Live;
        /// Minutes for which the same failure is not announced again.
        failure_detection_period_block_minutes: i64 = 60, "FailureDetectionPeriodBlockMinutes", Live;
        /// With raft: recover a source only if a majority of the nodes that can say agree that it
        /// is dead.
        expect_failure_analysis_concensus: bool = true, "ExpectFailureAnalysisConcensus", Live;
        /// Time given to a source's restart before its failure is acted on, in milliseconds.
        primary_restart_grace_milliseconds: u64 = 0, "PrimaryRestartGraceMilliseconds", Live;
        /// What to do about a source that answers but does not work (full disk, stalled writes):
        /// `off`, `alert` or `recover`.
        gray_failure_policy: String = text("alert"), "GrayFailurePolicy", Live;
    }
    "Recovery" {
        /// Older form of `RecoveryPeriodBlockSeconds`, used if that is absent or 0.
        recovery_period_block_minutes: i64 = 60, "RecoveryPeriodBlockMinutes", AtLoad;
        /// Seconds after a recovery during which the cluster is not recovered again
        /// automatically.
        recovery_period_block_seconds: i64 = 3600, "RecoveryPeriodBlockSeconds", Live;
        /// Make a read-only source of a working cluster writable.
        recover_non_writeable_master: bool = false, "RecoverNonWriteableMaster", Live;
        /// When a co-source fails, promote the other one or nobody.
        co_master_recovery_must_promote_other_co_master: bool = true, "CoMasterRecoveryMustPromoteOtherCoMaster", Live;
        /// Older name of `DetachLostReplicasAfterMasterFailover`.
        detach_lost_slaves_after_master_failover: bool = true, "DetachLostSlavesAfterMasterFailover", AtLoad;
        /// Detach replicas that a failover could not take along. On unless this key, or its older
        /// name, is `false`.
        detach_lost_replicas_after_master_failover: bool = false, "DetachLostReplicasAfterMasterFailover", Live;
        /// Reset replication and clear `read_only` on the promoted server.
        apply_mysql_promotion_after_master_failover: bool = true, "ApplyMySQLPromotionAfterMasterFailover", Live;
        /// Do not promote a server of another data center.
        prevent_cross_data_center_master_failover: bool = false, "PreventCrossDataCenterMasterFailover", Live;
        /// Do not promote a server of another region.
        prevent_cross_region_master_failover: bool = false, "PreventCrossRegionMasterFailover", Live;
        /// Accepted; the failed source and lost replicas are always downtimed for a year.
        master_failover_lost_instances_downtime_minutes: u64 = 0, "MasterFailoverLostInstancesDowntimeMinutes", NoEffect;
        /// Older name of `MasterFailoverDetachReplicaMasterHost`.
        master_failover_detach_slave_master_host: bool = false, "MasterFailoverDetachSlaveMasterHost", AtLoad;
        /// Detach the promoted server from its former source, where replication is not reset on
        /// it.
        master_failover_detach_replica_master_host: bool = false, "MasterFailoverDetachReplicaMasterHost", Live;
        /// Do not promote a server that lags this many minutes or more (needs
        /// `ReplicationLagQuery`); 0: no limit.
        fail_master_promotion_on_lag_minutes: u64 = 0, "FailMasterPromotionOnLagMinutes", Live;
        /// Do not promote a server that has not executed all that it retrieved.
        fail_master_promotion_if_sql_thread_not_up_to_date: bool = false, "FailMasterPromotionIfSQLThreadNotUpToDate", Live;
        /// Wait, without limit while it makes progress, until the server to promote executed all
        /// that it retrieved.
        delay_master_promotion_if_sql_thread_not_up_to_date: bool = false, "DelayMasterPromotionIfSQLThreadNotUpToDate", Live;
        /// Older name of `PostponeReplicaRecoveryOnLagMinutes`.
        postpone_slave_recovery_on_lag_minutes: u64 = 0, "PostponeSlaveRecoveryOnLagMinutes", AtLoad;
        /// Replicas delayed by more than this many minutes are moved after the promotion; 0: all
        /// are moved with it.
        postpone_replica_recovery_on_lag_minutes: u64 = 0, "PostponeReplicaRecoveryOnLagMinutes", Live;
        /// What a failover may lose: `available`, `bounded` or `lossless`; or a map from cluster
        /// filter to one of them, where the strictest that matches holds and `*` is for all
        /// others.
        promotion_data_loss_policy: PerCluster = policy(), "PromotionDataLossPolicy", Live;
        /// Under `bounded`: the lag up to which a server is promoted, in seconds.
        promotion_data_loss_max_lag_seconds: u64 = 10, "PromotionDataLossMaxLagSeconds", Live;
        /// How long the server to promote may stand still while it executes what it retrieved, in
        /// seconds.
        promotion_apply_wait_seconds: u64 = 60, "PromotionApplyWaitSeconds", Live;
        /// Hold automatic recoveries when this share of the clusters, and at least five, lose
        /// their source within 30 s; in percent.
        mass_failover_max_percent: u64 = 20, "MassFailoverMaxPercent", Live;
        /// Let a failed source that returns replicate from its successor, where that loses
        /// nothing.
        rejoin_old_source: bool = false, "RejoinOldSource", Live;
    }
    "Hooks" {
        /// Program that runs hooks: called with the name of a file that holds the hook's text.
        processes_shell_command: String = text("bash"), "ProcessesShellCommand", Live;
        /// Longest run of a hook, in seconds; then it is killed and counts as failed.
        hook_timeout_seconds: u64 = 60, "HookTimeoutSeconds", Live;
        /// Run when a failure is detected; a failing one stops the list.
        on_failure_detection_processes: List = list([]), "OnFailureDetectionProcesses", Live;
        /// Run before a planned takeover makes the source read-only; a failing one aborts it.
        pre_graceful_takeover_processes: List = list([]), "PreGracefulTakeoverProcesses", Live;
        /// Run before a recovery acts; a failing one aborts it.
        pre_failover_processes: List = list([]), "PreFailoverProcesses", Live;
        /// Run after every recovery that found a successor.
        post_failover_processes: List = list([]), "PostFailoverProcesses", Live;
        /// Run after a recovery that found no successor.
        post_unsuccessful_failover_processes: List = list([]), "PostUnsuccessfulFailoverProcesses", Live;
        /// Run after a source's recovery, before `PostFailoverProcesses`.
        post_master_failover_processes: List = list([]), "PostMasterFailoverProcesses", Live;
        /// Run after an intermediate source's recovery, before `PostFailoverProcesses`.
        post_intermediate_master_failover_processes: List = list([]), "PostIntermediateMasterFailoverProcesses", Live;
        /// Run at the end of a planned takeover.
        post_graceful_takeover_processes: List = list([]), "PostGracefulTakeoverProcesses", Live;
        /// Run after `take-master`, with the new and the old source as arguments.
        post_take_master_processes: List = list([]), "PostTakeMasterProcesses", Live;
    }
    "Semi-synchronous replication" {
        /// Query on a server that returns its semi-sync priority; 0: an asynchronous replica.
        detect_semi_sync_enforced_query: String = text(""), "DetectSemiSyncEnforcedQuery", Live;
        /// Switch semi-sync on and off on replicas so that exactly as many acknowledge as the
        /// source waits for.
        enforce_exact_semi_sync_replicas: bool = false, "EnforceExactSemiSyncReplicas", Live;
        /// Switch semi-sync on on replicas when a source is blocked for want of acknowledgements.
        recover_locked_semi_sync_master: bool = false, "RecoverLockedSemiSyncMaster", Live;
        /// Seconds without progress after which a source counts as blocked; 0:
        /// `ReasonableReplicationLagSeconds`.
        reasonable_locked_semi_sync_master_seconds: u64 = 0, "ReasonableLockedSemiSyncMasterSeconds", Live;
    }
    "Pseudo-GTID" {
        /// Inject and use Pseudo-GTID without further configuration; sets the next four keys.
        auto_pseudo_gtid: bool = false, "AutoPseudoGTID", Live;
        /// What a Pseudo-GTID entry looks like in a binary log; empty: no Pseudo-GTID.
        pseudo_gtid_pattern: String = text(""), "PseudoGTIDPattern", Live;
        /// `PseudoGTIDPattern` is plain text, not a regular expression.
        pseudo_gtid_pattern_is_fixed_substring: bool = false, "PseudoGTIDPatternIsFixedSubstring", Live;
        /// Text by which entries are known to be in ascending order.
        pseudo_gtid_monotonic_hint: String = text(""), "PseudoGTIDMonotonicHint", Live;
        /// Query on a server that returns 1 if Pseudo-GTID is injected there.
        detect_pseudo_gtid_query: String = text(""), "DetectPseudoGTIDQuery", Live;
        /// Binary log events that are read at once.
        binlog_events_chunk_size: i64 = 10000, "BinlogEventsChunkSize", Live;
        /// Events that contain one of these texts are left out when binary logs are compared.
        skip_binlog_events_containing: List = list([]), "SkipBinlogEventsContaining", Live;
    }
    "Web and API" {
        /// Address (`host:port` or `:port`) of the web interface and API. When empty: port 80, or
        /// 443 with `UseSSL`.
        listen_address: String = text(":3000"), "ListenAddress", Restart;
        /// Unix socket to listen on instead; TLS keys do not apply there.
        listen_socket: String = text(""), "ListenSocket", Restart;
        /// `scheme://host:port` under which the other raft nodes reach this one.
        http_advertise: String = text(""), "HTTPAdvertise", Restart;
        /// Path below which all pages and API calls are found.
        url_prefix: String = text(""), "URLPrefix", Restart;
        /// Path of the health check; another than the default is not below `URLPrefix`.
        status_endpoint: String = text("/api/status"), "StatusEndpoint", Restart;
        /// Ask for a valid client certificate on the health check too.
        status_ou_verify: bool = false, "StatusOUVerify", Live;
        /// Serve https.
        use_ssl: bool = false, "UseSSL", Restart;
        /// Ask callers for a certificate with one of `SSLValidOUs`.
        use_mutual_tls: bool = false, "UseMutualTLS", Restart;
        /// Do not verify the certificates of other raft nodes.
        ssl_skip_verify: bool = false, "SSLSkipVerify", Restart;
        /// Key (PEM) of the web server; may be encrypted.
        ssl_private_key_file: String = text(""), "SSLPrivateKeyFile", Restart;
        /// Certificate (PEM) of the web server.
        ssl_cert_file: String = text(""), "SSLCertFile", Restart;
        /// Certificate authorities (PEM) for callers' certificates and for other raft nodes.
        ssl_ca_file: String = text(""), "SSLCAFile", Restart;
        /// Organizational units of which a caller's certificate must have one.
        ssl_valid_ous: List = list([]), "SSLValidOUs", Restart;
        /// Refuse everything that changes something.
        read_only: bool = false, "ReadOnly", Live;
        /// Who may call: empty or `none` (everyone), `basic`, `multi` (also `readonly` with any
        /// password), `proxy`, `token`, `oauth` (nobody may change anything).
        authentication_method: String = text(""), "AuthenticationMethod", Partly;
        /// User for `basic` and `multi`.
        http_auth_user: String = text(""), "HTTPAuthUser", Partly;
        /// Password for `basic` and `multi`.
        http_auth_password: Secret = secret(), "HTTPAuthPassword", Partly;
        /// Header that carries the user's name under `proxy`.
        auth_user_header: String = text("X-Forwarded-User"), "AuthUserHeader", Live;
        /// Header that carries the user's groups (comma-separated) under `proxy`; they are
        /// compared with `PowerAuthGroups`.
        auth_groups_header: String = text(""), "AuthGroupsHeader", Live;
        /// Addresses or networks (`10.0.0.0/8`) whose user and groups headers are believed;
        /// empty: everyone's.
        trusted_proxies: List = list([]), "TrustedProxies", Live;
        /// Under `proxy`: users who may change things; `*`: everyone.
        power_auth_users: List = list(["*"]), "PowerAuthUsers", Live;
        /// Under `proxy`: groups whose members may change things.
        power_auth_groups: List = list([]), "PowerAuthGroups", Live;
        /// Refuse API calls that change something unless they are sent by POST.
        require_post_for_mutations: bool = false, "RequirePostForMutations", Live;
        /// Seconds within which a new access token must be fetched.
        access_token_use_expiry_seconds: u64 = 60, "AccessTokenUseExpirySeconds", Live;
        /// Minutes for which an access token is valid.
        access_token_expiry_minutes: u64 = 1440, "AccessTokenExpiryMinutes", Live;
        /// Accepted; not used.
        oauth_client_id: String = text(""), "OAuthClientId", NoEffect;
        /// Accepted; not used.
        oauth_client_secret: Secret = secret(), "OAuthClientSecret", NoEffect;
        /// Accepted; not used.
        oauth_scopes: List = no_list(), "OAuthScopes", NoEffect;
    }
    "Raft" {
        /// Run as one of several nodes that agree by raft.
        raft_enabled: bool = false, "RaftEnabled", Restart;
        /// Address (`host` or `host:port`) to listen on for other nodes.
        raft_bind: String = text("127.0.0.1:10008"), "RaftBind", Restart;
        /// Address at which other nodes reach this one. When empty: `RaftBind`.
        raft_advertise: String = text(""), "RaftAdvertise", Restart;
        /// Folder for the raft log and snapshots, created if missing.
        raft_data_dir: String = text(""), "RaftDataDir", Restart;
        /// Port for raft addresses that name none.
        default_raft_port: i64 = 10008, "DefaultRaftPort", Partly;
        /// Addresses of all nodes, this one included; empty: a single node.
        raft_nodes: List = list([]), "RaftNodes", Restart;
    }
    "Key-value stores" {
        /// Consul's `host:port`; empty: no Consul.
        consul_address: String = text(""), "ConsulAddress", Restart;
        /// `http` or `https`.
        consul_scheme: String = text("http"), "ConsulScheme", Restart;
        /// Consul's access token.
        consul_acl_token: Secret = secret(), "ConsulAclToken", Restart;
        /// Write the entries to all of Consul's data centers.
        consul_cross_data_center_distribution: bool = false, "ConsulCrossDataCenterDistribution", Live;
        /// `consul`, or `consul-txn` to write a cluster's entries in one transaction.
        consul_kv_store_provider: String = text("consul"), "ConsulKVStoreProvider", Restart;
        /// Most entries in one transaction, 5 to 64.
        consul_max_kvs_per_transaction: i64 = 5, "ConsulMaxKVsPerTransaction", Live;
        /// ZooKeeper servers, comma-separated `host` or `host:port`; empty: no ZooKeeper.
        zk_address: String = text(""), "ZkAddress", Restart;
        /// etcd servers, comma-separated `host:port` or URLs; empty: no etcd.
        etcd_address: String = text(""), "EtcdAddress", Restart;
        /// User on etcd.
        etcd_user: String = text(""), "EtcdUser", Restart;
        /// Password on etcd.
        etcd_password: Secret = secret(), "EtcdPassword", Restart;
        /// Certificate authorities (PEM) that etcd is verified with.
        etcd_c_a_file: String = text(""), "EtcdCAFile", Restart;
        /// Path below which each cluster's source is stored.
        kv_cluster_master_prefix: String = text("mysql/master"), "KVClusterMasterPrefix", Live;
    }
    "Agents" {
        /// Listen for agents, and poll them.
        serve_agents_http: bool = false, "ServeAgentsHttp", Partly;
        /// Address (`:port` or `host:port`) that agents call.
        agents_server_port: String = text(":3001"), "AgentsServerPort", Restart;
        /// Speak https with agents.
        agents_use_ssl: bool = false, "AgentsUseSSL", Partly;
        /// Ask agents for a certificate with one of `AgentSSLValidOUs`.
        agents_use_mutual_tls: bool = false, "AgentsUseMutualTLS", Restart;
        /// Do not verify agents' certificates.
        agent_ssl_skip_verify: bool = false, "AgentSSLSkipVerify", Restart;
        /// Key (PEM) of the listener for agents.
        agent_ssl_private_key_file: String = text(""), "AgentSSLPrivateKeyFile", Restart;
        /// Certificate (PEM) of the listener for agents.
        agent_ssl_cert_file: String = text(""), "AgentSSLCertFile", Restart;
        /// Certificate authorities (PEM) for agents' certificates.
        agent_ssl_ca_file: String = text(""), "AgentSSLCAFile", Restart;
        /// Organizational units of which an agent's certificate must have one.
        agent_ssl_valid_ous: List = list([]), "AgentSSLValidOUs", Restart;
        /// Minutes between two polls of an agent.
        agent_poll_minutes: u64 = 60, "AgentPollMinutes", Live;
        /// Hours after which an agent that did not call is forgotten.
        unseen_agent_forget_hours: u64 = 6, "UnseenAgentForgetHours", Live;
        /// Minutes without progress after which a seed counts as failed.
        stale_seed_fail_minutes: u64 = 60, "StaleSeedFailMinutes", Live;
        /// Accepted; not used.
        seed_acceptable_bytes_diff: i64 = 8192, "SeedAcceptableBytesDiff", NoEffect;
        /// Seconds between a seed's target being ready and its source sending.
        seed_wait_seconds_before_send: i64 = 2, "SeedWaitSecondsBeforeSend", Live;
    }
    "Logging, audit, metrics" {
        /// Log at level DEBUG.
        debug: bool = false, "Debug", Restart;
        /// Log to syslog too.
        enable_syslog: bool = false, "EnableSyslog", Restart;
        /// File that audit lines are appended to; opened for each line, so that it can be rotated.
        audit_log_file: String = text(""), "AuditLogFile", Live;
        /// Write audit lines to syslog (`/dev/log`).
        audit_to_syslog: bool = false, "AuditToSyslog", Restart;
        /// Write audit lines to the backend; without it the audit routes have nothing to tell.
        audit_to_backend_db: bool = false, "AuditToBackendDB", Live;
        /// Days for which audit lines, detections and recoveries are kept.
        audit_purge_days: u64 = 7, "AuditPurgeDays", Live;
        /// Graphite's `host:port`; empty: no Graphite.
        graphite_addr: String = text(""), "GraphiteAddr", Restart;
        /// Prefix of metrics in Graphite; `{hostname}` stands for this host.
        graphite_path: String = text(""), "GraphitePath", Restart;
        /// Write the dots of that host name as underscores.
        graphite_convert_hostname_dots_to_underscores: bool = true, "GraphiteConvertHostnameDotsToUnderscores", Restart;
        /// Seconds between two writes to Graphite; 0 or less: none.
        graphite_poll_seconds: i64 = 60, "GraphitePollSeconds", Restart;
    }
    "Web interface" {
        /// Text that is left out of displayed host names.
        remove_text_from_hostname_display: String = text(""), "RemoveTextFromHostnameDisplay", Live;
        /// Message shown on every page.
        web_message: String = text(""), "WebMessage", Live;
    }
    "Various" {
        /// Port for servers named without one.
        default_instance_port: i64 = 3306, "DefaultInstancePort", Live;
        /// Accept parts of host names in submitted pools.
        support_fuzzy_pool_hostnames: bool = true, "SupportFuzzyPoolHostnames", Live;
        /// Minutes for which a submitted pool holds.
        instance_pool_expiry_minutes: u64 = 60, "InstancePoolExpiryMinutes", Live;
        /// Name this node in API messages: empty or `none`, `FQDN`, `hostname`, `custom`.
        prepend_messages_with_orc_identity: String = text(""), "PrependMessagesWithOrcIdentity", Restart;
        /// That name under `custom`.
        custom_orc_identity: String = text(""), "CustomOrcIdentity", Restart;
    }
}
