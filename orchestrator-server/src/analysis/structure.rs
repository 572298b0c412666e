//! What is risky about the way a server and its replicas are set up (spec 05, section 3).
//! Warnings are shown; nothing acts on them.

use super::Signs;

/// A warning about the structure around one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StructureWarning {
    /// No replica could have replicas of its own.
    NoLoggingReplicas,
    /// There is no means to move replicas after a failure.
    NoFailoverSupport,
    /// Replicas log in STATEMENT and in MIXED format.
    StatementAndMixedLoggingReplicas,
    /// Replicas log in STATEMENT and in ROW format.
    StatementAndRowLoggingReplicas,
    /// Replicas log in MIXED and in ROW format.
    MixedAndRowLoggingReplicas,
    /// Replicas that could be promoted belong to different release series.
    MultipleMajorVersionsLoggingReplicas,
    /// The server and its replicas differ in `gtid_mode`.
    DifferentGtidModes,
    /// A replica has transactions that the server does not have.
    ErrantGtid,
    /// The source is read-only.
    NoWriteableMaster,
    /// Semi-sync gave up waiting: too few replicas acknowledge.
    NotEnoughValidSemiSyncReplicas,
}

use StructureWarning::*;

type Rule = (StructureWarning, fn(&Signs) -> bool);

/// Every row that holds gives a warning.
#[rustfmt::skip]
const RULES: &[Rule] = &[
    (NoLoggingReplicas, |s| s.is_source && s.logging.replicas == 0 && s.count() > 1),
    (NoFailoverSupport, |s| s.is_source && s.count() > 1 && !s.relocation.is_possible()),
    (StatementAndMixedLoggingReplicas, |s| s.is_source && s.logging.statement > 0 && s.logging.mixed > 0),
    (StatementAndRowLoggingReplicas, |s| s.is_source && s.logging.statement > 0 && s.logging.row > 0),
    (MixedAndRowLoggingReplicas, |s| s.is_source && s.logging.mixed > 0 && s.logging.row > 0),
    (MultipleMajorVersionsLoggingReplicas, |s| s.is_source && s.logging.major_versions > 1),
    (DifferentGtidModes, |s| s.count() > 0 && (s.gtid_mode != s.replica_gtid_modes.0 || s.gtid_mode != s.replica_gtid_modes.1)),
    (ErrantGtid, |s| !s.errant.is_empty()),
    (NoWriteableMaster, |s| s.is_source && s.read_only),
    (NotEnoughValidSemiSyncReplicas, |s| s.is_source && s.semi_sync.enabled && !s.semi_sync.active && s.semi_sync.clients < s.semi_sync.wait_count),
];

/// The warnings about a server with these signs, in the order of the table.
#[must_use]
pub fn warnings(signs: &Signs) -> Vec<StructureWarning> {
    RULES.iter().filter(|(_, holds)| holds(signs)).map(|(warning, _)| *warning).collect()
}

impl StructureWarning {
    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            NoLoggingReplicas => "NoLoggingReplicasStructureWarning",
            NoFailoverSupport => "NoFailoverSupportStructureWarning",
            StatementAndMixedLoggingReplicas => "StatementAndMixedLoggingReplicasStructureWarning",
            StatementAndRowLoggingReplicas => "StatementAndRowLoggingReplicasStructureWarning",
            MixedAndRowLoggingReplicas => "MixedAndRowLoggingReplicasStructureWarning",
            MultipleMajorVersionsLoggingReplicas => {
                "MultipleMajorVersionsLoggingReplicasStructureWarning"
            }
            DifferentGtidModes => "DifferentGTIDModesStructureWarning",
            ErrantGtid => "ErrantGTIDStructureWarning",
            NoWriteableMaster => "NoWriteableMasterStructureWarning",
            NotEnoughValidSemiSyncReplicas => "NotEnoughValidSemiSyncReplicasStructureWarning",
        }
    }
}
