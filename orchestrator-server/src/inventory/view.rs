//! What readers see of the fleet: immutable pictures that share their parts. Nothing here
//! changes anything or does I/O.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use rpds::HashTrieMapSync;
use shared::{Flavor, InstanceKey, PromotionRule, Source};

use super::names::Names;
use crate::{
    clock::Moment,
    config::Config,
    journal::facts::{Downtime, Facts},
    mysql::{
        driver::{FailureKind, ProbeFailure},
        state::{Channel, Metadata, ServerState},
    },
};

/// The whole fleet at one time.
#[derive(Clone, Debug, Default)]
pub struct FleetView {
    /// Clusters by name.
    pub clusters: HashTrieMapSync<String, Arc<Cluster>>,
    /// Each server's cluster name.
    pub index: HashTrieMapSync<InstanceKey, Arc<str>>,
    /// Names of servers that go by another one.
    pub names: Names,
    /// Hints, detections, recoveries.
    pub facts: Arc<Facts>,
}

/// One cluster: the servers that hang together by replication.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// Its name: `host:port` of its head.
    pub name: String,
    /// Its alias; empty if none was found.
    pub alias: String,
    /// Its domain; empty if none was found.
    pub domain: String,
    /// Its servers.
    pub instances: BTreeMap<InstanceKey, Arc<Instance>>,
}

/// What is known about one server.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    /// The server.
    pub key: InstanceKey,
    /// Its last good state, however old; none if it never answered.
    pub state: Option<Arc<ServerState>>,
    /// Where it replicates from, resolved to the name of a known server where there is one.
    pub source: Source,
    /// The operator's metadata; what could not be read lately keeps its last good value.
    pub metadata: Metadata,
    /// When and how it was last checked.
    pub check: Check,
    /// Its place in the topology.
    pub place: Place,
}

/// When and how a server was last checked. Times before this process started come from storage
/// and are shown, but are no evidence.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Check {
    /// End of the last good probe.
    pub last_seen: Option<Moment>,
    /// End of the last probe, good or bad.
    pub last_checked: Option<Moment>,
    /// Start of the last probe.
    pub last_attempted: Option<Moment>,
    /// Why the last probe failed; none if it was good.
    pub failure: Option<ProbeFailure>,
    /// Start of the probe that read the present state, if this process made it.
    pub state_since: Option<Moment>,
    /// Fresh connection attempts that failed since the last sign of life, oldest first, made by
    /// this process. Only the first and the last few are kept.
    pub failed_attempts: Vec<FailedAttempt>,
    /// Time that the last good probe took.
    pub latency: Duration,
}

/// A fresh connection attempt that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailedAttempt {
    /// When it began.
    pub started: Moment,
    /// When it failed.
    pub finished: Moment,
    /// How.
    pub kind: FailureKind,
}

/// A server's place in the topology.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Steps from the head of the cluster.
    pub depth: u32,
    /// It and its source replicate from each other.
    pub co_master: bool,
    /// Server UUIDs from the head to itself, comma separated.
    pub ancestry: String,
    /// Transactions that its source does not have; empty if none.
    pub errant: String,
}

/// One cluster with all that a judgement needs: its servers, the hints, the configuration and
/// the time.
#[derive(Clone, Debug)]
pub struct ClusterView {
    /// The servers.
    pub cluster: Arc<Cluster>,
    /// Hints, detections, recoveries.
    pub facts: Arc<Facts>,
    /// Configuration.
    pub config: Arc<Config>,
    /// The time of the judgement.
    pub now: Moment,
}

impl FleetView {
    /// The server, if known.
    #[must_use]
    pub fn instance(&self, key: &InstanceKey) -> Option<&Arc<Instance>> {
        self.cluster_of(key)?.instances.get(key)
    }

    /// The cluster that the server belongs to.
    #[must_use]
    pub fn cluster_of(&self, key: &InstanceKey) -> Option<&Arc<Cluster>> {
        self.clusters.get(&**self.index.get(key)?)
    }

