//! Every code, and every consequence of the order of the rules, on sketched clusters.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use rstest::rstest;

use super::{Code, Finding, StructureWarning, analyze, examine, rules::RULES, sort};
use crate::{
    config::{ClusterFilters, List, RegexFilters},
    inventory::{
        sketch::{NOW, change, configure, key, mariadb, mysql},
        view::ClusterView,
    },
    journal::hints::Maintenance,
};

/// `expected` is the name of one server and its code.
fn check(sketch: &str, expected: &str) {
    for view in [mysql(sketch), mariadb(sketch)] {
        let name = expected.split_whitespace().next().unwrap();
        let finding = examine(&view, &key(name)).unwrap();
        let found = format!("{name} {}", finding.code.name());
        assert_eq!(found, expected, "in {sketch}: {:#?}", finding.signs);
    }
}

const CASES: &[(&str, &str)] = &[
    // The source cannot be reached.
    ("m!", "m DeadMasterWithoutReplicas"),
    ("m! -> r1~ r2~", "m DeadMaster"),
    ("m! -> r1~", "m DeadMaster"),
    ("m! -> r1%", "m DeadMaster"),
    ("m! -> r1~^ r2%", "m DeadMaster"),
    ("m![unseen] -> r1~", "m DeadMaster"),
    ("m! -> r1! r2!", "m DeadMasterAndReplicas"),
    ("m! -> r1!", "m DeadMasterAndReplicas"),
    ("m! -> r1~ r2!", "m DeadMasterAndSomeReplicas"),
    ("m! -> r1[lag=60] r2[lag=11]", "m UnreachableMasterWithLaggingReplicas"),
    ("m! -> r1[lag=60]^", "m UnreachableMasterWithLaggingReplicas"),
    ("m! -> r1[lag=60] r2[lag=10]", "m UnreachableMaster"),
    ("m! -> r1[lag=60] r2[lag=null]", "m UnreachableMaster"),
    ("m! -> r1[lag=3600 delay=3600]", "m UnreachableMaster"),
    ("m! -> r1[lag=3600 delay=3600] r2[lag=60]", "m UnreachableMasterWithLaggingReplicas"),
    ("m! -> r1 r2", "m UnreachableMaster"),
    ("m! -> r1 r2~", "m UnreachableMaster"),
    ("m! -> r1 r2!", "m UnreachableMaster"),
    // A stopped applier never makes a source look dead.
    ("m! -> r1^ r2^", "m UnreachableMaster"),
    ("m! -> r1^ r2~", "m UnreachableMaster"),
    ("m! -> r1^ r2!", "m UnreachableMaster"),
    // Half an answer, and replicas that see nothing wrong, are noise.
    ("m? -> r1 r2", "m NoProblem"),
    ("m? -> r1 r2%", "m NoProblem"),
    ("m? -> r1 r2~", "m UnreachableMaster"),
    ("m? -> r1~ r2~", "m DeadMaster"),
    // The source can be reached.
    ("m -> r1 r2", "m NoProblem"),
    ("m -> r1^", "m MasterSingleReplicaNotReplicating"),
    ("m -> r1~", "m MasterSingleReplicaNotReplicating"),
    ("m -> r1!", "m MasterSingleReplicaDead"),
    ("m -> r1^ r2%", "m AllMasterReplicasNotReplicating"),
    ("m -> r1^ r2!", "m AllMasterReplicasNotReplicatingOrDead"),
    ("m -> r1! r2!", "m NoProblem"),
    // Co-sources.
    ("a! <-> b~", "a DeadCoMaster"),
    ("a! <-> b~; a -> r~", "a DeadCoMaster"),
    ("a! <-> b~; a -> r!", "a DeadCoMasterAndSomeReplicas"),
    ("a! <-> b", "a UnreachableCoMaster"),
    ("a! <-> b^", "a UnreachableCoMaster"),
    ("a! <-> b[lag=60]", "a UnreachableCoMaster"),
    ("a <-> b^; a -> r^", "a AllCoMasterReplicasNotReplicating"),
    ("a! <-> b~", "b AllCoMasterReplicasNotReplicating"),
    ("a! <-> b!", "a DeadIntermediateMasterAndReplicas"),
    ("a? <-> b", "a NoProblem"),
    ("a? <-> b; a -> r~", "a NoProblem"),
    ("a <-> b", "a NoProblem"),
    // Intermediate sources.
    ("m -> i! -> x~", "i DeadIntermediateMasterWithSingleReplicaFailingToConnect"),
    ("m -> i! -> x~^", "i DeadIntermediateMasterWithSingleReplica"),
    ("m -> i! -> x%", "i DeadIntermediateMasterWithSingleReplica"),
    ("m -> i! -> x~ y~", "i DeadIntermediateMaster"),
    ("m -> i! -> x~ y%", "i DeadIntermediateMaster"),
    ("m -> i! -> x~ y!", "i DeadIntermediateMasterAndSomeReplicas"),
    ("m -> i! -> x!", "i DeadIntermediateMasterAndReplicas"),
    ("m -> i! -> x! y!", "i DeadIntermediateMasterAndReplicas"),
    ("m -> i! -> x[lag=60] y[lag=60]", "i UnreachableIntermediateMasterWithLaggingReplicas"),
    ("m -> i! -> x y~", "i UnreachableIntermediateMaster"),
    ("m -> i! -> x^ y^", "i UnreachableIntermediateMaster"),
    ("m -> i? -> x", "i NoProblem"),
    ("m -> i -> x~ y~", "i AllIntermediateMasterReplicasFailingToConnectOrDead"),
    ("m -> i -> x~ y!", "i AllIntermediateMasterReplicasFailingToConnectOrDead"),
    ("m -> i -> x~ y%", "i AllIntermediateMasterReplicasNotReplicating"),
    ("m -> i -> x^ y!", "i AllIntermediateMasterReplicasNotReplicating"),
    ("m -> i -> x~", "i AllIntermediateMasterReplicasNotReplicating"),
    ("m -> i -> x! y!", "i NoProblem"),
    ("m -> i -> x y~", "i NoProblem"),
    // Replicas.
    ("m -> r1~ r2", "r1 FirstTierReplicaFailingToConnectToMaster"),
    ("m! -> r1~ r2", "r1 FirstTierReplicaFailingToConnectToMaster"),
    ("m -> i -> x~ y", "x NoProblem"),
    ("m -> r1! r2", "r1 NoProblem"),
    ("m -> r1^ r2", "r1 NoProblem"),
    // Members of replication groups have rules of their own.
    ("m![group=PRIMARY] -> r1~ r2~", "m NoProblem"),
];

