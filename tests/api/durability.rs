//! A hint that was acknowledged survives whatever happens to the process.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use harness::{
    sandbox::{Flavor, Sandbox},
    service::Service,
    wait,
};
use serde_json::{Value, json};

use crate::{instance, route};

const ROUNDS: u32 = 20;

/// A kind of hint of which there can be many.
struct Kind {
    /// Writes the one named `NAME`; `SERVER` is the sandbox's server.
    write: &'static str,
    /// Lists them.
    list: &'static str,
    /// The names in that list.
    names: fn(&Value) -> BTreeSet<String>,
}

const KINDS: &[Kind] = &[
    Kind {
        write: "register-candidate/NAME/3306/prefer",
        list: "bulk-promotion-rules",
        names: |list| each(list, |rule| &rule["Hostname"]),
    },
    Kind {
        write: "tag/NAME/3306/role/reporting",
        list: "tagged?tag=role%3Dreporting",
        names: |list| each(list, |key| &key["Hostname"]),
    },
    Kind {
        write: "begin-maintenance/NAME/3306/dba/disk",
        list: "maintenance",
        names: |list| each(list, |lock| &lock["Key"]["Hostname"]),
    },
    Kind {
        write: "host-attribute/NAME/rack/b7",
        list: "host-attribute/attr/rack/",
        names: |list| each(list, |attribute| &attribute["Hostname"]),
    },
    Kind {
        write: "submit-pool-instances/NAME?instances=SERVER",
        list: "cluster-pool-instances/SERVER",
        names: |pools| pools["Details"].as_object().unwrap().keys().cloned().collect(),
    },
];

fn each(list: &Value, name: fn(&Value) -> &Value) -> BTreeSet<String> {
    let items = list.as_array().into_iter().flatten();
    items.filter_map(|item| name(item).as_str().map(str::to_owned)).collect()
}

/// Kinds of which a server has one, and where the newest is shown: its number is its text.
const SINGLE: &[(&str, &str)] = &[
    ("begin-downtime/SERVER/dba/NUMBER/1h", "DowntimeReason"),
    ("register-hostname-unresolve/SERVER/vip-NUMBER", "UnresolvedHostname"),
];

/// What the service has acknowledged.
#[derive(Clone, Debug, Default)]
struct Acknowledged {
    /// Names by number of kind.
    names: BTreeMap<usize, BTreeSet<String>>,
    /// Number of the newest one, by number of single kind.
    newest: BTreeMap<usize, u64>,
}

type Shared = Arc<Mutex<Acknowledged>>;

#[tokio::test]
async fn acknowledged_hints_survive_a_kill() {
    let sandbox = Sandbox::with(Flavor::MariaDb, 1, &[]);
    let mut service = Service::start(json!({})).await;
    service.discover(&sandbox, 1).await;
    wait::until(wait::secs(10), "the server is stored", || async {
        if service.stored_instances() == 1 { Ok(()) } else { Err(service.log()) }
    })
    .await;

    let acknowledged = Shared::default();
    for round in 0..ROUNDS {
        let before = written(&acknowledged);
        let writers = begin_to_write(&service, &sandbox, round, &acknowledged);
        // Some of each kind were acknowledged; then at any moment.
        wait::until(wait::secs(10), "hints of all kinds are acknowledged", || async {
            let now = written(&acknowledged);
            let all_more = now.iter().zip(&before).all(|(now, before)| now > before);
            if all_more { Ok(()) } else { Err(service.log()) }
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

/// How many hints of each kind were acknowledged.
fn written(acknowledged: &Shared) -> Vec<u64> {
    let acknowledged = acknowledged.lock().unwrap();
    let names = (0..KINDS.len())
        .map(|kind| acknowledged.names.get(&kind).map_or(0, |names| names.len() as u64));
    let newest = (0..SINGLE.len()).map(|kind| acknowledged.newest.get(&kind).copied().unwrap_or(0));
    names.chain(newest).collect()
}

fn begin_to_write(
    service: &Service,
    sandbox: &Sandbox,
    round: u32,
    acknowledged: &Shared,
) -> Vec<tokio::task::JoinHandle<()>> {
    let api = format!("{}/api", service.url());
    let many = KINDS.iter().enumerate().map(|(kind, Kind { write, .. })| {
        let write = format!("{api}/{}", write.replace("SERVER", &sandbox.address(1)));
        tokio::spawn(write_many(write, kind, round, acknowledged.clone()))
    });
    let single = SINGLE.iter().enumerate().map(|(kind, (write, _))| {
        let write = format!("{api}/{}", write.replace("SERVER", &route("", sandbox, 1)[1..]));
        tokio::spawn(write_newest(write, kind, acknowledged.clone()))
    });
    many.chain(single).collect()
}

/// Writes one new hint after the other until the service is gone.
async fn write_many(write: String, kind: usize, round: u32, acknowledged: Shared) {
    for number in 0.. {
        let name = format!("db-{round}-{number}");
        if !acknowledges(&write.replace("NAME", &name)).await {
            return;
        }
        acknowledged.lock().unwrap().names.entry(kind).or_default().insert(name);
    }
}

/// Overwrites one hint again and again until the service is gone.
async fn write_newest(write: String, kind: usize, acknowledged: Shared) {
    loop {
        let next = acknowledged.lock().unwrap().newest.get(&kind).copied().unwrap_or(0) + 1;
        if !acknowledges(&write.replace("NUMBER", &next.to_string())).await {
            return;
        }
        acknowledged.lock().unwrap().newest.insert(kind, next);
    }
}

async fn assert_all_there(
    service: &Service,
    sandbox: &Sandbox,
    acknowledged: &Acknowledged,
    round: u32,
) {
    for (kind, names) in &acknowledged.names {
        let Kind { list, names: read, .. } = &KINDS[*kind];
        let known = read(&service.json(&list.replace("SERVER", &sandbox.address(1))).await);
        let lost: Vec<_> = names.difference(&known).collect();
        assert!(lost.is_empty(), "{list}: lost in round {round}: {lost:?}");
    }
    let instance = instance(service, sandbox, 1).await;
    for (kind, newest) in &acknowledged.newest {
        let field = SINGLE[*kind].1;
        let text = instance[field].as_str().unwrap().trim_start_matches("vip-");
        let shown: u64 = text.parse().unwrap_or(0);
        // One more may have been under way.
        let expected = *newest..=newest + 1;
        assert!(expected.contains(&shown), "round {round}: {field} {shown} is not in {expected:?}");
    }
}

/// The service says that it is done; not, if it does not answer any more.
async fn acknowledges(url: &str) -> bool {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let Ok(answer) = client.get(url).send().await else { return false };
    let Ok(answer) = answer.json::<Value>().await else { return false };
    assert!(answer == true || answer["Code"] == "OK", "{url}: {answer}");
    true
}