    /// Every server, in no particular order.
    pub fn instances(&self) -> impl Iterator<Item = &Arc<Instance>> {
        self.clusters.values().flat_map(|cluster| cluster.instances.values())
    }

    /// The picture of one cluster that judgements are made on.
    #[must_use]
    pub fn judge(&self, name: &str, config: &Arc<Config>, now: Moment) -> Option<ClusterView> {
        Some(ClusterView {
            cluster: self.clusters.get(name)?.clone(),
            facts: self.facts.clone(),
            config: config.clone(),
            now,
        })
    }
}

impl Cluster {
    /// The alias, or the name where there is none.
    #[must_use]
    pub fn alias_or_name(&self) -> &str {
        if self.alias.is_empty() { &self.name } else { &self.alias }
    }

    /// Servers that replicate from `source`, sorted by key.
    pub fn replicas_of<'a>(
        &'a self,
        source: &'a InstanceKey,
    ) -> impl Iterator<Item = &'a Arc<Instance>> + 'a {
        self.instances.values().filter(move |i| i.source.attached() == Some(source))
    }
}

impl ClusterView {
    /// The server, if it belongs to the cluster.
    #[must_use]
    pub fn instance(&self, key: &InstanceKey) -> Option<&Arc<Instance>> {
        self.cluster.instances.get(key)
    }

    /// The server's downtime, if it lasts now.
    #[must_use]
    pub fn downtime(&self, key: &InstanceKey) -> Option<&Downtime> {
        self.facts.downtime(key, self.now)
    }

    /// The server's promotion rule: announced and not expired, else as its query says, else
    /// neutral. What was announced last wins over the query (spec 04, section 8, and the list of
    /// known defects: a query must not overwrite a registered rule).
    #[must_use]
    pub fn promotion_rule(&self, key: &InstanceKey) -> PromotionRule {
        promotion_rule(&self.facts, &self.config, self.now, key, self.instance(key).map(|i| &**i))
    }
}

/// See [`ClusterView::promotion_rule`].
#[must_use]
pub fn promotion_rule(
    facts: &Facts,
    config: &Config,
    now: Moment,
    key: &InstanceKey,
    instance: Option<&Instance>,
) -> PromotionRule {
    let announced = facts
        .candidates
        .get(key)
        .filter(|candidate| now.since(candidate.at) < config.candidate_expiry())
        .map(|candidate| candidate.rule);
    announced
        .or_else(|| instance.and_then(|i| i.metadata.promotion_rule))
        .unwrap_or(PromotionRule::Neutral)
}

impl Instance {
    /// A server of which nothing is known yet.
    #[must_use]
    pub fn unseen(key: InstanceKey) -> Self {
        Self {
            key,
            state: None,
            source: Source::None,
            metadata: Metadata::default(),
            check: Check::default(),
            place: Place::default(),
        }
    }

    /// Its replication channel.
    #[must_use]
    pub fn channel(&self) -> Option<&Channel> {
        self.state.as_ref()?.replication.as_ref()
    }

    /// Its flavor; MySQL as long as nothing is known.
    #[must_use]
    pub fn flavor(&self) -> Flavor {
        self.state.as_ref().map_or(Flavor::MySql, |state| state.flavor)
    }

    /// The last check was good.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.check.last_seen.is_some() && self.check.failure.is_none()
    }

    /// Not a replica, and not a secondary of a replication group (spec 05, 1.3).
    #[must_use]
    pub fn is_source_of_cluster(&self) -> bool {
        let group_allows = self
            .state
            .as_ref()
            .and_then(|s| s.group.as_ref())
            .is_none_or(|group| group.name.is_empty() || group.role == "PRIMARY");
        self.source.attached().is_none() && group_allows
    }

    /// Receiver and applier run.
    #[must_use]
    pub fn is_replicating(&self) -> bool {
        self.channel().is_some_and(Channel::replicating)
    }
}
