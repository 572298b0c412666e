//! Times in the configuration, as durations.

use std::time::Duration;

use super::checked::Config;

/// Longer times are cut: they mean "never", and the clock cannot add them to the present.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count).min(LONGEST)
}

fn milliseconds(count: u64) -> Duration {
    Duration::from_millis(count).min(LONGEST)
}

fn minutes(count: u64) -> Duration {
    seconds(count.saturating_mul(60))
}

fn hours(count: u64) -> Duration {
    seconds(count.saturating_mul(60 * 60))
}

/// A negative time is none.
fn positive(count: i64) -> u64 {
    count.try_into().unwrap_or(0)
}

/// A time where 0 means "no limit" or "off".
fn unless_zero(time: Duration) -> Option<Duration> {
    (!time.is_zero()).then_some(time)
}

impl Config {
    /// Between two probes of a server.
    pub fn instance_poll(&self) -> Duration {
        seconds(self.raw.instance_poll_seconds)
    }

    /// Between two probes of an unreachable server, after so many failures in a row (at least
    /// one): grows by a factor with each, up to a limit; in whole seconds.
    pub fn dead_instance_poll(&self, failures: u32) -> Duration {
        let factor = f64::from(self.raw.dead_instance_poll_seconds_multiply_factor);
        let exponent = failures.saturating_sub(1).try_into().unwrap_or(i32::MAX);
        let grown = self.instance_poll().as_secs_f64() * factor.powi(exponent);
        let longest = seconds(self.raw.dead_instance_poll_seconds_max);
        if grown < longest.as_secs_f64() { Duration::from_secs(grown as u64) } else { longest }
    }

    /// How late a probe may be for its result to count in the analysis.
    pub fn reasonable_instance_check(&self) -> Duration {
        seconds(self.raw.reasonable_instance_check_seconds)
    }

    /// Longest wait for a connection to a MySQL server; None: the system's.
    pub fn mysql_connect_timeout(&self) -> Option<Duration> {
        unless_zero(seconds(positive(self.raw.mysql_connect_timeout_seconds)))
    }

    /// Longest wait for an answer to a probe; None: no limit of its own.
    pub fn discovery_read_timeout(&self) -> Option<Duration> {
        unless_zero(seconds(positive(self.raw.mysql_discovery_read_timeout_seconds)))
    }

    /// Longest wait for an answer to other statements on monitored servers; None: no limit.
    pub fn topology_read_timeout(&self) -> Option<Duration> {
        unless_zero(seconds(positive(self.raw.mysql_topology_read_timeout_seconds)))
    }

    /// Longest wait for an answer of the backend; None: no limit.
    pub fn backend_read_timeout(&self) -> Option<Duration> {
        unless_zero(seconds(positive(self.raw.mysql_orchestrator_read_timeout_seconds)))
    }

    /// Age at which a pooled connection is replaced; None: never.
    pub fn connection_lifetime(&self) -> Option<Duration> {
        unless_zero(seconds(positive(self.raw.mysql_connection_lifetime_seconds)))
    }

    /// Time for each replica to catch up before it is stopped anyway.
    pub fn bulk_operations_wait(&self) -> Duration {
        seconds(self.raw.instance_bulk_operations_wait_timeout_seconds)
    }

    /// Age at which a server that was not seen is forgotten.
    pub fn unseen_instance_forget(&self) -> Duration {
        hours(self.raw.unseen_instance_forget_hours)
    }

    /// Between two topology snapshots; None: there are none.
    pub fn snapshot_topologies_interval(&self) -> Option<Duration> {
        unless_zero(hours(self.raw.snapshot_topologies_interval_hours))
    }

    /// How long a probe result waits to be written; None: until the batch is full.
    pub fn instance_flush_interval(&self) -> Option<Duration> {
        unless_zero(milliseconds(positive(self.raw.instance_flush_interval_milliseconds)))
    }

    /// How long single probe measurements are kept.
    pub fn discovery_metrics_retention(&self) -> Duration {
        seconds(self.raw.discovery_collection_retention_seconds)
    }

    /// How long a resolved name is remembered; None: for ever.
    pub fn hostname_resolve_expiry(&self) -> Option<Duration> {
        unless_zero(minutes(positive(self.raw.expiry_hostname_resolves_minutes)))
    }

    /// How long a registered promotion rule holds.
    pub fn candidate_expiry(&self) -> Duration {
        minutes(self.raw.candidate_instance_expire_minutes)
    }

