use std::collections::BTreeMap;

use std::time::Duration;

use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::{
    journal::{arbitrary, command::AuditEntry},
    mysql::driver::{Action, ActionError},
};

fn key(host: &str) -> InstanceKey {
    InstanceKey::new(host, 3306).unwrap()
}

fn at(seconds: i64) -> Moment {
    Moment::from_unix_seconds(seconds)
}

fn detection(host: &str, cluster: &str, alias: &str, began: i64) -> Command {
    Command::RegisterDetection(Box::new(Detection {
        id: 0,
        key: key(host),
        code: Code::DeadMaster,
        cluster: cluster.to_owned(),
        alias: alias.to_owned(),
        replicas: vec![],
        actionable: true,
        at: at(began),
        active: true,
        node: Node::default(),
    }))
}

fn recovery(uid: &str, host: &str, cluster: &str, alias: &str, began: i64) -> Command {
    Command::RegisterRecovery(Box::new(Recovery {
        id: 0,
        uid: uid.to_owned(),
        key: key(host),
        code: Code::DeadMaster,
        cluster: cluster.to_owned(),
        alias: alias.to_owned(),
        domain: String::new(),
        replicas: vec![],
        wanted: None,
        forced: false,
        skip_hooks: false,
        detection_id: 0,
        node: Node::default(),
        failing_since: None,
        started: at(began),
        active: true,
        intended: vec![],
        done: vec![],
        lines: vec![],
        end: None,
        acknowledged: None,
        resumed: None,
        fenced: BTreeMap::new(),
    }))
}

fn resolve(uid: &str, ended: i64, successful: bool) -> Command {
    let end = RecoveryEnd { at: at(ended), successful, ..RecoveryEnd::default() };
    Command::ResolveRecovery { uid: uid.to_owned(), end: Box::new(end) }
}

fn acknowledge(selector: AckSelector) -> Command {
    Command::Acknowledge { selector, by: "dba".into(), comment: "seen".into(), at: at(90) }
}

fn blocked(host: &str, blocking_id: u64) -> Command {
    Command::RegisterBlocked {
        key: key(host),
        cluster: "c1".into(),
        code: Code::DeadMaster,
        blocking_id,
        at: at(50),
    }
}

fn facts(commands: &[Command]) -> Facts {
    let mut facts = Facts::default();
    for command in commands {
        facts.apply(command);
    }
    facts
}

fn seal(host: &str) -> Step {
    Step::Server(Action::Seal { replica: key(host) })
}

fn failed(host: &str) -> StepResult {
    StepResult {
        step: seal(host),
        started: at(0),
        finished: at(1),
        outcome: Err(ActionError::Refused("no".into())),
    }
}

#[test]
fn downtime_lasts_until_it_ends() {
    let begin = |ends| Command::BeginDowntime {
        key: key("a"),
        owner: "dba".into(),
        reason: "planned work".into(),
        begins: at(10),
        ends: at(ends),
    };
    let mut facts = facts(&[begin(20)]);
    assert_eq!(facts.downtime(&key("a"), at(19)).unwrap().reason, "planned work");
    assert_eq!(facts.downtime(&key("a"), at(20)), None);
    assert_eq!(facts.downtime(&key("b"), at(19)), None);

    assert_eq!(facts.apply(&begin(30)).number, 1);
    assert!(facts.downtime(&key("a"), at(20)).is_some(), "the newer downtime counts");

    assert_eq!(facts.apply(&Command::EndDowntime { key: key("a") }).number, 1);
    assert_eq!(facts.apply(&Command::EndDowntime { key: key("a") }).number, 0);
    assert_eq!(facts.downtime(&key("a"), at(20)), None);
}

#[test]
fn the_last_announced_promotion_rule_counts() {
    let announce =
        |rule, seconds| Command::RegisterCandidate { key: key("a"), rule, at: at(seconds) };
    let facts = facts(&[announce(PromotionRule::Prefer, 10), announce(PromotionRule::MustNot, 20)]);
    let expected = Candidate { rule: PromotionRule::MustNot, at: at(20) };
    assert_eq!(facts.candidates.get(&key("a")), Some(&expected));
}

