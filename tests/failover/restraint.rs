//! What must not be recovered, and who must not be promoted.

use harness::{
    sandbox::{Flavor, Sandbox},
    service::Service,
    wait,
};
use rstest::rstest;
use serde_json::json;

use crate::{address, instance};

#[rstest]
#[tokio::test]
async fn a_must_not_replica_is_never_promoted(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let sandbox = Sandbox::start(flavor);
    let service = Service::start(json!({ "InstancePollSeconds": 1 })).await;
    service.discover(&sandbox, 1).await;
    let (banned, allowed) = (sandbox.address(2), sandbox.address(3));
    service.ask(&["-c", "register-candidate", "-i", &banned, "--promotion-rule", "must_not"]);
    sandbox.fault("kill", 1);
    let recovery = service.recovery(wait::secs(30)).await;
    assert_eq!(address(&recovery["SuccessorKey"]), allowed, "{recovery}");
    assert_eq!(instance(&service, &sandbox, 2).await["ReadOnly"], true);
}

#[rstest]
#[tokio::test]
async fn a_downtimed_source_is_not_recovered(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let sandbox = Sandbox::start(flavor);
    let service = Service::start(json!({ "InstancePollSeconds": 1 })).await;
    service.discover(&sandbox, 1).await;
    let source = sandbox.address(1);
    service.ask(&[
        "-c",
        "begin-downtime",
        "-i",
        &source,
        "--duration",
        "10m",
        "--owner",
        "dba",
        "--reason",
        "maintenance of the room",
    ]);
    sandbox.fault("kill", 1);
    wait::until(wait::secs(20), "the source is seen dead", || async {
        let analysis = service.get("replication-analysis").await?;
        let code = &analysis["Details"][0]["Analysis"];
        if code == "DeadMaster" { Ok(()) } else { Err(analysis.to_string()) }
    })
    .await;
    // Several looks of the judge later nothing has happened.
    tokio::time::sleep(wait::secs(5)).await;
    service.assert_no_recovery().await;
    for node in 2..=3 {
        assert!(sandbox.write(node, "no").await.is_err());
    }
    // As soon as the downtime ends, it is recovered.
    service.ask(&["-c", "end-downtime", "-i", &source]);
    service.recovery(wait::secs(30)).await;
}
