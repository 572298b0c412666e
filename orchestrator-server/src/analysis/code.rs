//! The names of the problems that analysis can find, with the texts that go with them
//! (spec 05, section 2).

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($code:ident => $description:literal),+ $(,)?) => {
        /// What is wrong with one server, as seen from its own state and that of its replicas.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[allow(missing_docs, reason = "the description beside each name says what it means")]
        pub enum Code { $($code),+ }

        impl Code {
            /// Every code, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$code),+];

            /// The name on the wire.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$code => stringify!($code)),+ }
            }

            /// The sentence that goes with the name.
            #[must_use]
            pub fn description(self) -> &'static str {
                match self { $(Self::$code => $description),+ }
            }
        }
    };
}

codes! {
    NoProblem => "",
    DeadMasterWithoutReplicas => "Master cannot be reached by orchestrator and has no replica",
    DeadMaster => "Master cannot be reached by orchestrator and none of its replicas is replicating",
    DeadMasterAndReplicas => "Master cannot be reached by orchestrator and none of its replicas is replicating",
    DeadMasterAndSomeReplicas => "Master cannot be reached by orchestrator; some of its replicas are unreachable and none of its reachable replicas is replicating",
    UnreachableMasterWithLaggingReplicas => "Master cannot be reached by orchestrator and all of its replicas are lagging",
    UnreachableMaster => "Master cannot be reached by orchestrator but it has replicating replicas; possibly a network/host issue",
    MasterSingleReplicaNotReplicating => "Master is reachable but its single replica is not replicating",
    MasterSingleReplicaDead => "Master is reachable but its single replica is dead",
    AllMasterReplicasNotReplicating => "Master is reachable but none of its replicas is replicating",
    AllMasterReplicasNotReplicatingOrDead => "Master is reachable but none of its replicas is replicating",
    DeadCoMaster => "Co-master cannot be reached by orchestrator and none of its replicas is replicating",
    DeadCoMasterAndSomeReplicas => "Co-master cannot be reached by orchestrator; some of its replicas are unreachable and none of its reachable replicas is replicating",
    UnreachableCoMaster => "Co-master cannot be reached by orchestrator but it has replicating replicas; possibly a network/host issue",
    AllCoMasterReplicasNotReplicating => "Co-master is reachable but none of its replicas is replicating",
    DeadIntermediateMasterWithSingleReplicaFailingToConnect => "Intermediate master cannot be reached by orchestrator and its (single) replica is failing to connect",
    DeadIntermediateMasterWithSingleReplica => "Intermediate master cannot be reached by orchestrator and its (single) replica is not replicating",
    DeadIntermediateMaster => "Intermediate master cannot be reached by orchestrator and none of its replicas is replicating",
    DeadIntermediateMasterAndSomeReplicas => "Intermediate master cannot be reached by orchestrator; some of its replicas are unreachable and none of its reachable replicas is replicating",
    DeadIntermediateMasterAndReplicas => "Intermediate master cannot be reached by orchestrator and all of its replicas are unreachable",
    UnreachableIntermediateMasterWithLaggingReplicas => "Intermediate master cannot be reached by orchestrator and all of its replicas are lagging",
    UnreachableIntermediateMaster => "Intermediate master cannot be reached by orchestrator but it has replicating replicas; possibly a network/host issue",
    AllIntermediateMasterReplicasFailingToConnectOrDead => "Intermediate master is reachable but all of its replicas are failing to connect",
    AllIntermediateMasterReplicasNotReplicating => "Intermediate master is reachable but none of its reachable replicas is replicating",
    FirstTierReplicaFailingToConnectToMaster => "1st tier replica (directly replicating from topology master) is unable to connect to the master",
}
