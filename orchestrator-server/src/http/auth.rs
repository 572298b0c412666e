//! Who calls, and what the caller may do (spec 02, 1.9 and 1.10).

use std::{net::IpAddr, time::Duration};

use axum::http::{HeaderMap, header::AUTHORIZATION};
use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};
use tokio::{process::Command, time::timeout};

use crate::config::{Authentication, Config};

/// The user of `multi` who may look with any password.
const READER: &str = "readonly";

/// How long the system may take to tell the groups of a user.
const PATIENCE: Duration = Duration::from_secs(5);

/// A configuration that would leave the server open, or that cannot be served yet.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum AuthError {
    /// `multi` without a user.
    #[error("AuthenticationMethod is multi, which needs HTTPAuthUser; set it")]
    NoUser,
    /// Access tokens are not implemented.
    #[error(
        "AuthenticationMethod token is not available in this version; use basic, multi or proxy"
    )]
    Token,
}

/// Someone who may at least look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// Name, as far as known; else empty.
    pub user: String,
    /// Groups that a proxy vouches for.
    pub groups: Vec<String>,
}

/// Refuses a configuration that would not protect what it says it protects.
///
/// # Errors
/// See [`AuthError`].
pub fn check(config: &Config) -> Result<(), AuthError> {
    match config.authentication {
        Authentication::Multi if config.raw.http_auth_user.is_empty() => Err(AuthError::NoUser),
        Authentication::Token => Err(AuthError::Token),
        _ => Ok(()),
    }
}

/// Who calls; none if the caller may not even look. `peer` is the other end of the connection,
/// where it has an address.
#[must_use]
pub fn admit(config: &Config, headers: &HeaderMap, peer: Option<IpAddr>) -> Option<Caller> {
    match config.authentication {
        Authentication::Basic | Authentication::Multi => {
            let (user, password) = basic_credentials(headers)?;
            let reader = config.authentication == Authentication::Multi && user == READER;
            if !reader && !is_owner(config, &user, &password) {
                return None;
            }
            Some(Caller { user, groups: Vec::new() })
        }
        Authentication::Proxy => Some(named_by_proxy(config, headers, peer)),
        Authentication::Open | Authentication::Token | Authentication::OAuth => {
            Some(Caller::default())
        }
    }
}

/// Whether the caller may change something.
pub async fn may_write(config: &Config, caller: &Caller) -> bool {
    if config.raw.read_only {
        return false;
    }
    match config.authentication {
        Authentication::Open | Authentication::Basic => true,
        Authentication::Multi => same(&caller.user, &config.raw.http_auth_user),
        Authentication::Proxy => is_power_user(config, caller).await,
        Authentication::Token | Authentication::OAuth => false,
    }
}

/// User and password of HTTP's basic scheme.
fn basic_credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

fn is_owner(config: &Config, user: &str, password: &str) -> bool {
    // Both are compared in any case, so the time tells nothing about the user alone.
    same(user, &config.raw.http_auth_user) & same(password, config.raw.http_auth_password.expose())
}

/// Whether two texts are the same, in a time that does not tell where they differ.
pub(super) fn same(a: &str, b: &str) -> bool {
    let (a, b) = (Sha256::digest(a), Sha256::digest(b));
    a.iter().zip(b.iter()).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

/// What the headers say of the caller; nobody in particular if they come from elsewhere than a
/// trusted proxy. A connection without an address (a unix socket) is trusted.
fn named_by_proxy(config: &Config, headers: &HeaderMap, peer: Option<IpAddr>) -> Caller {
    let proxies = &config.trusted_proxies;
    if !proxies.is_empty() && peer.is_some_and(|peer| !proxies.contains(peer)) {
        return Caller::default();
    }
    let value = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let groups = value(&config.raw.auth_groups_header).split(',').map(str::trim);
    Caller {
        user: value(&config.raw.auth_user_header).to_owned(),
        groups: groups.filter(|group| !group.is_empty()).map(str::to_owned).collect(),
    }
}

async fn is_power_user(config: &Config, caller: &Caller) -> bool {
    let user = &caller.user;
    if config.raw.power_auth_users.iter().any(|power| power == "*") {
        return true;
    }
    if user.is_empty() {
        return false;
    }
    if config.raw.power_auth_users.contains(user) {
        return true;
    }
    let power = &config.raw.power_auth_groups;
    if power.is_empty() {
        return false;
    }
    if power.iter().any(|group| caller.groups.contains(group)) {
        return true;
    }
    let groups = groups_of(user).await;
    power.iter().any(|group| groups.contains(group))
}

/// The groups of an account of this machine; none if there is no such account. The system's own
/// tool is asked, because accounts may come from anywhere (NSS).
async fn groups_of(user: &str) -> Vec<String> {
    let ask = Command::new("id").args(["-Gn", "--", user]).kill_on_drop(true).output();
    match timeout(PATIENCE, ask).await {
        Ok(Ok(output)) if output.status.success() => {
            let names = String::from_utf8_lossy(&output.stdout);
            names.split_whitespace().map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}
