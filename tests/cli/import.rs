//! The Go program's backend is taken over as it is, once, and never changed.

use harness::sandbox::{Flavor, Sandbox};
use harness::service::{Place as Where, Service};
use rstest::rstest;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::{
    Place, exists,
    reference::{self, file},
    text,
};

/// Fields that tell the time.
const TIMES: &[&str] = &[
    "LastSeenTimestamp",
    "SecondsSinceLastSeen",
    "DowntimeEndTimestamp",
    "ElapsedDowntime",
    "BeginTimestamp",
    "SecondsElapsed",
];

fn without_times(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(name, _)| !TIMES.contains(&name.as_str()));
            kept.map(|(name, value)| (name.clone(), without_times(value))).collect()
        }
        Value::Array(list) => list.iter().map(without_times).collect(),
        other => other.clone(),
    }
}

fn import(place: &Place, source: &str) -> String {
    let output = place.run(&["import", "--from", source]);
    let stderr = text(&output.stderr);
    assert!(output.status.success() && stderr.is_empty(), "{stderr}");
    text(&output.stdout)
}

fn count(report: &str, what: &str) -> String {
    let line = report.lines().find(|line| line.contains(what));
    line.unwrap_or_else(|| panic!("no {what} in {report}")).to_owned()
}

#[test]
fn everything_is_taken_once() {
    let place = Place::new(&json!({}));
    let source = file(&place, "go.db", &[&reference::sql()]);
    let before = std::fs::read(&source).unwrap();
    let first = import(&place, &source);
    for line in [
        "took 8 servers",
        "took 3 promotion rules",
        "took 2 downtimes",
        "took 2 maintenance locks",
        "took 6 tags",
        "took 2 pools",
        "took 2 host attributes",
        "took 1 virtual names",
        "took 2 detections",
        "took 2 recoveries",
        "took 1 switch: recoveries disabled",
        "took 6 audit entries",
        "left table kv_store (1 rows): the internal key-value store is not available in this version",
    ] {
        assert!(first.lines().any(|found| found == line), "no {line:?} in {first}");
    }
    assert_eq!(count(&first, "lock of a process").lines().count(), 1);

    let pictures = [place.ask("topology-tags -alias shop"), place.ask("bulk-promotion-rules")];
    let second = import(&place, &source);
    assert_eq!(count(&second, " servers"), "took 0 servers, 8 were here already");
    assert_eq!(count(&second, " recoveries"), "took 0 recoveries, 2 were here already");
    assert_eq!(count(&second, " audit entries"), "took 0 audit entries, 6 were here already");
    let again = [place.ask("topology-tags -alias shop"), place.ask("bulk-promotion-rules")];
    assert_eq!(pictures, again);
    for command in ["which-heuristic-domain-instance", "set-heuristic-domain-instance"] {
        assert_eq!(place.ask(&format!("{command} -alias shop")), "127.0.0.1:20111\n");
    }
    let none = place.refused("which-heuristic-domain-instance -i 127.0.0.1:21111");
    assert!(none.contains("Cannot find domain name for cluster 127.0.0.1:21111"), "{none}");
    assert_eq!(std::fs::read(&source).unwrap(), before, "the source was written to");
}

/// What the API answers is what the Go program answered of the same servers.
async fn assert_as_expected(service: &Service) {
    for (route, expected) in reference::expected() {
        let found = service.json(&route).await;
        let (found, expected) = (without_times(&found), without_times(&expected));
        assert_eq!(
            serde_json::to_string_pretty(&found).unwrap(),
            serde_json::to_string_pretty(&expected).unwrap(),
            "{route}"
        );
    }
}

fn keys() -> Value {
    json!({
        "InstancePollSeconds": 300,
        "RecoverIntermediateMasterClusterFilters": ["*"],
        "HostnameResolveMethod": "none",
    })
}

