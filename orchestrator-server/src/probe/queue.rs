//! Places for probes, with a look at how many are taken and waited for; and how long one took.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{
    measure::{ProbeSample, QueueSample},
    mysql::driver::Observation,
};

/// A number of places.
#[derive(Debug)]
pub(super) struct Queue {
    places: Semaphore,
    size: usize,
    waiting: AtomicUsize,
}

impl Queue {
    pub(super) fn new(size: usize) -> Self {
        Self { places: Semaphore::new(size), size, waiting: AtomicUsize::new(0) }
    }

    /// A place, as soon as there is one. None never: nobody closes the queue.
    pub(super) async fn place(&self) -> Option<SemaphorePermit<'_>> {
        let _waiting = Waiting::begin(&self.waiting);
        self.places.acquire().await.ok()
    }

    pub(super) fn sample(&self) -> QueueSample {
        QueueSample {
            active: self.size.saturating_sub(self.places.available_permits()) as u64,
            queued: self.waiting.load(Ordering::Relaxed) as u64,
        }
    }
}

/// Counts as waiting until it is dropped, however the wait ends.
struct Waiting<'q>(&'q AtomicUsize);

impl<'q> Waiting<'q> {
    fn begin(count: &'q AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Times the parts of one probe.
pub(super) struct Stopwatch {
    began: Instant,
    answered: Instant,
}

impl Stopwatch {
    pub(super) fn start() -> Self {
        let now = Instant::now();
        Self { began: now, answered: now }
    }

    /// The server has answered, or failed to.
    pub(super) fn answered(self) -> Self {
        Self { answered: Instant::now(), ..self }
    }

    /// Readers can see the answer, or will soon.
    pub(super) fn recorded(self, observation: &Observation) -> ProbeSample {
        ProbeSample {
            key: observation.key.clone(),
            instance: self.answered - self.began,
            backend: self.answered.elapsed(),
            total: self.began.elapsed(),
            failure: observation.outcome.as_ref().err().map(ToString::to_string),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn taken_and_wanted_places_are_counted() {
        let queue = Queue::new(1);
        let sample = |active, queued| QueueSample { active, queued };
        assert_eq!(queue.sample(), sample(0, 0));
        let first = queue.place().await;
        let mut second = Box::pin(queue.place());
        assert!(futures_util::poll!(second.as_mut()).is_pending());
        assert_eq!(queue.sample(), sample(1, 1));
        drop(second);
        assert_eq!(queue.sample(), sample(1, 0), "who gives up no longer waits");
        drop(first);
        assert_eq!(queue.sample(), sample(0, 0));
    }
}
