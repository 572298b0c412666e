//! What a reader concludes about one server from its state, its last check and the time:
//! whether the data is fresh, how far it lags, what is wrong with it (spec 04, 3.7, 3.10
//! and 12). Nothing here decides what to do about it.

use shared::InstanceKey;

use super::view::Instance;
use crate::{
    clock::Moment,
    config::Config,
    mysql::state::{Channel, ChannelGtid, ThreadState},
};

/// Data older than this many poll intervals is not recent.
const RECENT_POLLS: u64 = 5;

/// A server as it appears at one time.
#[derive(Clone, Copy)]
pub struct Condition<'a> {
    instance: &'a Instance,
    config: &'a Config,
    now: Moment,
}

impl<'a> Condition<'a> {
    /// Looks at a server.
    #[must_use]
    pub fn of(instance: &'a Instance, config: &'a Config, now: Moment) -> Self {
        Self { instance, config, now }
    }

    /// The last check was good.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.instance.is_valid()
    }

    /// It was checked within one poll interval.
    #[must_use]
    pub fn is_up_to_date(&self) -> bool {
        self.checked_within(1)
    }

    /// It was checked within five poll intervals.
    #[must_use]
    pub fn is_recently_checked(&self) -> bool {
        self.checked_within(RECENT_POLLS)
    }

    fn checked_within(&self, polls: u64) -> bool {
        let limit = self.config.raw.instance_poll_seconds.saturating_mul(polls);
        self.instance
            .check
            .last_checked
            .is_some_and(|checked| self.now.since(checked).as_secs() <= limit)
    }

    /// Seconds since the last good check.
    #[must_use]
    pub fn seconds_since_last_seen(&self) -> Option<u64> {
        self.instance.check.last_seen.map(|seen| self.now.since(seen).as_secs())
    }

    fn channel(&self) -> Option<&'a Channel> {
        self.instance.channel()
    }

    /// It has a source, attached or not, and has read from it or follows it by GTID.
    #[must_use]
    pub fn is_replica(&self) -> bool {
        self.instance.source.key().is_some()
            && self.channel().is_some_and(|channel| {
                !channel.read.is_empty() || channel.gtid != ChannelGtid::None
            })
    }

    /// It is a replica whose receiver and applier run.
    #[must_use]
    pub fn is_replicating(&self) -> bool {
        self.is_replica() && self.instance.is_replicating()
    }

    /// It is a member of a replication group, but not its primary.
    #[must_use]
    pub fn is_group_secondary(&self) -> bool {
        self.group_primary().is_some_and(|primary| *primary != self.instance.key)
    }

    /// The primary of its replication group.
    #[must_use]
    pub fn group_primary(&self) -> Option<&'a InstanceKey> {
        let group = self.instance.state.as_ref()?.group.as_ref()?;
        group.primary.as_ref().filter(|_| !group.name.is_empty())
    }

    /// Lag as the server reports it, in seconds.
    #[must_use]
    pub fn seconds_behind(&self) -> Option<u64> {
        self.channel()?.seconds_behind
    }

    /// Lag by the operator's query, else as the server reports it, in seconds.
    #[must_use]
    pub fn lag_seconds(&self) -> Option<u64> {
        self.instance.metadata.lag_seconds.or_else(|| self.seconds_behind())
    }

    /// The configured delay of its channel, in seconds.
    #[must_use]
    pub fn delay_seconds(&self) -> u64 {
        self.channel().map_or(0, |channel| channel.delay_seconds)
    }

    fn lags_unreasonably(&self, lag: Option<u64>) -> bool {
        let limit = self.config.raw.reasonable_replication_lag_seconds;
        lag.is_some_and(|lag| exceeds(lag.abs_diff(self.delay_seconds()), limit))
    }

    fn lags_too_much_for_maintenance(&self) -> bool {
        let limit = self.config.raw.reasonable_maintenance_replication_lag_seconds;
        let lag = self.seconds_behind().unwrap_or(0);
        exceeds(
            if self.delay_seconds() > 0 { lag.abs_diff(self.delay_seconds()) } else { lag },
            limit,
        )
    }

    fn is_group_member_in_trouble(&self) -> bool {
        let group = self.instance.state.as_ref().and_then(|state| state.group.as_ref());
        group.is_some_and(|group| !group.name.is_empty() && group.state != "ONLINE")
    }

    fn has_errant_transactions(&self) -> bool {
        !self.instance.place.errant.is_empty()
    }

    /// What is wrong, in the words of the API.
    #[must_use]
    pub fn problems(&self) -> Vec<&'static str> {
        let first = if !self.is_valid() {
            Some("last_check_invalid")
        } else if !self.is_recently_checked() {
            Some("not_recently_checked")
        } else if self.channel().is_some() && !self.is_replicating() {
            Some("not_replicating")
        } else if self.lags_unreasonably(self.lag_seconds()) {
            Some("replication_lag")
        } else {
            None
        };
        let errant = self.has_errant_transactions().then_some("errant_gtid");
        let group =
            self.is_group_member_in_trouble().then_some("group_replication_member_not_online");
        first.into_iter().chain(errant).chain(group).collect()
    }

    /// It belongs into the list of problems, apart from downtime and filters (spec 02, 5.4).
    #[must_use]
    pub fn is_problematic(&self) -> bool {
        let check = &self.instance.check;
        let odd = |thread: ThreadState| thread != ThreadState::Running;
        (check.last_checked.is_some() && !self.is_valid())
            || (check.last_checked.is_some() && !self.is_recently_checked())
            || self.channel().is_some_and(|channel| odd(channel.io) || odd(channel.sql))
            || self.lags_unreasonably(self.seconds_behind())
            || self.lags_unreasonably(self.lag_seconds())
            || self.has_errant_transactions()
            || self.is_group_member_in_trouble()
    }

    /// One word for the drawing of a topology.
    #[must_use]
    pub fn status(&self) -> &'static str {
        if !self.is_valid() {
            "invalid"
        } else if !self.is_recently_checked() {
            "unchecked"
        } else if self.is_replica() && !self.is_replicating() {
            "nonreplicating"
        } else if self.is_replica() && self.lags_too_much_for_maintenance() {
            "lag"
        } else {
            "ok"
        }
    }

    /// The lag for the drawing of a topology.
    #[must_use]
    pub fn lag_text(&self) -> String {
        if self.channel().is_some_and(|channel| channel.exec.is_detached()) {
            "detached".to_owned()
        } else if !self.is_valid() || !self.is_recently_checked() {
            "unknown".to_owned()
        } else if self.is_replica() && (!self.is_replicating() || self.seconds_behind().is_none()) {
            "null".to_owned()
        } else {
            format!("{}s", self.lag_seconds().unwrap_or(0))
        }
    }
}

/// Whether a number of seconds is above a limit; a negative limit is exceeded by anything.
fn exceeds(seconds: u64, limit: i64) -> bool {
    u64::try_from(limit).map_or(true, |limit| seconds > limit)
}
