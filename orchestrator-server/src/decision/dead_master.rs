//! The recovery of a dead source, by GTID: seal the replicas, find the one that retrieved most,
//! let it apply everything, promote it (or let the preferred one catch up from it), put the
//! others below. Asked again after each batch; all that it knows is in the view and the
//! journaled results, so another node can go on with it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use shared::InstanceKey;

use super::{
    candidate::{self, Choice, Sealed},
    follow::obstacle,
    loss,
    step::{HookList, Step, StepResult},
};
use crate::{
    clock::Moment,
    config::SqlThreadPolicy,
    inventory::view::ClusterView,
    journal::facts::Recovery,
    mysql::{
        driver::{Action, ActionError},
        state::{Position, ThreadState},
    },
};

/// Longest wait for a re-pointed replica to be seen replicating.
const CONFIRM: Duration = Duration::from_secs(5);

/// A promotion of which nobody can say whether it happened is tried this often.
const PROMOTION_TRIES: usize = 3;

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Do these, then ask again. None of them needs another one's result.
    Do(Vec<Step>),
    /// Nothing is left to do.
    Done(Outcome),
}

/// What became of the recovery.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The new source; none if nothing was promoted.
    pub successor: Option<InstanceKey>,
    /// When it became writeable.
    pub promoted: Option<Moment>,
    /// Its binary log position right then, `file:pos`.
    pub binlog: String,
    /// Replicas that do not replicate from it.
    pub lost: Vec<InstanceKey>,
    /// What went wrong, in words, and what may be lost.
    pub errors: Vec<String>,
    /// It turned out that the source is alive.
    pub needless: bool,
}

/// The next batch, or the end.
#[must_use]
pub fn next(view: &ClusterView, recovery: &Recovery) -> Next {
    let story = Story::read(view, recovery);
    if let Some(end) = story.pre_failover_hooks() {
        return end;
    }
    if let Some(promoted) = story.promoted() {
        return story.after_promotion(promoted);
    }
    if let Some(promotion) = story.unknown_promotion() {
        return Next::Do(vec![promotion]);
    }
    if let Some(other) = story.healed_by_others() {
        return story.call_off(&format!("{other} was made the source by somebody else"));
    }
    if story.source_is_back() {
        let key = &recovery.key;
        return story.call_off(&format!("{key} answers again; nothing was promoted"));
    }
    if let Some(replica) = story.connected_replica() {
        let key = &recovery.key;
        return story.call_off(&format!("{replica} is connected to {key}; nothing was promoted"));
    }
    match story.before_promotion() {
        // Replicas received again meanwhile: what was known of them means nothing any more.
        Next::Do(steps) if story.was_called_off() && !steps.iter().all(is_resume) => {
            story.call_off("it was called off")
        }
        next => next,
    }
}

fn is_resume(step: &Step) -> bool {
    matches!(step, Step::Server(Action::Resume { .. }))
}

/// The recovery so far, in the terms of the next decision.
struct Story<'a> {
    view: &'a ClusterView,
    recovery: &'a Recovery,
    /// Results since the last failed promotion: positions read before it mean nothing now.
    current: &'a [StepResult],
    /// What each sealed replica holds.
    sealed: BTreeMap<InstanceKey, Sealed>,
    /// Replicas that could not apply all that they hold.
    stuck: BTreeSet<InstanceKey>,
    /// Servers that failed as candidates.
    failed_candidates: BTreeSet<InstanceKey>,
    /// Candidates that could not replicate from the server they were to catch up from.
    failed_follows: Vec<(InstanceKey, InstanceKey)>,
}

