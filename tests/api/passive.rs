//! `--discovery=false` shows what is known and leaves servers alone; forgotten servers stay away
//! until somebody names them.

use harness::{
    sandbox::{Flavor, Sandbox},
    service::{Service, Signal},
    wait,
};
use serde_json::{Value, json};

use crate::{addresses, instance, route};

#[tokio::test]
async fn without_discovery_nothing_is_asked_or_changed() {
    let sandbox = Sandbox::start(Flavor::MySql);
    let mut service = Service::start(json!({ "InstancePollSeconds": 1 })).await;
    service.discover(&sandbox, 1).await;
    wait::until(wait::secs(10), "the fleet is stored", || async {
        let stored = service.stored_instances();
        if stored == 3 { Ok(()) } else { Err(format!("{stored} servers stored")) }
    })
    .await;
    service.terminate().await;
    service.revive_with(&["--verbose", "--discovery=false"]).await;

    let all = service.json("all-instances").await;
    let everybody: Vec<String> = (1..=3).map(|node| sandbox.address(node)).collect();
    assert_eq!(addresses(&all), everybody);
    let drawing = service.ask(&["-c", "topology", "-i", &everybody[2]]);
    assert_eq!(drawing.lines().count(), 3, "{drawing}");
    assert_eq!(service.json("leader-check").await, "Not leader");
    let health = service.json("health").await;
    assert_eq!(health["Details"]["Healthy"], true, "{health}");
    assert_eq!(health["Details"]["IsActiveNode"], false, "{health}");

    // A failure that is acted upon within a second, elsewhere.
    sandbox.fault("kill", 1);
    let seen = |all: &Value| -> Vec<Value> {
        let list = all.as_array().cloned().unwrap_or_default();
        list.into_iter().map(|mut i| i["LastSeenTimestamp"].take()).collect()
    };
    tokio::time::sleep(wait::secs(4)).await;
    service.assert_no_recovery().await;
    assert_eq!(service.json("audit-failure-detection").await, json!([]));
    assert_eq!(seen(&service.json("all-instances").await), seen(&all));
    let ours = "select count(*) from information_schema.processlist where user = 'orchestrator'";
    for node in 2..=3 {
        assert_eq!(sandbox.sql(node, ours), "0", "node {node}");
        assert_eq!(sandbox.sql(node, "select @@global.read_only"), "1", "node {node}");
    }

    // Hints are kept all the same, and a signal is no end.
    service.ask(&["-c", "register-candidate", "-i", &everybody[1], "-R", "prefer"]);
    assert_eq!(service.json("bulk-promotion-rules").await[0]["PromotionRule"], "prefer");
    service.reconfigure(json!({ "RecoverMasterClusterFilters": ["other"] }));
    service.signal(Signal::HUP);
    wait::until(wait::secs(10), "the new filter holds", || async {
        let filters = service.get("automated-recovery-filters").await?;
        let filters = &filters["Details"]["RecoverMasterClusterFilters"];
        if *filters == json!(["other"]) { Ok(()) } else { Err(service.log()) }
    })
    .await;
}

#[tokio::test]
async fn a_forgotten_server_stays_away_until_it_is_announced() {
    let sandbox = Sandbox::start(Flavor::MariaDb);
    let service = Service::start(json!({ "InstancePollSeconds": 3 })).await;
    service.discover(&sandbox, 1).await;
    let (source, third) = (sandbox.address(1), sandbox.address(3));
    let known = || async { addresses(&service.json("all-instances").await) };

    assert_eq!(service.ask(&["-c", "forget", "-i", &third]), "");
    let gone = service.json(&route("instance", &sandbox, 3)).await;
    assert_eq!(gone["Message"], format!("Cannot read instance: {third}"));
    // Its source still names it at each poll.
    let polled = instance(&service, &sandbox, 1).await["LastSeenTimestamp"].take();
    wait::until(wait::secs(10), "the source is polled again", || async {
        let seen = instance(&service, &sandbox, 1).await["LastSeenTimestamp"].take();
        if seen == polled { Err(seen.to_string()) } else { Ok(()) }
    })
    .await;
    assert_eq!(known().await.len(), 2);
    assert_eq!(service.ask(&["-c", "discover", "-i", &third]), third);
    assert_eq!(known().await.len(), 3);
    assert_eq!(instance(&service, &sandbox, 3).await["ReplicationDepth"], 1);

    service.ask(&["-c", "forget-cluster", "-i", &source]);
    assert_eq!(service.json("clusters").await, Value::Null);
    assert_eq!(service.json("all-instances").await, json!([]));
    service.discover(&sandbox, 1).await;
    assert_eq!(known().await.len(), 3);

    let unknown = service.client(&["-c", "forget", "-i", "nowhere.example.com"]);
    assert_eq!(unknown.status.code(), Some(1));
}
