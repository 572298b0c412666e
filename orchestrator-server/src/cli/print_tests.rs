use rstest::rstest;
use serde_json::json;

use super::*;

const ASKED: Asked<'_> =
    Asked { instance: "db1:3306", destination: "db2:3306", pattern: "^db[23]:", tag: "role" };

fn printed(print: Print, payload: &Value) -> String {
    render(print, payload, ASKED).unwrap_or_else(|why| format!("error: {why}"))
}

fn key(host: &str) -> Value {
    json!({"Hostname": host, "Port": 3306})
}

fn server(host: &str) -> Value {
    json!({"Key": key(host)})
}

#[rstest]
#[case(Print::Nothing, json!("x"), "")]
#[case(Print::Fixed("done"), json!("x"), "done\n")]
#[case(Print::Asked, json!(null), "db1:3306\n")]
#[case(Print::AskedIfListed, json!([server("db1")]), "db1:3306\n")]
#[case(Print::AskedIfListed, json!([server("db2")]), "")]
#[case(Print::AskedBelowDestination, json!({}), "db1:3306<db2:3306\n")]
#[case(Print::DestinationIfSo, json!({}), "db2:3306\n")]
#[case(Print::Key, key("db9"), "db9:3306\n")]
#[case(Print::Key, server("db9"), "db9:3306\n")]
#[case(Print::Key, json!(null), "db1:3306\n")]
#[case(Print::Keys, json!([server("db1"), key("db2")]), "db1:3306\ndb2:3306\n")]
#[case(Print::Keys, json!(null), "")]
#[case(Print::Keys, server("db1"), "db1:3306\n")]
#[case(Print::SortedKeysOrEmpty, json!([key("b"), key("a")]), "a:3306\nb:3306\n")]
#[case(Print::SortedKeysOrEmpty, json!(null), "\n")]
#[case(Print::KeysLikePattern, json!([server("db1"), server("db2")]), "db2:3306\n")]
#[case(Print::KeysBelowAsked, json!([server("db2")]), "db2:3306<db1:3306\n")]
#[case(Print::Text, json!("a\nb"), "a\nb\n")]
#[case(Print::Text, json!(7), "7\n")]
#[case(Print::TextAt("/ClusterName"), json!({"ClusterName": "x:1"}), "x:1\n")]
#[case(Print::LinesOrEmpty, json!(["x:1", "y:1"]), "x:1\ny:1\n")]
#[case(Print::LinesOrEmpty, json!(null), "\n")]
#[case(Print::Pairs("/ClusterName", "\t", "/ClusterAlias"),
    json!([{"ClusterName": "x:1", "ClusterAlias": "main"}]), "x:1\tmain\n")]
#[case(Print::Statements, json!(["stop slave", "set global a=1;"]), "stop slave;\nset global a=1;\n")]
#[case(Print::TagValue, json!(["backup", "role=candidate"]), "candidate\n")]
#[case(Print::TagValue, json!(["roles=x"]), "")]
#[case(Print::TagValue, json!(["role"]), "\n")]
#[case(Print::TagValue, json!(["role=a=b"]), "a=b\n")]
#[case(Print::Recovered, key("db2"), "db2:3306\n")]
#[case(Print::Acknowledged, json!(3), "3 recoveries acknowledged\n")]
#[case(Print::GlobalRecoveries, json!("disabled"), "OK: Global recoveries disabled: true\n")]
#[case(Print::GlobalRecoveries, json!("enabled"), "OK: Global recoveries disabled: false\n")]
#[case(Print::PromotionRulesOrEmpty,
    json!([{"Hostname": "b", "Port": 1, "PromotionRule": "prefer"},
           {"Hostname": "a", "Port": 1, "PromotionRule": "must_not"}]),
    "a:1 must_not\nb:1 prefer\n")]
#[case(Print::PromotionRulesOrEmpty, json!(null), "\n")]
#[case(Print::Nodes, json!({"AvailableNodes": [{"Hostname": "h", "Token": "t"}]}), "h:t\n")]
#[case(Print::ResolvedHosts, json!({"a": {"Object": "b", "Expiration": 1}}), "a b\n")]
#[case(Print::VirtualNames,
    json!([{"Key": key("b"), "UnresolvedHostname": "v"}, {"Key": key("a"), "UnresolvedHostname": ""},
           {"Key": {"Hostname": "b", "Port": 2}, "UnresolvedHostname": "v"}]),
    "b v\n")]
#[case(Print::KeysWhere("/DowntimeReason", "lost"),
    json!([{"Key": key("a"), "DowntimeReason": "lost"}, {"Key": key("b"), "DowntimeReason": "x"}]),
    "a:3306\n")]
#[case(Print::Relocated, json!({"Key": key("a"), "MasterKey": key("b")}), "a:3306<b:3306\n")]
#[case(Print::Successor, json!({"SuccessorKey": key("b")}), "b:3306\n")]
#[case(Print::SuccessorAndPosition,
    json!({"SuccessorKey": key("b"),
           "SuccessorBinlogCoordinates": {"LogFile": "binlog.000004", "LogPos": 197, "Type": 0}}),
    "b:3306\nbinlog.000004:197\n")]
