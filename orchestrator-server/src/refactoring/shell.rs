//! Runs one operation: reads the server, asks the rules, locks, has the driver act, reads again,
//! writes the audit.

use std::{sync::Arc, time::Duration};

use shared::{Flavor, InstanceKey};
use tracing::{info, warn};

use super::{
    Done, Operation, Refused, errant,
    lock::{Lock, note},
    rules, semi_sync,
};
use crate::{
    app::Core,
    inventory::view::{Instance, promotion_rule},
    mysql::{
        control::Control,
        driver::{Action, ActionError, Effect},
        state::Position,
    },
};

/// Longest wait for replication to be seen running.
const CONFIRM: Duration = Duration::from_secs(3);

/// Does what people ask of single servers.
#[derive(Clone)]
pub struct Shell {
    core: Core,
}

impl Shell {
    /// On this core.
    #[must_use]
    pub fn new(core: Core) -> Self {
        Self { core }
    }

    /// Does one operation.
    ///
    /// # Errors
    /// It was not done, or not all of it.
    pub async fn run(&self, key: &InstanceKey, operation: &Operation) -> Result<Done, Refused> {
        let before = self.read_for(key, operation).await?;
        let key = &before.key;
        self.check(operation, &before)?;
        let lock = Lock::take(&self.core, key, operation).await?;
        let outcome = self.act(operation, &before).await;
        lock.release(&self.core).await;
        // Whatever became of it, the picture shall show it.
        let after = self.core.discovery.probe_into_view(key).await;
        let (effect, injected) = outcome.map_err(|error| {
            warn!(instance = %key, "{operation:?} failed: {error}");
            Refused::from(error.to_string())
        })?;
        let instance = match operation {
            Operation::KillQuery(_) => after.unwrap_or_else(|_| before.clone()),
            _ => after?,
        };
        if let Some(why) = not_running(operation, key, &effect, &instance) {
            return Err(Refused { why, instance: Some(instance) });
        }
        let done = Done { instance, injected };
        if let Some((kind, message)) = operation.audit(&before, &done) {
            note(&self.core, kind, key, message).await;
        }
        info!(instance = %key, "{operation:?}: done");
        Ok(done)
    }

    /// The binary logs that hold the errant GTIDs of a server.
    ///
    /// # Errors
    /// It has none, or they cannot be found.
    pub async fn errant_logs(&self, key: &InstanceKey) -> Result<Vec<String>, String> {
        let instance = self.read_with_source(key).await?;
        let wanted = errant::wanted(&instance)?;
        let logs = self.core.driver.binary_logs(&instance.key).await;
        errant::files(&instance.key, &wanted, &logs.map_err(|error| error.to_string())?)
    }

    /// The server as it is now, with what the operation's rules also look at.
    async fn read_for(
        &self,
        key: &InstanceKey,
        operation: &Operation,
    ) -> Result<Arc<Instance>, String> {
        match operation {
            Operation::InjectEmpty | Operation::ForgetErrant => self.read_with_source(key).await,
            Operation::PurgeLogs { force: false, .. } => {
                let instance = self.core.discovery.probe_into_view(key).await?;
                let view = self.core.inventory.view();
                let replicas = view.cluster_of(&instance.key).into_iter();
                let replicas: Vec<_> = replicas
                    .flat_map(|c| c.replicas_of(&instance.key))
                    .map(|i| i.key.clone())
                    .collect();
                let reads =
                    replicas.iter().map(|replica| self.core.discovery.probe_into_view(replica));
                // One that cannot be read counts as such in the rule.
                futures_util::future::join_all(reads).await;
                Ok(instance)
            }
            // It may be what makes the server hard to read.
            Operation::KillQuery(_) => {
                let read = self.core.discovery.probe_into_view(key).await;
                read.or_else(|why| self.core.inventory.view().instance(key).cloned().ok_or(why))
            }
            _ => self.core.discovery.probe_into_view(key).await,
        }
    }

    /// The source is read after the server, so that nothing looks errant that only came later.
    async fn read_with_source(&self, key: &InstanceKey) -> Result<Arc<Instance>, String> {
        let instance = self.core.discovery.probe_into_view(key).await?;
        if let Some(source) = instance.source.attached() {
            self.core.discovery.probe_into_view(source).await?;
        }
        let view = self.core.inventory.view();
        let gone = || format!("Cannot read instance: {key}");
        view.instance(&instance.key).cloned().ok_or_else(gone)
    }

    fn check(&self, operation: &Operation, before: &Instance) -> Result<(), String> {
        if let Some(why) = rules::refusal(operation, before) {
            return Err(why);
        }
        if matches!(operation, Operation::KillQuery(_)) {
            return Ok(());
        }
        let view = self.core.inventory.view();
        let cluster = view.index.get(&before.key).map_or("", |name| &**name);
        let facts = self.core.journal.facts().borrow().clone();
        rules::recovery(&facts, cluster, &before.key).map_or(Ok(()), Err)
    }