impl<'a> Story<'a> {
    fn read(view: &'a ClusterView, recovery: &'a Recovery) -> Self {
        let failed_promotion = |r: &StepResult| {
            r.outcome.is_err() && matches!(r.step, Step::Server(Action::Promote { .. }))
        };
        let start = recovery.done.iter().rposition(failed_promotion).map_or(0, |at| at + 1);
        let mut story = Self {
            view,
            recovery,
            current: &recovery.done[start..],
            sealed: BTreeMap::new(),
            stuck: BTreeSet::new(),
            failed_candidates: BTreeSet::new(),
            failed_follows: Vec::new(),
        };
        for result in recovery.done.iter().filter(|r| failed_promotion(r)) {
            story.failed_candidates.extend(result.step.server().cloned());
        }
        for result in story.current {
            story.learn(result);
        }
        story
    }

    fn learn(&mut self, result: &StepResult) {
        let Step::Server(action) = &result.step else { return };
        let key = action.server().clone();
        let applies = matches!(action, Action::Drain { .. } | Action::CatchUp { .. });
        match &result.outcome {
            Ok(effect) if matches!(action, Action::Seal { .. }) || applies => {
                let position = |text: &str| self.position(&key, text);
                let executed = position(&effect.executed);
                let held = position(&effect.held);
                if applies && !effect.drained {
                    self.stuck.insert(key.clone());
                }
                // What a stuck replica cannot apply, nobody can use.
                let held = if self.stuck.contains(&key) { executed.clone() } else { held };
                self.sealed.insert(key, Sealed { executed, held, drained: effect.drained });
            }
            Err(_) if matches!(action, Action::Seal { .. }) || applies => {
                self.sealed.remove(&key);
                self.failed_candidates.insert(key);
            }
            outcome => {
                let Action::PointTo { replica, source, .. } = action else { return };
                let replicates = outcome.as_ref().is_ok_and(|effect| effect.replicating);
                if !replicates && !self.is_promoted() {
                    self.failed_follows.push((replica.clone(), source.clone()));
                }
            }
        }
    }

    fn position(&self, key: &InstanceKey, text: &str) -> Position {
        let flavor = self.view.instance(key).map(|i| i.flavor()).unwrap_or(shared::Flavor::MySql);
        Position::parse(text, flavor)
    }

