//! Answers as the API gives them, cut down to the members that matter, and the lines of them.

use super::*;
use rstest::rstest;
use shared::commands::find;

/// Prints the body as the command does that would be given `-i db1:3306`.
fn printed(command: &str, body: &str) -> Result<String, Failure> {
    render(find(command).unwrap().output, &Answer::of(body), "db1:3306")
}

fn check(command: &str, body: &str, expected: &str) {
    assert_eq!(printed(command, body).unwrap(), expected, "{command}");
}

fn ok(details: &str) -> String {
    format!(r#"{{"Code":"OK","Message":"done","Details":{details}}}"#)
}

const KEY: &str = r#"{"Hostname":"db2","Port":3306}"#;

const SOURCE: &str = r#"{"Key":{"Hostname":"db1","Port":3306},"MasterKey":{"Hostname":"","Port":0},
    "DataCenter":"dc-east","GtidErrant":"","ReplicationSQLThreadRuning":false,
    "ReplicationIOThreadRuning":false,"ReplicationSQLThreadState":-1,
    "ReplicationIOThreadState":-1,"LastSQLError":"","LastIOError":""}"#;

const REPLICA: &str = r#"{"Key":{"Hostname":"db2","Port":3306},
    "MasterKey":{"Hostname":"db1","Port":3306},"DataCenter":"dc-west","GtidErrant":"",
    "ReplicationSQLThreadRuning":true,"ReplicationIOThreadRuning":true,
    "ReplicationSQLThreadState":1,"ReplicationIOThreadState":1,"LastSQLError":"",
    "LastIOError":""}"#;

const STOPPED: &str = r#"{"Key":{"Hostname":"db3","Port":3306},
    "MasterKey":{"Hostname":"db1","Port":3306},"DataCenter":"dc-west",
    "GtidErrant":"00020113-1111-1111-1111-111111111111:1-2",
    "ReplicationSQLThreadRuning":false,"ReplicationIOThreadRuning":false,
    "ReplicationSQLThreadState":0,"ReplicationIOThreadState":0,"LastSQLError":"",
    "LastIOError":""}"#;

const BROKEN: &str = r#"{"Key":{"Hostname":"db4","Port":3306},
    "MasterKey":{"Hostname":"db1","Port":3306},"DataCenter":"dc-east","GtidErrant":"",
    "ReplicationSQLThreadRuning":false,"ReplicationIOThreadRuning":true,
    "ReplicationSQLThreadState":0,"ReplicationIOThreadState":1,
    "LastSQLError":"Duplicate entry '1'","LastIOError":""}"#;

fn list(elements: &[&str]) -> String {
    format!("[{}]", elements.join(","))
}

#[rstest]
#[case("instance", SOURCE, "db1:3306\n")]
#[case("which-instance", REPLICA, "db2:3306\n")]
#[case("which-master", REPLICA, "db1:3306\n")]
#[case("which-master", SOURCE, ":0\n")]
#[case("which-cluster-master", SOURCE, "db1:3306\n")]
#[case("which-gtid-errant", STOPPED, "00020113-1111-1111-1111-111111111111:1-2\n")]
#[case("which-gtid-errant", REPLICA, "\n")]
#[case("is-replicating", REPLICA, "db2:3306\n")]
#[case("is-replicating", SOURCE, "")]
#[case("is-replicating", STOPPED, "")]
#[case("is-replicating", BROKEN, "")]
#[case("is-replication-stopped", STOPPED, "db3:3306\n")]
#[case("is-replication-stopped", SOURCE, "")]
#[case("is-replication-stopped", BROKEN, "")]
fn single_instances(#[case] command: &str, #[case] body: &str, #[case] lines: &str) {
    check(command, body, lines);
}

