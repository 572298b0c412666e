//! Commands that make instances known or unknown.

use super::{
    Command, HINT, Section,
    field::Field::{Cluster, Instance},
    output::{Line, Output},
};

pub(super) const SECTION: Section = Section {
    title: "Discovery",
    commands: &[
        Command {
            name: "discover",
            needs: &[Instance],
            path: "discover/{H}",
            output: Output::One(Line::Key),
            help: "Probe an instance now and discover its topology",
            ..HINT
        },
        Command {
            name: "async-discover",
            needs: &[Instance],
            path: "async-discover/{H}",
            output: Output::Asked,
            help: "Have an instance discovered in the background; useful for bulk loads",
            ..HINT
        },
        // A second try of these finds nothing to forget.
        Command {
            name: "forget",
            needs: &[Instance],
            path: "forget/{H}",
            idempotent: false,
            help: "Forget an instance",
            ..HINT
        },
        Command {
            name: "forget-cluster",
            needs: &[Cluster],
            path: "forget-cluster/{C}",
            idempotent: false,
            help: "Forget all instances of a cluster",
            ..HINT
        },
    ],
};
