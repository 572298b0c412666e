//! Commands that move replicas.

use super::{
    CHANGE,
    Call::{Missing, Path},
    Command, Effect, READ, Section,
};
use crate::cli::print::Print;

pub(super) const SMART: Section = Section {
    title: "Smart relocation",
    commands: &[
        Command {
            name: "relocate",
            also: &["relocate-below"],
            print: Print::AskedBelowDestination,
            help: "Move a replica below another instance, however that is possible",
            ..CHANGE
        },
        Command {
            name: "relocate-replicas",
            also: &["relocate-slaves"],
            call: Path("relocate-replicas/{H}/{D}[?pattern={text}]"),
            print: Print::Keys,
            help: "Move the replicas of an instance, or those that match -pattern, below another one",
            ..CHANGE
        },
        Command {
            name: "take-siblings",
            also: &["enslave-siblings"],
            print: Print::Asked,
            help: "Move the siblings of a replica below it",
            ..CHANGE
        },
        Command {
            name: "regroup-replicas",
            also: &["regroup-slaves"],
            call: Path("regroup-replicas/{H}"),
            print: Print::Keys,
            help: "Promote one replica of an instance above its siblings",
            ..CHANGE
        },
    ],
};

pub(super) const CLASSIC: Section = Section {
    title: "Classic file:pos relocation",
    commands: &[
        Command {
            name: "move-up",
            print: Print::Relocated,
            help: "Move a replica one level up",
            ..CHANGE
        },
        Command {
            name: "move-up-replicas",
            also: &["move-up-slaves"],
            call: Path("move-up-replicas/{H}[?pattern={text}]"),
            print: Print::Keys,
            help: "Move the replicas of an instance one level up",
            ..CHANGE
        },
        Command {
            name: "move-below",
            print: Print::AskedBelowDestination,
            help: "Move a replica below its sibling",
            ..CHANGE
        },
        Command {
            name: "move-equivalent",
            print: Print::AskedBelowDestination,
            help: "Move a replica below another instance by positions known to be equivalent",
            ..CHANGE
        },
        Command {
            name: "repoint",
            call: Path("repoint/{H}[/{D}]"),
            print: Print::Relocated,
            help: "Have a replica replicate from another instance with the same positions",
            ..CHANGE
        },
        Command {
            name: "repoint-replicas",
            also: &["repoint-slaves"],
            call: Path("repoint-replicas/{H}[?pattern={text}]"),
            print: Print::KeysBelowAsked,
            help: "Have the replicas of an instance replicate from it with the same positions, once more",
            ..CHANGE
        },
        Command {
            name: "take-master",
            also: &["enslave-master"],
            print: Print::Asked,
            help: "Change places with the source",
            ..CHANGE
        },
        Command {
            name: "make-co-master",
            print: Print::Asked,
            help: "Have the source of a replica replicate from it as well",
            ..CHANGE
        },
        Command {
            name: "get-candidate-replica",
            also: &["get-candidate-slave"],
            call: Missing,
            print: Print::Key,
            effect: Effect::Read,
            help: "Print the replica of an instance that would be promoted",
            ..READ
        },
    ],
};

pub(super) const BINLOG_SERVERS: Section = Section {
    title: "Binlog server relocation",
    commands: &[Command {
        name: "regroup-replicas-bls",
        call: Path("regroup-replicas-bls/{H}"),
        help: "Promote one binlog server above its siblings",
        ..CHANGE
    }],
};

pub(super) const GTID: Section = Section {
    title: "GTID relocation",
    commands: &[
        Command {
            name: "move-gtid",
            print: Print::AskedBelowDestination,
            help: "Move a replica below another instance by GTID",
            ..CHANGE
        },
        Command {
            name: "move-replicas-gtid",
            also: &["move-slaves-gtid"],
            call: Path("move-replicas-gtid/{H}/{D}[?pattern={text}]"),
            print: Print::Keys,
            help: "Move the replicas of an instance below another one by GTID",
            ..CHANGE
        },
        Command {
            name: "regroup-replicas-gtid",
            also: &["regroup-slaves-gtid"],
            call: Path("regroup-replicas-gtid/{H}"),
            print: Print::Keys,
            help: "Promote one replica of an instance above its siblings by GTID",
            ..CHANGE
        },
    ],
};

pub(super) const PSEUDO_GTID: Section = Section {
    title: "Pseudo-GTID relocation",
    commands: &[
        Command {
            name: "match",
            print: Print::AskedBelowDestination,
            help: "Move a replica below another instance by Pseudo-GTID",
            ..CHANGE
        },
        Command {
            name: "match-up",
            print: Print::Relocated,
            help: "Move a replica one level up by Pseudo-GTID",
            ..CHANGE
        },
        Command {
            name: "rematch",
            call: Missing,
            print: Print::Relocated,
            help: "Put a replica below its source again by Pseudo-GTID",
            ..CHANGE
        },
        Command {
            name: "match-replicas",
            also: &["match-slaves"],
            call: Path("match-replicas/{H}/{D}[?pattern={text}]"),
            print: Print::Keys,
            help: "Move the replicas of an instance below another one by Pseudo-GTID",
            ..CHANGE
        },
        Command {
            name: "match-up-replicas",
            also: &["match-up-slaves"],
            call: Path("match-up-replicas/{H}[?pattern={text}]"),
            print: Print::Keys,
            help: "Move the replicas of an instance one level up by Pseudo-GTID",
            ..CHANGE
        },
        Command {
            name: "regroup-replicas-pgtid",
            also: &["regroup-slaves-pgtid"],
            call: Path("regroup-replicas-pgtid/{H}"),
            print: Print::Keys,
            help: "Promote one replica of an instance above its siblings by Pseudo-GTID",
            ..CHANGE
        },
    ],
};
