//! How recoveries begin: after a verdict, on request, or where an earlier process left one. Each is
//! on record before anything is touched.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use shared::InstanceKey;
use tracing::{error, warn};

use super::{
    incident::new_uid,
    judge::{Judge, Open},
    scribe::Scribe,
};
use crate::{
    analysis::{self, Finding},
    clock::Moment,
    decision::{
        dead_master::{self, Next},
        guards::{self, Case, Verdict},
    },
    inventory::view::ClusterView,
    journal::{
        command::{AckSelector, AuditEntry, Command},
        facts::Recovery,
    },
};

/// What is asked of a requested recovery.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// A named candidate.
    pub candidate: Option<InstanceKey>,
    /// Hooks are not run.
    pub skip_hooks: bool,
}

impl Judge {
    pub(super) fn draft(
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
            uid: new_uid(now),
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
    pub(super) async fn recover(
        &self,
        view: &ClusterView,
        mut recovery: Recovery,
    ) -> Option<Recovery> {
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
    /// the task did not survive, and then the next one waits longer each time.
    pub(super) fn resume(&self) {
        let facts = self.runner.inventory.view().facts.clone();
        let now = self.runner.clock.now();
        let unfinished = || facts.recoveries.values().filter(|r| r.end.is_none());
        self.lock().resumed.retain(|uid, _| unfinished().any(|r| r.uid == *uid));
        for recovery in unfinished() {
            if !self.leadership.may_act() || !self.lock().may_resume(recovery, now) {
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
            .ok_or_else(|| format!("nothing is wrong with {key}"))?;
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

    /// Asking for a recovery acknowledges the earlier ones of the same server (spec 05, 5.4).
    async fn acknowledge_earlier(&self, key: &InstanceKey, by: &str) {
        let command = Command::Acknowledge {
            selector: AckSelector::Instance(key.clone()),
            by: by.to_owned(),
            comment: format!("implicit acknowledge: a recovery of {key} was requested"),
            at: self.runner.clock.now(),
        };
        if let Err(error) = self.runner.journal.propose(command).await {
            warn!("cannot acknowledge earlier recoveries of {key}: {error}");
        }
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
