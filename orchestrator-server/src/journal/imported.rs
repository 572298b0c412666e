//! Facts that another program kept, and how they are laid beside our own: what is here already
//! stays, unless theirs is newer. So importing twice is importing once.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use rpds::HashTrieMapSync;
use serde::{Deserialize, Serialize};
use shared::InstanceKey;

use super::{
    command::AuditEntry,
    facts::{Candidate, Detection, Downtime, Facts, Recovery},
    hints::{HostAttribute, Maintenance, VirtualName},
};
use crate::clock::Moment;

/// See the module's text. Numbers are the other program's; they are kept where they are free.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Imported {
    /// Downtimes.
    pub downtimes: Vec<(InstanceKey, Downtime)>,
    /// Announced promotion rules.
    pub candidates: Vec<(InstanceKey, Candidate)>,
    /// Locks.
    pub maintenances: Vec<(InstanceKey, Maintenance)>,
    /// Cluster aliases by cluster name, as people gave them; they come before the others.
    pub alias_overrides: Vec<(String, String)>,
    /// Cluster aliases by cluster name, as they were in force otherwise.
    pub aliases: Vec<(String, String)>,
    /// Tags: server, name, value.
    pub tags: Vec<(InstanceKey, String, String)>,
    /// Pools: name, servers, when submitted.
    pub pools: Vec<(String, Vec<InstanceKey>, Moment)>,
    /// Attributes: host, name, value.
    pub host_attributes: Vec<(String, String, HostAttribute)>,
    /// Virtual names by the host's own name.
    pub virtual_names: Vec<(String, VirtualName)>,
    /// Detections.
    pub detections: Vec<Detection>,
    /// Recoveries, all of them ended.
    pub recoveries: Vec<Recovery>,
    /// Automated recoveries are switched off. Counts at the first import only.
    pub recoveries_disabled: bool,
    /// The audit, with its numbers. Not part of the facts; stored beside them.
    pub audit: Vec<(u64, AuditEntry)>,
}

/// How much of what was imported was new.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the count of the field of the same name")]
pub struct Brought {
    pub downtimes: u64,
    pub candidates: u64,
    pub maintenances: u64,
    pub aliases: u64,
    pub tags: u64,
    pub pools: u64,
    pub host_attributes: u64,
    pub virtual_names: u64,
    pub detections: u64,
    pub recoveries: u64,
    pub switches: u64,
}

impl Brought {
    /// All of it.
    #[must_use]
    pub fn total(&self) -> u64 {
        let Self {
            downtimes,
            candidates,
            maintenances,
            aliases,
            tags,
            pools,
            host_attributes,
            virtual_names,
            detections,
            recoveries,
            switches,
        } = self;
        downtimes
            + candidates
            + maintenances
            + aliases
            + tags
            + pools
            + host_attributes
            + virtual_names
            + detections
            + recoveries
            + switches
    }
}

impl Facts {
    /// Takes over what is new.
    pub fn import(&mut self, imported: &Imported) -> Brought {
        let first = self.imports == 0;
        self.imports += 1;
        let switches =
            u64::from(first && imported.recoveries_disabled && !self.recoveries_disabled);
        self.recoveries_disabled |= switches > 0;
        let detections = self.import_detections(&imported.detections);
        let numbers: Vec<(u64, u64)> =
            detections.iter().map(|(old, new, _)| (*old, *new)).collect();
        Brought {
            downtimes: self.import_downtimes(imported),
            candidates: self.import_candidates(imported),
            maintenances: self.import_maintenances(imported),
            aliases: self.import_aliases(imported),
            tags: self.import_tags(imported),
            pools: self.import_pools(imported),
            host_attributes: self.import_attributes(imported),
            virtual_names: self.import_virtual_names(imported),
            detections: detections.iter().filter(|(_, _, new)| *new).count() as u64,
            recoveries: self.import_recoveries(&imported.recoveries, &numbers),
            switches,
        }
    }

    fn import_downtimes(&mut self, imported: &Imported) -> u64 {
        let newer = |key: &InstanceKey, theirs: &Downtime, facts: &Self| {
            facts.downtimes.get(key).is_none_or(|ours| ours.begins < theirs.begins)
        };
        count(&imported.downtimes, |(key, downtime)| {
            let new = newer(key, downtime, self);
            if new {
                self.downtimes.insert_mut(key.clone(), downtime.clone());
            }
            new
        })
    }

    fn import_candidates(&mut self, imported: &Imported) -> u64 {
        count(&imported.candidates, |(key, candidate)| {
            let new = self.candidates.get(key).is_none_or(|ours| ours.at < candidate.at);
            if new {
                self.candidates.insert_mut(key.clone(), candidate.clone());
            }
            new
        })
    }

