//! Samples of the last so many seconds.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::RETENTION;
use crate::clock::Moment;

/// Most samples kept, however short the time: memory is bounded whatever happens.
const MOST: usize = 100_000;

/// See the module's text. Cheap to add to; reading copies.
#[derive(Debug)]
pub struct Window<T> {
    retention: Duration,
    samples: Mutex<VecDeque<(Moment, T)>>,
}

impl<T> Default for Window<T> {
    fn default() -> Self {
        Self::keeping(RETENTION)
    }
}

impl<T> Window<T> {
    /// Keeps samples this long.
    #[must_use]
    pub fn keeping(retention: Duration) -> Self {
        Self { retention, samples: Mutex::default() }
    }

    /// Adds a sample that was taken at `at`; what is too old by then goes.
    pub fn add(&self, at: Moment, sample: T) {
        let mut samples = self.lock();
        samples.push_back((at, sample));
        let oldest = at - self.retention;
        while samples.len() > MOST || samples.front().is_some_and(|(at, _)| *at < oldest) {
            samples.pop_front();
        }
    }

    /// Nothing is kept at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(Moment, T)>> {
        self.samples.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> Window<T> {
    /// The samples taken at `since` or later, the oldest first.
    #[must_use]
    pub fn since(&self, since: Moment) -> Vec<(Moment, T)> {
        let samples = self.lock();
        let begin = samples.partition_point(|(at, _)| *at < since);
        samples.range(begin..).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Moment {
        Moment::from_unix_seconds(seconds)
    }

    #[test]
    fn old_samples_go_when_new_ones_come() {
        let window = Window::keeping(Duration::from_secs(10));
        assert!(window.is_empty());
        for seconds in [0, 5, 10, 15] {
            window.add(at(seconds), seconds);
        }
        assert_eq!(window.since(at(0)), [(at(5), 5), (at(10), 10), (at(15), 15)]);
        assert_eq!(window.since(at(10)), [(at(10), 10), (at(15), 15)]);
        assert_eq!(window.since(at(16)), []);
    }

    #[test]
    fn there_is_a_bound() {
        let window = Window::default();
        for number in 0..=MOST {
            window.add(at(0), number);
        }
        let kept = window.since(at(0));
        assert_eq!((kept.len(), kept[0].1), (MOST, 1));
    }
}
