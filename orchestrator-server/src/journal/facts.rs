//! The durable state that Commands build: hints, detections, recoveries. It is a value: cloning
//! shares everything, so a snapshot for readers costs nothing. Unknown fields are refused when it
//! is read: a version that does not know a fact must not drop it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use rpds::{HashTrieMapSync, RedBlackTreeMapSync};
use serde::{Deserialize, Serialize};
use shared::{InstanceKey, PromotionRule};

use super::{
    command::{AckSelector, Command, RecoveryEnd},
    hints::{HostAttribute, Maintenance, Pool, Tags, VirtualName},
};
use crate::{
    analysis::Code,
    clock::Moment,
    decision::step::{Step, StepResult},
};

/// Everything that must survive a restart, apart from the cache of observations and the audit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Facts {
    /// Number of the last command applied.
    pub applied: u64,
    /// Downtimes by server, expired ones included until they are purged.
    pub downtimes: RedBlackTreeMapSync<InstanceKey, Downtime>,
    /// Announced promotion rules by server, expired ones included until they are purged.
    pub candidates: RedBlackTreeMapSync<InstanceKey, Candidate>,
    /// Forgotten servers and until when they stay so.
    pub forgotten: HashTrieMapSync<InstanceKey, Moment>,
    /// Cluster aliases by cluster name, as people want them: they win over queries.
    pub alias_overrides: HashTrieMapSync<String, String>,
    /// Cluster aliases by cluster name, as assigned by failovers.
    pub aliases: HashTrieMapSync<String, String>,
    /// Detections by number.
    pub detections: RedBlackTreeMapSync<u64, Arc<Detection>>,
    /// Recoveries by number.
    pub recoveries: RedBlackTreeMapSync<u64, Arc<Recovery>>,
    /// Refused recoveries by failed server.
    pub blocked: RedBlackTreeMapSync<InstanceKey, Blocked>,
    /// Automated recoveries are switched off.
    pub recoveries_disabled: bool,
    /// Locks by server, expired ones included until they are purged.
    pub maintenances: RedBlackTreeMapSync<InstanceKey, Maintenance>,
    /// Tags by server; none of them empty.
    pub tags: RedBlackTreeMapSync<InstanceKey, Arc<Tags>>,
    /// Pools by name, expired ones included until they are purged.
    pub pools: RedBlackTreeMapSync<String, Pool>,
    /// Attributes by host, then by name.
    pub host_attributes: RedBlackTreeMapSync<String, Arc<BTreeMap<String, HostAttribute>>>,
    /// Virtual names by the host's own name, expired ones included until they are purged.
    pub virtual_names: RedBlackTreeMapSync<String, VirtualName>,
    /// Numbers given so far.
    pub counters: Counters,
    /// How often facts of another program were taken over.
    pub imports: u64,
}

/// The last number given of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counters {
    /// Detections.
    pub detection: u64,
    /// Recoveries.
    pub recovery: u64,
    /// Lines of recovery audits.
    pub line: u64,
    /// Maintenance locks.
    #[serde(default)]
    pub maintenance: u64,
}

/// A server is out of service on purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Downtime {
    /// Who announced it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// From when.
    pub begins: Moment,
    /// Until when.
    pub ends: Moment,
}

/// An announced promotion rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// The rule.
    pub rule: PromotionRule,
    /// When it was last announced.
    pub at: Moment,
}

/// A problem that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detection {
    /// Its number; given when it is applied.
    pub id: u64,
    /// The server with the problem.
    pub key: InstanceKey,
    /// The problem.
    pub code: Code,
    /// Cluster name.
    pub cluster: String,
    /// Cluster alias.
    pub alias: String,
    /// The server's replicas.
    pub replicas: Vec<InstanceKey>,
    /// Something can be done about it.
    pub actionable: bool,
    /// When.
    pub at: Moment,
    /// Not repeated while it is active.
    pub active: bool,
    /// Node that found it.
    pub node: Node,
}

/// A process of this program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Host name of the machine.
    pub hostname: String,
    /// Random token of the process.
    pub token: String,
}

