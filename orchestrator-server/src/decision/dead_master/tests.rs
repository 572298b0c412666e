//! The recovery of a dead source as a table: what is asked for after these results. Nothing is
//! executed; the results are written by hand.

use std::time::Duration;

use crate::{
    clock::Moment,
    config::{HookCommand, SqlThreadPolicy},
    decision::{
        dead_master::{Next, next, so_far},
        fixtures::recovery,
        step::{HookList, Step, StepEffect, StepResult},
    },
    inventory::{
        sketch::{self, NOW, configure, key, mysql},
        view::ClusterView,
    },
    journal::facts::Recovery,
    mysql::driver::{Action, ActionError, Found},
};

fn seal(name: &str) -> Action {
    Action::Seal { replica: key(name) }
}

fn promote(name: &str) -> Action {
    Action::Promote { server: key(name), keep_relay_log: false }
}

fn below(name: &str, source: &str) -> Action {
    let confirm = Duration::from_secs(5);
    Action::PointTo {
        replica: key(name),
        source: key(source),
        confirm,
        delay: None,
        known_as: None,
    }
}

fn result(action: Action, outcome: Result<StepEffect, ActionError>) -> StepResult {
    let at = Moment::default();
    StepResult { step: Step::Server(action), started: at, finished: at, outcome }
}

/// Has applied all ten transactions of the sketched source.
fn whole(action: Action) -> StepResult {
    let all = format!("{}:1-10", sketch::uuid(1));
    let effect = StepEffect {
        executed: all.clone(),
        held: all,
        drained: true,
        replicating: true,
        binlog: "b.1:4".to_owned(),
        found: None,
    };
    result(action, Ok(effect))
}

fn hook(text: &str) -> HookCommand {
    HookCommand { text: text.to_owned(), in_background: false }
}

fn announced(name: &str) -> StepResult {
    let step = Step::Announce { successor: key(name) };
    StepResult { step, ..whole(seal(name)) }
}

fn broken(action: Action, error: ActionError) -> StepResult {
    result(action, Err(error))
}

fn unknown() -> ActionError {
    ActionError::Unknown("lost".to_owned())
}

fn gone() -> ActionError {
    ActionError::Unreachable("gone".to_owned())
}

/// The next batch in words, or how it ended.
fn asked(view: &ClusterView, recovery: &Recovery) -> String {
    match next(view, recovery) {
        Next::Do(steps) => steps.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        Next::Done(outcome) => {
            let successor = outcome.successor.map_or("nobody".to_owned(), |k| k.to_string());
            let lost: Vec<String> = outcome.lost.iter().map(ToString::to_string).collect();
            format!("done: {successor}, lost [{}], needless {}", lost.join(" "), outcome.needless)
        }
    }
}

const PROMOTE_R1: &str = "promote r1:3306: reset replication, make writeable";
const PROMOTE_R2: &str = "promote r2:3306: reset replication, make writeable";

#[test]
fn the_plain_story() {
    let view = mysql("m! -> r1~ r2~");
    let mut done = vec![];
    let seals =
        "stop receiving on r1:3306, keep applying; stop receiving on r2:3306, keep applying";
    assert_eq!(asked(&view, &recovery(&view, done.clone())), seals);
    done.extend([whole(seal("r1")), whole(seal("r2"))]);
    assert_eq!(asked(&view, &recovery(&view, done.clone())), PROMOTE_R1);
    done.push(whole(promote("r1")));
    let moves = "announce r1:3306; make r2:3306 replicate from r1:3306";
    assert_eq!(asked(&view, &recovery(&view, done.clone())), moves);
    done.push(announced("r1"));
    done.push(whole(below("r2", "r1")));
    let end = "done: r1:3306, lost [], needless false";
    assert_eq!(asked(&view, &recovery(&view, done)), end);
}

