//! A journal that lives as long as the process: for simulations. It applies commands exactly as
//! the durable ones do.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::{BoxFuture, FutureExt, ready};
use shared::InstanceKey;
use tokio::sync::watch;

use super::{
    Journal, JournalError, JournalHealth,
    command::Command,
    facts::{Applied, Facts},
};
use crate::backend::log::AuditRow;

/// See the module.
#[derive(Debug)]
pub struct MemoryJournal {
    facts: watch::Sender<Arc<Facts>>,
    audit: Mutex<Vec<AuditRow>>,
}

impl Default for MemoryJournal {
    fn default() -> Self {
        Self { facts: watch::Sender::new(Arc::default()), audit: Mutex::default() }
    }
}

impl MemoryJournal {
    fn apply(&self, command: &Command) -> Applied {
        if let Command::Audit(entry) = command {
            let mut audit = self.audit.lock().unwrap_or_else(PoisonError::into_inner);
            let id = audit.len() as u64 + 1;
            audit.push(AuditRow { id, entry: entry.clone() });
        }
        let mut facts = Facts::clone(&self.facts.borrow());
        let applied = facts.apply(command);
        self.facts.send_replace(Arc::new(facts));
        applied
    }
}

impl Journal for MemoryJournal {
    fn propose(&self, command: Command) -> BoxFuture<'_, Result<Applied, JournalError>> {
        ready(Ok(self.apply(&command))).boxed()
    }

    fn facts(&self) -> watch::Receiver<Arc<Facts>> {
        self.facts.subscribe()
    }

    fn health(&self) -> JournalHealth {
        JournalHealth::default()
    }

    fn audit_page(
        &self,
        key: Option<InstanceKey>,
        page: u64,
        page_size: u32,
    ) -> BoxFuture<'_, Result<Vec<AuditRow>, JournalError>> {
        let audit = self.audit.lock().unwrap_or_else(PoisonError::into_inner);
        let skip = usize::try_from(page.saturating_mul(u64::from(page_size))).unwrap_or(usize::MAX);
        let wanted = |row: &&AuditRow| key.is_none() || row.entry.key == key;
        let rows = audit.iter().rev().filter(wanted).skip(skip).take(page_size as usize).cloned();
        ready(Ok(rows.collect())).boxed()
    }
}
