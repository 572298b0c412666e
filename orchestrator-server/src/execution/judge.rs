//! Looks at clusters when something is suspected, and once a second, and starts what the pure
//! parts decide. One incident of a server is handled by one task; one recovery runs in a cluster
//! at a time.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use shared::InstanceKey;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{incident::Incident, runner::Runner, start::Request};
use crate::{
    analysis::{self, Finding},
    clock::Moment,
    decision::{
        evidence,
        guards::{self, Case, Guard, Refusal, Verdict},
        step::HookList,
    },
    inventory::view::ClusterView,
    journal::{
        command::Command,
        facts::{Detection, Node, Recovery},
    },
    leadership::Leadership,
    probe::{backoff::Growth, suspicion::Suspicion},
};

/// Every cluster is looked at this often, whether something is suspected or not.
const TICK: Duration = Duration::from_secs(1);

/// A failover waits this long for the detection hooks, as the reference does (spec 05, 10).
const DETECTION_HOOKS: Duration = Duration::from_secs(1);

/// A source that is silent for longer and yet not called dead is worth a line in the log.
const SILENCE_WORTH_A_LINE: Duration = Duration::from_secs(5);

/// Pauses between two goes at a recovery whose task does not survive.
const RESUMES: Growth =
    Growth { poll: Duration::from_secs(1), factor: 2.0, most: Duration::from_secs(60) };

/// The judge. Cheap to clone.
#[derive(Clone)]
pub struct Judge {
    pub(super) runner: Runner,
    pub(super) suspicion: Suspicion,
    pub(super) leadership: Leadership,
    pub(super) node: Node,
    wake: mpsc::UnboundedSender<InstanceKey>,
    pub(super) open: Arc<Mutex<Open>>,
}

/// What is being handled.
#[derive(Default)]
pub(super) struct Open {
    /// Failed servers whose incident a task is handling.
    incidents: HashSet<InstanceKey>,
    /// Clusters in which a recovery runs.
    pub(super) clusters: HashSet<String>,
    /// What was last said of a silent server, so that it is said once.
    said: HashMap<InstanceKey, String>,
    /// Replaced servers that could not be set read-only.
    pub(super) unfenced: HashSet<InstanceKey>,
    /// How often each unfinished recovery was gone on with, and when it may be again.
    pub(super) resumed: HashMap<String, (u32, Moment)>,
}

impl Open {
    /// Take the recovery's cluster to go on with it, unless it is taken or it is too early.
    pub(super) fn may_resume(&mut self, recovery: &Recovery, now: Moment) -> bool {
        let (times, next) = self.resumed.get(&recovery.uid).copied().unwrap_or_default();
        if now < next || !self.clusters.insert(recovery.cluster.clone()) {
            return false;
        }
        self.resumed.insert(recovery.uid.clone(), (times + 1, now + RESUMES.wait(times + 1)));
        true
    }
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

    pub(super) fn view_of(&self, key: &InstanceKey) -> Option<ClusterView> {
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

    pub(super) fn lock(&self) -> std::sync::MutexGuard<'_, Open> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{decision::fixtures::recovery, inventory::sketch::mysql};

    #[test]
    fn a_recovery_that_does_not_survive_is_gone_on_with_less_and_less_often() {
        let recovery = recovery(&mysql("m! -> r1~"), vec![]);
        let mut open = Open::default();
        let start = Moment::from_unix_seconds(1000);
        let mut begun = Vec::new();
        for second in 0..300 {
            if open.may_resume(&recovery, start + Duration::from_secs(second)) {
                begun.push(second);
                assert!(!open.may_resume(&recovery, start + Duration::from_secs(900)), "it runs");
                open.clusters.clear();
            }
        }
        assert_eq!(begun, [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
    }
}
