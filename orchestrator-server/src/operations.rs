//! What the API asks for that takes more than a Command: probes, forgetting, recoveries.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc, time::Duration};

use futures_util::future::{BoxFuture, FutureExt};
use shared::InstanceKey;
use tokio::{
    net::{TcpStream, lookup_host},
    sync::oneshot,
    time::timeout,
};
use tracing::warn;

use crate::{
    app::Core,
    backend::{TopologySnapshots, snapshots::SnapshotRow},
    clock::Moment,
    config::HostnameResolve,
    execution::start::Request,
    http::{Operations, RecoverReply, RecoverRequest},
    inventory::view::Instance,
    journal::command::Command,
    tasks::Tasks,
};

/// Longest wait for a name to be resolved.
const RESOLVE: Duration = Duration::from_secs(5);

/// Longest wait for a connection where the configuration names none.
const CONNECT: Duration = Duration::from_secs(10);

/// The running service, as the API sees it.
pub struct ServiceOperations {
    core: Core,
    tasks: Tasks,
    snapshots: TopologySnapshots,
}

impl ServiceOperations {
    /// Of this core.
    #[must_use]
    pub fn new(core: Core, tasks: Tasks, snapshots: TopologySnapshots) -> Self {
        Self { core, tasks, snapshots }
    }

    /// A server that was forgotten is wanted again when somebody names it.
    async fn remember(&self, key: &InstanceKey) -> Result<(), String> {
        if !self.core.inventory.view().facts.forgotten.contains_key(key) {
            return Ok(());
        }
        let command = Command::Remember { key: key.clone() };
        self.core.journal.propose(command).await.map(|_| ()).map_err(|e| e.to_string())
    }

    async fn discover_now(&self, key: &InstanceKey) -> Result<Arc<Instance>, String> {
        self.remember(key).await?;
        let observation = self.core.discovery.read(key).await;
        let state = observation.outcome.as_ref().map_err(|failure| {
            warn!(instance = %key, "cannot probe {key}: {failure}");
            format!("Cannot read instance: {key}: {failure}")
        })?;
        let known = crate::inventory::update::known_as(&observation, state);
        let fleet = self.core.inventory.view();
        fleet.instance(&known).cloned().ok_or_else(|| format!("No instances discovered: {key}"))
    }
}

impl Operations for ServiceOperations {
    fn resolve<'a>(&'a self, hostname: &'a str) -> BoxFuture<'a, Result<String, String>> {
        async move {
            match self.core.config.current().hostname_resolve {
                HostnameResolve::Ip => first_address(hostname).await,
                // An alias cannot be told from its target without a DNS query of its own; the
                // name stays as it was given.
                _ => Ok(hostname.to_owned()),
            }
        }
        .boxed()
    }

    /// Names are asked for anew each time.
    fn resolved_names(&self) -> BTreeMap<String, (String, Moment)> {
        BTreeMap::new()
    }

