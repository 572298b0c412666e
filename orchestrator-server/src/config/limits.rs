//! The ranges of numbers. A number that made the server hang, crash or forget all is brought
//! into range with a warning, so that the file still loads; where that would hide a mistake in
//! a key that existing files cannot have, it is an error.

use super::draft::Draft;
use super::key::Key;

enum Remedy {
    /// Take the nearest number in range, and warn.
    Nearest,
    /// Take this number, and warn.
    Take(i128),
    /// Refuse the configuration.
    Refuse,
}

use Remedy::{Nearest, Refuse, Take};

struct Limit {
    key: &'static str,
    least: i128,
    most: i128,
    remedy: Remedy,
    why: &'static str,
}

const ANY: i128 = i128::MAX;

const fn limit(
    key: &'static str,
    least: i128,
    most: i128,
    remedy: Remedy,
    why: &'static str,
) -> Limit {
    Limit { key, least, most, remedy, why }
}

const NEGATIVE_TIME: &str = "a time cannot be negative";

#[rustfmt::skip]
const LIMITS: &[Limit] = &[
    limit("InstancePollSeconds", 1, ANY, Nearest, "servers would be probed only once"),
    limit("DiscoveryMaxConcurrency", 1, ANY, Nearest, "nothing would be discovered"),
    limit("DiscoveryQueueCapacity", 1000, ANY, Nearest, "servers that found no place would not be probed"),
    limit("DiscoveryQueueMaxStatisticsSize", 1, ANY, Nearest, "no sample would be kept"),
    limit("InstanceWriteBufferSize", 0, ANY, Refuse, "a size cannot be negative"),
    limit("MaxConcurrentReplicaOperations", 1, ANY, Nearest, "no replica would be moved"),
    limit("UnseenInstanceForgetHours", 1, ANY, Nearest, "every server would be forgotten at once"),
    limit("BinlogEventsChunkSize", 1, ANY, Nearest, "no event would be read"),
    limit("ConsulMaxKVsPerTransaction", 5, 64, Nearest, "Consul allows 64, one cluster needs 5"),
    limit("DefaultInstancePort", 1, 65535, Take(3306), "it is no port"),
    limit("MySQLConnectTimeoutSeconds", 0, ANY, Nearest, NEGATIVE_TIME),
    limit("MySQLDiscoveryReadTimeoutSeconds", 0, ANY, Nearest, NEGATIVE_TIME),
    limit("MySQLTopologyReadTimeoutSeconds", 0, ANY, Nearest, NEGATIVE_TIME),
    limit("MySQLOrchestratorReadTimeoutSeconds", 0, ANY, Nearest, NEGATIVE_TIME),
    limit("MySQLConnectionLifetimeSeconds", 0, ANY, Nearest, NEGATIVE_TIME),
    limit("ReasonableReplicationLagSeconds", 0, ANY, Nearest, NEGATIVE_TIME),
    limit("ReasonableMaintenanceReplicationLagSeconds", 0, ANY, Nearest, NEGATIVE_TIME),
    limit("FailureDetectionPeriodBlockMinutes", 0, ANY, Nearest, NEGATIVE_TIME),
    limit("SeedWaitSecondsBeforeSend", 0, ANY, Nearest, NEGATIVE_TIME),
    limit("HookTimeoutSeconds", 1, ANY, Refuse, "a hook must have time to run"),
    limit("MassFailoverMaxPercent", 0, 100, Refuse, "it is a share of all clusters"),
];

/// Brings every number into its range.
pub(super) fn apply(draft: &mut Draft) {
    for limit in LIMITS {
        let Some(key) = Key::find(limit.key) else { continue };
        let Some(number) = key.value(&draft.raw).number() else { continue };
        let nearest = number.clamp(limit.least, limit.most);
        if nearest == number {
            continue;
        }
        let range = if limit.most == ANY {
            format!("must be {} or more", limit.least)
        } else {
            format!("must be from {} to {}", limit.least, limit.most)
        };
        let taken = match limit.remedy {
            Nearest => nearest,
            Take(number) => number,
            Refuse => {
                draft.error(limit.key, format!("{range}: {}", limit.why));
                continue;
            }
        };
        draft.warn(limit.key, format!("{range}: {}; {taken} is used", limit.why));
        key.value_mut(&mut draft.raw).set_number(taken);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::RawConfig;

    #[test]
    fn each_limit_is_of_a_number_and_holds_for_its_default() {
        let defaults = RawConfig::default();
        for limit in LIMITS {
            let key = Key::find(limit.key).unwrap_or_else(|| panic!("no key {}", limit.key));
            assert_eq!(key.name, limit.key);
            let number = key.value(&defaults).number().unwrap();
            assert!((limit.least..=limit.most).contains(&number), "{}", limit.key);
        }
    }

    #[test]
    fn a_number_out_of_range_is_mended_or_refused() {
        for limit in LIMITS {
            for number in [limit.least - 1, limit.most.saturating_add(1)] {
                let mut draft = Draft::default();
                let key = Key::find(limit.key).unwrap();
                key.value_mut(&mut draft.raw).set_number(number);
                // An unsigned key cannot even be set below 0.
                if key.value(&draft.raw).number() != Some(number) {
                    continue;
                }
                apply(&mut draft);
                let after = key.value(&draft.raw).number().unwrap();
                match limit.remedy {
                    Refuse => assert_eq!(draft.errors.len(), 1, "{} {number}", limit.key),
                    Nearest | Take(_) => {
                        assert_eq!(draft.warnings.len(), 1, "{} {number}", limit.key);
                        assert!((limit.least..=limit.most).contains(&after), "{}", limit.key);
                    }
                }
            }
        }
    }
}
