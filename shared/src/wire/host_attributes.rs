//! Attributes that agents and operators attach to hosts.

use serde::{Deserialize, Serialize};

/// One attribute of one host.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct HostAttributes {
    /// The host; `*` for general attributes.
    pub hostname: String,
    /// The attribute's name.
    pub attribute_name: String,
    /// Its value.
    pub attribute_value: String,
    /// When it was set, as backend timestamp.
    pub submit_timestamp: String,
    /// When it expires, as backend timestamp; empty when never.
    pub expire_timestamp: String,
}
