//! What routes answer about real servers has the keys, the order of keys and the types that
//! clients know; drawings are the same to the letter.

use harness::{
    sandbox::{Flavor, Sandbox},
    service::Service,
    wait,
};
use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use crate::{address, addresses, instance, route, shape::Shape};

/// A fixture that the server's own tests use, too.
pub(crate) fn fixture(name: &str) -> String {
    let file = harness::repository().join(format!("orchestrator-server/fixtures/api/{name}.json"));
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

pub(crate) fn list(of: &str) -> String {
    format!("[{of}]")
}

pub(crate) fn envelope(details: &str) -> String {
    format!(r#"{{"Code":"","Message":"","Details":{details}}}"#)
}

const TEXT: &str = r#""""#;

/// The answer is of this shape, and not an empty list.
pub(crate) async fn assert_shape(service: &Service, route: &str, wanted: &str) {
    let answer = service.call(Method::GET, &format!("/api/{route}"), &[]).await.unwrap();
    assert_eq!(answer.status, 200, "{route}: {}", answer.text());
    let found = Shape::of(&answer.text());
    assert_ne!(found, Shape::List(Vec::new()), "{route}: an empty list shows no shape");
    found.assert_is(route, &Shape::of(wanted));
}

#[rstest]
#[tokio::test]
async fn routes_answer_in_the_known_shapes(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let sandbox = Sandbox::with(flavor, 4, &["--shape", "tree"]);
    let service = Service::start(json!({ "InstancePollSeconds": 1 })).await;
    service.discover(&sandbox, 1).await;
    // Nothing to complain about, with the documented grants.
    let log = service.log();
    assert!(!log.contains(" WARN ") && !log.contains("ERROR"), "{log}");
    let third = sandbox.address(3);
    let downtime =
        ["-c", "begin-downtime", "-i", &third, "--owner", "dba", "--reason", "planned work"];
    service.ask(&downtime);
    let second = sandbox.address(2);
    service.ask(&["-c", "register-candidate", "-i", &second, "--promotion-rule", "prefer"]);

    of_a_healthy_topology(&service, &sandbox).await;
    drawings(&service, &sandbox).await;
    of_a_broken_topology(&service, &sandbox).await;
    service.ask(&["-c", "end-downtime", "-i", &third]);
    after_failovers(&service, &sandbox).await;
}

async fn of_a_healthy_topology(service: &Service, sandbox: &Sandbox) {
    let (one, cluster) = (fixture("instance"), fixture("cluster_info"));
    let (all, source) = (list(&one), sandbox.address(1));
    let routes: &[(&str, &str)] = &[
        ("lb-check", TEXT),
        ("leader-check", TEXT),
        ("health", &fixture("health")),
        ("status", &fixture("health")),
        (&route("instance", sandbox, 1), &one),
        (&route("instance", sandbox, 4), &one),
        (&route("instance-replicas", sandbox, 1), &all),
        (&format!("cluster/{source}"), &all),
        (&format!("master/{source}"), &one),
        ("masters", &all),
        ("all-instances", &all),
        ("clusters", &list(TEXT)),
        ("clusters-info", &list(&cluster)),
        (&format!("cluster-info/{source}"), &cluster),
        (&format!("topology/{source}"), &envelope(TEXT)),
        (&format!("topology-tabulated/{source}"), &envelope(TEXT)),
        ("downtimed", &all),
        ("bulk-promotion-rules", &list(&fixture("candidate"))),
        ("audit", &list(&fixture("audit"))),
        ("automated-recovery-filters", &fixture("filters")),
        ("check-global-recoveries", &envelope(TEXT)),
    ];
    for (route, wanted) in routes {
        assert_shape(service, route, wanted).await;
    }
    assert_eq!(addresses(&service.json("masters").await), [source]);
    assert_eq!(addresses(&service.json("downtimed").await), [sandbox.address(3)]);
    assert_eq!(service.json("bulk-promotion-rules").await[0]["PromotionRule"], "prefer");
}

/// The drawings of a tree of four servers, of which the third is downtimed.
async fn drawings(service: &Service, sandbox: &Sandbox) {
    let source = sandbox.address(1);
    let version = instance(service, sandbox, 1).await["Version"].as_str().unwrap().to_owned();
    let (source_gtid, pad) = match sandbox.flavor {
        Flavor::MySql => (">>,GTID", "          "),
        Flavor::MariaDb => (">>", "               "),
    };
    let fill = |text: &str| {
        let mut text = text.replace("VERSION", &version).replace("SOURCE", source_gtid);
        text = text.replace("PAD", pad);
        for node in 1..=4 {
            text = text.replace(&format!("N{node}"), &sandbox.address(node));
        }
        text
    };
    let plain = fill(
        "N1     [0s,ok,VERSION,rw,ROW,SOURCE]\n\
         + N2   [0s,ok,VERSION,ro,ROW,>>,GTID]\n  \
           + N4 [0s,ok,VERSION,ro,ROW,>>,GTID]\n\
         + N3   [0s,ok,VERSION,ro,ROW,>>,GTID,downtimed]",
    );
    let tabulated = fill(
        "N1    |0s|ok|VERSION|rw|ROW|SOURCEPAD\n\
         + N2  |0s|ok|VERSION|ro|ROW|>>,GTID          \n  \
           + N4|0s|ok|VERSION|ro|ROW|>>,GTID          \n\
         + N3  |0s|ok|VERSION|ro|ROW|>>,GTID,downtimed",
    );
    for (style, drawing) in [("topology", plain), ("topology-tabulated", tabulated)] {
        // A replica may lag for a moment.
        wait::until(wait::secs(10), "the drawing is right", || async {
            let answer = service.get(&format!("{style}/{source}")).await?;
            assert_eq!(answer["Message"], format!("Topology for cluster {source}"));
            let drawn = answer["Details"].as_str().unwrap_or_default();
            if drawn == drawing { Ok(()) } else { Err(format!("\n{drawn}\nnot\n{drawing}")) }
        })
        .await;
    }
}

/// Replication is stopped everywhere below the source: a problem that nobody recovers.
async fn of_a_broken_topology(service: &Service, sandbox: &Sandbox) {
    let word = if sandbox.flavor == Flavor::MySql { "replica" } else { "slave" };
    for node in 2..=3 {
        sandbox.sql(node, &format!("stop {word}"));
    }
    wait::until(wait::secs(20), "the source's problem is seen", || async {
        let analysis = service.get("replication-analysis").await?;
        let code = &analysis["Details"][0]["Analysis"];
        if code == "AllMasterReplicasNotReplicating" { Ok(()) } else { Err(analysis.to_string()) }
    })
    .await;
    let analysis = fixture("analysis").replace(
        r#""StructureAnalysis": [
    ""
   ]"#,
        r#""StructureAnalysis": null"#,
    );
    assert_shape(service, "replication-analysis", &analysis).await;
    assert_shape(service, &format!("replication-analysis/{}", sandbox.address(1)), &analysis).await;
    assert_shape(service, "problems", &list(&fixture("instance"))).await;
    for node in 2..=3 {
        sandbox.sql(node, &format!("start {word}"));
    }
    service.discover(sandbox, 1).await;
}

/// The source dies, and so does its successor, which may not be replaced so soon.
async fn after_failovers(service: &Service, sandbox: &Sandbox) {
    sandbox.fault("kill", 1);
    let recovery = service.recovery(wait::secs(60)).await;
    let successor = address(&recovery["SuccessorKey"]);
    let successor = (2..=4).find(|node| sandbox.address(*node) == successor).unwrap();
    let replicating = wait::until(wait::secs(20), "the others are below the successor", || async {
        let cluster = service.get(&format!("cluster/{}", sandbox.address(successor))).await?;
        let others = cluster.as_array().map_or(0, |cluster| {
            let below = |i: &&serde_json::Value| {
                i["Slave_IO_Running"] == true && i["IsLastCheckValid"] == true
            };
            cluster.iter().filter(below).count()
        });
        if others == 2 { Ok(others) } else { Err(cluster.to_string()) }
    });
    replicating.await;
    sandbox.fault("kill", successor);
    wait::until(wait::secs(30), "the second recovery is blocked", || async {
        let blocked = service.get("blocked-recoveries").await?;
        if blocked[0].is_object() { Ok(()) } else { Err(service.log()) }
    })
    .await;

    let recoveries = list(&fixture("recovery"));
    let uid = recovery["UID"].as_str().unwrap();
    let routes: &[(&str, &str)] = &[
        ("audit-recovery", &recoveries),
        (&format!("audit-recovery/id/{}", recovery["Id"]), &recoveries),
        (&format!("audit-recovery/uid/{uid}"), &recoveries),
        (&format!("audit-recovery-steps/{uid}"), &list(&fixture("recovery_step"))),
        ("audit-failure-detection", &list(&fixture("detection"))),
        ("blocked-recoveries", &list(&fixture("blocked"))),
        ("audit", &list(&fixture("audit"))),
        ("downtimed", &list(&fixture("instance"))),
        ("all-instances", &list(&fixture("instance"))),
    ];
    for (route, wanted) in routes {
        assert_shape(service, route, wanted).await;
    }
    let blocked = service.json("blocked-recoveries").await;
    assert_eq!(blocked[0]["BlockingRecoveryId"], recovery["Id"], "{blocked}");
}
