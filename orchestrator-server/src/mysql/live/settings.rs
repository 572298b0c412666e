//! What the live driver needs from the configuration, checked once.

use std::{path::PathBuf, sync::Arc, time::Duration};

use regex::Regex;
use shared::InstanceKey;

use crate::mysql::{
    dialect::{NotOneStatement, single_statement},
    state::DetectField,
};

/// Where the driver reads its settings at the beginning of each call, so that a reload takes
/// effect without a restart. Gives the same `Arc` until the configuration changes.
pub type SettingsSource = Arc<dyn Fn() -> Arc<LiveSettings> + Send + Sync>;

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
    pub hostname: HostnameMethod,
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
    pub ignored_users: Vec<Regex>,
    /// Replicas, as `host:port`, that no source is said to have
    /// (`DiscoveryIgnoreReplicaHostnameFilters`).
    pub ignored_replicas: Vec<Regex>,
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

/// Which name of a server is its hostname.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostnameMethod {
    /// The one it was asked by.
    None,
    /// `@@hostname`.
    Hostname,
    /// `@@report_host`.
    ReportHost,
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

impl HostnameMethod {
    /// Reads the value of `MySQLHostnameResolveMethod`; any unknown value means none.
    #[must_use]
    pub fn from_config(text: &str) -> Self {
        match text {
            "default" | "hostname" | "@@hostname" => Self::Hostname,
            "report_host" | "@@report_host" => Self::ReportHost,
            _ => Self::None,
        }
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
            hostname: HostnameMethod::Hostname,
            detect: Vec::new(),
            patterns: Vec::new(),
            replication_credentials: None,
            discover_by_listing: false,
            ignored_users: Vec::new(),
            ignored_replicas: Vec::new(),
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
        !user.is_empty() && self.ignored_users.iter().any(|filter| filter.is_match(user))
    }

    /// This replica is left out of what its source reports.
    #[must_use]
    pub fn ignores_replica(&self, key: &InstanceKey) -> bool {
        let text = key.to_string();
        self.ignored_replicas.iter().any(|filter| filter.is_match(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("default", HostnameMethod::Hostname)]
    #[case("hostname", HostnameMethod::Hostname)]
    #[case("@@hostname", HostnameMethod::Hostname)]
    #[case("report_host", HostnameMethod::ReportHost)]
    #[case("@@report_host", HostnameMethod::ReportHost)]
    #[case("none", HostnameMethod::None)]
    #[case("", HostnameMethod::None)]
    #[case("anything", HostnameMethod::None)]
    fn hostname_methods(#[case] text: &str, #[case] expected: HostnameMethod) {
        assert_eq!(HostnameMethod::from_config(text), expected);
    }

    #[test]
    fn operators_queries_are_one_statement() {
        assert_eq!(OperatorQuery::from_config("  "), None);
        let query = OperatorQuery::from_config("select 'a;b';").unwrap();
        assert_eq!(query.statement(), Ok("select 'a;b'"));
        let query = OperatorQuery::from_config("select 1; drop table t").unwrap();
        assert_eq!(query.statement(), Err(NotOneStatement::Several));
    }

    #[test]
    fn user_filters() {
        let mut settings = LiveSettings::for_account("orchestrator", "");
        settings.ignored_users = vec![Regex::new("^dump_").unwrap()];
        assert!(settings.ignores_user("dump_1"));
        assert!(!settings.ignores_user("repl") && !settings.ignores_user(""));
    }
}
