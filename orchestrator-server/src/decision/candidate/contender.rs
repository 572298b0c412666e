//! One replica in the contest, and how two of them compare by the transactions that they hold.

use shared::{BinlogCoordinates, InstanceKey, gtid::ServerUuid};

use crate::{
    inventory::view::{ClusterView, Instance},
    mysql::state::{Position, ServerState},
};

/// A replica with what it holds.
pub(super) struct Contender<'a> {
    pub(super) key: &'a InstanceKey,
    pub(super) instance: &'a Instance,
    pub(super) state: &'a ServerState,
    /// All transactions that it holds, applied or not.
    pub(super) held: Position,
    /// How many of them it has not applied; without GTID 1 if any.
    pub(super) unapplied: u128,
}

impl<'a> Contender<'a> {
    /// None if the server is not known, or never answered.
    pub(super) fn new(
        view: &'a ClusterView,
        key: &'a InstanceKey,
        held: Position,
        unapplied: u128,
    ) -> Option<Self> {
        let instance = view.instance(key)?;
        let state = instance.state.as_deref()?;
        Some(Self { key, instance, state, held, unapplied })
    }

    /// It holds all that the other one holds, apart from what that one wrote itself. Without
    /// GTID, by how far they read the same source's binary logs.
    pub(super) fn covers(&self, other: &Self) -> bool {
        if self.held.is_empty() && other.held.is_empty() {
            return self.read() >= other.read();
        }
        covers(&self.held, other.state, &other.held)
    }

    /// They hold the same, apart from what each wrote itself.
    pub(super) fn equals(&self, other: &Self) -> bool {
        self.covers(other) && other.covers(self)
    }

    /// How many transactions of the other one it lacks; without GTID, whether it lacks any.
    pub(super) fn lacks(&self, other: &Self) -> u128 {
        match (&self.held, &other.held) {
            (Position::Oracle(mine), Position::Oracle(theirs)) => {
                let missing = theirs.minus(mine);
                own_uuid(other.state)
                    .map_or(missing.clone(), |own| missing.without_uuid(own))
                    .count()
            }
            (Position::Maria(mine), Position::Maria(theirs)) => theirs.count_ahead(mine),
            _ => u128::from(!self.covers(other)),
        }
    }

    /// How much it holds of what the failed source wrote, then of everything. Orders replicas
    /// of which neither covers the other.
    pub(super) fn weight(&self, failed: Option<&ServerState>) -> (u128, u128) {
        match &self.held {
            Position::None => (0, 0),
            Position::Oracle(held) => {
                let source = failed.and_then(own_uuid);
                let of_source = source.map_or(0, |uuid| held.only_uuids(&[uuid]).count());
                (of_source, held.count())
            }
            Position::Maria(held) => {
                let total = held.domains().map(|(_, last)| u128::from(last.sequence)).sum();
                (total, total)
            }
        }
    }

    /// It wrote transactions itself that the failed source never had.
    pub(super) fn has_own_writes(&self, failed: Option<&ServerState>) -> bool {
        let Some(failed) = failed else { return false };
        match (&self.held, &failed.gtid.executed) {
            (Position::Oracle(held), Position::Oracle(source)) => {
                own_uuid(self.state).is_some_and(|own| !source.contains(&held.only_uuids(&[own])))
            }
            (Position::Maria(_), Position::Maria(_)) => self.own_domains(failed).next().is_some(),
            _ => false,
        }
    }

    /// MariaDB: it wrote on top of the failed source's transactions, in the same domain, so its
    /// position no longer tells how many of them it holds.
    pub(super) fn is_blurred(&self, failed: Option<&ServerState>) -> bool {
        let Some(failed) = failed else { return false };
        let Position::Maria(source) = &failed.gtid.executed else { return false };
        self.own_domains(failed).any(|domain| source.last(domain).is_some())
    }

    /// MariaDB: domains whose last transaction it wrote itself, unknown to the failed source.
    fn own_domains(&self, failed: &ServerState) -> impl Iterator<Item = u32> {
        let (Position::Maria(held), Position::Maria(source)) = (&self.held, &failed.gtid.executed)
        else {
            return Vec::new().into_iter();
        };
        let own = held.domains().filter(|(domain, last)| {
            let known = source.last(*domain);
            last.server_id == self.state.server_id
                && known.is_none_or(|known| known.sequence <= last.sequence && known != *last)
        });
        own.map(|(domain, _)| domain).collect::<Vec<_>>().into_iter()
    }

    fn read(&self) -> Option<&BinlogCoordinates> {
        self.instance.channel().map(|channel| &channel.read)
    }
}

/// `mine` holds all of `theirs`, apart from what `other`, whose position that is, wrote itself.
pub(super) fn covers(mine: &Position, other: &ServerState, theirs: &Position) -> bool {
    match (mine, theirs) {
        (Position::Oracle(mine), Position::Oracle(theirs)) => match own_uuid(other) {
            Some(own) => mine.contains(&theirs.without_uuid(own)),
            None => mine.contains(theirs),
        },
        (Position::Maria(mine), Position::Maria(theirs)) => {
            theirs.domains().all(|(domain, last)| match mine.last(domain) {
                Some(known) => known == last || known.sequence > last.sequence,
                // A domain of which it is the last writer, and that nobody else knows, is its own.
                None => last.server_id == other.server_id,
            })
        }
        _ => mine.contains(theirs),
    }
}

fn own_uuid(state: &ServerState) -> Option<ServerUuid> {
    state.server_uuid.parse().ok()
}
