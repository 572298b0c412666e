//! Walks a recovery: asks for the next batch, writes down that it is intended, does it, writes
//! down what came of it, and asks again.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures_util::stream::{self, Stream, StreamExt};
use shared::InstanceKey;
use tokio::{
    sync::{Semaphore, mpsc},
    time::{Instant, timeout_at},
};
use tracing::warn;

use super::{incident::Incident, scribe::Scribe};
use crate::{
    clock::{Moment, SharedClock},
    config::ConfigHandle,
    decision::{
        dead_master::{self, Next},
        step::{HookList, Step, StepEffect, StepResult},
    },
    inventory::{
        owner::{Inventory, Urgent},
        view::{Cluster, ClusterView},
    },
    journal::{Journal, command::Command, facts::Recovery},
    mysql::driver::{Action, ActionError, Effect, MysqlDriver, Observation},
    probe::discovery::Discovery,
    tasks::Tasks,
};

/// Steps of one batch that run side by side.
const SIDE_BY_SIDE: usize = 128;

/// Once one replica is sealed, the others have this much longer: one that hangs must not hold up
/// the failover.
const STRAGGLERS: Duration = Duration::from_secs(3);

/// Hooks wait this long for the changes of servers in their batch.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a runner works with. Cheap to clone.
#[derive(Clone)]
pub struct Runner {
    /// Speaks to servers.
    pub driver: Arc<dyn MysqlDriver>,
    /// What is known.
    pub inventory: Inventory,
    /// The durable write path.
    pub journal: Arc<dyn Journal>,
    /// Reads servers after they were changed.
    pub discovery: Discovery,
    /// Configuration.
    pub config: ConfigHandle,
    /// The time.
    pub clock: SharedClock,
    /// Background work.
    pub tasks: Tasks,
}

impl Runner {
    /// Carry the registered recovery to its end, from wherever it stands.
    pub async fn run(&self, mut recovery: Recovery) -> Recovery {
        let scribe = Scribe::new(&recovery.uid, self.journal.clone(), self.clock.clone());
        let members = self.members(&recovery);
        // At shutdown it ends after its present batch; the next start goes on from there.
        let stop = self.tasks.stop_token();
        while !stop.is_cancelled() {
            let view = self.view(&recovery, &members);
            match dead_master::next(&view, &recovery) {
                Next::Do(steps) => {
                    if recovery.intended != steps
                        && !self.intend(&mut recovery, steps, &scribe).await
                    {
                        warn!("recovery {} stops: it cannot be written down", recovery.uid);
                        return recovery;
                    }
                    self.batch(&mut recovery, &view, &scribe).await;
                }
                Next::Done(outcome) => {
                    self.conclude(&mut recovery, outcome, &scribe).await;
                    return recovery;
                }
            }
        }
        recovery
    }

    /// Every server that the recovery may need to look at.
    pub(super) fn members(&self, recovery: &Recovery) -> BTreeSet<InstanceKey> {
        let fleet = self.inventory.view();
        let mut members: BTreeSet<InstanceKey> = recovery.replicas.iter().cloned().collect();
        members.insert(recovery.key.clone());
        let clusters: Vec<_> = members.iter().filter_map(|key| fleet.cluster_of(key)).collect();
        let others: Vec<InstanceKey> =
            clusters.iter().flat_map(|c| c.instances.keys().cloned()).collect();
        members.extend(others);
        members
    }

    /// The newest picture of those servers, as the one cluster that they were when it began.
    pub(super) fn view(&self, recovery: &Recovery, members: &BTreeSet<InstanceKey>) -> ClusterView {
        let fleet = self.inventory.view();
        let instances = members
            .iter()
            .filter_map(|key| Some((key.clone(), fleet.instance(key)?.clone())))
            .collect();
        let cluster = Cluster {
            name: recovery.cluster.clone(),
            alias: recovery.alias.clone(),
            domain: recovery.domain.clone(),
            instances,
        };
        ClusterView {
            cluster: Arc::new(cluster),
            facts: fleet.facts.clone(),
            config: self.config.current(),
            now: self.clock.now(),
        }
    }

    async fn intend(&self, recovery: &mut Recovery, steps: Vec<Step>, scribe: &Scribe) -> bool {
        recovery.intended.clone_from(&steps);
        let (uid, at) = (recovery.uid.clone(), self.clock.now());
        scribe.write(Command::IntendSteps { uid, steps, at }).await
    }

    /// Do the intended steps side by side and note their results.
    async fn batch(&self, recovery: &mut Recovery, view: &ClusterView, scribe: &Scribe) {
        let slots = usize::try_from(self.config.current().raw.max_concurrent_replica_operations);
        let moves = Semaphore::new(slots.unwrap_or(1).max(1));
        let steps = std::mem::take(&mut recovery.intended);
        let so_far = dead_master::so_far(view, recovery).map(|o| self.end_of(recovery, &o));
        let work = Work {
            incident: Incident::of(recovery, view, so_far.as_ref()),
            recovery: recovery.clone(),
            moves,
            ended: Semaphore::new(0),
            changes: steps.iter().filter(|step| step.server().is_some()).count(),
        };
        let only_seals = steps.iter().all(|step| matches!(step, Step::Server(Action::Seal { .. })));
        let running = stream::iter(steps.clone())
            .map(|step| self.step(step, &work, scribe))
            .buffer_unordered(SIDE_BY_SIDE);
        let mut results =
            if only_seals { without_stragglers(running).await } else { running.collect().await };
        let now = self.clock.now();
        results.extend(unanswered(&steps, &results, now));
        recovery.done.extend(results.iter().cloned());
        let (uid, at) = (recovery.uid.clone(), self.clock.now());
        scribe.note(Command::NoteResults { uid, results, at });
    }

