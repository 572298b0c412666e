//! What the texts of a path mean: which server, which cluster (spec 02, 1.8). An exact name
//! always wins; a part of a name will do as long as it fits one known server only.

use std::sync::Arc;

use shared::{InstanceKey, instance_key::InstanceKeyError};

use super::{reply::Refusal, service::Operations};
use crate::inventory::view::{Cluster, FleetView};

/// What a key is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUse {
    /// To read: a part of a name that fits several servers names none of them.
    Read,
    /// To change something: a part of a name that fits several servers is refused.
    Change,
    /// To make a server known: a part of another server's name is a name of its own.
    Discover,
}

/// Why a text names no server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There is no hostname.
    #[error("Will not resolve empty hostname")]
    EmptyHostname,
    /// There are several hostnames.
    #[error("Will not resolve multi-hostname: {0}")]
    SeveralHostnames(String),
    /// Not a key for another reason.
    #[error("{0}")]
    Malformed(InstanceKeyError),
    /// The name cannot be resolved.
    #[error("{0}")]
    Lookup(String),
    /// A part of the names of several known servers.
    #[error("Ambiguous instance: {key} fits {}; give the full hostname", list(.fits))]
    Ambiguous {
        /// What was given.
        key: InstanceKey,
        /// The servers.
        fits: Vec<InstanceKey>,
    },
}

/// Why a hint leads to no cluster.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HintError {
    /// There is no hint.
    #[error("Unable to determine cluster name by empty hint")]
    Empty,
    /// Neither a name, nor an alias, nor a server of a known cluster.
    #[error("Unable to determine cluster name. clusterHint={0}")]
    Unknown(String),
}

impl From<KeyError> for Refusal {
    fn from(error: KeyError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<HintError> for Refusal {
    fn from(error: HintError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<InstanceKeyError> for KeyError {
    fn from(error: InstanceKeyError) -> Self {
        match error {
            InstanceKeyError::EmptyHostname => Self::EmptyHostname,
            other => Self::Malformed(other),
        }
    }
}

fn list(keys: &[InstanceKey]) -> String {
    keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The server that hostname and port name. It need not be known.
///
/// # Errors
/// See [`KeyError`].
pub async fn key(
    view: &FleetView,
    operations: &dyn Operations,
    host: &str,
    port: &str,
    usage: KeyUse,
) -> Result<InstanceKey, KeyError> {
    meant(view, operations, InstanceKey::from_texts(host, port)?, usage).await
}

/// The server that a name means, once it is resolved. It need not be known.
///
/// # Errors
/// See [`KeyError`].
pub async fn meant(
    view: &FleetView,
    operations: &dyn Operations,
    literal: InstanceKey,
    usage: KeyUse,
) -> Result<InstanceKey, KeyError> {
    if view.index.contains_key(&literal) {
        return Ok(literal);
    }
    if literal.hostname().contains(',') {
        return Err(KeyError::SeveralHostnames(literal.hostname().to_owned()));
    }
    let hostname = operations.resolve(literal.hostname()).await.map_err(KeyError::Lookup)?;
    known(view, literal.with_hostname(&hostname)?, usage)
}

/// The known server that a key means, else the key itself.
fn known(view: &FleetView, key: InstanceKey, usage: KeyUse) -> Result<InstanceKey, KeyError> {
    if usage == KeyUse::Discover || view.index.contains_key(&key) {
        return Ok(key);
    }
    let mut fits = similar(view, &key);
    match fits.pop() {
        Some(only) if fits.is_empty() => Ok(only),
        Some(last) if usage == KeyUse::Change => {
            fits.push(last);
            fits.sort_unstable();
            Err(KeyError::Ambiguous { key, fits })
        }
        _ => Ok(key),
    }
}

/// Known servers on the same port whose hostname contains the given one. An IPv4 address is
/// never a part of another one.
fn similar(view: &FleetView, key: &InstanceKey) -> Vec<InstanceKey> {
    if key.is_ipv4() {
        return Vec::new();
    }
    let part = key.hostname().to_ascii_lowercase();
    let fits = |k: &&InstanceKey| {
        k.port() == key.port() && k.hostname().to_ascii_lowercase().contains(&part)
    };
    view.index.keys().filter(fits).cloned().collect()
}

/// The cluster that a hint means: its name, its alias, or one of its servers.
///
/// # Errors
/// See [`HintError`].
pub fn cluster<'v>(
    view: &'v FleetView,
    hint: &str,
    default_port: u16,
) -> Result<&'v Arc<Cluster>, HintError> {
    if hint.is_empty() {
        return Err(HintError::Empty);
    }
    if let Some(cluster) = view.clusters.get(hint) {
        return Ok(cluster);
    }
    if let Some(cluster) = with_alias(view, hint) {
        return Ok(cluster);
    }
    // The second reading is for IPv6 addresses, which are written without brackets.
    let keys = [InstanceKey::parse(hint, default_port), hint.parse()];
    let by_server = |key: InstanceKey| {
        let key = known(view, key, KeyUse::Read).ok()?;
        view.cluster_of(&key)
    };
    keys.into_iter()
        .flatten()
        .find_map(by_server)
        .ok_or_else(|| HintError::Unknown(hint.to_owned()))
}

/// The cluster with this alias or this name.
#[must_use]
pub fn cluster_with_alias<'v>(view: &'v FleetView, text: &str) -> Option<&'v Arc<Cluster>> {
    with_alias(view, text).or_else(|| view.clusters.get(text))
}

/// Of several clusters with the alias, the one whose name comes first.
fn with_alias<'v>(view: &'v FleetView, alias: &str) -> Option<&'v Arc<Cluster>> {
    let fits = |cluster: &&Arc<Cluster>| !alias.is_empty() && cluster.alias == alias;
    view.clusters.values().filter(fits).min_by(|a, b| a.name.cmp(&b.name))
}
