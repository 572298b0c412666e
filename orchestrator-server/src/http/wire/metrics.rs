//! Measurements on the wire.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};
use shared::{
    timestamp,
    wire::{
        AggregatedDiscoveryMetrics, AggregatedQueryMetrics, AggregatedQueueMetrics,
        AggregatedWriteBufferMetric, DiscoveryMetric, QueryMetric, QueueMetric, WriteBufferMetric,
    },
};

use crate::{
    clock::Moment,
    config::Config,
    measure::{FlushSample, ProbeSample, QuerySample, QueueSample, statistics::Figures},
};

/// What a list without samples has as its least value.
const NO_MINIMUM: f64 = 9_000_000_000.0;

/// The time that stands for none.
const NEVER: &str = "0001-01-01T00:00:00Z";

/// One probe.
#[must_use]
pub fn probe(at: Moment, sample: &ProbeSample) -> DiscoveryMetric {
    DiscoveryMetric {
        timestamp: time(at),
        hostname: sample.key.hostname().to_owned(),
        port: sample.key.port(),
        backend_latency_seconds: sample.backend.as_secs_f64(),
        instance_latency_seconds: sample.instance.as_secs_f64(),
        total_latency_seconds: sample.total.as_secs_f64(),
        err: error(sample.failure.as_ref()),
    }
}

/// All probes of a time.
#[must_use]
pub fn probes(samples: &[(Moment, ProbeSample)]) -> AggregatedDiscoveryMetrics {
    let failed = || samples.iter().filter(|(_, sample)| sample.failure.is_some());
    let keys = |failed: bool| -> usize {
        let of = samples.iter().filter(|(_, sample)| sample.failure.is_some() == failed);
        of.map(|(_, sample)| &sample.key).collect::<BTreeSet<_>>().len()
    };
    let all_keys: BTreeSet<_> = samples.iter().map(|(_, sample)| &sample.key).collect();
    let all = |part: fn(&ProbeSample) -> Duration| {
        Figures::of(samples.iter().map(|(_, sample)| part(sample).as_secs_f64()))
    };
    let bad = |part: fn(&ProbeSample) -> Duration| {
        Figures::of(failed().map(|(_, sample)| part(sample).as_secs_f64()))
    };
    let (total, backend, instance) = (all(|s| s.total), all(|s| s.backend), all(|s| s.instance));
    let (bad_total, bad_backend, bad_instance) =
        (bad(|s| s.total), bad(|s| s.backend), bad(|s| s.instance));
    let seen = |sample: Option<&(Moment, ProbeSample)>| {
        sample.map_or_else(|| NEVER.to_owned(), |(at, _)| time(*at))
    };
    AggregatedDiscoveryMetrics {
        first_seen: seen(samples.first()),
        last_seen: seen(samples.last()),
        count_distinct_instance_keys: all_keys.len() as u64,
        count_distinct_ok_instance_keys: keys(false) as u64,
        count_distinct_failed_instance_keys: keys(true) as u64,
        failed_discoveries: failed().count() as u64,
        successful_discoveries: samples.len() as u64,
        mean_total_seconds: total.mean,
        mean_backend_seconds: backend.mean,
        mean_instance_seconds: instance.mean,
        failed_mean_total_seconds: bad_total.mean,
        failed_mean_backend_seconds: bad_backend.mean,
        failed_mean_instance_seconds: bad_instance.mean,
        max_total_seconds: total.max,
        max_backend_seconds: backend.max,
        max_instance_seconds: instance.max,
        failed_max_total_seconds: bad_total.max,
        failed_max_backend_seconds: bad_backend.max,
        failed_max_instance_seconds: bad_instance.max,
        median_total_seconds: total.median,
        median_backend_seconds: backend.median,
        median_instance_seconds: instance.median,
        failed_median_total_seconds: bad_total.median,
        failed_median_backend_seconds: bad_backend.median,
        failed_median_instance_seconds: bad_instance.median,
        p95_total_seconds: total.p95,
        p95_backend_seconds: backend.p95,
        p95_instance_seconds: instance.p95,
        failed_p95_total_seconds: bad_total.p95,
        failed_p95_backend_seconds: bad_backend.p95,
        failed_p95_instance_seconds: bad_instance.p95,
    }
}