#[test]
fn a_forgotten_server_is_remembered_on_request() {
    let mut facts = facts(&[Command::Forget { key: key("a"), until: at(60) }]);
    assert_eq!(facts.forgotten.get(&key("a")), Some(&at(60)));
    assert_eq!(facts.apply(&Command::Remember { key: key("a") }).number, 1);
    assert_eq!(facts.apply(&Command::Remember { key: key("a") }).number, 0);
    assert!(facts.forgotten.is_empty());
}

#[test]
fn an_alias_names_one_cluster() {
    let set = |cluster: &str, alias: &str| Command::SetClusterAlias {
        cluster: cluster.into(),
        alias: alias.into(),
    };
    let mut facts = facts(&[set("a:3306", "main"), set("b:3306", "main"), set("c:3306", "other")]);
    assert_eq!(facts.aliases.get("a:3306"), None);
    assert_eq!(facts.aliases.get("b:3306").unwrap(), "main");
    assert_eq!(facts.aliases.get("c:3306").unwrap(), "other");
    facts.apply(&set("b:3306", ""));
    facts.apply(&set("d:3306", ""));
    assert_eq!(facts.aliases.size(), 1, "an empty alias is none, and is taken from nobody");
}

#[test]
fn what_a_person_called_a_cluster_moves_with_it() {
    let called = |cluster: &str, alias: &str| Command::OverrideClusterAlias {
        cluster: cluster.into(),
        alias: alias.into(),
    };
    let failed_over = |cluster: &str, alias: &str| Command::SetClusterAlias {
        cluster: cluster.into(),
        alias: alias.into(),
    };
    let mut facts = facts(&[called("a:3306", "shop"), called("c:3306", "old")]);
    facts.apply(&failed_over("b:3306", "shop"));
    assert_eq!(facts.alias_overrides.get("a:3306"), None);
    assert_eq!(facts.alias_overrides.get("b:3306").unwrap(), "shop");
    facts.apply(&failed_over("d:3306", "other"));
    assert_eq!(facts.alias_overrides.size(), 2, "an alias of another origin overrides nothing");
    facts.apply(&called("b:3306", ""));
    assert_eq!(facts.alias_overrides.keys().collect::<Vec<_>>(), ["c:3306"]);
    assert_eq!(facts.aliases.get("b:3306").unwrap(), "shop", "what else is known counts again");
}

#[test]
fn detections_and_recoveries_are_numbered_apart() {
    let mut facts = Facts::default();
    assert_eq!(facts.apply(&detection("a", "c1", "", 1)).number, 1);
    assert_eq!(facts.apply(&detection("b", "c2", "", 2)).number, 2);
    assert_eq!(facts.apply(&recovery("u1", "a", "c1", "", 3)).number, 1);
    assert_eq!(facts.recovery("u1").unwrap().id, 1);
    assert_eq!(facts.recovery("u2"), None);
    assert_eq!(facts.applied, 3);
}

#[rstest]
#[case::same_server("a", "c2", 0)]
#[case::same_cluster("b", "c1", 0)]
#[case::elsewhere("b", "c2", 2)]
fn a_second_recovery_waits_for_the_end_of_the_first(
    #[case] host: &str,
    #[case] cluster: &str,
    #[case] number: u64,
) {
    let first = recovery("u1", "a", "c1", "", 1);
    let second = recovery("u2", host, cluster, "", 2);
    assert_eq!(facts(std::slice::from_ref(&first)).apply(&second).number, number);
    let ended = [first.clone(), resolve("u1", 2, true)];
    assert_eq!(facts(&ended).apply(&second).number, 2, "it has ended");
    let acknowledged = [first, acknowledge(AckSelector::Uid("u1".into()))];
    assert_eq!(facts(&acknowledged).apply(&second).number, number, "it still runs");
}

#[test]
fn a_recovery_that_is_registered_twice_is_one() {
    let register = recovery("u1", "a", "c1", "", 1);
    let mut facts = facts(&[register.clone(), resolve("u1", 2, true)]);
    let before = facts.recoveries.clone();
    assert_eq!(facts.apply(&register).number, 1);
    assert_eq!(facts.recoveries, before);
}

