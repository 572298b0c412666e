//! Every guard and every doubt, as a table: each row fails if its guard is taken out.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use rstest::rstest;

use super::{Case, Verdict, judge};
use crate::{
    analysis::{self, Code},
    config::Config,
    decision::evidence::{Doubt, dead_since},
    inventory::{
        sketch::{NOW, change, configure, key, mysql},
        view::ClusterView,
    },
    journal::{
        command::RecoveryEnd,
        facts::{Facts, Node, Recovery},
    },
    mysql::state::ThreadError,
};

const ALL: &str = r#"{"RecoverMasterClusterFilters": ["*"]}"#;

fn config(view: &mut ClusterView, text: &str) {
    let config: Config = text.parse().unwrap();
    configure(view, |c| *c = config);
}

fn facts(view: &mut ClusterView, change: impl FnOnce(&mut Facts)) {
    change(Arc::make_mut(&mut view.facts));
}

/// What is said about `m`: the guard that refuses, `Act` or `Wait`.
fn said(view: &ClusterView, forced: bool) -> String {
    let findings = analysis::analyze(view);
    let finding = findings.iter().find(|f| f.key == key("m")).unwrap();
    match judge(&Case { view, finding, forced }) {
        Verdict::Act { .. } => "Act".to_owned(),
        Verdict::Wait { .. } => "Wait".to_owned(),
        Verdict::Refuse(refusal) => format!("{:?}", refusal.guard),
    }
}

/// A recovery of `m` that began so many seconds ago.
fn recovery(seconds: u64, end: Option<RecoveryEnd>) -> Recovery {
    Recovery {
        id: 1,
        uid: "uid".to_owned(),
        key: key("m"),
        code: Code::DeadMaster,
        cluster: "m:3306".to_owned(),
        alias: "m:3306".to_owned(),
        domain: String::new(),
        replicas: vec![key("r1")],
        wanted: None,
        forced: false,
        skip_hooks: false,
        detection_id: 0,
        node: Node::default(),
        failing_since: None,
        started: NOW - Duration::from_secs(seconds),
        active: true,
        intended: Vec::new(),
        done: Vec::new(),
        lines: Vec::new(),
        end,
        acknowledged: None,
        resumed: None,
        fenced: BTreeMap::new(),
    }
}

#[rstest]
#[case::nothing_against_it("m! -> r1~ r2~", ALL, "Act", "Act")]
#[case::not_a_dead_source("m! -> r1 r2~", ALL, "NotRecoverable", "NotRecoverable")]
#[case::other_cluster("m! -> r1~ r2~", "{}", "ClusterFilter", "Act")]
#[case::downtimed("m!@ -> r1~ r2~", ALL, "Downtime", "Act")]
#[case::siblings_without_gtid(
    "m! -> r1~[nogtid] r2~[nogtid]",
    ALL,
    "NoWayToMoveReplicas",
    "NoWayToMoveReplicas"
)]
#[case::all_banned("m! -> r1~[must_not] r2~[must_not]", ALL, "NobodyToPromote", "NobodyToPromote")]
#[case::nobody_says_why("m! -> r1% r2%", ALL, "Evidence", "Evidence")]
#[case::grace(
    "m! -> r1~ r2~",
    r#"{"RecoverMasterClusterFilters": ["*"], "PrimaryRestartGraceMilliseconds": 5000}"#,
    "Wait",
    "Act"
)]
#[case::grace_is_over(
    "m! -> r1~ r2~",
    r#"{"RecoverMasterClusterFilters": ["*"], "PrimaryRestartGraceMilliseconds": 500}"#,
    "Act",
    "Act"
)]
#[case::lossless(
    "m! -> r1~ r2~",
    r#"{"RecoverMasterClusterFilters": ["*"], "PromotionDataLossPolicy": "lossless"}"#,
    "DataLossPolicy",
    "Act"
)]
fn guards(#[case] drawn: &str, #[case] text: &str, #[case] alone: &str, #[case] asked: &str) {
    let mut view = mysql(drawn);
    config(&mut view, text);
    assert_eq!(said(&view, false), alone);
    assert_eq!(said(&view, true), asked, "asked for by a person");
}

#[rstest]
#[case::none(None, "Act", "Act")]
#[case::running(Some(recovery(10, None)), "InProgress", "InProgress")]
#[case::running_for_long(Some(recovery(9999, None)), "InProgress", "InProgress")]
#[case::recent(Some(recovery(10, Some(RecoveryEnd::default()))), "ActivePeriod", "Act")]
#[case::old(Some(recovery(9999, Some(RecoveryEnd::default()))), "Act", "Act")]
#[case::needless(
    Some(recovery(10, Some(RecoveryEnd { needless: true, ..RecoveryEnd::default() }))), "Act", "Act")]
