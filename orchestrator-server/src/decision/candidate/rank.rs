//! In which order replicas that may be promoted are promoted: a table of criteria, the first in
//! which two differ decides. Strict and total, so the same picture always gives the same server.

use std::fmt;

use shared::PromotionRule;

use super::contender::Contender;
use crate::{
    decision::follow::format_rank,
    inventory::view::{ClusterView, Instance},
};

/// What speaks for or against a replica.
pub(super) struct Merits {
    rule: PromotionRule,
    /// 0: the failed source's data center and environment.
    distance: u128,
    /// Transactions that it lacks.
    lacks: u128,
    /// Transactions that it has to apply first.
    unapplied: u128,
    own_writes: bool,
    delayed: bool,
    /// Other replicas that could not follow it.
    stranded: usize,
    /// Release series.
    version: (u32, u32),
    format: u8,
    replicas: usize,
}

/// Why one replica goes before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Criterion {
    /// Better promotion rule.
    Rule,
    /// Among preferred ones: closer to the failed source.
    PreferredPlace,
    /// Lacks fewer transactions.
    Retrieved,
    /// Has fewer transactions to apply.
    Drained,
    /// Closer to the failed source.
    Place,
    /// Wrote nothing by itself.
    OwnWrites,
    /// Does not lag on purpose.
    Delay,
    /// More of the others can follow it.
    Followers,
    /// Older release series, which newer ones can follow.
    Version,
    /// Simpler binlog format, which others can follow.
    Format,
    /// Has more replicas of its own.
    Replicas,
    /// Comes first by name.
    Name,
}

type Figure = fn(&Merits) -> u128;

/// Each criterion with its figure; less is better. A preferred server wins even if it must catch
/// up first; otherwise the one that retrieved most does, wherever it stands (spec 05, 5.12).
const CRITERIA: &[(Criterion, Figure)] = &[
    (Criterion::Rule, |m| m.rule as u128),
    (Criterion::PreferredPlace, |m| if m.rule.is_candidate() { m.distance } else { 0 }),
    (Criterion::Retrieved, |m| m.lacks),
    (Criterion::Drained, |m| m.unapplied),
    (Criterion::Place, |m| m.distance),
    (Criterion::OwnWrites, |m| u128::from(m.own_writes)),
    (Criterion::Delay, |m| u128::from(m.delayed)),
    (Criterion::Followers, |m| m.stranded as u128),
    (Criterion::Version, |m| u128::from(m.version.0) << 32 | u128::from(m.version.1)),
    (Criterion::Format, |m| u128::from(m.format)),
    (Criterion::Replicas, |m| u128::MAX - m.replicas as u128),
];

impl Merits {
    /// The merits of a replica beside `best`, which retrieved most.
    pub(super) fn of(
        view: &ClusterView,
        failed: Option<&Instance>,
        one: &Contender<'_>,
        best: &Contender<'_>,
        stranded: usize,
    ) -> Self {
        let failed_state = failed.and_then(|failed| failed.state.as_deref());
        Self {
            rule: view.promotion_rule(one.key),
            distance: failed.map_or(0, |failed| distance(one.instance, failed)),
            lacks: if one.covers(best) { 0 } else { one.lacks(best).max(1) },
            unapplied: one.unapplied,
            own_writes: one.has_own_writes(failed_state),
            delayed: one.instance.channel().is_some_and(|channel| channel.delay_seconds > 0),
            stranded,
            version: one.state.version.major_minor(),
            format: format_rank(one.state),
            replicas: view.cluster.replicas_of(one.key).count(),
        }
    }

    /// The figures, in the order in which they count.
    pub(super) fn figures(&self) -> Vec<u128> {
        CRITERIA.iter().map(|(_, figure)| figure(self)).collect()
    }
}

/// The first criterion in which the figures differ; where none does, the names decide.
pub(super) fn deciding(winner: &[u128], other: &[u128]) -> Criterion {
    let pairs = winner.iter().zip(other);
    let differs = pairs.zip(CRITERIA).find(|((a, b), _)| a != b);
    differs.map_or(Criterion::Name, |(_, (criterion, _))| *criterion)
}

/// How far two servers are apart: by data center, then by environment. Unknown lies between
/// "the same" and "another".
fn distance(a: &Instance, b: &Instance) -> u128 {
    let known = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let apart = |a: &Option<String>, b: &Option<String>| match (known(a), known(b)) {
        (Some(a), Some(b)) if a == b => 0,
        (Some(_), Some(_)) => 2,
        _ => 1,
    };
    let (a, b) = (&a.metadata, &b.metadata);
    3 * apart(&a.data_center, &b.data_center) + apart(&a.environment, &b.environment)
}

impl fmt::Display for Criterion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rule => "better promotion rule",
            Self::PreferredPlace | Self::Place => {
                "closer to the failed source (data center, environment)"
            }
            Self::Retrieved => "retrieved more transactions",
            Self::Drained => "has less to apply",
            Self::OwnWrites => "has no errant transactions",
            Self::Delay => "does not lag on purpose",
            Self::Followers => "more of the others can replicate from it",
            Self::Version => "older version, which newer ones can replicate from",
            Self::Format => "simpler binlog_format, which others can replicate from",
            Self::Replicas => "has more replicas of its own",
            Self::Name => "comes first by name",
        })
    }
}
