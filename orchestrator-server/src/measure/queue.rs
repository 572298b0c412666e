//! How long a queue was, second by second.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// A queue at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueSample {
    /// Probes under way.
    pub active: u64,
    /// Probes that wait for a place.
    pub queued: u64,
}

/// A queue over time.
#[derive(Debug)]
pub struct QueueHistory {
    /// Its name, as the API knows it.
    pub name: &'static str,
    samples: Mutex<VecDeque<QueueSample>>,
}

impl QueueHistory {
    /// Nothing yet.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self { name, samples: Mutex::default() }
    }

    /// Adds a sample and keeps at most `most`.
    pub fn add(&self, sample: QueueSample, most: usize) {
        let mut samples = self.lock();
        samples.push_back(sample);
        let excess = samples.len().saturating_sub(most);
        samples.drain(..excess);
    }

    /// The last samples, the oldest first; fewer where there are not so many.
    #[must_use]
    pub fn last(&self, count: usize) -> Vec<QueueSample> {
        let samples = self.lock();
        samples.range(samples.len().saturating_sub(count)..).copied().collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<QueueSample>> {
        self.samples.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_samples_are_kept() {
        let history = QueueHistory::new("DEFAULT");
        assert_eq!(history.last(5), []);
        let sample = |active| QueueSample { active, queued: 0 };
        for active in 1..=4 {
            history.add(sample(active), 3);
        }
        assert_eq!(history.last(9), [sample(2), sample(3), sample(4)]);
        assert_eq!(history.last(1), [sample(4)]);
        assert_eq!(history.last(0), []);
        history.add(sample(5), 1);
        assert_eq!(history.last(9), [sample(5)], "the bound may shrink");
    }
}