/// A recovery: from its registration to its end, with everything needed to go on with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recovery {
    /// Its number; given when it is applied.
    pub id: u64,
    /// Its unique name.
    pub uid: String,
    /// The server that failed.
    pub key: InstanceKey,
    /// The problem.
    pub code: Code,
    /// Cluster name when it began.
    pub cluster: String,
    /// Cluster alias; the cluster name where there is none.
    pub alias: String,
    /// Cluster domain; empty if none.
    pub domain: String,
    /// The failed server's replicas when it began.
    pub replicas: Vec<InstanceKey>,
    /// A named candidate, for requested recoveries.
    pub wanted: Option<InstanceKey>,
    /// Requested by a person: filters, downtime and blocks do not count.
    pub forced: bool,
    /// Hooks are not run.
    pub skip_hooks: bool,
    /// The detection that led to it.
    pub detection_id: u64,
    /// Node that runs it.
    pub node: Node,
    /// First failed attempt to reach the failed server.
    pub failing_since: Option<Moment>,
    /// When it began.
    pub started: Moment,
    /// It blocks others of its cluster (anti-flapping).
    pub active: bool,
    /// The steps of the latest batch whose results are not noted: each may or may not have
    /// happened. Who goes on with the recovery looks at the servers before it decides anew; the
    /// next batch takes their place.
    pub intended: Vec<Step>,
    /// Results so far, in the order in which they were noted. A step that was tried twice stands
    /// here twice.
    pub done: Vec<StepResult>,
    /// Audit lines.
    pub lines: Vec<Line>,
    /// Its end; none while it runs.
    pub end: Option<RecoveryEnd>,
    /// Acknowledgement.
    pub acknowledged: Option<Acknowledgement>,
    /// When a process began to go on with it; what was read before counts for nothing then.
    #[serde(default)]
    pub resumed: Option<Moment>,
    /// Servers that it replaced, or failed to promote, and when they were last seen harmless.
    #[serde(default)]
    pub fenced: BTreeMap<InstanceKey, Moment>,
}

/// One line of a recovery's audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Number, unique among all recoveries.
    pub id: u64,
    /// When.
    pub at: Moment,
    /// In words.
    pub message: String,
}

/// Who acknowledged a recovery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledgement {
    /// When.
    pub at: Moment,
    /// Who.
    pub by: String,
    /// Why.
    pub comment: String,
}

/// A recovery that another one blocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blocked {
    /// Cluster name.
    pub cluster: String,
    /// The problem.
    pub code: Code,
    /// When it was last refused.
    pub at: Moment,
    /// The blocking recovery.
    pub blocking_id: u64,
}

/// What applying a command told the proposer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Number given to a new detection, recovery or lock, 0 if it was refused; otherwise how many facts
    /// changed.
    pub number: u64,
}

