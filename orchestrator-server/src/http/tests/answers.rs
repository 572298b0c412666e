//! The values of answers: servers, clusters, health, messages.

use std::{sync::Arc, time::Duration};

use rstest::rstest;
use serde_json::{Value, json};
use shared::{BinlogCoordinates, Source};

use super::{
    fleet::{self, NOW, key},
    lab::Lab,
};
use crate::{
    http::Standing,
    inventory::view::{FleetView, Instance},
    mysql::{
        driver::{FailureKind, ProbeFailure},
        state::{Channel, GroupMembership, ServerState, ThreadError, ThreadState},
    },
};

fn changed(mut instance: Instance, change: impl FnOnce(&mut Instance)) -> Instance {
    change(&mut instance);
    instance
}

fn state(instance: &mut Instance) -> &mut ServerState {
    Arc::make_mut(instance.state.as_mut().unwrap())
}

/// One server of a fleet of its own.
async fn alone(instance: Instance) -> Value {
    let path = format!("/api/instance/{}/{}", instance.key.hostname(), instance.key.port());
    let mut view = FleetView::default();
    fleet::add_cluster(&mut view, "", vec![instance]);
    Lab::with(view, |_| {}).get(&path).await.json()
}

#[tokio::test]
async fn a_source_tells_all_about_itself() {
    let source = Lab::new().get("/api/instance/db1/3306").await.json();
    for (name, value) in [
        ("InstanceAlias", json!("node-1")),
        ("ServerID", json!(101)),
        ("Version", json!("8.4.3")),
        ("FlavorName", json!("MySQL")),
        ("ReadOnly", json!(false)),
        ("Binlog_format", json!("ROW")),
        ("SelfBinlogCoordinates", json!({"LogFile": "binlog.000002", "LogPos": 480, "Type": 0})),
        ("MasterKey", json!({"Hostname": "", "Port": 0})),
        ("MasterUUID", json!("")),
        ("AncestryUUID", json!("00000001-1111-1111-1111-111111111111")),
        ("ReplicationSQLThreadState", json!(-1)),
        ("ReplicationIOThreadState", json!(-1)),
        ("SupportsOracleGTID", json!(true)),
        ("UsingOracleGTID", json!(false)),
        ("RelaylogCoordinates", json!({"LogFile": "", "LogPos": 0, "Type": 1})),
        ("SecondsBehindMaster", json!({"Int64": 0, "Valid": false})),
        ("ReplicationLagSeconds", json!({"Int64": 0, "Valid": true})),
        ("SlaveLagSeconds", json!({"Int64": 0, "Valid": true})),
        ("ExecutedGtidSet", json!("00000001-1111-1111-1111-111111111111:1-7")),
        (
            "SlaveHosts",
            json!([{"Hostname": "db2", "Port": 3306}, {"Hostname": "db3", "Port": 3306}]),
        ),
        ("ClusterName", json!("db1:3306")),
        ("SuggestedClusterAlias", json!("main")),
        ("ReplicationDepth", json!(0)),
        ("SemiSyncMasterEnabled", json!(true)),
        ("SemiSyncMasterTimeout", json!(1000)),
        ("LastSeenTimestamp", json!("2026-11-23T04:18:55Z")),
        ("IsLastCheckValid", json!(true)),
        ("IsUpToDate", json!(true)),
        ("IsRecentlyChecked", json!(true)),
        ("SecondsSinceLastSeen", json!({"Int64": 2, "Valid": true})),
        ("IsCandidate", json!(false)),
        ("PromotionRule", json!("neutral")),
        ("IsDowntimed", json!(false)),
        ("Problems", json!([])),
        ("LastDiscoveryLatency", json!(15_000_000)),
        ("QSP", json!({})),
    ] {
        assert_eq!(source[name], value, "{name}");
    }
}

