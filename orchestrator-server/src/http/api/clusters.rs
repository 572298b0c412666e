//! Clusters: their names, settings, servers and heads (spec 02, 2.6).

use shared::wire::ClusterInfo;

use crate::{
    http::{
        call::Call,
        reply::{Outcome, Refusal, Reply},
        wire::{
            cluster_info,
            instance::{instance, instances},
        },
    },
    journal::command::Command,
};

/// `clusters`
pub(in crate::http) async fn names(call: &Call) -> Outcome {
    let names: Vec<&str> =
        call.view.sorted_clusters().iter().map(|cluster| cluster.name.as_str()).collect();
    Reply::bare_or_null(&names)
}

/// `clusters-info`
pub(in crate::http) async fn infos(call: &Call) -> Outcome {
    let clusters = call.view.sorted_clusters();
    let infos: Vec<ClusterInfo> =
        clusters.into_iter().map(|cluster| cluster_info(call.picture(), cluster)).collect();
    Reply::bare(&infos)
}

/// `cluster/:clusterHint`
pub(in crate::http) async fn servers(call: &Call) -> Outcome {
    let cluster = call.cluster_by_hint()?;
    Reply::bare(&instances(call.picture(), cluster.instances.values()))
}

/// `cluster/alias/:clusterAlias`
pub(in crate::http) async fn servers_by_alias(call: &Call) -> Outcome {
    let cluster = call.cluster_by_alias()?;
    Reply::bare(&instances(call.picture(), cluster.instances.values()))
}

/// `cluster/instance/:host/:port`
pub(in crate::http) async fn servers_beside(call: &Call) -> Outcome {
    let key = call.key().await?;
    let cluster = call.view.cluster_of(&key);
    let cluster = cluster.ok_or_else(|| Refusal::new(format!("Cannot read instance: {key}")))?;
    Reply::bare(&instances(call.picture(), cluster.instances.values()))
}

/// `cluster-info/:clusterHint`
pub(in crate::http) async fn info(call: &Call) -> Outcome {
    Reply::bare(&cluster_info(call.picture(), call.cluster_by_hint()?))
}

/// `cluster-info/alias/:clusterAlias`
pub(in crate::http) async fn info_by_alias(call: &Call) -> Outcome {
    Reply::bare(&cluster_info(call.picture(), call.cluster_by_alias()?))
}

/// `masters`
pub(in crate::http) async fn masters(call: &Call) -> Outcome {
    let clusters = call.view.sorted_clusters();
    let heads = clusters.into_iter().filter_map(|cluster| cluster.writeable_head());
    Reply::bare_or_null(&instances(call.picture(), heads))
}

/// `master/:clusterHint`
pub(in crate::http) async fn master(call: &Call) -> Outcome {
    let cluster = call.cluster_by_hint()?;
    let head = cluster.heads().into_iter().next();
    let head =
        head.ok_or_else(|| Refusal::new(format!("No masters found for {}", cluster.name)))?;
    Reply::bare(&instance(call.picture(), head))
}

/// `set-cluster-alias/:clusterName?alias=`
pub(in crate::http) async fn set_alias(call: &Call) -> Outcome {
    let (cluster, alias) = (call.param("clusterName"), call.query.get("alias"));
    let audit = call.audit("set-cluster-alias", None, format!("{cluster}: {alias}"));
    let command = Command::SetClusterAlias { cluster: cluster.to_owned(), alias: alias.to_owned() };
    call.record(command, Some(audit)).await?;
    Reply::done(format!("Cluster {cluster} now has alias '{alias}'"))
}

/// `cluster-osc-replicas/:clusterHint`
pub(in crate::http) async fn osc_replicas(call: &Call) -> Outcome {
    let cluster = call.cluster_by_hint()?;
    Reply::bare(&instances(call.picture(), cluster.osc_replicas(&call.config)))
}

/// `reload-cluster-alias`
pub(in crate::http) async fn retired(_: &Call) -> Outcome {
    Err(Refusal::new("This API call has been retired"))
}

/// `snapshot-topologies`
pub(in crate::http) async fn snapshot(call: &Call) -> Outcome {
    let began = std::time::Instant::now();
    let outcome = call.services.operations.snapshot_topologies().await;
    let took = format!("Took {:?}", began.elapsed());
    match outcome {
        Ok(()) => Reply::ok("Topology Snapshot completed", &took),
        Err(error) => Err(Refusal::new(error).with(&took)),
    }
}
