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

/// The replicas know their source by a service address, which is not the name that it gives
/// itself. It is one server, also for a service that starts when the source is dead already.
#[rstest]
#[tokio::test]
async fn a_source_that_is_known_by_another_address_is_one_server(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let sandbox = Sandbox::with(flavor, 3, &["--mysqld-arg", "--bind-address=0.0.0.0"]);
    let change = match flavor {
        Flavor::MySql => {
            "stop replica; change replication source to source_host='127.0.0.2'; start replica"
        }
        Flavor::MariaDb => {
            "stop slave; change master to master_host='127.0.0.2', master_use_gtid=slave_pos; \
             start slave"
        }
    };
    for replica in 2..=3 {
        sandbox.sql(replica, change);
    }
    let mut service = Service::start(json!({"InstancePollSeconds": 1})).await;
    let service_address = format!("127.0.0.2:{}", sandbox.port(1));
    service.discover_from(&service_address, &sandbox.address(1), 3).await;
    let port = sandbox.port(1);
    let found = service.json(&format!("instance/127.0.0.2/{port}")).await;
    assert_eq!(found["Key"]["Hostname"], "127.0.0.1", "{found}");
    assert_eq!(service.json("all-instances").await.as_array().map(Vec::len), Some(3));

    wait::until(wait::secs(10), "servers and names are stored", || async {
        let stored = (service.stored_instances(), service.stored_names());
        if stored == (3, 1) { Ok(()) } else { Err(format!("{stored:?}")) }
    })
    .await;
    service.kill();
    sandbox.fault("kill", 1);
    service.revive().await;
    let recovery = service.recovery(wait::secs(30)).await;
    let failed = &recovery["AnalysisEntry"]["AnalyzedInstanceKey"];
    assert_eq!(failed["Hostname"], "127.0.0.1", "{recovery}");
    assert_eq!(recovery["IsSuccessful"], true, "{recovery}");
    assert_eq!(recovery["LostReplicas"], json!([]), "{recovery}");
}
