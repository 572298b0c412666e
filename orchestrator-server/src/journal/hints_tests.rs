use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::journal::{arbitrary, command::Command};

fn key(host: &str) -> InstanceKey {
    InstanceKey::new(host, 3306).unwrap()
}

fn at(seconds: i64) -> Moment {
    Moment::from_unix_seconds(seconds)
}

fn lock(host: &str, begins: i64, ends: i64) -> Command {
    let maintenance = Maintenance {
        id: 0,
        owner: "dba".into(),
        reason: "work".into(),
        begins: at(begins),
        ends: at(ends),
        node: None,
    };
    Command::BeginMaintenance { key: key(host), maintenance }
}

fn put(host: &str, name: &str, value: &str) -> Command {
    Command::PutTag { key: key(host), name: name.into(), value: value.into() }
}

fn untag(host: Option<&str>, name: &str, value: Option<&str>) -> Command {
    Command::Untag { key: host.map(key), name: name.into(), value: value.map(str::to_owned) }
}

fn submit(pool: &str, hosts: &[&str], seconds: i64) -> Command {
    let members = hosts.iter().map(|host| key(host)).collect();
    Command::SubmitPool { pool: pool.into(), members, at: at(seconds) }
}

fn facts(commands: &[Command]) -> Facts {
    let mut facts = Facts::default();
    for command in commands {
        facts.apply(command);
    }
    facts
}

#[test]
fn a_lock_excludes_others_until_it_ends() {
    let mut facts = Facts::default();
    let tries = [
        (lock("a", 10, 20), 1, "the first"),
        (lock("a", 11, 30), 0, "taken"),
        (lock("b", 11, 30), 2, "another server"),
        (Command::EndMaintenance { key: key("a") }, 1, "given back"),
        (Command::EndMaintenance { key: key("a") }, 0, "there is none"),
        (lock("a", 12, 20), 3, "free again"),
        (Command::EndMaintenanceById { id: 1 }, 0, "an old token ends nobody else's lock"),
        (lock("a", 20, 30), 4, "an expired lock gives way"),
        (Command::EndMaintenanceById { id: 4 }, 1, "by its token"),
    ];
    for (command, number, why) in tries {
        assert_eq!(facts.apply(&command).number, number, "{why}");
    }
    assert_eq!(facts.maintenance(&key("a"), at(21)), None);
    let held = facts.maintenance(&key("b"), at(29)).unwrap();
    assert_eq!((held.id, held.owner.as_str(), held.reason.as_str()), (2, "dba", "work"));
    assert_eq!(facts.maintenance(&key("b"), at(30)), None, "expired");
}

#[test]
fn a_tag_has_one_value_and_comes_and_goes_alone() {
    let mut facts = facts(&[put("a", "role", "db"), put("a", "tier", ""), put("a", "role", "web")]);
    let tags: Vec<_> = facts.tags_of(&key("a")).unwrap().iter().collect();
    assert_eq!(tags, [(&"role".to_owned(), &"web".to_owned()), (&"tier".into(), &"".into())]);
    assert_eq!(facts.apply(&untag(Some("a"), "role", None)).number, 1);
    assert_eq!(facts.apply(&untag(Some("a"), "tier", Some(""))).number, 1);
    assert!(facts.tags.is_empty(), "no server is kept without tags");
}

#[rstest]
#[case::everywhere(None, "role", None, &["a", "b"])]
#[case::by_value(None, "role", Some("db"), &["a"])]
#[case::here(Some("b"), "role", None, &["b"])]
#[case::another_value(Some("b"), "role", Some("db"), &[])]
#[case::empty_value(None, "empty", Some(""), &["c"])]
#[case::unknown_tag(None, "none", None, &[])]
#[case::unknown_server(Some("z"), "role", None, &[])]
fn a_tag_is_taken_from_those_that_have_it(
    #[case] host: Option<&str>,
    #[case] name: &str,
    #[case] value: Option<&str>,
    #[case] expected: &[&str],
) {
    let mut facts =
        facts(&[put("a", "role", "db"), put("b", "role", "web"), put("c", "empty", "")]);
    let before = facts.tags.size();
    let found = facts.tagged_with(host.map(key).as_ref(), name, value);
    assert_eq!(found, expected.iter().map(|host| key(host)).collect::<Vec<_>>());
    assert_eq!(facts.apply(&untag(host, name, value)).number, expected.len() as u64);
    assert_eq!(facts.tags.size(), before - expected.len());
}

