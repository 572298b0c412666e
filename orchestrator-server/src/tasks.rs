//! Supervised background work: every task has a name, stops on one token, and is noticed when it
//! panics. `periodic` tasks take no input: a tick, a wake-up and a restart are one code path.

use std::{future::Future, time::Duration};

use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{Instrument, error, info_span};

/// All tasks of one process. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
    failed: CancellationToken,
}

impl Tasks {
    /// Cancelled when the process shuts down.
    #[must_use]
    pub fn stop_token(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Tracks work that may outlive its beginner, and is waited for at shutdown.
    #[must_use]
    pub fn tracker(&self) -> TaskTracker {
        self.tracker.clone()
    }

    /// Cancelled when a task that must not end has ended.
    #[must_use]
    pub fn failed(&self) -> CancellationToken {
        self.failed.clone()
    }

    /// Run something once, in the background.
    pub fn spawn(&self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        let work = work.instrument(info_span!("task", name));
        self.tracker.spawn(async move {
            if tokio::spawn(work).await.is_err_and(|e| e.is_panic()) {
                error!("task {name} panicked");
            }
        });
    }

    /// Run something that must go on until shutdown; if it ends before, the process ends too.
    pub fn keep(&self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        let this = self.clone();
        self.spawn(name, async move {
            let ended = tokio::spawn(work).await;
            if !this.stop.is_cancelled() {
                error!("task {name} ended unasked: {ended:?}");
                this.failed.cancel();
            }
        });
    }

    /// Do `work` every `period` until shutdown.
    pub fn periodic<W, F>(&self, name: &'static str, period: Duration, work: W)
    where
        W: Fn() -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let stop = self.stop.clone();
        self.keep(name, async move {
            let mut tick = tokio::time::interval(period);
            tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    _ = tick.tick() => work().await,
                }
            }
        });
    }

    /// Stop everything and wait, at most `patience`.
    pub async fn shut_down(&self, patience: Duration) {
        self.stop.cancel();
        self.tracker.close();
        if tokio::time::timeout(patience, self.tracker.wait()).await.is_err() {
            error!("some tasks did not end within {patience:?}");
        }
    }
}
