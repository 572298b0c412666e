//! How long applications cannot write when a source dies: from the SIGKILL to the first row that
//! another node took, with the settings that users have.

use std::time::Duration;

use harness::sandbox::Flavor;
use rand::RngExt;
use serde_json::json;

use crate::{
    FLAVORS,
    figures::Figures,
    load, report,
    report::Report,
    retrieved::Observer,
    settings,
    stage::{PATIENCE, Stage},
    writer::Writer,
};

/// What half of the failovers must stay below.
const GOAL: Duration = Duration::from_secs(2);

/// All figures of the runs with one flavour and poll.
#[derive(Debug, Default)]
struct Times {
    write_again: Figures,
    detected: Figures,
    promoted: Figures,
    healed: Figures,
    unreceived: usize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn failover_times() {
    let (seed, runs) = (settings::seed(), settings::runs(10));
    let mut report = Report::new(
        "A source with three replicas; an application writes as fast as it can when the source is \
         killed by SIGKILL. Milliseconds, median / least / greatest; detected, promoted and healed \
         count from the service's first failed attempt.",
    );
    report.seed(seed);
    let mut medians = Vec::new();
    for poll in [5, 1] {
        for flavor in FLAVORS {
            let before = load::average();
            let times = measure(flavor, poll, runs, seed).await;
            report.row(&[
                ("Servers", flavor.name()),
                ("`InstancePollSeconds`", &poll.to_string()),
                ("Runs", &runs.to_string()),
                ("Killed → next row written", &times.write_again.summary()),
                ("Detected", &times.detected.summary()),
                ("Promoted", &times.promoted.summary()),
                ("Healed", &times.healed.summary()),
                ("Rows that no replica had received", &times.unreceived.to_string()),
                ("Load average before, after", &format!("{before}, {}", load::average())),
            ]);
            medians.push((flavor, poll, times.write_again.median()));
        }
    }
    report.say(&format!("Every median must be at most {} ms.", GOAL.as_millis()));
    for (flavor, poll, median) in medians {
        assert!(median <= GOAL, "{flavor:?}, poll {poll} s: median {median:?}");
    }
}

async fn measure(flavor: Flavor, poll: u64, runs: u64, seed: u64) -> Times {
    let mut choices = settings::choices(seed, &format!("{}{poll}", flavor.name()));
    let stage = Stage::new(flavor, 4, json!({ "InstancePollSeconds": poll })).await;
    let mut times = Times::default();
    let mut last = String::new();
    for run in 1..=runs {
        let pause = Duration::from_millis(choices.random_range(0..poll * 1000));
        let writer = Writer::start(&stage.sandbox);
        let survivors = stage.others(1);
        let mut observer = Observer::of(&stage.sandbox, survivors.clone()).await;
        writer.has_written(20).await;
        tokio::time::sleep(pause).await;

        let killed = stage.kill(1);
        let mut held = observer.read().await;
        let (source, written) = writer.first_elsewhere(1, killed, PATIENCE).await;
        held.extend(observer.read().await);
        let recovery = stage.recovery_after(&last).await;
        assert_eq!(recovery["IsSuccessful"], true, "{recovery}\n{}", stage.service.log());
        let timeline = stage.timeline(&recovery).await;
        assert_eq!(stage.settled(&survivors, PATIENCE).await, source);
        writer.has_written(20).await;
        let taken = writer.stop().await;
        stage.same_rows(source, &survivors).await;
        let unreceived = stage.nothing_lost(source, &[Some(1)], &held, &taken);

        report::note(&format!(
            "{flavor:?}, poll {poll} s, run {run}: killed {pause:?} after the start, node {source} \
             took a row {:?} later; {timeline:?}; {unreceived} rows had reached no replica",
            written - killed
        ));
        times.write_again.push(written - killed);
        times.detected.push(timeline.detected);
        times.promoted.push(timeline.promoted);
        times.healed.push(timeline.healed);
        times.unreceived += unreceived;
        last = stage.newest_recovery().await;
        stage.rebuild(&[1]).await;
    }
    times
}
