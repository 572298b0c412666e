//! What hooks are told.

use std::collections::BTreeMap;

use harness::{
    sandbox::{Flavor, Sandbox},
    service::Service,
    wait,
};
use mysql_async::prelude::Queryable;
use rstest::rstest;
use serde_json::json;

#[rstest]
#[tokio::test]
async fn hooks_run_in_order_and_know_the_incident(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let sandbox = Sandbox::start(flavor);
    let out = tempfile::tempdir().unwrap();
    let note = |list: &str| {
        let file = out.path().join("order").display().to_string();
        let env = out.path().join(list).display().to_string();
        json!([format!(
            "env | grep ^ORC_ > '{env}'; echo '{list} {{failureType}} {{failedHost}}:{{failedPort}} {{successorHost}}:{{successorPort}}' >> '{file}'"
        )])
    };
    let service = Service::start(json!({
        "InstancePollSeconds": 1,
        "OnFailureDetectionProcesses": note("OnFailureDetection"),
        "PreFailoverProcesses": note("PreFailover"),
        "PostMasterFailoverProcesses": note("PostMasterFailover"),
        "PostFailoverProcesses": note("PostFailover"),
        "PostUnsuccessfulFailoverProcesses": note("PostUnsuccessful"),
    }))
    .await;
    service.discover(&sandbox, 1).await;
    sandbox.fault("kill", 1);
    let recovery = service.recovery(wait::secs(30)).await;
    let order = wait::until(wait::secs(10), "all hooks have run", || async {
        let order = std::fs::read_to_string(out.path().join("order")).unwrap_or_default();
        if order.contains("PostFailover ") { Ok(order) } else { Err(order) }
    })
    .await;

    let failed = sandbox.address(1);
    let successor = format!("127.0.0.1:{}", recovery["SuccessorKey"]["Port"]);
    let expected = [
        format!("OnFailureDetection DeadMaster {failed} {{successorHost}}:{{successorPort}}"),
        format!("PreFailover DeadMaster {failed} {{successorHost}}:{{successorPort}}"),
        format!("PostMasterFailover DeadMaster {failed} {successor}"),
        format!("PostFailover DeadMaster {failed} {successor}"),
    ];
    // On a slow machine the replicas may be seen standing still before the source is known to be
    // dead, which is a detection of its own.
    let order: Vec<&str> = order.lines().filter(|line| line.contains(" DeadMaster ")).collect();
    assert_eq!(order, expected, "{}", service.log());

    let text = std::fs::read_to_string(out.path().join("PostFailover")).unwrap();
    let env: BTreeMap<&str, &str> = text.lines().filter_map(|l| l.split_once('=')).collect();
    assert_eq!(env["ORC_FAILURE_TYPE"], "DeadMaster");
    assert_eq!(env["ORC_INSTANCE_TYPE"], "master");
    assert_eq!(env["ORC_IS_SUCCESSFUL"], "true");
    assert_eq!(env["ORC_COUNT_REPLICAS"], "2");
    assert_eq!(env["ORC_FAILED_PORT"], sandbox.port(1).to_string());
    assert_eq!(env["ORC_RECOVERY_UID"], recovery["UID"].as_str().unwrap());
    assert_eq!(env["ORC_SUCCESSOR_PORT"], recovery["SuccessorKey"]["Port"].to_string());
    assert!(!env["ORC_SUCCESSOR_BINLOG_COORDINATES"].is_empty());
}

#[rstest]
#[tokio::test]
async fn what_switches_applications_does_not_wait_for_a_replica_that_hangs(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let sandbox = Sandbox::start(flavor);
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("switched");
    let service = Service::start(json!({
        "InstancePollSeconds": 1,
        "PostMasterFailoverProcesses": [format!("echo {{successorPort}} > '{}'", file.display())],
        "PromotionIgnoreHostnameFilters": [sandbox.address(3)],
    }))
    .await;
    service.discover(&sandbox, 1).await;
    // The applier of node 3 waits for a lock, and so does everybody who wants to stop it.
    let mut owner = sandbox.owner(3).await.unwrap();
    owner.query_drop("flush tables with read lock").await.unwrap();
    sandbox.write(1, "stuck").await.unwrap();
    wait::until(wait::secs(10), "the other replica has the row", || async {
        let count = sandbox.sql(2, "select count(*) from test_data.t");
        if count == "1" { Ok(()) } else { Err(count) }
    })
    .await;
    sandbox.fault("kill", 1);
    wait::until(wait::secs(20), "applications are switched", || async {
        let port = std::fs::read_to_string(&file).unwrap_or_default();
        if port.trim() == sandbox.port(2).to_string() { Ok(()) } else { Err(port) }
    })
    .await;
    let all = service.json("audit-recovery").await;
    assert_eq!(all[0]["RecoveryEndTimestamp"], "", "node 3 hangs: {all}");
    owner.query_drop("unlock tables").await.unwrap();
    drop(owner);
    let recovery = service.recovery(wait::secs(60)).await;
    assert_eq!(recovery["LostReplicas"], json!([]), "{}", service.log());
}
