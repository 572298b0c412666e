//! Looks at clusters when something is suspected, and once a second, and starts what the pure
//! parts decide. One incident of a server is handled by one task; one recovery runs in a cluster
//! at a time.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use shared::InstanceKey;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{incident::Incident, runner::Runner, scribe::Scribe};
use crate::{
    analysis::{self, Finding},
    clock::Moment,
    decision::{
        dead_master::{self, Next},
        evidence,
        guards::{self, Case, Guard, Refusal, Verdict},
        step::HookList,
    },
    inventory::view::ClusterView,
    journal::{
        command::{AuditEntry, Command},
        facts::{Detection, Node, Recovery},
    },
    leadership::Leadership,
    mysql::driver::Action,
    probe::suspicion::Suspicion,
};

/// Every cluster is looked at this often, whether something is suspected or not.
const TICK: Duration = Duration::from_secs(1);

/// A failover waits this long for the detection hooks, as the reference does (spec 05, 10).
const DETECTION_HOOKS: Duration = Duration::from_secs(1);

/// A source that is silent for longer and yet not called dead is worth a line in the log.
const SILENCE_WORTH_A_LINE: Duration = Duration::from_secs(5);

/// The judge. Cheap to clone.
#[derive(Clone)]
pub struct Judge {
    runner: Runner,
    suspicion: Suspicion,
    leadership: Leadership,
    node: Node,
    wake: mpsc::UnboundedSender<InstanceKey>,
    open: Arc<Mutex<Open>>,
}

/// What is being handled.
#[derive(Default)]
struct Open {
    /// Failed servers whose incident a task is handling.
    incidents: HashSet<InstanceKey>,
    /// Clusters in which a recovery runs.
    clusters: HashSet<String>,
    /// What was last said of a silent server, so that it is said once.
    said: HashMap<InstanceKey, String>,
    /// Replaced servers that could not be set read-only.
    unfenced: HashSet<InstanceKey>,
}

/// What is asked of a requested recovery.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// A named candidate.
    pub candidate: Option<InstanceKey>,
    /// Hooks are not run.
    pub skip_hooks: bool,
}

impl Judge {
    /// A judge that `wake` can be sent suspects to.
    #[must_use]
    pub fn new(
        runner: Runner,
        suspicion: Suspicion,
        leadership: Leadership,
        node: Node,
        wake: mpsc::UnboundedSender<InstanceKey>,
    ) -> Self {
        Self { runner, suspicion, leadership, node, wake, open: Arc::default() }
    }

