//! What the live driver needs from the configuration, checked once.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use regex::Regex;
use shared::InstanceKey;

use crate::{
    config::{Config, ConfigHandle, HostFilters, MysqlHostnameResolve, RegexFilters},
    mysql::{
        dialect::{NotOneStatement, single_statement},
        state::DetectField,
    },
};

/// Taken where the configuration sets no time limit at all: every step must end.
const LONGEST_CONNECT: Duration = Duration::from_secs(10);
/// The same for statements.
const LONGEST_STATEMENT: Duration = Duration::from_secs(60);

/// Where the driver reads its settings at the beginning of each call, so that a reload takes
/// effect without a restart. Gives the same `Arc` until the configuration changes.
pub(super) type SettingsSource = Arc<dyn Fn() -> Arc<LiveSettings> + Send + Sync>;

/// Settings of the live driver.
#[derive(Clone, Debug)]
pub struct LiveSettings {
    /// How to log in.
    pub login: Login,
    /// Longest time for one connection attempt, handshake included
    /// (`MySQLConnectTimeoutSeconds`).
    pub connect_timeout: Duration,
    /// Longest time of one probe after it has a connection
    /// (`MySQLDiscoveryReadTimeoutSeconds`).
    pub probe_timeout: Duration,
    /// Longest time of one changing statement (`InstanceBulkOperationsWaitTimeoutSeconds`).
    pub action_timeout: Duration,
    /// Persistent connections older than this are replaced; `None`: never
    /// (`MySQLConnectionLifetimeSeconds`).
    pub connection_lifetime: Option<Duration>,
    /// Which name of a server is its hostname (`MySQLHostnameResolveMethod`).
    pub hostname: MysqlHostnameResolve,
    /// The operator's queries (`Detect…Query`, `ReplicationLagQuery`).
    pub detect: Vec<(DetectField, OperatorQuery)>,
    /// Patterns with one group that give a field from the hostname (`DataCenterPattern`, …).
    pub patterns: Vec<(DetectField, Regex)>,
    /// Gives user, password, CA, certificate and key of replication
    /// (`ReplicationCredentialsQuery`).
    pub replication_credentials: Option<OperatorQuery>,
    /// Replicas come from their own announcements alone (`DiscoverByShowSlaveHosts`).
    pub discover_by_listing: bool,
    /// Servers that replicate by such a user are left alone
    /// (`DiscoveryIgnoreReplicationUsernameFilters`).
    pub ignored_users: RegexFilters,
    /// Replicas that no source is said to have (`DiscoveryIgnoreReplicaHostnameFilters`).
    pub ignored_replicas: HostFilters,
    /// Read-only means `super_read_only` too (`UseSuperReadOnly`).
    pub use_super_read_only: bool,
}

/// Account and transport of connections to servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Account name.
    pub user: String,
    /// Its password.
    pub password: String,
    /// When to use TLS.
    pub tls: TlsUse,
    /// Trust only certificates signed by one in this file; `None`: well-known authorities.
    pub ca_file: Option<PathBuf>,
    /// Client certificate and key files.
    pub client_identity: Option<(PathBuf, PathBuf)>,
    /// Accept any server certificate.
    pub skip_verify: bool,
}

/// When connections use TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsUse {
    /// Never.
    Never,
    /// Where a server refuses without (`MySQLTopologyUseMixedTLS`).
    WhereRequired,
    /// Always (`MySQLTopologyUseMutualTLS`).
    Always,
}

/// A query from the configuration, known to be one statement, or why it is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorQuery(Result<String, NotOneStatement>);

impl OperatorQuery {
    /// Checks the text of a configuration key; an empty text means that the key is not set.
    #[must_use]
    pub fn from_config(text: &str) -> Option<Self> {
        if text.trim().is_empty() {
            return None;
        }
        Some(Self(single_statement(text).map(str::to_owned)))
    }

    /// The statement.
    ///
    /// # Errors
    /// When the configured text is not exactly one statement; it must not be sent then.
    pub fn statement(&self) -> Result<&str, NotOneStatement> {
        self.0.as_deref().map_err(|error| *error)
    }
}

impl LiveSettings {
    /// Settings with the configuration's defaults and this account.
    #[must_use]
    pub fn for_account(user: &str, password: &str) -> Self {
        Self {
            login: Login {
                user: user.to_owned(),
                password: password.to_owned(),
                tls: TlsUse::WhereRequired,
                ca_file: None,
                client_identity: None,
                skip_verify: false,
            },
            connect_timeout: Duration::from_secs(2),
            probe_timeout: Duration::from_secs(10),
            action_timeout: Duration::from_secs(10),
            connection_lifetime: None,
            hostname: MysqlHostnameResolve::Hostname,
            detect: Vec::new(),
            patterns: Vec::new(),
            replication_credentials: None,
            discover_by_listing: false,
            ignored_users: RegexFilters::default(),
            ignored_replicas: HostFilters::default(),
            use_super_read_only: false,
        }
    }

    /// Longest time of one statement of a probe, so that one that hangs leaves time for the rest.
    #[must_use]
    pub fn probe_statement_timeout(&self) -> Duration {
        self.probe_timeout / 2
    }

