//! Pairs of the key-value stores.

use serde::{Deserialize, Serialize};

/// What is written to a key-value store for a source.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct KVPair {
    /// The key, such as `mysql/master/<alias>`.
    pub key: String,
    /// The value.
    pub value: String,
}
