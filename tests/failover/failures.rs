//! Sources that die or freeze.

use harness::{
    sandbox::{Flavor, Sandbox},
    service::Service,
    wait,
};
use rstest::rstest;
use serde_json::json;

use crate::{address, wait_until_below};

/// The node that took over.
async fn successor(service: &Service, sandbox: &Sandbox) -> u16 {
    let recovery = service.recovery(wait::secs(60)).await;
    assert_eq!(recovery["IsSuccessful"], true, "{recovery}\n{}", service.log());
    let key = address(&recovery["SuccessorKey"]);
    (1..=sandbox.nodes()).find(|n| sandbox.address(*n) == key).expect("a node of the sandbox")
}

#[rstest]
#[tokio::test]
async fn a_killed_source_is_replaced(#[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor) {
    let sandbox = Sandbox::with(flavor, 4, &["--shape", "star"]);
    let service = Service::start(json!({})).await;
    service.discover(&sandbox, 3).await;
    sandbox.write(1, "before").await.unwrap();

    sandbox.fault("kill", 1);
    wait::until(wait::secs(30), "an application can write again", || async {
        for node in 2..=4 {
            if sandbox.write(node, "after").await.is_ok() {
                return Ok(());
            }
        }
        Err(service.log())
    })
    .await;
    let new = successor(&service, &sandbox).await;
    for replica in (2..=4).filter(|n| *n != new) {
        wait_until_below(&service, &sandbox, new, replica).await;
    }
    for node in 2..=4 {
        wait::until(wait::secs(10), "both rows are there", || async {
            let rows = sandbox.sql(node, "select v from test_data.t order by id");
            if rows == "before\nafter" { Ok(()) } else { Err(rows) }
        })
        .await;
    }
    let old = service.get(&format!("instance/127.0.0.1/{}", sandbox.port(1))).await.unwrap();
    assert_eq!(old["DowntimeReason"], "lost-in-recovery");

    // It comes back writeable, and is fenced before anybody relies on it.
    sandbox.fault("start", 1);
    wait::until(wait::secs(40), "the old source is read-only", || async {
        let read_only = sandbox.sql(1, "select @@global.read_only");
        if read_only == "1" { Ok(()) } else { Err(service.log()) }
    })
    .await;
}

#[rstest]
#[tokio::test]
async fn a_frozen_source_is_replaced_when_its_replicas_lose_it(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let sandbox = Sandbox::start(flavor);
    let service = Service::start(json!({ "InstancePollSeconds": 1 })).await;
    service.discover(&sandbox, 1).await;
    sandbox.fault("freeze", 1);
    let new = successor(&service, &sandbox).await;
    assert_ne!(new, 1);
    sandbox.write(new, "after").await.unwrap();
    // Thawed, it must not go on as a second source.
    sandbox.fault("thaw", 1);
    wait::until(wait::secs(40), "the thawed source is read-only", || async {
        let read_only = sandbox.sql(1, "select @@global.read_only");
        if read_only == "1" { Ok(()) } else { Err(service.log()) }
    })
    .await;
}

#[rstest]
#[tokio::test]
async fn a_second_failure_waits_for_an_acknowledgement(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let sandbox = Sandbox::start(flavor);
    let service = Service::start(json!({ "InstancePollSeconds": 1 })).await;
    service.discover(&sandbox, 2).await;
    sandbox.fault("kill", 1);
    let first = successor(&service, &sandbox).await;
    let other = 5 - first;
    wait_until_below(&service, &sandbox, first, other).await;

    sandbox.fault("kill", first);
    wait::until(wait::secs(20), "the second recovery is blocked", || async {
        let blocked = service.get("blocked-recoveries").await?;
        let failed = address(&blocked[0]["FailedInstanceKey"]);
        if failed == sandbox.address(first) { Ok(()) } else { Err(blocked.to_string()) }
    })
    .await;
    assert!(sandbox.write(other, "too early").await.is_err());

    service.ask(&["-c", "ack-all-recoveries", "--reason", "seen"]);
    wait::until(wait::secs(20), "the last server takes over", || async {
        sandbox.write(other, "after").await
    })
    .await;
}
