//! Errant GTIDs: empty transactions with their GTIDs at the source, or binary logs without them
//! at the replica.

use std::sync::Arc;

use shared::gtid::oracle::Gtid;

use super::threads::give_back;
use crate::mysql::{
    dialect::control,
    driver::{ActionError, Effect, Found},
    live::apply::{actor::Actor, reading::Reading, statement::Change},
    state::Position,
};

/// More than this many empty transactions are no repair.
const MOST: u128 = 10_000;
/// How often the executed set is declared before it is left to a person.
const DECLARATIONS: usize = 3;

/// Commits an empty transaction for each GTID that is not executed yet.
pub(super) async fn inject_empty(
    actor: &mut Actor<'_>,
    gtids: &Position,
) -> Result<Effect, ActionError> {
    let reading = actor.look().await?;
    let (Position::Oracle(wanted), executed) = (gtids, &reading.executed) else {
        return Err(actor.refused("empty transactions need Oracle GTIDs"));
    };
    let missing = match executed {
        Position::Oracle(executed) => wanted.minus(executed),
        Position::None | Position::Maria(_) => (**wanted).clone(),
    };
    if missing.count() > MOST {
        return Err(actor.refused(&format!(
            "{} empty transactions are too many; {MOST} are the most that are injected",
            missing.count()
        )));
    }
    for gtid in missing.gtids() {
        empty_transaction(actor, &gtid).await?;
    }
    actor.done().await
}

/// Commits an empty transaction with this GTID. The connection is given up if any part fails,
/// because later statements would go under the same GTID.
pub(super) async fn empty_transaction(
    actor: &mut Actor<'_>,
    gtid: &Gtid,
) -> Result<(), ActionError> {
    let statements = control::empty_transaction(gtid);
    let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
    let mut session = actor.connected().await?;
    let batch = session.batch(&statements, actor.settings.action_timeout).await;
    let Some(failure) = batch.failure else {
        actor.session = Some(session);
        return Ok(());
    };
    drop(session);
    let wanted = Position::parse(&gtid.to_string(), shared::Flavor::MySql);
    let text = format!("{}: empty transaction {gtid}: {failure}", actor.key);
    match actor.look().await {
        Ok(now) if now.executed.contains(&wanted) => Ok(()),
        Ok(_) if failure.code().is_some() => Err(ActionError::Refused(text)),
        Ok(_) | Err(_) => Err(ActionError::Unknown(text)),
    }
}

/// Resets the binary logs, and declares as executed what was executed, but for the errant GTIDs.
/// Between the two the server knows of nothing that it executed, so replication is started again
/// only if both succeed.
pub(super) async fn forget(
    actor: &mut Actor<'_>,
    errant: &Position,
) -> Result<Effect, ActionError> {
    let reading = actor.look().await?;
    let found = reading.channel.as_ref().map(Found::from);
    actor.stop_all(&reading).await?;
    let stopped = actor.look().await?;
    let (Position::Oracle(executed), Position::Oracle(errant)) = (&stopped.executed, errant) else {
        return Err(actor.refused("it has no Oracle GTIDs"));
    };
    let kept = executed.minus(errant);
    let text = kept.to_string();
    let kept = Position::Oracle(Arc::new(kept));
    let statement = actor.dialect.reset_binary_logs().to_owned();
    let reset = Change {
        name: "reset binary logs",
        statement,
        took_effect: &|now: &Reading| now.executed.is_empty(),
        lingers: false,
    };
    if let Err(error) = actor.change(reset).await {
        if !matches!(error, ActionError::Unknown(_))
            && let Some(found) = found
        {
            give_back(actor, found).await?;
        }
        return Err(intended(&error, &text));
    }
    declare(actor, &text, &kept).await?;
    if let Some(found) = found {
        give_back(actor, found).await?;
    }
    actor.done().await
}

async fn declare(actor: &mut Actor<'_>, text: &str, kept: &Position) -> Result<(), ActionError> {
    let mut last = None;
    for _ in 0..DECLARATIONS {
        let now = actor.look().await.map_err(|error| intended(&error, text))?;
        if now.executed == *kept {
            return Ok(());
        }
        if !now.executed.is_empty() {
            let found = format!(
                "{}: Unexpected non-empty Executed_Gtid_Set found following the reset: {}",
                actor.key, now.executed
            );
            return Err(intended(&ActionError::Refused(found), text));
        }
        let change = Change {
            name: "set gtid_purged",
            statement: control::set_gtid_purged(text),
            took_effect: &|now: &Reading| now.executed == *kept,
            lingers: false,
        };
        last = actor.change(change).await.err();
    }
    match last {
        None => Ok(()),
        Some(error) => Err(intended(&error, text)),
    }
}

/// What a person has to declare where this failed.
fn intended(error: &ActionError, purged: &str) -> ActionError {
    ActionError::Unknown(format!(
        "error while resetting binary logs, after which intended to set gtid_purged to: {purged}. \
         Replication stays stopped. Error was: {error}"
    ))
}
