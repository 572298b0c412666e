//! What stops a recovery on its way, or must come before everything else: vetoes, a source that is
//! alive, a promotion of which nobody knows whether it happened, and how it is called off.

use std::collections::BTreeSet;

use shared::InstanceKey;

use super::{Next, Outcome, PROMOTION_TRIES, Story, is_resume};
use crate::{
    decision::step::{HookList, Step, StepResult},
    inventory::view::Instance,
    mysql::{
        driver::{Action, ActionError},
        state::ThreadState,
    },
};

impl<'a> Story<'a> {
    /// Run the hooks that may veto, before anything is touched.
    pub(super) fn pre_failover_hooks(&self) -> Option<Next> {
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
    pub(super) fn source_is_back(&self) -> bool {
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
    pub(super) fn connected_replica(&self) -> Option<&InstanceKey> {
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

    /// A promotion that was begun and of which nobody knows whether it happened: before anybody
    /// else is promoted it is done again, which changes nothing if it did happen.
    pub(super) fn unknown_promotion(&self) -> Option<Step> {
        let is_promotion = |step: &Step| matches!(step, Step::Server(Action::Promote { .. }));
        if let Some(interrupted) = self.recovery.intended.iter().find(|step| is_promotion(step)) {
            let happened = interrupted.server().map(|key| self.happened(key));
            return (happened != Some(Some(false))).then(|| interrupted.clone());
        }
        let tries = self.recovery.done.iter().rev().take_while(|result| is_promotion(&result.step));
        let last = self.recovery.done.last()?;
        let unknown = matches!(last.outcome, Err(ActionError::Unknown(_)));
        (is_promotion(&last.step) && unknown && tries.count() < PROMOTION_TRIES)
            .then(|| last.step.clone())
    }

    /// Whether the promotion of the server happened, where it was read since the recovery began.
    fn happened(&self, key: &InstanceKey) -> Option<bool> {
        let instance = self.read_since(key)?;
        let writeable = instance.state.as_ref().is_some_and(|state| !state.read_only);
        Some(writeable && instance.source.attached().is_none())
    }

    fn read_since(&self, key: &InstanceKey) -> Option<&Instance> {
        let instance = self.view.instance(key).filter(|i| i.is_valid())?;
        (instance.check.state_since >= Some(self.recovery.started)).then_some(&**instance)
    }

    /// A replica that replicates from a server that neither failed nor was given to it by this
    /// recovery.
    pub(super) fn relocated_replica(&self) -> Option<&InstanceKey> {
        self.recovery.replicas.iter().find(|key| self.is_relocated(key))
    }

    /// See [`Self::relocated_replica`].
    pub(super) fn is_relocated(&self, key: &InstanceKey) -> bool {
        let steps = self.recovery.intended.iter().chain(self.recovery.done.iter().map(|r| &r.step));
        let given: BTreeSet<&InstanceKey> = steps
            .filter_map(|step| match step {
                Step::Server(Action::PointTo { replica, source, .. }) if replica == key => {
                    Some(source)
                }
                _ => None,
            })
            .chain([&self.recovery.key])
            .collect();
        let source = self.read_since(key).and_then(|i| i.source.attached());
        source.is_some_and(|source| !given.contains(source))
    }

    /// A replica that somebody made writeable and took from the failed source while this recovery
    /// was interrupted.
    pub(super) fn healed_by_others(&self) -> Option<&InstanceKey> {
        let promoted_here = |key: &InstanceKey| {
            let done = self.recovery.done.iter().map(|result| &result.step);
            let steps = self.recovery.intended.iter().chain(done);
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

    /// Somebody was told to receive again.
    pub(super) fn was_called_off(&self) -> bool {
        self.current.iter().any(|result| is_resume(&result.step))
    }

    /// Replicas that were sealed, or may have been.
    pub(super) fn touched(&self) -> BTreeSet<InstanceKey> {
        let steps = self.recovery.intended.iter().chain(self.recovery.done.iter().map(|r| &r.step));
        steps
            .filter_map(|step| match step {
                Step::Server(Action::Seal { replica }) => Some(replica.clone()),
                _ => None,
            })
            .collect()
    }

    /// As [`Self::give_up`], because there is nothing to recover.
    pub(super) fn call_off(&self, reason: &str) -> Next {
        match self.give_up(reason) {
            Next::Done(outcome) => Next::Done(Outcome { needless: true, ..outcome }),
            more => more,
        }
    }

    /// Nothing is promoted: the sealed replicas may receive again, then it is over.
    pub(super) fn give_up(&self, reason: &str) -> Next {
        let tried = |key: &InstanceKey| {
            self.result_of(|a| matches!(a, Action::Resume { replica, .. } if replica == key))
                .is_some()
        };
        let still_below = |key: &InstanceKey| {
            let source = self.view.instance(key).and_then(|i| i.source.attached().cloned());
            source.as_ref() == Some(&self.recovery.key)
        };
        let resumes: Vec<Step> = self
            .touched()
            .iter()
            .filter(|key| !tried(key) && still_below(key))
            .map(|key| {
                let found = self.found(key).unwrap_or_default();
                Step::Server(Action::Resume { replica: key.clone(), found })
            })
            .collect();
        if !resumes.is_empty() {
            return Next::Do(resumes);
        }
        let mut errors = vec![reason.to_owned()];
        errors.extend(self.errors());
        Next::Done(Outcome { errors, ..Outcome::default() })
    }
}
