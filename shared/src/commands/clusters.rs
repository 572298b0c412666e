//! Commands that read about clusters.

use super::{
    Command, HINT, Limit, OPERATION, READ, Section,
    field::Field::{Cluster, Text},
    output::{Line, Output, Test},
};

pub(super) const SECTION: Section = Section {
    title: "Clusters",
    commands: &[
        Command {
            name: "topology",
            needs: &[Cluster],
            path: "topology/{C}",
            output: Output::One(Line::Text),
            help: "Draw the replication tree of a cluster",
            ..READ
        },
        Command {
            name: "topology-tabulated",
            needs: &[Cluster],
            path: "topology-tabulated/{C}",
            output: Output::One(Line::Text),
            help: "Draw the replication tree of a cluster in columns",
            ..READ
        },
        Command {
            name: "topology-tags",
            needs: &[Cluster],
            path: "topology-tags/{C}",
            output: Output::One(Line::Text),
            help: "Draw the replication tree of a cluster with the instances' tags",
            ..READ
        },
        Command {
            name: "snapshot-topologies",
            path: "snapshot-topologies",
            output: Output::One(Line::Text),
            limit: Limit::Operation,
            help: "Record the present source of each instance in the history",
            ..HINT
        },
        Command {
            name: "clusters",
            path: "clusters-info",
            output: Output::Each(Line::TextAt("/ClusterName")),
            help: "List the names of all clusters",
            ..READ
        },
        Command {
            name: "clusters-alias",
            path: "clusters-info",
            output: Output::Each(Line::Pair("/ClusterName", ",", "/ClusterAlias")),
            help: "List the names and aliases of all clusters, separated by a comma",
            ..READ
        },
        Command {
            name: "which-cluster",
            needs: &[Cluster],
            path: "cluster-info/{C}",
            output: Output::One(Line::TextAt("/ClusterName")),
            help: "Print the name of a cluster or of an instance's cluster",
            ..READ
        },
        Command {
            name: "which-cluster-alias",
            needs: &[Cluster],
            path: "cluster-info/{C}",
            output: Output::One(Line::TextAt("/ClusterAlias")),
            help: "Print the alias of a cluster",
            ..READ
        },
        Command {
            name: "which-cluster-domain",
            needs: &[Cluster],
            path: "cluster-info/{C}",
            output: Output::One(Line::TextAt("/ClusterDomain")),
            help: "Print the domain of a cluster",
            ..READ
        },
        Command {
            name: "which-cluster-master",
            needs: &[Cluster],
            path: "master/{C}",
            output: Output::One(Line::Key),
            help: "Print the writable source of a cluster",
            ..READ
        },
        Command {
            name: "which-cluster-instances",
            needs: &[Cluster],
            path: "cluster/{C}",
            output: Output::Each(Line::Key),
            help: "List the instances of a cluster",
            ..READ
        },
        Command {
            name: "which-cluster-osc-replicas",
            needs: &[Cluster],
            path: "cluster-osc-replicas/{C}",
            output: Output::Each(Line::Key),
            help: "List replicas of a cluster that suit as control replicas of a schema change",
            ..READ
        },
        Command {
            name: "which-cluster-osc-running-replicas",
            needs: &[Cluster],
            path: "cluster-osc-replicas/{C}",
            output: Output::EachIf(Test::Running, Line::Key),
            help: "As which-cluster-osc-replicas, only those that replicate now",
            ..READ
        },
        Command {
            name: "all-clusters-masters",
            path: "masters",
            output: Output::Each(Line::Key),
            help: "List the writable sources of all clusters",
            ..READ
        },
        Command {
            name: "dominant-dc",
            path: "masters",
            output: Output::MostCommon("/DataCenter"),
            help: "Print the data center that holds most of the writable sources",
            ..READ
        },
        Command {
            name: "all-instances",
            path: "all-instances",
            output: Output::Each(Line::Key),
            help: "List all known instances",
            ..READ
        },
        Command {
            name: "search",
            needs: &[Text],
            path: "search?s={text}",
            output: Output::Each(Line::Key),
            help: "List the instances that match the text given by -i",
            ..READ
        },
        Command {
            name: "downtimed",
            also: &["which-downtimed-instances"],
            path: "downtimed[/{C}]",
            output: Output::Each(Line::Key),
            help: "List the downtimed instances, of one cluster if -a or -i is given",
            ..READ
        },
        Command {
            name: "replication-analysis",
            path: "replication-analysis",
            output: Output::Each(Line::Analysis),
            help: "List the problems found in all topologies",
            ..READ
        },
        Command {
            name: "submit-masters-to-kv-stores",
            path: "submit-masters-to-kv-stores[/{alias}]",
            output: Output::Each(Line::Pair("/Key", ":", "/Value")),
            idempotent: true,
            help: "Write the sources of all clusters, or of the one given by -a, to the KV stores",
            ..OPERATION
        },
    ],
};
