//! From the texts of filters and patterns to compiled forms. An entry that is no regular
//! expression has always been silently without effect; it still is without effect, and said.

use regex::Regex;

use super::checked::{Filters, Patterns, PseudoGtidPattern};
use super::draft::Draft;
use super::filters::{ClusterAliases, ClusterFilters, HostFilters, RegexFilters};
use super::pattern;
use super::policy::LossPolicies;
use super::setting::List;

/// Warns about the entries of a list that could not be compiled.
fn without_effect(draft: &mut Draft, key: &'static str, bad: Vec<(String, String)>) {
    for (entry, error) in bad {
        draft.warn(key, format!("entry {entry:?} {error}; it is without effect"));
    }
}

/// An empty entry is a pattern that everything matches: hardly ever what is meant.
fn warn_of_empty(draft: &mut Draft, key: &'static str, list: &List, what: &str) {
    if list.iter().any(String::is_empty) {
        draft.warn(key, format!("an empty entry matches {what}; remove it if that is not meant"));
    }
}

fn host_filters(draft: &mut Draft, key: &'static str, list: List) -> HostFilters {
    warn_of_empty(draft, key, &list, "every server");
    let (filters, bad) = HostFilters::new(&list);
    without_effect(draft, key, bad);
    filters
}

fn regex_filters(draft: &mut Draft, key: &'static str, list: List) -> RegexFilters {
    warn_of_empty(draft, key, &list, "everything");
    let (filters, bad) = RegexFilters::new(&list);
    without_effect(draft, key, bad);
    filters
}

fn cluster_filters(draft: &mut Draft, key: &'static str, list: List) -> ClusterFilters {
    warn_of_empty(draft, key, &list, "clusters without an alias");
    let (filters, bad) = ClusterFilters::new(&list);
    without_effect(draft, key, bad);
    filters
}

pub(super) fn filters(draft: &mut Draft) -> Filters {
    let raw = draft.raw.clone();
    let host = host_filters;
    Filters {
        discovery_ignore_replica: host(
            draft,
            "DiscoveryIgnoreReplicaHostnameFilters",
            raw.discovery_ignore_replica_hostname_filters,
        ),
        discovery_ignore_master: host(
            draft,
            "DiscoveryIgnoreMasterHostnameFilters",
            raw.discovery_ignore_master_hostname_filters,
        ),
        discovery_ignore: host(
            draft,
            "DiscoveryIgnoreHostnameFilters",
            raw.discovery_ignore_hostname_filters,
        ),
        discovery_ignore_replication_user: regex_filters(
            draft,
            "DiscoveryIgnoreReplicationUsernameFilters",
            raw.discovery_ignore_replication_username_filters,
        ),
        problem_ignore: host(
            draft,
            "ProblemIgnoreHostnameFilters",
            raw.problem_ignore_hostname_filters,
        ),
        promotion_ignore: host(
            draft,
            "PromotionIgnoreHostnameFilters",
            raw.promotion_ignore_hostname_filters,
        ),
        osc_ignore: host(draft, "OSCIgnoreHostnameFilters", raw.osc_ignore_hostname_filters),
        recovery_ignore: regex_filters(
            draft,
            "RecoveryIgnoreHostnameFilters",
            raw.recovery_ignore_hostname_filters,
        ),
        recover_master: cluster_filters(
            draft,
            "RecoverMasterClusterFilters",
            raw.recover_master_cluster_filters,
        ),
        recover_intermediate_master: cluster_filters(
            draft,
            "RecoverIntermediateMasterClusterFilters",
            raw.recover_intermediate_master_cluster_filters,
        ),
    }
}

pub(super) fn cluster_aliases(draft: &mut Draft) -> ClusterAliases {
    let (aliases, bad) = ClusterAliases::new(&draft.raw.cluster_name_to_alias);
    without_effect(draft, "ClusterNameToAlias", bad);
    aliases
}

pub(super) fn loss_policies(draft: &mut Draft) -> LossPolicies {
    let (policies, errors) = LossPolicies::new(&draft.raw.promotion_data_loss_policy);
    if !errors.is_empty() {
        draft.error("PromotionDataLossPolicy", errors.join("; "));
    }
    policies
}

pub(super) fn patterns(draft: &mut Draft) -> Patterns {
    let raw = draft.raw.clone();
    let pseudo_gtid = match &raw.pseudo_gtid_pattern {
        text if text.is_empty() => None,
        text if raw.pseudo_gtid_pattern_is_fixed_substring => {
            Some(PseudoGtidPattern::Text(text.clone()))
        }
        text => single(draft, "PseudoGTIDPattern", text).map(PseudoGtidPattern::Regex),
    };
    Patterns {
        reject_hostname_resolve: single(
            draft,
            "RejectHostnameResolvePattern",
            &raw.reject_hostname_resolve_pattern,
        ),
        data_center: with_group(draft, "DataCenterPattern", &raw.data_center_pattern),
        region: with_group(draft, "RegionPattern", &raw.region_pattern),
        physical_environment: with_group(
            draft,
            "PhysicalEnvironmentPattern",
            &raw.physical_environment_pattern,
        ),
        pseudo_gtid,
    }
}

fn single(draft: &mut Draft, key: &'static str, text: &str) -> Option<Regex> {
    if text.is_empty() {
        return None;
    }
    pattern::compile(text)
        .map_err(|error| draft.warn(key, format!("{error}; it is without effect")))
        .ok()
}

/// A pattern whose first group is what is looked for; without one it can find nothing.
fn with_group(draft: &mut Draft, key: &'static str, text: &str) -> Option<Regex> {
    let regex = single(draft, key, text)?;
    if regex.captures_len() < 2 {
        draft.warn(key, "has no group (...) to take the name from; it is without effect");
        return None;
    }
    Some(regex)
}
