//! Commands about tags and pools.

use super::{
    Command, HINT, READ, Section,
    field::Field::{Cluster, Instance, Pool, Tag, Text},
    output::{Line, Output},
};

pub(super) const SECTION: Section = Section {
    title: "Tags and pools",
    commands: &[
        Command {
            name: "tags",
            needs: &[Instance],
            path: "tags/{H}",
            output: Output::Each(Line::Text),
            help: "List the tags of an instance as name=value",
            ..READ
        },
        Command {
            name: "tag-value",
            needs: &[Instance, Tag],
            path: "tag-value/{H}?tag={tag}",
            output: Output::One(Line::Text),
            help: "Print the value of a tag; fails if the instance does not have it",
            ..READ
        },
        Command {
            name: "tag",
            needs: &[Instance, Tag],
            path: "tag/{H}?tag={tag}",
            output: Output::One(Line::Key),
            help: "Tag an instance with name or name=value",
            ..HINT
        },
        Command {
            name: "untag",
            needs: &[Instance, Tag],
            path: "untag/{H}?tag={tag}",
            output: Output::Each(Line::Key),
            help: "Remove a tag from an instance; prints the instance if it had the tag",
            ..HINT
        },
        Command {
            name: "untag-all",
            needs: &[Tag],
            path: "untag-all?tag={tag}",
            output: Output::Each(Line::Key),
            help: "Remove a tag with the given value from all instances",
            ..HINT
        },
        Command {
            name: "tagged",
            needs: &[Tag],
            path: "tagged?tag={tag}",
            output: Output::Each(Line::Key),
            help: "List the instances that match all of the comma-separated tags",
            ..READ
        },
        Command {
            name: "submit-pool-instances",
            needs: &[Text, Pool],
            path: "submit-pool-instances/{pool}?instances={text}",
            output: Output::One(Line::Text),
            help: "Set the instances of a pool to the comma-separated list given by -i",
            ..HINT
        },
        Command {
            name: "which-heuristic-cluster-pool-instances",
            needs: &[Cluster],
            path: "heuristic-cluster-pool-instances/{C}[/{pool}]",
            output: Output::Each(Line::Key),
            help: "List the instances of a cluster that are in a pool, or in the one given by -l",
            ..READ
        },
    ],
};