#[test]
fn every_code_and_every_consequence_of_the_order() {
    for (sketch, expected) in CASES {
        check(sketch, expected);
    }
}

#[test]
fn every_code_has_a_rule_and_a_case() {
    for code in Code::ALL {
        let shown = CASES.iter().any(|(_, found)| found.ends_with(&format!(" {}", code.name())));
        assert!(shown, "no case shows {}", code.name());
        let has_rule = RULES.iter().any(|(ruled, _)| ruled == code);
        assert_eq!(has_rule, *code != Code::NoProblem, "{}", code.name());
    }
}

#[test]
fn half_an_answer_counts_only_until_connections_fail() {
    let mut view = mysql("m! -> r1 r2");
    change(&mut view, "m", |m| m.check.failure.as_mut().unwrap().partial = true);
    assert_eq!(examine(&view, &key("m")).unwrap().code, Code::UnreachableMaster);
    change(&mut view, "m", |m| m.check.failed_attempts.truncate(1));
    assert_eq!(examine(&view, &key("m")).unwrap().code, Code::NoProblem);
}

/// What the last checks say at a later time.
fn aged(sketch: &str, name: &str, under_way: Duration, since_seen: Duration) -> ClusterView {
    let mut view = mysql(sketch);
    change(&mut view, name, |instance| {
        instance.check.last_seen = Some(NOW - since_seen);
        instance.check.last_checked = Some(NOW - since_seen);
        instance.check.last_attempted = Some(NOW - under_way);
    });
    view
}

