//! Who is promoted, on sketched clusters whose source `m` is dead.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use proptest::prelude::*;
use rstest::rstest;
use shared::{InstanceKey, gtid::GtidSet};

use super::{Choice, Criterion, Rejection, Sealed, choose, covers, nobody_promotable};
use crate::{
    config::{Config, HostFilters, List},
    inventory::{
        sketch::{change, configure, key, mariadb, mysql, uuid},
        view::ClusterView,
    },
    mysql::state::Position,
};

/// What the reachable replicas hold, as if they had been stopped right now.
fn sealed(view: &ClusterView) -> BTreeMap<InstanceKey, Sealed> {
    let reachable = view.cluster.replicas_of(&key("m")).cloned().collect::<Vec<_>>();
    reachable
        .into_iter()
        .filter(|replica| replica.is_valid())
        .map(|replica| {
            let state = replica.state.clone().unwrap();
            let executed = state.gtid.executed.clone();
            let channel = state.replication.as_ref().unwrap();
            let drained = executed.contains(&state.held()) && channel.applied_all_read();
            (replica.key.clone(), Sealed { executed, held: state.held(), drained })
        })
        .collect()
}

fn chosen(view: &ClusterView, wanted: Option<&str>, excluded: &[&str]) -> Choice {
    let wanted = wanted.map(key);
    let excluded: BTreeSet<InstanceKey> = excluded.iter().map(|name| key(name)).collect();
    choose(view, &key("m"), &sealed(view), wanted.as_ref(), &excluded)
}

/// `candidate`, or `donor > candidate`; then who loses transactions, and who cannot follow.
fn summary(choice: &Choice) -> String {
    let name = |key: &InstanceKey| key.hostname().to_owned();
    let names = |word: &str, keys: Vec<String>| {
        if keys.is_empty() { String::new() } else { format!(", {word} {}", keys.join(" ")) }
    };
    let donor = name(&choice.donor);
    let candidate = choice.candidate.as_ref().map_or("nobody".to_owned(), name);
    let who = if donor == candidate { candidate } else { format!("{donor} > {candidate}") };
    let diverged = names("loses", choice.diverged.iter().map(name).collect());
    let stranded = names("strands", choice.stranded.iter().map(|(key, _)| name(key)).collect());
    format!("{who}{diverged}{stranded}")
}

