//! The JSON types of the HTTP API: exact field names, order, types and null conventions.
//!
//! Legacy spellings live here and nowhere else. The types carry no behaviour beyond
//! conversion from and to the domain types; the server fills them, the client reads them.
//! Objects are written by [`to_wire_json`] only, because clients compare its bytes.

mod agent;
mod analysis;
mod audit;
mod candidate;
mod cluster;
mod coordinates;
mod envelope;
mod health;
mod host_attributes;
mod hostname_cache;
mod instance;
mod json;
mod key;
mod key_value;
mod maintenance;
mod metrics;
mod nullable;
mod raft;
mod recovery;
mod recovery_filters;
mod twice;

pub use agent::{Agent, LogicalVolume, Mount, SeedOperation, SeedOperationState};
pub use analysis::{ReplicationAnalysis, ReplicationAnalysisChangelog};
pub use audit::Audit;
pub use candidate::CandidateDatabaseInstance;
pub use cluster::ClusterInfo;
pub use coordinates::{BinlogCoordinates, InstanceBinlogCoordinates, LogType};
pub use envelope::{Code, Envelope};
pub use health::{HealthStatus, NodeHealth, ZERO_TIME};
pub use host_attributes::HostAttributes;
pub use hostname_cache::HostnameCacheEntry;
pub use instance::{Instance, OtherChannel, Placeholder, Stale};
pub use json::to_wire_json;
pub use key::{Key, KeySet, Pools};
pub use key_value::KVPair;
pub use maintenance::Maintenance;
pub use metrics::{
    AggregatedDiscoveryMetrics, AggregatedQueryMetrics, AggregatedQueueMetrics,
    AggregatedWriteBufferMetric, DiscoveryMetric, QueryMetric, QueueMetric, WriteBufferMetric,
};
pub use nullable::{NullBool, NullInt64};
pub use raft::RaftStatus;
pub use recovery::{BlockedTopologyRecovery, TopologyRecovery, TopologyRecoveryStep};
pub use recovery_filters::AutomatedRecoveryFilters;