    /// Serve until `stop`.
    pub async fn run(
        self,
        mut woken: mpsc::UnboundedReceiver<InstanceKey>,
        stop: CancellationToken,
    ) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                Some(suspect) = woken.recv() => {
                    let mut suspects = BTreeSet::from([suspect]);
                    while let Ok(another) = woken.try_recv() {
                        suspects.insert(another);
                    }
                    self.consider_clusters_of(&suspects);
                }
                _ = tick.tick() => self.consider_all(),
            }
        }
    }

    fn consider_all(&self) {
        self.resume();
        self.suspicion.tick();
        let fleet = self.runner.inventory.view();
        self.lock().said.retain(|key, _| fleet.instance(key).is_some_and(|i| !i.is_valid()));
        for name in fleet.clusters.keys() {
            self.consider(name);
        }
    }

    fn consider_clusters_of(&self, suspects: &BTreeSet<InstanceKey>) {
        let fleet = self.runner.inventory.view();
        let clusters: BTreeSet<_> = suspects.iter().filter_map(|s| fleet.index.get(s)).collect();
        for name in clusters {
            self.consider(name);
        }
    }

    fn consider(&self, cluster: &str) {
        if !self.leadership.may_act() {
            return;
        }
        let Some(view) = self.view(cluster) else { return };
        for finding in analysis::analyze(&view) {
            if finding.is_detectable() && !finding.skippable_due_to_downtime {
                self.weigh(&view, finding);
            }
        }
    }

    fn view(&self, cluster: &str) -> Option<ClusterView> {
        let runner = &self.runner;
        runner.inventory.view().judge(cluster, &runner.config.current(), runner.clock.now())
    }

    /// Decide whether the finding is certain enough to be acted upon, and hand it to a task.
    fn weigh(&self, view: &ClusterView, finding: Finding) {
        let verdict = guards::judge(&Case { view, finding: &finding, forced: false });
        match &verdict {
            Verdict::Wait { until, reason } => return self.later(&finding.key, *until, reason),
            Verdict::Refuse(refusal @ Refusal { guard: Guard::Evidence, .. }) => {
                if evidence::silent_for(view, &finding.key) > SILENCE_WORTH_A_LINE {
                    self.say_refusal(&finding, refusal);
                }
                return;
            }
            Verdict::Refuse(Refusal { guard: Guard::NotRecoverable, .. })
                if !evidence::is_lasting(view, &finding.key) =>
            {
                return;
            }
            Verdict::Refuse(refusal) => self.say_refusal(&finding, refusal),
            Verdict::Act { .. } => {}
        }
        let recovers = matches!(verdict, Verdict::Act { .. });
        if !recovers && self.is_detected(view, &finding) {
            return self.note_block(view, &finding, &verdict);
        }
        if !self.lock().incidents.insert(finding.key.clone()) {
            return;
        }
        let this = self.clone();
        let handled = Handled { open: self.open.clone(), key: finding.key.clone() };
        self.runner.tasks.spawn("incident", async move {
            this.handle(finding).await;
            drop(handled);
        });
    }

    fn later(&self, key: &InstanceKey, until: Moment, reason: &str) {
        // Later looks come from the examination of the silent server; one is enough for the end.
        if !self.say_once(key, reason) {
            return;
        }
        info!(instance = %key, "{key} is silent: {reason}");
        let wait = until.since(self.runner.clock.now());
        let (wake, key) = (self.wake.clone(), key.clone());
        self.runner.tasks.spawn("second look", async move {
            tokio::time::sleep(wait).await;
            // The judge is gone only at shutdown.
            let _ = wake.send(key);
        });
    }

    fn say_refusal(&self, finding: &Finding, refusal: &Refusal) {
        if (refusal.guard != Guard::NotRecoverable || finding.actionable)
            && refusal.guard != Guard::InProgress
            && self.say_once(&finding.key, &format!("{:?}", refusal.guard))
        {
            warn!(instance = %finding.key, "{} on {}: not recovered: {refusal}",
                finding.code.name(), finding.key);
        }
    }

    fn say_once(&self, key: &InstanceKey, reason: &str) -> bool {
        self.lock().said.insert(key.clone(), reason.to_owned()).as_deref() != Some(reason)
    }

    /// Record, once, that the active period of another recovery is in the way.
    fn note_block(&self, view: &ClusterView, finding: &Finding, verdict: &Verdict) {
        let Verdict::Refuse(Refusal { blocking_id: Some(id), .. }) = verdict else { return };
        if view.facts.blocked.get(&finding.key).is_some_and(|b| b.blocking_id == *id) {
            return;
        }
        let command = Command::RegisterBlocked {
            key: finding.key.clone(),
            cluster: view.cluster.name.clone(),
            code: finding.code,
            blocking_id: *id,
            at: view.now,
        };
        let journal = self.runner.journal.clone();
        self.runner.tasks.spawn("blocked recovery", async move {
            if let Err(error) = journal.propose(command).await {
                error!("cannot record a blocked recovery: {error}");
            }
        });
    }

    fn is_detected(&self, view: &ClusterView, finding: &Finding) -> bool {
        view.facts
            .detections
            .values()
            .any(|d| d.active && d.key == finding.key && d.actionable == finding.actionable)
    }

    /// Detection, its hooks, and then, on a new picture, the recovery.
    async fn handle(&self, finding: Finding) {
        let Some(view) = self.view_of(&finding.key) else { return };
        if !self.is_detected(&view, &finding) {
            self.detect(&view, &finding).await;
        }
        let Some(view) = self.view_of(&finding.key) else { return };
        let Some(finding) = analysis::analyze(&view).into_iter().find(|f| f.key == finding.key)
        else {
            return;
        };
        match guards::judge(&Case { view: &view, finding: &finding, forced: false }) {
            Verdict::Act { failing_since } => {
                let recovery =
                    self.draft(&view, &finding, Some(failing_since), &Request::default());
                self.recover(&view, recovery).await;
            }
            verdict => self.note_block(&view, &finding, &verdict),
        }
    }

    fn view_of(&self, key: &InstanceKey) -> Option<ClusterView> {
        let cluster = self.runner.inventory.view().index.get(key)?.clone();
        self.view(&cluster)
    }

    async fn detect(&self, view: &ClusterView, finding: &Finding) {
        let detection = Detection {
            id: 0,
            key: finding.key.clone(),
            code: finding.code,
            cluster: view.cluster.name.clone(),
            alias: view.cluster.alias_or_name().to_owned(),
            replicas: finding.replicas(),
            actionable: finding.actionable,
            at: self.runner.clock.now(),
            active: true,
            node: self.node.clone(),
        };
        warn!(instance = %finding.key, "detected {} on {}", finding.code.name(), finding.key);
        let command = Command::RegisterDetection(Box::new(detection));
        if let Err(error) = self.runner.journal.propose(command).await {
            error!("cannot record a detection: {error}");
            return;
        }
        let draft = self.draft(view, finding, None, &Request::default());
        let incident = Incident::of(&draft, view, None);
        let config = self.runner.config.current();
        let list = HookList::OnFailureDetection;
        let (lines, mut said) = mpsc::unbounded_channel::<String>();
        self.runner.tasks.spawn("detection hook lines", async move {
            while let Some(line) = said.recv().await {
                info!("{line}");
            }
        });
        // A failing detection hook is a failed notification, not a veto: it is logged. A slow one
        // is waited for a moment only.
        let tasks = self.runner.tasks.clone();
        let (ended, all) = oneshot::channel::<()>();
        self.runner.tasks.spawn("detection hooks", async move {
            if let Err(error) = incident.run_hooks(list, &config, &tasks, &lines).await {
                warn!("{} failed: {error}", list.name());
            }
            drop(ended);
        });
        let _ = tokio::time::timeout(DETECTION_HOOKS, all).await;
    }

    fn draft(
        &self,
        view: &ClusterView,
        finding: &Finding,
        failing_since: Option<Moment>,
        request: &Request,
    ) -> Recovery {
        let now = self.runner.clock.now();
        let detection = view.facts.detections.values().rev().find(|d| d.key == finding.key);
        Recovery {
            id: 0,
            uid: super::incident::new_uid(now),
            key: finding.key.clone(),
            code: finding.code,
            cluster: view.cluster.name.clone(),
            alias: view.cluster.alias_or_name().to_owned(),
            domain: view.cluster.domain.clone(),
            replicas: finding.replicas(),
            wanted: request.candidate.clone(),
            forced: false,
            skip_hooks: request.skip_hooks,
            detection_id: detection.map_or(0, |d| d.id),
            node: self.node.clone(),
            failing_since,
            started: now,
            active: true,
            intended: Vec::new(),
            done: Vec::new(),
            lines: Vec::new(),
            end: None,
            acknowledged: None,
            resumed: None,
            fenced: BTreeMap::new(),
        }
    }

    /// Register and run a recovery; none if another one runs in the cluster, or if it cannot be
    /// written down.
    async fn recover(&self, view: &ClusterView, mut recovery: Recovery) -> Option<Recovery> {
        let cluster = recovery.cluster.clone();
        if !self.lock().clusters.insert(cluster.clone()) {
            return None;
        }
        let _ended = Ended { open: self.open.clone(), cluster };
        if let Next::Do(steps) = dead_master::next(view, &recovery) {
            recovery.intended = steps;
        }
        let command = Command::RegisterRecovery(Box::new(recovery.clone()));
        match self.runner.journal.propose(command).await {
            // Another one of this cluster is on record, unfinished.
            Ok(applied) if applied.number == 0 => return None,
            Ok(applied) => recovery.id = applied.number,
            Err(error) => {
                error!("{} is not recovered: the journal says {error}", recovery.key);
                return None;
            }
        }
        let scribe =
            Scribe::new(&recovery.uid, self.runner.journal.clone(), self.runner.clock.clone());
        scribe.line(format!("will handle {} event on {}", recovery.code.name(), recovery.cluster));
        scribe.note(Command::Audit(AuditEntry {
            at: recovery.started,
            kind: "recover-dead-master".to_owned(),
            key: Some(recovery.key.clone()),
            cluster: recovery.cluster.clone(),
            message: "problem found; will recover".to_owned(),
        }));
        Some(self.runner.run(recovery).await)
    }

    /// Go on with unfinished recoveries that no task works on: an earlier process left them, or
    /// the task did not survive.
    fn resume(&self) {
        let facts = self.runner.inventory.view().facts.clone();
        for recovery in facts.recoveries.values().filter(|r| r.end.is_none()) {
            if !self.leadership.may_act() || !self.lock().clusters.insert(recovery.cluster.clone())
            {
                continue;
            }
            let (this, recovery) = (self.clone(), Recovery::clone(recovery));
            self.runner.tasks.spawn("resumed recovery", async move {
                warn!("resuming recovery {} of {}", recovery.uid, recovery.key);
                let _ended = Ended { open: this.open.clone(), cluster: recovery.cluster.clone() };
                let resumed = Some(this.runner.clock.now());
                this.suspicion.look_once(&recovery.key).await;
                futures_util::future::join_all(
                    recovery.replicas.iter().map(|key| this.runner.discovery.read(key)),
                )
                .await;
                this.runner.run(Recovery { resumed, ..recovery }).await;
            });
        }
    }

    /// Recover on request, now: filters, downtime and blocks do not count, evidence does.
    ///
    /// # Errors
    /// Why it was not attempted.
    pub async fn recover_on_request(
        &self,
        key: &InstanceKey,
        request: &Request,
        by: &str,
    ) -> Result<Recovery, String> {
        self.suspicion.look_once(key).await;
        let view = self.view_of(key).ok_or_else(|| format!("{key} is not known"))?;
        let finding = analysis::analyze(&view)
            .into_iter()
            .find(|f| f.key == *key)
            .ok_or_else(|| "Recovery not attempted".to_owned())?;
        let case = Case { view: &view, finding: &finding, forced: true };
        let failing_since = match guards::judge(&case) {
            Verdict::Act { failing_since } => failing_since,
            Verdict::Wait { reason, .. } => return Err(reason),
            Verdict::Refuse(refusal) => return Err(refusal.to_string()),
        };
        self.acknowledge_earlier(key, by).await;
        let mut recovery = self.draft(&view, &finding, Some(failing_since), request);
        recovery.forced = true;
        self.recover(&view, recovery)
            .await
            .ok_or_else(|| "another recovery is running in this cluster".to_owned())
    }

    /// A replaced source that came back writeable is set read-only; false if it could not be.
    pub async fn fence(&self, key: &InstanceKey) -> bool {
        let action = Action::SetReadOnly { server: key.clone(), on: true };
        if let Err(error) = self.runner.driver.apply(&action).await {
            if self.lock().unfenced.insert(key.clone()) {
                error!(instance = %key, "{key} was replaced, came back writeable and could not be set read-only: {error}");
            }
            return false;
        }
        self.lock().unfenced.remove(key);
        let message = "set read-only: it was replaced by a failover".to_owned();
        self.runner.discovery.read(key).await;
        let entry = AuditEntry {
            at: self.runner.clock.now(),
            kind: "read-only".to_owned(),
            key: Some(key.clone()),
            cluster: String::new(),
            message,
        };
        if let Err(error) = self.runner.journal.propose(Command::Audit(entry)).await {
            warn!("cannot audit the fencing of {key}: {error}");
        }
        warn!(instance = %key, "{key} was replaced and came back writeable: it is read-only now");
        true
    }

    /// Asking for a recovery acknowledges the earlier ones of the same server (spec 05, 5.4).
    async fn acknowledge_earlier(&self, key: &InstanceKey, by: &str) {
        let command = Command::Acknowledge {
            selector: crate::journal::command::AckSelector::Instance(key.clone()),
            by: by.to_owned(),
            comment: format!("implicit acknowledge: a recovery of {key} was requested"),
            at: self.runner.clock.now(),
        };
        if let Err(error) = self.runner.journal.propose(command).await {
            warn!("cannot acknowledge earlier recoveries of {key}: {error}");
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Frees the server however the handling of its incident ends.
struct Handled {
    open: Arc<Mutex<Open>>,
    key: InstanceKey,
}

impl Drop for Handled {
    fn drop(&mut self) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).incidents.remove(&self.key);
    }
}

/// Frees the cluster however its recovery ends.
struct Ended {
    open: Arc<Mutex<Open>>,
    cluster: String,
}

impl Drop for Ended {
    fn drop(&mut self) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).clusters.remove(&self.cluster);
    }
}
