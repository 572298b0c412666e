//! Whether a server can be reached, and whether what is known of it is fresh enough to count.
//! Works on the times in [`Check`] and the view's own time; never reads a clock.

use std::time::Duration;

use crate::inventory::view::{Check, ClusterView, Instance};

/// The last check of an analysed server was good and no later one is overdue (spec 05, 1.2).
#[must_use]
pub fn is_reachable(view: &ClusterView, instance: &Instance) -> bool {
    let limit = poll_interval(view) + reasonable_check_time(view);
    is_answering(instance) && !is_overdue(view, &instance.check, limit)
}

/// What a replica last said counts. Its age alone never spoils it, so that slow polling cannot
/// make replicas look dead; a check that was begun and gets no answer does, once the last good
/// one is older than two polls.
#[must_use]
pub fn is_valid_replica(view: &ClusterView, replica: &Instance) -> bool {
    let limit = 2 * poll_interval(view) + reasonable_check_time(view);
    is_answering(replica) && !is_overdue(view, &replica.check, limit)
}

/// The last failed check got a part of its answer; true also where no check failed.
#[must_use]
pub fn is_partial_success(instance: &Instance) -> bool {
    match &instance.check.failure {
        Some(failure) => failure.partial,
        None => is_answering(instance),
    }
}

/// The last check was good, and no two connection attempts failed since.
fn is_answering(instance: &Instance) -> bool {
    instance.is_valid() && instance.check.failed_attempts.len() < 2
}

/// A check is under way for longer than is reasonable, and the last good one is older than
/// `limit`. A check that waits to be begun is nobody's fault but ours.
fn is_overdue(view: &ClusterView, check: &Check, limit: Duration) -> bool {
    let Some(attempted) = check.last_attempted else { return false };
    let under_way = check.last_checked.is_none_or(|checked| attempted > checked);
    under_way
        && view.now.since(attempted) > reasonable_check_time(view)
        && check.last_seen.is_none_or(|seen| view.now.since(seen) > limit)
}

fn poll_interval(view: &ClusterView) -> Duration {
    Duration::from_secs(view.config.raw.instance_poll_seconds)
}

fn reasonable_check_time(view: &ClusterView) -> Duration {
    Duration::from_secs(view.config.raw.reasonable_instance_check_seconds)
}
