//! Writes down what a recovery does. Intentions are awaited, because nothing may be done that the
//! next start would not understand; everything else is written in order, behind the action.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tracing::{error, info};

use crate::{
    clock::{Moment, SharedClock},
    hooks::Lines,
    journal::{Journal, command::Command},
    tasks::Tasks,
};

type Lane = mpsc::UnboundedSender<(Command, Option<oneshot::Sender<bool>>)>;

/// Writes for one recovery. Cheap to clone; what clones write keeps its order.
#[derive(Clone)]
pub struct Scribe {
    pen: Pen,
    lines: Lines,
}

#[derive(Clone)]
struct Pen {
    uid: String,
    clock: SharedClock,
    lane: Lane,
}

impl Scribe {
    /// A scribe for the recovery `uid`; its tasks end when the last clone is dropped.
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
        let pen = Pen { uid: uid.to_owned(), clock, lane };
        let (lines, mut coming) = mpsc::unbounded_channel::<String>();
        let for_hooks = pen.clone();
        tasks.spawn("hook lines", async move {
            while let Some(line) = coming.recv().await {
                for_hooks.line(for_hooks.clock.now(), line);
            }
        });
        Self { pen, lines }
    }

    /// Write and wait until it is durable; false if it cannot be.
    pub async fn write(&self, command: Command) -> bool {
        let (written, done) = oneshot::channel();
        self.pen.lane.send((command, Some(written))).is_ok() && done.await.unwrap_or(false)
    }

    /// Write behind.
    pub fn note(&self, command: Command) {
        // The lane is closed only at shutdown.
        let _ = self.pen.lane.send((command, None));
    }

    /// A way in for lines from hooks; those in the background send theirs late.
    #[must_use]
    pub fn lines(&self) -> &Lines {
        &self.lines
    }

    /// Add a line to the recovery's audit.
    pub fn line(&self, message: impl Into<String>) {
        self.pen.line(self.pen.clock.now(), message.into());
    }

    /// Add a line about something that happened at `at`.
    pub fn line_at(&self, at: Moment, message: impl Into<String>) {
        self.pen.line(at, message.into());
    }
}

impl Pen {
    fn line(&self, at: Moment, message: String) {
        info!(recovery = %self.uid, "{message}");
        let lines = vec![(at, message)];
        // The lane is closed only at shutdown.
        let _ = self.lane.send((Command::NoteProgress { uid: self.uid.clone(), lines }, None));
    }
}
