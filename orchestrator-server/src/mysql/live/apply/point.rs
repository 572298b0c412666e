//! Pointing a server to a new source.

use std::time::Duration;

use shared::InstanceKey;
use tokio::time::{Instant, sleep};
use tracing::warn;

use super::{actor::Actor, reading::Reading, statement::Change};
use crate::mysql::{
    dialect::{ChangeSource, Place, Thread, Vocabulary, change::set_gtid_slave_pos, read},
    driver::{ActionError, Effect},
    live::{
        server::{Purpose, Server},
        settings::LiveSettings,
    },
    state::{Channel, ChannelGtid, ThreadError, ThreadState},
};

/// First and longest pause between two looks while replication starts.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(100));

/// The new source.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) key: &'a InstanceKey,
    /// What the driver knows of it.
    pub(super) server: Option<&'a Server>,
    /// Host name under which it shall be known, if it answers to it.
    pub(super) known_as: Option<&'a str>,
}

impl Source<'_> {
    /// The address that the replica is given. A virtual name that leads elsewhere, or nowhere, is
    /// not used: replication matters more than its name (spec 04, 6.5).
    async fn address(&self, settings: &LiveSettings) -> InstanceKey {
        let named = self.known_as.and_then(|name| self.key.with_hostname(name).ok());
        let Some(named) = named else { return self.key.clone() };
        let (own, other) = (identity(self.key, settings).await, identity(&named, settings).await);
        match (own, other) {
            (Some(own), Some(other)) if own == other => named,
            _ => {
                warn!(server = %self.key, "{named} is not {}: the virtual name is not used", self.key);
                self.key.clone()
            }
        }
    }
}

/// What tells one server from another at the same port, whatever its address.
async fn identity(key: &InstanceKey, settings: &LiveSettings) -> Option<Vec<String>> {
    let server = Server::default();
    let mut session =
        server.open(key, settings, Purpose::Read, settings.connect_timeout).await.ok()?;
    let answer = session.query(read::IDENTITY, settings.connect_timeout).await.ok()?;
    let row = answer.first()?;
    let cells = ["hostname", "port", "server_id", "datadir"];
    cells.iter().map(|name| row.get(name).map(str::to_owned)).collect()
}

/// Makes the server replicate from `source` by GTID and waits until it does.
pub(super) async fn point_to(
    actor: &mut Actor<'_>,
    source: Source<'_>,
    delay: Option<u64>,
    confirm: Duration,
) -> Result<Effect, ActionError> {
    let reading = actor.look().await?;
    let has_account = reading.channel.as_ref().is_some_and(|channel| !channel.user.is_empty());
    let credentials = if has_account { None } else { Some(actor.find_credentials(&source).await?) };
    let heartbeat = heartbeat(actor, &reading).await;
    actor.stop_all(&reading).await?;
    declare_own_writes(actor, &reading).await?;
    let address = source.address(actor.settings).await;
    let (host, port) = (address.hostname(), address.port());
    let enforces_tls = reading.channel.as_ref().is_some_and(enforces_tls)
        || credentials.as_ref().is_some_and(|account| !account.tls_ca.is_empty());
    let change = ChangeSource {
        source: Some((host, port)),
        place: place(&reading),
        credentials: credentials.as_ref(),
        delay,
        heartbeat: heartbeat.as_deref(),
        get_public_key: !enforces_tls,
    };
    let took_effect = |now: &Reading| {
        now.channel.as_ref().is_some_and(|channel| {
            channel.gtid != ChannelGtid::None && channel.source.attached() == Some(&address)
        })
    };
    actor.change_source("change source", &change, &reading, &took_effect).await?;
    actor.start(Thread::Both, &reading).await?;
    let reading = confirmed(actor, confirm).await?;
    Ok(actor.effect(&reading).await)
}

fn place(reading: &Reading) -> Place {
    match reading.channel.as_ref().map(|channel| channel.gtid) {
        Some(ChannelGtid::MariaCurrentPos) => Place::GtidCurrentPos,
        _ => Place::Gtid,
    }
}

/// TLS is more than preferred, which is what MySQL 9 does by itself: the source's key need not
/// be asked for.
fn enforces_tls(channel: &Channel) -> bool {
    let tls = &channel.tls;
    tls.enabled && (tls.verify_server_cert == Some(true) || !tls.ca_file.is_empty())
}

/// MariaDB looks for its place by what it applied as a replica. A former source wrote its
/// transactions itself, so they are declared as applied when it becomes a replica.
async fn declare_own_writes(actor: &mut Actor<'_>, reading: &Reading) -> Result<(), ActionError> {
    let needed = actor.dialect.vocabulary == Vocabulary::MariaDb
        && reading.channel.is_none()
        && !reading.applied.contains(&reading.executed);
    if !needed {
        return Ok(());
    }
    let executed = reading.executed.clone();
    let took_effect = |now: &Reading| now.applied.contains(&executed);
    actor
        .change(Change {
            name: "set gtid_slave_pos",
            statement: set_gtid_slave_pos(&executed.to_string()),
            took_effect: &took_effect,
            lingers: false,
        })
        .await
}

/// The heartbeat period, which every change of source would reset to its default (measured on
/// MySQL 9.7 and MariaDB 10.11). Without the grant to see it, the default has to do.
pub(super) async fn heartbeat(actor: &mut Actor<'_>, reading: &Reading) -> Option<String> {
    let channel = reading.channel.as_ref()?;
    let Some(statement) = actor.dialect.heartbeat_period(&channel.name) else {
        return reading.heartbeat.clone();
    };
    let answers = actor.read(&[&statement]).await.ok()?;
    answers.first()?.scalar().map(str::to_owned)
}

/// Looks until replication runs, or `confirm` is over. A receiver or applier that stopped with
/// an error will not recover by itself. That the receiver is connected is only believed when it
/// still is at the next look: a source that cannot serve the position says so right after.
async fn confirmed(actor: &mut Actor<'_>, confirm: Duration) -> Result<Reading, ActionError> {
    let until = Instant::now() + confirm;
    let mut pause = PAUSES.0;
    let mut seen = false;
    loop {
        let reading = actor.look().await?;
        if let Some(error) = reading.channel.as_ref().and_then(fatal_error) {
            return Err(ActionError::Refused(format!("{}: {error}", actor.key)));
        }
        let replicating = reading.replicating();
        if (replicating && seen) || Instant::now() >= until {
            return Ok(reading);
        }
        if replicating {
            pause = PAUSES.0;
        }
        seen = replicating;
        sleep(pause.min(until.saturating_duration_since(Instant::now()))).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

fn fatal_error(channel: &Channel) -> Option<String> {
    let stopped = |thread: &str, state: ThreadState, error: &ThreadError| {
        (state == ThreadState::Stopped && error.number != 0)
            .then(|| format!("{thread} stopped: ERROR {}: {}", error.number, error.text))
    };
    stopped("receiver", channel.io, &channel.io_error)
        .or_else(|| stopped("applier", channel.sql, &channel.sql_error))
}