#[test]
fn hooks_after_the_promotion_run_once_beside_the_moves_and_know_who_is_lost() {
    let mut view = mysql("m! -> r1~ r2~ r3!~");
    configure(&mut view, |config| {
        config.hooks.post_master_failover = vec![hook("true")];
    });
    let sealed = [whole(seal("r1")), whole(seal("r2")), broken(seal("r3"), gone())];
    let mut recovery = recovery(&view, sealed.to_vec());
    recovery.done.push(whole(promote("r1")));
    let hooks = "run PostMasterFailoverProcesses hooks";
    let moves = format!("announce r1:3306; make r2:3306 replicate from r1:3306; {hooks}");
    assert_eq!(asked(&view, &recovery), moves);
    let so_far = so_far(&view, &recovery).unwrap();
    assert_eq!((so_far.successor, so_far.lost), (Some(key("r1")), vec![key("r3")]));

    let run = |outcome| StepResult {
        step: Step::Hooks(HookList::PostMasterFailover),
        outcome,
        ..whole(seal("r1"))
    };
    let failed = Err(ActionError::Refused("exit code 1".to_owned()));
    recovery.done.extend([announced("r1"), run(failed), whole(below("r2", "r1"))]);
    assert_eq!(asked(&view, &recovery), "done: r1:3306, lost [r3:3306], needless false");
    recovery.done.truncate(recovery.done.len() - 3);
    recovery.skip_hooks = true;
    assert_eq!(asked(&view, &recovery), moves.replace(&format!("; {hooks}"), ""));
}

#[test]
fn a_veto_of_a_hook_before_the_failover_ends_it_untouched() {
    let mut view = mysql("m! -> r1~ r2~");
    configure(&mut view, |config| config.hooks.pre_failover = vec![hook("false")]);
    let mut recovery = recovery(&view, vec![]);
    assert_eq!(asked(&view, &recovery), "run PreFailoverProcesses hooks");
    let outcome = Err(ActionError::Refused("exit code 1".to_owned()));
    let veto =
        StepResult { step: Step::Hooks(HookList::PreFailover), outcome, ..whole(seal("r1")) };
    recovery.done.push(veto);
    assert_eq!(asked(&view, &recovery), "done: nobody, lost [], needless false");
    recovery.skip_hooks = true;
    recovery.done.clear();
    assert!(asked(&view, &recovery).starts_with("stop receiving on r1"));
}

#[test]
fn a_delay_that_was_lifted_is_given_back() {
    let view = mysql("m! -> r1~ r2~");
    let found = Found { delay_seconds: 600, ..Found::default() };
    let mut delayed = whole(seal("r2"));
    if let Ok(effect) = &mut delayed.outcome {
        effect.found = Some(found);
    }
    let drain = Action::Drain { replica: key("r2"), stall: Duration::from_secs(60) };
    let mut done = vec![whole(seal("r1")), delayed, whole(drain)];
    let off = mysql("m -> r1~ r2~");
    let Next::Do(steps) = next(&off, &recovery(&off, done.clone())) else { panic!("resumes") };
    assert!(steps.contains(&Step::Server(Action::Resume { replica: key("r2"), found })));
    done.extend([whole(promote("r1")), announced("r1")]);
    let Next::Do(steps) = next(&view, &recovery(&view, done)) else { panic!("moves") };
    let given_back = |s: &Step| matches!(s, Step::Server(Action::PointTo { delay: Some(600), .. }));
    assert!(steps.iter().any(given_back), "{steps:?}");
}

#[test]
fn a_promotion_whose_answer_was_lost_is_asked_for_again_before_anybody_else() {
    let view = mysql("m! -> r1~ r2~");
    let mut done = vec![whole(seal("r1")), whole(seal("r2"))];
    for _ in 0..2 {
        done.push(broken(promote("r1"), unknown()));
        assert_eq!(asked(&view, &recovery(&view, done.clone())), PROMOTE_R1);
    }
    done.push(broken(promote("r1"), gone()));
    let again = asked(&view, &recovery(&view, done.clone()));
    let seals =
        "stop receiving on r1:3306, keep applying; stop receiving on r2:3306, keep applying";
    assert_eq!(again, seals, "positions are read anew");
    done.extend([broken(seal("r1"), gone()), whole(seal("r2"))]);
    assert_eq!(asked(&view, &recovery(&view, done)), PROMOTE_R2);
}

