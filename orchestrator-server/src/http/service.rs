//! What the API needs from the rest of the program. The program implements it; tests put
//! something simpler in its place.

use std::{collections::BTreeMap, sync::Arc};

use futures_util::future::BoxFuture;
use shared::InstanceKey;
use tokio::sync::watch;

use crate::{
    clock::{Moment, SharedClock},
    config::ConfigHandle,
    inventory::view::{FleetView, Instance},
    journal::{Journal, facts::Node},
    measure::Measurements,
    refactoring::{Done, Operation, Refused},
};

/// Everything a handler can reach.
pub struct Services {
    /// The newest picture of the fleet.
    pub fleet: watch::Receiver<Arc<FleetView>>,
    /// The newest configuration.
    pub config: ConfigHandle,
    /// The time.
    pub clock: SharedClock,
    /// The only way to make a fact durable.
    pub journal: Arc<dyn Journal>,
    /// What takes more than a Command.
    pub operations: Arc<dyn Operations>,
    /// This process.
    pub node: Node,
    /// What the service measured of itself.
    pub measurements: Measurements,
    /// What this process is among its peers, and how it is.
    pub standing: watch::Receiver<Standing>,
    /// Name of this node in front of messages, where `PrependMessagesWithOrcIdentity` wants one.
    pub identity: Option<String>,
}

impl Services {
    /// The fleet as it is known now, with every fact that was durable when this was called: who
    /// changed something sees it.
    #[must_use]
    pub fn view(&self) -> Arc<FleetView> {
        let view = self.fleet.borrow().clone();
        let facts = self.journal.facts().borrow().clone();
        if view.facts.applied >= facts.applied {
            return view;
        }
        Arc::new(FleetView { facts, ..(*view).clone() })
    }
}

/// What takes more than a Command: probes and recoveries. An `Err` is the text that the
/// caller gets.
pub trait Operations: Send + Sync + 'static {
    /// The name that `HostnameResolveMethod` gives to a host; called for hosts that are not
    /// known under the given name.
    fn resolve<'a>(&'a self, hostname: &'a str) -> BoxFuture<'a, Result<String, String>>;

    /// Resolved names with the time until which each holds, by the name that was asked for.
    fn resolved_names(&self) -> BTreeMap<String, (String, Moment)>;

    /// Forget every resolved name.
    fn forget_resolved_names(&self) -> BoxFuture<'_, Result<(), String>>;

    /// Open and close a TCP connection to a server.
    fn connect<'a>(&'a self, key: &'a InstanceKey) -> BoxFuture<'a, Result<(), String>>;

    /// Keep a picture of all topologies for later.
    fn snapshot_topologies(&self) -> BoxFuture<'_, Result<(), String>>;

    /// Probe a server now and take it into the inventory. Returns when the view shows it.
    fn discover<'a>(&'a self, key: &'a InstanceKey)
    -> BoxFuture<'a, Result<Arc<Instance>, String>>;

    /// Probe a server as soon as there is a turn for it.
    fn discover_later(&self, key: &InstanceKey);

    /// Forget servers, for as long as the configuration says. Returns when the view shows it.
    fn forget<'a>(&'a self, keys: &'a [InstanceKey]) -> BoxFuture<'a, Result<(), String>>;

    /// Do to a server what a person asks for. Returns when it is done; it goes on if nobody waits
    /// for it.
    fn operate(
        &self,
        key: &InstanceKey,
        operation: Operation,
    ) -> BoxFuture<'_, Result<Done, Refused>>;

    /// The binary logs that hold the errant GTIDs of a server.
    fn errant_logs<'a>(
        &'a self,
        key: &'a InstanceKey,
    ) -> BoxFuture<'a, Result<Vec<String>, String>>;

    /// Recover a server that has failed, as a person asked. Returns when the recovery has ended;
    /// it goes on if nobody waits for it.
    fn recover(&self, request: RecoverRequest) -> BoxFuture<'_, Result<RecoverReply, String>>;
}

/// A recovery that a person asks for: filters, downtime and blocks do not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoverRequest {
    /// The failed server.
    pub key: InstanceKey,
    /// The server to promote, if the person named one.
    pub candidate: Option<InstanceKey>,
    /// Do not run hooks.
    pub skip_hooks: bool,
    /// Who asks.
    pub by: String,
}

/// How a requested recovery ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecoverReply {
    /// Nothing was done; why, as far as there is more to say than that there is nothing to heal.
    NotAttempted(Option<String>),
    /// It ran, and nothing was promoted.
    NothingPromoted,
    /// This server took over.
    Promoted(InstanceKey),
}

/// What this process is among its peers, and how it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// It may act: alone, elected, or leader with a quorum.
    pub leader: bool,
    /// Why it is not healthy; none if it is.
    pub trouble: Option<String>,
    /// The process that may act, where it is known.
    pub active: Option<NodeInfo>,
    /// All processes seen lately.
    pub known: Vec<NodeInfo>,
}

/// One process of this program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeInfo {
    /// Which.
    pub node: Node,
    /// Its version; empty where it is not told.
    pub version: String,
    /// When it was first seen.
    pub first_seen: Moment,
    /// When it was last seen; none for the process itself, which is seen now.
    pub last_seen: Option<Moment>,
    /// Its backend: `host:port` or a file; empty where it is not told.
    pub backend: String,
}
