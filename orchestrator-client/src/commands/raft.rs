//! Commands about the raft group of the servers.

use super::{Command, OPERATION, READ, Section};
use crate::shape::{Line, Show};
use crate::values::Field::Hostname;

pub(super) const SECTION: Section = Section {
    title: "Raft",
    commands: &[
        // Each node knows its leader, so unlike the others this needs no leader to answer.
        Command {
            name: "raft-leader",
            path: "raft-leader",
            show: Show::RaftLeader,
            help: "Print the raft address of the leader",
            ..READ
        },
        Command {
            name: "raft-health",
            path: "raft-health",
            show: Show::One(Line::Text),
            help: "Print healthy if the node is part of a healthy raft group; fails if not",
            ..READ
        },
        Command {
            name: "raft-leader-hostname",
            path: "status",
            show: Show::One(Line::TextAt("/Hostname")),
            needs_raft_leader: true,
            help: "Print the host name of the leader",
            ..READ
        },
        Command {
            name: "raft-elect-leader",
            needs: &[Hostname],
            path: "raft-yield-hint/{hostname}",
            show: Show::One(Line::Text),
            needs_raft_leader: true,
            help: "Have a leader elected whose host name holds the text given by -H",
            ..OPERATION
        },
    ],
};