#[test]
fn an_interrupted_promotion_comes_before_everything_else() {
    // Unreadable: it may have happened. Read as a replica still: it did not.
    for (drawn, expected) in
        [("m! -> r1!~ r2~", PROMOTE_R1), ("m! -> r1~[must_not] r2~", PROMOTE_R2)]
    {
        let view = mysql(drawn);
        let done = vec![whole(seal("r1")), whole(seal("r2"))];
        let mut recovery = recovery(&view, done);
        recovery.intended = vec![Step::Server(promote("r1"))];
        assert_eq!(asked(&view, &recovery), expected, "{drawn}");
    }
}

#[test]
fn a_source_that_answers_again_calls_it_off_and_sealed_replicas_receive_again() {
    let view = mysql("m -> r1~ r2~");
    let mut recovery = recovery(&view, vec![whole(seal("r1"))]);
    recovery.intended = vec![Step::Server(seal("r2"))];
    let resumes = "let r1:3306 receive again; let r2:3306 receive again";
    assert_eq!(asked(&view, &recovery), resumes, "also one whose seal was not noted");
    let resume = |name: &str| whole(Action::Resume { replica: key(name), found: Found::default() });
    recovery.done.extend([resume("r1"), resume("r2")]);
    assert_eq!(asked(&view, &recovery), "done: nobody, lost [], needless true");
}

#[test]
fn a_source_that_answers_again_counts_until_a_promotion_may_have_happened() {
    let view = mysql("m -> r1~ r2~");
    let seals = || vec![whole(seal("r1")), whole(seal("r2"))];
    let mut refused = seals();
    refused.extend([broken(promote("r1"), gone()), whole(seal("r1")), whole(seal("r2"))]);
    let resumes = "let r1:3306 receive again; let r2:3306 receive again";
    assert_eq!(asked(&view, &recovery(&view, refused)), resumes);
    let mut unknown_for_good = seals();
    unknown_for_good.extend((0..3).map(|_| broken(promote("r1"), unknown())));
    unknown_for_good.extend([broken(seal("r1"), gone()), whole(seal("r2"))]);
    assert_eq!(asked(&view, &recovery(&view, unknown_for_good)), PROMOTE_R2);
}

#[test]
fn what_was_called_off_is_not_gone_on_with() {
    let view = mysql("m! -> r1~ r2~");
    let resume = |name: &str| whole(Action::Resume { replica: key(name), found: Found::default() });
    let done = vec![whole(seal("r1")), whole(seal("r2")), resume("r1"), resume("r2")];
    assert_eq!(asked(&view, &recovery(&view, done)), "done: nobody, lost [], needless true");
}

#[test]
fn a_replica_that_is_connected_calls_it_off() {
    let view = mysql("m! -> r1 r2~");
    let found = asked(&view, &recovery(&view, vec![]));
    assert_eq!(found, "done: nobody, lost [], needless true");
}

#[test]
fn a_follower_gets_a_second_try_and_is_detached_when_lost() {
    let view = mysql("m! -> r1~ r2~");
    let mut done =
        vec![whole(seal("r1")), whole(seal("r2")), whole(promote("r1")), announced("r1")];
    done.push(broken(below("r2", "r1"), gone()));
    let moves = "make r2:3306 replicate from r1:3306";
    assert_eq!(asked(&view, &recovery(&view, done.clone())), moves);
    done.push(broken(below("r2", "r1"), gone()));
    let detach = "detach r2:3306 from its source";
    assert_eq!(asked(&view, &recovery(&view, done.clone())), detach);
    let mut keeps = mysql("m! -> r1~ r2~");
    configure(&mut keeps, |c| c.raw.detach_lost_replicas_after_master_failover = false);
    let end = "done: r1:3306, lost [r2:3306], needless false";
    assert_eq!(asked(&keeps, &recovery(&keeps, done.clone())), end);
    done.push(whole(Action::Detach { replica: key("r2") }));
    assert_eq!(asked(&view, &recovery(&view, done)), end);
}

