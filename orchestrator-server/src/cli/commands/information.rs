//! Commands that tell what is known: pools, clusters, instances, tags.

use super::{
    Before::Known,
    Call::{Own, Path},
    Command, HINT, Own as Special, READ, Section,
};
use crate::{cli::print::Print, decision::returned::LOST_IN_RECOVERY};

pub(super) const POOLS: Section = Section {
    title: "Pools",
    commands: &[
        Command {
            name: "submit-pool-instances",
            print: Print::Nothing,
            help: "Tell which instances, separated by commas, make up -pool",
            ..HINT
        },
        Command {
            name: "cluster-pool-instances",
            call: Own(Special::ClusterPools),
            help: "List cluster, alias, pool and instance of every pool",
            ..READ
        },
        Command {
            name: "which-heuristic-cluster-pool-instances",
            print: Print::Keys,
            help: "List the instances of a cluster that are in a pool, or in -pool",
            ..READ
        },
    ],
};

pub(super) const INFORMATION: Section = Section {
    title: "Information",
    commands: &[
        Command {
            name: "find",
            call: Path("all-instances"),
            print: Print::KeysLikePattern,
            help: "List the instances whose host:port matches the regular expression -pattern",
            ..READ
        },
        Command {
            name: "search",
            print: Print::Keys,
            help: "List the instances that match the text -pattern",
            ..READ
        },
        Command {
            name: "clusters",
            call: Path("clusters"),
            print: Print::LinesOrEmpty,
            help: "List the names of all clusters",
            ..READ
        },
        Command {
            name: "clusters-alias",
            print: Print::Pairs("/ClusterName", "\t", "/ClusterAlias"),
            help: "List the names and aliases of all clusters",
            ..READ
        },
        Command {
            name: "all-clusters-masters",
            print: Print::Keys,
            help: "List the writeable source of each cluster",
            ..READ
        },
        Command { name: "topology", print: Print::Text, help: "Draw a cluster", ..READ },
        Command {
            name: "topology-tabulated",
            print: Print::Text,
            help: "Draw a cluster, in columns",
            ..READ
        },
        Command {
            name: "topology-tags",
            print: Print::Text,
            help: "Draw a cluster, with tags",
            ..READ
        },
        Command { name: "all-instances", print: Print::Keys, help: "List all instances", ..READ },
        Command {
            name: "which-instance",
            call: Path("instance/{H}"),
            before: Known,
            print: Print::Key,
            help: "Print the full name of an instance",
            ..READ
        },
        Command {
            name: "which-cluster",
            print: Print::TextAt("/ClusterName"),
            help: "Print the name of the cluster of an instance or alias",
            ..READ
        },
        Command {
            name: "which-cluster-alias",
            print: Print::TextAt("/ClusterAlias"),
            help: "Print the alias of a cluster",
            ..READ
        },
        Command {
            name: "which-cluster-domain",
            print: Print::TextAt("/ClusterDomain"),
            help: "Print the domain name of a cluster",
            ..READ
        },
        Command {
            name: "which-heuristic-domain-instance",
            call: Own(Special::DomainInstance),
            print: Print::Key,
            help: "Print the instance that the domain name of a cluster stands for",
            ..READ
        },
        Command {
            name: "which-cluster-master",
            print: Print::Key,
            help: "Print the source of a cluster",
            ..READ
        },
        Command {
            name: "which-cluster-instances",
            print: Print::Keys,
            help: "List the instances of a cluster",
            ..READ
        },
        Command {
            name: "which-cluster-osc-replicas",
            also: &["which-cluster-osc-slaves"],
            print: Print::Keys,
            help: "List replicas of a cluster that an online schema change should look at",
            ..READ
        },
        Command {
            name: "which-cluster-gh-ost-replicas",
            also: &["which-cluster-gh-ost-slaves"],
            call: Path("cluster/{C}"),
            print: Print::KeysOfRowReplicas,
            help: "List replicas of a cluster that gh-ost can read from",
            ..READ
        },
        Command {
            name: "which-master",
            before: Known,
            print: Print::SourceKey,
            help: "Print the source of a replica",
            ..READ
        },
        Command {
            name: "which-downtimed-instances",
            call: Path("downtimed[/{C}]"),
            print: Print::Keys,
            help: "List the instances in downtime, of a cluster or of all",
            ..READ
        },
        Command {
            name: "which-replicas",
            also: &["which-slaves"],
            print: Print::Keys,
            help: "List the replicas of an instance",
            ..READ
        },
        Command {
            name: "which-lost-in-recovery",
            call: Path("downtimed"),
            print: Print::KeysWhere("/DowntimeReason", LOST_IN_RECOVERY),
            help: "List the instances that recoveries left behind",
            ..READ
        },
        Command {
            name: "instance-status",
            call: Path("topology/{H}"),
            before: Known,
            print: Print::Status,
            help: "Print lag, status, version, mode and binary log format of an instance",
            ..READ
        },
        Command {
            name: "get-cluster-heuristic-lag",
            call: Path("cluster-osc-replicas/{C}"),
            print: Print::LargestLag,
            help: "Print the largest lag of the replicas of a cluster that count",
            ..READ
        },
    ],
};

pub(super) const KEY_VALUE: Section = Section {
    title: "Key-value",
    commands: &[Command {
        name: "submit-masters-to-kv-stores",
        print: Print::Pairs("/Key", ":", "/Value"),
        help: "Write the sources of a cluster, or of all, to the key-value stores",
        ..HINT
    }],
};

pub(super) const TAGS: Section = Section {
    title: "tags",
    commands: &[
        Command {
            name: "tags",
            print: Print::EachText,
            help: "List the tags of an instance",
            ..READ
        },
        Command {
            name: "tag-value",
            call: Path("tags/{H}?tag={tag}"),
            print: Print::TagValue,
            help: "Print the value of the tag -tag of an instance",
            ..READ
        },
        Command {
            name: "tagged",
            print: Print::Keys,
            help: "List the instances that the tag expression -tag fits",
            ..READ
        },
        Command { name: "tag", print: Print::Key, help: "Add the tag -tag to an instance", ..HINT },
        Command {
            name: "untag",
            print: Print::Keys,
            help: "Remove the tag -tag from an instance",
            ..HINT
        },
        Command {
            name: "untag-all",
            print: Print::Keys,
            help: "Remove the tag -tag, with its value, from all instances",
            ..HINT
        },
    ],
};