#[case::acknowledged(
    Some(Recovery { active: false, ..recovery(10, Some(RecoveryEnd::default())) }), "Act", "Act")]
#[case::promoted_into_this_cluster(
    Some(Recovery {
        cluster: "old:3306".to_owned(),
        ..recovery(10, Some(RecoveryEnd { successor: Some(key("m")), ..RecoveryEnd::default() }))
    }),
    "ActivePeriod", "Act")]
#[case::running_under_another_name(
    Some(Recovery { cluster: "old:3306".to_owned(), ..recovery(10, None) }), "InProgress", "InProgress")]
fn earlier_recoveries(#[case] earlier: Option<Recovery>, #[case] alone: &str, #[case] asked: &str) {
    let mut view = mysql("m! -> r1~ r2~");
    config(&mut view, ALL);
    facts(&mut view, |f| {
        if let Some(recovery) = earlier {
            f.recoveries.insert_mut(1, Arc::new(recovery));
        }
    });
    assert_eq!(said(&view, false), alone);
    assert_eq!(said(&view, true), asked);
}

#[test]
fn recoveries_can_be_disabled_everywhere() {
    let mut view = mysql("m! -> r1~ r2~");
    config(&mut view, ALL);
    facts(&mut view, |f| f.recoveries_disabled = true);
    assert_eq!(said(&view, false), "GloballyDisabled");
    assert_eq!(said(&view, true), "Act");
}

fn doubt(view: &ClusterView) -> Option<Doubt> {
    dead_since(view, view.instance(&key("m")).unwrap()).err()
}

#[rstest]
#[case::both_witnesses("m! -> r1~ r2~", None)]
#[case::one_witness_is_enough("m! -> r1~ r2%", None)]
#[case::unreachable_replicas_say_nothing("m! -> r1~ r2!", None)]
#[case::it_answers("m -> r1~ r2~", Some(Doubt::Alive))]
#[case::connected("m! -> r1~ r2", Some(Doubt::StillConnected(key("r2"))))]
#[case::connected_with_a_stopped_applier("m! -> r1~ r2^", Some(Doubt::StillConnected(key("r2"))))]
#[case::stopped_by_people("m! -> r1% r2%", Some(Doubt::NoWitness))]
#[case::nobody_left("m! -> r1! r2!", Some(Doubt::NoWitness))]
fn doubts(#[case] drawn: &str, #[case] expected: Option<Doubt>) {
    assert_eq!(doubt(&mysql(drawn)), expected);
}

#[test]
fn doubts_about_when() {
    let drawn = || mysql("m! -> r1~ r2~");
    let mut never_seen = drawn();
    change(&mut never_seen, "m", |i| i.check.last_seen = None);
    assert_eq!(doubt(&never_seen), Some(Doubt::NeverSeen));

    let mut once = drawn();
    change(&mut once, "m", |i| i.check.failed_attempts.truncate(1));
    assert_eq!(doubt(&once), Some(Doubt::TooFewAttempts));

    let mut in_a_row = drawn();
    change(&mut in_a_row, "m", |i| {
        let first = i.check.failed_attempts[0];
        i.check.failed_attempts.truncate(1);
        let mut second = first;
        second.started = first.started + Duration::from_millis(99);
        i.check.failed_attempts.push(second);
    });
    assert_eq!(doubt(&in_a_row), Some(Doubt::TooFewAttempts));

    let mut long_ago = drawn();
    long_ago.now = NOW + Duration::from_secs(6);
    assert_eq!(doubt(&long_ago), Some(Doubt::StaleAttempts));

    let mut read_before = drawn();
    change(&mut read_before, "r2", |i| i.check.state_since = Some(NOW - Duration::from_secs(2)));
    assert_eq!(doubt(&read_before), Some(Doubt::StaleReplica(key("r2"))));

    let mut only_stored = drawn();
    change(&mut only_stored, "r2", |i| i.check.state_since = None);
    assert_eq!(doubt(&only_stored), Some(Doubt::StaleReplica(key("r2"))));
}

#[rstest]
#[case::refused(2003, None)]
#[case::connection_broke(2013, None)]
#[case::not_said_yet(0, None)]
#[case::wrong_password(1045, Some(Doubt::NoWitness))]
#[case::no_connection_left(1040, Some(Doubt::NoWitness))]
#[case::unknown_host(2005, Some(Doubt::NoWitness))]
fn a_source_that_answers_its_replica_is_not_dead(
    #[case] number: u32,
    #[case] expected: Option<Doubt>,
) {
    let mut view = mysql("m! -> r1~");
    change(&mut view, "r1", |i| {
        let state = Arc::make_mut(i.state.as_mut().unwrap());
        let text = "error connecting to source".to_owned();
        state.replication.as_mut().unwrap().io_error = ThreadError { number, text };
    });
    assert_eq!(doubt(&view), expected);
}
