//! Only the way from the service to the source is cut; its replicas and the applications reach
//! it. That is no failure of the source, however long it lasts: it is reported, nothing is done.

use std::{collections::BTreeSet, time::Duration};

use harness::{
    sandbox::{Flavor, Sandbox},
    service::Service,
    wait,
};
use serde_json::json;
use tokio::time::Instant;

use crate::{
    apart::{Apart, Cut},
    on_both, report,
    report::Report,
    settings,
    stage::PATIENCE,
    writer::Writer,
};

const NODES: u16 = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calm_when_cut() {
    if let Err(reason) = Apart::new(NODES) {
        report::note(&format!("SKIPPED: {reason}"));
        return;
    }
    let lasts = settings::minutes(5);
    let mut report = Report::new(&format!(
        "The service runs in a network namespace of its own. Its way to the source, and no other, \
         is cut for {} minutes by dropped packets and for as long by refused connections. No \
         recovery may follow, and after it a real death must be recovered.",
        lasts.as_secs() / 60
    ));
    for (flavor, seen) in on_both(move |flavor| play(flavor, lasts)).await {
        for (cut, codes) in seen {
            let codes: Vec<String> = codes.into_iter().collect();
            report.row(&[
                ("Servers", flavor.name()),
                ("Cut", &format!("{cut:?}").to_lowercase()),
                ("Reported meanwhile", &codes.join(", ")),
                ("Recoveries", "0"),
            ]);
        }
    }
}

/// What analysis said during each cut.
async fn play(flavor: Flavor, lasts: Duration) -> Vec<(Cut, BTreeSet<String>)> {
    let apart = Apart::new(NODES).unwrap();
    let sandbox = reachable_sandbox(flavor, &apart);
    let key = |node| format!("{}:{}", apart.address(node), sandbox.port(node));
    let service = Service::start_at(apart.place(), json!({})).await;
    service.discover_from(&key(2), &key(1), usize::from(NODES)).await;
    let writer = Writer::start(&sandbox);
    let mut seen = Vec::new();
    for cut in [Cut::Drop, Cut::Refuse] {
        apart.cut(cut, 1);
        seen.push((cut, watch(&service, lasts).await));
        writer.has_written(20).await;
        apart.heal(cut, 1);
        service.discover_from(&key(2), &key(1), usize::from(NODES)).await;
        wait::until(PATIENCE, "nothing is reported any more", || async {
            let analysis = service.get("replication-analysis").await?;
            if analysis["Details"] == json!([]) { Ok(()) } else { Err(analysis.to_string()) }
        })
        .await;
        service.assert_no_recovery().await;
    }
    sandbox.fault("kill", 1);
    let recovery = service.recovery(PATIENCE).await;
    assert_eq!(recovery["IsSuccessful"], true, "{recovery}\n{}", service.log());
    writer.has_written(20).await;
    seen
}

/// Look for so long: the codes reported, and no recovery.
async fn watch(service: &Service, lasts: Duration) -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    let end = Instant::now() + lasts;
    while Instant::now() < end {
        let analysis = service.get("replication-analysis").await.unwrap();
        let details = analysis["Details"].as_array().into_iter().flatten();
        codes.extend(details.filter_map(|d| d["Analysis"].as_str()).map(str::to_owned));
        service.assert_no_recovery().await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(codes.contains("UnreachableMaster"), "{codes:?}\n{}", service.log());
    codes
}

/// Servers that can be reached from the namespace, under the same addresses by everybody.
fn reachable_sandbox(flavor: Flavor, apart: &Apart) -> Sandbox {
    let sandbox = Sandbox::with(flavor, NODES, &["--mysqld-arg", "--bind-address=0.0.0.0"]);
    for node in 1..=NODES {
        let file = sandbox.node_folder(node).join("my.cnf");
        let config = std::fs::read_to_string(&file).unwrap();
        let address = apart.address(node);
        sandbox.fault("stop", node);
        std::fs::write(&file, format!("{config}report-host={address}\n")).unwrap();
        sandbox.fault("start", node);
    }
    let (host, port) = (apart.address(1), sandbox.port(1));
    let sql = match flavor {
        Flavor::MySql => format!(
            "stop replica; change replication source to source_host='{host}', source_port={port}; \
             start replica"
        ),
        Flavor::MariaDb => format!(
            "stop slave; change master to master_host='{host}', master_port={port}; start slave"
        ),
    };
    for node in 2..=NODES {
        sandbox.sql(node, &sql);
    }
    sandbox
}
