use std::sync::Arc;

use rstest::rstest;

use super::*;
use crate::{
    decision::{
        fixtures::recovery,
        step::{StepEffect, StepResult},
    },
    inventory::{
        sketch::{NOW, change, key, mysql},
        view::{ClusterView, FleetView},
    },
    journal::{
        command::RecoveryEnd,
        facts::{Downtime, Facts},
    },
    mysql::driver::ActionError,
};

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// A fleet in which `m` was replaced by `r1` a quarter of an hour ago.
fn fleet(drawn: &str, adjust: impl FnOnce(&mut ClusterView, &mut Facts)) -> FleetView {
    let mut view = mysql(drawn);
    let mut replaced = recovery(&view, vec![]);
    replaced.started = NOW - seconds(900);
    replaced.end = Some(RecoveryEnd {
        at: NOW - seconds(899),
        successful: true,
        successor: Some(key("r1")),
        ..RecoveryEnd::default()
    });
    let mut facts = Facts::default();
    facts.recoveries.insert_mut(1, Arc::new(replaced));
    adjust(&mut view, &mut facts);
    let name: Arc<str> = Arc::from(&*view.cluster.name);
    let index = view.cluster.instances.keys().map(|key| (key.clone(), name.clone())).collect();
    let clusters = [(name.to_string(), view.cluster)].into_iter().collect();
    FleetView { clusters, index, facts: Arc::new(facts), ..FleetView::default() }
}

fn change_recovery(facts: &mut Facts, change: impl FnOnce(&mut Recovery)) {
    let mut recovery = Recovery::clone(facts.recoveries.get(&1).unwrap());
    change(&mut recovery);
    facts.recoveries.insert_mut(1, Arc::new(recovery));
}

fn of(fleet: &FleetView, name: &str) -> Option<Returned> {
    let mut all = returned(fleet, NOW).into_iter();
    all.find(|(server, _)| *server == key(name)).map(|(_, what)| what)
}

fn fence() -> Option<Returned> {
    Some(Returned::MustBeFenced { uid: "uid".to_owned() })
}

fn harmless() -> Option<Returned> {
    Some(Returned::Harmless { uid: "uid".to_owned() })
}

#[rstest]
#[case::writeable("r1[rw] -> r2; m[rw]", fence())]
#[case::read_only("r1[rw] -> r2; m[ro]", harmless())]
#[case::replica_of_the_new_source("r1[rw] -> r2 m", harmless())]
#[case::writeable_replica("r1[rw] -> r2 m[rw]", harmless())]
#[case::still_dead("r1[rw] -> r2; m[rw]!", None)]
#[case::unknown("r1[rw] -> r2", None)]
#[case::the_new_source_was_put_below_it("m[rw] -> r1 r2", harmless())]
fn what_came_back(#[case] drawn: &str, #[case] expected: Option<Returned>) {
    assert_eq!(of(&fleet(drawn, |_, _| ()), "m"), expected);
}

#[test]
fn a_recovery_without_a_successor_or_an_end_fences_nobody() {
    let drawn = "r1[rw] -> r2; m[rw]";
    let unfinished = fleet(drawn, |_, facts| change_recovery(facts, |r| r.end = None));
    assert_eq!(of(&unfinished, "m"), None);
    let in_vain = fleet(drawn, |_, facts| {
        change_recovery(facts, |r| r.end.as_mut().unwrap().successor = None);
    });
    assert_eq!(of(&in_vain, "m"), None);
    let itself = fleet(drawn, |_, facts| {
        change_recovery(facts, |r| r.end.as_mut().unwrap().successor = Some(key("m")));
    });
    assert_eq!(of(&itself, "m"), None);
}

#[test]
fn what_was_read_before_the_end_counts_for_nothing() {
    let stale = fleet("r1[rw] -> r2; m[rw]", |view, _| {
        change(view, "m", |m| m.check.state_since = Some(NOW - seconds(900)));
    });
    assert_eq!(of(&stale, "m"), None);
}

#[rstest]
#[case::while_it_runs_on(3600, None)]
#[case::after_a_restart(10, fence())]
fn once_seen_harmless_it_is_left_alone(#[case] uptime: u64, #[case] expected: Option<Returned>) {
    let seen = fleet("r1[rw] -> r2; m[rw]", |view, facts| {
        change_recovery(facts, |r| {
            r.fenced.insert(key("m"), NOW - seconds(600));
        });
        change(view, "m", |m| Arc::make_mut(m.state.as_mut().unwrap()).uptime_seconds = uptime);
    });
    assert_eq!(of(&seen, "m"), expected);
}

