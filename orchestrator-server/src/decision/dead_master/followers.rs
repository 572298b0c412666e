//! After the promotion: the others are put below the new source, or reported as lost.

use shared::InstanceKey;

use super::{CONFIRM, Next, Outcome, Story};
use crate::{
    decision::{
        follow::obstacle,
        step::{HookList, Step, StepResult},
    },
    mysql::driver::Action,
};

impl<'a> Story<'a> {
    pub(super) fn followers(&self, candidate: &InstanceKey) -> Vec<InstanceKey> {
        let others = self.sealed.keys().filter(|key| *key != candidate);
        others
            .filter(|key| !self.stuck.contains(*key) && self.has_all_of(candidate, key))
            .filter(|key| self.can_follow(key, candidate))
            .cloned()
            .collect()
    }

    /// Versions, binary logs and filters allow `replica` to replicate from `source`.
    pub(super) fn can_follow(&self, replica: &InstanceKey, source: &InstanceKey) -> bool {
        let state = |key| self.view.instance(key).and_then(|i| i.state.clone());
        let (Some(mine), Some(theirs)) = (state(replica), state(source)) else { return false };
        let held = self.sealed.get(replica).map(|s| s.held.clone()).unwrap_or_default();
        obstacle(&self.view.config, &mine, &held, &theirs).is_none()
    }

    pub(super) fn after_promotion(&self, promoted: &StepResult) -> Next {
        let Some(successor) = promoted.step.server() else {
            return self.give_up("the promotion names no server");
        };
        if let Some(why) = self.overtaken(successor) {
            let (promoted, errors) = (Some(promoted.finished), vec![why]);
            let successor = Some(successor.clone());
            return Next::Done(Outcome {
                successor,
                promoted,
                errors,
                needless: true,
                ..Outcome::default()
            });
        }
        let mut steps = self.announcement(successor);
        steps.extend(self.moves(successor));
        steps.extend(self.hooks_after_promotion());
        if steps.is_empty() {
            steps = self.detaches(&self.lost(successor), successor);
        }
        match steps.is_empty() {
            true => Next::Done(self.outcome(promoted, successor)),
            false => Next::Do(steps),
        }
    }

    /// How it stands, with a new source: in the end, or while some of its replicas are on their
    /// way.
    pub(super) fn outcome(&self, promoted: &StepResult, successor: &InstanceKey) -> Outcome {
        let binlog = promoted.outcome.as_ref().map(|e| e.binlog.clone()).unwrap_or_default();
        let mut errors = self.errors();
        if let Some(holds) = self.sealed.get(successor).map(|s| &s.executed) {
            let losses = self.losses(holds);
            errors.extend(losses.iter().map(|gtids| format!("may be lost: {gtids}")));
        }
        if self.is_silent(successor) {
            errors
                .push(format!("{successor} does not answer any more; its replicas stay below it"));
        }
        let unread = self.recovery.replicas.iter().filter(|key| !self.was_sealed(key));
        errors.extend(
            unread.filter(|key| *key != successor).map(|key| {
                format!("{key} could not be reached: what it received last is not known")
            }),
        );
        Outcome {
            successor: Some(successor.clone()),
            promoted: Some(promoted.finished),
            binlog,
            lost: self.lost(successor),
            errors,
            needless: false,
        }
    }

    fn announcement(&self, successor: &InstanceKey) -> Vec<Step> {
        let step = Step::Announce { successor: successor.clone() };
        if self.is_done(&step) { Vec::new() } else { vec![step] }
    }

    /// Once, whatever comes of them: applications wait for what they switch.
    fn hooks_after_promotion(&self) -> Option<Step> {
        let list = HookList::PostMasterFailover;
        let step = Step::Hooks(list);
        let wanted = !self.recovery.skip_hooks && !list.commands(&self.view.config).is_empty();
        (wanted && !self.is_done(&step)).then_some(step)
    }

    fn is_done(&self, step: &Step) -> bool {
        self.current.iter().any(|result| result.step == *step)
    }

