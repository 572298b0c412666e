//! Semi-sync settings that go along with starting replication and with read-only, where
//! `DetectSemiSyncEnforcedQuery` gives servers a priority. Pure.

use shared::PromotionRule;

use super::Operation;
use crate::{
    config::Config,
    inventory::view::Instance,
    mysql::control::{Control, SemiSyncSide},
};

/// The switches before and after an operation. None is needed for it: a failure is only logged.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Along {
    pub(super) before: Vec<Control>,
    pub(super) after: Vec<Control>,
}

/// What goes along with an operation (spec 06, 6.12 and 6.13). Clusters whose number of semi-sync
/// replicas is enforced are left to that.
pub(super) fn along(
    operation: &Operation,
    instance: &Instance,
    rule: PromotionRule,
    config: &Config,
) -> Along {
    let priority = instance.metadata.semi_sync_priority.unwrap_or(0);
    let known = instance.state.as_ref().map(|state| &state.semi_sync).filter(|s| s.available);
    let Some(semi_sync) = known.filter(|_| priority > 0) else { return Along::default() };
    let switch = |side, is_on, on| (is_on != on).then_some(Control::SemiSync { side, on });
    let source = |on| switch(SemiSyncSide::Source, semi_sync.source_enabled, on);
    let enforced =
        config.raw.enforce_exact_semi_sync_replicas || config.raw.recover_locked_semi_sync_master;
    let acknowledges = rule != PromotionRule::MustNot;
    let replica = || switch(SemiSyncSide::Replica, semi_sync.replica_enabled, acknowledges);
    let (before, after) = match operation {
        Operation::Start | Operation::Restart | Operation::SkipQuery | Operation::Reattach => {
            (source(false).into_iter().chain(replica().filter(|_| !enforced)).collect(), None)
        }
        Operation::SetReadOnly(false) => (source(true).into_iter().collect(), None),
        Operation::SetReadOnly(true) => (Vec::new(), source(false)),
        _ => (Vec::new(), None),
    };
    Along { before, after: after.into_iter().collect() }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rstest::rstest;

    use super::*;
    use crate::{http::tests::fleet, mysql::state::SemiSync};

    const SOURCE_OFF: Control = Control::SemiSync { side: SemiSyncSide::Source, on: false };
    const REPLICA_ON: Control = Control::SemiSync { side: SemiSyncSide::Replica, on: true };

    #[rstest]
    #[case(1, PromotionRule::Neutral, false, Operation::Start, &[SOURCE_OFF, REPLICA_ON])]
    #[case(1, PromotionRule::MustNot, false, Operation::Start, &[SOURCE_OFF])]
    #[case(1, PromotionRule::Neutral, true, Operation::Start, &[SOURCE_OFF])]
    #[case(0, PromotionRule::Neutral, false, Operation::Start, &[])]
    #[case(1, PromotionRule::Neutral, false, Operation::Stop, &[])]
    fn before_a_start(
        #[case] priority: u32,
        #[case] rule: PromotionRule,
        #[case] enforced: bool,
        #[case] operation: Operation,
        #[case] expected: &[Control],
    ) {
        let mut replica = fleet::mysql_replica();
        replica.metadata.semi_sync_priority = Some(priority);
        Arc::make_mut(replica.state.as_mut().unwrap()).semi_sync =
            SemiSync { available: true, source_enabled: true, ..SemiSync::default() };
        let mut config = Config::default();
        config.raw.enforce_exact_semi_sync_replicas = enforced;
        assert_eq!(along(&operation, &replica, rule, &config).before, expected);
    }
}