#[tokio::test]
async fn at_the_first_start_the_tables_beside_ours_are_imported() {
    let folder = tempfile::tempdir().unwrap();
    let backend = folder.path().join("orchestrator.db");
    Connection::open(&backend).unwrap().execute_batch(&reference::sql()).unwrap();
    let flags = ["--verbose", "--discovery=false"];
    let mut service = Service::start_in(folder, Where::default(), &flags, keys()).await;
    assert!(service.log().contains("imported 8 servers"), "{}", service.log());
    assert_as_expected(&service).await;

    let recoveries = service.json("audit-recovery").await;
    assert_eq!(recoveries[1]["Id"], 3);
    assert_eq!(recoveries[1]["UID"], "1795410103600216743:ca08367b");
    assert_eq!(recoveries[1]["SuccessorKey"], json!({"Hostname": "127.0.0.1", "Port": 20111}));
    assert_eq!(recoveries[1]["AcknowledgedComment"], "seen");
    assert_eq!(recoveries[1]["LastDetectionId"], 7);
    assert_eq!(recoveries[0]["IsActive"], true);
    assert_eq!(recoveries[0]["IsSuccessful"], false);
    assert_ne!(recoveries[0]["RecoveryEndTimestamp"], "", "nothing is resumed");
    let steps = service.json("audit-recovery-steps/1795410103600216743:ca08367b").await;
    assert_eq!(steps[0]["Id"], 21, "{steps}");
    assert_eq!(steps.as_array().unwrap().len(), 3);
    let audit = service.json("audit").await;
    let newest = json!("hello 100% \"all\" & <b>");
    assert!(audit.as_array().unwrap().iter().any(|entry| entry["Message"] == newest), "{audit}");
    assert_eq!(service.json("check-global-recoveries").await["Details"], "disabled");

    // What was changed here is not undone by the next start.
    assert_eq!(service.json("enable-global-recoveries").await["Code"], "OK");
    assert_eq!(service.json("end-downtime/127.0.0.1/20113").await["Code"], "OK");
    service.kill();
    service.revive().await;
    assert_eq!(service.json("check-global-recoveries").await["Details"], "enabled");
    assert_eq!(service.json("downtimed").await.as_array().unwrap().len(), 1);
    let connection = Connection::open(service.file("orchestrator.db")).unwrap();
    let downtimes: u32 = connection
        .query_row("SELECT COUNT(*) FROM database_instance_downtime", [], |row| row.get(0))
        .unwrap();
    assert_eq!(downtimes, 2, "the way back stays open");
}

/// The Go program that was just stopped is no obstacle; one that goes on is.
#[tokio::test]
async fn beside_the_living_go_program_nothing_is_begun() {
    let place = Place::new(&json!({}));
    let fresh = "UPDATE node_health SET last_seen_active = datetime('now')";
    file(&place, "orchestrator.db", &[&reference::sql(), fresh]);
    let database = place.database();
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let beats = std::thread::spawn(move || {
        let connection = Connection::open(database).unwrap();
        connection.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
        let pause = std::time::Duration::from_millis(200);
        while stopped.recv_timeout(pause).is_err() {
            connection.execute(fresh, []).unwrap();
        }
    });
    let refused = place.refused("clusters");
    assert!(refused.contains("still runs"), "{refused}");
    stop.send(()).unwrap();
    beats.join().unwrap();
    assert_eq!(place.ask("clusters"), "127.0.0.1:20111\n127.0.0.1:21111\n");
}

#[rstest]
#[case::mysql(Flavor::MySql)]
#[case::mariadb(Flavor::MariaDb)]
#[tokio::test]
async fn a_backend_on_a_server_is_read_in_utc(#[case] flavor: Flavor) {
    let sandbox = Sandbox::with(flavor, 1, &["--mysqld-arg", "--default-time-zone=+00:00"]);
    sandbox.sql(1, "create database orchestrator_go");
    sandbox.sql(1, &format!("use orchestrator_go; {}", reference::sql()));
    sandbox.sql(1, "grant select on orchestrator_go.* to 'orchestrator'@'%'");
    // In the server's zone all of it was hours ago.
    sandbox.sql(1, "set global time_zone = '-05:00'");
    let place = Place::new(&json!({}));
    let source = format!("mysql://orchestrator:orch_pw@{}/orchestrator_go", sandbox.address(1));
    let report = import(&place, &source);
    assert_eq!(count(&report, " servers"), "took 8 servers");
    assert_eq!(count(&report, " recoveries"), "took 2 recoveries");

    let service = Service::with_flags(&["--discovery=false"], {
        let mut keys = keys();
        keys["SQLite3DataFile"] = place.database().into();
        keys
    })
    .await;
    assert_as_expected(&service).await;
}

