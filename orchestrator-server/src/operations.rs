//! What the API asks for that takes more than a Command: probes, forgetting, recoveries.

use std::{sync::Arc, time::Duration};

use futures_util::future::{BoxFuture, FutureExt};
use shared::InstanceKey;
use tokio::{sync::oneshot, time::timeout};
use tracing::warn;

use crate::{
    app::Core,
    execution::start::Request,
    http::{Operations, RecoverReply, RecoverRequest},
    inventory::view::Instance,
    journal::command::Command,
    tasks::Tasks,
};

/// Longest wait until forgotten servers are gone from every picture.
const GONE: Duration = Duration::from_secs(5);

/// The running service, as the API sees it.
pub struct ServiceOperations {
    core: Core,
    tasks: Tasks,
}

impl ServiceOperations {
    /// Of this core.
    #[must_use]
    pub fn new(core: Core, tasks: Tasks) -> Self {
        Self { core, tasks }
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
        self.core.resolver.resolve(hostname).boxed()
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
