//! Fault after fault, by a seed: sources die and freeze, replicas die, appliers stand still, and
//! the service itself is killed at any moment. After each there must be one source that takes
//! writes, every other server below it, and no row missing that a replica had received.

use std::{collections::BTreeMap, time::Duration};

use harness::sandbox::Flavor;
use rand::{RngExt, rngs::StdRng, seq::IndexedRandom};
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::{
    load, on_both, report,
    report::Report,
    retrieved::Observer,
    settings,
    stage::{PATIENCE, Stage},
    writer::Writer,
};

/// The service may use so much more memory at the end than at the start.
const GROWTH_MIB: f64 = 30.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    KillSource,
    FreezeSource,
    KillSourceWhileAppliersAreStopped,
    KillSourceAndService,
    FreezeSourceAndKillService,
    KillSourceAndReplica,
    KillSourceAndFreezeReplica,
    KillReplica,
    KillService,
}

const FAULTS: [Fault; 9] = [
    Fault::KillSource,
    Fault::FreezeSource,
    Fault::KillSourceWhileAppliersAreStopped,
    Fault::KillSourceAndService,
    Fault::FreezeSourceAndKillService,
    Fault::KillSourceAndReplica,
    Fault::KillSourceAndFreezeReplica,
    Fault::KillReplica,
    Fault::KillService,
];

