//! Which servers are due for a probe: a pure function, asked often.

use std::time::Duration;

use shared::InstanceKey;

use crate::{clock::Moment, inventory::view::FleetView};

/// Servers whose last probe began at least `poll` ago, the longest waiting first.
#[must_use]
pub fn due(fleet: &FleetView, poll: Duration, now: Moment) -> Vec<InstanceKey> {
    let mut waiting: Vec<(Moment, &InstanceKey)> = fleet
        .instances()
        .map(|i| (i.check.last_attempted.unwrap_or_default(), &i.key))
        .filter(|(last, _)| now.since(*last) >= poll)
        .collect();
    waiting.sort();
    waiting.into_iter().map(|(_, key)| key.clone()).collect()
}
