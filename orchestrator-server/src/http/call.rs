//! One call of the API: its parameters, and the picture that its answer is made from. The
//! picture is taken once, so an answer never mixes two states of the fleet.

use std::sync::Arc;

use axum::http::HeaderMap;
use shared::InstanceKey;
use tracing::warn;

use super::{
    reply::Refusal,
    resolve::{self, KeyUse},
    route::Params,
    service::Services,
    wire::Picture,
};
use crate::{
    clock::Moment,
    config::Config,
    inventory::view::{Cluster, FleetView},
    journal::{
        command::{AuditEntry, Command},
        facts::Applied,
    },
};

/// Entries of one page of a listing (spec 02, 1.8).
pub(super) const PAGE: u32 = 20;

/// See the module's text.
pub struct Call {
    /// Everything else.
    pub services: Arc<Services>,
    /// The fleet when the call came in.
    pub view: Arc<FleetView>,
    /// The configuration when the call came in.
    pub config: Arc<Config>,
    /// When the call came in.
    pub now: Moment,
    /// Parameters of the path.
    pub params: Params,
    /// Parameters of the query.
    pub query: Params<String>,
    /// Headers.
    pub headers: HeaderMap,
    /// Who calls, as far as authentication tells; else empty.
    pub user: String,
    /// The command line of this machine calls.
    pub local: bool,
    /// A part of a host name is not enough.
    pub exact: bool,
}

impl Call {
    /// A parameter of the path; empty if the path has none of this name.
    pub fn param(&self, name: &str) -> &str {
        self.params.get(name)
    }

    /// Who calls, for the record: the user, else this machine.
    pub fn caller(&self) -> &str {
        if self.user.is_empty() { &self.services.node.hostname } else { &self.user }
    }

    /// The server `:host/:port` that a reading call is about.
    ///
    /// # Errors
    /// Not a key, or its name cannot be resolved.
    pub async fn key(&self) -> Result<InstanceKey, Refusal> {
        self.key_of("host", "port", KeyUse::Read).await
    }

    /// The server `:host/:port` that a call wants to change something about.
    ///
    /// # Errors
    /// As [`Self::key`]; also when the name fits several known servers.
    pub async fn key_to_change(&self) -> Result<InstanceKey, Refusal> {
        self.key_of("host", "port", KeyUse::Change).await
    }

    /// The server that two parameters name.
    ///
    /// # Errors
    /// As [`Self::key`] and [`Self::key_to_change`].
    pub async fn key_of(
        &self,
        host: &str,
        port: &str,
        usage: KeyUse,
    ) -> Result<InstanceKey, Refusal> {
        let usage = if self.exact { KeyUse::Discover } else { usage };
        let (host, port) = (self.param(host), self.param(port));
        let operations = &*self.services.operations;
        Ok(resolve::key(&self.view, operations, host, port, usage).await?)
    }

    /// The cluster that `:clusterHint`, `:clusterName` or `:host/:port` hints at.
    ///
    /// # Errors
    /// No such cluster.
    pub fn cluster_by_hint(&self) -> Result<&Arc<Cluster>, Refusal> {
        let pair = format!("{}:{}", self.param("host"), self.param("port"));
        let given = [self.param("clusterHint"), self.param("clusterName")];
        let pair = if self.params.find("host").is_some() { &pair } else { "" };
        let hint = given.into_iter().find(|hint| !hint.is_empty()).unwrap_or(pair);
        Ok(resolve::cluster(&self.view, hint, self.default_port())?)
    }

    /// The port of servers that are named without one; 0 if the configuration has none.
    pub fn default_port(&self) -> u16 {
        u16::try_from(self.config.raw.default_instance_port).unwrap_or_default()
    }

    /// The cluster with the alias, or the name, `:clusterAlias`.
    ///
    /// # Errors
    /// No such cluster.
    pub fn cluster_by_alias(&self) -> Result<&Arc<Cluster>, Refusal> {
        let alias = self.param("clusterAlias");
        resolve::cluster_with_alias(&self.view, alias)
            .ok_or_else(|| Refusal::new(format!("No cluster found for alias {alias}")))
    }

    /// Which page of a listing is wanted; anything that is no number is the first one.
    pub fn page(&self) -> usize {
        self.param("page").parse().unwrap_or(0)
    }

    /// The wanted page of a listing.
    pub fn page_of<T>(&self, entries: impl Iterator<Item = T>) -> Vec<T> {
        let size = PAGE as usize;
        entries.skip(self.page().saturating_mul(size)).take(size).collect()
    }

    /// The number in a parameter of the path.
    ///
    /// # Errors
    /// It is none. The words are those that clients know.
    pub fn number(&self, name: &str) -> Result<u64, Refusal> {
        let text = self.param(name);
        let wrong = || Refusal::new(format!("strconv.ParseInt: parsing {text:?}: invalid syntax"));
        text.parse().map_err(|_| wrong())
    }

    /// What the wire types are made from.
    pub fn picture(&self) -> Picture<'_> {
        Picture { view: &self.view, config: &self.config, now: self.now }
    }

    /// Makes a fact durable, with what the audit says about it.
    ///
    /// # Errors
    /// The fact could not be made durable. Trouble with the audit alone is only logged.
    pub async fn record(
        &self,
        command: Command,
        audit: Option<AuditEntry>,
    ) -> Result<Applied, Refusal> {
        // Both are queued before either is awaited, so they cost one wait.
        let fact = self.services.journal.propose(command);
        let audit = audit.map(|entry| self.services.journal.propose(Command::Audit(entry)));
        let applied = fact.await?;
        if let Some(audit) = audit
            && let Err(error) = audit.await
        {
            warn!("an audit entry was lost: {error}");
        }
        Ok(applied)
    }

    /// Writes an entry of the audit whose words depend on what a fact came to.
    pub async fn note(&self, entry: AuditEntry) {
        if let Err(error) = self.services.journal.propose(Command::Audit(entry)).await {
            warn!("an audit entry was lost: {error}");
        }
    }

    /// An entry of the audit.
    pub fn audit(
        &self,
        kind: &str,
        key: Option<&InstanceKey>,
        message: impl Into<String>,
    ) -> AuditEntry {
        let cluster = key.and_then(|key| self.view.cluster_of(key));
        AuditEntry {
            at: self.now,
            kind: kind.to_owned(),
            key: key.cloned(),
            cluster: cluster.map(|cluster| cluster.name.clone()).unwrap_or_default(),
            message: message.into(),
        }
    }

    /// The comment that goes with an acknowledgement, without the white space around it.
    ///
    /// # Errors
    /// There is none.
    pub fn comment(&self) -> Result<String, Refusal> {
        match self.query.get("comment").trim() {
            "" => Err(Refusal::new("No acknowledge comment given")),
            comment => Ok(comment.to_owned()),
        }
    }
}
