//! What commands answer and how they end, with and without a service.

use harness::service::Service;
use rstest::rstest;
use serde_json::{Value, json};

use crate::{Place, exists, text};

#[test]
fn a_command_runs_by_itself_and_what_it_wrote_stays() {
    let place = Place::new(&json!({}));
    assert_eq!(place.ask("clusters"), "\n");
    assert_eq!(place.ask("bulk-instances"), "\n");
    assert_eq!(place.ask("register-candidate -i db1 -promotion-rule must_not"), "db1:3306\n");
    assert_eq!(place.ask("register-candidate -i db2:3307,db3"), "db2:3307\ndb3:3306\n");
    let rules = "db1:3306 must_not\ndb2:3307 prefer\ndb3:3306 prefer\n";
    assert_eq!(place.ask("bulk-promotion-rules"), rules);
    assert_eq!(place.ask("tag -i db1 -tag role=backup"), "db1:3306\n");
    assert_eq!(place.ask("tag-value -i db1 -tag role"), "backup\n");
    assert_eq!(place.ask("tag-value -i db1 -tag other"), "");
    assert_eq!(place.ask("begin-maintenance -i db1 -reason x -duration 2h"), "db1:3306\n");
    assert_eq!(place.ask("in-maintenance -i db1"), "db1:3306\n");
    assert!(
        place.refused("begin-maintenance -i db1 -reason y").contains("Cannot begin maintenance")
    );
    assert_eq!(place.ask("end-maintenance -i db1"), "db1:3306\n");
    assert_eq!(place.ask("in-maintenance -i db1"), "");
    assert_eq!(
        place.ask("disable-global-recoveries"),
        "OK: Orchestrator recoveries DISABLED globally\n"
    );
    assert_eq!(place.ask("check-global-recoveries"), "OK: Global recoveries disabled: true\n");
    assert_eq!(place.ask("ack-all-recoveries -reason none"), "0 recoveries acknowledged\n");
    assert_eq!(place.ask("redeploy-internal-db"), "Redeployed internal db\n");
    assert!(!exists(&place.lock_file()));
}

/// Whatever the service wants of those who call its API, the command line of its machine is let in.
#[rstest]
#[case::plain(json!({}))]
#[case::read_only_behind_a_password(json!({
    "URLPrefix": "/orc", "ReadOnly": true, "RequirePostForMutations": true,
    "AuthenticationMethod": "basic", "HTTPAuthUser": "u", "HTTPAuthPassword": "p",
}))]
#[tokio::test]
async fn a_running_service_is_asked(#[case] keys: Value) {
    let mut service = Service::start(keys.clone()).await;
    let file = service.file("orchestrator.db");
    let place = Place::new(&json!({"SQLite3DataFile": file}));
    assert_eq!(place.ask("register-candidate -i db1"), "db1:3306\n");
    assert_eq!(
        place.ask("begin-downtime -i db1 -owner cron -reason a+b%c/d --duration=5m"),
        "db1:3306\n"
    );
    assert_eq!(place.ask("bulk-promotion-rules"), "db1:3306 prefer\n");
    if keys == json!({}) {
        let rules = service.json("bulk-promotion-rules").await;
        assert_eq!(rules[0]["PromotionRule"], "prefer", "{rules}");
    }
    let nodes = place.ask("active-nodes");
    assert_eq!(nodes, place.ask("active-nodes"), "the same process answers");
    service.terminate().await;
    assert!(!exists(&service.file("orchestrator.db.lock")));
    assert_eq!(place.ask("bulk-promotion-rules"), "db1:3306 prefer\n");
    assert_ne!(nodes, place.ask("active-nodes"), "another process answers");
}

#[rstest]
#[case("no-such-command", "Unknown command")]
#[case("rematch -i db1", "not available in this version")]
#[case("access-token", "not available in this version")]
#[case("which-cluster -alias nowhere", "Unable to determine cluster name")]
#[case("topology -alias nowhere", "Unable to determine cluster name")]
#[case("topology -i db1 -pattern 1795", "topologies of the past")]
#[case("which-instance -i nowhere", "Instance not found: nowhere:3306")]
#[case("instance-status -i db1:x", "Cannot deduce instance: -i db1:x")]
#[case("forget -i db1", "not found")]
#[case("end-downtime -i db1,:7", "Cannot deduce instance: -i :7")]
#[case("begin-downtime -i db1", "--reason option required")]
#[case("begin-downtime -i db1 -reason x -duration soon", "Cannot parse simple time: soon")]
#[case("begin-downtime -reason x", "Cannot deduce instance")]
#[case("register-candidate -i db1 -d a -tag x --hostname", "hostname")]
fn what_cannot_be_done_is_said_in_one_line(#[case] line: &str, #[case] says: &str) {
    let place = Place::new(&json!({}));
    let words: Vec<&str> = line.split(' ').collect();
    let output = place.run(&[&["-c"], &words[..]].concat());
    let stderr = text(&output.stderr);
    assert!(!output.status.success(), "{line}");
    assert!(stderr.contains(says) && stderr.lines().count() == 1, "{line}: {stderr}");
}

