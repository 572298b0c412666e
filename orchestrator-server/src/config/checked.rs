//! The configuration as the rest of the server uses it: the values of the files beside their
//! compiled forms. Whoever holds a `Config` need not ask again what is valid or which key wins.

use regex::Regex;

use super::address::{HostPort, Networks};
use super::choices::{
    Authentication, Backend, GrayFailurePolicy, HostnameResolve, Listen, LossPolicy,
    MessageIdentity, MysqlHostnameResolve, Raft, SqlThreadPolicy,
};
use super::draft::Draft;
use super::filters::{ClusterAliases, ClusterFilters, HostFilters, RegexFilters};
use super::hooks::Hooks;
use super::policy::LossPolicies;
use super::raw::RawConfig;
use super::{adjust, choose, compile, limits, rules};

/// The SQLite file when none is configured.
pub const DEFAULT_SQLITE_FILE: &str = "/var/lib/orchestrator/orchestrator.db";

/// A configuration that was checked. It never changes: a reload makes a new one.
#[derive(Clone, Debug)]
pub struct Config {
    /// Every key's value, adjusted. Where a compiled form stands below, use that.
    pub raw: RawConfig,
    /// Where the state is kept. With raft, only what to import from.
    pub backend: Backend,
    /// Where the web interface and API are found.
    pub listen: Listen,
    /// Where agents call, if they are served.
    pub agents_listen: Option<HostPort>,
    /// This node among others, if raft is on.
    pub raft: Option<Raft>,
    /// How callers say who they are.
    pub authentication: Authentication,
    /// Proxies whose user headers are believed; empty: any.
    pub trusted_proxies: Networks,
    /// How a host name is normalised.
    pub hostname_resolve: HostnameResolve,
    /// The name by which a server is known.
    pub mysql_hostname_resolve: MysqlHostnameResolve,
    /// The name of this node in front of API messages.
    pub message_identity: MessageIdentity,
    /// What to do about a source that answers but does not work.
    pub gray_failure: GrayFailurePolicy,
    /// What to do when the server to promote has not executed all.
    pub sql_thread: SqlThreadPolicy,
    /// What a failover may lose, by cluster.
    pub loss_policies: LossPolicies,
    /// Servers to discover after start.
    pub discovery_seeds: Vec<HostPort>,
    /// Aliases by cluster name.
    pub cluster_aliases: ClusterAliases,
    /// Which servers and clusters something is or is not done for.
    pub filters: Filters,
    /// What is read from names and binary logs.
    pub patterns: Patterns,
    /// The hook lists.
    pub hooks: Hooks,
}

/// The filter lists, each named for its key.
#[derive(Clone, Debug, Default)]
pub struct Filters {
    /// Replicas that are not discovered.
    pub discovery_ignore_replica: HostFilters,
    /// Sources that are not discovered from their replicas.
    pub discovery_ignore_master: HostFilters,
    /// Servers that are not discovered.
    pub discovery_ignore: HostFilters,
    /// Replication users whose servers are not discovered.
    pub discovery_ignore_replication_user: RegexFilters,
    /// Servers that are no problem.
    pub problem_ignore: HostFilters,
    /// Servers that are not promoted.
    pub promotion_ignore: HostFilters,
    /// Servers that are not listed as control replicas.
    pub osc_ignore: HostFilters,
    /// Servers that are not analysed; matched with the host name alone.
    pub recovery_ignore: RegexFilters,
    /// Clusters whose source is recovered automatically.
    pub recover_master: ClusterFilters,
    /// Clusters whose intermediate sources are recovered automatically.
    pub recover_intermediate_master: ClusterFilters,
}

/// The single patterns.
#[derive(Clone, Debug, Default)]
pub struct Patterns {
    /// Resolved names that are not used.
    pub reject_hostname_resolve: Option<Regex>,
    /// Its first group is the data center; has one.
    pub data_center: Option<Regex>,
    /// Its first group is the region; has one.
    pub region: Option<Regex>,
    /// Its first group is the physical environment; has one.
    pub physical_environment: Option<Regex>,
    /// A Pseudo-GTID entry.
    pub pseudo_gtid: Option<PseudoGtidPattern>,
}

/// What a Pseudo-GTID entry looks like.
#[derive(Clone, Debug)]
pub enum PseudoGtidPattern {
    /// It contains this text.
    Text(String),
    /// It matches.
    Regex(Regex),
}

impl PseudoGtidPattern {
    /// Whether a statement is a Pseudo-GTID entry.
    pub fn matches(&self, statement: &str) -> bool {
        match self {
            Self::Text(text) => statement.contains(text),
            Self::Regex(regex) => regex.is_match(statement),
        }
    }
}

impl Default for Config {
    /// What runs without any file.
    fn default() -> Self {
        Self::check(&mut Draft::default())
    }
}

impl Config {
    /// Adjusts and checks a draft. What is wrong is left in the draft; if there are errors, the
    /// result must not be used.
    pub(super) fn check(draft: &mut Draft) -> Self {
        limits::apply(draft);
        adjust::adjust(draft);
        rules::check(draft);
        Self {
            backend: choose::backend(draft),
            listen: choose::listen(draft),
            agents_listen: choose::agents_listen(draft),
            raft: choose::raft(draft),
            authentication: choose::authentication(draft),
            trusted_proxies: choose::trusted_proxies(draft),
            hostname_resolve: choose::hostname_resolve(draft),
            mysql_hostname_resolve: choose::mysql_hostname_resolve(draft),
            message_identity: choose::message_identity(draft),
            gray_failure: choose::gray_failure(draft),
            sql_thread: choose::sql_thread(&draft.raw),
            loss_policies: compile::loss_policies(draft),
            discovery_seeds: choose::discovery_seeds(draft),
            cluster_aliases: compile::cluster_aliases(draft),
            filters: compile::filters(draft),
            patterns: compile::patterns(draft),
            hooks: Hooks::new(&draft.raw),
            raw: draft.raw.clone(),
        }
    }

    /// What a failover of a cluster may lose.
    pub fn policy_for(&self, cluster_name: &str, alias: &str) -> LossPolicy {
        self.loss_policies.policy_for(cluster_name, alias)
    }
}
