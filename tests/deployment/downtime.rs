//! Servers that are put out of service: for a while, for very long, or again and again.

use harness::{
    sandbox::{Flavor, Sandbox},
    service::Service,
    wait,
};
use rstest::rstest;
use serde_json::json;

use crate::{SERVER_PROGRAM, done, instance, is_a_problem};

#[rstest]
#[tokio::test]
async fn a_server_in_downtime_is_no_problem_and_is_not_recovered(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let sandbox = Sandbox::start(flavor);
    let service = Service::start(json!({"InstancePollSeconds": 1})).await;
    service.discover(&sandbox, 1).await;
    let broken = sandbox.address(3);
    let stop = match flavor {
        Flavor::MySql => "stop replica",
        Flavor::MariaDb => "stop slave",
    };
    sandbox.sql(3, stop);
    until_a_problem(&service, &sandbox, 3, true).await;

    // Without -i it is the host's own server.
    let line = "/usr/bin/orchestrator-client -c begin-downtime -duration 30m -reason \"testing\" \
                -owner myself";
    assert_eq!(done(&service, &broken, line), format!("{broken}\n"));
    until_a_problem(&service, &sandbox, 3, false).await;
    let known = instance(&service, &sandbox, 3).await;
    assert_eq!(
        (&known["DowntimeOwner"], &known["DowntimeReason"]),
        (&json!("myself"), &json!("testing"))
    );

    let end = "/usr/bin/orchestrator-client -c end-downtime -i this.hostname.com";
    done(&service, &broken, end);
    until_a_problem(&service, &sandbox, 3, true).await;

    // So long that nobody sees its end.
    let source = sandbox.address(1);
    let long = "/usr/bin/orchestrator-client -c begin-downtime -i this.hostname.com \
                -duration 240000h -reason \"auto-restore box\" -owner dba";
    done(&service, &source, long);
    let known = instance(&service, &sandbox, 1).await;
    assert_eq!(known["IsDowntimed"], true, "{known}");
    assert!(known["DowntimeEndTimestamp"].as_str().unwrap() > "2035", "{known}");
    sandbox.fault("kill", 1);
    wait::until(wait::secs(30), "the death is seen", || async {
        let analysis = service.get("replication-analysis").await?;
        let text = analysis.to_string();
        if text.contains("DeadMaster") { Ok(()) } else { Err(text) }
    })
    .await;
    service.assert_no_recovery().await;
}

/// Every two minutes, downtime for five.
#[rstest]
#[tokio::test]
async fn a_downtime_that_is_stated_again_is_extended(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
    #[values("/usr/bin/orchestrator-client", SERVER_PROGRAM)] program: &str,
) {
    let sandbox = Sandbox::with(flavor, 2, &[]);
    let service = Service::start(json!({})).await;
    service.discover(&sandbox, 1).await;
    let host = sandbox.address(2);
    let line = format!(
        "{program} -c begin-downtime -i this.hostname.com --duration=5m --owner=cron \
         --reason=continuous_downtime"
    );
    assert_eq!(done(&service, &host, &line), format!("{host}\n"));
    let first = instance(&service, &sandbox, 2).await;
    assert_eq!(first["DowntimeReason"], "continuous_downtime");
    let extended = wait::until(wait::secs(10), "the end moves on", || async {
        done(&service, &host, &line);
        let now = instance(&service, &sandbox, 2).await;
        let later = now["DowntimeEndTimestamp"].as_str() > first["DowntimeEndTimestamp"].as_str();
        if later { Ok(now) } else { Err(now.to_string()) }
    })
    .await;
    assert_eq!(extended["DowntimeOwner"], "cron");

    // A downtime that nobody extends ends by itself.
    let short = "/usr/bin/orchestrator-client -c begin-downtime -i this.hostname.com -duration 1s \
                 -reason short -owner dba";
    done(&service, &host, short);
    wait::until(wait::secs(10), "it is over", || async {
        let now = instance(&service, &sandbox, 2).await;
        if now["IsDowntimed"] == false { Ok(()) } else { Err(now.to_string()) }
    })
    .await;
}

/// `curl -s http://service/api/begin-downtime/host/3306/wallace/experimenting+failover/45m`
#[tokio::test]
async fn a_direct_call_keeps_the_plus_of_its_reason() {
    let sandbox = Sandbox::with(Flavor::MySql, 1, &[]);
    let service = Service::start(json!({})).await;
    service.discover(&sandbox, 1).await;
    let port = sandbox.port(1);
    let call = format!("begin-downtime/127.0.0.1/{port}/wallace/experimenting+failover/45m");
    let answer = service.json(&call).await;
    assert_eq!(answer["Code"], "OK", "{answer}");
    let known = instance(&service, &sandbox, 1).await;
    assert_eq!(known["DowntimeReason"], "experimenting+failover");
    assert_eq!(known["DowntimeOwner"], "wallace");
}

async fn until_a_problem(service: &Service, sandbox: &Sandbox, node: u16, wanted: bool) {
    wait::until(wait::secs(20), "the problems show it as they should", || async {
        let shown = is_a_problem(service, sandbox, node).await;
        if shown == wanted { Ok(()) } else { Err(format!("shown: {shown}")) }
    })
    .await;
}
