//! One probe: asks all questions over the persistent connection and puts the answers together.

use shared::InstanceKey;

use super::{
    assemble::{Gathered, assemble, needs_dumps},
    failure::QueryError,
    profile::Profile,
    question::{Asked, Question, dumps, questions},
    reader::{Answers, Reader, is_unknown_variable},
    server::Server,
    settings::LiveSettings,
};
use crate::mysql::{driver::ProbeFailure, state::ServerState};

/// Reads everything about a server.
pub(super) async fn probe(
    key: &InstanceKey,
    server: &Server,
    settings: &LiveSettings,
) -> Result<ServerState, ProbeFailure> {
    let mut reader = Reader::new(key, server, settings);
    let state = read(key, server, settings, &mut reader).await;
    // Whatever the answers were: a connection that is in order may be used again.
    reader.finish();
    state
}

async fn read(
    key: &InstanceKey,
    server: &Server,
    settings: &LiveSettings,
    reader: &mut Reader<'_>,
) -> Result<ServerState, ProbeFailure> {
    let stuck = reader.stuck().await?;
    let mut profile = reader.profile(false).await?;
    let mut answers = Answers::new();
    ask(reader, server, settings, &profile, &stuck, &mut answers).await?;
    if let Some(Err(error)) = answers.get(&Question::Variables)
        && is_unknown_variable(error)
    {
        profile = reader.profile(true).await?;
        answers.clear();
        ask(reader, server, settings, &profile, &stuck, &mut answers).await?;
    }
    if needs_dumps(&answers, settings) {
        let performance_schema = profile.has("performance_schema")
            && answers
                .get(&Question::Variables)
                .and_then(|answer| answer.as_ref().ok()?.first())
                .is_some_and(|row| row.switch("performance_schema"));
        let asked = [dumps(&profile, performance_schema)];
        let asked = without_hopeless(asked.into(), server, &stuck, &mut answers);
        reader.ask(&asked, &mut answers).await?;
    }
    assemble(&Gathered { key, settings, profile: &profile, answers: &answers })
}

async fn ask(
    reader: &mut Reader<'_>,
    server: &Server,
    settings: &LiveSettings,
    profile: &Profile,
    stuck: &[Question],
    answers: &mut Answers,
) -> Result<(), ProbeFailure> {
    let (asked, unusable) = questions(profile, settings);
    for (question, text) in unusable {
        answers.insert(question, Err(QueryError::Refused(text)));
    }
    let asked = without_hopeless(asked, server, stuck, answers);
    reader.ask(&asked, answers).await
}

/// Leaves out questions whose grant is missing and those that still hang on the server; their
/// answer is the reason.
fn without_hopeless(
    asked: Vec<Asked>,
    server: &Server,
    stuck: &[Question],
    answers: &mut Answers,
) -> Vec<Asked> {
    let (hopeless, useful): (Vec<_>, Vec<_>) = asked
        .into_iter()
        .map(|asked| {
            let reason = if stuck.contains(&asked.question) {
                Some("an earlier statement still runs on the server".to_owned())
            } else {
                server.denial(asked.question)
            };
            (asked, reason)
        })
        .partition(|(_, reason)| reason.is_some());
    for (asked, reason) in hopeless {
        let reason = reason.unwrap_or_default();
        answers.insert(asked.question, Err(QueryError::Refused(reason)));
    }
    useful.into_iter().map(|(asked, _)| asked).collect()
}
