//! Entries of the audit log.

use serde::{Deserialize, Serialize};

use super::Key;

/// One audited operation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Audit {
    /// Number of the entry.
    pub audit_id: u64,
    /// When it happened, as backend timestamp.
    pub audit_timestamp: String,
    /// The operation, such as `begin-downtime`.
    pub audit_type: String,
    /// The instance; the empty key where none is concerned.
    pub audit_instance_key: Key,
    /// What happened.
    pub message: String,
}
