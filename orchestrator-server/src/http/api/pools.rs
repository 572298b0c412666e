//! Pools: named sets of servers that a program outside submits again and again (spec 04,
//! section 11).

use std::collections::BTreeMap;

use shared::{InstanceKey, wire::Key};

use crate::{
    http::{
        call::Call,
        reply::{Outcome, Refusal, Reply},
        resolve::{self, KeyUse},
        wire::instance::instances,
    },
    inventory::{
        heuristics::greatest_lag,
        view::{Cluster, Instance},
    },
    journal::command::Command,
};

/// `submit-pool-instances/:pool?instances=`
pub(in crate::http) async fn submit(call: &Call) -> Outcome {
    let pool = call.param("pool");
    let members = members(call, call.query.get("instances")).await?;
    let message = format!("{pool}: {} instances", members.len());
    let command = Command::SubmitPool { pool: pool.to_owned(), members, at: call.now };
    call.record(command, Some(call.audit("submit-pool-instances", None, message))).await?;
    Reply::ok(format!("Applied {pool} pool instances"), pool)
}

/// The servers of a comma-separated list; one that is none spoils the whole list.
async fn members(call: &Call, list: &str) -> Result<Vec<InstanceKey>, Refusal> {
    let default_port = call.default_port();
    // A part of a name that fits several servers means none of them: it stays as it is.
    let fuzzy = call.config.raw.support_fuzzy_pool_hostnames;
    let usage = if fuzzy { KeyUse::Read } else { KeyUse::Discover };
    let mut members = Vec::new();
    for entry in list.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        let key = InstanceKey::parse(entry, default_port)
            .map_err(|_| Refusal::new(format!("Cannot parse address: {entry}")))?;
        members.push(resolve::meant(&call.view, &*call.services.operations, key, usage).await?);
    }
    Ok(members)
}

/// `cluster-pool-instances/:clusterName[/:pool]`
pub(in crate::http) async fn list(call: &Call) -> Outcome {
    let name = call.param("clusterName");
    let pools = call.view.pools(Some(name), call.params.find("pool"), &call.config, call.now);
    let pools: BTreeMap<&str, Vec<Key>> = pools
        .into_iter()
        .map(|(pool, keys)| (pool, keys.into_iter().map(Key::from).collect()))
        .collect();
    Reply::ok(format!("Read pool instances for cluster {name}"), &pools)
}

/// `heuristic-cluster-pool-instances/:clusterName[/:pool]`
pub(in crate::http) async fn servers(call: &Call) -> Outcome {
    let cluster = call.cluster_by_hint()?;
    let message = format!("Heuristic pool instances for cluster {}", cluster.name);
    Reply::ok(message, &instances(call.picture(), pool_servers(call, cluster)))
}

/// `heuristic-cluster-pool-lag/:clusterName[/:pool]`
pub(in crate::http) async fn lag(call: &Call) -> Outcome {
    let text = call.param("clusterName");
    let cluster = resolve::cluster_with_alias(&call.view, text)
        .ok_or_else(|| Refusal::new(format!("No cluster found for alias {text}")))?;
    let lag = greatest_lag(&pool_servers(call, cluster))
        .ok_or_else(|| Refusal::new("No instances found in GetInstancesMaxLag"))?;
    Reply::ok(format!("Heuristic pool lag for cluster {}", cluster.name), &lag)
}

fn pool_servers<'c>(call: &Call, cluster: &'c Cluster) -> Vec<&'c std::sync::Arc<Instance>> {
    call.view.pool_instances(cluster, call.params.find("pool"), &call.config, call.now)
}
