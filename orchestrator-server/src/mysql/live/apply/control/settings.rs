//! Changing settings of a channel: delay, the way in which it finds its place, its account.
//! Threads are given back as they were found, also when the change fails.

use shared::{Flavor, gtid::MariaGtidPosition};

use super::{safety::nothing_lost, threads::give_back};
use crate::mysql::{
    dialect::{
        ChangeSource, Credentials, Place, Thread, Vocabulary, change::set_gtid_slave_pos,
        control::gtid_position_at,
    },
    driver::{ActionError, Effect, Found},
    live::{
        apply::{actor::Actor, reading::Reading, statement::Change},
        server::Server,
    },
    state::{Channel, ChannelGtid, Position, ThreadState},
};

/// Sets the delay.
pub(super) async fn delay(actor: &mut Actor<'_>, seconds: u64) -> Result<Effect, ActionError> {
    let reading = actor.look().await?;
    let found = Found::from(actor.channel(&reading)?);
    // MariaDB wants both threads stopped, MySQL the applier alone; with both stopped the change
    // empties the relay log.
    let stop = match actor.dialect.vocabulary {
        Vocabulary::MariaDb => Thread::Both,
        Vocabulary::Modern | Vocabulary::Legacy => Thread::Sql,
    };
    if stop == Thread::Both || reading.io_is(ThreadState::Stopped) {
        nothing_lost(actor, &reading).await?;
    }
    if stop == Thread::Both {
        actor.stop_all(&reading).await?;
    } else if !reading.sql_is(ThreadState::Stopped) {
        actor.stop(stop, &reading).await?;
    }
    let change = ChangeSource { delay: Some(seconds), ..ChangeSource::default() };
    let took_effect =
        |now: &Reading| now.channel.as_ref().is_some_and(|now| now.delay_seconds == seconds);
    let changed = actor.change_source("delay replication", &change, &reading, &took_effect).await;
    let back = give_back(actor, found).await;
    changed.and(back)?;
    actor.done().await
}

/// Has the channel find its place by GTID.
pub(super) async fn use_gtid(actor: &mut Actor<'_>) -> Result<Effect, ActionError> {
    let reading = actor.look().await?;
    let found = Found::from(actor.channel(&reading)?);
    nothing_lost(actor, &reading).await?;
    actor.stop_all(&reading).await?;
    let changed = to_gtid(actor).await;
    let back = give_back(actor, found).await;
    changed.and(back)?;
    actor.done().await
}

async fn to_gtid(actor: &mut Actor<'_>) -> Result<(), ActionError> {
    let stopped = actor.look().await?;
    let channel = actor.channel(&stopped)?;
    if actor.dialect.vocabulary == Vocabulary::MariaDb {
        let position = position_at_source(actor, channel).await?;
        declare(actor, &stopped, &position).await?;
    }
    let change = ChangeSource { place: Place::Gtid, ..ChangeSource::default() };
    let took_effect = |now: &Reading| {
        now.channel.as_ref().is_some_and(|channel| channel.gtid != ChannelGtid::None)
    };
    actor.change_source("replicate by GTID", &change, &stopped, &took_effect).await
}

/// The GTID position at the coordinates that a MariaDB replica has applied. Its own
/// `gtid_slave_pos` may be ahead of that where it did not replicate by GTID.
async fn position_at_source(
    actor: &Actor<'_>,
    channel: &Channel,
) -> Result<MariaGtidPosition, ActionError> {
    let unknown = |why: &str| {
        actor.refused(&format!("the GTID position of {} is not known: {why}", channel.exec))
    };
    let key = channel.source.key().ok_or_else(|| unknown("it has no source"))?;
    let server = Server::default();
    let mut source = Actor::open(key, &server, actor.settings).await?;
    let answers = source.read(&[&gtid_position_at(&channel.exec)]).await?;
    let text = answers.first().and_then(|answer| answer.scalar());
    let text = text.ok_or_else(|| unknown("its source does not have that binary log"))?;
    text.parse().map_err(|_| unknown(text))
}

