//! What an action sees of its server between two steps.

use crate::mysql::{
    dialect::Dialect,
    live::{
        answer::Answer,
        assemble::{applied, executed},
        channel::channels,
    },
    state::{Channel, ChannelGtid, Position, ThreadState},
};

/// One look at a server.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reading {
    /// The channel that actions act upon.
    pub(super) channel: Option<Channel>,
    /// There are other channels, so statements must name theirs.
    pub(super) has_others: bool,
    /// What the server holds in its data.
    pub(super) executed: Position,
    /// What it applied as a replica; on MariaDB this may lack what it wrote itself.
    pub(super) applied: Position,
    /// Not writeable.
    pub(super) read_only: bool,
    /// Heartbeat period of the channel, where the replica status tells it.
    pub(super) heartbeat: Option<String>,
}

/// The applier's positions: any change of them means that it works.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Progress {
    applied: Position,
    exec: shared::BinlogCoordinates,
    relay: shared::BinlogCoordinates,
}

impl Reading {
    /// Reads variables and replica status.
    ///
    /// # Errors
    /// The text of a GTID set that cannot be understood: nothing may be decided without it.
    pub(super) fn of(
        variables: &Answer,
        status: &Answer,
        dialect: Dialect,
    ) -> Result<Self, String> {
        let mut found = channels(status, dialect);
        let main = found.main.as_ref().map(|channel| channel.name.clone());
        let mut reading = Self {
            has_others: !found.others.is_empty(),
            heartbeat: main
                .and_then(|_| status.first()?.get("Slave_heartbeat_period"))
                .map(str::to_owned),
            channel: found.main,
            ..Self::default()
        };
        if let Some(row) = variables.first() {
            reading.executed = executed(row, &mut found.problems);
            reading.applied = applied(row, &mut found.problems);
            reading.read_only = row.switch("read_only") || row.switch("super_read_only");
        }
        match found.problems.pop() {
            Some(problem) => Err(problem),
            None => Ok(reading),
        }
    }

    /// Everything that was received is applied. GTID sets tell for certain, where the channel goes
    /// by them; coordinates only while the applier runs, because MariaDB shows them as equal after
    /// a change of the relay log position (measured on 10.11).
    pub(super) fn is_drained(&self) -> bool {
        let Some(channel) = &self.channel else { return true };
        if !channel.retrieved.is_empty() {
            let told = !self.has_left_maria_gtid() || self.has_read_all();
            return told && self.applied.contains(&channel.retrieved);
        }
        channel.applied_all_read() && (channel.sql == ThreadState::Stopped || self.has_read_all())
    }

    /// A MariaDB channel that went by GTID before. Then `gtid_slave_pos` says little: a receiver
    /// that is started moves it to the source's present position before anything is applied
    /// (measured on 10.11).
    pub(super) fn has_left_maria_gtid(&self) -> bool {
        self.channel.as_ref().is_some_and(|channel| {
            channel.gtid == ChannelGtid::None && matches!(channel.retrieved, Position::Maria(_))
        })
    }

    /// What counts as caught up: on a replica what it applied, because a transaction that it
    /// wrote itself may have a higher number than one that it still lacks.
    pub(super) fn replayed(&self) -> &Position {
        if self.channel.is_some() { &self.applied } else { &self.executed }
    }

    /// The applier says that it has come to the end of the relay log.
    pub(super) fn has_read_all(&self) -> bool {
        self.channel.as_ref().is_some_and(|channel| {
            channel.sql == ThreadState::Running
                && channel.sql_activity.to_ascii_lowercase().contains("has read all relay log")
        })
    }

    /// The applier has stopped with an error.
    pub(super) fn applier_failed(&self) -> bool {
        self.channel.as_ref().is_some_and(|channel| {
            channel.sql == ThreadState::Stopped && channel.sql_error.number != 0
        })
    }

    pub(super) fn io_is(&self, state: ThreadState) -> bool {
        self.channel.as_ref().is_none_or(|channel| channel.io == state)
    }

    pub(super) fn sql_is(&self, state: ThreadState) -> bool {
        self.channel.as_ref().is_none_or(|channel| channel.sql == state)
    }

    pub(super) fn replicating(&self) -> bool {
        self.channel.as_ref().is_some_and(Channel::replicating)
    }

    pub(super) fn progress(&self) -> Progress {
        let (exec, relay) = self
            .channel
            .as_ref()
            .map(|channel| (channel.exec.clone(), channel.relay.clone()))
            .unwrap_or_default();
        Progress { applied: self.applied.clone(), exec, relay }
    }
}

#[cfg(test)]
#[path = "reading_tests.rs"]
mod tests;
