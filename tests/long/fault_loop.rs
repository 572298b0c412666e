//! The service dies in the middle of what it does: SIGKILL within the first moments after the
//! source's, or after the beginning of its recovery. Whatever it had begun, the one that comes after it must end with one source and
//! every other server below it.

use std::time::{Duration, Instant};

use harness::{sandbox::Flavor, wait};
use rand::RngExt;
use serde_json::json;

use crate::{
    FLAVORS,
    figures::Figures,
    report,
    report::Report,
    retrieved::Observer,
    settings,
    stage::{PATIENCE, Stage},
    writer::Writer,
};

/// In every other run, the service dies at most so many milliseconds after the source.
const OF_SOURCE: u64 = 300;
/// In the others, so many after the beginning of the recovery.
const OF_RECOVERY: u64 = 100;
/// What it logs then.
const BEGINNING: &str = "will handle DeadMaster";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fault_loop() {
    let (seed, runs) = (settings::seed(), settings::runs(20));
    let mut report = Report::new(
        "The source is killed by SIGKILL, and so is the service: within 300 ms after it, or, in \
         every other run, within 100 ms after the beginning of the recovery. The service starts \
         again at once. Milliseconds, median / least / greatest.",
    );
    report.seed(seed);
    for flavor in FLAVORS {
        let (written, resumed) = play(flavor, runs, seed).await;
        report.row(&[
            ("Servers", flavor.name()),
            ("Runs", &runs.to_string()),
            ("Killed → next row written", &written.summary()),
            ("Recoveries that the second service resumed", &resumed.to_string()),
        ]);
    }
}

async fn play(flavor: Flavor, runs: u64, seed: u64) -> (Figures, usize) {
    let mut choices = settings::choices(seed, flavor.name());
    let mut stage = Stage::new(flavor, 4, json!({})).await;
    let (mut figures, mut resumed, mut last) = (Figures::default(), 0, String::new());
    for run in 1..=runs {
        let in_recovery = run % 2 == 0;
        let within = if in_recovery { OF_RECOVERY } else { OF_SOURCE };
        let pause = Duration::from_millis(choices.random_range(0..=within));
        let writer = Writer::start(&stage.sandbox);
        let survivors = stage.others(1);
        let mut observer = Observer::of(&stage.sandbox, survivors.clone()).await;
        writer.has_written(20).await;

        let logged = stage.service.log().len();
        let killed = stage.kill(1);
        if in_recovery {
            wait::until(PATIENCE, "a recovery begins", || async {
                let log = stage.service.log();
                if log[logged..].contains(BEGINNING) { Ok(()) } else { Err(log) }
            })
            .await;
        }
        tokio::time::sleep(pause).await;
        stage.service.kill();
        let dead = Instant::now();
        let died = stage.service.log().len() - logged;
        let mut held = observer.read().await;
        stage.service.revive().await;
        let revived = Instant::now();

        let source = stage.settled(&survivors, PATIENCE).await;
        held.extend(observer.read().await);
        let (taker, written) = writer.first_elsewhere(1, killed, PATIENCE).await;
        assert_eq!(taker, source);
        writer.has_written(20).await;
        let taken = writer.stop().await;
        stage.same_rows(source, &survivors).await;
        let unreceived = stage.nothing_lost(source, &[Some(1)], &held, &taken);
        stage.recovery_after(&last).await;
        let log = stage.service.log();
        let (first_life, second_life) = log[logged..].split_at(died);
        let begun = first_life.contains(BEGINNING);
        resumed += usize::from(second_life.contains("resuming recovery"));

        report::note(&format!(
            "{flavor:?}, run {run}: service killed {:?} after the source ({}), answered again \
             {:?} after that, node {source} took a row {:?} after the kill; {unreceived} rows had \
             reached no replica",
            dead - killed,
            if begun { "in its recovery" } else { "before it had begun" },
            revived - dead,
            written - killed,
        ));
        figures.push(written - killed);
        last = stage.newest_recovery().await;
        stage.rebuild(&[1]).await;
    }
    (figures, resumed)
}