impl Facts {
    /// Apply one command. Never fails: a command about something unknown changes nothing.
    pub fn apply(&mut self, command: &Command) -> Applied {
        self.applied += 1;
        let number = match command {
            Command::BeginDowntime { key, owner, reason, begins, ends } => {
                let downtime = Downtime {
                    owner: owner.clone(),
                    reason: reason.clone(),
                    begins: *begins,
                    ends: *ends,
                };
                self.downtimes.insert_mut(key.clone(), downtime);
                1
            }
            Command::EndDowntime { key } => u64::from(self.downtimes.remove_mut(key)),
            Command::RegisterCandidate { key, rule, at } => {
                self.candidates.insert_mut(key.clone(), Candidate { rule: *rule, at: *at });
                1
            }
            Command::Forget { key, until } => {
                self.forgotten.insert_mut(key.clone(), *until);
                1
            }
            Command::Remember { key } => u64::from(self.forgotten.remove_mut(key)),
            Command::RegisterDetection(detection) => self.register_detection(detection),
            Command::RegisterRecovery(recovery) => self.register_recovery(recovery),
            Command::IntendSteps { uid, steps, .. } => {
                self.change_running(uid, |r| r.intended.clone_from(steps))
            }
            Command::NoteResults { uid, results, .. } => self.change_recovery(uid, |r| {
                r.done.extend(results.iter().cloned());
                r.intended.retain(|step| !results.iter().any(|result| result.step == *step));
            }),
            Command::NoteProgress { uid, lines } => self.note_progress(uid, lines),
            Command::ResolveRecovery { uid, end } => self.resolve(uid, end),
            Command::MarkFenced { uid, key, at } => self.change_recovery(uid, |r| {
                r.fenced.insert(key.clone(), *at);
            }),
            Command::ExpireActivePeriods { at, recoveries_after, detections_after } => {
                self.end_active_periods(*at - *recoveries_after, *at - *detections_after)
            }
            Command::Acknowledge { selector, by, comment, at } => {
                self.acknowledge(selector, by, comment, *at)
            }
            Command::RegisterBlocked { key, cluster, code, blocking_id, at } => {
                let blocked = Blocked {
                    cluster: cluster.clone(),
                    code: *code,
                    at: *at,
                    blocking_id: *blocking_id,
                };
                self.blocked.insert_mut(key.clone(), blocked);
                1
            }
            Command::SetRecoveriesDisabled(disabled) => {
                self.recoveries_disabled = *disabled;
                1
            }
            Command::OverrideClusterAlias { cluster, alias } => {
                give_alias(&mut self.alias_overrides, cluster, alias);
                1
            }
            Command::SetClusterAlias { cluster, alias } => {
                self.set_alias(cluster, alias);
                1
            }
            Command::BeginMaintenance { key, maintenance } => {
                self.begin_maintenance(key, maintenance.clone())
            }
            Command::EndMaintenance { key } => u64::from(self.maintenances.remove_mut(key)),
            Command::EndMaintenanceById { id } => self.end_maintenance_by_id(*id),
            Command::PutTag { key, name, value } => self.put_tag(key, name, value),
            Command::Untag { key, name, value } => self.untag(key.as_ref(), name, value.as_deref()),
            Command::SubmitPool { pool, members, at } => self.submit_pool(pool, members, *at),
            Command::SetHostAttribute { host, name, value, at } => {
                let attribute = HostAttribute { value: value.clone(), at: *at };
                self.set_host_attribute(host, name, attribute)
            }
            Command::RegisterVirtualName { hostname, name, at } => {
                let name = VirtualName { name: name.clone(), at: *at };
                self.virtual_names.insert_mut(hostname.clone(), name);
                1
            }
            Command::DeregisterVirtualName { hostname } => {
                u64::from(self.virtual_names.remove_mut(hostname))
            }
            Command::PurgeHints { at, pools_before, virtual_names_before } => {
                self.purge_hints(*at, *pools_before, *virtual_names_before)
            }
            Command::Import(imported) => self.import(imported).total(),
            Command::Audit(_) => 1,
            Command::Purge { at, history_before, candidates_before } => {
                self.purge(*at, *history_before, *candidates_before)
            }
        };
        Applied { number }
    }

    /// The recovery of this name.
    #[must_use]
    pub fn recovery(&self, uid: &str) -> Option<&Arc<Recovery>> {
        self.recoveries.values().find(|r| r.uid == uid)
    }

    /// The server's downtime, if it lasts at `now`.
    #[must_use]
    pub fn downtime(&self, key: &InstanceKey, now: Moment) -> Option<&Downtime> {
        self.downtimes.get(key).filter(|downtime| downtime.ends > now)
    }

    fn register_detection(&mut self, detection: &Detection) -> u64 {
        self.counters.detection += 1;
        let id = self.counters.detection;
        self.detections.insert_mut(id, Arc::new(Detection { id, ..detection.clone() }));
        id
    }

