//! Servers: one, all, those that match a search, those with problems (spec 02, 2.5 and 2.6).

use shared::wire::Key;

use crate::http::{
    call::Call,
    reply::{Outcome, Refusal, Reply},
    wire::instance::{instance, instances},
};

/// `instance/:host/:port`
pub(in crate::http) async fn one(call: &Call) -> Outcome {
    let key = call.key().await?;
    let found = call.view.instance(&key);
    let found = found.ok_or_else(|| Refusal::new(format!("Cannot read instance: {key}")))?;
    Reply::bare(&instance(call.picture(), found))
}

/// `instance-replicas/:host/:port`
pub(in crate::http) async fn replicas(call: &Call) -> Outcome {
    let key = call.key().await?;
    let replicas = call.view.cluster_of(&key).into_iter().flat_map(|c| c.replicas_of(&key));
    Reply::bare(&instances(call.picture(), replicas))
}

/// `all-instances`
pub(in crate::http) async fn all(call: &Call) -> Outcome {
    Reply::bare(&instances(call.picture(), call.view.search("")))
}

/// `search/:searchString`, `search?s=`
pub(in crate::http) async fn search(call: &Call) -> Outcome {
    let text = call.params.find("searchString").unwrap_or_else(|| call.query.get("s"));
    Reply::bare(&instances(call.picture(), call.view.search(text)))
}

/// `problems`, `problems/:clusterName`
pub(in crate::http) async fn problems(call: &Call) -> Outcome {
    let mut problems = call.view.problems(&call.config, call.now);
    if let Some(name) = call.params.find("clusterName") {
        let cluster = crate::http::resolve::cluster_with_alias(&call.view, name);
        problems.retain(|i| cluster.is_some_and(|c| c.instances.contains_key(&i.key)));
    }
    Reply::bare_or_null(&instances(call.picture(), problems))
}

/// `bulk-instances`
pub(in crate::http) async fn keys(call: &Call) -> Outcome {
    let keys: Vec<Key> =
        call.view.sorted_instances().iter().map(|instance| Key::from(&instance.key)).collect();
    Reply::bare_or_null(&keys)
}
