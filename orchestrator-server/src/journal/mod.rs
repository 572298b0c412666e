//! The one durable write path. Facts become durable by [`Journal::propose`] and in no other way,
//! and take effect by [`facts::Facts::apply`], so every mode of the journal yields the same state.
//! What a fact means for the fleet is not decided here.

pub mod command;
pub mod facts;
pub mod hints;
pub mod imported;
pub mod local;
pub mod memory;

#[cfg(test)]
mod arbitrary;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use shared::InstanceKey;
use tokio::sync::{mpsc, watch};

use self::{
    command::Command,
    facts::{Applied, Facts},
};
use crate::backend::{BackendError, log::AuditRow};

/// Makes facts durable.
pub trait Journal: Send + Sync + 'static {
    /// Makes the command durable and applies it. By the time the future resolves, readers of
    /// [`Journal::facts`] see it. The command is queued by the call itself, in the order of the
    /// calls, even if the future is never polled.
    fn propose(&self, command: Command) -> BoxFuture<'_, Result<Applied, JournalError>>;

    /// The facts, as of the last command that was made durable.
    fn facts(&self) -> watch::Receiver<Arc<Facts>>;

    /// How the journal does.
    fn health(&self) -> JournalHealth;

    /// One page of the audit, newest first; only that of `key` if given. Pages count from 0.
    fn audit_page(
        &self,
        key: Option<InstanceKey>,
        page: u64,
        page_size: u32,
    ) -> BoxFuture<'_, Result<Vec<AuditRow>, JournalError>>;
}

/// Every applied command, in order, for the one consumer that follows the journal.
pub type Feed = mpsc::UnboundedReceiver<Entry>;

/// One applied command.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The command.
    pub command: Arc<Command>,
    /// The facts right after it.
    pub facts: Arc<Facts>,
}

/// How the journal does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JournalHealth {
    /// Commands in effect that are not stored yet: a crash would lose them.
    pub unwritten: usize,
    /// Why they are not; none if all is well.
    pub error: Option<String>,
}

/// Why a command did not take effect, or the audit could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// The service is shutting down.
    #[error("the journal is closed, the service is shutting down")]
    Closed,
    /// The command has no stored form.
    #[error("the command cannot be stored: {0}")]
    Invalid(String),
    /// Storage could not be read.
    #[error(transparent)]
    Storage(#[from] BackendError),
}
