//! Hints of every kind on a tree of four real servers: the answers are what clients know, to the
//! letter where they are texts.

use harness::{
    sandbox::{Flavor, Sandbox},
    service::Service,
    wait,
};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::{
    addresses, instance, route,
    shapes::{assert_shape, envelope, fixture, list},
};

#[rstest]
#[tokio::test]
async fn hints_are_kept_and_shown(#[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor) {
    let sandbox = Sandbox::with(flavor, 4, &["--shape", "tree"]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.log");
    let service = Service::start(json!({
        "InstancePollSeconds": 1,
        "AuditLogFile": file,
        "DiscoveryCollectionRetentionSeconds": 60,
        "DetectClusterAliasQuery": "select 'by-query'",
    }))
    .await;
    service.discover(&sandbox, 1).await;

    tags(&service, &sandbox).await;
    pools(&service, &sandbox).await;
    maintenance(&service, &sandbox).await;
    names(&service, &sandbox).await;
    control_replicas(&service, &sandbox).await;
    alias(&service, &sandbox).await;
    measurements(&service).await;
    let audit = std::fs::read_to_string(&file).unwrap();
    let line = format!(
        "\tput-instance-tag\t127.0.0.1\t{}\t[{}]\trole=candidate\t\n",
        sandbox.port(2),
        sandbox.address(1)
    );
    assert!(audit.contains(&line), "{audit}");
}

/// The answer is exactly this JSON, with the addresses of servers for `N1` and so on, and their
/// keys for `K1` and so on.
async fn says(service: &Service, sandbox: &Sandbox, path: &str, status: u16, body: &str) {
    let fill = |text: &str| {
        let mut text = text.to_owned();
        for node in 1..=4 {
            let key = json!({ "Hostname": "127.0.0.1", "Port": sandbox.port(node) }).to_string();
            text = text.replace(&format!("H{node}"), &route("", sandbox, node)[1..]);
            text = text.replace(&format!("K{node}"), &key);
            text = text.replace(&format!("N{node}"), &sandbox.address(node));
        }
        text
    };
    let path = format!("/api/{}", fill(path));
    let answer = service.call(Method::GET, &path, &[]).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.text()), (status, fill(body)), "{path}");
}

