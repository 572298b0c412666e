//! Replication control and settings through the client, under load.

use harness::{sandbox::Flavor, wait};
use mysql_async::prelude::Queryable;
use rstest::rstest;
use serde_json::json;

use crate::scene::Scene;

#[rstest]
#[tokio::test]
async fn replication_is_controlled_under_load(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let scene = Scene::calm(flavor, &[]).await;
    let writer = scene.writer();
    let (stopped, running) = ((json!(0), json!(0)), (json!(1), json!(1)));

    for (stop, start) in [
        ("stop-replica", "start-replica"),
        ("stop-slave", "start-slave"),
        ("stop-replica-nice", "restart-replica"),
    ] {
        scene.done(stop, 2);
        assert_eq!(scene.threads(2).await, stopped, "{stop}");
        scene.done(start, 2);
        assert_eq!(scene.threads(2).await, running, "{start}");
    }
    scene.done("restart-slave", 2);
    let by_gtid = if flavor == Flavor::MySql { "UsingOracleGTID" } else { "UsingMariaDBGTID" };
    for (command, uses) in [("disable-gtid", false), ("enable-gtid", true)] {
        let route = format!("{command}/127.0.0.1/{}", scene.sandbox.port(2));
        let answer = scene.service.json(&route).await;
        assert_eq!(answer["Code"], "OK", "{answer}");
        assert_eq!(answer["Details"][by_gtid], uses, "{answer}");
        let again = scene.service.json(&route).await;
        assert_eq!(again["Code"], "ERROR");
        assert_eq!(scene.audit(2).await[..3], [command, "end-maintenance", "begin-maintenance"]);
    }
    assert_eq!(scene.ask("delay-replication", 3, &["-S", "1"]), "1");
    assert_eq!(scene.instance(3).await["SQLDelay"], 1);
    assert_eq!(scene.ask("delay-replication", 3, &["-S", "0"]), "0");

    scene.done("detach-replica", 3);
    let source = scene.instance(3).await["MasterKey"]["Hostname"].clone();
    assert_eq!(source, "//127.0.0.1");
    assert!(scene.refused("detach-replica", 3, &[]).contains("already detached"));
    scene.done("reattach-replica-master-host", 3);
    assert_eq!(scene.instance(3).await["MasterKey"]["Hostname"], "127.0.0.1");
    assert!(scene.refused("reattach-replica", 3, &[]).contains("does not seem to be detached"));

    assert!(scene.refused("change-master-credentials", 3, &[]).contains("is running"));
    scene.done("stop-replica", 3);
    scene.done("change-master-credentials", 3);
    assert_eq!(scene.threads(3).await, stopped);
    scene.done("start-replica", 3);

    scene.done("flush-binary-logs", 1);
    let newest = scene.instance(1).await["SelfBinlogCoordinates"]["LogFile"].clone();
    scene.done("stop-replica", 3);
    scene.done("flush-binary-logs", 1);
    let route = format!("purge-binary-logs/127.0.0.1/{}/latest", scene.sandbox.port(1));
    let refused = scene.service.json(&route).await;
    let why = refused["Message"].as_str().unwrap();
    assert!(why.contains("Unsafe to purge") && why.contains("has only applied up to"), "{why}");
    let logs = scene.sandbox.sql(1, "show binary logs");
    scene.done("start-replica", 3);
    wait::until(wait::secs(20), "replicas need the older logs no more", || async {
        let answer = scene.service.json(&route).await;
        if answer["Code"] == "OK" { Ok(()) } else { Err(answer.to_string()) }
    })
    .await;
    wait::until(wait::secs(20), "they are removed", || async {
        let now = scene.sandbox.sql(1, "show binary logs");
        scene.service.json(&route).await;
        if now.contains(newest.as_str().unwrap()) { Err(format!("{logs}\n{now}")) } else { Ok(()) }
    })
    .await;

    let written = writer.end().await;
    scene.all_hold_the_same(written).await;
    scene.nothing_is_locked().await;

    scene.done("reset-replica", 3);
    assert_eq!(scene.instance(3).await["MasterKey"]["Port"], 0);
    assert_eq!(scene.audit(3).await[0], "reset-slave");
    assert_eq!(scene.instance(3).await["ReadOnly"], true);
}

