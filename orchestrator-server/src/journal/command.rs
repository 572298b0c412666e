//! Every durable fact, as an enum. `Journal::propose(Command)` is the only way to make a fact
//! durable; [`super::facts::Facts::apply`] is the only way in which it takes effect, so every
//! mode of the journal yields the same state.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::{InstanceKey, PromotionRule};

use crate::{
    clock::Moment,
    decision::step::{Step, StepResult},
    journal::{
        facts::{Detection, Recovery},
        hints::Maintenance,
        imported::Imported,
    },
};

/// One durable fact. Times are those of the node that proposed it. Unknown fields are refused
/// when it is read: a version that does not know a fact must not drop it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Command {
    /// Downtime begins, or is replaced.
    BeginDowntime {
        /// The server; it need not be known.
        key: InstanceKey,
        /// Who.
        owner: String,
        /// Why.
        reason: String,
        /// From when.
        begins: Moment,
        /// Until when.
        ends: Moment,
    },
    /// Downtime ends.
    EndDowntime {
        /// The server.
        key: InstanceKey,
    },
    /// A promotion rule is announced.
    RegisterCandidate {
        /// The server; it need not be known.
        key: InstanceKey,
        /// The rule.
        rule: PromotionRule,
        /// When it was announced; it expires `CandidateInstanceExpireMinutes` later.
        at: Moment,
    },
    /// A server is forgotten; it stays so until `until`, unless it is announced again.
    Forget {
        /// The server.
        key: InstanceKey,
        /// Not rediscovered before this.
        until: Moment,
    },
    /// A forgotten server was announced again by name.
    Remember {
        /// The server.
        key: InstanceKey,
    },
    /// A problem was detected.
    RegisterDetection(Box<Detection>),
    /// A recovery begins. Nothing is done to a server before this is durable. It is refused
    /// (number 0) while an unfinished, unacknowledged recovery of the same server or cluster is
    /// on record; a UID that is known gets the number that it has.
    RegisterRecovery(Box<Recovery>),
    /// A batch of steps is about to be executed. Changes nothing once the recovery has ended.
    IntendSteps {
        /// The recovery.
        uid: String,
        /// The batch.
        steps: Vec<Step>,
        /// When.
        at: Moment,
    },
    /// Steps were executed.
    NoteResults {
        /// The recovery.
        uid: String,
        /// What came of each.
        results: Vec<StepResult>,
        /// When.
        at: Moment,
    },
    /// Lines for the recovery's audit.
    NoteProgress {
        /// The recovery.
        uid: String,
        /// Lines with their times.
        lines: Vec<(Moment, String)>,
    },
    /// A recovery ended. Only its first end counts.
    ResolveRecovery {
        /// The recovery.
        uid: String,
        /// The end of it.
        end: Box<RecoveryEnd>,
    },
    /// A server that a recovery replaced, or failed to promote, came back and does no harm.
    MarkFenced {
        /// The recovery.
        uid: String,
        /// The server.
        key: InstanceKey,
        /// When.
        at: Moment,
    },
    /// The active period (anti-flapping) of old recoveries and detections is over.
    ExpireActivePeriods {
        /// Now.
        at: Moment,
        /// Recoveries that began longer ago than this.
        recoveries_after: Duration,
        /// Detections that began longer ago than this.
        detections_after: Duration,
    },
    /// Recoveries are acknowledged, which lifts their block.
    Acknowledge {
        /// Which.
        selector: AckSelector,
        /// Who.
        by: String,
        /// Why.
        comment: String,
        /// When.
        at: Moment,
    },
    /// A recovery was refused because another one is in its active period.
    RegisterBlocked {
        /// The server that failed.
        key: InstanceKey,
        /// Its cluster.
        cluster: String,
        /// What was found.
        code: crate::analysis::Code,
        /// The recovery that blocks it.
        blocking_id: u64,
        /// When.
        at: Moment,
    },
    /// Automated recoveries are switched off or on, everywhere.
    SetRecoveriesDisabled(bool),
    /// A person gives a cluster this alias, whatever queries say; an empty one takes it away.
    OverrideClusterAlias {
        /// Cluster name; the cluster need not be known.
        cluster: String,
        /// Its alias.
        alias: String,
    },
    /// A cluster is known under this alias from now on, unless queries say otherwise; an empty one
    /// takes its alias away.
    SetClusterAlias {
        /// Cluster name.
        cluster: String,
        /// Its alias.
        alias: String,
    },
    /// A server is locked. Refused (number 0) while another lock on it lasts, as of the time at
    /// which this one begins; else the number is the token that ends it.
    BeginMaintenance {
        /// The server; it need not be known.
        key: InstanceKey,
        /// The lock.
        maintenance: Maintenance,
    },
    /// The lock on a server ends.
    EndMaintenance {
        /// The server.
        key: InstanceKey,
    },
    /// A lock ends.
    EndMaintenanceById {
        /// Its number.
        id: u64,
    },
    /// A server gets a tag, or another value for it.
    PutTag {
        /// The server; it need not be known.
        key: InstanceKey,
        /// The tag's name.
        name: String,
        /// Its value; may be empty.
        value: String,
    },
    /// A tag is taken away.
    Untag {
        /// From this server; from all if none.
        key: Option<InstanceKey>,
        /// The tag's name.
        name: String,
        /// Only where it has this value.
        value: Option<String>,
    },
    /// A pool has these servers and no others.
    SubmitPool {
        /// The pool.
        pool: String,
        /// Its servers; none empties it.
        members: Vec<InstanceKey>,
        /// When it was submitted; it expires `InstancePoolExpiryMinutes` later.
        at: Moment,
    },
    /// A host gets an attribute, or another value for it.
    SetHostAttribute {
        /// The host; [`super::hints::GENERAL_HOST`] for what belongs to none.
        host: String,
        /// The attribute's name.
        name: String,
        /// Its value.
        value: String,
        /// When it was set.
        at: Moment,
    },
    /// Replicas are to reach a host by another name.
    RegisterVirtualName {
        /// The host's own name.
        hostname: String,
        /// The name for replicas.
        name: String,
        /// When it was registered; it expires `ExpiryHostnameResolvesMinutes` later.
        at: Moment,
    },
    /// Replicas are to reach a host by its own name again.
    DeregisterVirtualName {
        /// The host's own name.
        hostname: String,
    },
    /// Hints that have expired are dropped.
    PurgeHints {
        /// Now: locks that ended before it are dropped.
        at: Moment,
        /// Pools submitted before this are dropped.
        pools_before: Moment,
        /// Virtual names registered before this are dropped.
        virtual_names_before: Moment,
    },
    /// Facts of another program are taken over.
    Import(Box<Imported>),
    /// An entry of the audit.
    Audit(AuditEntry),
    /// Everything older than this is dropped: audit, detections, recoveries, expired hints.
    Purge {
        /// Now: hints that ended before it are dropped.
        at: Moment,
        /// History before this is dropped.
        history_before: Moment,
        /// Promotion rules announced before this are dropped.
        candidates_before: Moment,
    },
}