    fn import_maintenances(&mut self, imported: &Imported) -> u64 {
        count(&imported.maintenances, |(key, lock)| {
            let new = self.maintenances.get(key).is_none();
            if new {
                let taken = self.maintenances.values().any(|ours| ours.id == lock.id);
                let id = number(lock.id, taken, &mut self.counters.maintenance);
                self.maintenances.insert_mut(key.clone(), Maintenance { id, ..lock.clone() });
            }
            new
        })
    }

    fn import_aliases(&mut self, imported: &Imported) -> u64 {
        let given = take_aliases(&mut self.alias_overrides, &imported.alias_overrides);
        given + take_aliases(&mut self.aliases, &imported.aliases)
    }

    fn import_tags(&mut self, imported: &Imported) -> u64 {
        count(&imported.tags, |(key, name, value)| {
            let new = self.tags_of(key).is_none_or(|ours| !ours.contains_key(name));
            if new {
                self.put_tag(key, name, value);
            }
            new
        })
    }

    fn import_pools(&mut self, imported: &Imported) -> u64 {
        count(&imported.pools, |(pool, members, at)| {
            let new = self.pools.get(pool).is_none_or(|ours| ours.at < *at);
            if new {
                self.submit_pool(pool, members, *at);
            }
            new
        })
    }

    fn import_attributes(&mut self, imported: &Imported) -> u64 {
        count(&imported.host_attributes, |(host, name, attribute)| {
            let ours = self.host_attributes.get(host).and_then(|ours| ours.get(name));
            let new = ours.is_none_or(|ours| ours.at < attribute.at);
            if new {
                self.set_host_attribute(host, name, attribute.clone());
            }
            new
        })
    }

    fn import_virtual_names(&mut self, imported: &Imported) -> u64 {
        count(&imported.virtual_names, |(hostname, name)| {
            let new = self.virtual_names.get(hostname).is_none_or(|ours| ours.at < name.at);
            if new {
                self.virtual_names.insert_mut(hostname.clone(), name.clone());
            }
            new
        })
    }

    /// Their numbers, ours, and whether each was new.
    fn import_detections(&mut self, theirs: &[Detection]) -> Vec<(u64, u64, bool)> {
        let mut numbers = Vec::with_capacity(theirs.len());
        let what = |d: &Detection| (d.key.clone(), d.code, d.at);
        let mut known: HashMap<_, u64> =
            self.detections.values().map(|ours| (what(ours), ours.id)).collect();
        for detection in theirs {
            if let Some(ours) = known.get(&what(detection)) {
                numbers.push((detection.id, *ours, false));
                continue;
            }
            let taken = self.detections.get(&detection.id).is_some();
            let id = number(detection.id, taken, &mut self.counters.detection);
            self.detections.insert_mut(id, Arc::new(Detection { id, ..detection.clone() }));
            known.insert(what(detection), id);
            numbers.push((detection.id, id, true));
        }
        numbers
    }

    fn import_recoveries(&mut self, theirs: &[Recovery], detections: &[(u64, u64)]) -> u64 {
        let taken_lines = self.counters.line > 0;
        let detections: HashMap<u64, u64> = detections.iter().copied().collect();
        let mut known: HashSet<String> =
            self.recoveries.values().map(|ours| ours.uid.clone()).collect();
        count(theirs, |recovery| {
            if !known.insert(recovery.uid.clone()) {
                return false;
            }
            let taken = self.recoveries.get(&recovery.id).is_some();
            let id = number(recovery.id, taken, &mut self.counters.recovery);
            let detection_id = detections.get(&recovery.detection_id).copied().unwrap_or(0);
            let mut recovery = Recovery { id, detection_id, ..recovery.clone() };
            for line in &mut recovery.lines {
                line.id = number(line.id, taken_lines, &mut self.counters.line);
            }
            self.recoveries.insert_mut(id, Arc::new(recovery));
            true
        })
    }
}

/// The wanted number if it is free, else the next one; none given later is the same.
fn number(wanted: u64, taken: bool, last: &mut u64) -> u64 {
    let given = if taken || wanted == 0 { *last + 1 } else { wanted };
    *last = given.max(*last);
    given
}

fn count<T>(theirs: &[T], mut import: impl FnMut(&T) -> bool) -> u64 {
    theirs.iter().filter(|one| import(one)).count() as u64
}

