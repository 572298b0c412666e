//! Names of hosts as `HostnameResolveMethod` wants them (spec 04, section 6). Most shops leave
//! names as they are; then nothing here is ever asked.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future::{BoxFuture, join_all};
use hickory_resolver::{
    ResolverBuilder, TokioResolver,
    proto::rr::{RData, Record, RecordType},
};
use shared::{InstanceKey, Source};
use tokio::{net::lookup_host, time::timeout};
use tracing::warn;

use crate::{
    clock::{Moment, SharedClock},
    config::{ConfigHandle, HostnameResolve},
    mysql::state::ServerState,
};

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// A name that cannot be resolved is asked again after this time.
const FAILED_FOR: Duration = Duration::from_secs(60);

/// Who knows the names of hosts.
pub trait Dns: Send + Sync + 'static {
    /// The name to which all aliases lead.
    fn canonical(&self, host: &str) -> BoxFuture<'static, Result<String, String>>;
    /// All addresses.
    fn addresses(&self, host: &str) -> BoxFuture<'static, Result<Vec<IpAddr>, String>>;
}

/// Resolves names and remembers them. Cheap to clone.
#[derive(Clone)]
pub struct Resolver {
    dns: Arc<dyn Dns>,
    config: ConfigHandle,
    clock: SharedClock,
    cache: Arc<Mutex<HashMap<String, Cached>>>,
}

/// A name that was resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cached {
    /// What it stands for, or why it could not be resolved.
    pub outcome: Result<String, String>,
    /// When that was found.
    pub at: Moment,
}

impl Resolver {
    /// A resolver that remembers nothing yet.
    #[must_use]
    pub fn new(dns: Arc<dyn Dns>, config: ConfigHandle, clock: SharedClock) -> Self {
        Self { dns, config, clock, cache: Arc::default() }
    }

    /// The name under which a host is known.
    ///
    /// # Errors
    /// It cannot be resolved, in words; the name as it is has to do then.
    pub async fn resolve(&self, host: &str) -> Result<String, String> {
        let config = self.config.current();
        let method = config.hostname_resolve;
        if !method.asks() || host.starts_with("//") {
            return Ok(host.to_owned());
        }
        let now = self.clock.now();
        let remembered = self.lock().get(host).filter(|c| c.is_good(now, &config)).cloned();
        if let Some(Cached { outcome, .. }) = remembered {
            return outcome;
        }
        let outcome = self.ask(method, host).await;
        if let (Ok(found), Some(pattern)) = (&outcome, &config.patterns.reject_hostname_resolve)
            && pattern.is_match(found)
        {
            warn!("{host} resolves to {found}, which RejectHostnameResolvePattern rejects");
            return Ok(host.to_owned());
        }
        if let Err(why) = &outcome {
            warn!("{why}; the name stays as it is");
        }
        self.lock().insert(host.to_owned(), Cached { outcome: outcome.clone(), at: now });
        outcome
    }

    async fn ask(&self, method: HostnameResolve, host: &str) -> Result<String, String> {
        let answer = async {
            match method {
                HostnameResolve::Ip => best_address(host, self.dns.addresses(host).await?),
                _ => self.dns.canonical(host).await,
            }
        };
        let limited = timeout(PATIENCE, answer).await;
        limited.unwrap_or_else(|_| Err(format!("cannot resolve {host}: no answer in time")))
    }

    /// The key with its host resolved; as it is, where that fails.
    pub async fn key(&self, key: &InstanceKey) -> InstanceKey {
        let Ok(hostname) = self.resolve(key.hostname()).await else { return key.clone() };
        key.with_hostname(&hostname).unwrap_or_else(|_| key.clone())
    }

