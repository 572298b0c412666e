//! Registered promotion rules, as `bulk-promotion-rules` lists them.

use serde::{Deserialize, Serialize};

use crate::PromotionRule;

/// The promotion rule of one instance.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CandidateDatabaseInstance {
    /// The instance's hostname.
    pub hostname: String,
    /// The instance's port.
    pub port: u16,
    /// Its rule.
    pub promotion_rule: PromotionRule,
    /// When the rule was registered last, as backend timestamp.
    pub last_suggested_string: String,
    /// When the rule expires, as backend timestamp.
    pub promotion_rule_expiry: String,
}
