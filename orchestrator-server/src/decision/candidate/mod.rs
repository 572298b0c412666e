//! Who is promoted when a source died, and why nobody else: pure, from the cluster's picture and
//! from what each replica holds once it was stopped.
//!
//! Two servers are chosen. The *donor* retrieved most. The *candidate* is promoted: the donor
//! itself, or a better one that catches up from it. A retrieved transaction is thereby never
//! thrown away, unless the only server that has it can neither be promoted nor pass it on.

mod contender;
mod rank;
mod rejection;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use shared::InstanceKey;

pub use rank::Criterion;
pub use rejection::Rejection;

use super::follow::{Obstacle, obstacle};
use crate::{
    analysis::freshness::is_valid_replica,
    inventory::view::{ClusterView, Instance},
    mysql::state::Position,
};
use contender::Contender;
use rank::Merits;

/// What a replica holds now that it no longer receives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sealed {
    /// What it has applied.
    pub executed: Position,
    /// What it holds, applied or not.
    pub held: Position,
    /// Everything held is applied.
    pub drained: bool,
}

impl Sealed {
    fn unapplied(&self) -> u128 {
        if self.drained { 0 } else { self.held.count_beyond(&self.executed).max(1) }
    }
}

/// Who is promoted, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The replica that retrieved most, of those that can be promoted or can pass it on.
    pub donor: InstanceKey,
    /// The one to promote; if it is not the donor, it may have to catch up from it first. None
    /// if nobody may be promoted.
    pub candidate: Option<InstanceKey>,
    /// What the candidate will hold in the end (without one: what the donor holds).
    pub holds: Position,
    /// Why each other replica is not promoted, by key.
    pub reasons: Vec<(InstanceKey, Vec<Rejection>)>,
    /// Replicas with transactions that the candidate will lack, beyond those that they wrote
    /// themselves. These transactions are lost if it is promoted.
    pub diverged: Vec<InstanceKey>,
    /// Replicas that cannot follow the candidate.
    pub stranded: Vec<(InstanceKey, Obstacle)>,
}

impl Choice {
    /// Why nobody may be promoted, in one line.
    #[must_use]
    pub fn explain_nobody(&self) -> String {
        format!("no replica may be promoted ({})", Reasons(&self.reasons))
    }
}

/// Chooses among the sealed replicas. `wanted` was asked for by name: it or nobody; those
/// `excluded` failed in an earlier attempt and are not promoted, but may be donors.
#[must_use]
pub fn choose(
    view: &ClusterView,
    failed: &InstanceKey,
    sealed: &BTreeMap<InstanceKey, Sealed>,
    wanted: Option<&InstanceKey>,
    excluded: &BTreeSet<InstanceKey>,
) -> Choice {
    let contenders: Vec<Contender<'_>> = sealed
        .iter()
        .filter_map(|(key, s)| Contender::new(view, key, s.held.clone(), s.unapplied()))
        .collect();
    let failed_instance = view.instance(failed).map(|instance| &**instance);
    let mut contest =
        Contest { view, failed: failed_instance, contenders, reasons: BTreeMap::new() };
    contest.judge(wanted, excluded);
    let unsealed = view.cluster.replicas_of(failed).filter(|r| !sealed.contains_key(&r.key));
    contest.reasons.extend(unsealed.map(|r| (r.key.clone(), vec![Rejection::Unreachable])));
    // Nobody who is known was sealed: then there is nothing to choose from.
    let stand_in = sealed.keys().next().unwrap_or(failed);
    contest.decide().unwrap_or_else(|reasons| Choice {
        donor: stand_in.clone(),
        candidate: None,
        holds: Position::None,
        reasons: reasons.into_iter().collect(),
        diverged: Vec::new(),
        stranded: Vec::new(),
    })
}

/// Before anything is touched: why none of the replicas may be promoted, if so. Positions do not
/// count yet.
#[must_use]
pub fn nobody_promotable(
    view: &ClusterView,
    failed: &InstanceKey,
) -> Option<Vec<(InstanceKey, Rejection)>> {
    let (valid, unreachable): (Vec<_>, Vec<_>) =
        view.cluster.replicas_of(failed).partition(|replica| is_valid_replica(view, replica));
    let held = |replica: &Instance| replica.state.as_ref().map(|s| s.held()).unwrap_or_default();
    let contenders: Vec<Contender<'_>> = valid
        .iter()
        .filter_map(|replica| Contender::new(view, &replica.key, held(replica), 0))
        .collect();
    let failed_instance = view.instance(failed).map(|instance| &**instance);
    let mut contest =
        Contest { view, failed: failed_instance, contenders, reasons: BTreeMap::new() };
    contest.judge(None, &BTreeSet::new());
    if contest.promotable().next().is_some() {
        return None;
    }
    let unreachable = unreachable.iter().map(|r| (r.key.clone(), Rejection::Unreachable));
    let rejected = contest.reasons.into_iter();
    Some(
        rejected
            .flat_map(|(key, reasons)| reasons.into_iter().map(move |r| (key.clone(), r)))
            .chain(unreachable)
            .collect(),
    )
}