/// Adds aliases of clusters that have none yet.
fn take_aliases(ours: &mut HashTrieMapSync<String, String>, theirs: &[(String, String)]) -> u64 {
    count(theirs, |(cluster, alias)| {
        let new = ours.get(cluster).is_none();
        if new {
            ours.insert_mut(cluster.clone(), alias.clone());
        }
        new
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        analysis::Code,
        decision::fixtures::recovery,
        inventory::sketch::{NOW, key, mysql},
        journal::{command::Command, facts::Node},
    };
    use shared::PromotionRule;

    fn downtime(reason: &str, begins: Moment) -> Downtime {
        let ends = begins + Duration::from_secs(600);
        Downtime { owner: "dba".to_owned(), reason: reason.to_owned(), begins, ends }
    }

    fn detection(id: u64, at: Moment) -> Detection {
        Detection {
            id,
            key: key("m"),
            code: Code::DeadMaster,
            cluster: "m:3306".to_owned(),
            alias: "main".to_owned(),
            replicas: vec![key("r1")],
            actionable: true,
            at,
            active: false,
            node: Node::default(),
        }
    }

    fn theirs() -> Imported {
        let view = mysql("m! -> r1~");
        Imported {
            downtimes: vec![(key("r1"), downtime("disk", NOW))],
            candidates: vec![(key("r1"), Candidate { rule: PromotionRule::Prefer, at: NOW })],
            maintenances: vec![(
                key("r1"),
                Maintenance {
                    id: 7,
                    owner: "dba".to_owned(),
                    reason: "disk".to_owned(),
                    begins: NOW,
                    ends: NOW + Duration::from_secs(600),
                    node: None,
                },
            )],
            alias_overrides: vec![("m:3306".to_owned(), "main".to_owned())],
            aliases: vec![("x:3306".to_owned(), "other".to_owned())],
            tags: vec![(key("r1"), "role".to_owned(), "backup".to_owned())],
            pools: vec![("web".to_owned(), vec![key("r1")], NOW)],
            host_attributes: vec![(
                "r1".to_owned(),
                "rack".to_owned(),
                HostAttribute { value: "7".to_owned(), at: NOW },
            )],
            virtual_names: vec![("r1".to_owned(), VirtualName { name: "v".to_owned(), at: NOW })],
            detections: vec![detection(11, NOW)],
            recoveries: vec![Recovery { id: 5, detection_id: 11, ..recovery(&view, vec![]) }],
            recoveries_disabled: true,
            audit: Vec::new(),
        }
    }

    #[test]
    fn everything_comes_over_with_its_numbers() {
        let mut facts = Facts::default();
        assert_eq!(facts.import(&theirs()).total(), 12);
        assert_eq!(facts.maintenances.get(&key("r1")).unwrap().id, 7);
        assert_eq!(facts.recoveries.get(&5).unwrap().detection_id, 11);
        assert!(facts.recoveries_disabled);
        let counters =
            (facts.counters.detection, facts.counters.recovery, facts.counters.maintenance);
        assert_eq!(counters, (11, 5, 7));
    }

    #[test]
    fn importing_twice_is_importing_once() {
        let mut facts = Facts::default();
        facts.import(&theirs());
        let once = facts.clone();
        assert_eq!(facts.import(&theirs()).total(), 0);
        assert_eq!(facts, Facts { imports: 2, ..once });
    }

    #[test]
    fn what_is_here_stays_unless_theirs_is_newer() {
        let mut facts = Facts::default();
        let earlier = NOW - Duration::from_secs(60);
        for (reason, begins, kept) in [("old", earlier, "disk"), ("new", NOW, "new")] {
            facts.downtimes.insert_mut(key("r1"), downtime(reason, begins));
            facts.import(&theirs());
            assert_eq!(facts.downtimes.get(&key("r1")).unwrap().reason, kept);
        }
        facts.put_tag(&key("r1"), "role", "ours");
        facts.import(&theirs());
        assert_eq!(facts.tags_of(&key("r1")).unwrap()["role"], "ours");
    }

    #[test]
    fn a_switch_that_was_set_back_stays_so() {
        let mut facts = Facts::default();
        facts.import(&theirs());
        facts.apply(&Command::SetRecoveriesDisabled(false));
        facts.import(&theirs());
        assert!(!facts.recoveries_disabled);
    }

    #[test]
    fn numbers_that_are_taken_are_given_anew() {
        let mut facts = Facts::default();
        for _ in 0..11 {
            facts.apply(&Command::RegisterDetection(Box::new(detection(
                0,
                NOW - Duration::from_secs(60),
            ))));
        }
        facts.import(&theirs());
        assert_eq!(facts.recoveries.get(&5).unwrap().detection_id, 12);
        assert_eq!(facts.detections.get(&12).unwrap().at, NOW);
    }
}
