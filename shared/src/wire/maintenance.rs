//! Exclusive locks on instances.

use serde::{Deserialize, Serialize};

use super::Key;

/// A maintenance in progress.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Maintenance {
    /// The token that ends it.
    pub maintenance_id: u64,
    /// The instance.
    pub key: Key,
    /// When it began, as backend timestamp.
    pub begin_timestamp: String,
    /// Seconds since it began.
    pub seconds_elapsed: u64,
    /// Always true: only active ones are listed.
    pub is_active: bool,
    /// Who began it.
    pub owner: String,
    /// Why.
    pub reason: String,
}
