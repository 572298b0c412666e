//! Writes down what a recovery does. Intentions are awaited, because nothing may be done that the
//! next start would not understand; everything else is written in order, behind the action.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tracing::{error, info};

use crate::{
    clock::{Moment, SharedClock},
    journal::{Journal, command::Command},
    tasks::Tasks,
};

type Lane = mpsc::UnboundedSender<(Command, Option<oneshot::Sender<bool>>)>;

/// Writes for one recovery. Cheap to clone; what clones write keeps its order.
#[derive(Clone)]
pub struct Scribe {
    uid: String,
    clock: SharedClock,
    lane: Lane,
}

impl Scribe {
    /// A scribe for the recovery `uid`; its task ends when the last clone is dropped.
    #[must_use]
    pub fn new(uid: &str, journal: Arc<dyn Journal>, clock: SharedClock, tasks: &Tasks) -> Self {
        let (lane, mut commands) = mpsc::unbounded_channel::<(_, Option<oneshot::Sender<bool>>)>();
        tasks.spawn("scribe", async move {
            while let Some((command, written)) = commands.recv().await {
                let result = journal.propose(command).await;
                if let Err(error) = &result {
                    error!("cannot write to the journal: {error}");
                }
                if let Some(written) = written {
                    // Nobody waits any more: fine.
                    let _ = written.send(result.is_ok());
                }
            }
        });
        Self { uid: uid.to_owned(), clock, lane }
    }

    /// Write and wait until it is durable; false if it cannot be.
    pub async fn write(&self, command: Command) -> bool {
        let (written, done) = oneshot::channel();
        self.lane.send((command, Some(written))).is_ok() && done.await.unwrap_or(false)
    }

    /// Write behind.
    pub fn note(&self, command: Command) {
        // The lane is closed only at shutdown.
        let _ = self.lane.send((command, None));
    }

    /// Add a line to the recovery's audit.
    pub fn line(&self, message: impl Into<String>) {
        self.line_at(self.clock.now(), message);
    }

    /// Add a line about something that happened at `at`.
    pub fn line_at(&self, at: Moment, message: impl Into<String>) {
        let message = message.into();
        info!(recovery = %self.uid, "{message}");
        self.note(Command::NoteProgress { uid: self.uid.clone(), lines: vec![(at, message)] });
    }
}