#[test]
fn who_goes_on_with_a_recovery_knows_what_may_have_happened() {
    let intend = |hosts: &[&str]| Command::IntendSteps {
        uid: "u1".into(),
        steps: hosts.iter().map(|host| seal(host)).collect(),
        at: at(2),
    };
    let note = |host: &str| Command::NoteResults {
        uid: "u1".into(),
        results: vec![failed(host)],
        at: at(3),
    };
    let mut facts = facts(&[recovery("u1", "m", "c1", "", 1), intend(&["a", "b"]), note("b")]);
    let state = |facts: &Facts| {
        let recovery = facts.recovery("u1").unwrap();
        (recovery.intended.clone(), recovery.done.clone())
    };
    assert_eq!(state(&facts), (vec![seal("a")], vec![failed("b")]));

    facts.apply(&intend(&["b"]));
    assert_eq!(state(&facts), (vec![seal("b")], vec![failed("b")]), "a new batch replaces the old");
    facts.apply(&note("b"));
    facts.apply(&note("a"));
    let all = vec![failed("b"), failed("b"), failed("a")];
    assert_eq!(state(&facts), (vec![], all), "results are kept in order, late ones too");
}

#[test]
fn a_recovery_ends_once() {
    let mut facts = facts(&[recovery("u1", "m", "c1", "", 1)]);
    facts.apply(&Command::IntendSteps { uid: "u1".into(), steps: vec![seal("a")], at: at(2) });
    assert_eq!(facts.apply(&resolve("u1", 3, true)).number, 1);
    assert_eq!(facts.apply(&resolve("u1", 9, false)).number, 0);
    facts.apply(&Command::IntendSteps { uid: "u1".into(), steps: vec![seal("a")], at: at(9) });
    let recovery = facts.recovery("u1").unwrap();
    assert_eq!(recovery.end.as_ref().unwrap().at, at(3));
    assert!(recovery.intended.is_empty());
    assert!(recovery.active, "it blocks others until its active period is over");
}

#[test]
fn progress_lines_are_numbered_across_recoveries() {
    let note = |uid: &str, texts: &[&str]| Command::NoteProgress {
        uid: uid.into(),
        lines: texts.iter().map(|text| (at(5), (*text).to_owned())).collect(),
    };
    let facts = facts(&[
        recovery("u1", "a", "c1", "", 1),
        recovery("u2", "b", "c2", "", 1),
        note("u1", &["one", "two"]),
        note("u2", &["three"]),
        note("u1", &["four"]),
    ]);
    let lines = |uid: &str| -> Vec<(u64, String)> {
        let lines = &facts.recovery(uid).unwrap().lines;
        lines.iter().map(|line| (line.id, line.message.clone())).collect()
    };
    assert_eq!(lines("u1"), [(1, "one".into()), (2, "two".into()), (4, "four".into())]);
    assert_eq!(lines("u2"), [(3, "three".into())]);
}

/// Three recoveries, the first one ended, each with a detection of its own server.
fn three_recoveries() -> Facts {
    facts(&[
        detection("a", "c1", "main", 10),
        detection("b", "c2", "other", 20),
        detection("c", "c3", "main", 30),
        recovery("u1", "a", "c1", "main", 10),
        resolve("u1", 15, true),
        recovery("u2", "b", "c2", "other", 20),
        recovery("u3", "c", "c3", "main", 30),
    ])
}

fn active(facts: &Facts) -> (Vec<u64>, Vec<u64>) {
    let recoveries = facts.recoveries.values().filter(|r| r.active).map(|r| r.id).collect();
    let detections = facts.detections.values().filter(|d| d.active).map(|d| d.id).collect();
    (recoveries, detections)
}

