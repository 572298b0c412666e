//! Commands that promote, and that say whether and what recoveries may do.

use super::{
    Command, HINT, Limit, OPERATION, READ, Section,
    field::Field::{Cluster, Destination, Instance, Reason},
    output::{Line, Output},
};

pub(super) const SECTION: Section = Section {
    title: "Recovery",
    commands: &[
        Command {
            name: "recover",
            needs: &[Instance],
            path: "recover/{H}[/{D}]",
            output: Output::One(Line::Key),
            limit: Limit::Takeover,
            help: "Recover from a dead instance if it is seen as such; -d suggests the one to promote",
            ..OPERATION
        },
        Command {
            name: "recover-lite",
            needs: &[Instance],
            path: "recover-lite/{H}[/{D}]",
            output: Output::One(Line::Key),
            limit: Limit::Takeover,
            help: "As recover, without running hooks",
            ..OPERATION
        },
        Command {
            name: "graceful-master-takeover",
            path: "graceful-master-takeover/{C}[/{D}]",
            help: "Promote the only replica, or the one given by -d, of a healthy source",
            ..TAKEOVER
        },
        Command {
            name: "graceful-master-takeover-auto",
            path: "graceful-master-takeover-auto/{C}[/{D}]",
            help: "As graceful-master-takeover, picks the replica and starts the old source as one",
            ..TAKEOVER
        },
        Command {
            name: "force-master-failover",
            path: "force-master-failover/{C}",
            help: "Fail over as if the source were dead, whatever its state",
            ..TAKEOVER
        },
        Command {
            name: "force-master-takeover",
            needs: &[Cluster, Destination],
            path: "force-master-takeover/{C}/{D}",
            help: "Discard the source and promote the direct replica given by -d, whatever their state",
            ..TAKEOVER
        },
        Command {
            name: "ack-cluster-recoveries",
            needs: &[Cluster, Reason],
            path: "ack-recovery/cluster/{C}?comment={reason}",
            help: "Acknowledge the recoveries of a cluster, which unblocks further ones",
            ..SWITCH
        },
        Command {
            name: "ack-instance-recoveries",
            needs: &[Instance, Reason],
            path: "ack-recovery/instance/{H}?comment={reason}",
            output: Output::One(Line::Key),
            help: "Acknowledge the recoveries of a failed instance",
            ..HINT
        },
        Command {
            name: "ack-all-recoveries",
            needs: &[Reason],
            path: "ack-all-recoveries?comment={reason}",
            help: "Acknowledge all recoveries",
            ..SWITCH
        },
        Command {
            name: "disable-global-recoveries",
            path: "disable-global-recoveries",
            help: "Forbid automatic recoveries everywhere",
            ..SWITCH
        },
        Command {
            name: "enable-global-recoveries",
            path: "enable-global-recoveries",
            help: "Allow automatic recoveries again",
            ..SWITCH
        },
        Command {
            name: "check-global-recoveries",
            path: "check-global-recoveries",
            output: Output::One(Line::Text),
            help: "Print whether automatic recoveries are enabled or disabled",
            ..READ
        },
    ],
};

/// Promotions in a cluster; they print the promoted instance.
const TAKEOVER: Command = Command {
    needs: &[Cluster],
    output: Output::One(Line::KeyAt("/SuccessorKey")),
    limit: Limit::Takeover,
    ..OPERATION
};

/// Settings that answer with a text.
const SWITCH: Command = Command { output: Output::One(Line::Text), ..HINT };
