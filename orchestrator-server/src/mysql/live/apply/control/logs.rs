//! Binary logs and running statements.

use shared::Flavor;

use crate::mysql::{
    control::BinaryLog,
    dialect::{
        change::kill_query,
        control::{BINARY_LOGS, FLUSH_BINARY_LOGS, first_events, purge_binary_logs},
    },
    driver::{ActionError, Effect},
    live::{answer::Answer, apply::actor::Actor, server::Server, settings::LiveSettings},
    state::Position,
};

use shared::InstanceKey;

/// Begins a new binary log.
pub(super) async fn flush(actor: &mut Actor<'_>) -> Result<Effect, ActionError> {
    actor.change_unseen("flush binary logs", FLUSH_BINARY_LOGS.to_owned()).await?;
    actor.done().await
}

/// Removes the binary logs before `to`.
pub(super) async fn purge(actor: &mut Actor<'_>, to: &str) -> Result<Effect, ActionError> {
    actor.change_unseen("purge binary logs", purge_binary_logs(to)).await?;
    actor.done().await
}

/// Ends a statement.
pub(super) async fn kill(actor: &mut Actor<'_>, connection: u64) -> Result<Effect, ActionError> {
    actor.change_unseen("kill query", kill_query(connection)).await?;
    actor.done().await
}

/// The binary logs of a server, oldest first, with what was executed before each.
pub(in crate::mysql::live) async fn binary_logs(
    key: &InstanceKey,
    server: &Server,
    settings: &LiveSettings,
) -> Result<Vec<BinaryLog>, ActionError> {
    let mut actor = Actor::open(key, server, settings).await?;
    let answers = actor.read(&[BINARY_LOGS]).await?;
    let rows = answers.first().map(Answer::rows).into_iter().flatten();
    let files: Vec<String> = rows.filter_map(|row| row.at(0).map(str::to_owned)).collect();
    let mut logs = Vec::with_capacity(files.len());
    for file in files {
        let answers = actor.read(&[&first_events(&file)]).await?;
        let previous = answers.first().map(previous_gtids).unwrap_or_default();
        logs.push(BinaryLog { file, previous });
    }
    Ok(logs)
}

fn previous_gtids(events: &Answer) -> Position {
    let is_wanted = |kind: &str| kind.eq_ignore_ascii_case("Previous_gtids");
    let event = events.rows().find(|row| row.get("Event_type").is_some_and(is_wanted));
    let text = event.and_then(|event| event.get("Info")).unwrap_or_default();
    Position::parse(text, Flavor::MySql)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mysql::live::answer::fixtures::table;

    #[test]
    fn a_binary_log_begins_with_what_came_before() {
        let events = table(
            "Log_name | Pos | Event_type | Info
             b.2 | 4 | Format_desc | Server ver: 9.7.0
             b.2 | 126 | Previous_gtids | 00000001-1111-1111-1111-111111111111:1-9",
        );
        assert_eq!(previous_gtids(&events).to_string(), "00000001-1111-1111-1111-111111111111:1-9");
        assert!(previous_gtids(&table("Log_name | Event_type")).is_empty());
    }
}
