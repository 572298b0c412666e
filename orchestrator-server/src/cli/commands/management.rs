//! Commands that tell facts, ask for recoveries, and look after the program itself.

use super::{
    Before::Known,
    CHANGE,
    Call::{Missing, Own, Path},
    Command, Effect, HINT, Own as Special, READ, Section,
};
use crate::cli::print::Print;

pub(super) const INSTANCES: Section = Section {
    title: "Instance management",
    commands: &[
        Command {
            name: "discover",
            effect: Effect::Probe,
            print: Print::Key,
            help: "Read an instance and take it in",
            ..READ
        },
        Command { name: "forget", print: Print::Key, help: "Forget an instance", ..CHANGE },
        Command {
            name: "begin-maintenance",
            call: Path("begin-maintenance/{H}/{owner}/{reason}[/{duration}]"),
            help: "Lock an instance for maintenance",
            ..HINT
        },
        Command {
            name: "end-maintenance",
            print: Print::Asked,
            help: "End the maintenance of an instance",
            ..HINT
        },
        Command {
            name: "in-maintenance",
            call: Path("maintenance"),
            print: Print::AskedIfListed,
            help: "Print the instance if it is in maintenance",
            ..READ
        },
        Command {
            name: "begin-downtime",
            call: Path("begin-downtime/{H}/{owner}/{reason}[/{duration}]"),
            help: "Exempt an instance from alerts and recovery for a time, 10 minutes by default",
            ..HINT
        },
        Command { name: "end-downtime", help: "End the downtime of an instance", ..HINT },
    ],
};

pub(super) const RECOVERY: Section = Section {
    title: "Recovery",
    commands: &[
        Command {
            name: "recover",
            print: Print::Recovered,
            help: "Recover from a dead instance if it is seen as such; -d names the one to promote",
            ..CHANGE
        },
        Command {
            name: "recover-lite",
            print: Print::Recovered,
            help: "As recover, without running hooks",
            ..CHANGE
        },
        Command {
            name: "force-master-failover",
            print: Print::Successor,
            help: "Fail over as if the source were dead, whatever its state",
            ..CHANGE
        },
        Command {
            name: "force-master-takeover",
            print: Print::Successor,
            help: "Discard the source and promote its direct replica -d, whatever their state",
            ..CHANGE
        },
        Command {
            name: "graceful-master-takeover",
            print: Print::SuccessorAndPosition,
            help: "Promote the only replica, or -d, of a healthy source",
            ..CHANGE
        },
        Command {
            name: "graceful-master-takeover-auto",
            print: Print::SuccessorAndPosition,
            help: "As graceful-master-takeover, picks the replica and starts the old source as one",
            ..CHANGE
        },
        Command {
            name: "replication-analysis",
            print: Print::Analysis,
            help: "List what is wrong with clusters",
            ..READ
        },
        Command {
            name: "ack-all-recoveries",
            print: Print::Acknowledged,
            help: "Acknowledge all recoveries",
            ..HINT
        },
        Command {
            name: "ack-cluster-recoveries",
            print: Print::Acknowledged,
            help: "Acknowledge the recoveries of a cluster, which unblocks further ones",
            ..HINT
        },
        Command {
            name: "ack-instance-recoveries",
            print: Print::Acknowledged,
            help: "Acknowledge the recoveries of a failed instance",
            ..HINT
        },
    ],
};

pub(super) const INSTANCE_META: Section = Section {
    title: "Instance, meta",
    commands: &[
        Command {
            name: "register-candidate",
            help: "Tell how fit an instance is for promotion; expires, so repeat it",
            ..HINT
        },
        Command {
            name: "register-hostname-unresolve",
            call: Path("register-hostname-unresolve/{H}/{hostname}"),
            help: "Give an instance the virtual name -hostname, which its replicas are to use",
            ..HINT
        },
        Command {
            name: "deregister-hostname-unresolve",
            help: "Remove the virtual name of an instance",
            ..HINT
        },
        Command {
            name: "set-heuristic-domain-instance",
            call: Own(Special::SetDomainInstance),
            print: Print::Key,
            help: "Have the domain name of a cluster stand for its writer",
            ..HINT
        },
    ],
};

