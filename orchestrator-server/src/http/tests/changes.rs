//! What changes something: the Commands that are proposed, the operations that are asked for,
//! the answers.

use std::time::Duration;

use rstest::rstest;
use serde_json::json;
use shared::PromotionRule;

use super::{
    fleet::{NOW, key},
    lab::Lab,
};
use crate::{
    http::RecoverReply,
    journal::command::{AckSelector, AuditEntry, Command},
};

fn audit(kind: &str, host: &str, message: &str) -> Command {
    Command::Audit(AuditEntry {
        at: NOW,
        kind: kind.to_owned(),
        key: Some(key(host)),
        cluster: if host == "db9" { String::new() } else { "db1:3306".to_owned() },
        message: message.to_owned(),
    })
}

#[rstest]
#[case("db2/3306/dba/planned%20work", "db2", "dba", "planned work", 600)]
#[case("db2/3306/dba/zero/0s", "db2", "dba", "zero", 600)]
#[case("db2/3306/dba/x/2h", "db2", "dba", "x", 7200)]
#[case("db2/3306/dba/a+b/45m", "db2", "dba", "a+b", 2700)]
#[case("db2/3306/dba%0A/r%0A/1w", "db2", "dba", "r", 604_800)]
#[case("db2/3306/team%2Fdba/why%3F%20%23a%2Fb/1h", "db2", "team/dba", "why? #a/b", 3600)]
#[case("db2/3306/dba/100%25+%2B/240000h", "db2", "dba", "100%++", 864_000_000)]
#[case("db2/3306/dba/x/90s", "db2", "dba", "x", 90)]
#[case("db2/3306/dba/x/3d", "db2", "dba", "x", 259_200)]
#[case("db9/3306/dba/not%20known%20yet", "db9", "dba", "not known yet", 600)]
#[tokio::test]
async fn downtime_begins(
    #[case] path: &str,
    #[case] host: &str,
    #[case] owner: &str,
    #[case] reason: &str,
    #[case] seconds: u64,
) {
    let lab = Lab::new();
    let answer = lab.get(&format!("/api/begin-downtime/{path}")).await;
    let expected = format!(
        r#"{{"Code":"OK","Message":"Downtime begun: {host}:3306","Details":{{"Hostname":"{host}","Port":3306}}}}"#
    );
    assert_eq!(answer.body, expected);
    let begin = Command::BeginDowntime {
        key: key(host),
        owner: owner.to_owned(),
        reason: reason.to_owned(),
        begins: NOW,
        ends: NOW + Duration::from_secs(seconds),
    };
    let message = format!("owner: {owner}, reason: {reason}");
    assert_eq!(lab.commands(), [begin, audit("begin-downtime", host, &message)]);
}

#[rstest]
#[case("db2/3306/dba/x/2y", "Cannot parse simple time: 2y")]
#[case("db2/3306/dba/x/1h30m", "Cannot parse simple time: 1h30m")]
#[case(
    "db2/3306/dba/x/99999999999w",
    "Cannot parse simple time: 99999999999w is longer than 292 years"
)]
#[case("db2/abc/dba/x", "Invalid port: abc")]
#[tokio::test]
async fn downtime_does_not_begin(#[case] path: &str, #[case] message: &str) {
    let lab = Lab::new();
    let answer = lab.get(&format!("/api/begin-downtime/{path}")).await;
    assert_eq!((answer.status.as_u16(), answer.message().as_str()), (500, message));
    assert_eq!(lab.commands(), []);
}

#[tokio::test]
async fn who_announces_a_downtime_again_extends_it() {
    let lab = Lab::new();
    let ends = || lab.services.view().facts.downtimes.get(&key("db2")).unwrap().ends;
    lab.get("/api/begin-downtime/db2/3306/dba/x/4m").await;
    assert_eq!(ends(), NOW + Duration::from_secs(240));
    lab.get("/api/begin-downtime/db2/3306/dba/x/1h").await;
    assert_eq!(ends(), NOW + Duration::from_secs(3600));
    lab.get("/api/begin-downtime/db2/3306/dba/x").await;
    assert_eq!(ends(), NOW + Duration::from_secs(600), "the last word counts");
}

#[tokio::test]
async fn downtime_ends_and_is_audited_only_if_there_was_one() {
    let lab = Lab::new();
    let answer = lab.get("/api/end-downtime/db3/3306").await;
    assert_eq!(answer.message(), "Downtime ended: db3:3306");
    let ended = |host: &str| Command::EndDowntime { key: key(host) };
    assert_eq!(lab.commands(), [ended("db3"), audit("end-downtime", "db3", "")]);
    assert_eq!(lab.get("/api/downtimed").await.body, "[]");

    let lab = Lab::new();
    assert_eq!(lab.get("/api/end-downtime/db9/3306").await.status, 200);
    assert_eq!(lab.commands(), [ended("db9")]);
}

