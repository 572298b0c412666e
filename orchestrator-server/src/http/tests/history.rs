//! Recoveries, detections, refusals and the audit, as lists show them.

use std::{sync::Arc, time::Duration};

use super::{
    fleet::{self, NOW, key},
    lab::Lab,
};
use crate::{
    analysis::Code,
    journal::{
        command::{Command, RecoveryEnd},
        facts::{Acknowledgement, Blocked, Detection, Facts, Line, Node, Recovery},
    },
};

fn node() -> Node {
    Node { hostname: "node-one".to_owned(), token: "t0".to_owned() }
}

fn detection() -> Detection {
    Detection {
        id: 0,
        key: key("db1"),
        code: Code::DeadMaster,
        cluster: "db1:3306".to_owned(),
        alias: "main".to_owned(),
        replicas: vec![key("db3"), key("db2")],
        actionable: true,
        at: NOW - Duration::from_secs(30),
        active: true,
        node: node(),
    }
}

pub(crate) fn recovery(uid: &str, age: u64) -> Recovery {
    Recovery {
        id: 0,
        uid: uid.to_owned(),
        key: key("db1"),
        code: Code::DeadMaster,
        cluster: "db1:3306".to_owned(),
        alias: "main".to_owned(),
        domain: String::new(),
        replicas: vec![key("db3"), key("db2")],
        wanted: None,
        forced: false,
        skip_hooks: false,
        detection_id: 1,
        node: node(),
        failing_since: None,
        started: NOW - Duration::from_secs(age),
        active: true,
        intended: Vec::new(),
        done: Vec::new(),
        lines: vec![Line { id: 1, at: NOW, message: "regrouping".to_owned() }],
        end: None,
        acknowledged: None,
        resumed: None,
        fenced: std::collections::BTreeMap::new(),
    }
}

fn ended(uid: &str, age: u64) -> Recovery {
    let end = RecoveryEnd {
        at: NOW - Duration::from_secs(age),
        successful: true,
        needless: false,
        successor: Some(key("db2")),
        successor_alias: "node-2".to_owned(),
        lost: vec![key("db3")],
        ..RecoveryEnd::default()
    };
    Recovery { end: Some(end), ..recovery(uid, age + 1) }
}

/// Something for every list: an ended recovery, one that runs, a detection, a refusal.
pub(super) fn fill(facts: &mut Facts) {
    facts.detections.insert_mut(1, Arc::new(Detection { id: 1, ..detection() }));
    facts.recoveries.insert_mut(1, Arc::new(Recovery { id: 1, ..ended("uid-1", 20) }));
    facts.recoveries.insert_mut(2, Arc::new(Recovery { id: 2, ..recovery("uid-2", 5) }));
    let blocked =
        Blocked { cluster: "db1:3306".to_owned(), code: Code::DeadMaster, at: NOW, blocking_id: 1 };
    facts.blocked.insert_mut(key("db1"), blocked);
}

fn lab() -> Lab {
    let lab = Lab::new();
    lab.change_facts(fill);
    lab
}

