use std::sync::Arc;

use rstest::rstest;
use shared::{BinlogCoordinates, Source};

use super::*;
use crate::{
    http::tests::{
        fleet::{self, key},
        history,
    },
    journal::facts::Recovery,
    mysql::state::ThreadError,
};

/// A replica of `db1` by GTID, running, with the given changes.
fn replica(change: impl FnOnce(&mut Channel)) -> Instance {
    let mut replica = fleet::mysql_replica();
    let state = Arc::make_mut(replica.state.as_mut().unwrap());
    let channel = state.replication.as_mut().unwrap();
    channel.source = Source::Attached(key("db1"));
    (channel.io, channel.sql) = (ThreadState::Running, ThreadState::Running);
    (channel.gtid, channel.sql_error) = (ChannelGtid::Oracle, ThreadError::default());
    change(channel);
    state.replicas.clear();
    replica
}

fn failed(channel: &mut Channel) {
    channel.sql = ThreadState::Stopped;
    channel.sql_error = ThreadError { number: 1062, text: "duplicate".to_owned() };
}

fn detached(channel: &mut Channel) {
    channel.source = channel.source.clone().detach();
}

fn by_position(channel: &mut Channel) {
    channel.gtid = ChannelGtid::None;
}

fn stopped(channel: &mut Channel) {
    (channel.io, channel.sql) = (ThreadState::Stopped, ThreadState::Stopped);
}

fn as_it_is(_: &mut Channel) {}

#[rstest]
#[case(Operation::Start, as_it_is, None)]
#[case(Operation::Start, stopped, None)]
#[case(Operation::SkipQuery, as_it_is, Some("Replication SQL thread is running on db2:3306"))]
#[case(Operation::SkipQuery, stopped, Some("No SQL error on db2:3306"))]
#[case(Operation::SkipQuery, failed, None)]
#[case(Operation::EnableGtid, as_it_is, Some("db2:3306 already uses GTID"))]
#[case(Operation::EnableGtid, by_position, None)]
#[case(Operation::DisableGtid, by_position, Some("db2:3306 is not using GTID"))]
#[case(Operation::DisableGtid, as_it_is, None)]
#[case(
    Operation::Credentials,
    as_it_is,
    Some("ChangeMasterTo: Cannot change master on: db2:3306 because replication is running")
)]
#[case(Operation::Credentials, stopped, None)]
#[case(Operation::Detach, as_it_is, None)]
#[case(Operation::Detach, detached, Some("instance already detached: db2:3306"))]
#[case(Operation::Reattach, detached, None)]
#[case(Operation::Reattach, as_it_is, Some("instance does not seem to be detached: db2:3306"))]
#[case(Operation::Reset, as_it_is, None)]
#[case(Operation::SetReadOnly(true), as_it_is, None)]
fn of_a_replica(
    #[case] operation: Operation,
    #[case] change: fn(&mut Channel),
    #[case] expected: Option<&str>,
) {
    assert_eq!(refusal(&operation, &replica(change)).as_deref(), expected);
}

#[rstest]
#[case(Operation::Start, Some("instance is not a replica: db1:3306"))]
#[case(Operation::Stop, Some("instance is not a replica: db1:3306"))]
#[case(Operation::StopNicely, Some("instance is not a replica: db1:3306"))]
#[case(Operation::Restart, Some("instance is not a replica: db1:3306"))]
#[case(Operation::Delay(7), Some("instance is not a replica: db1:3306"))]
#[case(Operation::SkipQuery, Some("instance is not a replica: db1:3306"))]
#[case(Operation::Credentials, Some("instance is not a replica: db1:3306"))]
#[case(Operation::Detach, Some("instance is not a replica: db1:3306"))]
#[case(Operation::Reattach, Some("instance is not a replica: db1:3306"))]
#[case(Operation::EnableGtid, Some("instance is not a replica: db1:3306"))]
#[case(Operation::DisableGtid, Some("db1:3306 is not using GTID"))]
#[case(Operation::Reset, None)]
#[case(Operation::FlushLogs, None)]
#[case(Operation::KillQuery(7), None)]
fn of_a_source(#[case] operation: Operation, #[case] expected: Option<&str>) {
    assert_eq!(refusal(&operation, &fleet::mysql_source()).as_deref(), expected);
}