    fn result_of(&self, wanted: impl Fn(&Action) -> bool) -> Option<&'a StepResult> {
        self.current.iter().rev().find(|r| matches!(&r.step, Step::Server(a) if wanted(a)))
    }

    fn is_promoted(&self) -> bool {
        self.promoted().is_some()
    }

    /// The promotion that succeeded.
    fn promoted(&self) -> Option<&'a StepResult> {
        self.result_of(|a| matches!(a, Action::Promote { .. })).filter(|r| r.outcome.is_ok())
    }

    /// Run the hooks that may veto, before anything is touched.
    fn pre_failover_hooks(&self) -> Option<Next> {
        let list = HookList::PreFailover;
        if self.recovery.skip_hooks || list.commands(&self.view.config).is_empty() {
            return None;
        }
        let done = self.recovery.done.iter().find(|r| r.step == Step::Hooks(list));
        match done.map(|r| &r.outcome) {
            None => Some(Next::Do(vec![Step::Hooks(list)])),
            Some(Ok(_)) => None,
            Some(Err(error)) => Some(Next::Done(Outcome {
                errors: vec![format!("{} failed: {error}", list.name())],
                ..Outcome::default()
            })),
        }
    }

    /// The failed source gave a sign of life since, which clears its failed attempts, and no
    /// promotion may have happened.
    fn source_is_back(&self) -> bool {
        let is_promotion = |s: &Step| matches!(s, Step::Server(Action::Promote { .. }));
        let unsettled = |r: &StepResult| matches!(r.outcome, Err(ActionError::Unknown(_)));
        let began = self.recovery.intended.iter().any(is_promotion)
            || self.recovery.done.iter().any(|r| is_promotion(&r.step) && unsettled(r));
        !began
            && self.view.instance(&self.recovery.key).is_some_and(|source| {
                let read_since = source.check.state_since >= Some(self.recovery.started);
                source.is_valid() && read_since || source.check.failed_attempts.is_empty()
            })
    }

    /// A replica that was read since the recovery began and still receives from the failed source:
    /// after an interruption the world may have changed.
    fn connected_replica(&self) -> Option<&InstanceKey> {
        let connected = |key: &InstanceKey| {
            self.view.instance(key).is_some_and(|i| {
                i.is_valid()
                    && i.check.state_since >= Some(self.recovery.started)
                    && i.source.attached() == Some(&self.recovery.key)
                    && i.channel().is_some_and(|c| c.io == ThreadState::Running)
            })
        };
        self.recovery.replicas.iter().find(|key| connected(key))
    }

    fn before_promotion(&self) -> Next {
        let unsealed = self.to_seal();
        if !unsealed.is_empty() {
            return Next::Do(unsealed);
        }
        if self.sealed.is_empty() {
            return self.give_up("no replica could be reached");
        }
        let choice = self.choose();
        let Some(candidate) = choice.candidate.clone() else {
            return self.give_up(&choice.explain_nobody());
        };
        if let Some(reason) = self.forbidden_loss(&choice, &candidate) {
            return self.give_up(&reason);
        }
        self.bring_up_to_date(&choice, &candidate)
            .unwrap_or_else(|| Next::Do(vec![self.promote(&candidate)]))
    }

    /// Those who could not follow a donor are not chosen again; if nobody is left, it was the
    /// donor that could not be followed.
    fn choose(&self) -> Choice {
        let choose = |sealed: &BTreeMap<InstanceKey, Sealed>, excluded: &BTreeSet<InstanceKey>| {
            let (failed, wanted) = (&self.recovery.key, self.recovery.wanted.as_ref());
            candidate::choose(self.view, failed, sealed, wanted, excluded)
        };
        let mut excluded = self.failed_candidates.clone();
        excluded.extend(self.failed_follows.iter().map(|(follower, _)| follower.clone()));
        let choice = choose(&self.sealed, &excluded);
        if choice.candidate.is_some() || self.failed_follows.is_empty() {
            return choice;
        }
        let mut sealed = self.sealed.clone();
        sealed.retain(|key, _| !self.failed_follows.iter().any(|(_, donor)| donor == key));
        choose(&sealed, &self.failed_candidates)
    }

    /// What the promotion would lose, if that is more than the cluster's policy allows.
    fn forbidden_loss(&self, choice: &Choice, candidate: &InstanceKey) -> Option<String> {
        if self.recovery.forced {
            return None;
        }
        if self.stuck.contains(candidate) && self.view.config.sql_thread == SqlThreadPolicy::Fail {
            return Some(format!(
                "FailMasterPromotionIfSQLThreadNotUpToDate is set and {candidate} could not apply all that it received"
            ));
        }
        let own = self.sealed.get(candidate).map(|s| &s.executed);
        let holds = own.filter(|_| self.stuck.contains(candidate)).unwrap_or(&choice.holds);
        let losses = self.losses(holds);
        (!losses.is_empty()).then(|| loss::refuses(self.view, &losses.join(", "))).flatten()
    }

    /// Replicas that answer and were not sealed yet.
    fn to_seal(&self) -> Vec<Step> {
        let sealed = |key: &InstanceKey| {
            self.result_of(|a| matches!(a, Action::Seal { replica } if replica == key)).is_some()
        };
        self.recovery
            .replicas
            .iter()
            .filter(|key| self.view.instance(key).is_some_and(|i| i.is_valid()))
            .filter(|key| !sealed(key) && !self.failed_candidates.contains(*key))
            .map(|replica| Step::Server(Action::Seal { replica: replica.clone() }))
            .collect()
    }

    /// What must happen before the candidate holds and has applied everything.
    fn bring_up_to_date(&self, choice: &Choice, candidate: &InstanceKey) -> Option<Next> {
        let stall = self.view.config.promotion_apply_wait();
        let needs_drain = |key: &InstanceKey| {
            !self.stuck.contains(key) && self.sealed.get(key).is_some_and(|s| !s.drained)
        };
        let drains: Vec<Step> = BTreeSet::from([&choice.donor, candidate])
            .into_iter()
            .filter(|key| needs_drain(key))
            .map(|key| Step::Server(Action::Drain { replica: key.clone(), stall }))
            .collect();
        if !drains.is_empty() {
            return Some(Next::Do(drains));
        }
        let is_as_far_as_it_gets = self.stuck.contains(candidate);
        if choice.donor == *candidate
            || is_as_far_as_it_gets
            || self.has_all_of(candidate, &choice.donor)
        {
            return None;
        }
        let (replica, source) = (candidate.clone(), choice.donor.clone());
        let below = |a: &Action| matches!(a, Action::PointTo { replica: r, source: s, .. } if *r == replica && *s == source);
        let step = if self.result_of(below).is_none() {
            Action::PointTo { replica, source, confirm: CONFIRM }
        } else {
            let target = self.sealed.get(&source).map(|s| s.held.to_string()).unwrap_or_default();
            Action::CatchUp { replica, target, stall }
        };
        Some(Next::Do(vec![Step::Server(step)]))
    }

    /// `key` has applied all that `other` holds, errant transactions of `other` aside.
    fn has_all_of(&self, key: &InstanceKey, other: &InstanceKey) -> bool {
        let (Some(mine), Some(theirs)) = (self.sealed.get(key), self.sealed.get(other)) else {
            return false;
        };
        candidate::covers(self.view, &mine.executed, other, &theirs.held)
    }

    /// The others are put below it afterwards: until then they keep what they retrieved.
    fn promote(&self, candidate: &InstanceKey) -> Step {
        let keep_relay_log = self.stuck.contains(candidate);
        Step::Server(Action::Promote { server: candidate.clone(), keep_relay_log })
    }

    /// A promotion that was begun and of which nobody knows whether it happened: before anybody
    /// else is promoted it is done again, which changes nothing if it did happen.
    fn unknown_promotion(&self) -> Option<Step> {
        let is_promotion = |step: &Step| matches!(step, Step::Server(Action::Promote { .. }));
        if let Some(interrupted) = self.recovery.intended.iter().find(|step| is_promotion(step)) {
            return Some(interrupted.clone());
        }
        let tries = self.recovery.done.iter().rev().take_while(|result| is_promotion(&result.step));
        let last = self.recovery.done.last()?;
        let unknown = matches!(last.outcome, Err(ActionError::Unknown(_)));
        (is_promotion(&last.step) && unknown && tries.count() < PROMOTION_TRIES)
            .then(|| last.step.clone())
    }

    /// A replica that somebody made writeable and took from the failed source while this recovery
    /// was interrupted.
    fn healed_by_others(&self) -> Option<&InstanceKey> {
        let promoted_here = |key: &InstanceKey| {
            let steps = self.recovery.done.iter().map(|result| &result.step);
            steps
                .filter(|s| matches!(s, Step::Server(Action::Promote { .. })))
                .any(|s| s.server() == Some(key))
        };
        let healed = |key: &InstanceKey| {
            self.view.instance(key).is_some_and(|i| {
                let writeable = i.state.as_ref().is_some_and(|state| !state.read_only);
                i.is_valid()
                    && writeable
                    && i.check.state_since >= Some(self.recovery.started)
                    && i.source.attached().is_none()
                    && !i.source.is_detached()
            })
        };
        self.recovery.replicas.iter().find(|key| healed(key) && !promoted_here(key))
    }

    fn followers(&self, candidate: &InstanceKey) -> Vec<InstanceKey> {
        let others = self.sealed.keys().filter(|key| *key != candidate);
        others
            .filter(|key| !self.stuck.contains(*key) && self.has_all_of(candidate, key))
            .filter(|key| self.can_follow(key, candidate))
            .cloned()
            .collect()
    }

    /// Versions, binary logs and filters allow `replica` to replicate from `source`.
    fn can_follow(&self, replica: &InstanceKey, source: &InstanceKey) -> bool {
        let state = |key| self.view.instance(key).and_then(|i| i.state.clone());
        let (Some(mine), Some(theirs)) = (state(replica), state(source)) else { return false };
        let held = self.sealed.get(replica).map(|s| s.held.clone()).unwrap_or_default();
        obstacle(&self.view.config, &mine, &held, &theirs).is_none()
    }

    /// What replicas received that a server with `holds` lacks, in words; transactions that a
    /// replica wrote itself aside.
    fn losses(&self, holds: &Position) -> Vec<String> {
        let seals =
            self.current.iter().filter_map(|result| match (&result.step, &result.outcome) {
                (Step::Server(Action::Seal { replica }), Ok(effect)) => {
                    Some((replica, self.position(replica, &effect.held)))
                }
                _ => None,
            });
        let received = seals
            .filter(|(replica, held)| !candidate::covers(self.view, holds, replica, held))
            .map(|(replica, held)| format!("{} (received by {replica})", held.minus_text(holds)));
        received
            .chain(self.known_of_unsealed(holds))
            .chain(self.known_of_the_source(holds))
            .collect()
    }

    /// The same for replicas that could not be sealed, as far as they were read before.
    fn known_of_unsealed(&self, holds: &Position) -> Vec<String> {
        let unsealed = self.recovery.replicas.iter().filter(|key| !self.was_sealed(key));
        let held = |key: &InstanceKey| Some(self.view.instance(key)?.state.as_ref()?.held());
        unsealed
            .filter_map(|key| Some((key, held(key)?)))
            .filter(|(key, held)| !candidate::covers(self.view, holds, key, held))
            .map(|(key, held)| format!("{} (last seen on {key})", held.minus_text(holds)))
            .collect()
    }

    fn was_sealed(&self, key: &InstanceKey) -> bool {
        let seal = |a: &Action| matches!(a, Action::Seal { replica } if replica == key);
        self.result_of(seal).is_some_and(|result| result.outcome.is_ok())
    }

    /// What the failed source was last seen to have written itself and `holds` lacks. More may be
    /// lost: nobody saw what it wrote after that.
    fn known_of_the_source(&self, holds: &Position) -> Option<String> {
        let source = &self.recovery.key;
        let state = self.view.instance(source)?.state.as_ref()?;
        let written = state.gtid.executed.written_by(&state.server_uuid, state.server_id);
        (!holds.contains(&written))
            .then(|| format!("{} (executed by {source})", written.minus_text(holds)))
    }

    /// Somebody was told to receive again.
    fn was_called_off(&self) -> bool {
        self.current.iter().any(|result| is_resume(&result.step))
    }

    fn after_promotion(&self, promoted: &StepResult) -> Next {
        let Some(successor) = promoted.step.server() else {
            return self.give_up("the promotion names no server");
        };
        let moves = self.moves(successor);
        if !moves.is_empty() {
            return Next::Do(moves);
        }
        let lost = self.lost(successor);
        let detaches = self.detaches(&lost);
        if !detaches.is_empty() {
            return Next::Do(detaches);
        }
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
        Next::Done(Outcome {
            successor: Some(successor.clone()),
            promoted: Some(promoted.finished),
            binlog,
            lost,
            errors,
            needless: false,
        })
    }

    fn point_to_results(
        &self,
        replica: &InstanceKey,
        successor: &InstanceKey,
    ) -> Vec<&'a StepResult> {
        let wanted = |a: &Action| matches!(a, Action::PointTo { replica: r, source, .. } if r == replica && source == successor);
        self.current.iter().filter(|r| matches!(&r.step, Step::Server(a) if wanted(a))).collect()
    }

    fn follows(&self, replica: &InstanceKey, successor: &InstanceKey) -> bool {
        self.point_to_results(replica, successor)
            .iter()
            .any(|r| r.outcome.as_ref().is_ok_and(|effect| effect.replicating))
    }

    /// Every follower is put below the successor, and gets a second try if that failed.
    fn moves(&self, successor: &InstanceKey) -> Vec<Step> {
        self.followers(successor)
            .into_iter()
            .filter(|replica| {
                let tries = self.point_to_results(replica, successor);
                let failed = tries.iter().all(|result| result.outcome.is_err());
                !self.follows(replica, successor) && failed && tries.len() < 2
            })
            .map(|replica| {
                Step::Server(Action::PointTo {
                    replica,
                    source: successor.clone(),
                    confirm: CONFIRM,
                })
            })
            .collect()
    }

    /// Replicas that were not seen replicating from the successor. Those that were put below a
    /// successor that then fell silent are not to blame: they stay, for its own recovery.
    fn lost(&self, successor: &InstanceKey) -> Vec<InstanceKey> {
        let silent = self.is_silent(successor);
        let is_below = |key: &InstanceKey| {
            self.point_to_results(key, successor).iter().any(|result| result.outcome.is_ok())
        };
        self.recovery
            .replicas
            .iter()
            .filter(|key| *key != successor && !self.follows(key, successor))
            .filter(|key| !(silent && is_below(key)))
            .cloned()
            .collect()
    }

    fn is_silent(&self, key: &InstanceKey) -> bool {
        self.view.instance(key).is_some_and(|instance| !instance.is_valid())
    }

    /// Lost replicas that can be reached are detached, once, where that is wanted.
    fn detaches(&self, lost: &[InstanceKey]) -> Vec<Step> {
        if !self.view.config.raw.detach_lost_replicas_after_master_failover {
            return Vec::new();
        }
        let tried = |key: &InstanceKey| {
            self.result_of(|a| matches!(a, Action::Detach { replica } if replica == key)).is_some()
        };
        lost.iter()
            .filter(|key| self.sealed.contains_key(*key) && !tried(key))
            .map(|replica| Step::Server(Action::Detach { replica: replica.clone() }))
            .collect()
    }

    fn errors(&self) -> Vec<String> {
        let failed = self.recovery.done.iter().filter_map(|result| {
            let error = result.outcome.as_ref().err()?;
            Some(format!("{}: {error}", result.step))
        });
        failed.collect()
    }

    /// Replicas that were sealed, or may have been.
    fn touched(&self) -> BTreeSet<InstanceKey> {
        let steps = self.recovery.intended.iter().chain(self.recovery.done.iter().map(|r| &r.step));
        steps
            .filter_map(|step| match step {
                Step::Server(Action::Seal { replica }) => Some(replica.clone()),
                _ => None,
            })
            .collect()
    }

    /// As [`Self::give_up`], because there is nothing to recover.
    fn call_off(&self, reason: &str) -> Next {
        match self.give_up(reason) {
            Next::Done(outcome) => Next::Done(Outcome { needless: true, ..outcome }),
            more => more,
        }
    }

    /// Nothing is promoted: the sealed replicas may receive again, then it is over.
    fn give_up(&self, reason: &str) -> Next {
        let tried = |key: &InstanceKey| {
            self.result_of(|a| matches!(a, Action::Resume { replica } if replica == key)).is_some()
        };
        let still_below = |key: &InstanceKey| {
            let source = self.view.instance(key).and_then(|i| i.source.attached().cloned());
            source.as_ref() == Some(&self.recovery.key)
        };
        let resumes: Vec<Step> = self
            .touched()
            .iter()
            .filter(|key| !tried(key) && still_below(key))
            .map(|replica| Step::Server(Action::Resume { replica: replica.clone() }))
            .collect();
        if !resumes.is_empty() {
            return Next::Do(resumes);
        }
        let mut errors = vec![reason.to_owned()];
        errors.extend(self.errors());
        Next::Done(Outcome { errors, ..Outcome::default() })
    }
}

#[cfg(test)]
#[path = "dead_master_tests.rs"]
mod tests;
