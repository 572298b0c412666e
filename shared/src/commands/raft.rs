//! Commands about the raft group of the servers.

use super::{
    Command, OPERATION, READ, Section,
    field::Field::Hostname,
    output::{Line, Output},
};

pub(super) const SECTION: Section = Section {
    title: "Raft",
    commands: &[
        // Each node knows its leader, so unlike the others this needs no leader to answer.
        Command {
            name: "raft-leader",
            path: "raft-leader",
            output: Output::RaftLeader,
            help: "Print the raft address of the leader",
            ..READ
        },
        Command {
            name: "raft-health",
            path: "raft-health",
            output: Output::One(Line::Text),
            help: "Print healthy if the node is part of a healthy raft group; fails if not",
            ..READ
        },
        Command {
            name: "raft-leader-hostname",
            path: "status",
            output: Output::One(Line::TextAt("/Hostname")),
            needs_raft_leader: true,
            help: "Print the host name of the leader",
            ..READ
        },
        Command {
            name: "raft-elect-leader",
            needs: &[Hostname],
            path: "raft-yield-hint/{hostname}",
            output: Output::One(Line::Text),
            needs_raft_leader: true,
            help: "Have a leader elected whose host name holds the text given by -H",
            ..OPERATION
        },
    ],
};
