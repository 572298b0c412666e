//! Clusters and announced promotion rules on the wire.

use shared::wire::{CandidateDatabaseInstance, ClusterInfo};

use super::{Picture, expression};
use crate::inventory::view::Cluster;

/// A cluster with its settings.
#[must_use]
pub fn cluster_info(picture: Picture<'_>, cluster: &Cluster) -> ClusterInfo {
    ClusterInfo {
        cluster_domain: cluster.domain.clone(),
        count_instances: cluster.instances.len() as u64,
        ..named(picture, &cluster.name, cluster.alias_or_name())
    }
}

/// What is known of a cluster by its name and alias alone.
pub(super) fn named(picture: Picture<'_>, name: &str, alias: &str) -> ClusterInfo {
    let filters = &picture.config.filters;
    ClusterInfo {
        cluster_name: name.to_owned(),
        cluster_alias: alias.to_owned(),
        has_automated_master_recovery: filters.recover_master.matches(name, alias),
        has_automated_intermediate_master_recovery: filters
            .recover_intermediate_master
            .matches(name, alias),
        ..ClusterInfo::default()
    }
}

/// The announced promotion rules that have not expired, by server.
#[must_use]
pub fn candidates(picture: Picture<'_>) -> Vec<CandidateDatabaseInstance> {
    let expiry = picture.config.candidate_expiry();
    let fresh = picture
        .view
        .facts
        .candidates
        .iter()
        .filter(|(_, candidate)| picture.now.since(candidate.at) < expiry);
    fresh
        .map(|(key, candidate)| CandidateDatabaseInstance {
            hostname: key.hostname().to_owned(),
            port: key.port(),
            promotion_rule: candidate.rule,
            last_suggested_string: expression(candidate.at),
            promotion_rule_expiry: expression(candidate.at + expiry),
        })
        .collect()
}
