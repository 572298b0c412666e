//! Skipping the transaction at which an applier stopped: by an empty transaction with its GTID
//! on MySQL with GTID, else by the skip counter.

use std::time::Duration;

use shared::{
    Flavor,
    gtid::{GtidSet, oracle::Gtid},
};

use super::{
    errant::empty_transaction,
    safety::{is_trap, nothing_lost},
    threads::{confirmed, give_back},
};
use crate::mysql::{
    dialect::{
        Vocabulary,
        control::{FAILED_TRANSACTIONS, relay_log_events},
    },
    driver::{ActionError, Effect, Found},
    live::{
        answer::Answer,
        apply::{actor::Actor, reading::Reading},
    },
    state::{Channel, ChannelGtid, Position, ThreadState},
};

/// Skips one transaction and starts the applier.
pub(super) async fn skip(actor: &mut Actor<'_>, confirm: Duration) -> Result<Effect, ActionError> {
    let reading = actor.look().await?;
    let channel = actor.channel(&reading)?;
    if channel.sql == ThreadState::Running {
        return Err(ActionError::Refused(format!(
            "Replication SQL thread is running on {}",
            actor.key
        )));
    }
    if channel.sql_error.number == 0 {
        return Err(ActionError::Refused(format!("No SQL error on {}", actor.key)));
    }
    if is_trap(actor, &reading) && reading.io_is(ThreadState::Stopped) {
        // The start of the applier then empties the relay log.
        nothing_lost(actor, &reading).await?;
    }
    match failed_transaction(actor, &reading, channel).await? {
        Some(gtid) => empty_transaction(actor, &gtid).await?,
        None => {
            actor
                .change_unseen("skip one transaction", actor.dialect.skip_one().to_owned())
                .await?;
        }
    }
    give_back(actor, Found::from(channel)).await?;
    confirmed(actor, confirm).await
}

/// The GTID of the transaction at which the applier stopped; none where it has to be skipped by
/// the counter.
async fn failed_transaction(
    actor: &mut Actor<'_>,
    reading: &Reading,
    channel: &Channel,
) -> Result<Option<Gtid>, ActionError> {
    let by_gtid = channel.gtid == ChannelGtid::Oracle
        || matches!(&reading.executed, Position::Oracle(set) if !set.is_empty())
            && !channel.retrieved.is_empty();
    if actor.dialect.vocabulary == Vocabulary::MariaDb || !by_gtid {
        return Ok(None);
    }
    let mut texts = vec![named_in(&channel.sql_error.text)];
    // Without the grant, the relay log has to tell.
    let answers = actor.read(&[FAILED_TRANSACTIONS]).await.unwrap_or_default();
    texts.push(answers.first().and_then(Answer::scalar).map(str::to_owned));
    let answers = actor.read(&[&relay_log_events(&channel.relay)]).await.unwrap_or_default();
    texts.push(answers.first().and_then(next_gtid));
    let candidates = texts.into_iter().flatten().filter_map(|text| one(&text));
    let lacking = |gtid: &Gtid| !reading.executed.contains(&position(gtid));
    candidates.into_iter().find(lacking).map(Some).ok_or_else(|| {
        actor.refused("cannot tell the GTID of the transaction at which its applier stopped")
    })
}

/// `… failed executing transaction 'GTID' at …`, as appliers with several workers say.
fn named_in(error: &str) -> Option<String> {
    let (_, rest) = error.split_once("transaction '")?;
    rest.split_once('\'').map(|(gtid, _)| gtid.to_owned())
}

/// The GTID of the first transaction among the events of a relay log.
fn next_gtid(events: &Answer) -> Option<String> {
    let event = events.rows().find(|row| row.get("Event_type").is_some_and(is_gtid))?;
    let info = event.get("Info")?;
    let (_, rest) = info.split_once("GTID_NEXT= '")?;
    rest.split_once('\'').map(|(gtid, _)| gtid.to_owned())
}

fn is_gtid(kind: &str) -> bool {
    kind.eq_ignore_ascii_case("Gtid") || kind.eq_ignore_ascii_case("Gtid_tagged")
}

fn one(text: &str) -> Option<Gtid> {
    text.parse::<GtidSet>().ok()?.gtids().next()
}

fn position(gtid: &Gtid) -> Position {
    Position::parse(&gtid.to_string(), Flavor::MySql)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mysql::live::answer::fixtures::table;

    const GTID: &str = "00000001-1111-1111-1111-111111111111:8";

    #[test]
    fn the_error_or_the_relay_log_names_the_transaction() {
        let error = format!(
            "Coordinator stopped because there were error(s) in the worker(s). The most recent \
             failure being: Worker 1 failed executing transaction '{GTID}' at source log b.1, end"
        );
        assert_eq!(named_in(&error).as_deref(), Some(GTID));
        assert_eq!(named_in("Error 'Duplicate entry' on query"), None);
        let events = table(&format!(
            "Log_name | Pos | Event_type | Info
             relay.2 | 4 | Rotate | b.1;pos=4
             relay.2 | 40 | Gtid | SET @@SESSION.GTID_NEXT= '{GTID}'"
        ));
        assert_eq!(next_gtid(&events).as_deref(), Some(GTID));
        assert_eq!(one(GTID).unwrap().to_string(), GTID);
        assert_eq!(one("ANONYMOUS"), None);
    }
}
