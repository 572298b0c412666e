//! Whether what was retrieved would survive: a change that empties the relay log is made only
//! where all is applied, or where the source still answers and can give everything again.

use crate::mysql::{
    dialect::{Vocabulary, control},
    driver::ActionError,
    live::{
        apply::{actor::Actor, reading::Reading},
        server::Server,
    },
    state::{Channel, ChannelGtid, Position},
};

use shared::Flavor;

/// Refuses where something retrieved could be lost with the relay log.
pub(super) async fn nothing_lost(
    actor: &mut Actor<'_>,
    reading: &Reading,
) -> Result<(), ActionError> {
    if reading.is_drained() || can_be_given_again(actor, reading).await {
        return Ok(());
    }
    Err(actor.refused(
        "it holds transactions that it has not applied and that its source cannot give it again; \
         let it apply them first",
    ))
}

/// The source answers, and has everything that the replica retrieved and has not applied.
pub(super) async fn can_be_given_again(actor: &Actor<'_>, reading: &Reading) -> bool {
    let Some(channel) = &reading.channel else { return true };
    let Some(key) = channel.source.key() else { return false };
    let server = Server::default();
    let Ok(mut source) = Actor::open(key, &server, actor.settings).await else { return false };
    match channel.gtid {
        ChannelGtid::Oracle => holds_all_gtids(&mut source, reading, channel).await,
        ChannelGtid::MariaSlavePos | ChannelGtid::MariaCurrentPos => {
            let holds = source.look().await.is_ok_and(|r| r.executed.contains(&channel.retrieved));
            holds && has_file(&mut source, channel).await
        }
        ChannelGtid::None => has_file(&mut source, channel).await,
    }
}

async fn holds_all_gtids(source: &mut Actor<'_>, reading: &Reading, channel: &Channel) -> bool {
    let Ok(theirs) = source.look().await else { return false };
    let Ok(answers) = source.read(&[control::GTID_PURGED]).await else { return false };
    let purged = answers.first().and_then(|answer| answer.scalar()).unwrap_or_default();
    let purged = Position::parse(purged, Flavor::MySql);
    theirs.executed.contains(&channel.retrieved) && reading.executed.contains(&purged)
}

/// The source still has the binary log that the replica applies.
async fn has_file(source: &mut Actor<'_>, channel: &Channel) -> bool {
    let Ok(answers) = source.read(&[control::BINARY_LOGS]).await else { return false };
    let wanted = Some(channel.exec.file.as_str());
    answers.first().is_some_and(|logs| logs.rows().any(|row| row.at(0) == wanted))
}

/// A channel whose relay log MariaDB empties when a thread is started while both are stopped, or
/// the receiver while the applier is stopped.
pub(super) fn is_trap(actor: &Actor<'_>, reading: &Reading) -> bool {
    actor.dialect.vocabulary == Vocabulary::MariaDb
        && reading.channel.as_ref().is_some_and(|channel| channel.gtid != ChannelGtid::None)
}