#[rstest]
#[case::under_way(900, 60_000, Code::AllMasterReplicasNotReplicating)]
#[case::hangs(1_100, 6_100, Code::DeadMaster)]
#[case::hangs_after_a_fresh_one(1_100, 5_900, Code::AllMasterReplicasNotReplicating)]
#[case::waits_to_be_polled(60_000, 60_000, Code::AllMasterReplicasNotReplicating)]
fn a_source_is_unreachable_while_its_check_hangs(
    #[case] under_way: u64,
    #[case] since_seen: u64,
    #[case] expected: Code,
) {
    let (under_way, since_seen) =
        (Duration::from_millis(under_way), Duration::from_millis(since_seen));
    let view = aged("m -> r1~ r2~", "m", under_way, since_seen);
    assert_eq!(examine(&view, &key("m")).unwrap().code, expected);
}

#[rstest]
#[case::slow_polling(3_600_000, 3_600_000, Code::DeadMaster)]
#[case::hangs(1_100, 11_100, Code::DeadMasterAndReplicas)]
#[case::hangs_after_a_fresh_one(1_100, 10_900, Code::DeadMaster)]
fn a_replica_is_too_old_only_if_its_check_hangs(
    #[case] under_way: u64,
    #[case] since_seen: u64,
    #[case] expected: Code,
) {
    let (under_way, since_seen) =
        (Duration::from_millis(under_way), Duration::from_millis(since_seen));
    let view = aged("m! -> r1~", "r1", under_way, since_seen);
    assert_eq!(examine(&view, &key("m")).unwrap().code, expected);
}

#[test]
fn failed_attempts_count_before_the_next_probe_does() {
    let mut view = mysql("m! -> r1~");
    change(&mut view, "m", |m| m.check.failure = None);
    assert_eq!(examine(&view, &key("m")).unwrap().code, Code::DeadMaster);
    change(&mut view, "m", |m| m.check.failed_attempts.truncate(1));
    assert_eq!(examine(&view, &key("m")).unwrap().code, Code::MasterSingleReplicaNotReplicating);
}

/// Findings as `name code+warnings`, in order.
fn summary(findings: &[Finding]) -> Vec<String> {
    let text = |finding: &Finding| {
        let warnings = finding.warnings.iter().map(|w| format!("+{w:?}")).collect::<String>();
        format!("{} {}{warnings}", finding.key.hostname(), finding.code.name())
    };
    findings.iter().map(text).collect()
}

#[test]
fn sources_come_first_then_cluster_names_then_the_largest() {
    let view = mysql("a! <-> b!; b -> i! -> x~ y~; b -> j! -> z~");
    assert_eq!(
        summary(&analyze(&view)),
        [
            "a DeadIntermediateMasterAndReplicas",
            "b DeadIntermediateMasterAndReplicas",
            "i DeadIntermediateMaster",
            "j DeadIntermediateMasterWithSingleReplicaFailingToConnect",
        ]
    );
    let mut both = analyze(&mysql("m -> p! -> q~ r~"));
    both.extend(analyze(&mysql("n! -> s~")));
    sort(&mut both);
    let names: Vec<&str> = both.iter().map(|f| f.key.hostname()).collect();
    assert_eq!(names, ["m", "n", "p", "s"]);
}

#[test]
fn what_is_fine_is_left_out() {
    assert!(analyze(&mysql("m -> r1 r2")).is_empty());
    assert!(analyze(&mariadb("m -> r1 r2")).is_empty());
    assert_eq!(summary(&analyze(&mysql("m[ro] -> r1"))), ["m NoProblem+NoWriteableMaster"]);
}

#[test]
fn a_lone_server_gets_a_row_only_on_request() {
    let mut view = mysql("m[ro]");
    assert!(analyze(&view).is_empty());
    configure(&mut view, |c| c.raw.reduce_replication_analysis_count = false);
    assert_eq!(summary(&analyze(&view)), ["m NoProblem+NoWriteableMaster"]);
    assert_eq!(summary(&analyze(&mysql("m!"))), ["m DeadMasterWithoutReplicas"]);
}