const BOTH: &[(&str, &str)] = &[
    // Who retrieved most, applied or not.
    ("m! -> r1", "r1"),
    ("m! -> r1(10) r2(9)", "r1"),
    ("m! -> r1(9) r2(10)", "r2"),
    ("m! -> r1(5/10) r2(9)", "r1"),
    ("m! -> r1(0/10) r2(9) r3(9)", "r1"),
    // Among equals: applied, then place, delay, replicas, name.
    ("m! -> r1(5/10) r2(10)", "r2"),
    ("m! -> r1 r2", "r1"),
    ("m![dc=e] -> r1[dc=w] r2[dc=e]", "r2"),
    ("m![dc=e] -> r1[dc=w] r2", "r2"),
    ("m![dc=e] -> r1 r2[dc=e]", "r2"),
    ("m![dc=e env=prod] -> r1[dc=e env=test] r2[dc=e env=prod]", "r2"),
    ("m![dc=e env=prod] -> r1[dc=e env=test] r2[dc=w env=prod]", "r1"),
    ("m! -> r1[delay=3600] r2", "r2"),
    ("m! -> r1(10)[delay=3600] r2(9)", "r1"),
    ("m! -> r1 r2; r2 -> x", "r2"),
    // A better rule wins, and catches up first where it is behind.
    ("m! -> r1 r2[prefer]", "r2"),
    ("m! -> r1(10) r2(5/10)[prefer]", "r2"),
    ("m! -> r1(10) r2(8)[prefer]", "r1 > r2"),
    ("m! -> r1(10)[prefer_not] r2(8)", "r1 > r2"),
    ("m! -> r1(10) r2(8)[prefer_not]", "r1"),
    ("m! -> r1(10)[prefer_not] r2(8)[prefer_not]", "r1"),
    ("m! -> r1(10)[must_not] r2(7) r3(8)", "r1 > r3"),
    ("m! -> r1(10)[prefer dc=w] r2(8)[prefer dc=e]", "r1"),
    ("m![dc=e] -> r1(10)[prefer dc=w] r2(8)[prefer dc=e]", "r1 > r2"),
    ("m![dc=e] -> r1(10)[dc=w] r2(9)[dc=e]", "r1"),
    ("m! -> r1(10) r2(6)[prefer] r3(8)[prefer]", "r1 > r3"),
    // Who may not be promoted still passes on what it holds.
    ("m! -> r1(10)@ r2(8)", "r1 > r2"),
    ("m! -> r1(10)[group=SECONDARY] r2(8)", "r1 > r2"),
    ("m! -> r1@ r2[must_not]", "r1 > nobody"),
    ("m! -> r1[nolog]", "r1 > nobody"),
    // Unless it cannot: then its transactions are lost, and named.
    ("m! -> r1(10)[nolog] r2(8)", "r2, loses r1"),
    ("m! -> r1(10)[noupdates] r2(8)", "r2, loses r1"),
    ("m! -> r1(10)[nolog] r2(9)[nolog] r3(8)", "r3, loses r1 r2"),
    ("m! -> r1(10)[nolog] r2(10)", "r2"),
    ("m! -> r1[nolog] r2[nolog]", "r1 > nobody"),
    // Who cannot be reached takes no part.
    ("m! -> r1(10)! r2(8)", "r2"),
    // The others must be able to follow.
    ("m! -> r1[format=ROW] r2[format=MIXED] r3[format=MIXED]", "r2"),
    ("m! -> r1[format=MIXED] r2 r3", "r1"),
    ("m! -> r1[v=11.4.2] r2[v=10.11.2] r3[v=10.11.9]", "r2"),
    ("m! -> r1[v=10.2.9] r2[v=10.11.2]", "r1"),
    ("m! -> r1[v=11.4.2 prefer] r2[v=10.11.2]", "r2"),
    ("m! -> r1[v=11.4.2 prefer] r2[v=10.11.2] r3[v=11.4.2]", "r1, strands r2"),
    // Replicas can be rebuilt, transactions cannot.
    ("m! -> r1(10)[v=11.4.2] r2(9)[v=10.11.2] r3(9)[v=10.11.2]", "r1, strands r2 r3"),
    ("m! -> r1(10)[v=11.4.2 must_not] r2(9)[v=10.11.2]", "r2, loses r1"),
];

const MYSQL: &[(&str, &str)] = &[
    // Errant transactions of a replica itself say nothing about what it retrieved.
    ("m! -> r1(10+3) r2(10)", "r2"),
    ("m! -> r1(9+3) r2(10)", "r2"),
    ("m! -> r1(10+3) r2(9)", "r1"),
    ("m! -> r1(10+3)[prefer] r2(10)", "r1"),
    ("m! -> r1(8+3)[prefer] r2(10)", "r2 > r1"),
    // Purged transactions cannot be passed on.
    ("m! -> r1(10)[purged=9] r2(8)[prefer]", "r1, strands r2"),
    ("m! -> r1(10)[purged=8] r2(8)[prefer]", "r1 > r2"),
    ("m! -> r1(10)[purged=9 must_not] r2(8)", "r2, loses r1"),
    // Without GTID by coordinates, and nobody can follow anybody.
    ("m! -> r1(5/10)[nogtid] r2(9)[nogtid]", "r1, strands r2"),
    ("m! -> r1(9)[nogtid] r2(10)[nogtid]", "r2, strands r1"),
    ("m! -> r1(10)[nogtid] r2(9)[nogtid prefer]", "r1, strands r2"),
    ("m! -> r1(10)[nogtid must_not] r2(9)[nogtid]", "r2, loses r1, strands r1"),
    ("m! -> r1[mode=ON_PERMISSIVE] r2[mode=OFF_PERMISSIVE]", "r1, strands r2"),
];

const MARIADB: &[(&str, &str)] = &[
    // What a replica wrote itself hides how much it retrieved.
    ("m!(9) -> r1(8+3) r2(10)", "r2, loses r1"),
    ("m!(9) -> r1(8+3)[prefer] r2(9)", "r2, loses r1"),
    ("m!(9) -> r1(8+3)", "r1"),
];