#[test]
fn a_submission_replaces_the_pool() {
    let mut facts = facts(&[submit("p", &["a", "b", "a"], 1), submit("q", &["a"], 2)]);
    facts.apply(&submit("p", &["c"], 3));
    let pools: Vec<_> = facts.pools_since(at(3)).collect();
    assert_eq!(pools.len(), 1, "the other one is older");
    assert_eq!(pools[0].1.members.iter().collect::<Vec<_>>(), [&key("c")]);
    assert_eq!(facts.apply(&submit("p", &[], 4)).number, 1, "no servers empty it");
    assert_eq!(facts.apply(&submit("p", &[], 4)).number, 0);
    assert_eq!(facts.pools.size(), 1);
}

#[test]
fn attributes_belong_to_hosts() {
    let set = |host: &str, name: &str, value: &str| Command::SetHostAttribute {
        host: host.into(),
        name: name.into(),
        value: value.into(),
        at: at(7),
    };
    let facts =
        facts(&[set("a", "x", "1"), set("a", "y", "2"), set("a", "x", "3"), set("*", "x", "4")]);
    let value =
        |host: &str, name: &str| facts.host_attributes.get(host).unwrap()[name].value.clone();
    assert_eq!(
        (value("a", "x"), value("a", "y"), value("*", "x")),
        ("3".into(), "2".into(), "4".into())
    );
}

#[test]
fn expired_hints_are_purged_and_nothing_else() {
    let name = |host: &str, seconds| Command::RegisterVirtualName {
        hostname: host.into(),
        name: "vip".into(),
        at: at(seconds),
    };
    let mut facts = facts(&[
        lock("a", 1, 100),
        lock("b", 1, 101),
        submit("p", &["a"], 49),
        submit("q", &["a"], 50),
        name("a", 59),
        name("b", 60),
        name("c", 60),
        Command::DeregisterVirtualName { hostname: "c".into() },
        put("a", "role", "db"),
    ]);
    let purge =
        Command::PurgeHints { at: at(100), pools_before: at(50), virtual_names_before: at(60) };
    assert_eq!(facts.apply(&purge).number, 3);
    assert_eq!(facts.maintenances.keys().collect::<Vec<_>>(), [&key("b")]);
    assert_eq!(facts.pools.keys().collect::<Vec<_>>(), ["q"]);
    assert_eq!(facts.virtual_names.keys().collect::<Vec<_>>(), ["b"]);
    assert_eq!(facts.tags.size(), 1, "tags stay");
    assert_eq!(facts.apply(&purge).number, 0);
}

#[test]
fn facts_that_know_no_locks_are_read() {
    let older = r#"{"applied":3,"counters":{"detection":1,"recovery":2,"line":3}}"#;
    let facts: Facts = serde_json::from_str(older).unwrap();
    assert_eq!(facts.counters.maintenance, 0);
}

proptest! {
    #[test]
    fn locks_have_numbers_of_their_own(commands in arbitrary::commands(60)) {
        let facts = facts(&commands);
        let mut ids: Vec<u64> = facts.maintenances.values().map(|m| m.id).collect();
        ids.sort_unstable();
        ids.dedup();
        prop_assert_eq!(ids.len(), facts.maintenances.size());
        prop_assert!(ids.iter().all(|id| (1..=facts.counters.maintenance).contains(id)));
    }

    #[test]
    fn nothing_empty_is_kept(commands in arbitrary::commands(60)) {
        let facts = facts(&commands);
        prop_assert!(facts.tags.values().all(|tags| !tags.is_empty()));
        prop_assert!(facts.pools.values().all(|pool| !pool.members.is_empty()));
        prop_assert!(facts.host_attributes.values().all(|attributes| !attributes.is_empty()));
    }
}