async fn tags(service: &Service, sandbox: &Sandbox) {
    for (path, message) in [
        ("tag/H2?tag=backup", "N2 tagged with backup="),
        ("tag/H2/role/candidate", "N2 tagged with role=candidate"),
        ("tag/H3?tag=role%3Dreporting", "N3 tagged with role=reporting"),
    ] {
        let node = &path[5..6];
        let body = format!(r#"{{"Code":"OK","Message":"{message}","Details":K{node}}}"#);
        says(service, sandbox, path, 200, &body).await;
    }
    for (path, body) in [
        ("tags/H2", r#"["backup=","role=candidate"]"#),
        ("tags/H1", "[]"),
        ("tag-value/H2?tag=role", r#""candidate""#),
        ("tag-value/H2/role", r#""candidate""#),
        ("tagged?tag=role", "[K2,K3]"),
        ("tagged?tag=role%3Dreporting", "[K3]"),
        ("tagged?tag=role,backup", "[K2]"),
        ("tagged?tag=~role%3Dreporting", "[K2]"),
        ("tagged?tag=!role", "[]"),
        ("tagged?tag=~role", "[]"),
        ("tagged?tag=~backup", "[K3]"),
        ("tagged/H3?tag=role", "[K3]"),
        ("tagged?tag=nosuch", "[]"),
    ] {
        says(service, sandbox, path, 200, body).await;
    }
    let missing = r#"{"Code":"ERROR","Message":"tag nosuch not found for N2","Details":null}"#;
    says(service, sandbox, "tag-value/H2?tag=nosuch", 500, missing).await;
    let nothing = r#"{"Code":"ERROR","Message":"Unable to parse tag: ","Details":null}"#;
    says(service, sandbox, "tagged", 500, nothing).await;

    let drawn = service.json(&format!("topology-tags/{}", sandbox.address(1))).await;
    let drawn = drawn["Details"].as_str().unwrap();
    for (node, tags) in [(1, " []"), (2, " [backup,role=candidate]"), (3, " [role=reporting]")] {
        let line = drawn.lines().find(|line| line.contains(&sandbox.address(node))).unwrap();
        assert!(line.ends_with(tags), "{line}");
    }
    let removed = r#"{"Code":"OK","Message":"role removed from 1 instances","Details":[K3]}"#;
    says(service, sandbox, "untag-all?tag=role%3Dreporting", 200, removed).await;
    let removed = r#"{"Code":"OK","Message":"backup removed from 1 instances","Details":[K2]}"#;
    says(service, sandbox, "untag/H2?tag=backup", 200, removed).await;
}

async fn pools(service: &Service, sandbox: &Sandbox) {
    let read = r#"{"Code":"OK","Message":"Read pool instances for cluster N1","Details":"#;
    let applied = r#"{"Code":"OK","Message":"Applied web pool instances","Details":"web"}"#;
    let members = format!(r#"{read}{{"web":[K2,K3]}}}}"#);
    for (path, body) in [
        ("cluster-pool-instances/N1", format!("{read}{{}}}}").as_str()),
        ("submit-pool-instances/web?instances=N2,N3", applied),
        ("cluster-pool-instances/N1", &members),
        ("cluster-pool-instances/N1/web", &members),
    ] {
        says(service, sandbox, path, 200, body).await;
    }
    for pool in ["", "/web"] {
        let path = format!("heuristic-cluster-pool-lag/{}{pool}", sandbox.address(1));
        let answer = service.json(&path).await;
        let message = format!("Heuristic pool lag for cluster {}", sandbox.address(1));
        assert_eq!((&answer["Code"], &answer["Message"]), (&json!("OK"), &json!(message)));
        assert!(answer["Details"].as_u64() < Some(60), "{answer}");
    }
    let spoilt = r#"{"Code":"ERROR","Message":"Cannot parse address: N1x","Details":null}"#;
    says(service, sandbox, "submit-pool-instances/web?instances=N4,N1x", 500, spoilt).await;
    for pool in ["", "/web"] {
        let path = format!("heuristic-cluster-pool-instances/{}{pool}", sandbox.address(1));
        assert_shape(service, &path, &envelope(&list(&fixture("instance")))).await;
        let found = service.json(&path).await["Details"].clone();
        assert_eq!(addresses(&found), [sandbox.address(2), sandbox.address(3)]);
    }
}

async fn maintenance(service: &Service, sandbox: &Sandbox) {
    let begun = r#"{"Code":"OK","Message":"Maintenance begun: N4","Details":K4}"#;
    let refused = r#"{"Code":"ERROR","Message":"Cannot begin maintenance for instance: N4; maintenance reason: again","Details":0}"#;
    says(service, sandbox, "begin-maintenance/H4/dba/disk%20swap", 200, begun).await;
    says(service, sandbox, "begin-maintenance/H4/dba/again", 500, refused).await;
    let is_in = |answer: &str, details: &str| {
        format!(r#"{{"Code":"OK","Message":"{answer}","Details":"{details}"}}"#)
    };
    says(service, sandbox, "in-maintenance/H4", 200, &is_in("true", "N4")).await;
    says(service, sandbox, "in-maintenance/H1", 200, &is_in("false", "")).await;
    assert_shape(service, "maintenance", &list(&fixture("maintenance"))).await;
    let lock = service.json("maintenance").await[0].clone();
    let told = (&lock["MaintenanceId"], &lock["Owner"], &lock["Reason"], &lock["IsActive"]);
    assert_eq!(told, (&json!(1), &json!("dba"), &json!("disk swap"), &json!(true)));
    says(
        service,
        sandbox,
        "end-maintenance/1",
        200,
        r#"{"Code":"OK","Message":"Maintenance ended: 1","Details":1}"#,
    )
    .await;
    says(service, sandbox, "maintenance", 200, "[]").await;
}

async fn names(service: &Service, sandbox: &Sandbox) {
    let done = |what: &str| {
        format!(r#"{{"Code":"OK","Message":"Hostname {what} unresolve completed","Details":K2}}"#)
    };
    says(
        service,
        sandbox,
        "register-hostname-unresolve/H2/vip.example.com",
        200,
        &done("register"),
    )
    .await;
    let shown = instance(service, sandbox, 2).await["UnresolvedHostname"].clone();
    assert_eq!(shown, "vip.example.com");
    says(service, sandbox, "deregister-hostname-unresolve/H2", 200, &done("deregister")).await;
    let resolved = r#"{"Code":"OK","Message":"Instance resolved","Details":K1}"#;
    says(service, sandbox, "resolve/H1", 200, resolved).await;
    let refused = r#"{"Code":"ERROR","Message":"dial tcp 127.0.0.1:1: connect: connection refused","Details":null}"#;
    says(service, sandbox, "resolve/127.0.0.1/1", 500, refused).await;
    let snapshot = service.json("snapshot-topologies").await;
    assert_eq!(snapshot["Message"], "Topology Snapshot completed", "{snapshot}");
    assert!(snapshot["Details"].as_str().unwrap().starts_with("Took "), "{snapshot}");
}

/// What a person says wins over the query, until they take it back.
async fn alias(service: &Service, sandbox: &Sandbox) {
    for (given, shown) in [("it's%20%22ours%22", "it's \"ours\""), ("", "by-query")] {
        let path = format!("set-cluster-alias/{}?alias={given}", sandbox.address(1));
        assert_eq!(service.json(&path).await["Code"], "OK");
        wait::until(wait::secs(10), "the cluster has its alias", || async {
            let infos = service.get("clusters-info").await?;
            if infos[0]["ClusterAlias"] == shown { Ok(()) } else { Err(infos.to_string()) }
        })
        .await;
        let info = service.json(&format!("cluster-info/{}", sandbox.address(4))).await;
        assert_eq!(info["ClusterAlias"], shown);
    }
}

async fn control_replicas(service: &Service, sandbox: &Sandbox) {
    for name in ["cluster-osc-replicas", "cluster-osc-slaves"] {
        let path = format!("{name}/{}", sandbox.address(1));
        assert_shape(service, &path, &list(&fixture("instance"))).await;
        let expected = [2, 3, 4].map(|node| sandbox.address(node));
        wait::until(wait::secs(10), "all three are fit", || async {
            let found = addresses(&service.get(&path).await?);
            if found == expected { Ok(()) } else { Err(format!("{found:?}")) }
        })
        .await;
    }
}

/// Figures are about work that was done: servers were probed, stored, and commands written.
async fn measurements(service: &Service) {
    wait::until(wait::secs(60), "a batch was stored lately", || async {
        let flushes = service.get("write-buffer-metrics-aggregated/30").await?;
        if flushes["CountInstances"].as_f64() >= Some(4.0) {
            Ok(())
        } else {
            Err(flushes.to_string())
        }
    })
    .await;
    wait::until(wait::secs(10), "all four servers are stored", || async {
        let flushes = service.get("write-buffer-metrics-aggregated/60").await?;
        if flushes["CountInstances"].as_u64() >= Some(4) {
            Ok(())
        } else {
            Err(flushes.to_string())
        }
    })
    .await;
    for (path, name) in [
        ("discovery-metrics-aggregated/60", "metrics_probes"),
        ("discovery-queue-metrics-aggregated/60", "metrics_queues"),
        ("discovery-queue-metrics-aggregated/DEFAULT/60", "metrics_queues"),
        ("backend-query-metrics-aggregated/60", "metrics_queries"),
        ("write-buffer-metrics-aggregated/60", "metrics_flushes"),
    ] {
        assert_shape(service, path, &fixture(name)).await;
    }
    for (path, name) in [
        ("discovery-metrics-raw/60", "metrics_probe"),
        ("discovery-queue-metrics-raw/60", "metrics_queue"),
        ("discovery-queue-metrics-raw/DEFAULT/60", "metrics_queue"),
        ("backend-query-metrics-raw/60", "metrics_query"),
        ("write-buffer-metrics-raw/60", "metrics_flush"),
    ] {
        assert_shape(service, path, &list(&fixture(name))).await;
    }
    let number = |value: &Value, name: &str| value[name].as_f64().unwrap();
    let probes = service.json("discovery-metrics-aggregated/60").await;
    assert_eq!(number(&probes, "CountDistinctOkInstanceKeys"), 4.0, "{probes}");
    assert!(number(&probes, "MeanInstanceSeconds") > 0.0, "{probes}");
    let parts = number(&probes, "MeanInstanceSeconds") + number(&probes, "MeanBackendSeconds");
    assert!(number(&probes, "MeanTotalSeconds") >= parts * 0.99, "{probes}");
    let queries = service.json("backend-query-metrics-aggregated/60").await;
    assert!(number(&queries, "Count") > 10.0, "{queries}");
}

/// Texts that would break whatever pastes them into a statement, a page, a format or a shell.
const HOSTILE: &[&str] = &[
    r#"it's "quoted" \ `id` $(id)"#,
    "100% %s %n %27",
    "\u{1f600} ü",
    "'); DROP TABLE orc_log; --",
    "<script>alert(1)</script>&amp;",
    "a/b?c#d+e&f=g",
];

#[tokio::test]
async fn hostile_texts_are_stored_and_shown_literally() {
    let mut service = Service::start(json!({})).await;
    let long = "ö".repeat(5 * 1024);
    let texts: Vec<&str> = HOSTILE.iter().copied().chain([long.as_str()]).collect();
    let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    for (number, text) in texts.iter().enumerate() {
        let (host, text) = (format!("db{number}/3306"), encoded(text));
        for path in [
            format!("begin-maintenance/{host}/{text}/{text}"),
            format!("tag/{host}/name/{text}"),
            format!("host-attribute/db{number}/name/{text}"),
            format!("submit-pool-instances/{text}?instances=db{number}"),
        ] {
            let answer = service.call(Method::GET, &format!("/api/{path}"), &[]).await.unwrap();
            assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        }
    }
    service.kill();
    service.revive().await;
    let locks = service.json("maintenance").await;
    let attributes = service.json("host-attribute/attr/name/").await;
    let audit = service.json("audit").await.to_string();
    for (number, text) in texts.iter().enumerate() {
        let lock = &locks[number];
        assert_eq!((lock["Owner"].as_str(), lock["Reason"].as_str()), (Some(*text), Some(*text)));
        assert_eq!(attributes[number]["AttributeValue"], **text);
        assert_eq!(service.json(&format!("tag-value/db{number}/3306/name")).await, **text);
        let shown =
            service.ask(&["-c", "tag-value", "-i", &format!("db{number}:3306"), "-t", "name"]);
        assert_eq!(shown.trim_end_matches('\n'), *text);
        let stored = json!(format!("name={text}")).to_string();
        assert!(audit.contains(&stored), "{audit}");
    }
}
