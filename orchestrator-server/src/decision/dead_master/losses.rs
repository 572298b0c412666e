//! What a promotion would lose, as far as anybody saw it, and whether that is allowed.

use shared::InstanceKey;

use super::Story;
use crate::{
    config::SqlThreadPolicy,
    decision::{
        candidate::{self, Choice},
        loss,
        step::Step,
    },
    mysql::{driver::Action, state::Position},
};

impl<'a> Story<'a> {
    /// What the promotion would lose, if that is more than the cluster's policy allows.
    pub(super) fn forbidden_loss(
        &self,
        choice: &Choice,
        candidate: &InstanceKey,
    ) -> Option<String> {
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

    /// What replicas received that a server with `holds` lacks, in words; transactions that a
    /// replica wrote itself aside.
    pub(super) fn losses(&self, holds: &Position) -> Vec<String> {
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
    pub(super) fn known_of_unsealed(&self, holds: &Position) -> Vec<String> {
        let unsealed = self.recovery.replicas.iter().filter(|key| !self.was_sealed(key));
        let held = |key: &InstanceKey| Some(self.view.instance(key)?.state.as_ref()?.held());
        unsealed
            .filter_map(|key| Some((key, held(key)?)))
            .filter(|(key, held)| !candidate::covers(self.view, holds, key, held))
            .map(|(key, held)| format!("{} (last seen on {key})", held.minus_text(holds)))
            .collect()
    }

    pub(super) fn was_sealed(&self, key: &InstanceKey) -> bool {
        let seal = |a: &Action| matches!(a, Action::Seal { replica } if replica == key);
        self.result_of(seal).is_some_and(|result| result.outcome.is_ok())
    }

    /// What the failed source was last seen to have written itself and `holds` lacks. More may be
    /// lost: nobody saw what it wrote after that.
    pub(super) fn known_of_the_source(&self, holds: &Position) -> Option<String> {
        let source = &self.recovery.key;
        let state = self.view.instance(source)?.state.as_ref()?;
        let written = state.gtid.executed.written_by(&state.server_uuid, state.server_id);
        (!holds.contains(&written))
            .then(|| format!("{} (executed by {source})", written.minus_text(holds)))
    }
}