#[test]
fn ignored_hosts_are_not_analysed() {
    let mut view = mysql("m! -> r1~ r2~");
    let ignore = |pattern: &str| RegexFilters::new(&List::from([pattern])).0;
    configure(&mut view, |c| c.filters.recovery_ignore = ignore("^m$"));
    let names: Vec<String> = analyze(&view).iter().map(|f| f.key.to_string()).collect();
    assert_eq!(names, ["r1:3306", "r2:3306"]);
    configure(&mut view, |c| c.filters.recovery_ignore = ignore(":3306"));
    assert_eq!(analyze(&view).len(), 3, "the port takes no part");
}

#[rstest]
#[case("m!@ -> r1~", true, false)]
#[case("m! -> r1~@", false, false)]
#[case("m -> r1!@", true, true)]
#[case("m -> r1!@ r2^", false, false)]
#[case("m -> r1^@ r2%@", true, true)]
#[case("m -> r1^@", false, false)]
#[case("a <-> b^@", true, true)]
fn downtime_marks_what_was_expected(
    #[case] sketch: &str,
    #[case] skippable: bool,
    #[case] replicas_downtimed: bool,
) {
    let findings = analyze(&mysql(sketch));
    let finding = findings.first().unwrap();
    assert_eq!(finding.skippable_due_to_downtime, skippable, "{}", finding.code.name());
    assert_eq!(finding.replicas_downtimed, replicas_downtimed, "{}", finding.code.name());
}

#[test]
fn a_dead_intermediate_source_is_not_excused_by_its_replicas() {
    let code = |sketch: &str| {
        let view = mysql(sketch);
        let finding = examine(&view, &key("i")).unwrap();
        (finding.code, finding.skippable_due_to_downtime)
    };
    assert_eq!(code("m -> i! -> x~@ y~@"), (Code::DeadIntermediateMaster, false));
    let some = Code::DeadIntermediateMasterAndSomeReplicas;
    assert_eq!(code("m -> i! -> x~@ y!@"), (some, true));
}

#[test]
fn an_ended_downtime_excuses_nothing() {
    let mut view = mysql("m!@ -> r1~");
    view.now = NOW + Duration::from_secs(601);
    let finding = examine(&view, &key("m")).unwrap();
    assert!(finding.downtime.is_none() && !finding.skippable_due_to_downtime);
}

#[test]
fn cluster_filters_say_what_is_automatic() {
    let mut view = mysql("m! -> r1~");
    let filter = |text: &str| ClusterFilters::new(&List::from([text])).0;
    assert!(!analyze(&view)[0].automation.source);
    configure(&mut view, |c| c.filters.recover_master = filter("m:3306"));
    let automation = analyze(&view)[0].automation;
    assert!(automation.source && !automation.intermediate);
    Arc::make_mut(&mut view.cluster).alias = "shop".to_owned();
    configure(&mut view, |c| c.filters.recover_intermediate_master = filter("shop"));
    assert!(analyze(&view)[0].automation.intermediate);
}

#[test]
fn only_what_can_be_healed_is_actionable() {
    let actionable: BTreeSet<&str> = CASES
        .iter()
        .filter_map(|(sketch, found)| {
            let finding = examine(&mysql(sketch), &key(found.split(' ').next()?))?;
            finding.actionable.then_some(finding.code.name())
        })
        .collect();
    let expected = [
        "AllIntermediateMasterReplicasFailingToConnectOrDead",
        "DeadCoMaster",
        "DeadCoMasterAndSomeReplicas",
        "DeadIntermediateMaster",
        "DeadIntermediateMasterAndSomeReplicas",
        "DeadIntermediateMasterWithSingleReplicaFailingToConnect",
        "DeadMaster",
        "DeadMasterAndSomeReplicas",
    ];
    assert_eq!(actionable, BTreeSet::from(expected));
}

