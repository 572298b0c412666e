//! Hosts that let the service know about themselves, and servers that join.

use harness::{
    sandbox::{Flavor, Sandbox},
    service::Service,
    wait,
};
use rstest::rstest;
use serde_json::json;

use crate::done;

/// A new topology is found when any one host of it announces itself; a replica that joins later
/// is found through its source.
#[rstest]
#[tokio::test]
async fn a_host_announces_itself_and_the_rest_is_found(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let sandbox = Sandbox::start(flavor);
    let (stop, reset, start) = match flavor {
        Flavor::MySql => (
            "stop replica",
            "reset replica all",
            "change replication source to source_host='127.0.0.1', source_port={port}, \
             source_user='repl', source_password='repl_pw', source_auto_position=1, \
             get_source_public_key=1, source_connect_retry=1; start replica",
        ),
        Flavor::MariaDb => (
            "stop slave",
            "reset slave all",
            "change master to master_host='127.0.0.1', master_port={port}, master_user='repl', \
             master_password='repl_pw', master_use_gtid=slave_pos, master_connect_retry=1; \
             start slave",
        ),
    };
    sandbox.sql(3, stop);
    sandbox.sql(3, reset);
    // The source notices when it has something to send.
    let dumps = "select count(*) from information_schema.processlist where command like 'Binlog%'";
    wait::until(wait::secs(20), "the source has one replica", || async {
        sandbox.write(1, "row").await?;
        let count = sandbox.sql(1, dumps);
        if count == "1" { Ok(()) } else { Err(count) }
    })
    .await;
    let service = Service::start(json!({"InstancePollSeconds": 1})).await;
    let host = sandbox.address(2);
    let line = "/usr/bin/orchestrator-client --splay 1s -c discover -i this.hostname.com";
    assert_eq!(done(&service, &host, line), format!("{host}\n"));
    known(&service, &[1, 2], &sandbox).await;

    sandbox.sql(3, &start.replace("{port}", &sandbox.port(1).to_string()));
    known(&service, &[1, 2, 3], &sandbox).await;
}

/// The documented form, with the sleep that perl does where there is perl.
#[tokio::test]
async fn the_documented_cron_entry_of_discovery_works_as_it_stands() {
    let sandbox = Sandbox::with(Flavor::MariaDb, 2, &[]);
    let service = Service::start(json!({})).await;
    let host = sandbox.address(2);
    let sleep = if std::path::Path::new("/usr/bin/perl").exists() {
        "/usr/bin/perl -le 'sleep rand 2'"
    } else {
        "sleep 1"
    };
    let line = format!("{sleep} && /usr/bin/orchestrator-client -c discover -i this.hostname.com");
    assert_eq!(done(&service, &host, &line), format!("{host}\n"));
    known(&service, &[1, 2], &sandbox).await;
}

async fn known(service: &Service, nodes: &[u16], sandbox: &Sandbox) {
    let mut wanted: Vec<String> = nodes.iter().map(|node| sandbox.address(*node)).collect();
    wanted.sort();
    wait::until(wait::secs(20), "all servers are known", || async {
        let all = service.get("all-instances").await?;
        let mut found: Vec<String> = all
            .as_array()
            .into_iter()
            .flatten()
            .filter(|one| one["IsLastCheckValid"] == true)
            .map(|one| {
                format!("{}:{}", one["Key"]["Hostname"].as_str().unwrap(), one["Key"]["Port"])
            })
            .collect();
        found.sort();
        if found == wanted { Ok(()) } else { Err(format!("{found:?}")) }
    })
    .await;
}
