//! What the service measured of itself (spec 02, 2.11): raw samples and figures about them.

use std::{sync::Arc, time::Duration};

use serde::Serialize;

use crate::{
    clock::Moment,
    http::{
        call::Call,
        reply::{Outcome, Refusal, Reply},
        wire::metrics as wire,
    },
    measure::{QueueHistory, QueueSample, Window},
};

/// The queue that is meant where none is named.
const DEFAULT_QUEUE: &str = "DEFAULT";

/// `discovery-metrics-raw/:seconds`
pub(in crate::http) async fn probes_raw(call: &Call) -> Outcome {
    let seconds = seconds(call).filter(|seconds| *seconds > 0);
    let seconds = seconds.ok_or_else(|| Refusal::new("Invalid value provided for seconds"))?;
    let samples = call.services.measurements.probes.since(since(call, seconds));
    let samples: Vec<_> = samples.iter().map(|(at, sample)| wire::probe(*at, sample)).collect();
    Reply::bare_or_null(&samples)
}

/// `discovery-metrics-aggregated/:seconds`; what is no number is none
pub(in crate::http) async fn probes_aggregated(call: &Call) -> Outcome {
    let since = since(call, seconds(call).unwrap_or(0));
    Reply::bare(&wire::probes(&call.services.measurements.probes.since(since)))
}

/// `discovery-queue-metrics-raw[/:queue]/:seconds`
pub(in crate::http) async fn queue_raw(call: &Call) -> Outcome {
    let samples = queue_samples(call, "Unable to generate discovery queue raw metrics")?;
    Reply::bare(&samples.iter().map(wire::queue).collect::<Vec<_>>())
}

/// `discovery-queue-metrics-aggregated[/:queue]/:seconds`
pub(in crate::http) async fn queue_aggregated(call: &Call) -> Outcome {
    let samples = queue_samples(call, "Unable to generate discovery queue aggregated metrics")?;
    Reply::bare(&wire::queues(&samples))
}

fn queue_samples(call: &Call, complaint: &str) -> Result<Vec<QueueSample>, Refusal> {
    let seconds = seconds(call).ok_or_else(|| Refusal::new(complaint))?;
    let name = call.params.find("queue").unwrap_or(DEFAULT_QUEUE);
    let named = |queue: &&Arc<QueueHistory>| queue.name == name;
    let queue = call.services.measurements.queues.iter().find(named).ok_or_else(|| {
        Refusal::new("Unable to generate discovery queue aggregated metrics for unknown queue")
    })?;
    Ok(queue.last(usize::try_from(seconds).unwrap_or(usize::MAX)))
}

/// `backend-query-metrics-raw/:seconds`
pub(in crate::http) async fn queries_raw(call: &Call) -> Outcome {
    raw(
        call,
        &call.services.measurements.queries,
        "Unable to generate raw backend query metrics",
        wire::query,
    )
}

/// `backend-query-metrics-aggregated/:seconds`
pub(in crate::http) async fn queries_aggregated(call: &Call) -> Outcome {
    let seconds = seconds(call)
        .ok_or_else(|| Refusal::new("Unable to aggregated generate backend query metrics"))?;
    Reply::bare(&wire::queries(&call.services.measurements.queries.since(since(call, seconds))))
}

/// `write-buffer-metrics-raw/:seconds`
pub(in crate::http) async fn flushes_raw(call: &Call) -> Outcome {
    raw(
        call,
        &call.services.measurements.flushes,
        "Unable to generate raw instance write buffer metrics",
        wire::flush,
    )
}

/// `write-buffer-metrics-aggregated/:seconds`
pub(in crate::http) async fn flushes_aggregated(call: &Call) -> Outcome {
    let seconds = seconds(call)
        .ok_or_else(|| Refusal::new("Unable to aggregated instance write buffer metrics"))?;
    let samples = call.services.measurements.flushes.since(since(call, seconds));
    Reply::bare(&wire::flushes(&call.config, &samples))
}

/// Samples of a window; `null` where it has none at all.
fn raw<T: Clone, W: Serialize>(
    call: &Call,
    window: &Window<T>,
    complaint: &str,
    on_wire: fn(Moment, &T) -> W,
) -> Outcome {
    let seconds = seconds(call).ok_or_else(|| Refusal::new(complaint))?;
    if window.is_empty() {
        return Reply::bare(&());
    }
    let samples = window.since(since(call, seconds));
    Reply::bare(&samples.iter().map(|(at, sample)| on_wire(*at, sample)).collect::<Vec<_>>())
}

/// The look-back, if it is a number that is not negative.
fn seconds(call: &Call) -> Option<u64> {
    call.param("seconds").parse().ok()
}

fn since(call: &Call, seconds: u64) -> Moment {
    call.now - Duration::from_secs(seconds)
}
