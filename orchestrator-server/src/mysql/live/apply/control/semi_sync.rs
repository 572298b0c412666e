//! Switching semi-synchronous replication, under the old names and the new ones.

use super::safety::{is_trap, nothing_lost};
use crate::mysql::{
    control::SemiSyncSide,
    dialect::{
        Thread,
        control::{SEMI_SYNC_SWITCHES, set_semi_sync},
    },
    driver::{ActionError, Effect},
    live::{answer::Answer, apply::actor::Actor},
    state::ThreadState,
};

/// Switches a side. A running receiver is restarted, because it tells its source only when it
/// connects whether it acknowledges.
pub(super) async fn switch(
    actor: &mut Actor<'_>,
    side: SemiSyncSide,
    on: bool,
) -> Result<Effect, ActionError> {
    let (variable, is_on) = found(actor, side).await?;
    if is_on == on {
        return actor.done().await;
    }
    let reading = actor.look().await?;
    let restarts = side == SemiSyncSide::Replica
        && reading.channel.is_some()
        && !reading.io_is(ThreadState::Stopped);
    if restarts && is_trap(actor, &reading) && !reading.sql_is(ThreadState::Running) {
        nothing_lost(actor, &reading).await?;
    }
    let changed = actor.change_unseen("switch semi-sync", set_semi_sync(&variable, on)).await;
    // Without an answer, the variable tells.
    let (_, now) = found(actor, side).await?;
    if now != on {
        changed?;
        return Err(actor.refused(&format!("{variable} did not become {on}")));
    }
    if restarts {
        actor.stop(Thread::Io, &reading).await?;
        actor.start(Thread::Io, &reading).await?;
    }
    actor.done().await
}

/// The variable of this side, and whether it is on.
async fn found(actor: &mut Actor<'_>, side: SemiSyncSide) -> Result<(String, bool), ActionError> {
    let answers = actor.read(&[SEMI_SYNC_SWITCHES]).await?;
    let known = answers.first().and_then(|answer| variable(answer, side));
    known.ok_or_else(|| {
        actor.refused(&format!(
            "semi-sync replication is not installed: Unknown system variable '{}'",
            names(side)[0]
        ))
    })
}

fn names(side: SemiSyncSide) -> [&'static str; 2] {
    match side {
        SemiSyncSide::Source => ["rpl_semi_sync_source_enabled", "rpl_semi_sync_master_enabled"],
        SemiSyncSide::Replica => ["rpl_semi_sync_replica_enabled", "rpl_semi_sync_slave_enabled"],
    }
}

fn variable(switches: &Answer, side: SemiSyncSide) -> Option<(String, bool)> {
    let value = |name: &str| {
        let row =
            switches.rows().find(|row| row.at(0).is_some_and(|n| n.eq_ignore_ascii_case(name)))?;
        row.at(1)
    };
    names(side).into_iter().find_map(|name| {
        value(name).map(|value| (name.to_owned(), value.eq_ignore_ascii_case("ON") || value == "1"))
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::mysql::live::answer::fixtures::table;

    #[rstest]
    #[case("rpl_semi_sync_source_enabled | ON", SemiSyncSide::Source, Some(("source", true)))]
    #[case("rpl_semi_sync_master_enabled | OFF", SemiSyncSide::Source, Some(("master", false)))]
    #[case("rpl_semi_sync_slave_enabled | ON", SemiSyncSide::Replica, Some(("slave", true)))]
    #[case("rpl_semi_sync_master_enabled | ON", SemiSyncSide::Replica, None)]
    fn sides_have_two_names(
        #[case] rows: &str,
        #[case] side: SemiSyncSide,
        #[case] expected: Option<(&str, bool)>,
    ) {
        let found = variable(&table(&format!("Variable_name | Value\n{rows}")), side);
        let expected = expected.map(|(word, on)| (format!("rpl_semi_sync_{word}_enabled"), on));
        assert_eq!(found, expected);
    }
}
