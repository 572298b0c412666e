//! The maintenance lock that an operation has on its server while it works.

use std::time::Duration;

use shared::InstanceKey;
use tracing::warn;

use super::{Locking, Operation};
use crate::{
    app::Core,
    journal::{
        command::{AuditEntry, Command},
        hints::Maintenance,
    },
};

/// Longest time that a lock outlives its process, or an operation works.
const LENGTH: Duration = Duration::from_secs(3600);
/// Who holds the locks of operations.
const OWNER: &str = "orchestrator";

/// A lock that was taken; none where none is needed.
#[must_use]
pub(super) struct Lock {
    token: Option<u64>,
    key: InstanceKey,
    audited: bool,
}

impl Lock {
    /// Takes the lock that the operation needs.
    ///
    /// # Errors
    /// Somebody else has one.
    pub(super) async fn take(
        core: &Core,
        key: &InstanceKey,
        operation: &Operation,
    ) -> Result<Self, String> {
        let (locking, reason) = operation.locking();
        let mut lock = Self { token: None, key: key.clone(), audited: locking == Locking::Alone };
        let now = core.clock.now();
        let view = core.inventory.view();
        let facts = core.journal.facts().borrow().clone();
        let facts = if facts.applied > view.facts.applied { &facts } else { &view.facts };
        let held = facts.maintenance(key, now);
        let by_person = held.is_some_and(|lock| lock.node.is_none());
        if locking == Locking::None || (locking == Locking::Beside && by_person) {
            return Ok(lock);
        }
        let maintenance = Maintenance {
            id: 0,
            owner: OWNER.to_owned(),
            reason: reason.to_owned(),
            begins: now,
            ends: now + LENGTH,
            node: Some(core.node.clone()),
        };
        let begin = Command::BeginMaintenance { key: key.clone(), maintenance };
        let token = core.journal.propose(begin).await.map_err(|error| error.to_string())?.number;
        if token == 0 {
            let holder = held.map(|lock| format!(" ({} holds it: {})", lock.owner, lock.reason));
            return Err(format!(
                "Cannot begin maintenance on {key}: Cannot begin maintenance for instance: {key}; \
                 maintenance reason: {reason}{}",
                holder.unwrap_or_default()
            ));
        }
        lock.token = Some(token);
        if lock.audited {
            let text = format!("maintenanceToken: {token}, owner: {OWNER}, reason: {reason}");
            note(core, "begin-maintenance", key, text).await;
        }
        Ok(lock)
    }

    /// Gives it back.
    pub(super) async fn release(self, core: &Core) {
        let Some(id) = self.token else { return };
        if let Err(error) = core.journal.propose(Command::EndMaintenanceById { id }).await {
            warn!("the lock on {} stays until it runs out: {error}", self.key);
        } else if self.audited {
            note(core, "end-maintenance", &self.key, format!("maintenanceToken: {id}")).await;
        }
    }
}

/// Writes an entry of the audit.
pub(super) async fn note(core: &Core, kind: &str, key: &InstanceKey, message: String) {
    let view = core.inventory.view();
    let cluster = view.cluster_of(key).map(|cluster| cluster.name.clone()).unwrap_or_default();
    let entry = AuditEntry {
        at: core.clock.now(),
        kind: kind.to_owned(),
        key: Some(key.clone()),
        cluster,
        message,
    };
    if let Err(error) = core.journal.propose(Command::Audit(entry)).await {
        warn!("an audit entry was lost: {error}");
    }
}
