//! Commands by which operators and cron jobs tell facts: downtime, maintenance, candidates.

use super::{
    Command, HINT, Section,
    field::Field::{Duration, Hostname, Instance, Owner, PromotionRule, Reason},
    output::{Line, Output},
};

pub(super) const SECTION: Section = Section {
    title: "Downtime, maintenance, candidates",
    commands: &[
        Command {
            name: "begin-downtime",
            needs: &[Instance, Owner, Reason, Duration],
            path: "begin-downtime/{H}/{owner}/{reason}/{duration}",
            help: "Exempt an instance from alerts and recovery for a time",
            ..ON_INSTANCE
        },
        Command {
            name: "end-downtime",
            path: "end-downtime/{H}",
            help: "End the downtime of an instance",
            ..ON_INSTANCE
        },
        // A second try reports that maintenance has begun already.
        Command {
            name: "begin-maintenance",
            needs: &[Instance, Owner, Reason],
            path: "begin-maintenance/{H}/{owner}/{reason}",
            idempotent: false,
            help: "Lock an instance for maintenance",
            ..ON_INSTANCE
        },
        Command {
            name: "end-maintenance",
            path: "end-maintenance/{H}",
            help: "Unlock an instance after maintenance",
            ..ON_INSTANCE
        },
        Command {
            name: "register-candidate",
            needs: &[Instance, PromotionRule],
            path: "register-candidate/{H}/{rule}",
            help: "Tell how fit an instance is for promotion; expires, so repeat it",
            ..ON_INSTANCE
        },
        Command {
            name: "register-hostname-unresolve",
            needs: &[Instance, Hostname],
            path: "register-hostname-unresolve/{H}/{hostname}",
            help: "Give an instance a virtual name that replicas are to use",
            ..ON_INSTANCE
        },
        Command {
            name: "deregister-hostname-unresolve",
            path: "deregister-hostname-unresolve/{H}",
            help: "Remove the virtual name of an instance",
            ..ON_INSTANCE
        },
    ],
};

/// Hints that are given an instance and answer with it.
const ON_INSTANCE: Command = Command { needs: &[Instance], output: Output::One(Line::Key), ..HINT };