    pub(super) fn point_to_results(
        &self,
        replica: &InstanceKey,
        successor: &InstanceKey,
    ) -> Vec<&'a StepResult> {
        let wanted = |a: &Action| matches!(a, Action::PointTo { replica: r, source, .. } if r == replica && source == successor);
        self.current.iter().filter(|r| matches!(&r.step, Step::Server(a) if wanted(a))).collect()
    }

    pub(super) fn follows(&self, replica: &InstanceKey, successor: &InstanceKey) -> bool {
        self.point_to_results(replica, successor)
            .iter()
            .any(|r| r.outcome.as_ref().is_ok_and(|effect| effect.replicating))
    }

    /// Every follower is put below the successor, and gets a second try if that failed.
    pub(super) fn moves(&self, successor: &InstanceKey) -> Vec<Step> {
        self.followers(successor)
            .into_iter()
            .filter(|replica| {
                let tries = self.point_to_results(replica, successor);
                let pointless = !tries.is_empty() && self.is_silent(successor);
                !self.follows(replica, successor) && tries.len() < 2 && !pointless
            })
            .map(|replica| {
                Step::Server(Action::PointTo {
                    delay: self.lifted_delay(&replica),
                    known_as: self.virtual_name(successor),
                    replica,
                    source: successor.clone(),
                    confirm: CONFIRM,
                })
            })
            .collect()
    }

    /// The delay that the replica had before it was asked to apply everything.
    fn lifted_delay(&self, replica: &InstanceKey) -> Option<u64> {
        let drained = |a: &Action| matches!(a, Action::Drain { replica: r, .. } if r == replica);
        let steps = self.recovery.done.iter().map(|result| &result.step);
        let was_drained = steps.filter(|s| matches!(s, Step::Server(a) if drained(a))).count() > 0;
        let delay = self.found(replica)?.delay_seconds;
        (was_drained && delay > 0).then_some(delay)
    }

    /// Replicas that were not seen replicating from the successor, and will not be moved again.
    /// Those that were put below a successor that then fell silent are not to blame: they stay,
    /// for its own recovery.
    pub(super) fn lost(&self, successor: &InstanceKey) -> Vec<InstanceKey> {
        let silent = self.is_silent(successor);
        let moves = self.moves(successor);
        let on_its_way = |key: &InstanceKey| moves.iter().any(|step| step.server() == Some(key));
        let waits_below = |key: &InstanceKey| silent && self.is_below(key, successor);
        self.recovery
            .replicas
            .iter()
            .filter(|key| *key != successor && !self.follows(key, successor))
            .filter(|key| !on_its_way(key) && !waits_below(key))
            .cloned()
            .collect()
    }

    pub(super) fn is_silent(&self, key: &InstanceKey) -> bool {
        self.view.instance(key).is_some_and(|instance| !instance.is_valid())
    }

    /// It was put below the successor, whether it was seen replicating or not.
    fn is_below(&self, replica: &InstanceKey, successor: &InstanceKey) -> bool {
        self.point_to_results(replica, successor).iter().any(|result| result.outcome.is_ok())
    }

    /// Why a resumed recovery has nothing left to do: the world went on without it.
    fn overtaken(&self, successor: &InstanceKey) -> Option<String> {
        self.recovery.resumed?;
        if self.is_silent(successor) {
            return Some(format!("{successor} was promoted, and does not answer any more"));
        }
        let other = self.healed_by_others().or_else(|| self.relocated_replica())?;
        Some(format!("{successor} was promoted, and somebody else changed {other} since"))
    }

    /// Lost replicas that can be reached are detached, once, where that is wanted.
    pub(super) fn detaches(&self, lost: &[InstanceKey], successor: &InstanceKey) -> Vec<Step> {
        if !self.view.config.raw.detach_lost_replicas_after_master_failover {
            return Vec::new();
        }
        let tried = |key: &InstanceKey| {
            self.result_of(|a| matches!(a, Action::Detach { replica } if replica == key)).is_some()
        };
        lost.iter()
            .filter(|key| self.sealed.contains_key(*key) && !tried(key))
            .filter(|key| !self.is_below(key, successor))
            .map(|replica| Step::Server(Action::Detach { replica: replica.clone() }))
            .collect()
    }

    pub(super) fn errors(&self) -> Vec<String> {
        let failed = self.recovery.done.iter().filter_map(|result| {
            let error = result.outcome.as_ref().err()?;
            Some(format!("{}: {error}", result.step))
        });
        failed.collect()
    }
}