    /// The one place where "one recovery per cluster at a time, across nodes" is certain: two
    /// nodes may both have decided to act, but commands have one order.
    fn register_recovery(&mut self, recovery: &Recovery) -> u64 {
        if let Some(same) = self.recovery(&recovery.uid) {
            return same.id;
        }
        let excludes = |r: &Arc<Recovery>| r.end.is_none() && r.shares_servers_with(recovery);
        if self.recoveries.values().any(excludes) {
            return 0;
        }
        self.counters.recovery += 1;
        let id = self.counters.recovery;
        self.recoveries.insert_mut(id, Arc::new(Recovery { id, ..recovery.clone() }));
        id
    }

    /// A server that was replaced is announced again when it dies again.
    fn resolve(&mut self, uid: &str, end: &RecoveryEnd) -> u64 {
        let replaced =
            self.recovery(uid).map(|r| r.key.clone()).filter(|_| end.successor.is_some());
        let changed = self.change_running(uid, |r| {
            r.intended.clear();
            r.end = Some(end.clone());
        });
        if let Some(key) = replaced.filter(|_| changed > 0) {
            self.close_detections(|detection| detection.key == key);
        }
        changed
    }

    fn close_detections(&mut self, which: impl Fn(&Detection) -> bool) {
        let open: Vec<_> =
            self.detections.values().filter(|d| d.active && which(d)).cloned().collect();
        for detection in open {
            let closed = Detection { active: false, ..Detection::clone(&detection) };
            self.detections.insert_mut(closed.id, Arc::new(closed));
        }
    }

    fn change_recovery(&mut self, uid: &str, change: impl FnOnce(&mut Recovery)) -> u64 {
        let Some(found) = self.recovery(uid) else { return 0 };
        let mut recovery = Recovery::clone(found);
        change(&mut recovery);
        self.recoveries.insert_mut(recovery.id, Arc::new(recovery));
        1
    }

    /// What ended stays as it ended: a node that lost its leadership meanwhile changes nothing.
    fn change_running(&mut self, uid: &str, change: impl FnOnce(&mut Recovery)) -> u64 {
        if self.recovery(uid).is_none_or(|r| r.end.is_some()) {
            return 0;
        }
        self.change_recovery(uid, change)
    }

    fn note_progress(&mut self, uid: &str, lines: &[(Moment, String)]) -> u64 {
        let first = self.counters.line;
        let numbered = lines.iter().zip(first + 1..).map(|((at, message), id)| Line {
            id,
            at: *at,
            message: message.clone(),
        });
        let numbered: Vec<Line> = numbered.collect();
        self.counters.line += numbered.len() as u64;
        self.change_recovery(uid, |r| r.lines.extend(numbered))
    }

    fn end_active_periods(&mut self, recoveries_before: Moment, detections_before: Moment) -> u64 {
        let old = |r: &&Arc<Recovery>| r.active && r.end.is_some() && r.started < recoveries_before;
        let recoveries: Vec<_> = self.recoveries.values().filter(old).cloned().collect();
        for recovery in &recoveries {
            let ended = Recovery { active: false, ..Recovery::clone(recovery) };
            self.recoveries.insert_mut(ended.id, Arc::new(ended));
        }
        let old = |d: &&Arc<Detection>| d.active && d.at < detections_before;
        let detections: Vec<_> = self.detections.values().filter(old).cloned().collect();
        for detection in &detections {
            let ended = Detection { active: false, ..Detection::clone(detection) };
            self.detections.insert_mut(ended.id, Arc::new(ended));
        }
        self.drop_blocks_without_cause();
        (recoveries.len() + detections.len()) as u64
    }

    fn acknowledge(&mut self, selector: &AckSelector, by: &str, comment: &str, at: Moment) -> u64 {
        let chosen: Vec<_> = self
            .recoveries
            .values()
            .filter(|r| r.acknowledged.is_none() && selector.selects_recovery(r))
            .cloned()
            .collect();
        for recovery in &chosen {
            let ack = Acknowledgement { at, by: by.to_owned(), comment: comment.to_owned() };
            let changed =
                Recovery { active: false, acknowledged: Some(ack), ..Recovery::clone(recovery) };
            self.recoveries.insert_mut(changed.id, Arc::new(changed));
        }
        let cleared: Vec<_> = self
            .detections
            .values()
            .filter(|d| d.active && selector.clears_detection(d))
            .cloned()
            .collect();
        for detection in &cleared {
            let changed = Detection { active: false, ..Detection::clone(detection) };
            self.detections.insert_mut(changed.id, Arc::new(changed));
        }
        self.drop_blocks_without_cause();
        chosen.len() as u64
    }