#[rstest]
#[case::all(AckSelector::All, 3, &[], &[1, 2, 3])]
#[case::id(AckSelector::Id(2), 1, &[1, 3], &[1, 2, 3])]
#[case::unknown_id(AckSelector::Id(7), 0, &[1, 2, 3], &[1, 2, 3])]
#[case::uid(AckSelector::Uid("u3".into()), 1, &[1, 2], &[1, 2, 3])]
#[case::cluster_by_name(AckSelector::Cluster { name: "c1".into(), alias: "".into() }, 1, &[2, 3], &[2, 3])]
#[case::cluster_by_alias(AckSelector::Cluster { name: "c9".into(), alias: "main".into() }, 2, &[2], &[2])]
#[case::no_cluster(AckSelector::Cluster { name: "c9".into(), alias: "".into() }, 0, &[1, 2, 3], &[1, 2, 3])]
#[case::server(AckSelector::Instance(key("b")), 1, &[1, 3], &[1, 3])]
fn acknowledgement_ends_the_active_period_of_what_it_selects(
    #[case] selector: AckSelector,
    #[case] number: u64,
    #[case] recoveries: &[u64],
    #[case] detections: &[u64],
) {
    let mut facts = three_recoveries();
    assert_eq!(facts.apply(&acknowledge(selector.clone())).number, number);
    assert_eq!(active(&facts), (recoveries.to_vec(), detections.to_vec()));
    for recovery in facts.recoveries.values() {
        let expected = (!recoveries.contains(&recovery.id)).then(|| Acknowledgement {
            at: at(90),
            by: "dba".into(),
            comment: "seen".into(),
        });
        assert_eq!(recovery.acknowledged, expected);
    }
    assert_eq!(facts.apply(&acknowledge(selector)).number, 0, "the first acknowledgement stays");
}

#[rstest]
#[case::nothing_is_old(50, 50, &[1, 2, 3], &[1, 2, 3])]
#[case::recoveries(29, 50, &[2, 3], &[1, 2, 3])]
#[case::exactly_as_old(30, 30, &[1, 2, 3], &[1, 2, 3])]
#[case::detections(50, 15, &[1, 2, 3], &[3])]
#[case::running_recoveries_stay(0, 0, &[2, 3], &[])]
fn active_periods_end_by_age(
    #[case] recoveries_after: u64,
    #[case] detections_after: u64,
    #[case] recoveries: &[u64],
    #[case] detections: &[u64],
) {
    let mut facts = three_recoveries();
    let before = active(&facts);
    let applied = facts.apply(&Command::ExpireActivePeriods {
        at: at(40),
        recoveries_after: Duration::from_secs(recoveries_after),
        detections_after: Duration::from_secs(detections_after),
    });
    let after = active(&facts);
    assert_eq!(after, (recoveries.to_vec(), detections.to_vec()));
    let gone = before.0.len() + before.1.len() - after.0.len() - after.1.len();
    assert_eq!(applied.number, gone as u64);
    assert!(facts.recoveries.values().all(|r| r.acknowledged.is_none()));
}

#[rstest]
#[case::blocker_is_active(blocked("x", 1), None, true)]
#[case::blocker_is_unknown(blocked("x", 9), Some(acknowledge(AckSelector::Id(7))), false)]
#[case::blocker_is_acknowledged(blocked("x", 1), Some(acknowledge(AckSelector::Id(1))), false)]
#[case::another_is_acknowledged(blocked("x", 1), Some(acknowledge(AckSelector::Id(2))), true)]
#[case::last_blocker_counts(blocked("x", 2), Some(acknowledge(AckSelector::Id(1))), true)]
#[case::active_period_is_over(
    blocked("x", 1),
    Some(Command::ExpireActivePeriods {
        at: at(99),
        recoveries_after: Duration::ZERO,
        detections_after: Duration::ZERO,
    }),
    false
)]
fn a_block_stands_as_long_as_its_cause(
    #[case] block: Command,
    #[case] then: Option<Command>,
    #[case] stands: bool,
) {
    let mut facts = three_recoveries();
    facts.apply(&blocked("x", 1));
    facts.apply(&block);
    then.iter().for_each(|command| {
        facts.apply(command);
    });
    assert_eq!(facts.blocked.contains_key(&key("x")), stands);
}