#[test]
fn an_older_backend_gives_what_it_has() {
    let place = Place::new(&json!({}));
    let source = file(
        &place,
        "old.db",
        &[
            &reference::sql(),
            "ALTER TABLE database_instance DROP COLUMN replication_sql_thread_state;
         ALTER TABLE database_instance DROP COLUMN replication_io_thread_state;
         ALTER TABLE database_instance DROP COLUMN region;
         ALTER TABLE database_instance DROP COLUMN last_discovery_latency;
         ALTER TABLE topology_recovery DROP COLUMN uid;
         DROP TABLE database_instance_tags;
         DROP TABLE host_attributes",
        ],
    );
    let report = import(&place, &source);
    for line in [
        "took 8 servers",
        "took 0 tags",
        "took 2 recoveries",
        "left column database_instance.region: missing, its default is taken",
        "left column topology_recovery.uid: missing, its default is taken",
    ] {
        assert!(report.lines().any(|found| found == line), "no {line:?} in {report}");
    }
    assert_eq!(place.ask("is-replicating -i 127.0.0.1:20112"), "127.0.0.1:20112\n");
    assert_eq!(place.ask("is-replication-stopped -i 127.0.0.1:20111"), "");
}

#[test]
fn a_newer_backend_is_taken_as_far_as_it_is_known() {
    let place = Place::new(&json!({}));
    let source = file(
        &place,
        "new.db",
        &[
            &reference::sql(),
            "ALTER TABLE database_instance ADD COLUMN shoe_size INTEGER DEFAULT 43;
         CREATE TABLE feelings (hostname TEXT, feeling TEXT);
         INSERT INTO feelings VALUES ('db1', 'fine')",
        ],
    );
    let report = import(&place, &source);
    assert_eq!(count(&report, " servers"), "took 8 servers");
    assert_eq!(count(&report, "shoe_size"), "left column database_instance.shoe_size: not known");
    assert_eq!(count(&report, "feelings"), "left table feelings (1 rows): not known");
}

#[test]
fn rows_that_make_no_sense_are_left_one_by_one() {
    let place = Place::new(&json!({}));
    let source = file(
        &place,
        "odd.db",
        &[
            &reference::sql(),
            "INSERT INTO database_instance (hostname, port) VALUES ('', 3306), ('a b', 70000);
         INSERT INTO candidate_database_instance (hostname, port, promotion_rule)
             VALUES ('db1', 3306, 'perhaps');
         INSERT INTO topology_recovery (recovery_id, hostname, port, analysis, start_active_period)
             VALUES (9, 'db1', 3306, 'Boredom', '2026-01-01 00:00:00')",
        ],
    );
    let report = import(&place, &source);
    assert_eq!(count(&report, " servers"), "took 8 servers");
    for says in ["left a row of database_instance:", "perhaps", "Boredom"] {
        assert!(report.contains(says), "no {says:?} in {report}");
    }
}

#[test]
fn garbage_is_refused_and_nothing_is_imported() {
    let place = Place::new(&json!({}));
    let garbage = place.path("garbage.db").display().to_string();
    std::fs::write(&garbage, "no database ".repeat(1000)).unwrap();
    let other = file(&place, "other.db", &["CREATE TABLE t (a)"]);
    let half = file(&place, "half.db", &[&reference::sql()]);
    let size = std::fs::metadata(&half).unwrap().len();
    std::fs::File::options().write(true).open(&half).unwrap().set_len(size / 2).unwrap();
    let cases = [
        (garbage.as_str(), "not a database"),
        (other.as_str(), "no tables of the Go program"),
        (half.as_str(), "half.db"),
        ("/nonexistent/file.db", "no such file"),
        ("mysql://u:secret@127.0.0.1:1/x", "cannot read mysql://u@127.0.0.1:1/x"),
        ("mysql://nonsense", "cannot read the address"),
    ];
    for (source, says) in cases {
        let output = place.run(&["import", "--from", source]);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{source}: {stderr}");
        assert!(stderr.contains(says) && !stderr.contains("secret"), "{source}: {stderr}");
        assert!(output.stdout.is_empty(), "{source}");
    }
    assert_eq!(place.ask("clusters"), "\n");
    assert_eq!(place.ask("bulk-promotion-rules"), "\n");
}

#[tokio::test]
async fn a_running_service_is_not_changed_behind_its_back() {
    let service = Service::start(json!({})).await;
    let place = Place::new(&json!({"SQLite3DataFile": service.file("orchestrator.db")}));
    let source = file(&place, "go.db", &[&reference::sql()]);
    let output = place.run(&["import", "--from", &source]);
    let stderr = text(&output.stderr);
    assert!(!output.status.success() && stderr.contains("stop it"), "{stderr}");
    assert!(exists(&service.file("orchestrator.db.lock")));
}