#[test]
fn who_is_promoted() {
    for (sketch, expected) in BOTH.iter().chain(MYSQL) {
        assert_eq!(summary(&chosen(&mysql(sketch), None, &[])), *expected, "MySQL: {sketch}");
    }
    for (sketch, expected) in BOTH.iter().chain(MARIADB) {
        assert_eq!(summary(&chosen(&mariadb(sketch), None, &[])), *expected, "MariaDB: {sketch}");
    }
}

#[rstest]
#[case("m! -> r1 r2", "r2", "r2")]
#[case("m! -> r1(10) r2(8)", "r2", "r1 > r2")]
#[case("m! -> r1[prefer] r2[prefer_not]", "r2", "r2")]
// Who asks by name knows about rules and downtime.
#[case("m! -> r1 r2[must_not]@", "r2", "r2")]
#[case("m! -> r1 r2[nolog]", "r2", "r1 > nobody")]
#[case("m! -> r1 r2!", "r2", "r1 > nobody")]
#[case("m! -> r1 r2", "x", "r1 > nobody")]
fn the_wanted_one_or_nobody(#[case] sketch: &str, #[case] wanted: &str, #[case] expected: &str) {
    assert_eq!(summary(&chosen(&mysql(sketch), Some(wanted), &[])), expected);
}

#[rstest]
#[case("m! -> r1 r2", &["r1"], "r2")]
#[case("m! -> r1(10) r2(9)", &["r1"], "r1 > r2")]
#[case("m! -> r1 r2", &["r1", "r2"], "r1 > nobody")]
fn who_failed_before_is_not_tried_again(
    #[case] sketch: &str,
    #[case] excluded: &[&str],
    #[case] expected: &str,
) {
    assert_eq!(summary(&chosen(&mysql(sketch), None, excluded)), expected);
}

fn nothing(_: &mut Config) {}

fn prevent_cross_data_center(config: &mut Config) {
    config.raw.prevent_cross_data_center_master_failover = true;
}

fn prevent_cross_region(config: &mut Config) {
    config.raw.prevent_cross_region_master_failover = true;
}

fn lag_limit(config: &mut Config) {
    config.raw.fail_master_promotion_on_lag_minutes = 2;
}

fn ignore_r1(config: &mut Config) {
    config.filters.promotion_ignore = HostFilters::new(&List::from(["^r1:"])).0;
}

fn lower_version_allowed(config: &mut Config) {
    config.raw.lower_replica_version_allowed = true;
}

fn verify_filters(config: &mut Config) {
    config.raw.verify_replication_filters = true;
}

#[rstest]
#[case("m![dc=e] -> r1(10)[dc=w] r2(8)[dc=e]", prevent_cross_data_center, "r1 > r2")]
#[case("m![dc=e] -> r1[dc=w prefer]", prevent_cross_data_center, "r1 > nobody")]
#[case("m![dc=e] -> r1(10) r2(8)[dc=e]", prevent_cross_data_center, "r1")]
#[case("m! -> r1(10)[dc=w] r2(8)[dc=e]", prevent_cross_data_center, "r1")]
#[case("m![dc=] -> r1(10)[dc=w] r2(8)[dc=e]", prevent_cross_data_center, "r1")]
#[case("m![region=e] -> r1(10)[region=w] r2(8)[region=e]", prevent_cross_region, "r1 > r2")]
#[case("m![dc=e] -> r1(10)[dc=w] r2(8)[dc=e]", prevent_cross_region, "r1")]
#[case("m! -> r1(10)[lag=120] r2(8)[lag=119]", lag_limit, "r1 > r2")]
#[case("m! -> r1(10)[lag=null] r2(8)", lag_limit, "r1 > r2")]
#[case("m! -> r1(10)[lag=null]", lag_limit, "r1 > nobody")]
#[case("m! -> r1(10) r2(8)", ignore_r1, "r1 > r2")]
#[case("m! -> r1[v=8.4.1 prefer] r2 r3", lower_version_allowed, "r1")]
#[case("m! -> r1[filters prefer] r2 r3", verify_filters, "r2")]
#[case("m! -> r1[filters prefer] r2[filters] r3", verify_filters, "r1, strands r3")]
#[case("m! -> r1[filters prefer] r2 r3", nothing, "r1")]
fn configuration_counts_before_anything_moves(
    #[case] sketch: &str,
    #[case] setting: fn(&mut Config),
    #[case] expected: &str,
) {
    let mut view = mysql(sketch);
    configure(&mut view, setting);
    assert_eq!(summary(&chosen(&view, None, &[])), expected);
    let nobody = nobody_promotable(&view, &key("m"));
    assert_eq!(nobody.is_some(), expected.ends_with("nobody"), "{nobody:?}");
}