#[test]
fn purging_drops_what_is_old_and_nothing_else() {
    let mut facts = three_recoveries();
    for (host, ends) in [("a", 100), ("b", 101)] {
        facts.apply(&Command::BeginDowntime {
            key: key(host),
            owner: "dba".into(),
            reason: "work".into(),
            begins: at(1),
            ends: at(ends),
        });
        facts.apply(&Command::Forget { key: key(host), until: at(ends) });
    }
    for (host, announced) in [("a", 59), ("b", 60)] {
        let rule = PromotionRule::Prefer;
        facts.apply(&Command::RegisterCandidate { key: key(host), rule, at: at(announced) });
    }
    facts.apply(&blocked("x", 1));
    let purge = Command::Purge { at: at(100), history_before: at(25), candidates_before: at(60) };

    // Downtime, forgotten server and candidate a; detections 1 and 2; recovery 1, not the
    // running recovery 2.
    assert_eq!(facts.apply(&purge).number, 6);
    assert_eq!(facts.downtimes.keys().collect::<Vec<_>>(), [&key("b")]);
    assert_eq!(facts.forgotten.keys().collect::<Vec<_>>(), [&key("b")]);
    assert_eq!(facts.candidates.keys().collect::<Vec<_>>(), [&key("b")]);
    assert_eq!(facts.detections.keys().collect::<Vec<_>>(), [&3]);
    assert_eq!(facts.recoveries.keys().collect::<Vec<_>>(), [&2, &3]);
    assert!(facts.blocked.is_empty(), "its cause was purged");
    assert_eq!(facts.apply(&purge).number, 0);
    assert_eq!(facts.apply(&detection("d", "c4", "", 40)).number, 4, "numbers are not reused");
}

#[test]
fn commands_about_something_unknown_change_nothing_but_the_count() {
    let commands = [
        Command::IntendSteps { uid: "u9".into(), steps: vec![seal("a")], at: at(1) },
        Command::NoteResults { uid: "u9".into(), results: vec![failed("a")], at: at(1) },
        resolve("u9", 1, true),
        Command::EndDowntime { key: key("a") },
        Command::Remember { key: key("a") },
        acknowledge(AckSelector::All),
    ];
    for command in commands {
        let mut facts = Facts::default();
        assert_eq!(facts.apply(&command).number, 0, "{command:?}");
        assert_eq!(facts, Facts { applied: 1, ..Facts::default() });
    }
}

#[test]
fn the_audit_is_not_part_of_the_facts() {
    let entry = AuditEntry {
        at: at(1),
        kind: "begin-downtime".into(),
        key: Some(key("a")),
        cluster: String::new(),
        message: "work".into(),
    };
    let facts = facts(&[Command::Audit(entry), Command::SetRecoveriesDisabled(true)]);
    let expected = Facts { applied: 2, recoveries_disabled: true, ..Facts::default() };
    assert_eq!(facts, expected);
}

#[rstest]
#[case::unknown_command(r#"{"Levitate":{"key":"a:3306"}}"#)]
#[case::unknown_field(r#"{"EndDowntime":{"key":"a:3306","softly":true}}"#)]
#[case::bad_key(r#"{"EndDowntime":{"key":"a"}}"#)]
fn commands_of_a_newer_version_are_refused(#[case] text: &str) {
    assert!(serde_json::from_str::<Command>(text).is_err());
}

#[test]
fn facts_of_a_newer_version_are_refused_and_those_of_an_older_one_are_read() {
    assert!(serde_json::from_str::<Facts>(r#"{"applied":1,"spells":{}}"#).is_err());
    let older: Facts = serde_json::from_str(r#"{"applied":1}"#).unwrap();
    assert_eq!(older, Facts { applied: 1, ..Facts::default() });
}

proptest! {
    #[test]
    fn commands_come_back_from_json(command in arbitrary::command()) {
        let text = serde_json::to_string(&command).unwrap();
        prop_assert_eq!(serde_json::from_str::<Command>(&text).unwrap(), command);
    }

    #[test]
    fn facts_come_back_from_json(commands in arbitrary::commands(40)) {
        let facts = facts(&commands);
        let text = serde_json::to_string(&facts).unwrap();
        prop_assert_eq!(serde_json::from_str::<Facts>(&text).unwrap(), facts);
    }

    #[test]
    fn two_recoveries_never_run_in_one_cluster(commands in arbitrary::commands(60)) {
        let facts = facts(&commands);
        let running = || facts.recoveries.values().filter(|r| r.active && r.end.is_none());
        for one in running() {
            let others = running().filter(|r| r.id != one.id);
            for other in others {
                prop_assert!(one.cluster != other.cluster && one.key != other.key);
            }
        }
    }
}