#[tokio::test]
async fn candidates_are_registered() {
    let lab = Lab::new();
    let answer = lab.get("/api/register-candidate/db9/3306/must_not").await;
    assert_eq!(answer.message(), "Registered candidate");
    let register =
        Command::RegisterCandidate { key: key("db9"), rule: PromotionRule::MustNot, at: NOW };
    assert_eq!(lab.commands(), [register, audit("register-candidate", "db9", "must_not")]);
    for (rule, message) in [
        ("must", "CandidatePromotionRule: must not supported yet"),
        ("bogus", "Invalid CandidatePromotionRule: bogus"),
    ] {
        let answer = lab.get(&format!("/api/register-candidate/db2/3306/{rule}")).await;
        assert_eq!(answer.message(), message);
    }
}

#[tokio::test]
async fn a_fact_that_cannot_be_stored_is_an_error() {
    let lab = Lab::new();
    *lab.journal.broken.lock().unwrap() = true;
    let answer = lab.get("/api/begin-downtime/db2/3306/o/r").await;
    assert_eq!(answer.status, 500);
    assert_eq!(answer.message(), "the journal is closed, the service is shutting down");
}

#[tokio::test]
async fn recoveries_are_switched_off_and_on() {
    let lab = Lab::new();
    for (route, message, details) in [
        ("check-global-recoveries", "Global recoveries enabled", "enabled"),
        ("disable-global-recoveries", "Globally disabled recoveries", "disabled"),
        ("check-global-recoveries", "Global recoveries disabled", "disabled"),
        ("enable-global-recoveries", "Globally enabled recoveries", "enabled"),
        ("check-global-recoveries", "Global recoveries enabled", "enabled"),
    ] {
        let answer = lab.get(&format!("/api/{route}")).await.json();
        assert_eq!(answer, json!({"Code": "OK", "Message": message, "Details": details}));
    }
}

#[rstest]
#[case("ack-recovery/7", AckSelector::Id(7), json!("7"))]
#[case("ack-recovery/uid/17:ab", AckSelector::Uid("17:ab".to_owned()), json!("17:ab"))]
#[case(
    "ack-recovery/instance/db9/3306",
    AckSelector::Instance(key("db9")),
    json!({"Hostname": "db9", "Port": 3306})
)]
#[case(
    "ack-recovery/cluster/db4:3306",
    AckSelector::Cluster { name: "db1:3306".to_owned(), alias: "main".to_owned() },
    json!("db1:3306")
)]
#[case(
    "ack-recovery/cluster/alias/main",
    AckSelector::Cluster { name: "db1:3306".to_owned(), alias: "main".to_owned() },
    json!("db1:3306")
)]
#[case("ack-all-recoveries", AckSelector::All, json!("all done"))]
#[tokio::test]
async fn recoveries_are_acknowledged(
    #[case] path: &str,
    #[case] selector: AckSelector,
    #[case] details: serde_json::Value,
) {
    let lab = Lab::new();
    let answer = lab.get(&format!("/api/{path}")).await;
    assert_eq!(answer.message(), "No acknowledge comment given");
    let answer = lab.get(&format!("/api/{path}?comment=%20%0A")).await;
    assert_eq!(answer.message(), "No acknowledge comment given");
    assert_eq!(lab.commands(), []);
    let answer = lab.get(&format!("/api/{path}?comment=%20all+done%0A")).await;
    assert_eq!(answer.json()["Details"], details);
    let expected = Command::Acknowledge {
        selector,
        by: "node-one".to_owned(),
        comment: "all done".to_owned(),
        at: NOW,
    };
    assert_eq!(lab.commands(), [expected]);
}

#[rstest]
#[case("ack-recovery/abc?comment=x", "strconv.ParseInt: parsing \"abc\": invalid syntax")]
#[case("ack-recovery/cluster/alias/nosuch?comment=x", "No cluster found for alias nosuch")]
#[case(
    "ack-recovery/cluster/nosuch?comment=x",
    "Unable to determine cluster name. clusterHint=nosuch"
)]
#[tokio::test]
async fn nothing_is_acknowledged(#[case] path: &str, #[case] message: &str) {
    let lab = Lab::new();
    assert_eq!(lab.get(&format!("/api/{path}")).await.message(), message);
    assert_eq!(lab.commands(), []);
}

