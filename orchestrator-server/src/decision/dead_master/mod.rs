//! The recovery of a dead source, by GTID: seal the replicas, find the one that retrieved most,
//! let it apply everything, promote it (or let the preferred one catch up from it), put the
//! others below. Asked again after each batch; all that it knows is in the view and the
//! journaled results, so another node can go on with it.

mod followers;
mod guards;
mod losses;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use shared::InstanceKey;

use super::{
    candidate::{self, Choice, Sealed},
    step::{Step, StepResult},
};
use crate::{
    clock::Moment,
    inventory::view::ClusterView,
    journal::facts::Recovery,
    mysql::{
        driver::{Action, Found},
        state::Position,
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
    if let Some(other) = story.healed_by_others() {
        return story.call_off(&format!("{other} was made the source by somebody else"));
    }
    if let Some(replica) = story.relocated_replica() {
        return story.call_off(&format!("somebody else gave {replica} another source"));
    }
    if let Some(promotion) = story.unknown_promotion() {
        return Next::Do(vec![promotion]);
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

/// How a recovery stands that has a new source.
#[must_use]
pub fn so_far(view: &ClusterView, recovery: &Recovery) -> Option<Outcome> {
    let story = Story::read(view, recovery);
    let promoted = story.promoted()?;
    Some(story.outcome(promoted, promoted.step.server()?))
}

fn is_resume(step: &Step) -> bool {
    matches!(step, Step::Server(Action::Resume { .. }))
}

/// The recovery so far, in the terms of the next decision.
struct Story<'a> {
    view: &'a ClusterView,
    recovery: &'a Recovery,
    /// Results since the last failed promotion, and since the recovery was resumed: positions read
    /// before mean nothing now.
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
        let promoted = |r: &StepResult| {
            r.outcome.is_ok() && matches!(r.step, Step::Server(Action::Promote { .. }))
        };
        let failed = recovery.done.iter().rposition(failed_promotion).map_or(0, |at| at + 1);
        let before = |r: &StepResult| recovery.resumed.is_some_and(|at| r.finished < at);
        let start = match recovery.done.iter().any(promoted) {
            true => failed,
            false => failed.max(recovery.done.iter().take_while(|r| before(r)).count()),
        };
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

    fn virtual_name(&self, source: &InstanceKey) -> Option<String> {
        let registered = self.view.facts.virtual_names.get(source.hostname());
        registered.map(|virtual_name| virtual_name.name.clone())
    }

    /// How the replica was before this recovery touched it.
    fn found(&self, key: &InstanceKey) -> Option<Found> {
        let seal = |r: &&StepResult| matches!(&r.step, Step::Server(Action::Seal { replica }) if replica == key);
        let seals = self.recovery.done.iter().filter(seal);
        seals.filter_map(|r| r.outcome.as_ref().ok()?.found).next()
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

    /// Replicas that answer and were not sealed yet.
    fn to_seal(&self) -> Vec<Step> {
        let sealed = |key: &InstanceKey| {
            self.result_of(|a| matches!(a, Action::Seal { replica } if replica == key)).is_some()
        };
        self.recovery
            .replicas
            .iter()
            .filter(|key| self.view.instance(key).is_some_and(|i| i.is_valid()))
            .filter(|key| !sealed(key))
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
            let known_as = self.virtual_name(&source);
            Action::PointTo { replica, source, confirm: CONFIRM, delay: None, known_as }
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
}

#[cfg(test)]
mod tests;
