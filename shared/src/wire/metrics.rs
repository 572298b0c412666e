//! Measurements of probes, queues and backend queries.
//!
//! Fields named `…Seconds` are seconds; `…Latency` are nanoseconds.

use serde::{Deserialize, Serialize};

/// One probe.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DiscoveryMetric {
    /// When it ended, RFC 3339.
    pub timestamp: String,
    /// The instance's hostname.
    pub hostname: String,
    /// The instance's port.
    pub port: u16,
    /// Time spent on the backend.
    pub backend_latency_seconds: f64,
    /// Time spent on the instance.
    pub instance_latency_seconds: f64,
    /// Time in all.
    pub total_latency_seconds: f64,
    /// The error's members; `null` for success.
    pub err: Option<serde_json::Value>,
}

/// All probes of a period. Statistics without `failed` include failed attempts.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AggregatedDiscoveryMetrics {
    /// The first attempt, RFC 3339.
    pub first_seen: String,
    /// The last attempt, RFC 3339.
    pub last_seen: String,
    /// How many instances were attempted.
    pub count_distinct_instance_keys: u64,
    /// How many of them succeeded at least once.
    pub count_distinct_ok_instance_keys: u64,
    /// How many of them failed at least once.
    pub count_distinct_failed_instance_keys: u64,
    /// How many attempts failed.
    pub failed_discoveries: u64,
    /// How many attempts there were, failed ones included.
    pub successful_discoveries: u64,
    /// Mean total time.
    pub mean_total_seconds: f64,
    /// Mean backend time.
    pub mean_backend_seconds: f64,
    /// Mean instance time.
    pub mean_instance_seconds: f64,
    /// Mean total time of failed attempts.
    pub failed_mean_total_seconds: f64,
    /// Mean backend time of failed attempts.
    pub failed_mean_backend_seconds: f64,
    /// Mean instance time of failed attempts.
    pub failed_mean_instance_seconds: f64,
    /// Greatest total time.
    pub max_total_seconds: f64,
    /// Greatest backend time.
    pub max_backend_seconds: f64,
    /// Greatest instance time.
    pub max_instance_seconds: f64,
    /// Greatest total time of failed attempts.
    pub failed_max_total_seconds: f64,
    /// Greatest backend time of failed attempts.
    pub failed_max_backend_seconds: f64,
    /// Greatest instance time of failed attempts.
    pub failed_max_instance_seconds: f64,
    /// Median total time.
    pub median_total_seconds: f64,
    /// Median backend time.
    pub median_backend_seconds: f64,
    /// Median instance time.
    pub median_instance_seconds: f64,
    /// Median total time of failed attempts.
    pub failed_median_total_seconds: f64,
    /// Median backend time of failed attempts.
    pub failed_median_backend_seconds: f64,
    /// Median instance time of failed attempts.
    pub failed_median_instance_seconds: f64,
    /// 95th percentile of the total time.
    pub p95_total_seconds: f64,
    /// 95th percentile of the backend time.
    pub p95_backend_seconds: f64,
    /// 95th percentile of the instance time.
    pub p95_instance_seconds: f64,
    /// 95th percentile of the total time of failed attempts.
    pub failed_p95_total_seconds: f64,
    /// 95th percentile of the backend time of failed attempts.
    pub failed_p95_backend_seconds: f64,
    /// 95th percentile of the instance time of failed attempts.
    pub failed_p95_instance_seconds: f64,
}

/// A queue at one second.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct QueueMetric {
    /// Entries that are worked on.
    pub active: u64,
    /// Entries that wait.
    pub queued: u64,
}

/// A queue over a period.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AggregatedQueueMetrics {
    /// Least number of active entries.
    pub active_min_entries: f64,
    /// Mean number of active entries.
    pub active_mean_entries: f64,
    /// Median number of active entries.
    pub active_median_entries: f64,
    /// 95th percentile of the number of active entries.
    pub active_p95_entries: f64,
    /// Greatest number of active entries.
    pub active_max_entries: f64,
    /// Least number of queued entries.
    pub queued_min_entries: f64,
    /// Mean number of queued entries.
    pub queued_mean_entries: f64,
    /// Median number of queued entries.
    pub queued_median_entries: f64,
    /// 95th percentile of the number of queued entries.
    pub queued_p95_entries: f64,
    /// Greatest number of queued entries.
    pub queued_max_entries: f64,
}

/// One backend query.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct QueryMetric {
    /// When it ended, RFC 3339.
    pub timestamp: String,
    /// How long it waited for its turn.
    pub wait_latency: i64,
    /// How long it took.
    pub execute_latency: i64,
    /// The error's members; `null` for success.
    pub err: Option<serde_json::Value>,
}

/// Backend queries of a period.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AggregatedQueryMetrics {
    /// How many there were.
    pub count: u64,
    /// Greatest execution time.
    pub max_latency_seconds: f64,
    /// Mean execution time.
    pub mean_latency_seconds: f64,
    /// Median execution time.
    pub median_latency_seconds: f64,
    /// 95th percentile of the execution time.
    pub p95_latency_seconds: f64,
    /// Greatest waiting time.
    pub max_wait_seconds: f64,
    /// Mean waiting time.
    pub mean_wait_seconds: f64,
    /// Median waiting time.
    pub median_wait_seconds: f64,
    /// 95th percentile of the waiting time.
    pub p95_wait_seconds: f64,
}

/// One flush of the write buffer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct WriteBufferMetric {
    /// When it ended, RFC 3339.
    pub timestamp: String,
    /// How many instances it wrote.
    pub instances: u64,
    /// How long they had waited.
    pub wait_latency: i64,
    /// How long it took.
    pub write_latency: i64,
}

/// Flushes of the write buffer over a period.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AggregatedWriteBufferMetric {
    /// The configured capacity.
    pub instance_write_buffer_size: u64,
    /// The configured interval.
    pub instance_flush_interval_milliseconds: u64,
    /// How many instances were written.
    pub count_instances: u64,
    /// Greatest number of instances per flush.
    pub max_instances: f64,
    /// Mean number of instances per flush.
    pub mean_instances: f64,
    /// Median number of instances per flush.
    pub median_instances: f64,
    /// 95th percentile of the number of instances per flush.
    pub p95_instances: f64,
    /// Greatest waiting time per flush.
    pub max_wait_seconds: f64,
    /// Mean waiting time per flush.
    pub mean_wait_seconds: f64,
    /// Median waiting time per flush.
    pub median_wait_seconds: f64,
    /// 95th percentile of the waiting time per flush.
    pub p95_wait_seconds: f64,
    /// Greatest writing time per flush.
    pub max_write_seconds: f64,
    /// Mean writing time per flush.
    pub mean_write_seconds: f64,
    /// Median writing time per flush.
    pub median_write_seconds: f64,
    /// 95th percentile of the writing time per flush.
    pub p95_write_seconds: f64,
}