/// A queue at one moment.
#[must_use]
pub fn queue(sample: &QueueSample) -> QueueMetric {
    QueueMetric { active: sample.active, queued: sample.queued }
}

/// A queue over some time.
#[must_use]
pub fn queues(samples: &[QueueSample]) -> AggregatedQueueMetrics {
    let figures = |part: fn(&QueueSample) -> u64| {
        let figures = Figures::of(samples.iter().map(|sample| part(sample) as f64));
        if samples.is_empty() { Figures { min: NO_MINIMUM, ..figures } } else { figures }
    };
    let (active, queued) = (figures(|s| s.active), figures(|s| s.queued));
    AggregatedQueueMetrics {
        active_min_entries: active.min,
        active_mean_entries: active.mean,
        active_median_entries: active.median,
        active_p95_entries: active.p95,
        active_max_entries: active.max,
        queued_min_entries: queued.min,
        queued_mean_entries: queued.mean,
        queued_median_entries: queued.median,
        queued_p95_entries: queued.p95,
        queued_max_entries: queued.max,
    }
}

/// One piece of work of the backend.
#[must_use]
pub fn query(at: Moment, sample: &QuerySample) -> QueryMetric {
    QueryMetric {
        timestamp: time(at),
        wait_latency: nanoseconds(sample.wait),
        execute_latency: nanoseconds(sample.execute),
        err: error(sample.failure.as_ref()),
    }
}

/// The work of the backend during some time.
#[must_use]
pub fn queries(samples: &[(Moment, QuerySample)]) -> AggregatedQueryMetrics {
    let figures = |part: fn(&QuerySample) -> Duration| {
        Figures::of(samples.iter().map(|(_, sample)| part(sample).as_secs_f64()))
    };
    let (latency, wait) = (figures(|s| s.execute), figures(|s| s.wait));
    AggregatedQueryMetrics {
        count: samples.len() as u64,
        max_latency_seconds: latency.max,
        mean_latency_seconds: latency.mean,
        median_latency_seconds: latency.median,
        p95_latency_seconds: latency.p95,
        max_wait_seconds: wait.max,
        mean_wait_seconds: wait.mean,
        median_wait_seconds: wait.median,
        p95_wait_seconds: wait.p95,
    }
}

/// One batch of stored servers.
#[must_use]
pub fn flush(at: Moment, sample: &FlushSample) -> WriteBufferMetric {
    WriteBufferMetric {
        timestamp: time(at),
        instances: sample.instances as u64,
        wait_latency: nanoseconds(sample.wait),
        write_latency: nanoseconds(sample.write),
    }
}

/// The batches of some time.
#[must_use]
pub fn flushes(config: &Config, samples: &[(Moment, FlushSample)]) -> AggregatedWriteBufferMetric {
    let figures =
        |part: fn(&FlushSample) -> f64| Figures::of(samples.iter().map(|(_, sample)| part(sample)));
    let instances = figures(|s| s.instances as f64);
    let (wait, write) = (figures(|s| s.wait.as_secs_f64()), figures(|s| s.write.as_secs_f64()));
    let setting = |number: i64| u64::try_from(number).unwrap_or(0);
    AggregatedWriteBufferMetric {
        instance_write_buffer_size: setting(config.raw.instance_write_buffer_size),
        instance_flush_interval_milliseconds: setting(
            config.raw.instance_flush_interval_milliseconds,
        ),
        count_instances: samples.iter().map(|(_, sample)| sample.instances as u64).sum(),
        max_instances: instances.max,
        mean_instances: instances.mean,
        median_instances: instances.median,
        p95_instances: instances.p95,
        max_wait_seconds: wait.max,
        mean_wait_seconds: wait.mean,
        median_wait_seconds: wait.median,
        p95_wait_seconds: wait.p95,
        max_write_seconds: write.max,
        mean_write_seconds: write.mean,
        median_write_seconds: write.median,
        p95_write_seconds: write.p95,
    }
}

fn time(at: Moment) -> String {
    timestamp::rfc3339_text(i128::from(at.unix_micros()) * 1000)
}

fn nanoseconds(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}

/// Clients know an object here; what it says of the reason is ours.
fn error(failure: Option<&String>) -> Option<Value> {
    failure.map(|text| json!({ "Message": text }))
}