pub(super) const META: Section = Section {
    title: "Meta",
    commands: &[
        Command {
            name: "snapshot-topologies",
            print: Print::Nothing,
            help: "Keep a picture of all clusters",
            ..HINT
        },
        Command {
            name: "continuous",
            call: Own(Special::Continuous),
            effect: Effect::Change,
            help: "Discover and recover until told to end, without the API",
            ..READ
        },
        Command {
            name: "active-nodes",
            call: Path("health"),
            print: Print::Nodes,
            help: "List host:token of the nodes",
            ..READ
        },
        Command {
            name: "access-token",
            call: Missing,
            print: Print::Text,
            help: "Make a token for the API",
            ..HINT
        },
        Command {
            name: "resolve",
            call: Path("resolve/{H}"),
            effect: Effect::Probe,
            print: Print::Key,
            help: "Connect to an instance and print its resolved name",
            ..READ
        },
        Command {
            name: "reset-hostname-resolve-cache",
            call: Path("reset-hostname-resolve-cache"),
            print: Print::Fixed("hostname resolve cache cleared"),
            help: "Forget resolved host names",
            ..HINT
        },
        Command {
            name: "dump-config",
            call: Own(Special::DumpConfig),
            help: "Print the configuration as one line of JSON, without secrets",
            ..READ
        },
        Command {
            name: "show-resolve-hosts",
            call: Path("hostname-resolve-cache"),
            print: Print::ResolvedHosts,
            help: "List host names and what they were resolved to",
            ..READ
        },
        Command {
            name: "show-unresolve-hosts",
            call: Path("all-instances"),
            print: Print::VirtualNames,
            help: "List the hosts of known instances that have a virtual name",
            ..READ
        },
        Command {
            name: "redeploy-internal-db",
            call: Own(Special::RedeployInternalDb),
            effect: Effect::Hint,
            help: "Bring the tables of the backend up to date",
            ..READ
        },
    ],
};

pub(super) const INTERNAL: Section = Section {
    title: "Meta, internal",
    commands: &[
        Command {
            name: "internal-suggest-promoted-replacement",
            call: Missing,
            before: Known,
            print: Print::Key,
            help: "Print which instance should take the place of the promoted -d",
            ..READ
        },
        Command {
            name: "disable-global-recoveries",
            print: Print::Fixed("OK: Orchestrator recoveries DISABLED globally"),
            help: "Forbid automatic recoveries everywhere",
            ..HINT
        },
        Command {
            name: "enable-global-recoveries",
            print: Print::Fixed("OK: Orchestrator recoveries ENABLED globally"),
            help: "Allow automatic recoveries again",
            ..HINT
        },
        Command {
            name: "check-global-recoveries",
            print: Print::GlobalRecoveries,
            help: "Print whether automatic recoveries are disabled",
            ..READ
        },
        Command {
            name: "bulk-instances",
            call: Path("bulk-instances"),
            print: Print::SortedKeysOrEmpty,
            help: "List all instances, sorted",
            ..READ
        },
        Command {
            name: "bulk-promotion-rules",
            call: Path("bulk-promotion-rules"),
            print: Print::PromotionRulesOrEmpty,
            help: "List announced promotion rules, sorted",
            ..READ
        },
        Command { name: "help", call: Own(Special::Help), help: "List the commands", ..READ },
    ],
};

pub(super) const AGENTS: Section = Section {
    title: "Agent",
    commands: &[Command {
        name: "custom-command",
        call: Missing,
        print: Print::Text,
        effect: Effect::Change,
        help: "Run the command -pattern of the agent on -hostname",
        ..READ
    }],
};