/// It was marked in the second in which it started.
#[test]
fn an_uptime_in_whole_seconds_does_not_look_like_a_restart() {
    let seen = fleet("r1[rw] -> r2; m[rw]", |view, facts| {
        change_recovery(facts, |r| {
            r.fenced.insert(key("m"), NOW - Duration::from_millis(11_200));
        });
        change(view, "m", |m| Arc::make_mut(m.state.as_mut().unwrap()).uptime_seconds = 10);
    });
    assert_eq!(of(&seen, "m"), None);
}

#[rstest]
#[case::later(1, harmless())]
#[case::earlier(1800, fence())]
fn a_later_promotion_makes_it_a_source_again(
    #[case] seconds_ago: u64,
    #[case] expected: Option<Returned>,
) {
    let promoted = fleet("r1 -> r2; m[rw]", |view, facts| {
        let mut other = recovery(view, vec![]);
        (other.id, other.uid, other.key) = (2, "other".to_owned(), key("r1"));
        other.started = NOW - seconds(seconds_ago);
        let successor = Some(key("m"));
        let at = other.started;
        other.end = Some(RecoveryEnd { at, successor, ..RecoveryEnd::default() });
        facts.recoveries.insert_mut(2, Arc::new(other));
    });
    assert_eq!(of(&promoted, "m"), expected);
}

#[rstest]
#[case::nobody_knows(Err(ActionError::Unknown("lost".to_owned())))]
#[case::it_did(Ok(StepEffect::default()))]
fn who_may_have_been_promoted_in_vain_is_fenced_too(
    #[case] outcome: Result<StepEffect, ActionError>,
) {
    let promote = Action::Promote { server: key("r2"), keep_relay_log: false };
    let at = NOW - seconds(900);
    let tried = StepResult { step: Step::Server(promote), started: at, finished: at, outcome };
    let fleet = fleet("r1[rw]; r2[rw]; m!", |_, facts| {
        change_recovery(facts, |r| r.done = vec![tried]);
    });
    assert_eq!(of(&fleet, "r2"), fence());
}

#[rstest]
#[case::settled(120, LOST_IN_RECOVERY, "r1[rw] -> r2", Some(Returned::BackInService))]
#[case::just_now(30, LOST_IN_RECOVERY, "r1[rw] -> r2", None)]
#[case::planned(120, "maintenance", "r1[rw] -> r2", None)]
#[case::cannot_connect(120, LOST_IN_RECOVERY, "r1[rw] -> r2~", None)]
#[case::dead(120, LOST_IN_RECOVERY, "r1[rw] -> r2!", None)]
fn who_replicates_again_is_back_in_service(
    #[case] ago: u64,
    #[case] reason: &str,
    #[case] drawn: &str,
    #[case] expected: Option<Returned>,
) {
    let fleet = fleet(drawn, |_, facts| downtime(facts, "r2", reason, ago));
    assert_eq!(of(&fleet, "r2"), expected);
}

#[test]
fn who_replicates_from_a_server_left_behind_is_not_back() {
    let fleet = fleet("m[ro] -> r2; r1[rw]", |_, facts| {
        downtime(facts, "r2", LOST_IN_RECOVERY, 120);
        downtime(facts, "m", LOST_IN_RECOVERY, 120);
    });
    assert_eq!(of(&fleet, "r2"), None);
}

fn downtime(facts: &mut Facts, name: &str, reason: &str, seconds_ago: u64) {
    let downtime = Downtime {
        owner: "node".to_owned(),
        reason: reason.to_owned(),
        begins: NOW - seconds(seconds_ago),
        ends: NOW + seconds(3600),
    };
    facts.downtimes.insert_mut(key(name), downtime);
}

#[rstest]
#[case::only_head("main", "r1[rw] -> r2", Some(Returned::BackInService))]
#[case::two_heads("main", "r1[rw] -> r2; m[ro]", None)]
#[case::no_alias("", "r1[rw] -> r2", None)]
#[case::dead("main", "r1[rw]! -> r2", None)]
fn the_head_of_a_cluster_of_its_own_name_is_back_in_service(
    #[case] alias: &str,
    #[case] drawn: &str,
    #[case] expected: Option<Returned>,
) {
    let fleet = fleet(drawn, |view, facts| {
        Arc::make_mut(&mut view.cluster).alias = alias.to_owned();
        downtime(facts, "r1", LOST_IN_RECOVERY, 120);
    });
    assert_eq!(of(&fleet, "r1"), expected);
}