#[test]
fn a_replica_that_cannot_follow_is_not_moved() {
    let view = mysql("m! -> r1~ r2~[v=5.7.1 must_not] r3~ r4~");
    let done =
        ["r1", "r2", "r3", "r4"].map(|name| whole(seal(name))).into_iter().collect::<Vec<_>>();
    let mut recovery = recovery(&view, done);
    assert_eq!(asked(&view, &recovery), PROMOTE_R1);
    recovery.done.extend([whole(promote("r1")), announced("r1")]);
    let moves = "make r3:3306 replicate from r1:3306; make r4:3306 replicate from r1:3306";
    assert_eq!(asked(&view, &recovery), moves);
}

#[test]
fn an_applier_that_cannot_finish_forbids_the_promotion_where_that_is_wanted() {
    let stuck = |view: &ClusterView| {
        let held = format!("{}:1-10", sketch::uuid(1));
        let executed = format!("{}:1-4", sketch::uuid(1));
        let effect = StepEffect { executed, held, ..StepEffect::default() };
        let drain = Action::Drain { replica: key("r1"), stall: view.config.promotion_apply_wait() };
        recovery(view, vec![result(seal("r1"), Ok(effect.clone())), result(drain, Ok(effect))])
    };
    let view = mysql("m! -> r1~");
    let kept = "promote r1:3306: detach but keep its relay log, make writeable";
    assert_eq!(asked(&view, &stuck(&view)), kept);
    let mut view = mysql("m! -> r1~");
    configure(&mut view, |c| c.sql_thread = SqlThreadPolicy::Fail);
    assert_eq!(asked(&view, &stuck(&view)), "let r1:3306 receive again");
}

#[test]
fn followers_of_a_successor_that_fell_silent_stay_below_it() {
    let silent = mysql("m! -> r1!~ r2~");
    let mut below_it = whole(below("r2", "r1"));
    if let Ok(effect) = &mut below_it.outcome {
        effect.replicating = false;
    }
    let done = || vec![whole(seal("r1")), whole(seal("r2")), whole(promote("r1")), announced("r1")];
    let mut results = done();
    results.push(below_it.clone());
    let end = "done: r1:3306, lost [], needless false";
    assert_eq!(asked(&silent, &recovery(&silent, results.clone())), end);
    let alive = mysql("m! -> r1~ r2~");
    let again = "make r2:3306 replicate from r1:3306";
    assert_eq!(asked(&alive, &recovery(&alive, results.clone())), again);
    results.push(below_it);
    let left_below = "done: r1:3306, lost [r2:3306], needless false";
    assert_eq!(asked(&alive, &recovery(&alive, results)), left_below);
}

#[test]
fn a_resumed_recovery_reads_positions_anew() {
    let view = mysql("m! -> r1~ r2~");
    let mut recovery = recovery(&view, vec![whole(seal("r1")), whole(seal("r2"))]);
    assert_eq!(asked(&view, &recovery), PROMOTE_R1);
    recovery.resumed = Some(NOW);
    let seals =
        "stop receiving on r1:3306, keep applying; stop receiving on r2:3306, keep applying";
    assert_eq!(asked(&view, &recovery), seals);
}

#[test]
fn replicas_that_somebody_else_gave_another_source_call_it_off() {
    let mut view = mysql("m! -> r1~ r2~; x -> r3");
    let recovered = recovery(&view, vec![]);
    let moved = shared::Source::Attached(key("x"));
    sketch::change(&mut view, "r2", |instance| instance.source = moved.clone());
    assert_eq!(asked(&view, &recovered), "done: nobody, lost [], needless true");
}

#[test]
fn a_resumed_recovery_that_was_overtaken_touches_nothing() {
    let mut view = mysql("m! -> r1~ r2~; x -> r3");
    let done = vec![whole(seal("r1")), whole(seal("r2")), whole(promote("r1"))];
    let mut recovered = recovery(&view, done);
    recovered.resumed = Some(NOW);
    let moved = shared::Source::Attached(key("x"));
    sketch::change(&mut view, "r2", |instance| instance.source = moved.clone());
    assert_eq!(asked(&view, &recovered), "done: r1:3306, lost [], needless true");
}
