//! Rows of what people and programs told the Go program, as facts of ours.

use std::{collections::BTreeMap, time::Duration};

use shared::{InstanceKey, PromotionRule};

use super::{Gathered, table::Row};
use crate::{
    clock::Moment,
    journal::{
        facts::{Candidate, Downtime, Node},
        hints::{HostAttribute, Maintenance, VirtualName},
    },
};

/// A downtime without an end lasts this long, as the Go program lets those of its own last.
const LONG: Duration = Duration::from_secs(365 * 24 * 3600);

/// Why a row is left, if it is.
type Taken = Result<(), String>;

pub(super) fn downtime(row: Row<'_>, to: &mut Gathered) -> Taken {
    let key = row.key("hostname", "port")?;
    if row.find("downtime_active").is_some() && !row.flag("downtime_active") {
        return Err(format!("{key}: it has ended"));
    }
    let begins = row.time("begin_timestamp").unwrap_or(to.now);
    let ends = row.time("end_timestamp").unwrap_or(begins + LONG);
    if ends <= to.now {
        return Err(format!("{key}: it has ended"));
    }
    let downtime = Downtime { owner: row.text("owner"), reason: row.text("reason"), begins, ends };
    to.facts.downtimes.push((key, downtime));
    Ok(())
}

pub(super) fn candidate(row: Row<'_>, to: &mut Gathered) -> Taken {
    let key = row.key("hostname", "port")?;
    let rule = row.text("promotion_rule");
    let rule = PromotionRule::from_name(if rule.is_empty() { "neutral" } else { &rule })
        .ok_or_else(|| format!("{key}: unknown promotion rule {rule:?}"))?;
    let at = row.time("last_suggested").unwrap_or(to.now);
    to.facts.candidates.push((key, Candidate { rule, at }));
    Ok(())
}

pub(super) fn maintenance(row: Row<'_>, to: &mut Gathered) -> Taken {
    let key = row.key("hostname", "port")?;
    let ends = row.time("end_timestamp").unwrap_or(to.now);
    if !row.flag("maintenance_active") || ends <= to.now {
        return Err(format!("{key}: it has ended"));
    }
    if row.find("explicitly_bounded").is_some() && !row.flag("explicitly_bounded") {
        return Err(format!("{key}: it is a lock of a process of the Go program"));
    }
    let maintenance = Maintenance {
        id: row.number("database_instance_maintenance_id"),
        owner: row.text("owner"),
        reason: row.text("reason"),
        begins: row.time("begin_timestamp").unwrap_or(to.now),
        ends,
        node: None,
    };
    to.facts.maintenances.push((key, maintenance));
    Ok(())
}

pub(super) fn tag(row: Row<'_>, to: &mut Gathered) -> Taken {
    let key = row.key("hostname", "port")?;
    let name = row.some_text("tag_name").ok_or_else(|| format!("{key}: the tag has no name"))?;
    to.facts.tags.push((key, name, row.text("tag_value")));
    Ok(())
}

/// A pool was submitted when the last of its servers was.
pub(super) fn pools<'a>(rows: impl Iterator<Item = Row<'a>>, to: &mut Gathered) -> Vec<String> {
    let mut left = Vec::new();
    let mut pools: BTreeMap<String, (Vec<InstanceKey>, Moment)> = BTreeMap::new();
    for row in rows {
        match (row.key("hostname", "port"), row.some_text("pool")) {
            (Ok(key), Some(pool)) => {
                let at = row.time("registered_at").unwrap_or(to.now);
                let (members, submitted) = pools.entry(pool).or_insert_with(|| (Vec::new(), at));
                members.push(key);
                *submitted = at.max(*submitted);
            }
            (Err(why), _) => left.push(why),
            (Ok(key), None) => left.push(format!("{key}: the pool has no name")),
        }
    }
    let pools = pools.into_iter().map(|(name, (members, at))| (name, members, at));
    to.facts.pools.extend(pools);
    left
}

pub(super) fn attribute(row: Row<'_>, to: &mut Gathered) -> Taken {
    let host = row.some_text("hostname").ok_or("an attribute without a host")?;
    let name = row.some_text("attribute_name").ok_or("an attribute without a name")?;
    let at = row.time("submit_timestamp").unwrap_or(to.now);
    let value = row.text("attribute_value");
    to.facts.host_attributes.push((host, name, HostAttribute { value, at }));
    Ok(())
}

pub(super) fn virtual_name(row: Row<'_>, to: &mut Gathered) -> Taken {
    let hostname = row.some_text("hostname").ok_or("a virtual name without a host")?;
    let name = row
        .some_text("unresolved_hostname")
        .ok_or_else(|| format!("{hostname}: the virtual name is empty"))?;
    let at = row.time("last_registered").unwrap_or(to.now);
    to.facts.virtual_names.push((hostname, VirtualName { name, at }));
    Ok(())
}

/// The cluster and its alias.
pub(super) fn alias(row: Row<'_>) -> Result<(String, String), String> {
    let cluster = row.some_text("cluster_name").ok_or("an alias without a cluster")?;
    let alias = row.some_text("alias").ok_or_else(|| format!("{cluster}: the alias is empty"))?;
    Ok((cluster, alias))
}

pub(super) fn alias_override(row: Row<'_>, to: &mut Gathered) -> Taken {
    to.facts.alias_overrides.push(alias(row)?);
    Ok(())
}

/// The process that a row names.
pub(super) fn node(row: Row<'_>) -> Node {
    Node {
        hostname: row.text("processing_node_hostname"),
        token: row.text("processcing_node_token"),
    }
}
