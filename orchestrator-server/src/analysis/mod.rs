//! Pure: what is wrong with a cluster. Same view, same findings: no I/O, no clock, no globals.
//! Whether to do something about a finding is for `decision`.
//!
//! `facts` reads the figures of each server, `rules` and `structure` judge them, `filters` drops
//! and marks.

mod code;
pub mod facts;
pub mod filters;
pub mod freshness;
pub mod rules;
pub mod structure;
#[cfg(test)]
mod tests;

use std::{cmp::Reverse, sync::Arc};

use shared::InstanceKey;

pub use code::Code;
pub use facts::Signs;
pub use filters::Automation;
pub use rules::Reaction;
pub use structure::StructureWarning;

use crate::{
    inventory::view::{Cluster, ClusterView, Instance},
    journal::facts::Downtime,
};

/// What was found about one server.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The server.
    pub key: InstanceKey,
    /// What is known of it.
    pub instance: Arc<Instance>,
    /// Its cluster.
    pub cluster: Arc<Cluster>,
    /// The problem, or `NoProblem` where there are only warnings.
    pub code: Code,
    /// Warnings about the structure.
    pub warnings: Vec<StructureWarning>,
    /// The figures that the judgement rests on.
    pub signs: Signs,
    /// The problem is of a sort that can be healed. Says nothing of filters, blocks or evidence.
    pub actionable: bool,
    /// The server's downtime, if it lasts.
    pub downtime: Option<Downtime>,
    /// The problem is about replicas, and all of them are downtimed.
    pub replicas_downtimed: bool,
    /// Expected: the server is downtimed, or all the replicas that the problem is about.
    pub skippable_due_to_downtime: bool,
    /// The automatic recoveries that the cluster filters allow.
    pub automation: Automation,
}

/// Everything that is wrong with a cluster, downtimed servers included, in the order of
/// [`sort`].
#[must_use]
pub fn analyze(view: &ClusterView) -> Vec<Finding> {
    let automation = Automation::of(view);
    let mut findings: Vec<Finding> = view
        .cluster
        .instances
        .values()
        .filter(|instance| !filters::is_ignored(view, instance))
        .map(|instance| judge(view, instance, automation))
        .filter(|finding| filters::is_interesting(view, &finding.signs))
        .filter(|finding| filters::is_worth_reporting(finding.code, &finding.warnings))
        .collect();
    sort(&mut findings);
    findings
}

/// The judgement on one server, also where nothing is wrong with it; none if it is unknown.
#[must_use]
pub fn examine(view: &ClusterView, key: &InstanceKey) -> Option<Finding> {
    view.instance(key).map(|instance| judge(view, instance, Automation::of(view)))
}

/// Sources first, then servers that name their cluster, then by number of replicas, largest
/// first; then by key.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by_cached_key(|finding| {
        let names_cluster = finding.key.to_string() == finding.cluster.name;
        let signs = &finding.signs;
        (
            Reverse(signs.is_source),
            Reverse(names_cluster),
            Reverse(signs.count()),
            finding.key.clone(),
        )
    });
}

impl Finding {
    /// It is to be recorded as a detection, and announced.
    #[must_use]
    pub fn is_detectable(&self) -> bool {
        rules::reaction(self.code) != Reaction::Show
    }

    /// The replicas of the server.
    #[must_use]
    pub fn replicas(&self) -> Vec<InstanceKey> {
        self.signs.replicas.clone()
    }
}

fn judge(view: &ClusterView, instance: &Arc<Instance>, automation: Automation) -> Finding {
    let signs = Signs::of(view, instance);
    let code = rules::diagnose(&signs);
    let replicas_downtimed = filters::are_replicas_downtimed(code, &signs);
    Finding {
        key: instance.key.clone(),
        instance: instance.clone(),
        cluster: view.cluster.clone(),
        code,
        warnings: structure::warnings(&signs),
        actionable: rules::reaction(code) == Reaction::Recover,
        downtime: view.downtime(&instance.key).cloned(),
        replicas_downtimed,
        skippable_due_to_downtime: signs.downtimed || replicas_downtimed,
        automation,
        signs,
    }
}
