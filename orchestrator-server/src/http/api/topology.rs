//! Clusters as text (spec 02, 5.1).

use crate::http::{
    call::Call,
    reply::{Outcome, Reply},
    topology::{self, Style},
};
use crate::inventory::view::ClusterView;

/// `topology/…`
pub(in crate::http) async fn plain(call: &Call) -> Outcome {
    drawing(call, Style::Plain)
}

/// `topology-tabulated/…`
pub(in crate::http) async fn tabulated(call: &Call) -> Outcome {
    drawing(call, Style::Tabulated)
}

/// `topology-tags/…`
pub(in crate::http) async fn tags(call: &Call) -> Outcome {
    drawing(call, Style::Tags)
}

fn drawing(call: &Call, style: Style) -> Outcome {
    let cluster = call.cluster_by_hint()?;
    let view = ClusterView {
        cluster: cluster.clone(),
        facts: call.view.facts.clone(),
        config: call.config.clone(),
        now: call.now,
    };
    let text = topology::draw(&topology::nodes(&view), style);
    Reply::ok(format!("Topology for cluster {}", cluster.name), &text)
}