    /// Lag above this is a problem.
    pub fn reasonable_replication_lag(&self) -> Duration {
        seconds(positive(self.raw.reasonable_replication_lag_seconds))
    }

    /// A replica that lags more is not moved.
    pub fn reasonable_maintenance_replication_lag(&self) -> Duration {
        seconds(positive(self.raw.reasonable_maintenance_replication_lag_seconds))
    }

    /// How long a source must make no progress to count as blocked by semi-sync.
    pub fn reasonable_locked_semi_sync_master(&self) -> Duration {
        seconds(self.raw.reasonable_locked_semi_sync_master_seconds)
    }

    /// How long the same failure is not announced again.
    pub fn failure_detection_block(&self) -> Duration {
        minutes(positive(self.raw.failure_detection_period_block_minutes))
    }

    /// How long a recovered cluster is not recovered again automatically.
    pub fn recovery_block(&self) -> Duration {
        seconds(positive(self.raw.recovery_period_block_seconds))
    }

    /// Lag at which a server is not promoted; None: at no lag.
    pub fn fail_promotion_on_lag(&self) -> Option<Duration> {
        unless_zero(minutes(self.raw.fail_master_promotion_on_lag_minutes))
    }

    /// Configured delay above which a replica is moved after the promotion; None: none is.
    pub fn postpone_replica_recovery_on_lag(&self) -> Option<Duration> {
        unless_zero(minutes(self.raw.postpone_replica_recovery_on_lag_minutes))
    }

    /// How long the server to promote may stand still while it catches up.
    pub fn promotion_apply_wait(&self) -> Duration {
        seconds(self.raw.promotion_apply_wait_seconds)
    }

    /// The lag up to which a server is promoted under `bounded`.
    pub fn promotion_data_loss_max_lag(&self) -> Duration {
        seconds(self.raw.promotion_data_loss_max_lag_seconds)
    }

    /// Between two heartbeats to a source; None: there are none.
    pub fn primary_heartbeat(&self) -> Option<Duration> {
        unless_zero(milliseconds(self.raw.primary_heartbeat_milliseconds))
    }

    /// Time for a source to restart before its failure is acted on.
    pub fn primary_restart_grace(&self) -> Duration {
        milliseconds(self.raw.primary_restart_grace_milliseconds)
    }

    /// Longest run of a hook.
    pub fn hook_timeout(&self) -> Duration {
        seconds(self.raw.hook_timeout_seconds)
    }

    /// How long audit lines, detections and recoveries are kept.
    pub fn audit_retention(&self) -> Duration {
        hours(self.raw.audit_purge_days.saturating_mul(24))
    }

    /// Time within which a new access token must be fetched.
    pub fn access_token_use_expiry(&self) -> Duration {
        seconds(self.raw.access_token_use_expiry_seconds)
    }

    /// How long an access token is valid.
    pub fn access_token_expiry(&self) -> Duration {
        minutes(self.raw.access_token_expiry_minutes)
    }

    /// How long a submitted pool holds.
    pub fn instance_pool_expiry(&self) -> Duration {
        minutes(self.raw.instance_pool_expiry_minutes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_dead_server_grows_to_its_limit() {
        let mut config = Config::default();
        assert_eq!(config.dead_instance_poll(9), Duration::from_secs(5));
        config.raw.dead_instance_poll_seconds_multiply_factor = 1.5;
        let cases = [
            (0, 5),
            (1, 5),
            (2, 7),
            (3, 11),
            (11, 288),
            (12, 300),
            (1_000_000, 300),
            (u32::MAX, 300),
        ];
        for (failures, expected) in cases {
            let expected = Duration::from_secs(expected);
            assert_eq!(config.dead_instance_poll(failures), expected, "{failures} failures");
        }
    }

    #[test]
    fn zero_and_extreme_times_are_safe() {
        let mut config = Config::default();
        config.raw.unseen_instance_forget_hours = u64::MAX;
        assert_eq!(config.unseen_instance_forget(), LONGEST);
        config.raw.recovery_period_block_seconds = -1;
        assert_eq!(config.recovery_block(), Duration::ZERO);
        assert_eq!(config.connection_lifetime(), None);
        assert_eq!(config.mysql_connect_timeout(), Some(Duration::from_secs(2)));
        assert_eq!(config.primary_heartbeat(), Some(Duration::from_millis(250)));
    }
}
