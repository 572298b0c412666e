//! Whether one server could replicate from another, in the words that scripts know (spec 06, 3.1
//! and 11.4). The rules themselves are those of [`crate::decision::follow`].

use shared::Flavor;
use tracing::warn;

use crate::{
    config::Config,
    decision::follow::{self, Obstacle},
    inventory::view::Instance,
    mysql::state::{ChannelGtid, ServerState},
};

/// Whether `replica` could replicate from `source` by any means.
///
/// # Errors
/// Why not.
pub fn by_any_means(config: &Config, replica: &Instance, source: &Instance) -> Result<(), String> {
    if replica.key == source.key {
        return Err(format!("instance cannot replicate from itself: {}", replica.key));
    }
    let (own, theirs) = (state(replica)?, state(source)?);
    let obstacle =
        follow::in_settings(config, own, theirs).or_else(|| follow::in_delay(config, own, theirs));
    if let Some(obstacle) = obstacle {
        return Err(told(obstacle, replica, source));
    }
    if follow::is_older(own, theirs) {
        let older = Obstacle::OlderThanSource(own.version, theirs.version);
        warn!("LowerReplicaVersionAllowed lets it: {}", told(older, replica, source).trim_end());
    }
    Ok(())
}

/// Whether `replica` could replicate from `source` by GTID. Both were just read.
///
/// # Errors
/// Why not.
pub fn by_gtid(config: &Config, replica: &Instance, source: &Instance) -> Result<(), String> {
    by_any_means(config, replica, source)?;
    let (own, theirs) = (state(replica)?, state(source)?);
    let uses = own.replication.as_ref().map(|channel| channel.gtid);
    let compatible = match uses {
        Some(ChannelGtid::Oracle) => {
            theirs.flavor.is_mysql_like() && !matches!(&*theirs.gtid.mode, "" | "OFF")
        }
        Some(ChannelGtid::MariaSlavePos | ChannelGtid::MariaCurrentPos) => {
            theirs.flavor == Flavor::MariaDb
        }
        Some(ChannelGtid::None) | None => false,
    };
    if !compatible {
        return Err(format!(
            "Instances {}, {} not GTID compatible or not using GTID",
            replica.key, source.key
        ));
    }
    if !own.held().contains(&theirs.gtid.purged) {
        return Err(format!(
            "Instance {} has purged GTID entries not found on {}",
            source.key, replica.key
        ));
    }
    Ok(())
}

fn state(instance: &Instance) -> Result<&ServerState, String> {
    instance.state.as_deref().ok_or_else(|| format!("Cannot read instance: {}", instance.key))
}

fn told(obstacle: Obstacle, replica: &Instance, source: &Instance) -> String {
    let (a, b) = (&replica.key, &source.key);
    let version =
        |i: &Instance| i.state.as_ref().map(|s| s.version_text.clone()).unwrap_or_default();
    let format =
        |i: &Instance| i.state.as_ref().map(|s| s.binlog.format.clone()).unwrap_or_default();
    match obstacle {
        Obstacle::NoBinaryLog => format!("instance does not have binary logs enabled: {b}"),
        Obstacle::NoLogReplicaUpdates => {
            format!("instance does not have log_slave_updates enabled: {b}")
        }
        Obstacle::OlderThanSource(..) => format!(
            "instance {a} has version {}, which is lower than {} on {b} ",
            version(replica),
            version(source)
        ),
        Obstacle::SimplerBinlogFormat => format!(
            "Cannot replicate from {} binlog format on {b} to {} on {a}",
            format(source),
            format(replica)
        ),
        Obstacle::Filters => format!("{b} has replication filters"),
        Obstacle::SameServerId(id) => format!("Identical server id: {b}, {a} both have {id}"),
        Obstacle::SameUuid => {
            let uuid = source.state.as_ref().map(|s| s.server_uuid.clone()).unwrap_or_default();
            format!("Identical server UUID: {b}, {a} both have {uuid}")
        }
        Obstacle::ShorterDelay(own, theirs) => {
            format!("{b} has higher SQL_Delay ({theirs} seconds) than {a} does ({own} seconds)")
        }
        other @ (Obstacle::OtherVendor | Obstacle::NoGtid | Obstacle::Purged) => {
            format!("{a} cannot replicate from {b}: {other}")
        }
    }
}

#[cfg(test)]
#[path = "replicate_tests.rs"]
mod tests;
