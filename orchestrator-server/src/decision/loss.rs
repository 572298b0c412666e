//! How much may be lost by a promotion: `PromotionDataLossPolicy` (design: loss policy).

use shared::InstanceKey;

use crate::{config::LossPolicy, inventory::view::ClusterView};

/// Why the policy forbids a promotion already before anything is touched.
#[must_use]
pub fn refuses_up_front(view: &ClusterView, failed: &InstanceKey) -> Option<String> {
    match policy(view) {
        LossPolicy::Available => None,
        LossPolicy::Bounded => lag_is_too_large(view, failed),
        LossPolicy::Lossless => Some(
            "PromotionDataLossPolicy is lossless and nothing proves that no transaction is lost"
                .to_owned(),
        ),
    }
}

/// Why the policy forbids a promotion that loses these received transactions.
#[must_use]
pub fn refuses(view: &ClusterView, lost: &str) -> Option<String> {
    match policy(view) {
        LossPolicy::Available => None,
        LossPolicy::Bounded => {
            Some(format!("PromotionDataLossPolicy is bounded and these would be lost: {lost}"))
        }
        LossPolicy::Lossless => {
            Some(format!("PromotionDataLossPolicy is lossless and these would be lost: {lost}"))
        }
    }
}

fn policy(view: &ClusterView) -> LossPolicy {
    view.config.policy_for(&view.cluster.name, view.cluster.alias_or_name())
}

/// The least lag that any valid replica showed when its source was last seen.
fn lag_is_too_large(view: &ClusterView, failed: &InstanceKey) -> Option<String> {
    let limit = view.config.raw.promotion_data_loss_max_lag_seconds;
    let lag_of = |i: &crate::inventory::view::Instance| {
        i.metadata.lag_seconds.or_else(|| i.channel().and_then(|c| c.seconds_behind))
    };
    let least =
        view.cluster.replicas_of(failed).filter(|r| r.is_valid()).filter_map(|r| lag_of(r)).min();
    match least {
        Some(lag) if lag <= limit => None,
        Some(lag) => Some(format!(
            "PromotionDataLossPolicy is bounded to {limit} s and the least lag is {lag} s"
        )),
        // A replica that lost its source reports no lag; what it received is drained anyway.
        None => None,
    }
}
