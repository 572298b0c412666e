//! What the service measures of itself: probes, their queues, the work of the backend, batches of
//! stored servers. Small, bounded, in memory; whoever does the work adds a sample, the API reads.

mod queue;
pub mod statistics;
mod window;

use std::{sync::Arc, time::Duration};

use shared::InstanceKey;

pub use queue::{QueueHistory, QueueSample};
pub use window::Window;

/// For how long samples are kept where no key says it.
pub const RETENTION: Duration = Duration::from_secs(120);

/// One probe.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeSample {
    /// The server.
    pub key: InstanceKey,
    /// From the call of the driver to its answer.
    pub instance: Duration,
    /// From there until the inventory had taken the answer.
    pub backend: Duration,
    /// Both, and what lay between them.
    pub total: Duration,
    /// Why it failed.
    pub failure: Option<String>,
}

/// One piece of work of the backend.
#[derive(Clone, Debug, PartialEq)]
pub struct QuerySample {
    /// From its handing over to its beginning.
    pub wait: Duration,
    /// From its beginning to its end.
    pub execute: Duration,
    /// Why it failed.
    pub failure: Option<String>,
}

/// One batch of servers that was stored.
#[derive(Clone, Debug, PartialEq)]
pub struct FlushSample {
    /// Servers.
    pub instances: usize,
    /// For how long the oldest of them had waited.
    pub wait: Duration,
    /// For how long they were being written.
    pub write: Duration,
}

/// Everything measured, for readers.
#[derive(Clone, Debug, Default)]
pub struct Measurements {
    /// Probes.
    pub probes: Arc<Window<ProbeSample>>,
    /// The queues of probes.
    pub queues: Vec<Arc<QueueHistory>>,
    /// Work of the backend.
    pub queries: Arc<Window<QuerySample>>,
    /// Batches of stored servers.
    pub flushes: Arc<Window<FlushSample>>,
}
