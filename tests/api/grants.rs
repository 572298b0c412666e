//! An account that may not do everything: what can be read is shown, what cannot is said.

use harness::{
    sandbox::{Flavor, Sandbox},
    service::Service,
    wait,
};
use rstest::rstest;
use serde_json::json;

use crate::instance;

/// An account with these global grants and no other.
fn account(sandbox: &Sandbox, grants: &[&str]) {
    // Replicas get it from the source.
    sandbox.sql(1, "create user 'limited'@'%' identified by 'limited_pw'");
    for grant in grants {
        sandbox.sql(1, &format!("grant {grant} to 'limited'@'%'"));
    }
    for node in 2..=sandbox.nodes() {
        let count = "select count(*) from mysql.user where user = 'limited'";
        let begun = std::time::Instant::now();
        while sandbox.sql(node, count) != "1" {
            assert!(begun.elapsed() < wait::secs(10), "node {node} has no such account");
        }
    }
}

fn limited() -> serde_json::Value {
    json!({
        "InstancePollSeconds": 1,
        "MySQLTopologyUser": "limited", "MySQLTopologyPassword": "limited_pw",
    })
}

/// How often the log says this of a server.
fn said(service: &Service, sandbox: &Sandbox, node: u16, text: &str) -> usize {
    let (log, address) = (service.log(), sandbox.address(node));
    log.lines().filter(|line| line.contains(&address) && line.contains(text)).count()
}

#[rstest]
#[case::mysql(Flavor::MySql, "replication client on *.*", &["list of replicas", "replication credentials"])]
#[case::mariadb(Flavor::MariaDb, "slave monitor on *.*", &["list of replicas", "binary log position"])]
#[tokio::test]
async fn what_may_not_be_read_is_missing_and_nothing_else(
    #[case] flavor: Flavor,
    #[case] grant: &str,
    #[case] lacking: &[&str],
) {
    let sandbox = Sandbox::with(flavor, 2, &[]);
    account(&sandbox, &[grant]);
    let service = Service::start(limited()).await;
    // Found from the replica: the source may not list its replicas.
    service.discover(&sandbox, 2).await;
    let (source, replica) =
        (instance(&service, &sandbox, 1).await, instance(&service, &sandbox, 2).await);
    assert_eq!(replica["IsLastCheckValid"], true);
    assert_eq!((&replica["ReplicationDepth"], &replica["ReadOnly"]), (&json!(1), &json!(true)));
    assert_eq!((&source["ReplicationDepth"], &source["ReadOnly"]), (&json!(0), &json!(false)));
    assert_ne!(source["Version"], "");
    let drawing = service.ask(&["-c", "topology", "-i", &sandbox.address(1)]);
    assert!(drawing.lines().all(|line| line.contains(",ok,")), "{drawing}");

    // Said once, not at each probe.
    let polled = instance(&service, &sandbox, 1).await["LastSeenTimestamp"].take();
    wait::until(wait::secs(10), "the source is polled again", || async {
        let seen = instance(&service, &sandbox, 1).await["LastSeenTimestamp"].take();
        if seen == polled { Err(seen.to_string()) } else { Ok(()) }
    })
    .await;
    for part in lacking {
        assert_eq!(said(&service, &sandbox, 1, part), 1, "{part}: {}", service.log());
    }
}

#[rstest]
#[tokio::test]
async fn a_server_whose_replication_may_not_be_read_is_refused(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let sandbox = Sandbox::with(flavor, 1, &[]);
    account(&sandbox, &[]);
    let service = Service::start(limited()).await;
    let source = sandbox.address(1);
    let output = service.client(&["-c", "discover", "-i", &source]);
    let line = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), line.lines().count()), (Some(1), 1), "{line}");
    // The server's own words name the grant.
    let grant = if flavor == Flavor::MySql { "REPLICATION CLIENT" } else { "SLAVE MONITOR" };
    assert!(line.contains("Access denied") && line.contains(grant), "{line}");
    assert_eq!(said(&service, &sandbox, 1, grant), 1, "{}", service.log());
    assert_eq!(service.json("all-instances").await, json!([]));
}

#[rstest]
#[tokio::test]
async fn a_grant_that_is_taken_away_costs_no_answer(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let sandbox = Sandbox::with(flavor, 2, &[]);
    let service = Service::start(json!({ "InstancePollSeconds": 1 })).await;
    service.discover(&sandbox, 1).await;
    let alias = service.ask(&["-c", "which-cluster-alias", "-i", &sandbox.address(1)]);
    assert_ne!(alias, "");
    sandbox.sql(1, "revoke select on meta.* from 'orchestrator'@'%'");
    wait::until(wait::secs(10), "the missing answer is noticed", || async {
        let said = said(&service, &sandbox, 1, "DetectClusterAliasQuery");
        if said > 0 { Ok(()) } else { Err(service.log()) }
    })
    .await;
    assert_eq!(service.ask(&["-c", "which-cluster-alias", "-i", &sandbox.address(1)]), alias);
    let source = instance(&service, &sandbox, 1).await;
    assert_eq!(
        (&source["IsLastCheckValid"], &source["SuggestedClusterAlias"]),
        (&json!(true), &json!(alias))
    );
}

#[rstest]
#[tokio::test]
async fn a_wrong_password_is_an_error_of_the_server_not_of_the_start(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let sandbox = Sandbox::with(flavor, 1, &[]);
    // The log at its usual level.
    let service = Service::with_flags(&[], json!({ "MySQLTopologyPassword": "wrong" })).await;
    let source = sandbox.address(1);
    let output = service.client(&["-c", "discover", "-i", &source]);
    let line = String::from_utf8_lossy(&output.stderr).to_lowercase();
    assert_eq!((output.status.code(), line.lines().count()), (Some(1), 1), "{line}");
    assert!(line.contains("access denied") && line.contains(&source), "{line}");
    assert_eq!(said(&service, &sandbox, 1, "access denied"), 1, "{}", service.log());
    assert!(!service.log().contains("wrong"), "a password is in the log");
    assert_eq!(service.json("all-instances").await, json!([]));
}
