//! Whether a server can be reached, and whether what is known of it is fresh enough to count.
//! Works on the times in [`Check`] and the view's own time; never reads a clock.

use std::time::Duration;

use crate::inventory::view::{Check, ClusterView, Instance};

/// The last check of an analysed server was good and no later one is overdue (spec 05, 1.2).
#[must_use]
pub fn is_reachable(view: &ClusterView, instance: &Instance) -> bool {
    let limit = view.config.instance_poll() + view.config.reasonable_instance_check();
    is_answering(instance) && !is_overdue(view, &instance.check, limit)
}

/// What a replica last said counts. Its age alone never spoils it, so that slow polling cannot
/// make replicas look dead; a check that was begun and gets no answer does, once the last good
/// one is older than two polls.
#[must_use]
pub fn is_valid_replica(view: &ClusterView, replica: &Instance) -> bool {
    let limit = 2 * view.config.instance_poll() + view.config.reasonable_instance_check();
    is_answering(replica) && !is_overdue(view, &replica.check, limit)
}

/// The last failed check got a part of its answer, and no later connection attempt says that the
/// server is gone altogether; true also where no check failed.
#[must_use]
pub fn is_partial_success(instance: &Instance) -> bool {
    !is_cut_off(instance) && instance.check.failure.as_ref().is_none_or(|failure| failure.partial)
}

fn is_answering(instance: &Instance) -> bool {
    instance.is_valid() && !is_cut_off(instance)
}

/// Two fresh connection attempts failed since the last sign of life.
fn is_cut_off(instance: &Instance) -> bool {
    instance.check.failed_attempts.len() >= 2
}

/// A check is under way for longer than is reasonable, and the last good one is older than
/// `limit`. A check that waits to be begun is nobody's fault but ours.
fn is_overdue(view: &ClusterView, check: &Check, limit: Duration) -> bool {
    let Some(attempted) = check.last_attempted else { return false };
    let under_way = check.last_checked.is_none_or(|checked| attempted > checked);
    under_way
        && view.now.since(attempted) > view.config.reasonable_instance_check()
        && check.last_seen.is_none_or(|seen| view.now.since(seen) > limit)
}
