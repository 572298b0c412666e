//! What people and their programs told about servers, beyond downtime and promotion rules:
//! maintenance locks, tags, pools, attributes of hosts, virtual names. Pure values and the way in
//! which commands change them; what they mean for a decision is not said here.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use rpds::RedBlackTreeMapSync;
use serde::{Deserialize, Serialize};
use shared::InstanceKey;

use super::facts::{Facts, Node};
use crate::clock::Moment;

/// The host of attributes that belong to no host.
pub const GENERAL_HOST: &str = "*";

/// A server is locked: nobody else moves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Maintenance {
    /// Its number, the token that ends it; given when it is applied.
    pub id: u64,
    /// Who holds it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// From when.
    pub begins: Moment,
    /// Until when, at most.
    pub ends: Moment,
    /// The process that works under it; none for a lock of a person, which outlives processes.
    pub node: Option<Node>,
}

/// The servers of a pool, as last submitted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pool {
    /// Its servers; never empty.
    pub members: Arc<BTreeSet<InstanceKey>>,
    /// When it was submitted; it expires `InstancePoolExpiryMinutes` later.
    pub at: Moment,
}

/// An attribute of a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostAttribute {
    /// Its value.
    pub value: String,
    /// When it was set.
    pub at: Moment,
}

/// The name by which replicas are to reach a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VirtualName {
    /// The name.
    pub name: String,
    /// When it was registered; it expires `ExpiryHostnameResolvesMinutes` later.
    pub at: Moment,
}

/// The tags of one server: values by name.
pub type Tags = BTreeMap<String, String>;

impl Facts {
    /// The lock on the server, if it lasts at `now`.
    #[must_use]
    pub fn maintenance(&self, key: &InstanceKey, now: Moment) -> Option<&Maintenance> {
        self.maintenances.get(key).filter(|maintenance| maintenance.ends > now)
    }

    /// The server's tags.
    #[must_use]
    pub fn tags_of(&self, key: &InstanceKey) -> Option<&Tags> {
        self.tags.get(key).map(|tags| &**tags)
    }

    /// Pools with their servers that were submitted since, or at, `since`.
    pub fn pools_since(&self, since: Moment) -> impl Iterator<Item = (&String, &Pool)> {
        self.pools.iter().filter(move |(_, pool)| pool.at >= since)
    }

    /// At most one lock per server: 0 while another one lasts. An expired one gives way.
    pub(super) fn begin_maintenance(&mut self, key: &InstanceKey, wanted: Maintenance) -> u64 {
        if self.maintenance(key, wanted.begins).is_some() {
            return 0;
        }
        self.counters.maintenance += 1;
        let id = self.counters.maintenance;
        self.maintenances.insert_mut(key.clone(), Maintenance { id, ..wanted });
        id
    }

    pub(super) fn end_maintenance_by_id(&mut self, id: u64) -> u64 {
        let found = self.maintenances.iter().find(|(_, m)| m.id == id).map(|(key, _)| key.clone());
        found.map_or(0, |key| u64::from(self.maintenances.remove_mut(&key)))
    }

    pub(super) fn put_tag(&mut self, key: &InstanceKey, name: &str, value: &str) -> u64 {
        let mut tags = self.tags_of(key).cloned().unwrap_or_default();
        tags.insert(name.to_owned(), value.to_owned());
        self.tags.insert_mut(key.clone(), Arc::new(tags));
        1
    }

    /// Takes the tag away from one server or from all; with a value only where it has that value.
    pub(super) fn untag(
        &mut self,
        key: Option<&InstanceKey>,
        name: &str,
        value: Option<&str>,
    ) -> u64 {
        let tagged = self.tagged_with(key, name, value);
        for key in &tagged {
            let mut tags = self.tags_of(key).cloned().unwrap_or_default();
            tags.remove(name);
            if tags.is_empty() {
                self.tags.remove_mut(key);
            } else {
                self.tags.insert_mut(key.clone(), Arc::new(tags));
            }
        }
        tagged.len() as u64
    }

    /// The servers, or the one server, that have the tag; with a value only those with that value.
    #[must_use]
    pub fn tagged_with(
        &self,
        key: Option<&InstanceKey>,
        name: &str,
        value: Option<&str>,
    ) -> Vec<InstanceKey> {
        let has = |tags: &Tags| {
            tags.get(name).is_some_and(|found| value.is_none_or(|value| value == found))
        };
        let wanted = |candidate: &InstanceKey| key.is_none_or(|key| key == candidate);
        let tagged = self.tags.iter().filter(|(key, tags)| wanted(key) && has(tags));
        tagged.map(|(key, _)| key.clone()).collect()
    }

    /// Replaces the servers of a pool; none at all empties it.
    pub(super) fn submit_pool(&mut self, pool: &str, members: &[InstanceKey], at: Moment) -> u64 {
        if members.is_empty() {
            return u64::from(self.pools.remove_mut(pool));
        }
        let members = Arc::new(members.iter().cloned().collect());
        self.pools.insert_mut(pool.to_owned(), Pool { members, at });
        1
    }

    pub(super) fn set_host_attribute(
        &mut self,
        host: &str,
        name: &str,
        attribute: HostAttribute,
    ) -> u64 {
        let known = self.host_attributes.get(host);
        let mut attributes = known.map(|known| (**known).clone()).unwrap_or_default();
        attributes.insert(name.to_owned(), attribute);
        self.host_attributes.insert_mut(host.to_owned(), Arc::new(attributes));
        1
    }

    pub(super) fn purge_hints(
        &mut self,
        at: Moment,
        pools_before: Moment,
        virtual_names_before: Moment,
    ) -> u64 {
        drop_where(&mut self.maintenances, |m| m.ends <= at)
            + drop_where(&mut self.pools, |pool| pool.at < pools_before)
            + drop_where(&mut self.virtual_names, |name| name.at < virtual_names_before)
    }
}

fn drop_where<K: Ord + Clone, V>(
    map: &mut RedBlackTreeMapSync<K, V>,
    old: impl Fn(&V) -> bool,
) -> u64 {
    let keys: Vec<K> = map.iter().filter(|(_, v)| old(v)).map(|(k, _)| k.clone()).collect();
    for key in &keys {
        map.remove_mut(key);
    }
    keys.len() as u64
}

#[cfg(test)]
#[path = "hints_tests.rs"]
mod tests;