#[rstest]
#[case("which-replicas", "db2:3306\ndb3:3306\ndb4:3306\n")]
#[case("which-broken-replicas", "db4:3306\n")]
#[case("which-cluster-osc-running-replicas", "db2:3306\n")]
#[case("which-cluster-instances", "db2:3306\ndb3:3306\ndb4:3306\n")]
fn lists_of_instances(#[case] command: &str, #[case] lines: &str) {
    check(command, &list(&[REPLICA, STOPPED, BROKEN]), lines);
    check(command, "[]", "");
    check(command, "null", "");
}

#[rstest]
#[case("discover", SOURCE, "db1:3306\n")]
#[case("discover", "null", "")]
#[case("async-discover", "null", "db1:3306\n")]
#[case("forget", KEY, "")]
#[case("forget-cluster", "null", "")]
#[case("begin-downtime", KEY, "db2:3306\n")]
#[case("register-candidate", KEY, "db2:3306\n")]
#[case("recover", KEY, "db2:3306\n")]
#[case("can-replicate-from", KEY, "db2:3306\n")]
#[case("set-read-only", REPLICA, "db2:3306\n")]
#[case("relocate", REPLICA, "db2:3306<db1:3306\n")]
#[case("take-master", SOURCE, "db1:3306<:0\n")]
#[case("relocate", "null", "")]
#[case(
    "graceful-master-takeover",
    r#"{"Id":1,"SuccessorKey":{"Hostname":"db2","Port":3306}}"#,
    "db2:3306\n"
)]
#[case("force-master-failover", r#"{"Id":1,"SuccessorKey":null}"#, "")]
#[case("ack-cluster-recoveries", r#""db1:3306""#, "db1:3306\n")]
#[case("ack-all-recoveries", r#""a whole comment""#, "a whole comment\n")]
#[case("check-global-recoveries", r#""enabled""#, "enabled\n")]
#[case("snapshot-topologies", r#""Took 991.286µs""#, "Took 991.286µs\n")]
#[case("submit-pool-instances", r#""web""#, "web\n")]
#[case("delay-replication", "3", "3\n")]
#[case(
    "locate-gtid-errant",
    r#"["binlog.000001","binlog.000002"]"#,
    "binlog.000001\nbinlog.000002\n"
)]
#[case("last-pseudo-gtid", r#""drop  view x""#, "drop  view x\n")]
#[case(
    "topology",
    r#""db1:3306   [0s,\u003e\u003e]\n+ db2:3306 [0s]""#,
    "db1:3306   [0s,>>]\n+ db2:3306 [0s]\n"
)]
#[case(
    "topology-tabulated",
    r#""db1:3306  |0s|semi:master \n+ db2:3306|0s|            ""#,
    "db1:3306  |0s|semi:master \n+ db2:3306|0s|            \n"
)]
#[case("raft-leader-hostname", r#"{"Healthy":true,"Hostname":"orc1"}"#, "orc1\n")]
#[case("raft-elect-leader", r#""orc2""#, "orc2\n")]
fn envelopes(#[case] command: &str, #[case] details: &str, #[case] lines: &str) {
    check(command, &ok(details), lines);
}

#[rstest]
#[case("match-up-replicas")]
#[case("move-replicas-gtid")]
#[case("move-up-replicas")]
#[case("untag")]
fn lists_may_come_as_a_key_a_list_or_nothing(#[case] command: &str) {
    check(command, &ok(KEY), "db2:3306\n");
    check(command, &ok(&list(&[KEY, KEY])), "db2:3306\ndb2:3306\n");
    check(command, &ok(&list(&[REPLICA])), "db2:3306\n");
    check(command, &ok("null"), "");
}

#[test]
fn clusters() {
    let body = r#"[{"ClusterName":"db1:3306","ClusterAlias":"main","ClusterDomain":""},
        {"ClusterName":"db9:3306","ClusterAlias":"db9:3306","ClusterDomain":"db.example.com"}]"#;
    check("clusters", body, "db1:3306\ndb9:3306\n");
    check("clusters-alias", body, "db1:3306,main\ndb9:3306,db9:3306\n");
    check("clusters-alias", "[]", "");
    let one = r#"{"ClusterName":"db1:3306","ClusterAlias":"main","ClusterDomain":""}"#;
    check("which-cluster", one, "db1:3306\n");
    check("which-cluster-alias", one, "main\n");
    check("which-cluster-domain", one, "\n");
}