#[test]
fn forms_of_the_command_line() {
    let place = Place::new(&json!({}));
    let cases: &[(&[&str], i32, &str, &str)] = &[
        (&["-c", "clusters", "cli"], 0, "\n", ""),
        (&["cli", "-c", "clusters"], 0, "\n", ""),
        (&["cli", "-c=clusters", "--debug=false"], 0, "\n", ""),
        (&["help", "topology"], 0, "topology:\n", ""),
        (&["-c", "topology", "help"], 0, "topology:\n", ""),
        (&["help", "nonsense"], 0, "nonsense:\n", ""),
        (&["help"], 0, "", "Smart relocation:\n\trelocate"),
        (&["-c", "help"], 0, "", "Smart relocation:\n\trelocate"),
        (&[], 0, "Usage: orchestrator", ""),
        (&["--version"], 0, "0.", ""),
        (&["cli"], 1, "", "-c <command>"),
        (&["htpp"], 1, "", "htpp"),
        (&["import"], 1, "", "--from"),
        (&["-c", "clusters", "--colour"], 2, "", "--colour"),
    ];
    for (arguments, code, stdout, stderr) in cases {
        let output = place.run(arguments);
        assert_eq!(output.status.code(), Some(*code), "{arguments:?}");
        assert!(text(&output.stdout).starts_with(stdout), "{arguments:?}: {output:?}");
        assert!(text(&output.stderr).contains(stderr), "{arguments:?}: {output:?}");
        assert_eq!(stdout.is_empty(), output.stdout.is_empty(), "{arguments:?}: {output:?}");
        assert_eq!(stderr.is_empty(), output.stderr.is_empty(), "{arguments:?}: {output:?}");
    }
}

#[test]
fn noop_changes_nothing() {
    let place = Place::new(&json!({}));
    let said = place.ask("register-candidate -i db1,db2 --noop");
    let plan = "noop: register-candidate would call register-candidate/db1/3306/prefer\n\
                noop: register-candidate would call register-candidate/db2/3306/prefer\n";
    assert_eq!(said, plan);
    assert_eq!(place.ask("bulk-promotion-rules --noop"), "\n");
    assert_eq!(place.ask("bulk-promotion-rules"), "\n");
}

#[test]
fn beside_raft_only_what_needs_no_backend_works() {
    let place = Place::new(&json!({"RaftEnabled": true, "RaftDataDir": "/nonexistent"}));
    for line in ["clusters", "register-candidate -i db1", "redeploy-internal-db", "continuous"] {
        assert!(place.refused(line).contains("orchestrator-client"), "{line}");
    }
    assert!(place.run(&["help", "topology"]).status.success());
    assert!(place.ask("dump-config").contains("\"RaftEnabled\":true"));
    assert_eq!(place.ask("clusters --ignore-raft-setup"), "\n");
}

#[test]
fn the_configuration_is_printed_without_secrets() {
    let secret = json!({"MySQLTopologyPassword": "hush-1", "HTTPAuthPassword": "hush-2"});
    let place = Place::new(&secret);
    let dump = place.ask("dump-config");
    let config: Value = serde_json::from_str(&dump).unwrap();
    assert_eq!(config["MySQLTopologyUser"], "orchestrator");
    assert!(!dump.contains("hush") && dump.lines().count() == 1, "{dump}");
    assert!(!exists(&place.path("orchestrator.db")), "no backend is needed");
}

/// A service without the API: only the command line can ask it.
#[tokio::test]
async fn a_service_without_the_api_is_asked_all_the_same() {
    let place = Place::new(&json!({}));
    let running = place.begin(&["-c", "continuous"]);
    let process = format!("process {}\n", running.0.id());
    harness::wait::until(harness::wait::secs(20), "it can be asked", || async {
        match std::fs::read_to_string(place.lock_file()) {
            Ok(text) if text.starts_with(&process) && text.contains("\ntoken ") => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    assert_eq!(place.ask("register-candidate -i db1"), "db1:3306\n");
    assert!(exists(&place.lock_file()), "the service still has it");
    drop(running);
    assert_eq!(place.ask("bulk-promotion-rules"), "db1:3306 prefer\n");
}