    async fn step(&self, step: Step, work: &Work, scribe: &Scribe) -> StepResult {
        let started = self.clock.now();
        let outcome = match &step {
            Step::Server(action) => {
                let _slot = match action {
                    // Never closed.
                    Action::PointTo { .. } => work.moves.acquire().await.ok(),
                    _ => None,
                };
                let outcome = self.act(action).await;
                work.ended.add_permits(1);
                outcome
            }
            Step::Hooks(list) => {
                work.most_is_done().await;
                self.hooks(*list, &work.incident, scribe).await
            }
            Step::Announce { successor } => {
                self.announce(&work.recovery, successor, scribe);
                Ok(StepEffect::default())
            }
        };
        let finished = self.clock.now();
        if let Step::Server(_) = &step {
            let took = finished.since(started).as_millis();
            scribe.line_at(
                finished,
                match &outcome {
                    Ok(_) => format!("{step}: done in {took} ms"),
                    Err(error) => format!("{step}: failed in {took} ms: {error}"),
                },
            );
        }
        StepResult { step, started, finished, outcome }
    }

    async fn act(&self, action: &Action) -> Result<StepEffect, ActionError> {
        let started = self.clock.now();
        let result = self.driver.apply(action).await;
        self.show(action.server(), started, result.as_ref().ok()).await;
        result.map(|effect| StepEffect {
            executed: effect.executed.to_string(),
            held: effect.held().to_string(),
            drained: effect.drained,
            replicating: effect.replicating,
            binlog: effect.binlog,
            found: effect.found,
        })
    }

    /// Let everybody see what the change made of the server: what it reported, else a new
    /// reading, which nobody waits for.
    async fn show(&self, key: &InstanceKey, started: Moment, effect: Option<&Effect>) {
        if let Some(state) = effect.and_then(|effect| effect.state.clone()) {
            let finished = self.clock.now();
            let observation =
                Observation { key: key.clone(), started, finished, outcome: Ok(state) };
            self.inventory.record_now(Urgent::Observed(Box::new(observation))).await;
            return;
        }
        let (discovery, key) = (self.discovery.clone(), key.clone());
        self.tasks.spawn("reading after a change", async move {
            discovery.read(&key).await;
        });
    }

    /// Run the hooks of a list; their lines go to the audit.
    pub async fn hooks(
        &self,
        list: HookList,
        incident: &Incident,
        scribe: &Scribe,
    ) -> Result<StepEffect, ActionError> {
        let config = self.config.current();
        let (lines, mut coming) = mpsc::unbounded_channel();
        let outcome = {
            let run = incident.run_hooks(list, &config, &self.tasks, &lines);
            tokio::pin!(run);
            loop {
                tokio::select! {
                    biased;
                    Some(line) = coming.recv() => scribe.line(line),
                    outcome = &mut run => break outcome,
                }
            }
        };
        while let Ok(line) = coming.try_recv() {
            scribe.line(line);
        }
        // Hooks in the background send their lines when they end.
        let late = scribe.clone();
        self.tasks.spawn("late hook lines", async move {
            while let Some(line) = coming.recv().await {
                late.line(line);
            }
        });
        outcome.map(|()| StepEffect::default()).map_err(ActionError::Refused)
    }
}

/// What the steps of a batch share.
struct Work {
    incident: Incident,
    recovery: Recovery,
    /// Replicas that may be moved side by side.
    moves: Semaphore,
    /// A permit for each change of a server that ended.
    ended: Semaphore,
    /// How many changes of servers there are.
    changes: usize,
}

impl Work {
    /// Every change has ended, or the slow ones were waited for long enough.
    async fn most_is_done(&self) {
        let all = u32::try_from(self.changes).unwrap_or(u32::MAX);
        let _ = tokio::time::timeout(PATIENCE, self.ended.acquire_many(all)).await;
    }
}

/// What a batch of seals gave, once one succeeded and the others had some time more.
async fn without_stragglers(running: impl Stream<Item = StepResult>) -> Vec<StepResult> {
    tokio::pin!(running);
    let mut results: Vec<StepResult> = Vec::new();
    let mut until = None;
    loop {
        let next = match until {
            None => running.next().await,
            Some(until) => timeout_at(until, running.next()).await.unwrap_or(None),
        };
        let Some(result) = next else { return results };
        if result.outcome.is_ok() && until.is_none() {
            until = Some(Instant::now() + STRAGGLERS);
        }
        results.push(result);
    }
}

/// Steps of the batch that gave no result in time.
fn unanswered(steps: &[Step], results: &[StepResult], now: Moment) -> Vec<StepResult> {
    let open = steps.iter().filter(|step| !results.iter().any(|result| result.step == **step));
    let why = || ActionError::Unknown("no answer while others went on".to_owned());
    open.map(|step| StepResult {
        step: step.clone(),
        started: now,
        finished: now,
        outcome: Err(why()),
    })
    .collect()
}
