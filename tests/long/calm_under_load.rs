//! A machine without a free moment is no failure: for many minutes all processors are busy, and
//! nobody may be declared dead.

use std::{collections::BTreeMap, time::Duration};

use harness::sandbox::Flavor;
use serde_json::json;
use tokio::time::Instant;

use crate::{
    load::{self, Load},
    on_both, report,
    report::Report,
    settings,
    stage::{PATIENCE, Stage},
    writer::Writer,
};

/// What one flavour's service saw.
struct Calm {
    detections: BTreeMap<String, usize>,
    rows: usize,
    longest_gap: Duration,
    resident: [f64; 2],
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calm_under_load() {
    let lasts = settings::minutes(15);
    let load = Load::start();
    let mut report = Report::new(&format!(
        "{} minutes with {} processes that only use processors, an application that writes, and \
         default settings. No recovery and no detection of a dead source may follow.",
        lasts.as_secs() / 60,
        load.processes()
    ));
    for (flavor, calm) in on_both(move |flavor| play(flavor, lasts)).await {
        let [first, last] = calm.resident;
        let detections: Vec<String> =
            calm.detections.iter().map(|(code, count)| format!("{count} {code}")).collect();
        let none = calm.detections.is_empty().then_some("none");
        report.row(&[
            ("Servers", flavor.name()),
            ("Detections", none.unwrap_or(&detections.join(", "))),
            ("Rows written", &calm.rows.to_string()),
            ("Longest time between two rows, ms", &calm.longest_gap.as_millis().to_string()),
            ("Service's memory at start and end, MiB", &format!("{first:.1}, {last:.1}")),
        ]);
        assert!(!calm.detections.keys().any(|code| code.contains("Dead")), "{detections:?}");
    }
    report.say(&format!("Load average at the end: {}.", load::average()));
    drop(load);
}

async fn play(flavor: Flavor, lasts: Duration) -> Calm {
    let stage = Stage::new(flavor, 3, json!({})).await;
    let first = load::resident_mib(stage.service.pid());
    let writer = Writer::start(&stage.sandbox);
    let end = Instant::now() + lasts;
    let mut minute = 0;
    while Instant::now() < end {
        stage.service.assert_no_recovery().await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let left = end.saturating_duration_since(Instant::now()).as_secs() / 60;
        if left != minute {
            minute = left;
            report::note(&format!(
                "{flavor:?}: {} minutes left, {} rows written, load average {}",
                left + 1,
                writer.count(),
                load::average()
            ));
        }
    }
    assert_eq!(stage.settled(&[2, 3], PATIENCE).await, 1);
    stage.service.assert_no_recovery().await;
    let detections = stage.detections().await;
    let last = load::resident_mib(stage.service.pid());
    let taken = writer.stop().await.remove(&1).unwrap_or_default();
    let gaps = taken.windows(2).map(|pair| pair[1].at - pair[0].at);
    let longest_gap = gaps.max().unwrap_or_default();
    stage.same_rows(1, &[2, 3]).await;
    Calm { detections, rows: taken.len(), longest_gap, resident: [first, last] }
}