#[rstest]
#[tokio::test]
async fn refusals_come_first_and_change_nothing(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let scene = Scene::calm(flavor, &[]).await;
    let before = (scene.sandbox.status(), scene.threads(2).await);
    let not_a_replica = format!("instance is not a replica: {}", scene.sandbox.address(1));
    for command in [
        "start-replica",
        "stop-replica",
        "stop-replica-nice",
        "restart-replica",
        "skip-query",
        "detach-replica",
        "change-master-credentials",
    ] {
        assert_eq!(scene.refused(command, 1, &[]), not_a_replica, "{command}");
    }
    assert!(scene.refused("skip-query", 2, &[]).contains("SQL thread is running"));
    assert!(scene.refused("gtid-errant-inject-empty", 2, &[]).contains("no errant GTID is found"));
    assert!(scene.refused("gtid-errant-reset-master", 2, &[]).contains("no errant GTID is found"));
    assert!(scene.refused("locate-gtid-errant", 2, &[]).contains("no errant-gtid"));
    // A lock of a person keeps those away that change where a replica belongs, and only those.
    scene.ask("begin-maintenance", 2, &["-o", "dba", "-r", "mine"]);
    let why = scene.refused("detach-replica", 2, &[]);
    assert!(why.contains("Cannot begin maintenance") && why.contains("dba holds it"), "{why}");
    assert_eq!((scene.sandbox.status(), scene.threads(2).await), before);
    scene.done("restart-replica", 2);
    scene.ask("end-maintenance", 2, &[]);
    scene.done("detach-replica", 2);
    scene.done("reattach-replica", 2);

    let own = scene.sandbox.address(2);
    assert_eq!(scene.ask("can-replicate-from", 3, &["-d", &own]), own);
    assert_eq!(scene.ask("can-replicate-from-gtid", 3, &["-d", &own]), own);
    assert!(scene.refused("can-replicate-from", 2, &["-d", &own]).contains("from itself"));
    let printed = scene.ask("restart-replica-statements", 2, &["-q", "set global x=1"]);
    let word = if flavor == Flavor::MySql { "replica" } else { "slave" };
    let statements: Vec<String> = serde_json::from_str(&printed).unwrap();
    assert_eq!(
        statements,
        [
            format!("stop {word} io_thread;"),
            format!("stop {word} sql_thread;"),
            "set global x=1;".to_owned(),
            format!("start {word} sql_thread;"),
            format!("start {word} io_thread;"),
        ]
    );
}

#[rstest]
#[tokio::test]
async fn a_failing_transaction_is_skipped(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let scene = Scene::calm(flavor, &[]).await;
    scene.sandbox.sql(2, "set global read_only = 0");
    scene.sandbox.sql(2, "insert into test_data.t (id, v) values (1000, 'same')");
    scene.sandbox.sql(1, "insert into test_data.t (id, v) values (1000, 'same')");
    scene.sandbox.sql(1, "insert into test_data.t (id, v) values (1001, 'next')");
    wait::until(wait::secs(20), "the applier fails", || async {
        let seen = scene.instance(2).await;
        if seen["LastSQLError"] == "" { Err(seen.to_string()) } else { Ok(()) }
    })
    .await;
    let route = format!("start-replica/127.0.0.1/{}", scene.sandbox.port(2));
    let answer = scene.service.json(&route).await;
    let why = answer["Message"].as_str().unwrap();
    assert!(why.starts_with("Replication not running") && why.contains("1062"), "{why}");
    assert_eq!(answer["Details"]["Key"]["Port"], scene.sandbox.port(2));
    scene.done("skip-query", 2);
    scene.all_hold_the_same(2).await;
    assert_eq!(scene.audit(2).await[0], "skip-query");
    scene.done("set-read-only", 2);
}