#[test]
fn the_lag_of_the_operators_query_counts() {
    let mut view = mysql("m! -> r1(10)[lag=null] r2(8)");
    configure(&mut view, lag_limit);
    change(&mut view, "r1", |r1| r1.metadata.lag_seconds = Some(3));
    assert_eq!(summary(&chosen(&view, None, &[])), "r1");
}

#[rstest]
#[case("m! -> r1 r2[prefer]", "r1", Rejection::Outranked(key("r2"), Criterion::Rule))]
#[case("m! -> r1(10) r2(9)", "r2", Rejection::Outranked(key("r1"), Criterion::Retrieved))]
#[case("m! -> r1(5/10) r2", "r1", Rejection::Outranked(key("r2"), Criterion::Drained))]
#[case("m! -> r1 r2", "r2", Rejection::Outranked(key("r1"), Criterion::Name))]
#[case("m! -> r1(10+1) r2", "r1", Rejection::Outranked(key("r2"), Criterion::OwnWrites))]
#[case("m! -> r1 r2; r2 -> x", "r1", Rejection::Outranked(key("r2"), Criterion::Replicas))]
#[case("m! -> r1! r2", "r1", Rejection::Unreachable)]
#[case("m! -> r1[noupdates] r2", "r1", Rejection::NoLogReplicaUpdates)]
#[case("m! -> r1[maxscale] r2", "r1", Rejection::BinlogServer)]
#[case("m! -> r1@ r2", "r1", Rejection::Downtimed("maintenance".to_owned()))]
fn everybody_else_is_told_why(
    #[case] sketch: &str,
    #[case] name: &str,
    #[case] expected: Rejection,
) {
    let choice = chosen(&mysql(sketch), None, &[]);
    let reasons: BTreeMap<_, _> = choice.reasons.into_iter().collect();
    assert_eq!(reasons[&key(name)], [expected]);
}

#[test]
fn nobody_is_explained_in_one_line() {
    let mut view = mysql("m![dc=e] -> r1[dc=w must_not] r2[nolog dc=e]@ r3!");
    configure(&mut view, prevent_cross_data_center);
    assert_eq!(
        chosen(&view, None, &[]).explain_nobody(),
        "no replica may be promoted (r1:3306: its promotion rule is must_not, \
         PreventCrossDataCenterMasterFailover: will not promote server in w when failed server \
         in e; r2:3306: it has no binary log, it is downtimed: maintenance; r3:3306: it cannot \
         be reached)"
    );
    let before: Vec<String> = nobody_promotable(&view, &key("m"))
        .unwrap()
        .iter()
        .map(|(key, reason)| format!("{key}: {reason}"))
        .collect();
    assert_eq!(before.len(), 5);
    assert_eq!(before[4], "r3:3306: it cannot be reached");
}

#[test]
fn without_sealed_replicas_there_is_nobody() {
    let choice = choose(&mysql("m! -> r1"), &key("m"), &BTreeMap::new(), None, &BTreeSet::new());
    assert_eq!(choice.candidate, None);
    assert_eq!(choice.reasons, [(key("r1"), vec![Rejection::Unreachable])]);
}

/// Adds transactions of an unknown origin to what a server executed.
fn inject(view: &mut ClusterView, name: &str) {
    change(view, name, |instance| {
        let state = Arc::make_mut(instance.state.as_mut().unwrap());
        let foreign: GtidSet = format!("{}:1-3", uuid(77)).parse().unwrap();
        let foreign = Position::Oracle(Arc::new(foreign));
        state.gtid.executed = state.gtid.executed.union(&foreign);
    });
}

