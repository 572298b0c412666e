//! Writes down what a recovery does. Intentions are awaited, because nothing may be done that the
//! next start would not understand; everything else is written in order, behind the action.

use std::sync::Arc;

use tracing::{error, info};

use crate::{
    clock::{Moment, SharedClock},
    journal::{Journal, command::Command},
};

/// Writes for one recovery. Cheap to clone. The journal queues what it is given at once and in
/// order, so what is written behind never overtakes, nor is overtaken.
#[derive(Clone)]
pub struct Scribe {
    uid: String,
    clock: SharedClock,
    journal: Arc<dyn Journal>,
}

impl Scribe {
    /// A scribe for the recovery `uid`.
    #[must_use]
    pub fn new(uid: &str, journal: Arc<dyn Journal>, clock: SharedClock) -> Self {
        Self { uid: uid.to_owned(), clock, journal }
    }

    /// Write and wait until it is durable; false if it cannot be.
    pub async fn write(&self, command: Command) -> bool {
        let written = self.journal.propose(command).await;
        written.inspect_err(|error| error!("cannot write to the journal: {error}")).is_ok()
    }

    /// Write behind. A journal that cannot write says so in its health.
    pub fn note(&self, command: Command) {
        drop(self.journal.propose(command));
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
