//! Commands about one instance: what is known of it, and operations on it.

use super::{
    Command, Limit, OPERATION, READ, Section,
    field::Field::{Binlog, Destination, Instance, Query, Seconds},
    output::{Line, Output, Test},
};

pub(super) const INFORMATION: Section = Section {
    title: "Instance information",
    commands: &[
        Command {
            name: "instance",
            also: &["which-instance"],
            needs: &[Instance],
            path: "instance/{H}",
            output: Output::One(Line::Key),
            help: "Print the full host:port of an instance; fails if it is unknown",
            ..READ
        },
        Command {
            name: "which-master",
            needs: &[Instance],
            path: "instance/{H}",
            output: Output::One(Line::KeyAt("/MasterKey")),
            help: "Print the source of an instance; :0 if it has none",
            ..READ
        },
        Command {
            name: "which-replicas",
            needs: &[Instance],
            path: "instance-replicas/{H}",
            output: Output::Each(Line::Key),
            help: "List the replicas of an instance",
            ..READ
        },
        Command {
            name: "which-broken-replicas",
            needs: &[Instance],
            path: "instance-replicas/{H}",
            output: Output::EachIf(Test::Broken, Line::Key),
            help: "List the replicas of an instance that stopped with an error",
            ..READ
        },
        Command {
            name: "is-replicating",
            needs: &[Instance],
            path: "instance/{H}",
            output: Output::OneIf(Test::Replicating, Line::Key),
            help: "Print the instance if both of its replication threads run",
            ..READ
        },
        Command {
            name: "is-replication-stopped",
            needs: &[Instance],
            path: "instance/{H}",
            output: Output::OneIf(Test::Stopped, Line::Key),
            help: "Print the instance if both of its replication threads are stopped",
            ..READ
        },
        Command {
            name: "can-replicate-from",
            needs: &[Instance, Destination],
            path: "can-replicate-from/{H}/{D}",
            output: Output::One(Line::Key),
            help: "Print the destination if the instance can replicate from it; fails with the reason if not",
            ..READ
        },
        Command {
            name: "can-replicate-from-gtid",
            needs: &[Instance, Destination],
            path: "can-replicate-from-gtid/{H}/{D}",
            output: Output::One(Line::Key),
            help: "As can-replicate-from, by GTID",
            ..READ
        },
        Command {
            name: "which-gtid-errant",
            needs: &[Instance],
            path: "instance/{H}",
            output: Output::One(Line::TextAt("/GtidErrant")),
            help: "Print the errant GTID set of an instance; an empty line if there is none",
            ..READ
        },
        // These two read binary logs of the server, which can take long.
        Command {
            name: "locate-gtid-errant",
            needs: &[Instance],
            path: "locate-gtid-errant/{H}",
            output: Output::Each(Line::Text),
            limit: Limit::Operation,
            help: "List the binary logs that hold the errant GTIDs of an instance",
            ..READ
        },
        Command {
            name: "last-pseudo-gtid",
            needs: &[Instance],
            path: "last-pseudo-gtid/{H}",
            output: Output::One(Line::Text),
            limit: Limit::Operation,
            help: "Print the last Pseudo-GTID entry of an instance",
            ..READ
        },
        Command {
            name: "restart-replica-statements",
            needs: &[Instance, Query],
            path: "restart-replica-statements/{H}?q={query}",
            output: Output::Json,
            help: "Print, as JSON, the statements that run the query of -q between a stop and a start of replication; runs nothing",
            ..READ
        },
    ],
};

