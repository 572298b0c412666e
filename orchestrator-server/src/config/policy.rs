//! What a failover may lose, by cluster.

use super::choices::LossPolicy;
use super::filters::ClusterFilter;
use super::setting::PerCluster;

/// The loss policies of all clusters.
#[derive(Clone, Debug)]
pub struct LossPolicies {
    otherwise: LossPolicy,
    by_filter: Vec<(ClusterFilter, LossPolicy)>,
}

impl Default for LossPolicies {
    fn default() -> Self {
        Self { otherwise: LossPolicy::Available, by_filter: Vec::new() }
    }
}

impl LossPolicies {
    /// Reads the setting. What is wrong comes back beside what could be read.
    pub(super) fn new(setting: &PerCluster) -> (Self, Vec<String>) {
        let mut policies = Self::default();
        let mut errors = Vec::new();
        let mut parse = |text: &str| {
            let policy = LossPolicy::parse(text);
            if policy.is_none() {
                errors.push(format!("{text:?} is not one of {}", LossPolicy::NAMES.join(", ")));
            }
            policy.unwrap_or(LossPolicy::Lossless)
        };
        match setting {
            PerCluster::All(text) => policies.otherwise = parse(text),
            PerCluster::Each(map) => {
                let mut bad_filters = Vec::new();
                for (text, policy) in map.iter() {
                    let policy = parse(policy);
                    let (filter, error) = ClusterFilter::new(text);
                    bad_filters.extend(error.map(|error| format!("{text:?} {error}")));
                    if filter.is_every() {
                        policies.otherwise = policy;
                    } else {
                        policies.by_filter.push((filter, policy));
                    }
                }
                errors.append(&mut bad_filters);
            }
        }
        (policies, errors)
    }

    /// The strictest policy whose filter matches the cluster; that of `*` if none does. So the
    /// order of the entries, which tools that write JSON do not keep, means nothing.
    pub fn policy_for(&self, cluster_name: &str, alias: &str) -> LossPolicy {
        let matching =
            self.by_filter.iter().filter(|(filter, _)| filter.matches(cluster_name, alias));
        matching.map(|(_, policy)| *policy).max().unwrap_or(self.otherwise)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::setting::Setting;

    fn read(json: &str) -> (LossPolicies, Vec<String>) {
        let mut setting = PerCluster::All(String::new());
        setting.read(json).unwrap();
        LossPolicies::new(&setting)
    }

    #[test]
    fn the_strictest_matching_policy_holds() {
        use LossPolicy::{Available, Bounded, Lossless};
        let map = r#"{"alias=shop": "lossless", "*": "bounded", "m1": "available", "alias~=^s": "bounded"}"#;
        let cases: &[(&str, &str, &str, LossPolicy)] = &[
            (r#""available""#, "m1:3306", "shop", Available),
            (r#""Lossless""#, "m1:3306", "shop", Lossless),
            (map, "m1:3306", "shop", Lossless),
            (map, "m1:3306", "site", Bounded),
            (map, "m1:3306", "blog", Available),
            (map, "m2:3306", "blog", Bounded),
            (r#"{"alias=shop": "lossless"}"#, "m1:3306", "blog", Available),
            ("{}", "m1:3306", "blog", Available),
        ];
        for (json, cluster, alias, expected) in cases {
            let (policies, errors) = read(json);
            assert_eq!(errors, Vec::<String>::new());
            assert_eq!(policies.policy_for(cluster, alias), *expected, "{json} {cluster} {alias}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let (_, errors) = read(r#"{"a": "losless", "(": "bounded"}"#);
        assert_eq!(errors.len(), 2);
        assert_eq!(errors[0], "\"losless\" is not one of available, bounded, lossless");
        assert!(errors[1].starts_with("\"(\" is no regular expression"), "{errors:?}");
    }
}
