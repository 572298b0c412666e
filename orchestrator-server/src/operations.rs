//! What the API asks for that takes more than a Command: probes, forgetting, recoveries.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::future::{BoxFuture, FutureExt};
use shared::InstanceKey;
use tokio::{net::TcpStream, sync::oneshot, time::timeout};

use crate::{
    app::Core,
    backend::{TopologySnapshots, snapshots::SnapshotRow},
    clock::Moment,
    execution::start::Request,
    http::{Operations, RecoverReply, RecoverRequest},
    inventory::view::Instance,
    journal::command::Command,
    refactoring::{Done, Operation, Refused, Shell},
    tasks::Tasks,
};

/// Longest wait until forgotten servers are gone from every picture.
const GONE: Duration = Duration::from_secs(5);

/// Names that are never asked anew hold as good as for ever.
const FOR_GOOD: Duration = Duration::from_secs(365 * 24 * 3600);

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
        self.core.discovery.probe_into_view(key).await
    }
}

impl Operations for ServiceOperations {
    fn resolve<'a>(&'a self, hostname: &'a str) -> BoxFuture<'a, Result<String, String>> {
        self.core.resolver.resolve(hostname).boxed()
    }

    fn resolved_names(&self) -> BTreeMap<String, (String, Moment)> {
        let fleet = self.core.inventory.view();
        let host = |key: &InstanceKey| key.hostname().to_owned();
        let lasts = self.core.config.current().hostname_resolve_expiry().unwrap_or(FOR_GOOD);
        let of_dns = self.core.resolver.cached().into_iter();
        let of_dns = of_dns
            .filter_map(|(name, found)| Some((name, (found.outcome.ok()?, found.at + lasts))));
        let told = fleet.names.iter();
        let told =
            told.map(|(asked, name)| (host(asked), (host(&name.known), name.learned + lasts)));
        of_dns.chain(told).collect()
    }

    /// What servers call themselves is asked anew, and stands until they answer.
    fn forget_resolved_names(&self) -> BoxFuture<'_, Result<(), String>> {
        async {
            self.core.resolver.reset();
            for (asked, _) in self.core.inventory.view().names.iter() {
                self.core.discovery.enqueue(asked);
            }
            Ok(())
        }
        .boxed()
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
            match timeout(GONE, gone).await {
                Ok(Ok(_)) => Ok(()),
                _ => Err("the servers are forgotten, but still shown".to_owned()),
            }
        }
        .boxed()
    }

    fn operate(
        &self,
        key: &InstanceKey,
        operation: Operation,
    ) -> BoxFuture<'_, Result<Done, Refused>> {
        let (shell, key) = (Shell::new(self.core.clone()), key.clone());
        async move {
            self.remember(&key).await?;
            let (sender, receiver) = oneshot::channel();
            self.tasks.spawn("operation", async move {
                // The caller may have gone; what began goes on without it.
                let _ = sender.send(shell.run(&key, &operation).await);
            });
            let ended = receiver.await;
            ended.unwrap_or_else(|_| Err(Refused::from("the service is shutting down".to_owned())))
        }
        .boxed()
    }

    fn errant_logs<'a>(
        &'a self,
        key: &'a InstanceKey,
    ) -> BoxFuture<'a, Result<Vec<String>, String>> {
        async move { Shell::new(self.core.clone()).errant_logs(key).await }.boxed()
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
