//! Locks, tags, pools, attributes, virtual names: what is asked, what is answered, what is kept.

use std::time::Duration;

use rstest::rstest;

use super::{
    fleet::{self, NOW, key},
    lab::Lab,
};
use crate::{clock::Moment, journal::command::Command};

const KEY2: &str = r#"{"Hostname":"db2","Port":3306}"#;

fn ok(message: &str, details: &str) -> String {
    format!(r#"{{"Code":"OK","Message":"{message}","Details":{details}}}"#)
}

fn error(message: &str) -> String {
    format!(r#"{{"Code":"ERROR","Message":"{message}","Details":null}}"#)
}

/// Asks for each path in turn and compares the whole body; the status follows from it.
async fn play(lab: &Lab, story: &[(&str, &str)]) {
    for (path, body) in story {
        let answer = lab.get(&format!("/api/{path}")).await;
        assert_eq!(answer.body, *body, "{path}");
        let status = if body.starts_with(r#"{"Code":"ERROR""#) { 500 } else { 200 };
        assert_eq!(answer.status.as_u16(), status, "{path}");
    }
}

fn audited(lab: &Lab) -> Vec<(String, String)> {
    let entry = |command: &Command| match command {
        Command::Audit(entry) => Some((entry.kind.clone(), entry.message.clone())),
        _ => None,
    };
    lab.commands().iter().filter_map(entry).collect()
}

#[tokio::test]
async fn one_lock_at_a_time() {
    let lab = Lab::new();
    let begun = ok("Maintenance begun: db2:3306", KEY2);
    let ended = ok("Maintenance ended: db2:3306", KEY2);
    let refused = r#"{"Code":"ERROR","Message":"Cannot begin maintenance for instance: db2:3306; maintenance reason: again","Details":0}"#;
    play(
        &lab,
        &[
            ("in-maintenance/db2/3306", &ok("false", r#""""#)),
            ("begin-maintenance/db2/3306/dba/new%20disk%0A", &begun),
            ("begin-maintenance/db2/3306/dba/again", refused),
            ("in-maintenance/db2/3306", &ok("true", r#""db2:3306""#)),
            ("maintenance", r#"[{"MaintenanceId":1,"Key":{"Hostname":"db2","Port":3306},"BeginTimestamp":"2026-11-23T04:18:57Z","SecondsElapsed":0,"IsActive":true,"Owner":"dba","Reason":"new disk"}]"#),
            ("end-maintenance/db2/3306", &ended),
            ("end-maintenance/db2/3306", &ended),
            ("maintenance", "[]"),
            ("begin-maintenance/db2/3306/dba/again", &begun),
            ("end-maintenance/2", &ok("Maintenance ended: 2", "2")),
            ("end-maintenance/9999", &ok("Maintenance ended: 9999", "9999")),
            ("end-maintenance/abc", &error(r#"strconv.ParseInt: parsing \"abc\": invalid syntax"#)),
            ("in-maintenance/db2/abc", &error("Invalid port: abc")),
        ],
    )
    .await;
    let kinds = [
        ("begin-maintenance", "maintenanceToken: 1, owner: dba, reason: new disk"),
        ("end-maintenance", ""),
        ("begin-maintenance", "maintenanceToken: 2, owner: dba, reason: again"),
        ("end-maintenance", "maintenanceToken: 2"),
    ];
    assert_eq!(audited(&lab), kinds.map(|(kind, text)| (kind.to_owned(), text.to_owned())));
}

#[tokio::test]
async fn a_lock_ends_by_itself() {
    let lab = Lab::new();
    lab.get("/api/begin-maintenance/db2/3306/dba/x").await;
    lab.change_facts(|facts| {
        let mut lock = facts.maintenances.get(&key("db2")).unwrap().clone();
        assert_eq!(lock.ends, NOW + Duration::from_secs(600));
        lock.ends = NOW;
        facts.maintenances.insert_mut(key("db2"), lock);
    });
    assert_eq!(lab.get("/api/maintenance").await.body, "[]");
    assert_eq!(lab.get("/api/in-maintenance/db2/3306").await.message(), "false");
}

#[tokio::test]
async fn tags_come_and_go() {
    let lab = Lab::new();
    play(
        &lab,
        &[
            ("tags/db2/3306", "[]"),
            ("tag/db2/3306?tag=role%3Dcandidate", &ok("db2:3306 tagged with role=candidate", KEY2)),
            ("tag/db2/3306?tag=backup", &ok("db2:3306 tagged with backup=", KEY2)),
            ("tag/db2/3306/zone/z1", &ok("db2:3306 tagged with zone=z1", KEY2)),
            ("tag/db2/3306?tag=~neg", &ok("db2:3306 tagged with neg=", KEY2)),
            ("tag/db2/3306?tag=%3Dx", &error("Unable to parse tag: =x")),
            ("tag/db2/3306?tag=", &error("NewTag: empty tag name")),
            ("tags/db2/3306", r#"["backup=","neg=","role=candidate","zone=z1"]"#),
            ("tag-value/db2/3306?tag=role", r#""candidate""#),
            ("tag-value/db2/3306/zone", r#""z1""#),
            ("tag-value/db2/3306/nosuch", &error("tag nosuch not found for db2:3306")),
            ("untag/db2/3306?tag=role%3Dnope", &ok("role removed from 0 instances", "[]")),
            (
                "untag/db2/3306?tag=role%3Dcandidate",
                &ok("role removed from 1 instances", &format!("[{KEY2}]")),
            ),
            ("untag/db2/3306/zone", &ok("zone removed from 1 instances", &format!("[{KEY2}]"))),
            ("untag/db2/3306?tag=~x", &error("Untag: does not support negation")),
            ("tags/db2/3306", r#"["backup=","neg="]"#),
        ],
    )
    .await;
    let last = audited(&lab).pop().unwrap();
    assert_eq!(last, ("delete-instance-tag".to_owned(), "zone".to_owned()));
}

#[tokio::test]
async fn a_tag_is_taken_from_all_only_with_its_value() {
    let lab = Lab::new();
    for path in ["db1/3306/x/1", "db2/3306/x/1", "db3/3306/x/2"] {
        lab.get(&format!("/api/tag/{path}")).await;
    }
    let refused = "Untag: either indicate an instance or a tag value. Will not delete on-valued tag across instances";
    let both = r#"[{"Hostname":"db1","Port":3306},{"Hostname":"db2","Port":3306}]"#;
    play(
        &lab,
        &[
            ("untag-all?tag=x", &error(refused)),
            ("untag-all?tag=~x%3D1", &error("Untag: does not support negation")),
            ("untag-all/x/1", &ok("x removed from 2 instances", both)),
            (
                "untag-all?tag=x%3D2",
                &ok("x removed from 1 instances", r#"[{"Hostname":"db3","Port":3306}]"#),
            ),
            ("untag-all?tag=x%3D2", &ok("x removed from 0 instances", "[]")),
        ],
    )
    .await;
}

#[rstest]
#[case("role", &["db2", "db3"])]
#[case("role%3Dreporting", &["db3"])]
#[case("role,backup", &["db2"])]
#[case("role,+backup", &["db2"])]
#[case("~role", &["db9"])]
#[case("!role", &["db9"])]
#[case("~role%3Dreporting", &["db2"])]
#[case("backup%3D", &["db2"])]
#[case("~backup", &["db3", "db9"])]
#[case("nosuch", &[])]
#[case("a%20b%3Dc%20d", &[])]
#[tokio::test]
async fn servers_are_found_by_tags(#[case] query: &str, #[case] expected: &[&str]) {
    let lab = Lab::new();
    // `db1` has no tag, so it is never found; `db9` is not known.
    for path in [
        "db2/3306?tag=backup",
        "db2/3306?tag=role%3Dcandidate",
        "db3/3306?tag=role%3Dreporting",
        "db9/3306?tag=other",
    ] {
        assert_eq!(lab.get(&format!("/api/tag/{path}")).await.status, 200);
    }
    let found = lab.get(&format!("/api/tagged?tag={query}")).await.json();
    let hosts: Vec<_> = found.as_array().unwrap().iter().map(|key| &key["Hostname"]).collect();
    assert_eq!(hosts, expected);
    let one = lab.get(&format!("/api/tagged/db2/3306?tag={query}")).await.json();
    assert_eq!(one.as_array().unwrap().len(), usize::from(expected.contains(&"db2")));
}

#[rstest]
#[case("")]
#[case("?tag=")]
#[case("?tag=role,")]
#[tokio::test]
async fn conditions_need_words(#[case] query: &str) {
    let answer = Lab::new().get(&format!("/api/tagged{query}")).await;
    assert_eq!(answer.message(), "Unable to parse tag: ");
}

#[tokio::test]
async fn tags_are_drawn() {
    let lab = Lab::new();
    for path in ["db2/3306?tag=role%3Dcandidate", "db2/3306?tag=backup"] {
        lab.get(&format!("/api/tag/{path}")).await;
    }
    let drawing = lab.get("/api/topology-tags/main").await.json();
    let drawing = drawing["Details"].as_str().unwrap();
    let line = |host: &str| drawing.lines().find(|line| line.contains(host)).unwrap().to_owned();
    assert!(line("db2").ends_with(" [backup,role=candidate]"), "{drawing}");
    assert!(line("db1").ends_with(" []"), "{drawing}");
}

#[tokio::test]
async fn a_pool_is_what_was_submitted_last() {
    let lab = Lab::new();
    let applied = ok("Applied web pool instances", r#""web""#);
    let read = |details: &str| ok("Read pool instances for cluster db1:3306", details);
    let members = r#"{"web":[{"Hostname":"db2","Port":3306},{"Hostname":"db3","Port":3306}]}"#;
    play(
        &lab,
        &[
            ("cluster-pool-instances/db1:3306", &read("{}")),
            ("heuristic-cluster-pool-lag/main", &error("No instances found in GetInstancesMaxLag")),
            ("submit-pool-instances/web?instances=db3:3306,%20db2,elsewhere", &applied),
            ("cluster-pool-instances/db1:3306", &read(members)),
            ("cluster-pool-instances/db1:3306/web", &read(members)),
            ("cluster-pool-instances/db1:3306/other", &read("{}")),
            ("cluster-pool-instances/main", &ok("Read pool instances for cluster main", "{}")),
            (
                "heuristic-cluster-pool-lag/db1:3306/web",
                &ok("Heuristic pool lag for cluster db1:3306", "0"),
            ),
            ("heuristic-cluster-pool-lag/nosuch", &error("No cluster found for alias nosuch")),
            (
                "submit-pool-instances/web?instances=db1,db1:abc",
                &error("Cannot parse address: db1:abc"),
            ),
            ("cluster-pool-instances/db1:3306", &read(members)),
            ("submit-pool-instances/web?instances=", &applied),
            ("cluster-pool-instances/db1:3306", &read("{}")),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_part_of_a_name_will_do_for_a_pool_where_that_is_wanted() {
    for (fuzzy, expected) in
        [(true, r#"{"web":[{"Hostname":"standby-7","Port":3306}]}"#), (false, "{}")]
    {
        let mut view = fleet::view();
        fleet::add_server(&mut view, "solo", "standby-7");
        let lab = Lab::with(view, |config| {
            config.raw.support_fuzzy_pool_hostnames = fuzzy;
        });
        lab.get("/api/submit-pool-instances/web?instances=by-7").await;
        let pools = lab.get("/api/cluster-pool-instances/standby-7:3306").await.json();
        assert_eq!(pools["Details"].to_string(), expected);
    }
}

#[tokio::test]
async fn attributes_are_found_by_value() {
    let lab = Lab::new();
    let attribute = |value: &str| {
        format!(
            r#"{{"Hostname":"db2","AttributeName":"rack","AttributeValue":"{value}","SubmitTimestamp":"2026-11-23T04:18:57Z","ExpireTimestamp":""}}"#
        )
    };
    play(
        &lab,
        &[
            ("host-attribute/db2/rack/b7", "true"),
            ("host-attribute/attr/rack/", &format!("[{}]", attribute("b7"))),
            ("host-attribute/attr/rack/?valueMatch=^b", &format!("[{}]", attribute("b7"))),
            ("host-attribute/attr/rack/?valueMatch=^c", "[]"),
            ("host-attribute/attr/other/", "[]"),
            ("host-attribute/db2/rack/c1", "true"),
            ("host-attribute/attr/rack/?valueMatch=^c", &format!("[{}]", attribute("c1"))),
        ],
    )
    .await;
    let refused = lab.get("/api/host-attribute/attr/rack?valueMatch=(").await.message();
    assert!(refused.starts_with("valueMatch is no regular expression"), "{refused}");
}

#[tokio::test]
async fn a_virtual_name_is_shown_until_it_expires() {
    let lab = Lab::new();
    let shown =
        async || lab.get("/api/instance/db2/3306").await.json()["UnresolvedHostname"].clone();
    play(
        &lab,
        &[
            (
                "register-hostname-unresolve/db2/3306/vip.example.com",
                &ok("Hostname register unresolve completed", KEY2),
            ),
            ("register-hostname-unresolve/db2/abc/virt", &error("Invalid port: abc")),
        ],
    )
    .await;
    assert_eq!(shown().await, "vip.example.com");
    lab.change_facts(|facts| {
        let mut name = facts.virtual_names.get("db2").unwrap().clone();
        name.at = Moment::from_unix_seconds(0);
        facts.virtual_names.insert_mut("db2".to_owned(), name);
    });
    assert_eq!(shown().await, "");
    let done = ok("Hostname deregister unresolve completed", KEY2);
    play(
        &lab,
        &[
            ("deregister-hostname-unresolve/db2/3306", &done),
            ("deregister-hostname-unresolve/db2/3306", &done),
        ],
    )
    .await;
    assert!(lab.services.view().facts.virtual_names.is_empty());
}

#[tokio::test]
async fn names_are_resolved_and_forgotten() {
    let lab = Lab::new();
    let expires = NOW.unix_micros() * 1000;
    let cache = format!(r#"{{"alias-of-db1":{{"Object":"db1","Expiration":{expires}}}}}"#);
    play(
        &lab,
        &[
            (
                "resolve/alias-of-db1/3306",
                &ok("Instance resolved", r#"{"Hostname":"db1","Port":3306}"#),
            ),
            ("resolve/nowhere/3306", &error("lookup nowhere: no such host")),
            ("resolve/elsewhere/3306", &error("dial tcp elsewhere:3306: refused")),
            ("hostname-resolve-cache", &ok("Cache retrieved", &cache)),
            ("reset-hostname-resolve-cache", &ok("Hostname cache cleared", "null")),
            ("reload-cluster-alias", &error("This API call has been retired")),
        ],
    )
    .await;
    assert_eq!(*lab.operations.asked.lock().unwrap(), ["forget names"]);
}

/// Names, values and reasons that would break whatever pastes them somewhere.
const HOSTILE: &[&str] = &[
    r#"it's "quoted" \ `id` $(id)"#,
    "100% %s %n %27 %00",
    "\u{1f600} ü \u{202e}",
    "'; DROP TABLE orc_log; --",
    "<script>alert(1)</script>&amp;",
    "a/b?c#d+e&f=g",
    "{{.}} ${x}",
];

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn hostile_texts_are_kept_literally() {
    let long = "ö".repeat(5 * 1024);
    for text in HOSTILE.iter().copied().chain([long.as_str()]) {
        let lab = Lab::new();
        let code = encoded(text);
        for path in [
            format!("begin-downtime/db2/3306/{code}/{code}/1h"),
            format!("begin-maintenance/db2/3306/{code}/{code}"),
            format!("tag/db2/3306/name/{code}"),
            format!("submit-pool-instances/{code}?instances=db2"),
            format!("host-attribute/db2/{code}/{code}"),
            format!("register-hostname-unresolve/db2/3306/{code}"),
            format!("set-cluster-alias/db1:3306?alias={code}"),
        ] {
            assert_eq!(lab.get(&format!("/api/{path}")).await.status, 200, "{path}");
        }
        let get = async |path: &str| lab.get(&format!("/api/{path}")).await.json();
        let server = get("instance/db2/3306").await;
        let lock = get("maintenance").await[0].clone();
        let pools = get("cluster-pool-instances/db1:3306").await["Details"].clone();
        let attribute = get(&format!("host-attribute/attr/{code}")).await[0].clone();
        for shown in [
            &server["DowntimeOwner"],
            &server["DowntimeReason"],
            &server["UnresolvedHostname"],
            &lock["Owner"],
            &lock["Reason"],
            &get("tag-value/db2/3306/name").await,
            &attribute["AttributeName"],
            &attribute["AttributeValue"],
        ] {
            assert_eq!(shown.as_str(), Some(text));
        }
        assert_eq!(pools.as_object().unwrap().keys().collect::<Vec<_>>(), [text]);
        assert_eq!(lab.services.view().facts.aliases.get("db1:3306").unwrap(), text);
        let audit = get("audit").await;
        let reason = format!("owner: {text}, reason: {text}");
        assert!(audit.as_array().unwrap().iter().any(|entry| entry["Message"] == *reason));
    }
}