#[rstest]
#[case("m -> r1[nolog] r2[noupdates]", "NoLoggingReplicasStructureWarning")]
#[case("m -> r1[nolog]", "")]
#[case(
    "m -> r1[nogtid] r2[nogtid]",
    "NoFailoverSupportStructureWarning DifferentGTIDModesStructureWarning"
)]
#[case("m[nogtid pseudo] -> r1[nogtid] r2[nogtid]", "")]
#[case("m[nogtid] -> r1[nogtid]", "")]
#[case("m[mode=OFF] -> r1[maxscale nogtid] r2[maxscale nogtid]", "")]
#[case(
    "m -> r1[format=STATEMENT] r2[format=MIXED]",
    "StatementAndMixedLoggingReplicasStructureWarning"
)]
#[case("m -> r1[format=STATEMENT] r2", "StatementAndRowLoggingReplicasStructureWarning")]
#[case("m -> r1[format=MIXED] r2", "MixedAndRowLoggingReplicasStructureWarning")]
#[case("m -> r1[format=MIXED nolog] r2", "")]
#[case("m -> r1[v=8.0.36] r2[v=8.4.1]", "MultipleMajorVersionsLoggingReplicasStructureWarning")]
#[case("m -> r1[v=8.0.36] r2[v=8.0.9]", "")]
#[case("m -> r1[mode=ON_PERMISSIVE] r2", "DifferentGTIDModesStructureWarning")]
#[case("m -> r1 r2(10+3)", "ErrantGTIDStructureWarning")]
#[case("m -> r1 r2(10+3)@", "")]
#[case("m[ro] -> r1", "NoWriteableMasterStructureWarning")]
#[case("m[semi=2/1 semioff] -> r1", "NotEnoughValidSemiSyncReplicasStructureWarning")]
#[case("m[semi=2/1] -> r1", "")]
#[case("m[semi=1/1 semioff] -> r1", "")]
fn structure_warnings(#[case] sketch: &str, #[case] expected: &str) {
    let finding = examine(&mysql(sketch), &key("m")).unwrap();
    let names: Vec<&str> = finding.warnings.iter().map(|w| w.name()).collect();
    assert_eq!(names.join(" "), expected);
}

#[test]
fn warnings_come_beside_a_problem_and_below_the_head() {
    let found = summary(&analyze(&mysql("m![ro] -> r1~ r2~(10+1) -> x(10+2)")));
    assert_eq!(
        found,
        [
            "m DeadMaster+ErrantGtid+NoWriteableMaster",
            "r2 FirstTierReplicaFailingToConnectToMaster+ErrantGtid",
            "r1 FirstTierReplicaFailingToConnectToMaster",
        ]
    );
    assert!(
        !examine(&mysql("m -> r1[ro]"), &key("r1"))
            .unwrap()
            .warnings
            .contains(&StructureWarning::NoWriteableMaster)
    );
}

#[test]
fn the_figures_of_one_source() {
    let view = mysql(
        "m[semi=1/1] -> r1[semireplica] r2^[lag=30] r3~[delay=60] r4![format=STATEMENT] r5%@[noupdates]",
    );
    let signs = examine(&view, &key("m")).unwrap().signs;
    assert!(signs.is_source && signs.reachable && !signs.is_co_source && !signs.is_group_member);
    assert_eq!(
        (signs.count(), signs.valid, signs.replicating, signs.connected, signs.failing),
        (5, 4, 1, 2, 1)
    );
    assert_eq!((signs.lagging, signs.delayed, signs.downtimed_replicas), (1, 1, 1));
    assert_eq!(signs.semi_sync_replicas, 1);
    let logging = signs.logging;
    assert_eq!((logging.replicas, logging.statement, logging.row), (4, 1, 3));
    assert!(signs.relocation.oracle_gtid && !signs.relocation.mariadb_gtid);
    assert!(examine(&mariadb("m -> r1 r2"), &key("m")).unwrap().signs.relocation.mariadb_gtid);
}

#[test]
fn a_locked_server_is_left_out_until_the_lock_ends() {
    let locked = |ends| {
        let mut view = mysql("m! -> r1~ r2~");
        let maintenance = Maintenance {
            id: 1,
            owner: "dba".to_owned(),
            reason: "disk".to_owned(),
            begins: NOW - Duration::from_secs(60),
            ends,
            node: None,
        };
        Arc::make_mut(&mut view.facts).maintenances.insert_mut(key("m"), maintenance);
        summary(&analyze(&view))
    };
    let found = locked(NOW + Duration::from_secs(1));
    assert!(found.iter().all(|line| !line.starts_with("m ")), "{found:?}");
    assert_eq!(found.len(), 2, "its replicas are judged: {found:?}");
    assert!(locked(NOW).contains(&"m DeadMaster".to_owned()));
}
