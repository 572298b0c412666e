//! The hostname cache, as `hostname-resolve-cache` dumps it (an object by hostname).

use serde::{Deserialize, Serialize};

/// One resolved name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct HostnameCacheEntry {
    /// The resolved name.
    pub object: String,
    /// When the entry expires, in nanoseconds since 1970.
    pub expiration: i64,
}
