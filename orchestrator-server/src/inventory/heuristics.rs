//! Which servers suit a purpose: control replicas of schema changes, members of a pool, and how
//! far such servers lag (spec 02, 5.8 and spec 04, 7.6). Pure reads of pictures.

use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};

use shared::{Flavor, InstanceKey};

use super::view::{Cluster, FleetView, Instance};
use crate::{clock::Moment, config::Config};

/// Control replicas of one data centre, or below one of them.
const PER_PLACE: usize = 2;

impl Cluster {
    /// Control replicas for online schema changes: two a data centre at depth 1, two below each
    /// of those, two a data centre at depth 3.
    #[must_use]
    pub fn osc_replicas(&self, config: &Config) -> Vec<&Arc<Instance>> {
        let at_depth = |depth| {
            let fits = |i: &&Arc<Instance>| i.place.depth == depth && is_fit(i, config);
            self.two_per_data_center(self.instances.values().filter(fits).collect())
        };
        let first = at_depth(1);
        let mut found = first.clone();
        for source in first {
            let mut below: Vec<_> =
                self.replicas_of(&source.key).filter(|i| is_fit(i, config)).collect();
            below.sort_by_key(|i| Reverse(self.replica_count(i)));
            found.extend(below.into_iter().take(PER_PLACE));
        }
        found.extend(at_depth(3));
        found
    }

    /// Replicas that a binlog-reading schema change can use: ROW format, logging what they apply;
    /// those with the fewest replicas first.
    #[must_use]
    pub fn ghost_replicas(&self) -> Vec<&Arc<Instance>> {
        let fits = |i: &&Arc<Instance>| {
            let binlog = i.state.as_ref().map(|state| &state.binlog);
            i.place.depth > 0
                && i.is_valid()
                && i.flavor() != Flavor::MaxScale
                && binlog.is_some_and(|b| b.enabled && b.log_replica_updates && b.format == "ROW")
        };
        let mut found: Vec<_> = self.instances.values().filter(fits).collect();
        found.sort_by_key(|i| self.replica_count(i));
        found
    }

    fn replica_count(&self, instance: &Instance) -> usize {
        self.replicas_of(&instance.key).count()
    }

    /// Data centres in descending order; within each the servers with most replicas first, and of
    /// those without any the one that lags most.
    fn two_per_data_center<'v>(
        &self,
        mut servers: Vec<&'v Arc<Instance>>,
    ) -> Vec<&'v Arc<Instance>> {
        let data_center = |i: &Instance| i.metadata.data_center.clone().unwrap_or_default();
        servers.sort_by_cached_key(|i| {
            let replicas = self.replica_count(i);
            let lag = if replicas == 0 { i.lag_seconds() } else { None };
            (Reverse(data_center(i)), Reverse(replicas), Reverse(lag))
        });
        let mut taken: BTreeMap<String, usize> = BTreeMap::new();
        servers.retain(|i| {
            let taken = taken.entry(data_center(i)).or_default();
            *taken += 1;
            *taken <= PER_PLACE
        });
        servers
    }
}

fn is_fit(instance: &Instance, config: &Config) -> bool {
    let key = &instance.key;
    instance.is_valid()
        && instance.flavor() != Flavor::MaxScale
        && !config.filters.osc_ignore.matches(key.hostname(), key.port())
}

impl Instance {
    /// Lag by the operator's query, else as the server reports it, in seconds.
    #[must_use]
    pub fn lag_seconds(&self) -> Option<u64> {
        self.metadata.lag_seconds.or_else(|| self.channel()?.seconds_behind)
    }
}

/// The greatest known lag of the servers in seconds, 0 where none is known; none without servers.
#[must_use]
pub fn greatest_lag(servers: &[&Arc<Instance>]) -> Option<u64> {
    servers.iter().map(|instance| instance.lag_seconds().unwrap_or(0)).max()
}

impl FleetView {
    /// The pools that have not expired, with their servers that belong to the cluster; only the
    /// named pool if one is given, and every known server without a cluster.
    #[must_use]
    pub fn pools(
        &self,
        cluster: Option<&str>,
        pool: Option<&str>,
        config: &Config,
        now: Moment,
    ) -> BTreeMap<&str, Vec<&InstanceKey>> {
        let belongs = |key: &&InstanceKey| {
            self.index.get(key).is_some_and(|name| cluster.is_none_or(|wanted| **name == *wanted))
        };
        let current = self.facts.pools_since(now - config.instance_pool_expiry());
        let wanted = current.filter(|(name, _)| pool.is_none_or(|wanted| *name == wanted));
        wanted
            .map(|(name, pool)| (name.as_str(), pool.members.iter().filter(belongs).collect()))
            .filter(|(_, members): &(_, Vec<_>)| !members.is_empty())
            .collect()
    }

    /// Servers of a cluster that are in the pool, or in any; without binlog servers and servers
    /// whose last check was bad.
    #[must_use]
    pub fn pool_instances<'v>(
        &self,
        cluster: &'v Cluster,
        pool: Option<&str>,
        config: &Config,
        now: Moment,
    ) -> Vec<&'v Arc<Instance>> {
        let pools = self.pools(Some(&cluster.name), pool, config, now);
        let is_member = |key: &InstanceKey| pools.values().any(|keys| keys.contains(&key));
        let fits = |i: &&Arc<Instance>| {
            i.is_valid() && i.flavor() != Flavor::MaxScale && is_member(&i.key)
        };
        cluster.instances.values().filter(fits).collect()
    }
}

#[cfg(test)]
#[path = "heuristics_tests.rs"]
mod tests;
