//! Which servers a reader asks for: heads of a cluster, matches of a search, servers with
//! problems (spec 02, 5.4, 5.5 and 5.7). What is wrong with one server is said in `condition`.

use std::{cmp::Reverse, sync::Arc};

use super::{
    condition::Condition,
    view::{Cluster, FleetView, Instance},
};
use crate::{clock::Moment, config::Config};

impl FleetView {
    /// Every cluster, by name.
    #[must_use]
    pub fn sorted_clusters(&self) -> Vec<&Arc<Cluster>> {
        let mut clusters: Vec<_> = self.clusters.values().collect();
        clusters.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        clusters
    }

    /// Every server, by key.
    #[must_use]
    pub fn sorted_instances(&self) -> Vec<&Arc<Instance>> {
        let mut instances: Vec<_> = self.instances().collect();
        instances.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        instances
    }

    /// Servers with the text in their names, versions or cluster, or with exactly this server id
    /// or port; the empty text finds all. Upper and lower case are the same. Top servers first.
    #[must_use]
    pub fn search(&self, text: &str) -> Vec<&Arc<Instance>> {
        let text = text.trim().to_lowercase();
        let mut found: Vec<(&Arc<Cluster>, &Arc<Instance>)> = self
            .clusters
            .values()
            .flat_map(|cluster| cluster.instances.values().map(move |i| (cluster, i)))
            .filter(|(cluster, instance)| text.is_empty() || is_match(cluster, instance, &text))
            .collect();
        found.sort_by_cached_key(|(cluster, instance)| {
            let replicas = instance.state.as_ref().map_or(0, |state| state.replicas.len());
            (instance.place.depth, Reverse(replicas), cluster.name.clone(), instance.key.clone())
        });
        found.into_iter().map(|(_, instance)| instance).collect()
    }

    /// Servers in trouble, downtimed and ignored ones left out; by key.
    #[must_use]
    pub fn problems(&self, config: &Config, now: Moment) -> Vec<&Arc<Instance>> {
        let mut found = self.sorted_instances();
        found.retain(|instance| {
            let key = &instance.key;
            Condition::of(instance, config, now).is_problematic()
                && self.facts.downtime(key, now).is_none()
                && !config.filters.problem_ignore.matches(key.hostname(), key.port())
        });
        found
    }

    /// The name by which replicas are to reach the host, if one was registered and has not expired.
    #[must_use]
    pub fn virtual_name(&self, config: &Config, now: Moment, hostname: &str) -> Option<&str> {
        let found = self.facts.virtual_names.get(hostname)?;
        let expired =
            config.hostname_resolve_expiry().is_some_and(|expiry| now.since(found.at) >= expiry);
        (!expired).then_some(&*found.name)
    }

    /// Servers in downtime; by cluster, then depth, then key.
    #[must_use]
    pub fn downtimed(&self, now: Moment) -> Vec<&Arc<Instance>> {
        let mut found = Vec::new();
        for cluster in self.sorted_clusters() {
            let downtimed = |i: &&Arc<Instance>| self.facts.downtime(&i.key, now).is_some();
            let mut part: Vec<_> = cluster.instances.values().filter(downtimed).collect();
            part.sort_by_key(|instance| instance.place.depth);
            found.append(&mut part);
        }
        found
    }
}

fn is_match(cluster: &Cluster, instance: &Instance, text: &str) -> bool {
    let has = |candidate: &str| candidate.to_lowercase().contains(text);
    has(&instance.key.to_string())
        || has(&cluster.name)
        || has(&cluster.alias)
        || instance.key.port().to_string() == text
        || instance.state.as_ref().is_some_and(|state| {
            has(&state.version_text)
                || has(&state.version_comment)
                || state.server_id.to_string() == text
        })
}

impl Cluster {
    /// Servers that could be written to: at the top, or one of a pair that replicate from each
    /// other; the writeable ones first, then by depth (spec 04, 7.6). Servers that never answered
    /// come last.
    #[must_use]
    pub fn heads(&self) -> Vec<&Arc<Instance>> {
        let is_head = |i: &&Arc<Instance>| i.place.depth == 0 || i.place.co_master;
        let mut heads: Vec<_> = self.instances.values().filter(is_head).collect();
        heads.sort_by_key(|head| (head.state.is_none(), !head.is_writeable(), head.place.depth));
        heads
    }

    /// The writeable head.
    #[must_use]
    pub fn writeable_head(&self) -> Option<&Arc<Instance>> {
        self.heads().into_iter().find(|head| head.is_writeable())
    }
}

impl Instance {
    /// It takes writes of ordinary users, as far as it was ever seen.
    #[must_use]
    pub fn is_writeable(&self) -> bool {
        self.state.as_ref().is_some_and(|state| !state.read_only)
    }
}
