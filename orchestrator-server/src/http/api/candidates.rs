//! Promotion rules that operators announce (spec 04, 8).

use shared::{PromotionRule, promotion_rule::PromotionRuleError, wire::Key};

use crate::{
    http::{
        call::Call,
        reply::{Outcome, Refusal, Reply},
        wire,
    },
    journal::command::Command,
};

/// `register-candidate/:host/:port/:promotionRule`
pub(in crate::http) async fn register(call: &Call) -> Outcome {
    let key = call.key_to_change().await?;
    let rule: PromotionRule = call
        .param("promotionRule")
        .parse()
        .map_err(|error: PromotionRuleError| Refusal::new(error.to_string()))?;
    let audit = call.audit("register-candidate", Some(&key), rule.name());
    let command = Command::RegisterCandidate { key: key.clone(), rule, at: call.now };
    call.record(command, Some(audit)).await?;
    Reply::ok("Registered candidate", &Key::from(&key))
}

/// `bulk-promotion-rules`
pub(in crate::http) async fn list(call: &Call) -> Outcome {
    Reply::bare_or_null(&wire::candidates(call.picture()))
}
