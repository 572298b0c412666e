//! How willing the operator is to see a server promoted.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The promotion rule of a server; the best rule is the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum PromotionRule {
    /// Promote this one; known on the wire, but not accepted from users yet.
    Must,
    /// Promote this one if at all possible.
    Prefer,
    /// No opinion.
    #[default]
    Neutral,
    /// Rather promote another one.
    PreferNot,
    /// Never promote this one.
    MustNot,
}

/// Why a text is no promotion rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PromotionRuleError {
    /// `must` exists in old data but may not be registered.
    #[error("CandidatePromotionRule: must not supported yet")]
    MustNotSupported,
    /// Not one of the rules.
    #[error("Invalid CandidatePromotionRule: {0}")]
    Unknown(String),
}

impl PromotionRule {
    /// All rules, from best to worst.
    pub const ALL: [Self; 5] =
        [Self::Must, Self::Prefer, Self::Neutral, Self::PreferNot, Self::MustNot];

    /// The rule's text on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Prefer => "prefer",
            Self::Neutral => "neutral",
            Self::PreferNot => "prefer_not",
            Self::MustNot => "must_not",
        }
    }

    /// The rule with this text, `must` included: for data that is already stored.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }

    /// Whether a server with this rule is listed as a candidate.
    pub fn is_candidate(self) -> bool {
        matches!(self, Self::Must | Self::Prefer)
    }
}

/// Reads what a user or a Detect query gives; `must` is refused.
impl FromStr for PromotionRule {
    type Err = PromotionRuleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match Self::from_name(text) {
            Some(Self::Must) => Err(PromotionRuleError::MustNotSupported),
            Some(rule) => Ok(rule),
            None => Err(PromotionRuleError::Unknown(text.to_owned())),
        }
    }
}

impl fmt::Display for PromotionRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for PromotionRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for PromotionRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::from_name(&name)
            .ok_or_else(|| serde::de::Error::custom(PromotionRuleError::Unknown(name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn best_comes_first() {
        assert!(PromotionRule::ALL.is_sorted());
        assert_eq!(PromotionRule::default(), PromotionRule::Neutral);
        assert_eq!(
            PromotionRule::ALL.map(PromotionRule::is_candidate),
            [true, true, false, false, false]
        );
    }

    #[test]
    fn users_may_give_all_but_must() {
        for rule in &PromotionRule::ALL[1..] {
            assert_eq!(rule.to_string().parse(), Ok(*rule));
        }
        let message = |text: &str| text.parse::<PromotionRule>().unwrap_err().to_string();
        assert_eq!(message("must"), "CandidatePromotionRule: must not supported yet");
        assert_eq!(message("never"), "Invalid CandidatePromotionRule: never");
        assert_eq!(message("Prefer"), "Invalid CandidatePromotionRule: Prefer");
    }

    #[test]
    fn stored_text_comes_back() {
        for rule in PromotionRule::ALL {
            let json = serde_json::to_string(&rule).unwrap();
            assert_eq!(serde_json::from_str::<PromotionRule>(&json).unwrap(), rule);
        }
        assert!(serde_json::from_str::<PromotionRule>(r#""x""#).is_err());
    }
}