#[rstest]
#[case(
    "recover/db1/3306",
    Ok(RecoverReply::Promoted(key("db2"))),
    "recover db1:3306 onto None, skip hooks false, by node-one",
    (200, "Recovery executed on db1:3306", "db2")
)]
#[case(
    "recover/db1/3306/db3/3306?skipProcesses=true",
    Ok(RecoverReply::Promoted(key("db3"))),
    "recover db1:3306 onto Some(db3:3306), skip hooks true, by node-one",
    (200, "Recovery executed on db1:3306", "db3")
)]
#[case(
    "recover-lite/db1/3306",
    Ok(RecoverReply::NothingPromoted),
    "recover db1:3306 onto None, skip hooks true, by node-one",
    (500, "Recovery attempted but no instance promoted", "db1")
)]
#[case(
    "recover/db9/3306",
    Ok(RecoverReply::NotAttempted(None)),
    "recover db9:3306 onto None, skip hooks false, by node-one",
    (500, "Recovery not attempted", "db9")
)]
#[case(
    "recover/db1/3306",
    Ok(RecoverReply::NotAttempted(Some("already running".to_owned()))),
    "recover db1:3306 onto None, skip hooks false, by node-one",
    (500, "Recovery not attempted: already running", "db1")
)]
#[case(
    "recover/db1/3306",
    Err("journal full".to_owned()),
    "recover db1:3306 onto None, skip hooks false, by node-one",
    (500, "journal full", "db1")
)]
#[tokio::test]
async fn recoveries_are_asked_for(
    #[case] path: &str,
    #[case] outcome: Result<RecoverReply, String>,
    #[case] asked: &str,
    #[case] (status, message, host): (u16, &str, &str),
) {
    let lab = Lab::new();
    *lab.operations.recover.lock().unwrap() = outcome;
    let answer = lab.get(&format!("/api/{path}")).await;
    assert_eq!((answer.status.as_u16(), answer.message().as_str()), (status, message));
    assert_eq!(answer.json()["Details"], json!({"Hostname": host, "Port": 3306}));
    assert_eq!(*lab.operations.asked.lock().unwrap(), [asked]);
}

#[tokio::test]
async fn a_candidate_that_is_no_server_stops_the_recovery() {
    let lab = Lab::new();
    let answer = lab.get("/api/recover/db1/3306/db2/abc").await;
    assert_eq!(answer.message(), "Invalid port: abc");
    assert!(lab.operations.asked.lock().unwrap().is_empty());
}

#[rstest]
#[case("discover/db2/3306", 200, "Instance discovered: db2:3306", "discover db2:3306")]
#[case("discover/db9/3306", 500, "db9:3306: connection refused", "discover db9:3306")]
#[case("discover/b2/3306", 500, "b2:3306: connection refused", "discover b2:3306")]
#[case(
    "async-discover/db9/3306",
    200,
    "Asynchronous discovery initiated for Instance: db9:3306",
    "discover later db9:3306"
)]
#[case("refresh/b2/3306", 200, "Instance refreshed: db2:3306", "discover db2:3306")]
#[case("refresh/db9/3306", 500, "db9:3306: connection refused", "discover db9:3306")]
#[case("forget/db4/3306", 200, "Instance forgotten: db4:3306", "forget db4:3306")]
#[case(
    "forget-cluster/main",
    200,
    "Cluster forgotten: db1:3306",
    "forget db1:3306, forget db2:3306, forget db3:3306, forget db4:3306"
)]
#[case("forget/db9/3306", 500, "ForgetInstance(): instance db9:3306 not found", "")]
#[case("forget-cluster/nosuch", 500, "Unable to determine cluster name. clusterHint=nosuch", "")]
#[tokio::test]
async fn servers_are_probed_and_forgotten(
    #[case] path: &str,
    #[case] status: u16,
    #[case] message: &str,
    #[case] asked: &str,
) {
    let lab = Lab::new();
    let answer = lab.get(&format!("/api/{path}")).await;
    assert_eq!((answer.status.as_u16(), answer.message().as_str()), (status, message));
    assert_eq!(lab.operations.asked.lock().unwrap().join(", "), asked);
}

#[tokio::test]
async fn a_forgotten_server_is_remembered_when_it_is_announced() {
    let lab = Lab::new();
    lab.change_facts(|facts| {
        facts.forgotten.insert_mut(key("db2"), NOW + Duration::from_secs(15));
    });
    lab.get("/api/refresh/db2/3306").await;
    assert_eq!(lab.commands(), []);
    lab.get("/api/discover/db2/3306").await;
    assert_eq!(lab.commands(), [Command::Remember { key: key("db2") }]);
}

#[tokio::test]
async fn a_cluster_gets_an_alias() {
    let lab = Lab::new();
    let answer = lab.get("/api/set-cluster-alias/db1:3306?alias=shop").await;
    assert_eq!(answer.message(), "Cluster db1:3306 now has alias 'shop'");
    let expected =
        Command::SetClusterAlias { cluster: "db1:3306".to_owned(), alias: "shop".to_owned() };
    assert_eq!(lab.commands()[0], expected);
}