#[test]
fn of_diverged_replicas_the_one_with_more_of_the_sources_history_wins() {
    let mut view = mysql("m! -> r1(8) r2(10) r3(9)");
    inject(&mut view, "r1");
    let choice = chosen(&view, None, &[]);
    assert_eq!(summary(&choice), "r2, loses r1");
    let reasons: BTreeMap<_, _> = choice.reasons.into_iter().collect();
    assert_eq!(reasons[&key("r1")], [Rejection::Diverged(key("r2"))]);
}

#[test]
fn a_foreign_transaction_is_kept_where_nothing_speaks_against_it() {
    let mut view = mysql("m! -> r1(10) r2(10)");
    inject(&mut view, "r2");
    assert_eq!(summary(&chosen(&view, None, &[])), "r2");
}

#[test]
fn the_candidate_ends_up_with_all_that_both_hold() {
    let choice = chosen(&mysql("m! -> r1(10) r2(8+2)[prefer]"), None, &[]);
    assert_eq!(choice.holds.to_string(), format!("{}:1-10,{}:1-2", uuid(1), uuid(3)));
}

#[test]
fn an_earlier_source_has_no_errant_transactions() {
    // r1 wrote 0-2-11 while it was the source, and m went on from there.
    let mut view = mariadb("m!(10) -> r1(10+1) r2(10)");
    let former = view.instance(&key("r1")).unwrap().state.clone().unwrap().gtid.executed.clone();
    for name in ["m", "r2"] {
        change(&mut view, name, |instance| {
            let state = Arc::make_mut(instance.state.as_mut().unwrap());
            state.gtid.executed = former.clone();
        });
    }
    assert_eq!(summary(&chosen(&view, None, &[])), "r1");
}

#[test]
fn errant_transactions_of_the_other_server_do_not_count() {
    let view = mysql("m! -> r1(10) r2(10+2)");
    let sealed = sealed(&view);
    let (r1, r2) = (&sealed[&key("r1")].held, &sealed[&key("r2")].held);
    assert!(covers(&view, r1, &key("r2"), r2));
    assert!(!r1.contains(r2));
}

fn any_replica() -> impl Strategy<Value = String> {
    let rule = prop::sample::select(vec!["prefer", "neutral", "prefer_not", "must_not"]);
    let word = prop::sample::select(vec!["", "", "nolog", "noupdates", "v=8.4.1", "dc=w", "dc=e"]);
    (0u64..4, 0u64..4, rule, word, any::<bool>()).prop_map(|(a, b, rule, word, errant)| {
        let errant = if errant { "+1" } else { "" };
        format!("({}/{}{errant})[{rule} {word}]", a.min(b), b)
    })
}

proptest! {
    #[test]
    fn whoever_is_promoted_the_choice_is_sound(replicas in prop::collection::vec(any_replica(), 1..6)) {
        let named = replicas.iter().enumerate().map(|(i, replica)| format!("r{i}{replica}"));
        let view = mysql(&format!("m![dc=e] -> {}", named.collect::<Vec<_>>().join(" ")));
        let choice = chosen(&view, None, &[]);
        let told: BTreeSet<_> = choice.reasons.iter().map(|(key, _)| key.clone()).collect();
        for (one, sealed) in sealed(&view) {
            // Everybody else is told why, and nobody loses anything unnoticed.
            prop_assert_eq!(told.contains(&one), choice.candidate.as_ref() != Some(&one));
            let kept = covers(&view, &choice.holds, &one, &sealed.held);
            prop_assert_eq!(kept, !choice.diverged.contains(&one));
            // Nothing is lost that could be kept: who loses could not be promoted.
            if choice.diverged.contains(&one) {
                let state = view.instance(&one).unwrap().state.clone().unwrap();
                let forbidden = view.promotion_rule(&one) == shared::PromotionRule::MustNot;
                prop_assert!(forbidden || !state.binlog.enabled || !state.binlog.log_replica_updates);
            }
        }
        if let Some(candidate) = &choice.candidate {
            let state = view.instance(candidate).unwrap().state.clone().unwrap();
            prop_assert!(state.binlog.enabled && state.binlog.log_replica_updates);
            prop_assert!(view.promotion_rule(candidate) != shared::PromotionRule::MustNot);
        }
    }
}
