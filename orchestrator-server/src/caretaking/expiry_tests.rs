use std::sync::Arc;

use shared::InstanceKey;

use super::*;
use crate::{
    inventory::sketch::{NOW, key},
    journal::hints::Maintenance,
};

fn node(token: &str) -> Node {
    Node { hostname: "here".to_owned(), token: token.to_owned() }
}

fn hours(count: u64) -> Duration {
    Duration::from_secs(3600 * count)
}

fn downtime(host: &str, reason: &str, ends: Moment) -> Command {
    Command::BeginDowntime {
        key: key(host),
        owner: "dba".to_owned(),
        reason: reason.to_owned(),
        begins: NOW - hours(9000),
        ends,
    }
}

fn lock(host: &str, ends: Moment, node: Option<Node>) -> Command {
    let maintenance = Maintenance {
        id: 0,
        owner: "dba".to_owned(),
        reason: "disk".to_owned(),
        begins: NOW - hours(1),
        ends,
        node,
    };
    Command::BeginMaintenance { key: key(host), maintenance }
}

fn fleet(commands: &[Command]) -> FleetView {
    let mut fleet = FleetView::default();
    let facts = Arc::make_mut(&mut fleet.facts);
    for command in commands {
        facts.apply(command);
    }
    fleet
}

fn found(commands: &[Command]) -> Vec<Command> {
    due(&fleet(commands), &Config::default(), &node("t1"), NOW)
}

fn audited(kind: &str, key: &InstanceKey, message: &str) -> Command {
    audit(&FleetView::default(), NOW, kind, key, message.to_owned())
}

#[test]
fn a_lost_server_stays_lost_whatever_the_clock_says() {
    let renewed = downtime("a", LOST_IN_RECOVERY, NOW + LOST_FOR);
    let cases = [
        ("nearly over", NOW + hours(1), vec![renewed.clone()]),
        ("an hour old", NOW + LOST_FOR - RENEW_AFTER, vec![renewed]),
        ("fresh", NOW + LOST_FOR - RENEW_AFTER + Duration::from_secs(1), vec![]),
    ];
    for (why, ends, expected) in cases {
        assert_eq!(found(&[downtime("a", LOST_IN_RECOVERY, ends)]), expected, "{why}");
    }
    assert_eq!(found(&[downtime("a", "planned", NOW + hours(1))]), [], "other reasons run out");
}

#[test]
fn what_runs_out_is_audited() {
    let expected = audited("expire-downtime", &key("a"), "owner: dba, reason: planned");
    assert_eq!(found(&[downtime("a", "planned", NOW)]), [expected]);
    let lost = audited("expire-downtime", &key("a"), "owner: dba, reason: lost-in-recovery");
    assert_eq!(found(&[downtime("a", LOST_IN_RECOVERY, NOW)]), [lost], "too late to renew");
}

#[test]
fn locks_end_with_their_time_or_their_process() {
    let ended = |how: &str| {
        let message = format!("{how}: owner: dba, reason: disk");
        let entry = audited("expire-maintenance", &key("a"), &message);
        [Command::EndMaintenanceById { id: 1 }, entry]
    };
    let elsewhere = Node { hostname: "elsewhere".to_owned(), token: "t9".to_owned() };
    assert_eq!(found(&[lock("a", NOW + hours(1), None)]), [], "a person's lock");
    assert_eq!(found(&[lock("a", NOW + hours(1), Some(node("t1")))]), [], "our own");
    assert_eq!(found(&[lock("a", NOW + hours(1), Some(elsewhere))]), [], "another machine's");
    assert_eq!(found(&[lock("a", NOW + hours(1), Some(node("t0")))]), ended("Expired dead"));
    assert_eq!(found(&[lock("a", NOW, None)])[..2], ended("Expired bounded"));
}

#[test]
fn pools_and_virtual_names_expire_by_age() {
    let config = Config::default();
    let pool =
        |age| Command::SubmitPool { pool: "p".to_owned(), members: vec![key("a")], at: NOW - age };
    let name = |age| Command::RegisterVirtualName {
        hostname: "a".to_owned(),
        name: "vip".to_owned(),
        at: NOW - age,
    };
    let names_expire = config.hostname_resolve_expiry().unwrap();
    let purge = Command::PurgeHints {
        at: NOW,
        pools_before: NOW - config.instance_pool_expiry(),
        virtual_names_before: NOW - names_expire,
    };
    let second = Duration::from_secs(1);
    assert_eq!(found(&[pool(config.instance_pool_expiry())]), []);
    assert_eq!(
        found(&[pool(config.instance_pool_expiry() + second)]),
        std::slice::from_ref(&purge)
    );
    assert_eq!(found(&[name(names_expire)]), []);
    assert_eq!(found(&[name(names_expire + second)]), [purge]);
}

#[test]
fn afterwards_nothing_is_due() {
    let mut fleet = fleet(&[
        downtime("a", LOST_IN_RECOVERY, NOW + hours(1)),
        lock("b", NOW, None),
        lock("c", NOW + hours(1), Some(node("t0"))),
        Command::SubmitPool { pool: "p".to_owned(), members: vec![key("a")], at: NOW - hours(999) },
    ]);
    let commands = due(&fleet, &Config::default(), &node("t1"), NOW);
    let facts = Arc::make_mut(&mut fleet.facts);
    for command in &commands {
        facts.apply(command);
    }
    assert_eq!(due(&fleet, &Config::default(), &node("t1"), NOW), []);
}
