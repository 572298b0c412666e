use std::collections::HashSet;

use rstest::rstest;

use super::*;

#[test]
fn names_are_unique() {
    let mut seen = HashSet::new();
    for command in all() {
        for name in [command.name].iter().chain(command.also) {
            assert!(seen.insert(*name), "{name}");
        }
    }
}

#[test]
fn every_row_has_a_help_line_and_a_way_to_be_done() {
    for command in all() {
        assert!(!command.help.is_empty(), "{}", command.name);
        let by_path = matches!(command.call, Call::AsClient | Call::Path(_));
        assert!(!by_path || !command.path().is_empty(), "{}", command.name);
    }
}

#[rstest]
#[case("stop-slave", "stop-replica")]
#[case("relocate-below", "relocate")]
#[case("relocate-slaves", "relocate-replicas")]
#[case("enslave-siblings", "take-siblings")]
#[case("get-candidate-slave", "get-candidate-replica")]
#[case("match-up-slaves", "match-up-replicas")]
#[case("which-cluster-gh-ost-slaves", "which-cluster-gh-ost-replicas")]
#[case("detach-slave", "detach-replica-master-host")]
#[case("reattach-replica", "reattach-replica-master-host")]
#[case("restart-slave-statements", "restart-replica-statements")]
fn other_names(#[case] given: &str, #[case] name: &str) {
    assert_eq!(find(given).map(|command| command.name), Some(name));
}

#[test]
fn names_that_are_no_synonyms_are_unknown() {
    for name in ["regroup-slaves-bls", "stop-slave-nice", "enable-semi-sync-slave", "", "Clusters"]
    {
        assert!(find(name).is_none(), "{name}");
    }
}

/// Commands that this version does, whatever else is still to come.
#[test]
fn what_is_there_is_available() {
    for name in [
        "clusters",
        "topology",
        "which-cluster",
        "which-master",
        "instance-status",
        "discover",
        "forget",
        "begin-downtime",
        "end-downtime",
        "register-candidate",
        "recover",
        "find",
        "replication-analysis",
        "ack-all-recoveries",
        "dump-config",
        "bulk-promotion-rules",
    ] {
        assert!(find(name).unwrap().is_available(), "{name}");
    }
    assert!(!find("rematch").unwrap().is_available());
}

/// What the client's command of the same name calls is called here as well, apart from what only
/// the server's takes.
#[test]
fn paths_begin_as_those_of_the_client() {
    let differ = ["clusters", "search", "tag-value", "is-replication-stopped"];
    for command in all().filter(|command| matches!(command.call, Call::Path(_))) {
        let Some(same) = client::find(command.name) else { continue };
        let route = |path: &'static str| path.split(['/', '?', '[']).next().unwrap_or_default();
        if !differ.contains(&command.name) {
            assert_eq!(route(command.path()), route(same.path), "{}", command.name);
        }
    }
}

/// Commands that must not open a connection to a monitored server do nothing but read.
#[test]
fn reads_call_reading_routes_only() {
    let asks_servers = ["discover", "refresh", "async-discover", "recover", "recover-lite"];
    for command in all().filter(|command| command.effect == Effect::Read) {
        let route = command.path().split('/').next().unwrap_or_default();
        assert!(!asks_servers.contains(&route), "{}", command.name);
        assert_ne!(command.before, Before::Fresh, "{}", command.name);
    }
}

/// The list in the documentation is this table.
#[test]
fn the_documentation_lists_the_commands() {
    use std::fmt::Write;
    let page = include_str!("../../../../docs/server-command-line.md");
    let mut list = String::new();
    for section in SECTIONS {
        let head = "| Command | Takes | | What it does |\n|---|---|---|---|";
        let _ = writeln!(list, "### {}\n\n{head}", section.title);
        for command in section.commands {
            let names = [command.name].into_iter().chain(command.also.iter().copied());
            let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
            let _ = writeln!(
                list,
                "| {} | {} | {} | {} |",
                names.join(", "),
                crate::cli::help::takes(command),
                command.effect.word(),
                command.help
            );
        }
        list.push('\n');
    }
    assert!(
        page.contains(list.trim_end()),
        "docs/server-command-line.md must list the commands like this:\n{list}"
    );
}
