//! Commands that move replicas.

use super::{
    Command, OPERATION, Section,
    field::Field::{Destination, Instance},
    output::{Line, Output},
};

pub(super) const SECTION: Section = Section {
    title: "Relocation",
    commands: &[
        Command {
            name: "relocate",
            also: &["relocate-below"],
            path: "relocate/{H}/{D}",
            help: "Move a replica below another instance, by whatever way works",
            ..BELOW
        },
        Command {
            name: "relocate-replicas",
            path: "relocate-replicas/{H}/{D}",
            output: Output::Each(Line::Key),
            help: "Move all replicas of an instance below another instance",
            ..BELOW
        },
        Command {
            name: "match",
            also: &["match-below"],
            path: "match/{H}/{D}",
            help: "Move a replica below another instance by Pseudo-GTID",
            ..BELOW
        },
        Command {
            name: "match-up",
            path: "match-up/{H}",
            help: "Move a replica one level up by Pseudo-GTID",
            ..ONE
        },
        Command {
            name: "match-up-replicas",
            path: "match-up-replicas/{H}[/{D}]",
            output: Output::Each(Line::Key),
            help: "Move the replicas of an instance one level up by Pseudo-GTID",
            ..ONE
        },
        Command {
            name: "move-up",
            path: "move-up/{H}",
            help: "Move a replica one level up",
            ..ONE
        },
        Command {
            name: "move-up-replicas",
            path: "move-up-replicas/{H}[/{D}]",
            output: Output::Each(Line::Key),
            help: "Move the replicas of an instance one level up",
            ..ONE
        },
        Command {
            name: "move-below",
            path: "move-below/{H}/{D}",
            help: "Move a replica below its sibling; both must replicate",
            ..BELOW
        },
        Command {
            name: "move-equivalent",
            path: "move-equivalent/{H}/{D}",
            help: "Move a replica below another instance by recorded equal coordinates",
            ..BELOW
        },
        Command {
            name: "make-co-master",
            path: "make-co-master/{H}",
            help: "Make a direct replica and its source replicate from each other",
            ..ONE
        },
        Command {
            name: "take-master",
            also: &["enslave-master"],
            path: "take-master/{H}",
            help: "Swap an instance and its source",
            ..ONE
        },
        Command {
            name: "take-siblings",
            also: &["enslave-siblings"],
            path: "take-siblings/{H}",
            help: "Move all siblings of a replica below it",
            ..ONE
        },
        Command {
            name: "move-gtid",
            path: "move-below-gtid/{H}/{D}",
            help: "Move a replica below another instance by GTID",
            ..BELOW
        },
        Command {
            name: "move-replicas-gtid",
            path: "move-replicas-gtid/{H}/{D}",
            output: Output::Each(Line::Key),
            help: "Move all replicas of an instance below another instance by GTID",
            ..BELOW
        },
        Command {
            name: "repoint",
            path: "repoint/{H}/{D}",
            help: "Let a replica go on from another instance at its own coordinates; use with care",
            ..BELOW
        },
        Command {
            name: "repoint-replicas",
            path: "repoint-replicas/{H}[/{D}]",
            output: Output::Each(Line::Key),
            help: "Point all replicas of an instance at it again; use with care",
            ..ONE
        },
    ],
};

/// Moves of one instance.
const ONE: Command =
    Command { needs: &[Instance], output: Output::One(Line::Relocated), ..OPERATION };

/// Moves below a given instance.
const BELOW: Command = Command { needs: &[Instance, Destination], ..ONE };
