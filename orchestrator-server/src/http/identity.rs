//! The name of this node in front of messages, for operators who run several
//! (`PrependMessagesWithOrcIdentity`). It is found once, at start-up.

use std::time::Duration;

use tokio::{process::Command, time::timeout};
use tracing::warn;

use crate::config::{Config, MessageIdentity};

/// How long the system may take to tell its full name.
const PATIENCE: Duration = Duration::from_secs(5);

/// The name that goes in front of messages; none if none is wanted, or none can be found.
/// Where the wanted name cannot be found, the next simpler one is taken.
pub async fn find(config: &Config, hostname: &str) -> Option<String> {
    let full = match config.message_identity {
        MessageIdentity::None => return None,
        MessageIdentity::Fqdn => full_name(hostname).await,
        MessageIdentity::Hostname | MessageIdentity::Custom => None,
    };
    let hostname = match config.message_identity {
        MessageIdentity::Custom => None,
        _ => Some(hostname.to_owned()),
    };
    let named = |name: &String| !name.is_empty();
    let name = full.filter(named).or_else(|| hostname.filter(named));
    let name = name.or_else(|| Some(config.raw.custom_orc_identity.clone()).filter(named));
    if name.is_none() {
        warn!(
            "PrependMessagesWithOrcIdentity: this node's name cannot be found; messages go without it"
        );
    }
    name
}

/// The fully qualified name, as the system's own tool finds it (hosts file, then DNS).
async fn full_name(hostname: &str) -> Option<String> {
    if hostname.contains('.') {
        return Some(hostname.to_owned());
    }
    let ask = Command::new("hostname").arg("-f").kill_on_drop(true).output();
    let output = timeout(PATIENCE, ask).await.ok()?.ok()?;
    let name = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && name.contains('.')).then_some(name)
}

/// A message with the name in front of it.
#[must_use]
pub fn prefix(identity: Option<&str>, message: String) -> String {
    match identity {
        Some(identity) => format!("Orchestrator {identity} says: {message}"),
        None => message,
    }
}
