//! What is wrong, as this node sees it (spec 02, 5.3). Asking changes nothing.

use shared::wire::ReplicationAnalysis;

use crate::{
    analysis::{self, Finding},
    http::{
        call::Call,
        reply::{Outcome, Refusal, Reply},
        resolve, wire,
    },
    inventory::view::Cluster,
};

/// `replication-analysis`
pub(in crate::http) async fn all(call: &Call) -> Outcome {
    let mut findings: Vec<Finding> = call
        .view
        .sorted_clusters()
        .into_iter()
        .flat_map(|cluster| found_in(call, cluster))
        .collect();
    analysis::sort(&mut findings);
    answer(call, &findings)
}

/// `replication-analysis/:clusterName`: a name or an alias
pub(in crate::http) async fn of_cluster(call: &Call) -> Outcome {
    let cluster = resolve::cluster_with_alias(&call.view, call.param("clusterName"));
    answer(call, &cluster.map(|cluster| found_in(call, cluster)).unwrap_or_default())
}

/// `replication-analysis/instance/:host/:port`
pub(in crate::http) async fn of_server(call: &Call) -> Outcome {
    let key = call
        .key()
        .await
        .map_err(|refusal| Refusal::new(format!("Cannot get analysis: {}", refusal.message)))?;
    let cluster = call.view.cluster_of(&key);
    let mut findings = cluster.map(|cluster| found_in(call, cluster)).unwrap_or_default();
    findings.retain(|finding| finding.key == key);
    answer(call, &findings)
}

fn found_in(call: &Call, cluster: &Cluster) -> Vec<Finding> {
    let view = call.view.judge(&cluster.name, &call.config, call.now);
    view.map(|view| analysis::analyze(&view)).unwrap_or_default()
}

fn answer(call: &Call, findings: &[Finding]) -> Outcome {
    let node = &call.services.node;
    let entries: Vec<ReplicationAnalysis> = findings
        .iter()
        .map(|finding| wire::replication_analysis(finding, call.picture(), node))
        .collect();
    Reply::ok("Analysis", &entries)
}