#[test]
fn errant_repairs() {
    let told = |operation, instance: &Instance| refusal(&operation, instance).unwrap_or_default();
    let mut healthy = replica(as_it_is);
    healthy.place.errant.clear();
    for operation in [Operation::InjectEmpty, Operation::ForgetErrant] {
        assert!(told(operation, &healthy).ends_with("because no errant GTID is found"));
    }
    let errant = |mut instance: Instance| {
        instance.place.errant = "00000002-1111-1111-1111-111111111111:1-2".to_owned();
        instance
    };
    assert_eq!(refusal(&Operation::ForgetErrant, &errant(replica(as_it_is))), None);
    let why = told(Operation::ForgetErrant, &errant(replica(by_position)));
    assert!(why.ends_with("it is not using oracle-gtid"), "{why}");
    let mut followed = errant(replica(as_it_is));
    Arc::make_mut(followed.state.as_mut().unwrap()).replicas = vec![key("db4")];
    let why = told(Operation::ForgetErrant, &followed);
    assert!(why.ends_with("because it has 1 replicas. Expecting no replicas"), "{why}");
    assert_eq!(refusal(&Operation::InjectEmpty, &followed), None);
    Arc::make_mut(followed.state.as_mut().unwrap()).gtid.mode = "OFF".to_owned();
    let why = told(Operation::InjectEmpty, &followed);
    assert!(why.ends_with("it does not support oracle-gtid"), "{why}");
}

#[test]
fn a_running_recovery_keeps_others_away() {
    let recovery_of = |cluster: &str, ended: bool| {
        let recovery = Recovery {
            key: key("db1"),
            cluster: cluster.to_owned(),
            replicas: vec![key("db2")],
            end: ended.then(Default::default),
            ..history::recovery("u1", 5)
        };
        let mut facts = Facts::default();
        facts.recoveries.insert_mut(1, Arc::new(recovery));
        facts
    };
    let told = |facts: &Facts, who: &str| recovery(facts, "db1:3306", &key(who));
    assert!(told(&recovery_of("db1:3306", false), "db9").unwrap().contains("db1:3306 (u1)"));
    assert!(told(&recovery_of("other:3306", false), "db2").is_some());
    assert!(told(&recovery_of("other:3306", false), "db9").is_none());
    assert!(told(&recovery_of("db1:3306", true), "db2").is_none());
    assert!(told(&Facts::default(), "db2").is_none());
}

#[rstest]
#[case("binlog.000002", "binlog.000002", None)]
#[case("binlog.000009", "binlog.000010", None)]
#[case("binlog.000003", "binlog.000002", Some("has only applied up to binlog.000002:480"))]
#[case("binlog.000010", "binlog.000009", Some("has only applied up to binlog.000009:480"))]
fn purging_waits_for_replicas(
    #[case] file: &str,
    #[case] applied: &str,
    #[case] expected: Option<&str>,
) {
    let below = replica(|channel| channel.exec = BinlogCoordinates::new(applied, 480));
    let cluster = |below: Instance| Cluster {
        name: "db1:3306".to_owned(),
        alias: String::new(),
        domain: String::new(),
        instances: [(below.key.clone(), Arc::new(below))].into(),
    };
    let why = needs_older_logs(&key("db1"), Some(&cluster(below.clone())), file);
    assert_eq!(why.is_some(), expected.is_some());
    if let (Some(why), Some(expected)) = (why, expected) {
        assert!(why.starts_with("Unsafe to purge binary logs on db1:3306 up to "), "{why}");
        assert!(why.ends_with(expected), "{why}");
    }
    let mut unread = below;
    unread.check.last_seen = None;
    let why = needs_older_logs(&key("db1"), Some(&cluster(unread)), "binlog.000001");
    assert!(why.unwrap().ends_with("cannot be read"));
}

#[test]
fn empty_transactions_go_to_the_writeable_head() {
    let cluster = |change: fn(&mut ServerState)| {
        let mut head = fleet::mysql_source();
        change(Arc::make_mut(head.state.as_mut().unwrap()));
        Cluster {
            name: "main".to_owned(),
            alias: String::new(),
            domain: String::new(),
            instances: [(head.key.clone(), Arc::new(head))].into(),
        }
    };
    let target = |change| injection_target(&key("db2"), &cluster(change));
    assert_eq!(target(|_| {}), Ok(key("db1")));
    let why = target(|state| state.read_only = true).unwrap_err();
    assert_eq!(why, "gtid-errant-inject-empty found no writable master for main cluster");
    let why = target(|state| state.gtid.mode = "OFF".to_owned()).unwrap_err();
    assert!(why.ends_with("the cluster's master db1:3306 does not support oracle-gtid"), "{why}");
}
