//! Each answer of the HTTP API is read into its wire type and written again, byte for byte.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::fs;
use std::path::Path;

use rstest::rstest;
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::wire::{
    AggregatedQueryMetrics, Audit, BlockedTopologyRecovery, CandidateDatabaseInstance, ClusterInfo,
    DiscoveryMetric, Envelope, HealthStatus, Instance, Key, KeySet, LogType, Maintenance, Pools,
    RaftStatus, ReplicationAnalysis, ReplicationAnalysisChangelog, TopologyRecovery,
    TopologyRecoveryStep, to_wire_json,
};
use shared::{InstanceKey, PromotionRule, Source};

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/{name}.json"));
    let text = fs::read_to_string(&path).unwrap();
    text.trim_end().to_owned()
}

fn read<T: DeserializeOwned>(name: &str) -> T {
    serde_json::from_str(&fixture(name)).unwrap()
}

fn check<T: DeserializeOwned + Serialize>(name: &str) {
    let written = to_wire_json(&read::<T>(name)).unwrap();
    assert_eq!(String::from_utf8(written).unwrap(), fixture(name));
}

#[rstest]
#[case::instance("instance", check::<Instance>)]
#[case::broken_replica("instance-broken-replica", check::<Instance>)]
#[case::cluster("cluster-mariadb", check::<Vec<Instance>>)]
#[case::downtimed("downtimed", check::<Vec<Instance>>)]
#[case::clusters_info("clusters-info", check::<Vec<ClusterInfo>>)]
#[case::analysis("replication-analysis", check::<Envelope<Vec<ReplicationAnalysis>>>)]
#[case::changelog("replication-analysis-changelog", check::<Vec<ReplicationAnalysisChangelog>>)]
#[case::takeover("takeover", check::<Envelope<TopologyRecovery>>)]
#[case::recoveries("audit-recovery", check::<Vec<TopologyRecovery>>)]
#[case::recovery_steps("audit-recovery-steps", check::<Vec<TopologyRecoveryStep>>)]
#[case::detections("audit-failure-detection", check::<Vec<TopologyRecovery>>)]
#[case::blocked("blocked-recoveries", check::<Vec<BlockedTopologyRecovery>>)]
#[case::health("health", check::<Envelope<HealthStatus>>)]
#[case::topology("topology", check::<Envelope<String>>)]
#[case::rules("bulk-promotion-rules", check::<Vec<CandidateDatabaseInstance>>)]
#[case::maintenance("maintenance", check::<Vec<Maintenance>>)]
#[case::audit("audit", check::<Vec<Audit>>)]
#[case::raft("raft-status", check::<RaftStatus>)]
#[case::pools("cluster-pool-instances", check::<Envelope<Pools>>)]
#[case::discovery("discovery-metrics-raw", check::<Vec<DiscoveryMetric>>)]
#[case::queries("backend-query-metrics-aggregated", check::<AggregatedQueryMetrics>)]
fn read_and_written_again(#[case] name: &str, #[case] check: fn(&str)) {
    check(name);
}

#[test]
fn every_fixture_is_checked() {
    let tests = include_str!("wire_fixtures.rs");
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")).unwrap()
    {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(tests.contains(&format!("(\"{name}\", check")), "{name} is not checked");
    }
}

#[test]
fn fields_arrive_where_they_belong() {
    let source: Instance = read("instance");
    let key = InstanceKey::parse("127.0.0.1:20111", 3306).unwrap();
    assert_eq!(InstanceKey::try_from(&source.key), Ok(key.clone()));
    assert_eq!(source.source_key.to_source(), Source::None);
    assert_eq!(source.replicas.0.len(), 2);
    assert_eq!(source.replication_lag_seconds.0, Some(0));
    assert_eq!(source.relaylog_coordinates.log_type, LogType::Relay);

    let broken: Instance = read("instance-broken-replica");
    assert_eq!(broken.source_key.to_source(), Source::Attached(key));
    assert_eq!((broken.sql_thread_running, broken.io_thread_running), (false, true));
    assert_eq!((broken.sql_thread_state, broken.io_thread_state), (0, 1));
    assert_eq!(broken.seconds_behind_source.0, None);

    let rules: Vec<CandidateDatabaseInstance> = read("bulk-promotion-rules");
    assert_eq!(rules[0].promotion_rule, PromotionRule::Prefer);
}

/// Older servers lack the newer fields, newer ones may add some.
#[test]
fn unknown_and_missing_fields_are_no_error() {
    let json = r#"{"Key":{"Hostname":"db1","Port":3306},"SlaveHosts":[{"Hostname":"db2","Port":3306}],"Extra":[1]}"#;
    let instance: Instance = serde_json::from_str(json).unwrap();
    let replica = Key { hostname: "db2".to_owned(), port: 3306 };
    assert_eq!(instance.replicas, KeySet::from_iter([replica]));
    assert_eq!(instance.version, "");
}

/// What is written twice follows the one field that holds it.
#[test]
fn old_names_are_copies() {
    let mut instance: Instance = read("instance");
    instance.replicas = KeySet::default();
    instance.replication_lag_seconds = Some(7).into();
    let json = String::from_utf8(to_wire_json(&instance).unwrap()).unwrap();
    assert!(json.contains(r#""SlaveHosts":[],"Replicas":[]"#));
    assert!(json.contains(
        r#""SlaveLagSeconds":{"Int64":7,"Valid":true},"ReplicationLagSeconds":{"Int64":7,"Valid":true}"#
    ));
}
