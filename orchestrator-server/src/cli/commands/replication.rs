//! Commands about replication, and about the settings and binary logs of one instance.

use shared::commands::Test;

use super::{
    Before::{Fresh, Known},
    CHANGE,
    Call::{Missing, Path},
    Command, Effect, READ, Section,
};
use crate::cli::print::Print;

pub(super) const GENERAL: Section = Section {
    title: "Replication, general",
    commands: &[
        Command {
            name: "enable-gtid",
            call: Path("enable-gtid/{H}"),
            help: "Have a replica replicate by GTID",
            ..CHANGE
        },
        Command {
            name: "disable-gtid",
            call: Path("disable-gtid/{H}"),
            help: "Have a replica replicate by file and position",
            ..CHANGE
        },
        Command {
            name: "which-gtid-errant",
            before: Fresh,
            print: Print::TextAt("/GtidErrant"),
            effect: Effect::Probe,
            help: "Print the errant GTID set of an instance; an empty line if there is none",
            ..READ
        },
        Command {
            name: "gtid-errant-reset-master",
            help: "Remove errant GTIDs by resetting the binary logs of an instance",
            ..CHANGE
        },
        Command {
            name: "skip-query",
            help: "Skip the statement at which replication stopped",
            ..CHANGE
        },
        Command { name: "stop-replica", also: &["stop-slave"], help: "Stop replication", ..CHANGE },
        Command {
            name: "start-replica",
            also: &["start-slave"],
            help: "Start replication",
            ..CHANGE
        },
        Command {
            name: "restart-replica",
            also: &["restart-slave"],
            help: "Stop and start replication",
            ..CHANGE
        },
        Command {
            name: "reset-replica",
            also: &["reset-slave"],
            help: "Remove the replication configuration; use with care",
            ..CHANGE
        },
        Command {
            name: "change-master-credentials",
            help: "Set the replication user and password again; TLS settings stay",
            ..CHANGE
        },
        Command {
            name: "detach-replica-master-host",
            also: &["detach-slave", "detach-replica", "detach-slave-master-host"],
            help: "Stop replication and make the source's host name unusable, reversibly",
            ..CHANGE
        },
        Command {
            name: "reattach-replica-master-host",
            also: &["reattach-slave", "reattach-replica", "reattach-slave-master-host"],
            help: "Undo detach-replica-master-host",
            ..CHANGE
        },
        Command {
            name: "master-pos-wait",
            call: Missing,
            effect: Effect::Probe,
            help: "Wait until a replica has applied its source's -binlog file:pos",
            ..CHANGE
        },
        Command {
            name: "enable-semi-sync-master",
            help: "Enable semi-sync, source side",
            ..CHANGE
        },
        Command {
            name: "disable-semi-sync-master",
            help: "Disable semi-sync, source side",
            ..CHANGE
        },
        Command {
            name: "enable-semi-sync-replica",
            help: "Enable semi-sync, replica side",
            ..CHANGE
        },
        Command {
            name: "disable-semi-sync-replica",
            help: "Disable semi-sync, replica side",
            ..CHANGE
        },
        Command {
            name: "restart-replica-statements",
            also: &["restart-slave-statements"],
            call: Path("restart-replica-statements/{H}[?q={query}]"),
            print: Print::Statements,
            effect: Effect::Probe,
            help: "Print the statements that run -statement between a stop and a start of replication; runs nothing",
            ..READ
        },
    ],
};

pub(super) const INFORMATION: Section = Section {
    title: "Replication information",
    commands: &[
        Command {
            name: "can-replicate-from",
            before: Known,
            print: Print::DestinationIfSo,
            help: "Print -d if the instance can replicate from it",
            ..READ
        },
        Command {
            name: "is-replicating",
            before: Known,
            call: Path("instance/{H}"),
            print: Print::KeyIf(Test::Replicating),
            help: "Print the instance if it is a replica and both threads run",
            ..READ
        },
        Command {
            name: "is-replication-stopped",
            before: Known,
            print: Print::KeyIf(Test::Stopped),
            help: "Print the instance if both of its replication threads are stopped",
            ..READ
        },
    ],
};

pub(super) const INSTANCE: Section = Section {
    title: "Instance",
    commands: &[
        Command { name: "set-read-only", help: "Make an instance read-only", ..CHANGE },
        Command { name: "set-writeable", help: "Make an instance writeable", ..CHANGE },
    ],
};

pub(super) const BINARY_LOGS: Section = Section {
    title: "Binary logs",
    commands: &[
        Command { name: "flush-binary-logs", help: "Begin a new binary log", ..CHANGE },
        Command {
            name: "purge-binary-logs",
            help: "Remove the binary logs before -binlog",
            ..CHANGE
        },
        Command {
            name: "last-pseudo-gtid",
            effect: Effect::Probe,
            print: Print::Text,
            help: "Print the last Pseudo-GTID entry of an instance",
            ..READ
        },
        Command {
            name: "locate-gtid-errant",
            effect: Effect::Probe,
            print: Print::EachText,
            help: "List the binary logs that hold the errant GTIDs of an instance",
            ..READ
        },
        Command {
            name: "last-executed-relay-entry",
            call: Missing,
            effect: Effect::Probe,
            help: "Print the last relay log entry that a replica applied",
            ..READ
        },
        Command {
            name: "correlate-relaylog-pos",
            call: Missing,
            effect: Effect::Probe,
            help: "Find the position of a replica in its sibling's relay logs",
            ..READ
        },
        Command {
            name: "find-binlog-entry",
            call: Missing,
            effect: Effect::Probe,
            help: "Print the position of the entry -pattern in the binary logs of an instance",
            ..READ
        },
        Command {
            name: "correlate-binlog-pos",
            call: Missing,
            effect: Effect::Probe,
            help: "Find a binary log position of an instance in the logs of -d",
            ..READ
        },
    ],
};
