//! What the service learns from tables that operators fill on their servers, and from names.

use harness::{
    sandbox::{Flavor, Sandbox},
    service::Service,
    wait,
};
use mysql_async::prelude::Queryable;
use rstest::rstest;
use serde_json::{Value, json};

use crate::instance;

/// Quotes, placeholders, markup, four-byte characters, SQL, and length.
fn hostile() -> [String; 4] {
    [
        r#"it's "quoted" `x` \ and 100% %s {clusterAlias}"#.to_owned(),
        "<script>alert(1)</script> & <b>".to_owned(),
        "🐬🦭 'or 1=1; drop table t; --".to_owned(),
        "long ".repeat(2000).trim_end().to_owned(),
    ]
}

#[rstest]
#[tokio::test]
async fn tables_on_the_servers_tell_what_they_are(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let sandbox = Sandbox::start(flavor);
    for statement in [
        "create table meta.place (dc varchar(64), region varchar(64), semi int)",
        "insert into meta.place values ('east', 'eu', 7)",
        "grant select on meta.* to orchestrator@'%'",
    ] {
        sandbox.sql(1, statement);
    }
    let service = Service::start(json!({
        "InstancePollSeconds": 1,
        "DetectClusterAliasQuery": "select cluster_name from meta.cluster where anchor=1",
        "DetectClusterDomainQuery": "select concat(cluster_name, '.example') from meta.cluster",
        "DetectDataCenterQuery": "select dc from meta.place",
        "DetectRegionQuery": "select region from meta.place",
        "DetectSemiSyncEnforcedQuery": "select semi from meta.place",
        "DetectInstanceAliasQuery": "select concat('db-', @@port)",
        "PhysicalEnvironmentPattern": "^(127)[.]",
    }))
    .await;
    service.discover(&sandbox, 2).await;
    let name = sandbox.sql(1, "select cluster_name from meta.cluster");
    let shown = shows(&service, &sandbox, |one| one["DataCenter"] == "east").await;
    assert_eq!(shown["Region"], "eu");
    assert_eq!(shown["SemiSyncPriority"], 7);
    assert_eq!(shown["InstanceAlias"], format!("db-{}", sandbox.port(2)));
    assert_eq!(shown["PhysicalEnvironment"], "127");
    assert_eq!(shown["SuggestedClusterAlias"], name);
    let clusters = service.json("clusters-info").await;
    assert_eq!(clusters[0]["ClusterAlias"], name);
    assert_eq!(clusters[0]["ClusterDomain"], format!("{name}.example"));

    // What changes is seen; a query that fails costs no other field and keeps its last answer.
    sandbox.sql(1, "update meta.cluster set cluster_name = 'renamed'");
    shows(&service, &sandbox, |one| one["SuggestedClusterAlias"] == "renamed").await;
    assert_eq!(service.ask(&["-c", "which-cluster-alias", "-i", &sandbox.address(2)]), "renamed");
    sandbox.sql(1, "alter table meta.place drop column dc, add column extra int default 1");
    let stale = shows(&service, &sandbox, |one| one["Stale"].is_array()).await;
    assert_eq!((&stale["DataCenter"], &stale["Region"]), (&json!("east"), &json!("eu")));
    let reasons = stale["Stale"].to_string();
    assert!(reasons.contains("DetectDataCenterQuery") && reasons.contains("dc"), "{reasons}");
    assert_eq!(stale["Stale"].as_array().map(Vec::len), Some(1), "{reasons}");
    assert_eq!(stale["IsLastCheckValid"], true);
}

#[rstest]
#[tokio::test]
async fn hostile_names_are_shown_as_they_are(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let sandbox = Sandbox::with(flavor, 2, &[]);
    let mut owner = sandbox.owner(1).await.unwrap();
    for statement in [
        "set names utf8mb4",
        "create table meta.said (what text character set utf8mb4)",
        "insert into meta.said values ('harmless')",
        "grant select on meta.* to orchestrator@'%'",
    ] {
        owner.query_drop(statement).await.unwrap();
    }
    let mut service = Service::start(json!({
        "InstancePollSeconds": 1,
        "DetectClusterAliasQuery": "select what from meta.said",
        "DetectDataCenterQuery": "select what from meta.said",
        "DetectInstanceAliasQuery": "select what from meta.said",
    }))
    .await;
    service.discover(&sandbox, 1).await;
    for text in hostile() {
        owner.exec_drop("update meta.said set what = ?", (&text,)).await.unwrap();
        let said = |one: &Value| {
            ["SuggestedClusterAlias", "DataCenter", "InstanceAlias"]
                .iter()
                .all(|field| one[field] == text)
        };
        shows(&service, &sandbox, said).await;
        let clusters = service.json("clusters-info").await;
        assert_eq!(clusters[0]["ClusterAlias"], text);
        let printed = service.ask(&["-c", "which-cluster-alias", "-i", &sandbox.address(2)]);
        assert_eq!(printed, text);
        let of_alias = service.ask(&["-c", "which-cluster-instances", "-a", &text]);
        assert_eq!(of_alias.lines().count(), 2, "{of_alias}");
        let topology = service.ask(&["-c", "topology", "-a", &text]);
        assert!(topology.contains(&format!("({text})")), "{topology}");
    }
    wait::until(wait::secs(60), "the fleet is stored", || async {
        if service.stored_instances() == 2 { Ok(()) } else { Err(service.log()) }
    })
    .await;
    service.kill();
    sandbox.fault("kill", 2);
    service.revive().await;
    let kept = instance(&service, &sandbox, 2).await;
    assert!(hostile().iter().any(|text| kept["InstanceAlias"] == *text), "{kept}");
}

/// Node 2 as it is shown, once it is as wanted.
async fn shows(service: &Service, sandbox: &Sandbox, wanted: impl Fn(&Value) -> bool) -> Value {
    wait::until(wait::secs(20), "it is shown", || async {
        let one = instance(service, sandbox, 2).await;
        if wanted(&one) { Ok(one) } else { Err(one.to_string()) }
    })
    .await
}