    /// The state with the names of the server's neighbours resolved.
    pub async fn neighbours(&self, state: Arc<ServerState>) -> Arc<ServerState> {
        if !self.config.current().hostname_resolve.asks() {
            return state;
        }
        let mut resolved = (*state).clone();
        if let Some(channel) = &mut resolved.replication
            && let Source::Attached(source) = &channel.source
        {
            channel.source = Source::Attached(self.key(source).await);
        }
        resolved.replicas = self.keys(&state.replicas).await;
        if let Some(group) = &mut resolved.group {
            group.members = self.keys(&group.members).await;
            if let Some(primary) = &group.primary {
                group.primary = Some(self.key(primary).await);
            }
        }
        Arc::new(resolved)
    }

    async fn keys(&self, keys: &[InstanceKey]) -> Vec<InstanceKey> {
        join_all(keys.iter().map(|key| self.key(key))).await
    }

    /// Every name that is remembered.
    #[must_use]
    pub fn cached(&self) -> HashMap<String, Cached> {
        self.lock().clone()
    }

    /// Forget every name.
    pub fn reset(&self) {
        self.lock().clear();
    }

    /// Forget names that are too old to be used.
    pub fn tidy(&self) {
        let (now, config) = (self.clock.now(), self.config.current());
        self.lock().retain(|_, cached| cached.is_good(now, &config));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Cached>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cached {
    fn is_good(&self, now: Moment, config: &crate::config::Config) -> bool {
        let limit = match &self.outcome {
            Ok(_) => config.hostname_resolve_expiry(),
            Err(_) => Some(FAILED_FOR),
        };
        limit.is_none_or(|limit| now.since(self.at) < limit)
    }
}

/// An IPv4 address of the host if it has one, else an IPv6 address; of several the smallest, so
/// that the same host is always known by the same.
fn best_address(host: &str, found: Vec<IpAddr>) -> Result<String, String> {
    let best = found.into_iter().min_by_key(|address| (address.is_ipv6(), *address));
    best.map(|address| address.to_string()).ok_or_else(|| format!("{host} has no address"))
}

/// The system's own sources: hosts file and name servers.
pub struct SystemDns(Result<TokioResolver, String>);

impl SystemDns {
    /// As the system is configured now.
    #[must_use]
    pub fn new() -> Self {
        let resolver = TokioResolver::builder_tokio().and_then(ResolverBuilder::build);
        Self(resolver.map_err(|error| error.to_string()))
    }
}

impl Default for SystemDns {
    fn default() -> Self {
        Self::new()
    }
}

impl Dns for SystemDns {
    fn canonical(&self, host: &str) -> BoxFuture<'static, Result<String, String>> {
        let (host, resolver) = (host.to_owned(), self.0.clone());
        Box::pin(async move {
            if host.parse::<IpAddr>().is_ok() {
                return Ok(host);
            }
            let resolver = resolver.map_err(|why| format!("cannot resolve {host}: {why}"))?;
            match resolver.lookup(host.as_str(), RecordType::A).await {
                Ok(found) => Ok(end_of_chain(&host, found.answers())),
                // The hosts file, or a host with other addresses only: it has no alias then.
                Err(error) => match addresses_of(&host).await {
                    Ok(_) => Ok(host),
                    Err(_) => Err(format!("cannot resolve {host}: {error}")),
                },
            }
        })
    }

    fn addresses(&self, host: &str) -> BoxFuture<'static, Result<Vec<IpAddr>, String>> {
        let host = host.to_owned();
        Box::pin(async move { addresses_of(&host).await })
    }
}

async fn addresses_of(host: &str) -> Result<Vec<IpAddr>, String> {
    let found = lookup_host((host, 0)).await;
    let found = found.map_err(|error| format!("cannot resolve {host}: {error}"))?;
    Ok(found.map(|address| address.ip()).collect())
}

/// The name that has the addresses: all aliases lead to it, search domains are added.
fn end_of_chain(host: &str, records: &[Record]) -> String {
    let has_address = |r: &&Record| matches!(r.data, RData::A(_) | RData::AAAA(_));
    let name = records.iter().find(has_address).map(|record| record.name.to_utf8());
    name.as_deref().map_or(host, |name| name.trim_end_matches('.')).to_owned()
}

#[cfg(test)]
#[path = "resolver_tests.rs"]
mod tests;