#[rstest]
#[tokio::test]
async fn settings_of_servers(#[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor) {
    let scene = Scene::calm(flavor, &["--semi-sync"]).await;
    for (command, key, on) in [
        ("disable-semi-sync-replica", "SemiSyncReplicaEnabled", false),
        ("enable-semi-sync-replica", "SemiSyncReplicaEnabled", true),
        ("enable-semi-sync-master", "SemiSyncPrimaryEnabled", true),
        ("disable-semi-sync-master", "SemiSyncPrimaryEnabled", false),
        ("set-writeable", "ReadOnly", false),
        ("set-read-only", "ReadOnly", true),
    ] {
        for _ in 0..2 {
            scene.done(command, 2);
            let seen = scene.instance(2).await;
            let key = if seen.get(key).is_some() { key } else { "SemiSyncMasterEnabled" };
            assert_eq!(seen[key], on, "{command}");
        }
    }
    assert_eq!(scene.audit(2).await[..2], ["read-only", "read-only"]);
    scene.done("set-read-only", 1);
    assert!(scene.sandbox.write(1, "refused").await.is_err());
    scene.done("set-writeable", 1);
    scene.sandbox.write(1, "accepted").await.unwrap();
    scene.all_hold_the_same(1).await;
    let route = format!("kill-query/127.0.0.1/{}/999999", scene.sandbox.port(1));
    let answer = scene.service.json(&route).await;
    assert!(answer["Message"].as_str().unwrap().contains("1094"), "{answer}");
}

#[rstest]
#[tokio::test]
async fn one_operation_at_a_time_and_what_cannot_end_is_undone(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let keys = json!({
        "RecoverMasterClusterFilters": [],
        "InstanceBulkOperationsWaitTimeoutSeconds": 3,
    });
    let scene = Scene::start(flavor, &[], keys).await;
    let (stopped, running) = ((json!(0), json!(0)), (json!(1), json!(1)));
    // The applier cannot go on, and says nothing.
    let mut owner = scene.sandbox.owner(2).await.unwrap();
    owner.query_drop("lock tables test_data.t read").await.unwrap();
    scene.sandbox.write(1, "waits").await.unwrap();
    let read = scene.sandbox.sql(1, "select count(*) from test_data.t");
    assert_eq!(read, "1");
    let route = |command: &str| format!("{command}/127.0.0.1/{}", scene.sandbox.port(2));
    wait::until(wait::secs(20), "the row is received", || async {
        scene.service.json(&route("refresh")).await;
        let seen = scene.instance(2).await;
        let same = seen["ReadBinlogCoordinates"] == seen["ExecBinlogCoordinates"];
        if same { Err(seen.to_string()) } else { Ok(()) }
    })
    .await;
    let nicely = route("stop-replica-nice");
    let nicely = scene.service.json(&nicely);
    let meanwhile = async {
        wait::until(wait::secs(20), "it is being stopped", || async {
            let locks = scene.service.json("maintenance").await;
            let reason = locks[0]["Reason"].clone();
            if reason == "stop-replica-nice" { Ok(()) } else { Err(locks.to_string()) }
        })
        .await;
        scene.service.json(&route("start-replica")).await
    };
    let (answer, other) = tokio::join!(nicely, meanwhile);
    let why = other["Message"].as_str().unwrap();
    assert!(why.contains("orchestrator holds it: stop-replica-nice"), "{why}");
    let why = answer["Message"].as_str().unwrap();
    assert!(why.contains("goes on as before"), "{why}");
    wait::until(wait::secs(20), "it does go on", || async {
        scene.service.json(&route("refresh")).await;
        let threads = scene.threads(2).await;
        if threads == running { Ok(()) } else { Err(format!("{threads:?}")) }
    })
    .await;
    scene.nothing_is_locked().await;

    owner.query_drop("unlock tables").await.unwrap();
    scene.done("stop-replica-nice", 2);
    assert_eq!(scene.threads(2).await, stopped);
    scene.done("start-replica", 2);
    scene.all_hold_the_same(1).await;
}

#[tokio::test]
async fn nothing_is_changed_while_a_recovery_runs() {
    let keys = json!({ "PreFailoverProcesses": ["sleep 4"] });
    let scene = Scene::start(Flavor::MySql, &[], keys).await;
    scene.sandbox.write(1, "before").await.unwrap();
    scene.all_hold_the_same(1).await;
    scene.sandbox.fault("kill", 1);
    wait::until(wait::secs(20), "the recovery has begun", || async {
        let recoveries = scene.service.json("audit-recovery").await;
        if recoveries[0]["UID"].is_string() { Ok(()) } else { Err(recoveries.to_string()) }
    })
    .await;
    for command in ["set-writeable", "stop-replica", "detach-replica", "flush-binary-logs"] {
        let why = scene.refused(command, 2, &[]);
        assert!(why.contains("a recovery of") && why.contains("is running"), "{command}: {why}");
    }
    scene.service.recovery(wait::secs(30)).await;
    scene.done("flush-binary-logs", 2);
    scene.nothing_is_locked().await;
}