    fn drop_blocks_without_cause(&mut self) {
        let stale: Vec<InstanceKey> = self
            .blocked
            .iter()
            .filter(|(_, b)| !self.recoveries.get(&b.blocking_id).is_some_and(|r| r.active))
            .map(|(key, _)| key.clone())
            .collect();
        for key in stale {
            self.blocked.remove_mut(&key);
        }
    }

    /// What a person called the cluster moves with it to its new name.
    fn set_alias(&mut self, cluster: &str, alias: &str) {
        give_alias(&mut self.aliases, cluster, alias);
        if self.alias_overrides.values().any(|a| a == alias) {
            give_alias(&mut self.alias_overrides, cluster, alias);
        }
    }

    fn purge(&mut self, at: Moment, history_before: Moment, candidates_before: Moment) -> u64 {
        let mut dropped = 0;
        macro_rules! drop_where {
            ($map:ident, $old:expr) => {
                let keys: Vec<_> =
                    self.$map.iter().filter(|(_, v)| $old(*v)).map(|(k, _)| k.clone()).collect();
                dropped += keys.len() as u64;
                for key in keys {
                    self.$map.remove_mut(&key);
                }
            };
        }
        drop_where!(downtimes, |d: &Downtime| d.ends <= at);
        drop_where!(candidates, |c: &Candidate| c.at < candidates_before);
        drop_where!(forgotten, |until: &Moment| *until <= at);
        drop_where!(detections, |d: &Arc<Detection>| d.at < history_before);
        drop_where!(recoveries, |r: &Arc<Recovery>| r.is_over() && r.started < history_before);
        self.drop_blocks_without_cause();
        dropped
    }
}

/// One alias names one cluster: an older holder loses it. An empty alias names none.
fn give_alias(aliases: &mut HashTrieMapSync<String, String>, cluster: &str, alias: &str) {
    if alias.is_empty() {
        aliases.remove_mut(cluster);
        return;
    }
    let holders: Vec<String> =
        aliases.iter().filter(|(_, a)| *a == alias).map(|(c, _)| c.clone()).collect();
    for holder in holders {
        aliases.remove_mut(&holder);
    }
    aliases.insert_mut(cluster.to_owned(), alias.to_owned());
}

impl Recovery {
    /// Both are about the same cluster, or have a server in common.
    fn shares_servers_with(&self, other: &Self) -> bool {
        let servers = |r: &Self| -> BTreeSet<InstanceKey> {
            r.replicas.iter().chain([&r.key]).cloned().collect()
        };
        self.cluster == other.cluster || !servers(self).is_disjoint(&servers(other))
    }

    /// It has ended, and the server that it replaced, if it replaced one, was seen since.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.end
            .as_ref()
            .is_some_and(|end| end.successor.is_none() || self.fenced.contains_key(&self.key))
    }
}

impl AckSelector {
    fn selects_recovery(&self, r: &Recovery) -> bool {
        match self {
            Self::All => true,
            Self::Id(id) => r.id == *id,
            Self::Uid(uid) => r.uid == *uid,
            Self::Cluster { name, alias } => {
                r.cluster == *name || (!alias.is_empty() && r.alias == *alias)
            }
            Self::Instance(key) => r.key == *key,
        }
    }

    fn clears_detection(&self, d: &Detection) -> bool {
        match self {
            Self::All | Self::Id(_) | Self::Uid(_) => false,
            Self::Cluster { name, alias } => {
                d.cluster == *name || (!alias.is_empty() && d.alias == *alias)
            }
            Self::Instance(key) => d.key == *key,
        }
    }
}

#[cfg(test)]
#[path = "facts_tests.rs"]
mod tests;