/// What became of one flavour's hours.
struct Outcome {
    faults: BTreeMap<Fault, usize>,
    resident: [f64; 2],
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn soak() {
    let (seed, lasts) = (settings::seed(), settings::minutes(20));
    let mut report = Report::new(&format!(
        "{} minutes of random faults and repairs under a writing application, both kinds of \
         servers at once. After each fault: one source that takes writes, every other server \
         below it, the same rows everywhere, and none missing that a replica had received.",
        lasts.as_secs() / 60
    ));
    report.seed(seed);
    for (flavor, outcome) in on_both(move |flavor| play(flavor, lasts, seed)).await {
        let [first, last] = outcome.resident;
        let faults: Vec<String> =
            outcome.faults.iter().map(|(fault, count)| format!("{count} {fault:?}")).collect();
        report.row(&[
            ("Servers", flavor.name()),
            ("Faults", &outcome.faults.values().sum::<usize>().to_string()),
            ("Of which", &faults.join(", ")),
            ("Service's memory at start and end, MiB", &format!("{first:.1}, {last:.1}")),
        ]);
        assert!(last - first < GROWTH_MIB, "the service grew from {first} to {last} MiB");
    }
}

async fn play(flavor: Flavor, lasts: Duration, seed: u64) -> Outcome {
    let mut choices = settings::choices(seed, flavor.name());
    let mut stage = Stage::new(flavor, 4, json!({})).await;
    let first = load::resident_mib(stage.service.pid());
    let mut faults = BTreeMap::new();
    let end = Instant::now() + lasts;
    while Instant::now() < end {
        let fault = *FAULTS.choose(&mut choices).unwrap();
        report::note(&format!("{flavor:?}: {fault:?}"));
        let began = Instant::now();
        match fault {
            Fault::KillReplica | Fault::KillService => {
                harmless(&mut stage, fault, &mut choices).await;
            }
            _ => deadly(&mut stage, fault, &mut choices).await,
        }
        *faults.entry(fault).or_default() += 1;
        report::note(&format!(
            "{flavor:?}: {fault:?} passed in {:?}; the service uses {:.1} MiB",
            began.elapsed(),
            load::resident_mib(stage.service.pid())
        ));
    }
    Outcome { faults, resident: [first, load::resident_mib(stage.service.pid())] }
}

/// The source stays in office.
async fn harmless(stage: &mut Stage, fault: Fault, choices: &mut StdRng) {
    let last = stage.newest_recovery().await;
    let writer = Writer::start(&stage.sandbox);
    writer.has_written(20).await;
    if fault == Fault::KillReplica {
        let replica = choices.random_range(2..=stage.sandbox.nodes());
        stage.kill(replica);
        some_time(choices, 3000).await;
        let rest: Vec<u16> = stage.others(1).into_iter().filter(|n| *n != replica).collect();
        assert_eq!(stage.settled(&rest, PATIENCE).await, 1);
        stage.sandbox.fault("start", replica);
    } else {
        stage.service.kill();
        some_time(choices, 2000).await;
        stage.service.revive().await;
    }
    let replicas = stage.others(1);
    assert_eq!(stage.settled(&replicas, PATIENCE).await, 1);
    stage.service.discover(&stage.sandbox, 1).await;
    assert_eq!(stage.newest_recovery().await, last, "{}", stage.service.log());
    let taken = writer.stop().await;
    stage.same_rows(1, &replicas).await;
    stage.nothing_lost(1, &[], &[], &taken);
}

/// The source must be replaced.
async fn deadly(stage: &mut Stage, fault: Fault, choices: &mut StdRng) {
    let last = stage.newest_recovery().await;
    // A replica that dies too takes with it what it alone had received.
    let other = match fault {
        Fault::KillSourceAndReplica | Fault::KillSourceAndFreezeReplica => {
            Some(choices.random_range(2..=stage.sandbox.nodes()))
        }
        _ => None,
    };
    let survivors: Vec<u16> =
        stage.others(1).into_iter().filter(|node| Some(*node) != other).collect();
    let writer = Writer::start(&stage.sandbox);
    let mut observer = Observer::of(&stage.sandbox, survivors.clone()).await;
    writer.has_written(20).await;
    if fault == Fault::KillSourceWhileAppliersAreStopped {
        let count = choices.random_range(1..=survivors.len());
        for replica in survivors.sample(choices, count) {
            stop_applier(stage, *replica);
        }
        writer.has_written(50).await;
    }
    some_time(choices, 2000).await;

    let mut held = observer.read().await;
    let began = std::time::Instant::now();
    strike(stage, fault, other, choices).await;
    held.extend(observer.read().await);
    let recovery = stage.recovery_after(&last).await;
    let promoted = recovery["SuccessorKey"]["Port"].as_u64();
    if other.is_some_and(|node| promoted == Some(u64::from(stage.sandbox.port(node)))) {
        // It was promoted, and died: a second failure, which waits for a person.
        report::note("the new source died as well");
        stage.service.ask(&["-c", "ack-all-recoveries", "--reason", "seen"]);
        let uid = recovery["UID"].as_str().unwrap();
        let second = stage.recovery_after(uid).await;
        assert_eq!(second["IsSuccessful"], true, "{second}\n{}", stage.service.log());
    } else {
        assert_eq!(recovery["IsSuccessful"], true, "{recovery}\n{}", stage.service.log());
    }

    let source = stage.settled(&survivors, PATIENCE).await;
    held.extend(observer.read().await);
    writer.has_written(20).await;
    let taken = writer.stop().await;
    let gap = taken[&source].iter().find(|row| row.at > began).map(|row| row.at - began);
    report::note(&format!("{:?}: node {source} took a row {gap:?} later", stage.sandbox.flavor));
    stage.same_rows(source, &survivors).await;
    stage.nothing_lost(source, &[Some(1), other], &held, &taken);
    stage.rebuild(&[1]).await;
}

/// Do the fault.
async fn strike(stage: &mut Stage, fault: Fault, other: Option<u16>, choices: &mut StdRng) {
    match fault {
        Fault::FreezeSource | Fault::FreezeSourceAndKillService => stage.sandbox.fault("freeze", 1),
        _ => drop(stage.kill(1)),
    }
    match (fault, other) {
        (Fault::KillSourceAndReplica, Some(replica)) => {
            some_time(choices, 400).await;
            stage.kill(replica);
        }
        (Fault::KillSourceAndFreezeReplica, Some(replica)) => {
            some_time(choices, 200).await;
            stage.sandbox.fault("freeze", replica);
        }
        _ => {}
    }
    let service_dies_within = match fault {
        Fault::KillSourceAndService => Some(1500),
        // A frozen source is noticed by its replicas after some seconds only.
        Fault::FreezeSourceAndKillService => Some(9000),
        _ => None,
    };
    if let Some(within) = service_dies_within {
        some_time(choices, within).await;
        stage.service.kill();
        some_time(choices, 500).await;
        stage.service.revive().await;
    }
}

fn stop_applier(stage: &Stage, replica: u16) {
    let sql = match stage.sandbox.flavor {
        Flavor::MySql => "stop replica sql_thread",
        Flavor::MariaDb => "stop slave sql_thread",
    };
    stage.sandbox.sql(replica, sql);
}

async fn some_time(choices: &mut StdRng, longest: u64) {
    sleep(Duration::from_millis(choices.random_range(0..longest))).await;
}