/// `mine` holds all of `theirs`, apart from errant transactions of `other`, whose position that
/// is.
#[must_use]
pub fn covers(view: &ClusterView, mine: &Position, other: &InstanceKey, theirs: &Position) -> bool {
    match view.instance(other).and_then(|instance| instance.state.as_deref()) {
        Some(state) => contender::covers(mine, state, theirs),
        None => mine.contains(theirs),
    }
}

/// The contenders, and what was found against each.
struct Contest<'a> {
    view: &'a ClusterView,
    failed: Option<&'a Instance>,
    contenders: Vec<Contender<'a>>,
    reasons: BTreeMap<InstanceKey, Vec<Rejection>>,
}

impl<'a> Contest<'a> {
    /// Reject whom settings, hints and guards rule out.
    fn judge(&mut self, wanted: Option<&InstanceKey>, excluded: &BTreeSet<InstanceKey>) {
        for one in &self.contenders {
            let asked_for = wanted == Some(one.key);
            let mut found =
                rejection::rejections(self.view, self.failed, one, &self.contenders, asked_for);
            if excluded.contains(one.key) {
                found.push(Rejection::FailedBefore);
            }
            if let Some(wanted) = wanted.filter(|_| !asked_for) {
                found.push(Rejection::NotWanted(wanted.clone()));
            }
            if !found.is_empty() {
                self.reasons.insert(one.key.clone(), found);
            }
        }
    }

