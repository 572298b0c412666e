//! Servers that do not answer are asked less and less often (spec 04, 2.6).

use std::{collections::HashMap, time::Duration};

use shared::InstanceKey;

use crate::clock::Moment;

/// How the waits grow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth {
    /// The first wait: the normal time between two probes.
    pub poll: Duration,
    /// Each wait is this many times the one before.
    pub factor: f32,
    /// The longest wait.
    pub most: Duration,
}

impl Growth {
    /// The wait after the `failures`-th failure in a row, counted from 1.
    #[must_use]
    pub fn wait(&self, failures: u32) -> Duration {
        let exponent = i32::try_from(failures.saturating_sub(1)).unwrap_or(i32::MAX);
        let seconds = self.poll.as_secs_f64() * f64::from(self.factor.max(1.0)).powi(exponent);
        if seconds.is_finite() && seconds < self.most.as_secs_f64() {
            Duration::from_secs_f64(seconds)
        } else {
            self.most.max(self.poll)
        }
    }
}

/// The servers that fail now.
#[derive(Debug, Default)]
pub struct Backoff {
    failing: HashMap<InstanceKey, (u32, Moment)>,
}

impl Backoff {
    /// A probe failed at `now`.
    pub fn failed(&mut self, key: &InstanceKey, now: Moment, growth: Growth) {
        let entry = self.failing.entry(key.clone()).or_insert((0, now));
        entry.0 = entry.0.saturating_add(1);
        entry.1 = now + growth.wait(entry.0);
    }

    /// The server answered, or is no longer wanted.
    pub fn clear(&mut self, key: &InstanceKey) {
        self.failing.remove(key);
    }

    /// It fails, and it is too early to ask again.
    #[must_use]
    pub fn holds(&self, key: &InstanceKey, now: Moment) -> bool {
        self.failing.get(key).is_some_and(|(_, next)| *next > now)
    }

    /// It failed when it was last asked.
    #[must_use]
    pub fn is_failing(&self, key: &InstanceKey) -> bool {
        self.failing.contains_key(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn growth(factor: f32) -> Growth {
        Growth { poll: Duration::from_secs(5), factor, most: Duration::from_secs(60) }
    }

    #[test]
    fn waits_grow_up_to_the_longest() {
        let cases = [
            (1.0, 1, 5.0),
            (1.0, 9, 5.0),
            (1.5, 1, 5.0),
            (1.5, 2, 7.5),
            (1.5, 3, 11.25),
            (2.0, 5, 60.0),
            (2.0, 4_000_000_000, 60.0),
        ];
        for (factor, failures, seconds) in cases {
            let wait = growth(factor).wait(failures);
            assert_eq!(wait, Duration::from_secs_f64(seconds), "{factor} {failures}");
        }
    }

    #[test]
    fn a_failing_server_is_held_until_its_time_and_free_when_it_answers() {
        let key = InstanceKey::new("db", 3306).unwrap();
        let start = Moment::from_unix_seconds(1000);
        let mut backoff = Backoff::default();
        assert!(!backoff.holds(&key, start));
        backoff.failed(&key, start, growth(2.0));
        backoff.failed(&key, start, growth(2.0));
        assert!(backoff.holds(&key, start + Duration::from_secs(9)));
        assert!(!backoff.holds(&key, start + Duration::from_secs(10)));
        backoff.clear(&key);
        assert!(!backoff.is_failing(&key));
    }
}
