//! A hint that was acknowledged survives whatever happens to the process.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use harness::{
    sandbox::{Flavor, Sandbox},
    service::Service,
    wait,
};
use serde_json::json;

use crate::{instance, route};

const ROUNDS: u32 = 20;

/// What the service has acknowledged.
#[derive(Clone, Debug, Default)]
struct Acknowledged {
    candidates: BTreeSet<String>,
    /// Number of the newest downtime, which its reason tells.
    downtime: u64,
}

#[tokio::test]
async fn acknowledged_hints_survive_a_kill() {
    let sandbox = Sandbox::with(Flavor::MariaDb, 1, &[]);
    let mut service = Service::start(json!({})).await;
    service.discover(&sandbox, 1).await;
    wait::until(wait::secs(10), "the server is stored", || async {
        if service.stored_instances() == 1 { Ok(()) } else { Err(service.log()) }
    })
    .await;

    let acknowledged = Arc::new(Mutex::new(Acknowledged::default()));
    for round in 0..ROUNDS {
        let before = acknowledged.lock().unwrap().candidates.len();
        let candidates = (0..2).map(|writer| {
            tokio::spawn(register(service.url(), round, writer, acknowledged.clone()))
        });
        let writers: Vec<_> = candidates
            .chain([tokio::spawn(downtime(
                service.url(),
                route("begin-downtime", &sandbox, 1),
                acknowledged.clone(),
            ))])
            .collect();
        // At least one was acknowledged; then at any moment.
        wait::until(wait::secs(10), "a hint is acknowledged", || async {
            let now = acknowledged.lock().unwrap().candidates.len();
            if now > before { Ok(()) } else { Err(service.log()) }
        })
        .await;
        tokio::time::sleep(Duration::from_micros(u64::from(rand::random::<u16>()))).await;
        service.kill();
        for writer in writers {
            writer.await.unwrap();
        }
        service.revive().await;
        let all = acknowledged.lock().unwrap().clone();
        assert_all_there(&service, &sandbox, &all, round).await;
    }
}

async fn assert_all_there(
    service: &Service,
    sandbox: &Sandbox,
    acknowledged: &Acknowledged,
    round: u32,
) {
    let rules = service.json("bulk-promotion-rules").await;
    let known: BTreeSet<String> = rules
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|rule| rule["Hostname"].as_str().map(str::to_owned))
        .collect();
    let lost: Vec<_> = acknowledged.candidates.difference(&known).collect();
    assert!(lost.is_empty(), "lost in round {round}: {lost:?}");
    let instance = instance(service, sandbox, 1).await;
    let newest: u64 = instance["DowntimeReason"].as_str().unwrap().parse().unwrap_or(0);
    // One more may have been under way.
    let expected = acknowledged.downtime..=acknowledged.downtime + 1;
    assert!(expected.contains(&newest), "round {round}: downtime {newest} is not in {expected:?}");
}

/// Registers one new candidate after the other until the service is gone.
async fn register(url: String, round: u32, writer: u32, acknowledged: Arc<Mutex<Acknowledged>>) {
    for number in 0.. {
        let name = format!("db-{round}-{writer}-{number}");
        if !acknowledges(&format!("{url}/api/register-candidate/{name}/3306/prefer")).await {
            return;
        }
        acknowledged.lock().unwrap().candidates.insert(name);
    }
}

/// Begins one downtime after the other until the service is gone; the reason is its number.
async fn downtime(url: String, route: String, acknowledged: Arc<Mutex<Acknowledged>>) {
    loop {
        let next = acknowledged.lock().unwrap().downtime + 1;
        if !acknowledges(&format!("{url}/api/{route}/dba/{next}/1h")).await {
            return;
        }
        acknowledged.lock().unwrap().downtime = next;
    }
}

/// The service says OK; not, if it does not answer any more.
async fn acknowledges(url: &str) -> bool {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let Ok(answer) = client.get(url).send().await else { return false };
    let Ok(answer) = answer.json::<serde_json::Value>().await else { return false };
    assert_eq!(answer["Code"], "OK", "{url}: {answer}");
    true
}
