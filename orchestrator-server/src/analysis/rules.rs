//! Which problem a server has: the ordered rows of the specification (spec 05, section 2) as
//! ordered rows of a table, and what a problem of each sort calls for. Members of replication
//! groups, binlog servers and semi-sync have no rows yet.
//!
//! Where the analysed server cannot be reached, replicas count by their receiver alone
//! (`connected`): an applier that stopped, say on a schema error, must never make a healthy
//! source look dead. Where it can be reached, they count as the reference counts them
//! (`replicating`).

use super::{Code, Signs};

use Code::*;

type Rule = (Code, fn(&Signs) -> bool);

/// The first row that holds gives the code.
#[rustfmt::skip]
pub const RULES: &[Rule] = &[
    // The source cannot be reached. Without replicas the first row holds and shadows the second.
    (DeadMasterWithoutReplicas, |s| s.is_source && !s.reachable && s.count() == 0),
    (DeadMaster, |s| s.is_source && !s.reachable && s.all_valid() && s.connected == 0),
    (DeadMasterAndReplicas, |s| s.is_source && !s.reachable && s.count() > 0 && s.valid == 0),
    (DeadMasterAndSomeReplicas, |s| s.is_source && !s.reachable && s.some_valid() && s.connected == 0),
    (UnreachableMasterWithLaggingReplicas, |s| s.is_source && !s.reachable && s.all_lag() && s.connected > 0),
    (UnreachableMaster, |s| s.is_source && !s.reachable && !s.partial_success && s.connected > 0),
    (UnreachableMaster, |s| s.is_source && !s.reachable && s.failing > 0 && s.connected > 0),
    // The source can be reached.
    (MasterSingleReplicaNotReplicating, |s| s.is_source && s.reachable && s.count() == 1 && s.all_valid() && s.replicating == 0),
    (MasterSingleReplicaDead, |s| s.is_source && s.reachable && s.count() == 1 && s.valid == 0),
    (AllMasterReplicasNotReplicating, |s| s.is_source && s.reachable && s.count() > 1 && s.all_valid() && s.replicating == 0),
    (AllMasterReplicasNotReplicatingOrDead, |s| s.is_source && s.reachable && s.count() > 1 && s.some_valid() && s.replicating == 0),
    // Co-sources.
    (DeadCoMaster, |s| s.is_co_source && !s.reachable && s.count() > 0 && s.all_valid() && s.connected == 0),
    (DeadCoMasterAndSomeReplicas, |s| s.is_co_source && !s.reachable && s.some_valid() && s.connected == 0),
    (UnreachableCoMaster, |s| s.is_co_source && !s.reachable && !s.partial_success && s.connected > 0),
    (AllCoMasterReplicasNotReplicating, |s| s.is_co_source && s.reachable && s.count() > 0 && s.replicating == 0),
    // Intermediate sources.
    (DeadIntermediateMasterWithSingleReplicaFailingToConnect, |s| !s.is_source && !s.reachable && s.count() == 1 && s.all_valid() && s.failing == 1 && s.connected == 0),
    (DeadIntermediateMasterWithSingleReplica, |s| !s.is_source && !s.reachable && s.count() == 1 && s.all_valid() && s.connected == 0),
    (DeadIntermediateMaster, |s| !s.is_source && !s.reachable && s.count() > 1 && s.all_valid() && s.connected == 0),
    (DeadIntermediateMasterAndSomeReplicas, |s| !s.is_source && !s.reachable && s.some_valid() && s.connected == 0),
    (DeadIntermediateMasterAndReplicas, |s| !s.is_source && !s.reachable && s.count() > 0 && s.valid == 0),
    (UnreachableIntermediateMasterWithLaggingReplicas, |s| !s.is_source && !s.reachable && s.all_lag() && s.connected > 0),
    (UnreachableIntermediateMaster, |s| !s.is_source && !s.reachable && !s.partial_success && s.connected > 0),
    (AllIntermediateMasterReplicasFailingToConnectOrDead, |s| !s.is_source && s.reachable && s.count() > 1 && s.replicating == 0 && s.failing > 0 && s.failing == s.valid),
    (AllIntermediateMasterReplicasNotReplicating, |s| !s.is_source && s.reachable && s.valid > 0 && s.replicating == 0),
    // Replicas.
    (FirstTierReplicaFailingToConnectToMaster, |s| s.depth == 1 && s.failing_to_connect),
];

/// What a problem calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// It can be healed: it is recorded as an actionable detection, and recovered.
    Recover,
    /// It is recorded as a detection, and the detection hooks run.
    Detect,
    /// It is shown.
    Show,
}

/// The problem of a server with these signs.
#[must_use]
pub fn diagnose(signs: &Signs) -> Code {
    if signs.is_group_member {
        return NoProblem;
    }
    RULES.iter().find(|(_, holds)| holds(signs)).map_or(NoProblem, |(code, _)| *code)
}

/// What the problem calls for; a property of the code alone.
#[must_use]
pub fn reaction(code: Code) -> Reaction {
    match code {
        DeadMaster
        | DeadMasterAndSomeReplicas
        | DeadCoMaster
        | DeadCoMasterAndSomeReplicas
        | DeadIntermediateMasterWithSingleReplicaFailingToConnect
        | DeadIntermediateMaster
        | DeadIntermediateMasterAndSomeReplicas
        | AllIntermediateMasterReplicasFailingToConnectOrDead => Reaction::Recover,
        DeadMasterAndReplicas
        | UnreachableMasterWithLaggingReplicas
        | UnreachableMaster
        | AllMasterReplicasNotReplicating
        | AllMasterReplicasNotReplicatingOrDead
        | DeadIntermediateMasterAndReplicas
        | UnreachableIntermediateMasterWithLaggingReplicas => Reaction::Detect,
        NoProblem
        | DeadMasterWithoutReplicas
        | MasterSingleReplicaNotReplicating
        | MasterSingleReplicaDead
        | UnreachableCoMaster
        | AllCoMasterReplicasNotReplicating
        | DeadIntermediateMasterWithSingleReplica
        | UnreachableIntermediateMaster
        | AllIntermediateMasterReplicasNotReplicating
        | FirstTierReplicaFailingToConnectToMaster => Reaction::Show,
    }
}

impl Signs {
    fn all_valid(&self) -> bool {
        self.valid == self.count()
    }

    fn some_valid(&self) -> bool {
        0 < self.valid && self.valid < self.count()
    }

    /// All replicas lag, and not all of them on purpose.
    fn all_lag(&self) -> bool {
        self.lagging == self.count() && self.delayed < self.count()
    }
}
