//! What the service measured of itself, as the API tells it.

use std::time::Duration;

use rstest::rstest;
use serde_json::json;

use super::{
    fleet::{NOW, key},
    lab::Lab,
};
use crate::{
    clock::Moment,
    measure::{FlushSample, ProbeSample, QuerySample, QueueSample},
};

fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn ago(seconds: u64) -> Moment {
    NOW - Duration::from_secs(seconds)
}

/// Three probes, one of them failed, and some of everything else; a minute between them.
pub(super) fn busy() -> Lab {
    let lab = Lab::new();
    let measured = &lab.services.measurements;
    let probe = |host: &str, instance: u64, failure: Option<&str>| ProbeSample {
        key: key(host),
        instance: ms(instance),
        backend: ms(1),
        total: ms(instance + 1),
        failure: failure.map(str::to_owned),
    };
    measured.probes.add(ago(65), probe("db1", 10, None));
    measured.probes.add(ago(5), probe("db1", 20, None));
    measured.probes.add(ago(1), probe("db2", 60, Some("connection refused")));
    let query = |execute: u64| QuerySample { wait: ms(1), execute: ms(execute), failure: None };
    measured.queries.add(ago(65), query(2));
    measured.queries.add(ago(1), QuerySample { failure: Some("disk full".into()), ..query(4) });
    let flush = |instances| FlushSample { instances, wait: ms(500), write: ms(2) };
    measured.flushes.add(ago(65), flush(3));
    measured.flushes.add(ago(1), flush(1));
    for active in 0..3 {
        measured.queues[0].add(QueueSample { active, queued: active * 2 }, 120);
    }
    lab
}

#[rstest]
#[case("discovery-metrics-raw/60", r#"[{"Timestamp":"2026-11-23T04:18:52Z","Hostname":"db1","Port":3306,"BackendLatencySeconds":0.001,"InstanceLatencySeconds":0.02,"TotalLatencySeconds":0.021,"Err":null},{"Timestamp":"2026-11-23T04:18:56Z","Hostname":"db2","Port":3306,"BackendLatencySeconds":0.001,"InstanceLatencySeconds":0.06,"TotalLatencySeconds":0.061,"Err":{"Message":"connection refused"}}]"#)]
#[case("discovery-queue-metrics-raw/2", r#"[{"Active":1,"Queued":2},{"Active":2,"Queued":4}]"#)]
#[case(
    "discovery-queue-metrics-raw/DEFAULT/2",
    r#"[{"Active":1,"Queued":2},{"Active":2,"Queued":4}]"#
)]
#[case("discovery-queue-metrics-raw/0", "[]")]
#[case("discovery-queue-metrics-aggregated/9", r#"{"ActiveMinEntries":0,"ActiveMeanEntries":1,"ActiveMedianEntries":1,"ActiveP95Entries":1.5,"ActiveMaxEntries":2,"QueuedMinEntries":0,"QueuedMeanEntries":2,"QueuedMedianEntries":2,"QueuedP95Entries":3,"QueuedMaxEntries":4}"#)]
#[case("discovery-queue-metrics-aggregated/DEFAULT/0", r#"{"ActiveMinEntries":9000000000,"ActiveMeanEntries":0,"ActiveMedianEntries":0,"ActiveP95Entries":0,"ActiveMaxEntries":0,"QueuedMinEntries":9000000000,"QueuedMeanEntries":0,"QueuedMedianEntries":0,"QueuedP95Entries":0,"QueuedMaxEntries":0}"#)]
#[case("backend-query-metrics-raw/60", r#"[{"Timestamp":"2026-11-23T04:18:56Z","WaitLatency":1000000,"ExecuteLatency":4000000,"Err":{"Message":"disk full"}}]"#)]
#[case("backend-query-metrics-raw/0", "[]")]
#[case("backend-query-metrics-aggregated/100", r#"{"Count":2,"MaxLatencySeconds":0.004,"MeanLatencySeconds":0.003,"MedianLatencySeconds":0.003,"P95LatencySeconds":0.003,"MaxWaitSeconds":0.001,"MeanWaitSeconds":0.001,"MedianWaitSeconds":0.001,"P95WaitSeconds":0.001}"#)]
#[case("write-buffer-metrics-raw/60", r#"[{"Timestamp":"2026-11-23T04:18:56Z","Instances":1,"WaitLatency":500000000,"WriteLatency":2000000}]"#)]
#[case("write-buffer-metrics-aggregated/100", r#"{"InstanceWriteBufferSize":100,"InstanceFlushIntervalMilliseconds":100,"CountInstances":4,"MaxInstances":3,"MeanInstances":2,"MedianInstances":2,"P95Instances":2,"MaxWaitSeconds":0.5,"MeanWaitSeconds":0.5,"MedianWaitSeconds":0.5,"P95WaitSeconds":0.5,"MaxWriteSeconds":0.002,"MeanWriteSeconds":0.002,"MedianWriteSeconds":0.002,"P95WriteSeconds":0.002}"#)]
#[tokio::test]
async fn measurements_are_told(#[case] path: &str, #[case] body: &str) {
    let answer = busy().get(&format!("/api/{path}")).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, body));
}