fn lines(#[case] print: Print, #[case] payload: Value, #[case] expected: &str) {
    assert_eq!(printed(print, &payload), expected);
}

#[rstest]
#[case("db1", "db1:3306\n")]
#[case("", "")]
#[case("_", "")]
#[case("//db1", "")]
fn a_source_that_is_none_or_detached_is_not_printed(#[case] host: &str, #[case] expected: &str) {
    assert_eq!(printed(Print::SourceKey, &json!({"MasterKey": key(host)})), expected);
}

#[rstest]
#[case(1, 1, "db1:3306\n", "")]
#[case(0, 0, "", "db1:3306\n")]
#[case(1, 2, "", "")]
#[case(-1, -1, "", "")]
fn thread_states(
    #[case] sql: i64,
    #[case] io: i64,
    #[case] replicates: &str,
    #[case] stopped: &str,
) {
    let server = json!({"Key": key("db1"), "ReplicationSQLThreadState": sql,
        "ReplicationIOThreadState": io});
    assert_eq!(printed(Print::KeyIf(Test::Replicating), &server), replicates);
    assert_eq!(printed(Print::KeyIf(Test::Stopped), &server), stopped);
}

/// Instances whose name begins like another one's, aliases, padding, tags of a drawing.
#[test]
fn the_status_is_the_one_of_the_instance() {
    let drawing = "db1:33061   [0s,ok,8.0.1,rw,ROW]\n+ db1:3306 (a [b) [1s,lag,8.0.1,ro,ROW,>>]\n  - db2:3306 [null,nonreplicating,8.0.1,ro,ROW]";
    assert_eq!(printed(Print::Status, &json!(drawing)), "[1s,lag,8.0.1,ro,ROW,>>]\n");
    let other = render(Print::Status, &json!(drawing), Asked { instance: "db3:3306", ..ASKED });
    assert!(other.is_err(), "{other:?}");
}

#[test]
fn every_problem_is_listed_and_downtimed_servers_are_left_out() {
    let entry = |host, analysis, structure: Value, downtimed| {
        json!({"AnalyzedInstanceKey": key(host), "Analysis": analysis,
            "StructureAnalysis": structure, "IsDowntimed": downtimed,
            "ClusterDetails": {"ClusterName": "c:1"}})
    };
    let all = json!([
        entry("a", "DeadMaster", json!(null), false),
        entry("b", "NoProblem", json!(["X", "Y"]), false),
        entry("c", "AllMasterReplicasNotReplicating", json!(["X"]), false),
        entry("d", "DeadMaster", json!(null), true),
    ]);
    let expected = "a:3306 (cluster c:1): DeadMaster\nb:3306 (cluster c:1): X, Y\n\
                    c:3306 (cluster c:1): AllMasterReplicasNotReplicating, X\n";
    assert_eq!(printed(Print::Analysis, &all), expected);
}

#[test]
fn the_largest_known_lag_counts() {
    let lag = |valid, seconds| json!({"ReplicationLagSeconds": {"Valid": valid, "Int64": seconds}});
    assert_eq!(
        printed(Print::LargestLag, &json!([lag(true, 3), lag(false, 99), lag(true, 5)])),
        "5\n"
    );
    let none = printed(Print::LargestLag, &json!([lag(false, 1)]));
    assert_eq!(none, "error: No instances found in GetInstancesMaxLag");
}

#[test]
fn replicas_for_gh_ost_are_those_with_row_logs_and_few_replicas() {
    let replica = |host, depth, format, replicas: Value| {
        json!({"Key": key(host), "ReplicationDepth": depth, "Binlog_format": format,
            "IsLastCheckValid": true, "LogBinEnabled": true, "LogReplicationUpdatesEnabled": true,
            "FlavorName": "MySQL", "Replicas": replicas})
    };
    let all = json!([
        replica("source", 0, "ROW", json!([])),
        replica("busy", 1, "ROW", json!([key("x")])),
        replica("mixed", 1, "MIXED", json!([])),
        replica("idle", 2, "ROW", json!([])),
    ]);
    assert_eq!(printed(Print::KeysOfRowReplicas, &all), "idle:3306\nbusy:3306\n");
}

#[test]
fn answers_of_another_shape_are_named() {
    let answer = printed(Print::TextAt("/ClusterName"), &json!({"x": 1}));
    assert!(answer.starts_with("error: unexpected answer: no ClusterName"), "{answer}");
    let pattern = render(Print::KeysLikePattern, &json!([]), Asked { pattern: "(", ..ASKED });
    let error = pattern.unwrap_err();
    assert!(error.starts_with("-pattern is no regular expression: "), "{error}");
    assert!(!error.contains('\n'));
}