/// How a recovery ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryEnd {
    /// When.
    pub at: Moment,
    /// It did what it was for.
    pub successful: bool,
    /// It turned out that nothing was to be done; such a recovery blocks no other.
    #[serde(default)]
    pub needless: bool,
    /// The server that took over.
    pub successor: Option<InstanceKey>,
    /// Its instance alias.
    pub successor_alias: String,
    /// Its binary log position, `file:pos`, right after promotion.
    pub successor_binlog: String,
    /// When it became writeable.
    pub promoted: Option<Moment>,
    /// Replicas that do not replicate from the successor.
    pub lost: Vec<InstanceKey>,
    /// Servers that took part.
    pub participants: Vec<InstanceKey>,
    /// What went wrong, in words.
    pub errors: Vec<String>,
}

/// Which recoveries an acknowledgement is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum AckSelector {
    /// Every one.
    All,
    /// By number.
    Id(u64),
    /// By UID.
    Uid(String),
    /// Those of a cluster: by name, or by alias where it is not empty.
    Cluster {
        /// Cluster name.
        name: String,
        /// Cluster alias.
        alias: String,
    },
    /// Those of a failed server.
    Instance(InstanceKey),
}

/// One entry of the audit: who did what to which server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditEntry {
    /// When.
    pub at: Moment,
    /// Kind, such as `begin-downtime`.
    pub kind: String,
    /// The server; none for entries about the service.
    pub key: Option<InstanceKey>,
    /// The server's cluster at that time; empty if unknown.
    pub cluster: String,
    /// In words.
    pub message: String,
}