    async fn act(
        &self,
        operation: &Operation,
        before: &Instance,
    ) -> Result<(Effect, Option<(u128, InstanceKey)>), ActionError> {
        let key = &before.key;
        let along = self.along(operation, before);
        self.switch(key, &along.before).await;
        let (mut injected, refuse) = (None, ActionError::Refused);
        let effect = match operation {
            Operation::SetReadOnly(on) => {
                let action = Action::SetReadOnly { server: key.clone(), on: *on };
                self.core.driver.apply(&action).await?
            }
            Operation::PurgeLogs { to, force } => {
                let to = self.purge_to(before, to.as_deref(), *force).map_err(refuse)?;
                self.core.driver.control(key, &Control::PurgeLogs { to }).await?
            }
            Operation::InjectEmpty => {
                let (target, gtids) = self.injection(before).map_err(refuse)?;
                injected = Some((gtids.count_beyond(&Position::None), target.clone()));
                self.core.driver.control(&target, &Control::InjectEmpty { gtids }).await?
            }
            Operation::ForgetErrant => {
                let errant = before.place.errant.clone();
                // Should this process die in between, a person has to know.
                let kind = "gtid-errant-reset-master";
                note(
                    &self.core,
                    kind,
                    key,
                    format!("about to forget {errant}, and keep the rest of {}", executed(before)),
                )
                .await;
                let errant = Position::parse(&errant, Flavor::MySql);
                self.core.driver.control(key, &Control::ForgetGtids { errant }).await?
            }
            other => match self.control(other) {
                Some(control) => self.core.driver.control(key, &control).await?,
                None => return Err(refuse(format!("{key}: {other:?} is no change of it alone"))),
            },
        };
        self.switch(key, &along.after).await;
        Ok((effect, injected))
    }

    /// The change behind an operation that is just one.
    fn control(&self, operation: &Operation) -> Option<Control> {
        let stall = self.core.config.current().bulk_operations_wait();
        Some(match operation {
            Operation::Start => Control::Start { confirm: CONFIRM, stall },
            Operation::Stop => Control::Stop,
            Operation::StopNicely => Control::StopNicely { stall },
            Operation::Restart => Control::Restart { confirm: CONFIRM, stall },
            Operation::Reset => Control::Reset { stall },
            Operation::Delay(seconds) => Control::Delay { seconds: *seconds },
            Operation::SkipQuery => Control::SkipQuery { confirm: CONFIRM },
            Operation::EnableGtid => Control::UseGtid,
            Operation::DisableGtid => Control::LeaveGtid,
            Operation::Credentials => Control::Credentials,
            Operation::Detach => Control::DetachHost { stall },
            Operation::Reattach => Control::ReattachHost { stall, confirm: CONFIRM },
            Operation::SemiSync(side, on) => Control::SemiSync { side: *side, on: *on },
            Operation::KillQuery(connection) => Control::KillQuery { connection: *connection },
            Operation::FlushLogs => Control::FlushLogs,
            Operation::PurgeLogs { .. }
            | Operation::SetReadOnly(_)
            | Operation::InjectEmpty
            | Operation::ForgetErrant => return None,
        })
    }

    fn along(&self, operation: &Operation, before: &Instance) -> semi_sync::Along {
        let view = self.core.inventory.view();
        let (config, now) = (self.core.config.current(), self.core.clock.now());
        let rule = promotion_rule(&view.facts, &config, now, &before.key, Some(before));
        semi_sync::along(operation, before, rule, &config)
    }

    async fn switch(&self, key: &InstanceKey, switches: &[Control]) {
        for control in switches {
            if let Err(error) = self.core.driver.control(key, control).await {
                warn!(instance = %key, "{control} failed, which holds nothing up: {error}");
            }
        }
    }

    fn purge_to(&self, before: &Instance, to: Option<&str>, force: bool) -> Result<String, String> {
        let newest = || {
            let at = before.state.as_ref().and_then(|state| state.binlog.position.clone());
            at.map(|at| at.file)
        };
        let to = to.map(str::to_owned).or_else(newest);
        let to = to.ok_or_else(|| format!("Instance does not have binary logs: {}", before.key))?;
        if force {
            return Ok(to);
        }
        let view = self.core.inventory.view();
        let cluster = view.cluster_of(&before.key).map(|cluster| &**cluster);
        rules::needs_older_logs(&before.key, cluster, &to).map_or(Ok(to), Err)
    }

    fn injection(&self, before: &Instance) -> Result<(InstanceKey, Position), String> {
        let view = self.core.inventory.view();
        let cluster = view.cluster_of(&before.key);
        let cluster = cluster.ok_or_else(|| format!("Cannot read instance: {}", before.key))?;
        let target = rules::injection_target(&before.key, cluster)?;
        Ok((target, Position::parse(&before.place.errant, Flavor::MySql)))
    }
}

fn executed(instance: &Instance) -> String {
    instance.state.as_ref().map(|state| state.gtid.executed.to_string()).unwrap_or_default()
}

/// Replication was to be started, and does not run.
fn not_running(
    operation: &Operation,
    key: &InstanceKey,
    effect: &Effect,
    after: &Instance,
) -> Option<String> {
    let started = matches!(operation, Operation::Start | Operation::Restart);
    let channel = after.channel();
    let applier_failed =
        channel.is_some_and(|c| c.sql_error.number != 0) && *operation == Operation::SkipQuery;
    if effect.replicating || !(started || applier_failed) {
        return None;
    }
    let error = channel.and_then(|channel| {
        let mut errors =
            [("receiver", &channel.io_error), ("applier", &channel.sql_error)].into_iter();
        errors.find(|(_, error)| error.number != 0)
    });
    let why = error.map(|(thread, e)| format!("; {thread}: ERROR {}: {}", e.number, e.text));
    Some(format!("Replication not running on {key}{}", why.unwrap_or_default()))
}