#[tokio::test]
async fn hints_are_part_of_a_server() {
    let lab = Lab::new();
    let candidate = lab.get("/api/instance/db2/3306").await.json();
    assert_eq!(candidate["PromotionRule"], "prefer");
    assert_eq!(candidate["IsCandidate"], true);
    let by_query = lab.get("/api/instance/db4/3306").await.json();
    assert_eq!(by_query["PromotionRule"], "prefer_not");
    assert_eq!(by_query["IsCandidate"], false);
    let downtimed = lab.get("/api/instance/db3/3306").await.json();
    assert_eq!(downtimed["IsDowntimed"], true);
    assert_eq!(downtimed["DowntimeOwner"], "dba");
    assert_eq!(downtimed["DowntimeReason"], "planned work");
    assert_eq!(downtimed["DowntimeEndTimestamp"], "2026-11-23 04:28:57");
    assert_eq!(downtimed["ElapsedDowntime"], 14_000_000_000_i64);
}

#[tokio::test]
async fn a_mariadb_replica_that_stands_still_says_why() {
    let replica = alone(fleet::mariadb_replica()).await;
    for (name, value) in [
        ("FlavorName", json!("MariaDB")),
        ("MasterUUID", json!("No")),
        ("UsingMariaDBGTID", json!(true)),
        ("UsingOracleGTID", json!(false)),
        ("ExecutedGtidSet", json!("")),
        ("ReplicationSQLThreadState", json!(0)),
        ("ReplicationSQLThreadRuning", json!(false)),
        ("Slave_SQL_Running", json!(false)),
        ("ReplicationIOThreadState", json!(1)),
        ("LastSQLError", json!(r#""Duplicate entry \"\u00fc\"""#)),
        ("LastIOError", json!("")),
        ("SecondsBehindMaster", json!({"Int64": 0, "Valid": false})),
        ("Problems", json!(["not_replicating"])),
    ] {
        assert_eq!(replica[name], value, "{name}");
    }
}

#[tokio::test]
async fn a_detached_replica_shows_its_former_source() {
    let detached = changed(fleet::mysql_replica(), |i| {
        i.source = Source::Detached(key("db1"));
        let channel = state(i).replication.as_mut().unwrap();
        channel.source = Source::Detached(key("db1"));
        channel.io = ThreadState::Connecting;
        channel.io_error = ThreadError { number: 2005, text: "Unknown host".to_owned() };
        channel.exec = BinlogCoordinates::new("binlog.000002", 480).detached();
    });
    let answer = alone(detached).await;
    assert_eq!(answer["MasterKey"], json!({"Hostname": "//db1", "Port": 3306}));
    assert_eq!(answer["IsDetachedMaster"], true);
    assert_eq!(answer["IsDetached"], true);
    assert_eq!(answer["ReplicationIOThreadState"], 2);
    assert_eq!(answer["ReplicationIOThreadRuning"], false);
    assert_eq!(answer["LastIOError"], "\"Unknown host\"");
}

fn failed(instance: &mut Instance) {
    instance.check.failure = Some(ProbeFailure {
        kind: FailureKind::Refused,
        partial: false,
        text: "refused".to_owned(),
    });
}

fn checked(instance: &mut Instance, seconds: u64) {
    instance.check.last_checked = Some(NOW - Duration::from_secs(seconds));
}

fn lag(instance: &mut Instance, seconds: u64) {
    instance.metadata.lag_seconds = None;
    channel(instance).seconds_behind = Some(seconds);
}

fn channel(instance: &mut Instance) -> &mut Channel {
    state(instance).replication.as_mut().unwrap()
}

/// What happened to a server, its problems, whether it is up to date, whether recently checked.
type Case = (fn(&mut Instance), &'static [&'static str], bool, bool);

#[rustfmt::skip]
const PROBLEMS: &[Case] = &[
    (|_| {}, &[], true, true),
    (|i| failed(i), &["last_check_invalid"], true, true),
    (|i| checked(i, 5), &[], true, true),
    (|i| checked(i, 6), &[], false, true),
    (|i| checked(i, 25), &[], false, true),
    (|i| checked(i, 26), &["not_recently_checked"], false, false),
    (|i| { failed(i); checked(i, 26); }, &["last_check_invalid"], false, false),
    (|i| lag(i, 10), &[], true, true),
    (|i| lag(i, 11), &["replication_lag"], true, true),
    (|i| i.metadata.lag_seconds = Some(11), &["replication_lag"], true, true),
    (|i| i.place.errant = "x:1".to_owned(), &["errant_gtid"], true, true),
    (|i| { failed(i); i.place.errant = "x:1".to_owned(); }, &["last_check_invalid", "errant_gtid"], true, true),
    (|i| channel(i).sql = ThreadState::Stopped, &["not_replicating"], true, true),
    (|i| channel(i).delay_seconds = 3600, &["replication_lag"], true, true),
    (|i| { channel(i).delay_seconds = 3600; i.metadata.lag_seconds = Some(3595); }, &[], true, true),
];

#[tokio::test]
async fn problems_are_named() {
    for (number, (change, problems, up_to_date, recent)) in PROBLEMS.iter().enumerate() {
        let answer = alone(changed(fleet::mysql_replica(), change)).await;
        assert_eq!(answer["Problems"], json!(problems), "row {number}");
        assert_eq!(answer["IsUpToDate"], *up_to_date, "row {number}");
        assert_eq!(answer["IsRecentlyChecked"], *recent, "row {number}");
    }
}

#[tokio::test]
async fn a_group_member_that_is_not_online_is_a_problem() {
    let member = changed(fleet::mysql_replica(), |i| {
        state(i).group = Some(GroupMembership {
            name: "g".to_owned(),
            state: "RECOVERING".to_owned(),
            role: "SECONDARY".to_owned(),
            ..GroupMembership::default()
        });
    });
    let answer = alone(member).await;
    assert_eq!(answer["Problems"], json!(["group_replication_member_not_online"]));
}

#[tokio::test]
async fn a_server_that_never_answered_is_known_by_name_only() {
    let mut unseen = Instance::unseen(key("db9"));
    unseen.check.last_checked = Some(NOW);
    failed(&mut unseen);
    let answer = alone(unseen).await;
    assert_eq!(answer["FlavorName"], "unknown");
    assert_eq!(answer["LastSeenTimestamp"], "");
    assert_eq!(answer["SecondsSinceLastSeen"], json!({"Int64": 0, "Valid": false}));
    assert_eq!(answer["Problems"], json!(["last_check_invalid"]));
}

/// Names of the servers of a list.
async fn names(lab: &Lab, route: &str) -> String {
    let answer = lab.get(&format!("/api/{route}")).await.json();
    let list = answer.as_array().cloned().unwrap_or_default();
    let name = |value: &Value| value["Key"]["Hostname"].as_str().unwrap_or("?").to_owned();
    list.iter().map(name).collect::<Vec<_>>().join(" ")
}

#[rstest]
#[case("cluster/main", "db1 db2 db3 db4")]
#[case("instance-replicas/db1/3306", "db2 db3")]
#[case("instance-replicas/db4/3306", "")]
#[case("instance-replicas/db9/3306", "")]
#[case("masters", "db1")]
#[case("downtimed", "db3")]
#[case("downtimed/main", "db3")]
#[case("all-instances", "db1 db2 db3 db4")]
#[case("search/DB3", "db3")]
#[case("search?s=%20db3%0A", "db3")]
#[case("search/8.4", "db1 db2 db3 db4")]
#[case("search/community", "db1 db2 db3 db4")]
#[case("search/104", "db4")]
#[case("search/3306", "db1 db2 db3 db4")]
#[case("search/main", "db1 db2 db3 db4")]
#[case("search/zzz", "")]
#[tokio::test]
async fn lists_hold_the_right_servers_in_order(#[case] route: &str, #[case] expected: &str) {
    assert_eq!(names(&Lab::new(), route).await, expected);
}

#[tokio::test]
async fn problems_leave_out_downtimed_and_ignored_servers() {
    let mut view = fleet::view();
    let sick = |host: &str| {
        changed(fleet::mysql_replica(), |i| {
            i.key = key(host);
            failed(i);
        })
    };
    let second = vec![sick("db7"), sick("db3"), sick("ignored1"), fleet::mariadb_replica()];
    fleet::add_cluster(&mut view, "second", second);
    let config = |config: &mut crate::config::Config| {
        let (filters, _) = crate::config::HostFilters::new(&["^ignored"].into());
        config.filters.problem_ignore = filters;
    };
    let lab = Lab::with(view, config);
    assert_eq!(names(&lab, "problems").await, "db7");
    assert_eq!(names(&lab, "problems/second").await, "db7");
    assert_eq!(names(&lab, "problems/main").await, "");
}

#[tokio::test]
async fn the_head_of_a_cluster_is_the_writeable_one() {
    let pair = |host: &str, of: &str, read_only: bool, depth: u32| {
        changed(fleet::mysql_replica(), |i| {
            i.key = key(host);
            i.source = Source::Attached(key(of));
            i.place.co_master = true;
            i.place.depth = depth;
            state(i).read_only = read_only;
        })
    };
    let mut view = FleetView::default();
    let servers = vec![pair("a", "b", true, 0), pair("b", "a", false, 1)];
    fleet::add_cluster(&mut view, "", servers);
    let servers = vec![pair("c", "d", true, 0), pair("d", "c", true, 1)];
    fleet::add_cluster(&mut view, "", servers);
    fleet::add_cluster(&mut view, "", vec![Instance::unseen(key("e"))]);
    let lab = Lab::with(view, |_| {});
    assert_eq!(names(&lab, "masters").await, "b");
    let head = async |hint: &str| {
        lab.get(&format!("/api/master/{hint}")).await.json()["Key"]["Hostname"].clone()
    };
    assert_eq!(head("a:3306").await, "b");
    assert_eq!(head("d:3306").await, "c");
    assert_eq!(head("e:3306").await, "e");
}

#[tokio::test]
async fn a_cluster_without_alias_is_called_by_its_name() {
    let mut view = fleet::view();
    fleet::add_server(&mut view, "", "lone");
    let lab = Lab::with(view, |config| {
        let (filters, _) = crate::config::ClusterFilters::new(&["alias=main"].into());
        config.filters.recover_master = filters;
    });
    let infos = lab.get("/api/clusters-info").await.body;
    let expected = concat!(
        r#"[{"ClusterName":"db1:3306","ClusterAlias":"main","ClusterDomain":"main.example.com","#,
        r#""CountInstances":4,"HeuristicLag":0,"HasAutomatedMasterRecovery":true,"#,
        r#""HasAutomatedIntermediateMasterRecovery":false},"#,
        r#"{"ClusterName":"lone:3306","ClusterAlias":"lone:3306","ClusterDomain":"","#,
        r#""CountInstances":1,"HeuristicLag":0,"HasAutomatedMasterRecovery":false,"#,
        r#""HasAutomatedIntermediateMasterRecovery":false}]"#
    );
    assert_eq!(infos, expected);
    assert_eq!(lab.get("/api/clusters").await.body, r#"["db1:3306","lone:3306"]"#);
}

#[tokio::test]
async fn promotion_rules_expire() {
    let lab = Lab::configured(|config| config.raw.candidate_instance_expire_minutes = 60);
    let expected = r#"[{"Hostname":"db2","Port":3306,"PromotionRule":"prefer","LastSuggestedString":"2026-11-23 04:18:43","PromotionRuleExpiry":"2026-11-23 05:18:43"}]"#;
    assert_eq!(lab.get("/api/bulk-promotion-rules").await.body, expected);
    let lab = Lab::configured(|config| config.raw.candidate_instance_expire_minutes = 0);
    assert_eq!(lab.get("/api/bulk-promotion-rules").await.body, "null");
}

#[tokio::test]
async fn health_is_red_as_long_as_there_is_trouble() {
    let lab = Lab::new();
    let answer = lab.get("/api/health").await;
    assert_eq!(
        (answer.status.as_u16(), answer.message().as_str()),
        (200, "Application node is healthy")
    );
    let details = &answer.json()["Details"];
    assert_eq!(details["IsActiveNode"], true);
    assert_eq!(details["ActiveNode"]["LastSeenActive"], "2026-11-23T04:18:57Z");
    lab.standing.send_modify(|standing| standing.trouble = Some("disk full".to_owned()));
    for path in ["/api/health", "/api/status", "/api/status"] {
        let answer = lab.get(path).await;
        assert_eq!(answer.status, 500);
        assert_eq!(answer.message(), "Application node is unhealthy disk full");
        assert_eq!(answer.json()["Details"]["Healthy"], false);
        assert_eq!(answer.json()["Details"]["Error"], json!({}));
    }
    assert_eq!(lab.get("/api/lb-check").await.body, "\"OK\"");
}

#[rstest]
#[case(true, "leader-check", 200, "\"OK\"")]
#[case(true, "leader-check/503", 200, "\"OK\"")]
#[case(true, "routed-leader-check", 200, "\"OK\"")]
#[case(false, "leader-check", 404, "\"Not leader\"")]
#[case(false, "leader-check/503", 503, "\"Not leader\"")]
#[case(false, "leader-check/99", 404, "\"Not leader\"")]
#[case(false, "leader-check/101", 404, "\"Not leader\"")]
#[case(false, "leader-check/-5", 404, "\"Not leader\"")]
#[case(false, "leader-check/abc", 404, "\"Not leader\"")]
#[case(false, "leader-check/70000", 404, "\"Not leader\"")]
#[case(false, "routed-leader-check", 404, "\"Not leader\"")]
#[tokio::test]
async fn leader_checks(
    #[case] leader: bool,
    #[case] route: &str,
    #[case] status: u16,
    #[case] body: &str,
) {
    let lab = Lab::new();
    lab.standing.send_replace(Standing { leader, ..Standing::default() });
    let answer = lab.get(&format!("/api/{route}")).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (status, body));
}

#[tokio::test]
async fn headers_are_echoed_without_secrets() {
    let headers = [("accept-encoding", "br"), ("x-a", "1"), ("x-a", "2"), ("cookie", "s=1")];
    let answer = Lab::new().ask("GET", "/api/headers", &headers).await;
    let expected = r#"{"Accept-Encoding":["br"],"Cookie":["(not shown)"],"X-A":["1","2"]}"#;
    assert_eq!(answer.body, expected);
}

#[tokio::test]
async fn messages_carry_the_name_of_the_node() {
    let lab = Lab::new().named("node-seven");
    for (path, message) in [
        ("/api/instance/db9/3306", "Orchestrator node-seven says: Cannot read instance: db9:3306"),
        ("/api/health", "Orchestrator node-seven says: Application node is healthy"),
        ("/api/check-global-recoveries", "Orchestrator node-seven says: Global recoveries enabled"),
    ] {
        assert_eq!(lab.get(path).await.message(), message);
    }
}

#[tokio::test]
async fn angle_brackets_are_escaped() {
    let body = Lab::new().get("/api/topology/main").await.body;
    assert!(body.contains(r"\u003e\u003e") && !body.contains(">>"), "{body}");
}

#[tokio::test]
async fn filters_are_told_as_configured() {
    let lab = Lab::configured(|config| config.raw.recover_master_cluster_filters = ["*"].into());
    let expected = r#"{"Code":"OK","Message":"Automated recovery configuration details","Details":{"RecoverIntermediateMasterClusterFilters":[],"RecoverMasterClusterFilters":["*"],"RecoveryIgnoreHostnameFilters":[]}}"#;
    assert_eq!(lab.get("/api/automated-recovery-filters").await.body, expected);
}