    /// Longest time of a heartbeat: shorter than a connection attempt, which confirms it.
    #[must_use]
    pub fn heartbeat_timeout(&self) -> Duration {
        self.connect_timeout / 2
    }

    /// Servers that replicate by this user are left alone.
    #[must_use]
    pub fn ignores_user(&self, user: &str) -> bool {
        !user.is_empty() && self.ignored_users.matches(user)
    }

    /// This replica is left out of what its source reports.
    #[must_use]
    pub fn ignores_replica(&self, key: &InstanceKey) -> bool {
        self.ignored_replicas.matches(key.hostname(), key.port())
    }
}

impl From<&Config> for LiveSettings {
    fn from(config: &Config) -> Self {
        let raw = &config.raw;
        Self {
            login: login(config),
            connect_timeout: seconds(raw.mysql_connect_timeout_seconds, LONGEST_CONNECT),
            probe_timeout: seconds(raw.mysql_discovery_read_timeout_seconds, LONGEST_STATEMENT),
            action_timeout: seconds(
                raw.instance_bulk_operations_wait_timeout_seconds.try_into().unwrap_or(0),
                LONGEST_STATEMENT,
            ),
            connection_lifetime: u64::try_from(raw.mysql_connection_lifetime_seconds)
                .ok()
                .filter(|seconds| *seconds > 0)
                .map(Duration::from_secs),
            hostname: config.mysql_hostname_resolve,
            detect: detect_queries(config),
            patterns: patterns(config),
            replication_credentials: OperatorQuery::from_config(&raw.replication_credentials_query),
            discover_by_listing: raw.discover_by_show_slave_hosts,
            ignored_users: config.filters.discovery_ignore_replication_user.clone(),
            ignored_replicas: config.filters.discovery_ignore_replica.clone(),
            use_super_read_only: raw.use_super_read_only,
        }
    }
}

/// A number of seconds; none means no limit, for which the longest time stands.
fn seconds(value: i64, longest: Duration) -> Duration {
    match u64::try_from(value) {
        Ok(0) | Err(_) => longest,
        Ok(value) => Duration::from_secs(value),
    }
}

fn login(config: &Config) -> Login {
    let raw = &config.raw;
    let file = |text: &str| (!text.is_empty()).then(|| PathBuf::from(text));
    let tls = if raw.mysql_topology_use_mutual_tls {
        TlsUse::Always
    } else if raw.mysql_topology_use_mixed_tls {
        TlsUse::WhereRequired
    } else {
        TlsUse::Never
    };
    let identity = file(&raw.mysql_topology_ssl_cert_file)
        .zip(file(&raw.mysql_topology_ssl_private_key_file))
        .filter(|_| tls == TlsUse::Always);
    Login {
        user: raw.mysql_topology_user.clone(),
        password: raw.mysql_topology_password.expose().to_owned(),
        tls,
        ca_file: file(&raw.mysql_topology_ssl_ca_file),
        client_identity: identity,
        skip_verify: raw.mysql_topology_ssl_skip_verify,
    }
}

fn detect_queries(config: &Config) -> Vec<(DetectField, OperatorQuery)> {
    let raw = &config.raw;
    let queries = [
        (DetectField::InstanceAlias, &raw.detect_instance_alias_query),
        (DetectField::ClusterAlias, &raw.detect_cluster_alias_query),
        (DetectField::ClusterDomain, &raw.detect_cluster_domain_query),
        (DetectField::DataCenter, &raw.detect_data_center_query),
        (DetectField::Region, &raw.detect_region_query),
        (DetectField::PhysicalEnvironment, &raw.detect_physical_environment_query),
        (DetectField::PromotionRule, &raw.detect_promotion_rule_query),
        (DetectField::SemiSyncPriority, &raw.detect_semi_sync_enforced_query),
        (DetectField::Lag, &raw.replication_lag_query),
        (DetectField::PseudoGtid, &raw.detect_pseudo_gtid_query),
    ];
    let configured = |(field, text): (DetectField, &String)| {
        OperatorQuery::from_config(text).map(|query| (field, query))
    };
    queries.into_iter().filter_map(configured).collect()
}

fn patterns(config: &Config) -> Vec<(DetectField, Regex)> {
    let patterns = [
        (DetectField::DataCenter, &config.patterns.data_center),
        (DetectField::Region, &config.patterns.region),
        (DetectField::PhysicalEnvironment, &config.patterns.physical_environment),
    ];
    patterns.into_iter().filter_map(|(field, pattern)| Some((field, pattern.clone()?))).collect()
}

/// Settings from the running configuration, made anew only when it changes.
pub(super) fn settings_of(config: ConfigHandle) -> SettingsSource {
    let made: Mutex<Option<(Arc<Config>, Arc<LiveSettings>)>> = Mutex::default();
    Arc::new(move || {
        let current = config.current();
        let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
        match &*made {
            Some((from, settings)) if Arc::ptr_eq(from, &current) => Arc::clone(settings),
            _ => {
                let settings = Arc::new(LiveSettings::from(&*current));
                *made = Some((current, Arc::clone(&settings)));
                settings
            }
        }
    })
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
