//! Finding a topology, and remembering it.

use harness::{
    sandbox::{Flavor, Sandbox},
    service::Service,
    wait,
};
use rstest::rstest;
use serde_json::json;

use crate::instance;

#[rstest]
#[tokio::test]
async fn a_tree_is_found_from_its_leaf_and_remembered(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let sandbox = Sandbox::with(flavor, 4, &["--shape", "tree"]);
    let mut service = Service::start(json!({})).await;
    service.discover(&sandbox, 4).await;

    let topology = service.ask(&["-c", "topology", "-i", &sandbox.address(2)]);
    let names: Vec<&str> =
        topology.lines().map(|l| l.split('[').next().unwrap().trim_end()).collect();
    let expected = [
        sandbox.address(1),
        format!("+ {}", sandbox.address(2)),
        format!("  + {}", sandbox.address(4)),
        format!("+ {}", sandbox.address(3)),
    ];
    assert_eq!(names, expected, "{topology}");
    let cluster = service.ask(&["-c", "which-cluster-alias", "-i", &sandbox.address(3)]);
    assert!(!cluster.is_empty());

    // The whole tree goes away, and the service too: the next one still knows it.
    wait::until(wait::secs(10), "the fleet is stored", || async {
        let stored = service.stored_instances();
        if stored == 4 { Ok(()) } else { Err(format!("{stored} servers stored")) }
    })
    .await;
    service.kill();
    for node in 1..=4 {
        sandbox.fault("kill", node);
    }
    service.revive().await;
    let known = service.get("all-instances").await.unwrap();
    assert_eq!(known.as_array().map(Vec::len), Some(4), "{known}");
    assert_eq!(instance(&service, &sandbox, 4).await["ReplicationDepth"], 2);
    service.assert_no_recovery().await;
}