/// The member of each object of a list.
async fn column(lab: &Lab, route: &str, member: &str) -> String {
    let answer = lab.get(&format!("/api/{route}")).await.json();
    let values = answer.as_array().unwrap_or_else(|| panic!("{route}: {answer}")).iter();
    values.map(|value| value[member].to_string()).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_recovery_tells_what_it_did() {
    let answer = lab().get("/api/audit-recovery/uid/uid-1").await.json();
    let recovery = &answer[0];
    let entry = &recovery["AnalysisEntry"];
    assert_eq!(entry["Analysis"], "DeadMaster");
    assert_eq!(entry["CountReplicas"], 2);
    assert_eq!(entry["Replicas"][0]["Hostname"], "db2");
    assert_eq!(entry["ClusterDetails"]["ClusterAlias"], "main");
    assert_eq!(recovery["SuccessorKey"]["Hostname"], "db2");
    assert_eq!(recovery["LostReplicas"][0]["Hostname"], "db3");
    assert_eq!(recovery["AllErrors"], serde_json::json!([""]));
    assert_eq!(recovery["RecoveryStartTimestamp"], "2026-11-23T04:18:36Z");
    assert_eq!(recovery["RecoveryEndTimestamp"], "2026-11-23 04:18:37");
    assert_eq!(recovery["LastDetectionId"], 1);
}

#[tokio::test]
async fn a_recovery_that_runs_has_an_empty_successor() {
    let answer = lab().get("/api/audit-recovery/id/2").await.json();
    assert_eq!(answer[0]["SuccessorKey"], serde_json::json!({"Hostname": "", "Port": 0}));
    assert_eq!(answer[0]["RecoveryEndTimestamp"], "");
    assert_eq!(answer[0]["IsActive"], true);
}

#[tokio::test]
async fn a_detection_names_the_newest_recovery_that_followed() {
    let answer = lab().get("/api/audit-failure-detection/id/1").await.json();
    assert_eq!(answer[0]["RelatedRecoveryId"], 2);
    assert_eq!(answer[0]["AnalysisEntry"]["StartActivePeriod"], "2026-11-23T04:18:27Z");
    assert_eq!(answer[0]["SuccessorKey"], serde_json::Value::Null);
    assert_eq!(answer[0]["AllErrors"], serde_json::Value::Null);
}

#[tokio::test]
async fn lists_select_what_their_names_say() {
    let lab = lab();
    for (route, ids) in [
        ("audit-recovery", "2 1"),
        ("audit-recovery/0", "2 1"),
        ("audit-recovery/1", ""),
        ("audit-recovery/99999999999999999999", "2 1"),
        ("audit-recovery/18446744073709551615", ""),
        ("audit-recovery/cluster/db1:3306", "2 1"),
        ("audit-recovery/cluster/main", ""),
        ("audit-recovery/alias/main", "2 1"),
        ("audit-recovery/alias/db1:3306", ""),
        ("active-cluster-recovery/db1:3306", "2"),
        ("recently-active-cluster-recovery/db1:3306", "1"),
        ("recently-active-instance-recovery/db2/3306", "1"),
        ("recently-active-instance-recovery/db1/3306", ""),
        ("audit-failure-detection", "1"),
        ("audit-failure-detection/alias/x", ""),
    ] {
        assert_eq!(column(&lab, route, "Id").await, ids, "{route}");
    }
}

#[tokio::test]
async fn old_recoveries_are_not_recent() {
    let lab = Lab::new();
    lab.change_facts(|facts| {
        for (id, age) in [(1, 300), (2, 301)] {
            let one = Recovery { id, ..ended(&format!("uid-{id}"), age) };
            facts.recoveries.insert_mut(id, Arc::new(one));
        }
    });
    let route = "recently-active-cluster-recovery/db1:3306";
    assert_eq!(column(&lab, route, "Id").await, "1");
}

#[tokio::test]
async fn acknowledged_recoveries_can_be_left_out() {
    let lab = lab();
    lab.change_facts(|facts| {
        let mut one = Recovery::clone(facts.recoveries.get(&1).unwrap());
        let ack = Acknowledgement { at: NOW, by: "ann".to_owned(), comment: "seen".to_owned() };
        one.acknowledged = Some(ack);
        facts.recoveries.insert_mut(1, Arc::new(one));
    });
    assert_eq!(column(&lab, "audit-recovery?unacknowledged=true", "Id").await, "2");
    assert_eq!(column(&lab, "audit-recovery?unacknowledged=yes", "Id").await, "2 1");
    assert_eq!(column(&lab, "audit-recovery/id/1", "AcknowledgedBy").await, "\"ann\"");
}

#[tokio::test]
async fn pages_hold_twenty() {
    let lab = Lab::new();
    lab.change_facts(|facts| {
        for _ in 0..45 {
            facts.apply(&Command::RegisterDetection(Box::new(detection())));
        }
    });
    let ids = |from: u64, to: u64| {
        (to..=from).rev().map(|id| id.to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(column(&lab, "audit-failure-detection", "Id").await, ids(45, 26));
    assert_eq!(column(&lab, "audit-failure-detection/1", "Id").await, ids(25, 6));
    assert_eq!(column(&lab, "audit-failure-detection/alias/main/2", "Id").await, ids(5, 1));
    assert_eq!(column(&lab, "audit-failure-detection/3", "Id").await, "");
}

#[tokio::test]
async fn a_number_that_is_none_is_an_error_and_not_everything() {
    let lab = lab();
    for route in ["audit-recovery/id/xyz", "audit-failure-detection/id/xyz"] {
        let answer = lab.get(&format!("/api/{route}")).await;
        assert_eq!(answer.message(), "strconv.ParseInt: parsing \"xyz\": invalid syntax");
    }
}

#[tokio::test]
async fn refusals_name_what_blocks() {
    let lab = lab();
    let expected = r#"[{"FailedInstanceKey":{"Hostname":"db1","Port":3306},"ClusterName":"db1:3306","Analysis":"DeadMaster","LastBlockedTimestamp":"2026-11-23T04:18:57Z","BlockingRecoveryId":1}]"#;
    assert_eq!(lab.get("/api/blocked-recoveries").await.body, expected);
    assert_eq!(lab.get("/api/blocked-recoveries/cluster/x").await.body, "[]");
}

#[tokio::test]
async fn steps_come_oldest_first() {
    let lab = lab();
    let expected = r#"[{"Id":1,"RecoveryUID":"uid-1","AuditAt":"2026-11-23T04:18:57Z","Message":"regrouping"}]"#;
    assert_eq!(lab.get("/api/audit-recovery-steps/uid-1").await.body, expected);
}

#[tokio::test]
async fn the_audit_of_a_server_needs_a_server() {
    let lab = Lab::with(fleet::view(), |_| {});
    lab.get("/api/begin-downtime/db2/3306/dba/one").await;
    lab.get("/api/begin-downtime/db3/3306/dba/two").await;
    let messages = column(&lab, "audit", "Message").await;
    assert_eq!(messages, r#""owner: dba, reason: two" "owner: dba, reason: one""#);
    let messages = column(&lab, "audit/instance/db2/3306", "Message").await;
    assert_eq!(messages, r#""owner: dba, reason: one""#);
    assert_eq!(lab.get("/api/audit/instance/db2/abc").await.message(), "Invalid port: abc");
}
