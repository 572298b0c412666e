//! Locks and attributes on the wire.

use shared::wire::{HostAttributes, Key, Maintenance};

use super::{Picture, column};
use crate::journal::facts::Facts;

/// The locks that last, the oldest first.
#[must_use]
pub fn maintenances(picture: Picture<'_>) -> Vec<Maintenance> {
    let Picture { view, now, .. } = picture;
    let lasting = view.facts.maintenances.iter().filter(|(_, lock)| lock.ends > now);
    let mut found: Vec<Maintenance> = lasting
        .map(|(key, lock)| Maintenance {
            maintenance_id: lock.id,
            key: Key::from(key),
            begin_timestamp: column(lock.begins),
            seconds_elapsed: now.since(lock.begins).as_secs(),
            is_active: true,
            owner: lock.owner.clone(),
            reason: lock.reason.clone(),
        })
        .collect();
    found.sort_by_key(|lock| lock.maintenance_id);
    found
}

/// Hosts with the attribute and a value that is wanted, by name.
#[must_use]
pub fn host_attributes(
    facts: &Facts,
    name: &str,
    wanted: impl Fn(&str) -> bool,
) -> Vec<HostAttributes> {
    let having =
        facts.host_attributes.iter().filter_map(|(host, all)| Some((host, all.get(name)?)));
    having
        .filter(|(_, attribute)| wanted(&attribute.value))
        .map(|(host, attribute)| HostAttributes {
            hostname: host.clone(),
            attribute_name: name.to_owned(),
            attribute_value: attribute.value.clone(),
            submit_timestamp: column(attribute.at),
            expire_timestamp: String::new(),
        })
        .collect()
}
