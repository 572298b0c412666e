//! Where audit entries go besides, or instead of, the backend: a file, syslog, the log. A journal
//! in front of the journal: whoever proposes an entry need not know what the configuration wants.

mod sinks;
mod text;

use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt, ready};
use shared::InstanceKey;
use tokio::sync::watch;

pub use sinks::Sinks;

use crate::{
    backend::log::AuditRow,
    config::ConfigHandle,
    journal::{
        Journal, JournalError, JournalHealth,
        command::Command,
        facts::{Applied, Facts},
    },
};

/// See the module's text.
pub struct AuditedJournal {
    inner: Arc<dyn Journal>,
    config: ConfigHandle,
    sinks: Sinks,
}

impl AuditedJournal {
    /// In front of this journal.
    #[must_use]
    pub fn new(inner: Arc<dyn Journal>, config: ConfigHandle, sinks: Sinks) -> Self {
        Self { inner, config, sinks }
    }
}

impl Journal for AuditedJournal {
    fn propose(&self, command: Command) -> BoxFuture<'_, Result<Applied, JournalError>> {
        if let Command::Audit(entry) = &command {
            let config = self.config.current();
            self.sinks.write(entry, &config.raw.audit_log_file);
            if !config.raw.audit_to_backend_db {
                return ready(Ok(Applied { number: 1 })).boxed();
            }
        }
        self.inner.propose(command)
    }

    fn facts(&self) -> watch::Receiver<Arc<Facts>> {
        self.inner.facts()
    }

    fn health(&self) -> JournalHealth {
        self.inner.health()
    }

    fn audit_page(
        &self,
        key: Option<InstanceKey>,
        page: u64,
        page_size: u32,
    ) -> BoxFuture<'_, Result<Vec<AuditRow>, JournalError>> {
        self.inner.audit_page(key, page, page_size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::Moment,
        config::Config,
        journal::{command::AuditEntry, memory::MemoryJournal},
    };

    fn entry(message: &str) -> Command {
        Command::Audit(AuditEntry {
            at: Moment::from_unix_seconds(1_795_407_537),
            kind: "begin-downtime".to_owned(),
            key: InstanceKey::new("db1", 3306).ok(),
            cluster: "main".to_owned(),
            message: message.to_owned(),
        })
    }

    #[tokio::test]
    async fn the_configuration_says_where_entries_go() {
        let folder = tempfile::tempdir().unwrap();
        for (in_backend, in_file) in [(true, true), (true, false), (false, true), (false, false)] {
            let path = folder.path().join(format!("{in_backend}-{in_file}"));
            let mut config = Config::default();
            config.raw.audit_to_backend_db = in_backend;
            if in_file {
                config.raw.audit_log_file = path.to_str().unwrap().to_owned();
            }
            let inner: Arc<dyn Journal> = Arc::new(MemoryJournal::default());
            let sinks = Sinks::start(None).unwrap();
            let journal = AuditedJournal::new(inner, ConfigHandle::fixed(config), sinks.clone());
            journal.propose(entry("owner: dba")).await.unwrap();
            journal.propose(Command::SetRecoveriesDisabled(true)).await.unwrap();
            sinks.close();
            let rows = journal.audit_page(None, 0, 20).await.unwrap();
            assert_eq!(rows.len(), usize::from(in_backend));
            assert!(journal.facts().borrow().recoveries_disabled, "other commands pass");
            let line = "2026-11-23 04:18:57\tbegin-downtime\tdb1\t3306\t[main]\towner: dba\t\n";
            let expected = if in_file { line } else { "" };
            assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), expected);
        }
    }
}