pub(super) const OPERATIONS: Section = Section {
    title: "Instance operations",
    commands: &[
        Command {
            name: "stop-replica",
            path: "stop-replica/{H}",
            help: "Stop replication",
            ..ON_INSTANCE
        },
        Command {
            name: "stop-replica-nice",
            path: "stop-replica-nice/{H}",
            help: "Stop replication once everything received is applied",
            ..ON_INSTANCE
        },
        Command {
            name: "start-replica",
            path: "start-replica/{H}",
            help: "Start replication",
            ..ON_INSTANCE
        },
        Command {
            name: "restart-replica",
            path: "restart-replica/{H}",
            help: "Stop and start replication",
            ..ON_INSTANCE
        },
        Command {
            name: "reset-replica",
            path: "reset-replica/{H}",
            help: "Remove the replication configuration; use with care",
            ..ON_INSTANCE
        },
        Command {
            name: "change-master-credentials",
            path: "change-master-credentials/{H}",
            help: "Set the replication user and password again; TLS settings stay",
            ..ON_INSTANCE
        },
        Command {
            name: "detach-replica",
            path: "detach-replica/{H}",
            help: "Stop replication and make the source's host name unusable, reversibly",
            ..ON_INSTANCE
        },
        Command {
            name: "reattach-replica",
            path: "reattach-replica/{H}",
            help: "Undo detach-replica",
            ..ON_INSTANCE
        },
        Command {
            name: "detach-replica-master-host",
            path: "detach-replica-master-host/{H}",
            help: "Same as detach-replica",
            ..ON_INSTANCE
        },
        Command {
            name: "reattach-replica-master-host",
            path: "reattach-replica-master-host/{H}",
            help: "Same as reattach-replica",
            ..ON_INSTANCE
        },
        Command {
            name: "skip-query",
            path: "skip-query/{H}",
            help: "Skip the one statement at which replication stopped",
            ..ON_INSTANCE
        },
        Command {
            name: "gtid-errant-reset-master",
            path: "gtid-errant-reset-master/{H}",
            help: "Remove errant GTIDs by resetting the instance's binary logs",
            ..ON_INSTANCE
        },
        Command {
            name: "gtid-errant-inject-empty",
            path: "gtid-errant-inject-empty/{H}",
            help: "Give the cluster's source empty transactions with the errant GTIDs",
            ..ON_INSTANCE
        },
        Command {
            name: "enable-semi-sync-master",
            path: "enable-semi-sync-master/{H}",
            help: "Enable semi-sync, source side",
            ..SETTING
        },
        Command {
            name: "disable-semi-sync-master",
            path: "disable-semi-sync-master/{H}",
            help: "Disable semi-sync, source side",
            ..SETTING
        },
        Command {
            name: "enable-semi-sync-replica",
            path: "enable-semi-sync-replica/{H}",
            help: "Enable semi-sync, replica side",
            ..SETTING
        },
        Command {
            name: "disable-semi-sync-replica",
            path: "disable-semi-sync-replica/{H}",
            help: "Disable semi-sync, replica side",
            ..SETTING
        },
        Command {
            name: "set-read-only",
            path: "set-read-only/{H}",
            help: "Make an instance read-only",
            ..SETTING
        },
        Command {
            name: "set-writeable",
            path: "set-writeable/{H}",
            help: "Make an instance writable",
            ..SETTING
        },
        Command {
            name: "delay-replication",
            needs: &[Instance, Seconds],
            path: "delay-replication/{H}/{seconds}",
            output: Output::One(Line::Text),
            help: "Have a replica apply changes the given number of seconds later",
            ..OPERATION
        },
        Command {
            name: "flush-binary-logs",
            path: "flush-binary-logs/{H}",
            help: "Begin a new binary log",
            ..ON_INSTANCE
        },
        Command {
            name: "purge-binary-logs",
            needs: &[Instance, Binlog],
            path: "purge-binary-logs/{H}/{binlog}",
            help: "Remove the binary logs before the one given by -n",
            ..ON_INSTANCE
        },
    ],
};

/// Operations that are given an instance and answer with it.
const ON_INSTANCE: Command =
    Command { needs: &[Instance], output: Output::One(Line::Key), ..OPERATION };

/// Operations that end in the same state however often they run.
const SETTING: Command = Command { idempotent: true, ..ON_INSTANCE };