    /// Those against whom nothing was found.
    fn promotable(&self) -> impl Iterator<Item = &Contender<'a>> {
        self.contenders.iter().filter(|one| !self.reasons.contains_key(one.key))
    }

    /// Find donor and candidate. A donor that cannot pass on what only it holds is promoted even
    /// if most others cannot follow it: replicas can be rebuilt, transactions cannot. If it may
    /// not be promoted at all, the next best is the donor. `Err` if there is no contender.
    fn decide(mut self) -> Result<Choice, BTreeMap<InstanceKey, Vec<Rejection>>> {
        let mut donors: Vec<usize> = (0..self.contenders.len()).collect();
        let mut first_donor = None;
        while let Some(donor) = self.donor(&donors) {
            first_donor.get_or_insert(donor);
            let gap = self.cannot_follow_donor(donor);
            let ranked = self.ranked(donor, &gap);
            if let Some((winner, _)) = ranked.first() {
                let winner = *winner;
                self.reasons.extend(gap);
                self.outrank(&ranked);
                return Ok(self.choice(donor, Some(winner)));
            }
            if self.lacks_only_followers(donor) {
                self.reasons.remove(self.contenders[donor].key);
                self.reasons.extend(gap);
                return Ok(self.choice(donor, Some(donor)));
            }
            donors.retain(|other| *other != donor);
        }
        let Some(donor) = first_donor else { return Err(self.reasons) };
        self.reasons.extend(self.cannot_follow_donor(donor));
        Ok(self.choice(donor, None))
    }

    /// Of the given contenders the one that retrieved most; of equals the one to promote.
    fn donor(&self, among: &[usize]) -> Option<usize> {
        let failed = self.failed.and_then(|failed| failed.state.as_deref());
        let clear: Vec<usize> =
            among.iter().copied().filter(|i| !self.contenders[*i].is_blurred(failed)).collect();
        let among = if clear.is_empty() { among } else { &clear };
        let maximal = among.iter().copied().filter(|i| !self.is_surpassed(*i, among));
        let best = maximal.max_by_key(|i| self.contenders[*i].weight(failed))?;
        let equals = |i: &usize| self.contenders[*i].equals(&self.contenders[best]);
        among.iter().copied().filter(equals).min_by_key(|i| {
            let one = &self.contenders[*i];
            let promotable = !self.reasons.contains_key(one.key);
            let serves = one.state.binlog.enabled && one.state.binlog.log_replica_updates;
            (!promotable, !serves, self.figures(*i, best), one.key)
        })
    }

    fn lacks_only_followers(&self, index: usize) -> bool {
        let reasons = self.reasons.get(self.contenders[index].key);
        matches!(reasons.map(Vec::as_slice), Some([Rejection::CannotBeFollowed(..)]))
    }

    /// Somebody holds all that it holds, and more.
    fn is_surpassed(&self, index: usize, among: &[usize]) -> bool {
        let one = &self.contenders[index];
        among
            .iter()
            .map(|i| &self.contenders[*i])
            .any(|other| other.covers(one) && !one.covers(other))
    }

    fn figures(&self, index: usize, best: usize) -> Vec<u128> {
        let (one, best) = (&self.contenders[index], &self.contenders[best]);
        let stranded = rejection::stranded_by(self.view, one, &self.contenders).len();
        Merits::of(self.view, self.failed, one, best, stranded).figures()
    }

    /// Promotable contenders that lack something of the donor's and cannot get it, or have
    /// something that it lacks.
    fn cannot_follow_donor(&self, donor: usize) -> BTreeMap<InstanceKey, Vec<Rejection>> {
        let donor = &self.contenders[donor];
        let reason = |one: &Contender<'_>| {
            if one.key == donor.key || one.covers(donor) && donor.covers(one) {
                return None;
            }
            if !donor.covers(one) {
                return Some(Rejection::Diverged(donor.key.clone()));
            }
            obstacle(&self.view.config, one.state, &one.held, donor.state)
                .map(|obstacle| Rejection::CannotCatchUp(donor.key.clone(), obstacle))
        };
        self.promotable().filter_map(|one| Some((one.key.clone(), vec![reason(one)?]))).collect()
    }

    /// Those who may be promoted, best first, with their figures.
    fn ranked(
        &self,
        donor: usize,
        gap: &BTreeMap<InstanceKey, Vec<Rejection>>,
    ) -> Vec<(usize, Vec<u128>)> {
        let mut ranked: Vec<(usize, Vec<u128>)> = (0..self.contenders.len())
            .filter(|i| {
                let key = self.contenders[*i].key;
                !self.reasons.contains_key(key) && !gap.contains_key(key)
            })
            .map(|i| (i, self.figures(i, donor)))
            .collect();
        // Contenders are in the order of their keys, which decides between equals.
        ranked.sort_by(|(_, a), (_, b)| a.cmp(b));
        ranked
    }

    fn outrank(&mut self, ranked: &[(usize, Vec<u128>)]) {
        let Some(((winner, best), others)) = ranked.split_first() else { return };
        let winner = self.contenders[*winner].key.clone();
        for (other, figures) in others {
            let criterion = rank::deciding(best, figures);
            let reason = Rejection::Outranked(winner.clone(), criterion);
            self.reasons.insert(self.contenders[*other].key.clone(), vec![reason]);
        }
    }

    fn choice(self, donor: usize, candidate: Option<usize>) -> Choice {
        let winner = candidate.map(|i| &self.contenders[i]);
        // An equal of the donor needs nothing from it.
        let needs_donor = winner.is_none_or(|winner| !winner.covers(&self.contenders[donor]));
        let donor = match winner {
            Some(winner) if !needs_donor => winner,
            _ => &self.contenders[donor],
        };
        let holds = winner.map_or_else(|| donor.held.clone(), |w| donor.held.union(&w.held));
        let diverged = self
            .contenders
            .iter()
            .filter(|one| one.key != donor.key && !lacks_nothing(&holds, donor, one));
        let stranded = winner
            .map(|winner| rejection::stranded_by(self.view, winner, &self.contenders))
            .unwrap_or_default();
        Choice {
            donor: donor.key.clone(),
            candidate: winner.map(|winner| winner.key.clone()),
            diverged: diverged.map(|one| one.key.clone()).collect(),
            reasons: self.reasons.into_iter().collect(),
            holds,
            stranded,
        }
    }
}

/// Whoever ends up with `holds` lacks nothing of what `one` holds.
fn lacks_nothing(holds: &Position, donor: &Contender<'_>, one: &Contender<'_>) -> bool {
    if holds.is_empty() && one.held.is_empty() {
        return donor.covers(one);
    }
    contender::covers(holds, one.state, &one.held)
}

/// Rejections in one line.
struct Reasons<'a>(&'a [(InstanceKey, Vec<Rejection>)]);

impl fmt::Display for Reasons<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (key, reasons)) in self.0.iter().enumerate() {
            let separator = if number > 0 { "; " } else { "" };
            let texts: Vec<String> = reasons.iter().map(Rejection::to_string).collect();
            write!(f, "{separator}{key}: {}", texts.join(", "))?;
        }
        Ok(())
    }
}
