//! One process at a time on one database: who waits for whom, and what a killed one leaves.

use harness::{service::Service, wait};
use orchestrator_server::backend::{Sqlite, lock::Role};
use serde_json::json;

use crate::{Place, exists, text};

#[tokio::test]
async fn a_killed_service_is_no_obstacle() {
    let mut service = Service::start(json!({})).await;
    let place = Place::new(&json!({"SQLite3DataFile": service.file("orchestrator.db")}));
    assert_eq!(place.ask("register-candidate -i db1"), "db1:3306\n");
    service.kill();
    let lock = service.file("orchestrator.db.lock");
    assert!(exists(&lock), "it had no time to clean up");
    assert_eq!(place.ask("register-candidate -i db2"), "db2:3306\n");
    assert!(!exists(&lock));
    service.revive().await;
    assert_eq!(place.ask("bulk-promotion-rules"), "db1:3306 prefer\ndb2:3306 prefer\n");
}

#[test]
fn commands_at_once_wait_for_each_other() {
    const COUNT: usize = 12;
    let place = Place::new(&json!({}));
    let running: Vec<_> = (0..COUNT)
        .map(|number| {
            let key = format!("db{number:02}");
            let mut command = place.command(&["-c", "register-candidate", "-i", &key]);
            command.stdout(std::process::Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for (number, child) in running.into_iter().enumerate() {
        let output = child.wait_with_output().unwrap();
        assert_eq!(text(&output.stdout), format!("db{number:02}:3306\n"), "{output:?}");
    }
    assert_eq!(place.ask("bulk-promotion-rules").lines().count(), COUNT);
}

#[tokio::test]
async fn a_service_waits_for_a_command_and_a_command_for_a_starting_service() {
    let place = Place::new(&json!({}));
    let held = Sqlite::open_as(&place.database(), Role::Command).unwrap();
    let service = place.begin(&["--verbose", "http"]);
    let mut command = place.begin_command(&["-c", "register-candidate", "-i", "db1"]);
    wait::until(wait::secs(20), "the service has begun", || async {
        let log = std::fs::read_to_string(place.path("log")).unwrap();
        if log.contains("starting orchestrator") { Ok(()) } else { Err(log) }
    })
    .await;
    assert!(command.0.try_wait().unwrap().is_none(), "it waits");
    held.close().await;
    // It gives up by itself if it has to wait too long.
    assert!(command.0.wait().unwrap().success());
    assert_eq!(place.ask("bulk-promotion-rules"), "db1:3306 prefer\n");
    let log = std::fs::read_to_string(place.path("log")).unwrap();
    assert!(!log.contains("in use"), "{log}");
    drop(service);
}

#[tokio::test]
async fn whoever_has_no_token_is_not_let_in() {
    let service =
        Service::start(json!({"AuthenticationMethod": "basic", "HTTPAuthUser": "u"})).await;
    let note = std::fs::read_to_string(service.file("orchestrator.db.lock")).unwrap();
    let value = |name| note.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim();
    let (address, token) = (value("address"), value("token"));
    assert!(address.starts_with("127.0.0.1:") && token.len() == 64, "{note}");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for (token, status) in [("", 401), ("wrong", 401), (&token[1..], 401), (token, 200)] {
        let request = client.get(format!("http://{address}/api/clusters")).bearer_auth(token);
        assert_eq!(request.send().await.unwrap().status().as_u16(), status, "{token}");
    }
}