#[tokio::test]
async fn figures_about_probes_tell_failed_ones_apart() {
    let lab = busy();
    let all = lab.get("/api/discovery-metrics-aggregated/100").await.json();
    for (name, value) in [
        ("FirstSeen", json!("2026-11-23T04:17:52Z")),
        ("LastSeen", json!("2026-11-23T04:18:56Z")),
        ("CountDistinctInstanceKeys", json!(2)),
        ("CountDistinctOkInstanceKeys", json!(1)),
        ("CountDistinctFailedInstanceKeys", json!(1)),
        ("FailedDiscoveries", json!(1)),
        ("SuccessfulDiscoveries", json!(3)),
        ("MeanInstanceSeconds", json!(0.03)),
        ("MaxTotalSeconds", json!(0.061)),
        ("MedianInstanceSeconds", json!(0.02)),
        ("FailedMeanInstanceSeconds", json!(0.06)),
        ("FailedP95BackendSeconds", json!(0.001)),
    ] {
        assert_eq!(all[name], value, "{name}");
    }
    let none = lab.get("/api/discovery-metrics-aggregated/abc").await.json();
    assert_eq!(none["FirstSeen"], "0001-01-01T00:00:00Z");
    assert_eq!((&none["SuccessfulDiscoveries"], &none["P95TotalSeconds"]), (&json!(0), &json!(0)));
}

#[rstest]
#[case("discovery-metrics-raw/abc", "Invalid value provided for seconds")]
#[case("discovery-metrics-raw/0", "Invalid value provided for seconds")]
#[case("discovery-queue-metrics-raw/abc", "Unable to generate discovery queue raw metrics")]
#[case("discovery-queue-metrics-raw/-1", "Unable to generate discovery queue raw metrics")]
#[case(
    "discovery-queue-metrics-raw/NOSUCH/10",
    "Unable to generate discovery queue aggregated metrics for unknown queue"
)]
#[case(
    "discovery-queue-metrics-aggregated/abc",
    "Unable to generate discovery queue aggregated metrics"
)]
#[case(
    "discovery-queue-metrics-aggregated/NOSUCH/10",
    "Unable to generate discovery queue aggregated metrics for unknown queue"
)]
#[case("backend-query-metrics-raw/abc", "Unable to generate raw backend query metrics")]
#[case(
    "backend-query-metrics-aggregated/abc",
    "Unable to aggregated generate backend query metrics"
)]
#[case("write-buffer-metrics-raw/abc", "Unable to generate raw instance write buffer metrics")]
#[case("write-buffer-metrics-aggregated/abc", "Unable to aggregated instance write buffer metrics")]
#[tokio::test]
async fn what_is_no_time_is_refused(#[case] path: &str, #[case] message: &str) {
    let answer = busy().get(&format!("/api/{path}")).await;
    assert_eq!((answer.status.as_u16(), answer.message().as_str()), (500, message));
}

#[rstest]
#[case("discovery-metrics-raw/60")]
#[case("backend-query-metrics-raw/60")]
#[case("write-buffer-metrics-raw/60")]
#[tokio::test]
async fn without_any_samples_lists_are_null(#[case] path: &str) {
    assert_eq!(Lab::new().get(&format!("/api/{path}")).await.body, "null");
}