#[test]
fn tags() {
    check(
        "tags",
        r#"["backup=","role=candidate","note=two  words"]"#,
        "backup=\nrole=candidate\nnote=two  words\n",
    );
    check("tag-value", r#""candidate""#, "candidate\n");
    check("tag-value", r#""""#, "\n");
    check("tagged", &list(&[KEY]), "db2:3306\n");
}

#[test]
fn pairs_of_the_kv_stores() {
    let pairs = r#"[{"Key":"mysql/master/main","Value":"db1:3306"},
        {"Key":"mysql/master/main/ipv6","Value":""}]"#;
    let lines = "mysql/master/main:db1:3306\nmysql/master/main/ipv6:\n";
    check("submit-masters-to-kv-stores", &ok(pairs), lines);
    check("submit-masters-to-kv-stores", &ok("null"), "");
}

#[test]
fn the_analysis_names_a_structure_warning_where_there_is_no_problem() {
    let entry = |code: &str, structure: &str| {
        format!(
            r#"{{"AnalyzedInstanceKey":{KEY},"ClusterDetails":{{"ClusterName":"db1:3306"}},
                "Analysis":"{code}","StructureAnalysis":{structure}}}"#
        )
    };
    let entries = [
        entry("DeadMaster", r#"["ErrantGTIDStructureWarning"]"#),
        entry("NoProblem", r#"["ErrantGTIDStructureWarning","Other"]"#),
        entry("NoProblem", "null"),
    ];
    let lines = "db2:3306 (cluster db1:3306): DeadMaster\n\
                 db2:3306 (cluster db1:3306): ErrantGTIDStructureWarning\n\
                 db2:3306 (cluster db1:3306): \n";
    check("replication-analysis", &ok(&list(&entries.each_ref().map(String::as_str))), lines);
    check("replication-analysis", &ok("[]"), "");
}

#[test]
fn the_dominant_data_center() {
    check("dominant-dc", &list(&[SOURCE, STOPPED, BROKEN]), "dc-east\n");
    check("dominant-dc", &list(&[SOURCE, STOPPED]), "dc-west\n");
    check("dominant-dc", r#"[{"DataCenter":""}]"#, "\n");
    check("dominant-dc", "null", "");
}

#[test]
fn json_is_printed_on_one_line() {
    check("api", r#"["db1:3306"]"#, "[ \"db1:3306\" ]\n");
    check("api", "null", "null\n");
    check("api", &ok("{}"), "{ \"Code\": \"OK\", \"Message\": \"done\", \"Details\": {} }\n");
    let statements = r#"["stop replica;","select 1,  2;"]"#;
    check(
        "restart-replica-statements",
        &ok(statements),
        "[ \"stop replica;\", \"select 1,  2;\" ]\n",
    );
}

#[test]
fn a_raft_group_without_a_leader_is_a_failure() {
    check("raft-leader", r#""10.0.0.1:10008""#, "10.0.0.1:10008\n");
    let failure = printed("raft-leader", r#""""#).unwrap_err();
    assert_eq!(failure.status(), crate::failure::Status::NoLeader);
}

#[rstest]
#[case("instance", r#"{"a":1}"#, "no Hostname in {\"a\":1}")]
#[case("which-replicas", "[1]", "no Hostname in 1")]
#[case("which-master", KEY, "no MasterKey in ")]
#[case("clusters", r#"["db1:3306"]"#, "no ClusterName in \"db1:3306\"")]
fn answers_of_another_shape_are_named(
    #[case] command: &str,
    #[case] body: &str,
    #[case] text: &str,
) {
    let message = printed(command, body).unwrap_err().to_string();
    assert!(message.starts_with("unexpected answer: ") && message.contains(text), "{message}");
}
