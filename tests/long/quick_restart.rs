//! A source whose supervisor starts it again at once, where `PrimaryRestartGraceMilliseconds`
//! says to wait for that: no failover. One that stays away is replaced.

use std::time::{Duration, Instant};

use harness::{sandbox::Flavor, wait};
use serde_json::json;

use crate::{
    figures::Figures,
    on_both, report,
    report::Report,
    settings,
    stage::{PATIENCE, Stage},
    writer::Writer,
};

const GRACE: Duration = Duration::from_secs(5);
/// The supervisor starts it after this.
const AWAY: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn quick_restart() {
    let runs = settings::runs(10);
    let mut report = Report::new(
        "`PrimaryRestartGraceMilliseconds` 5000; the source is killed and started again after \
         2000 ms: no failover. Then it is killed and stays away. Milliseconds, median / least / \
         greatest.",
    );
    for (flavor, (away, replaced)) in on_both(move |flavor| play(flavor, runs)).await {
        report.row(&[
            ("Servers", flavor.name()),
            ("Restarts without a failover", &runs.to_string()),
            ("Killed → answers again", &away.summary()),
            ("Killed for good → next row written", &replaced.as_millis().to_string()),
        ]);
    }
}

async fn play(flavor: Flavor, runs: u64) -> (Figures, Duration) {
    let keys = json!({ "PrimaryRestartGraceMilliseconds": GRACE.as_millis() as u64 });
    let stage = Stage::new(flavor, 3, keys).await;
    let writer = Writer::start(&stage.sandbox);
    let mut figures = Figures::default();
    for run in 1..=runs {
        writer.has_written(20).await;
        let killed = stage.kill(1);
        wait_until(killed + AWAY).await;
        stage.sandbox.fault("start", 1);
        let away = killed.elapsed();
        assert!(away < GRACE, "a server needs {away:?} to be back here: too slow for this part");
        assert_eq!(stage.settled(&[2, 3], PATIENCE).await, 1);
        writer.has_written(20).await;
        stage.service.discover(&stage.sandbox, 1).await;
        // Past the grace, too.
        wait_until(killed + 2 * GRACE).await;
        stage.service.assert_no_recovery().await;
        report::note(&format!("{flavor:?}, restart {run}: back {away:?} after the kill"));
        figures.push(away);
    }
    let killed = stage.kill(1);
    let (_, written) = writer.first_elsewhere(1, killed, PATIENCE).await;
    let recovery = stage.service.recovery(PATIENCE).await;
    assert_eq!(recovery["IsSuccessful"], true, "{recovery}\n{}", stage.service.log());
    stage.settled(&[2, 3], wait::secs(60)).await;
    let replaced = written - killed;
    assert!(replaced >= GRACE, "replaced after {replaced:?} already\n{}", stage.service.log());
    (figures, replaced)
}

async fn wait_until(moment: Instant) {
    tokio::time::sleep_until(moment.into()).await;
}
