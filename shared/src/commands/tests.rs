use super::*;
use crate::flags::FLAGS;
use rstest::rstest;
use std::collections::HashSet;

/// The names that the client has always had; scripts hold them.
const NAMES: &str = include_str!("names.txt");

#[test]
fn every_name_that_scripts_know_is_there() {
    let names: Vec<_> = NAMES.lines().collect();
    assert_eq!(names.len(), 106);
    for name in names {
        assert!(find(name).is_some(), "{name}");
    }
}

#[test]
fn names_are_unique() {
    let mut seen = HashSet::new();
    for command in all() {
        for name in [command.name].iter().chain(command.also) {
            assert!(seen.insert((*name).to_owned()), "{name}");
        }
        assert!(command.legacy_name().is_none_or(|name| seen.insert(name)), "{}", command.name);
    }
}

#[test]
fn paths_use_what_the_command_needs() {
    for Command { name, needs, path, action, help, .. } in all() {
        assert!(!help.is_empty() && !help.ends_with('.'), "{name}");
        assert_eq!(path.is_empty(), *action != Action::Call, "{name}");
        let used: Vec<_> = template::slots(path).collect();
        for slot in &used {
            let needed = slot.field.is_some_and(|field| needs.contains(&field));
            assert!(needed || (slot.optional && slot.field.is_some()), "{name}: {slot:?}");
        }
        for field in *needs {
            let found = used.iter().any(|slot| slot.field == Some(*field));
            assert!(found, "{name} asks for {field:?} and does not use it");
        }
    }
}

#[test]
fn every_field_has_a_flag_of_its_own() {
    for field in Field::ALL {
        for id in field.flags() {
            let flag = FLAGS.iter().find(|flag| flag.id == *id).unwrap();
            let short = format!("-{}", flag.short.unwrap());
            assert!(field.hint().split('|').any(|hint| hint == short), "{field:?}");
        }
    }
}

#[rstest]
#[case("which-slaves", "which-replicas")]
#[case("which-instance", "instance")]
#[case("detach-slave-master-host", "detach-replica-master-host")]
#[case("restart-slave-statements", "restart-replica-statements")]
#[case("enslave-siblings", "take-siblings")]
#[case("enslave-master", "take-master")]
fn other_names(#[case] given: &str, #[case] name: &str) {
    assert_eq!(find(given).map(|command| command.name), Some(name));
}

#[test]
fn unknown_names_are_not_found() {
    for name in ["", "nosuch", "Clusters", "slave"] {
        assert!(find(name).is_none(), "{name}");
    }
}

#[test]
fn changes_are_not_repeated_blindly() {
    let unsafe_to_repeat = [
        "recover",
        "graceful-master-takeover",
        "graceful-master-takeover-auto",
        "force-master-failover",
        "force-master-takeover",
        "skip-query",
        "flush-binary-logs",
        "gtid-errant-reset-master",
        "gtid-errant-inject-empty",
        "reset-replica",
        "begin-maintenance",
        "forget",
        "raft-elect-leader",
        "relocate",
        "relocate-replicas",
        "api",
    ];
    for name in unsafe_to_repeat {
        assert!(!find(name).unwrap().idempotent, "{name}");
    }
}

#[rstest]
#[case("which-master", 15)]
#[case("begin-downtime", 15)]
#[case("discover", 15)]
#[case("relocate", 600)]
#[case("stop-replica", 600)]
#[case("recover", 1800)]
#[case("graceful-master-takeover", 1800)]
#[case("force-master-failover", 1800)]
fn limits(#[case] name: &str, #[case] seconds: u64) {
    assert_eq!(find(name).unwrap().limit.duration().as_secs(), seconds);
}

#[rstest]
#[case("clusters", "clusters")]
#[case("relocate", "relocate db2.example.com:3306 db1.example.com:3306")]
#[case("recover", "recover db2.example.com:3306 db1.example.com:3306")]
#[case("tag", "tag db2.example.com:3306 role=reporting")]
#[case("begin-downtime", "begin-downtime db2.example.com:3306 'disk change'")]
#[case("submit-pool-instances", "submit-pool-instances db2.example.com web")]
#[case("completions", "completions bash")]
fn examples(#[case] name: &str, #[case] example: &str) {
    assert_eq!(find(name).unwrap().example(), example);
}

#[rstest]
#[case("status", Limit::Short, true)]
#[case("clusters", Limit::Short, true)]
#[case("instance/db1/3306", Limit::Short, true)]
#[case("ack-recovery/uid/x?comment=y", Limit::Short, true)]
#[case("set-read-only/db1/3306", Limit::Operation, true)]
#[case("relocate/db1/3306/db2/3306", Limit::Operation, false)]
#[case("forget/db1/3306", Limit::Short, false)]
#[case("recover/db1/3306", Limit::Takeover, false)]
#[case("regroup-replicas/db1/3306", Limit::Operation, false)]
#[case("recover%2Fdb1", Limit::Operation, false)]
#[case("", Limit::Operation, false)]
fn raw_paths(#[case] path: &str, #[case] limit: Limit, #[case] idempotent: bool) {
    let raw = find("api").unwrap().at(path);
    assert_eq!((raw.limit, raw.idempotent, raw.output), (limit, idempotent, Output::Body));
    let other = find("clusters").unwrap().at(path);
    assert_eq!((other.limit, other.idempotent), (Limit::Short, true));
}
