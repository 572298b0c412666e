//! Commands that take several calls of the API.

use anyhow::{anyhow, bail};
use serde_json::Value;
use shared::url::encode;

use super::{api::Api, print};
use crate::{http::local::Question, journal::hints::GENERAL_HOST};

async fn ask(api: &Api, owner: &str, path: &str) -> anyhow::Result<Value> {
    api.ask(&Question { path, owner, exact: false }).await?.payload(path)
}

/// `cluster alias pool KEY` lines, with tabs.
pub(super) async fn cluster_pools(api: &Api, owner: &str) -> anyhow::Result<String> {
    let mut lines = String::new();
    for cluster in print::elements(&ask(api, owner, "clusters-info").await?) {
        let name = print::text(&cluster["ClusterName"]);
        let alias = print::text(&cluster["ClusterAlias"]);
        let path = format!("cluster-pool-instances/{}", encode(&name));
        for (pool, members) in ask(api, owner, &path).await?.as_object().into_iter().flatten() {
            for member in print::elements(members) {
                let key = print::key(member).unwrap_or_else(|_| print::text(member));
                lines += &format!("{name}\t{alias}\t{pool}\t{key}\n");
            }
        }
    }
    Ok(lines)
}

/// The instance that the domain name of a cluster stands for, a general attribute (spec 04, 7.6);
/// `set` has it stand for the cluster's one writeable source first. `path` asks for the cluster.
pub(super) async fn domain_instance(
    api: &Api,
    owner: &str,
    path: &str,
    set: bool,
) -> anyhow::Result<String> {
    let cluster = ask(api, owner, path).await?;
    let name = print::text(&cluster["ClusterName"]);
    let domain = print::text(&cluster["ClusterDomain"]);
    // The name stands in where there is no domain.
    if domain.is_empty() || domain == name {
        bail!("Cannot find domain name for cluster {name}");
    }
    if set {
        let writer = writer(&ask(api, owner, &format!("cluster/{}", encode(&name))).await?, &name)?;
        let (host, domain) = (encode(GENERAL_HOST), encode(&domain));
        ask(api, owner, &format!("host-attribute/{host}/{domain}/{}", encode(&writer))).await?;
        return Ok(writer);
    }
    let attributes = ask(api, owner, &format!("host-attribute/attr/{}", encode(&domain))).await?;
    let general = print::elements(&attributes).iter().find(|a| a["Hostname"] == GENERAL_HOST);
    let value = general.map(|attribute| print::text(&attribute["AttributeValue"]));
    value.ok_or_else(|| anyhow!("No instance is known for the domain name {domain}"))
}

fn writer(servers: &Value, cluster: &str) -> anyhow::Result<String> {
    let may_write = |server: &&Value| {
        let at_the_top = server["ReplicationDepth"] == 0 || server["IsCoMaster"] == true;
        at_the_top && server["ReadOnly"] == false
    };
    let writers: Vec<&Value> = print::elements(servers).iter().filter(may_write).collect();
    match writers[..] {
        [writer] => print::key(writer).map_err(|why| anyhow!(why)),
        _ => bail!("Found {} potential master for cluster {cluster}", writers.len()),
    }
}
