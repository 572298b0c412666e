//! Servers that a failover replaced and that come back writeable.

use shared::InstanceKey;
use tracing::{error, warn};

use super::judge::Judge;
use crate::{
    journal::command::{AuditEntry, Command},
    mysql::driver::Action,
};

impl Judge {
    /// A replaced source that came back writeable is set read-only; false if it could not be.
    pub async fn fence(&self, key: &InstanceKey) -> bool {
        let action = Action::SetReadOnly { server: key.clone(), on: true };
        if let Err(error) = self.runner.driver.apply(&action).await {
            if self.lock().unfenced.insert(key.clone()) {
                error!(instance = %key, "{key} was replaced, came back writeable and could not be set read-only: {error}");
            }
            return false;
        }
        self.lock().unfenced.remove(key);
        let message = "set read-only: it was replaced by a failover".to_owned();
        self.runner.discovery.read(key).await;
        let entry = AuditEntry {
            at: self.runner.clock.now(),
            kind: "read-only".to_owned(),
            key: Some(key.clone()),
            cluster: String::new(),
            message,
        };
        if let Err(error) = self.runner.journal.propose(Command::Audit(entry)).await {
            warn!("cannot audit the fencing of {key}: {error}");
        }
        warn!(instance = %key, "{key} was replaced and came back writeable: it is read-only now");
        true
    }
}
