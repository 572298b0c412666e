use std::time::Duration;

use rstest::rstest;

use super::*;
use crate::{
    config::HostFilters,
    inventory::{
        sketch::{self, NOW, key},
        view::ClusterView,
    },
    journal::command::Command,
};

fn names(found: &[&Arc<Instance>]) -> Vec<String> {
    found.iter().map(|i| i.key.hostname().to_owned()).collect()
}

fn check_osc(text: &str, expected: &[&str]) {
    let view = sketch::mysql(text);
    assert_eq!(names(&view.cluster.osc_replicas(&view.config)), expected, "{text}");
}

#[test]
fn control_replicas_come_two_a_place() {
    check_osc("m", &[]);
    check_osc("m -> r1 r2 r3", &["r1", "r2"]);
    check_osc("m -> r1! r2 r3", &["r2", "r3"]);
    check_osc("m -> r1[dc=a] r2[dc=b] r3[dc=a] r4[dc=b] r5[dc=a]", &["r2", "r4", "r1", "r3"]);
    check_osc("m -> r1[lag=1] r2[lag=9] r3[lag=5]", &["r2", "r3"]);
    check_osc("m -> r1 r2 r3 -> s1 s2 s3", &["r3", "r1", "s1", "s2"]);
    check_osc("m -> r1 -> s1 -> t1", &["r1", "s1", "t1"]);
}

#[test]
fn filtered_servers_are_no_control_replicas() {
    let mut view = sketch::mysql("m -> r1 r2 r3");
    let (filters, bad) = HostFilters::new(&["r1:3306"].into());
    assert!(bad.is_empty());
    sketch::configure(&mut view, |config| config.filters.osc_ignore = filters);
    assert_eq!(names(&view.cluster.osc_replicas(&view.config)), ["r2", "r3"]);
}

#[test]
fn replicas_for_schema_changes_log_rows() {
    let mut view = sketch::mysql("m -> r1 r2 r3! r4 r5 -> s1");
    let change = |view: &mut ClusterView, name: &str, format: &str, updates: bool| {
        sketch::change(view, name, |instance| {
            let state = Arc::make_mut(instance.state.as_mut().unwrap());
            state.binlog.format = format.to_owned();
            state.binlog.log_replica_updates = updates;
        });
    };
    change(&mut view, "r1", "STATEMENT", true);
    change(&mut view, "r4", "ROW", false);
    assert_eq!(names(&view.cluster.ghost_replicas()), ["r2", "s1", "r5"]);
}

#[test]
fn the_greatest_known_lag_counts() {
    let lag = |text: &str| {
        let view = sketch::mysql(text);
        let servers: Vec<_> = view.cluster.instances.values().collect();
        greatest_lag(&servers)
    };
    assert_eq!(lag("m"), Some(0));
    assert_eq!(lag("m -> r1[lag=3] r2[lag=40] r3"), Some(40));
    assert_eq!(greatest_lag(&[]), None);
}

#[rstest]
#[case::all(None, &["r1", "r2"])]
#[case::one(Some("web"), &["r1", "r2"])]
#[case::with_strangers(Some("mixed"), &["r1"])]
#[case::expired(Some("old"), &[])]
#[case::unknown(Some("nosuch"), &[])]
fn pools_have_the_servers_of_the_cluster(#[case] pool: Option<&str>, #[case] expected: &[&str]) {
    let view = sketch::mysql("m -> r1 r2 r3 bad!");
    let mut fleet = FleetView::default();
    for name in view.cluster.instances.keys() {
        fleet.index.insert_mut(name.clone(), view.cluster.name.as_str().into());
    }
    let expiry = view.config.instance_pool_expiry();
    let facts = Arc::make_mut(&mut fleet.facts);
    let old = NOW - expiry - Duration::from_secs(1);
    for (pool, members, at) in [
        ("web", vec!["r2", "r1", "bad"], NOW - expiry),
        ("mixed", vec!["r1", "stranger"], NOW),
        ("foreign", vec!["stranger"], NOW),
        ("old", vec!["r3"], old),
    ] {
        let members = members.into_iter().map(key).collect();
        facts.apply(&Command::SubmitPool { pool: pool.to_owned(), members, at });
    }
    let found = fleet.pool_instances(&view.cluster, pool, &view.config, NOW);
    assert_eq!(names(&found), expected);
    let pools = fleet.pools(Some("m:3306"), None, &view.config, NOW);
    assert_eq!(pools.keys().collect::<Vec<_>>(), [&"mixed", &"web"], "those with known servers");
    assert!(fleet.pools(Some("other:3306"), None, &view.config, NOW).is_empty());
    assert_eq!(fleet.pools(None, None, &view.config, NOW).len(), 2);
}