    fn forget_resolved_names(&self) -> BoxFuture<'_, Result<(), String>> {
        async { Ok(()) }.boxed()
    }

    fn connect<'a>(&'a self, key: &'a InstanceKey) -> BoxFuture<'a, Result<(), String>> {
        let limit = self.core.config.current().mysql_connect_timeout().unwrap_or(CONNECT);
        async move {
            let why = match timeout(limit, TcpStream::connect((key.hostname(), key.port()))).await {
                Ok(Ok(_)) => return Ok(()),
                Ok(Err(error)) if error.raw_os_error().is_some() => error.kind().to_string(),
                Ok(Err(error)) => error.to_string(),
                Err(_) => format!("no answer within {} s", limit.as_secs()),
            };
            Err(format!("dial tcp {key}: connect: {why}"))
        }
        .boxed()
    }

    fn snapshot_topologies(&self) -> BoxFuture<'_, Result<(), String>> {
        async { keep_snapshot(&self.core, &self.snapshots).await }.boxed()
    }

    fn discover<'a>(
        &'a self,
        key: &'a InstanceKey,
    ) -> BoxFuture<'a, Result<Arc<Instance>, String>> {
        self.discover_now(key).boxed()
    }

    fn discover_later(&self, key: &InstanceKey) {
        let (core, key) = (self.core.clone(), key.clone());
        self.tasks.spawn("announced server", async move {
            let command = Command::Remember { key: key.clone() };
            if core.inventory.view().facts.forgotten.contains_key(&key) {
                // Without it the server stays forgotten, as the log of the journal says.
                let _ = core.journal.propose(command).await;
            }
            core.discovery.read(&key).await;
        });
    }

    fn forget<'a>(&'a self, keys: &'a [InstanceKey]) -> BoxFuture<'a, Result<(), String>> {
        async move {
            let until = self.core.clock.now() + self.core.config.current().instance_poll() * 3;
            let mut view = self.core.inventory.changes();
            for key in keys {
                let command = Command::Forget { key: key.clone(), until };
                self.core.journal.propose(command).await.map_err(|e| e.to_string())?;
                self.core.discovery.forget(key);
            }
            let gone = view.wait_for(|fleet| keys.iter().all(|k| fleet.instance(k).is_none()));
            match timeout(RESOLVE, gone).await {
                Ok(Ok(_)) => Ok(()),
                _ => Err("the servers are forgotten, but still shown".to_owned()),
            }
        }
        .boxed()
    }

    fn recover(&self, request: RecoverRequest) -> BoxFuture<'_, Result<RecoverReply, String>> {
        let (core, done) = (self.core.clone(), oneshot::channel());
        let (sender, receiver) = done;
        self.tasks.spawn("requested recovery", async move {
            let wanted =
                Request { candidate: request.candidate.clone(), skip_hooks: request.skip_hooks };
            let result = core.judge.recover_on_request(&request.key, &wanted, &request.by).await;
            let reply = match result {
                Err(why) => RecoverReply::NotAttempted(Some(why)),
                Ok(recovery) => match recovery.end.and_then(|end| end.successor) {
                    Some(successor) => RecoverReply::Promoted(successor),
                    None => RecoverReply::NothingPromoted,
                },
            };
            // The caller may have gone; the recovery went on without it.
            let _ = sender.send(reply);
        });
        async move { receiver.await.map_err(|_| "the service is shutting down".to_owned()) }.boxed()
    }
}

/// Keeps who replicates from whom now.
pub async fn keep_snapshot(core: &Core, snapshots: &TopologySnapshots) -> Result<(), String> {
    let fleet = core.inventory.view();
    let row = |cluster: &str, instance: &Instance| SnapshotRow {
        key: instance.key.clone(),
        source: instance.source.key().cloned(),
        cluster: cluster.to_owned(),
        version: instance.state.as_ref().map(|s| s.version_text.clone()).unwrap_or_default(),
    };
    let rows = fleet
        .clusters
        .values()
        .flat_map(|cluster| cluster.instances.values().map(|i| row(&cluster.name, i)))
        .collect();
    snapshots.add(core.clock.now(), rows).await.map_err(|error| error.to_string())
}

/// An IPv4 address of the host if it has one, else an IPv6 address.
async fn first_address(hostname: &str) -> Result<String, String> {
    if hostname.parse::<IpAddr>().is_ok() {
        return Ok(hostname.to_owned());
    }
    let found = timeout(RESOLVE, lookup_host((hostname, 0))).await;
    let addresses: Vec<IpAddr> = match found {
        Ok(Ok(addresses)) => addresses.map(|a| a.ip()).collect(),
        Ok(Err(error)) => return Err(format!("cannot resolve {hostname}: {error}")),
        Err(_) => return Err(format!("cannot resolve {hostname}: no answer in time")),
    };
    let chosen = addresses.iter().find(|a| a.is_ipv4()).or_else(|| addresses.first());
    chosen.map(ToString::to_string).ok_or_else(|| format!("{hostname} has no address"))
}