/// Declares the position of the domains of the source; those of other sources stay.
async fn declare(
    actor: &mut Actor<'_>,
    reading: &Reading,
    position: &MariaGtidPosition,
) -> Result<(), ActionError> {
    let others = match &reading.applied {
        Position::Maria(applied) => {
            let others = applied.domains().filter(|(domain, _)| position.last(*domain).is_none());
            others
                .map(|(domain, last)| format!("{domain}-{}-{}", last.server_id, last.sequence))
                .collect()
        }
        Position::None | Position::Oracle(_) => Vec::new(),
    };
    let own = position.to_string();
    let all: Vec<String> =
        std::iter::once(own).filter(|own| !own.is_empty()).chain(others).collect();
    let text = all.join(",");
    let wanted = Position::parse(&text, Flavor::MariaDb);
    let change = Change {
        name: "set gtid_slave_pos",
        statement: set_gtid_slave_pos(&text),
        took_effect: &|now| now.applied == wanted,
        lingers: false,
    };
    actor.change(change).await
}

/// Has the channel find its place by file and position.
pub(super) async fn leave_gtid(actor: &mut Actor<'_>) -> Result<Effect, ActionError> {
    let reading = actor.look().await?;
    let found = Found::from(actor.channel(&reading)?);
    nothing_lost(actor, &reading).await?;
    actor.stop_all(&reading).await?;
    let changed = to_coordinates(actor).await;
    let back = give_back(actor, found).await;
    changed.and(back)?;
    actor.done().await
}

async fn to_coordinates(actor: &mut Actor<'_>) -> Result<(), ActionError> {
    let stopped = actor.look().await?;
    let channel = actor.channel(&stopped)?;
    if channel.exec.file.is_empty() {
        return Err(actor.refused("it does not tell which binary log of its source it applied"));
    }
    if actor.dialect.vocabulary == Vocabulary::MariaDb {
        // Right after a change of source the coordinates may be those of the file's beginning.
        let there = position_at_source(actor, channel).await?;
        let applied = |domain| match &stopped.applied {
            Position::Maria(applied) => applied.last(domain),
            Position::None | Position::Oracle(_) => None,
        };
        if there.domains().any(|(domain, last)| applied(domain) != Some(last)) {
            return Err(actor.refused(&format!(
                "its coordinates {} are those of {there}, but it has applied {}; let it apply \
                 something first",
                channel.exec, stopped.applied
            )));
        }
    }
    let place = Place::Source(channel.exec.clone());
    let change = ChangeSource { place, ..ChangeSource::default() };
    let took_effect = |now: &Reading| {
        now.channel.as_ref().is_some_and(|channel| channel.gtid == ChannelGtid::None)
    };
    actor.change_source("replicate by coordinates", &change, &stopped, &took_effect).await
}

/// Sets the account of a stopped channel again.
pub(super) async fn credentials(actor: &mut Actor<'_>) -> Result<Effect, ActionError> {
    let reading = actor.look().await?;
    let channel = actor.channel(&reading)?;
    let user = channel.user.clone();
    let both = actor.dialect.vocabulary == Vocabulary::MariaDb;
    let stopped =
        reading.io_is(ThreadState::Stopped) && (!both || reading.sql_is(ThreadState::Stopped));
    if !stopped {
        return Err(ActionError::Refused(format!(
            "ChangeMasterTo: Cannot change master on: {} because replication is running",
            actor.key
        )));
    }
    let account: Option<Credentials> = actor.credentials_here().await?;
    let account = account.ok_or_else(|| {
        actor.refused(
            "no replication account is known: Empty username found in mysql.slave_master_info; \
             set ReplicationCredentialsQuery",
        )
    })?;
    if reading.sql_is(ThreadState::Stopped) {
        nothing_lost(actor, &reading).await?;
    }
    let change = ChangeSource { credentials: Some(&account), ..ChangeSource::default() };
    // A password cannot be seen; that of another account can.
    let took_effect = |now: &Reading| {
        user != account.user
            && now.channel.as_ref().is_some_and(|channel| channel.user == account.user)
    };
    actor.change_source("change credentials", &change, &reading, &took_effect).await?;
    actor.done().await
}
