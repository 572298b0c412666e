//! Tests of the algebra and of the texts of Oracle GTID sets.

use proptest::prelude::*;
use rstest::rstest;

use super::*;

const A: &str = "00020111-1111-1111-1111-111111111111";
const B: &str = "00020112-1111-1111-1111-111111111111";

/// `a:1-3` stands for the first UUID, `b:…` for the second.
fn set(text: &str) -> GtidSet {
    text.replace('a', A).replace('b', B).parse().unwrap()
}

fn uuid(text: &str) -> ServerUuid {
    text.parse().unwrap()
}

#[rstest]
#[case("", "")]
#[case(" , \n", "")]
#[case("a:1", "a:1")]
#[case("a:1-1", "a:1")]
#[case("a:3:1-2", "a:1-3")]
#[case("a:1-5:3-7:9", "a:1-7:9")]
#[case(" b:1-3 ,\n a:7\n", "a:7,b:1-3")]
#[case("a:1,a:2", "a:1-2")]
#[case("a : 1 - 2 : 5", "a:1-2:5")]
#[case("a:tg:1-5:tg2:7", "a:tg:1-5:tg2:7")]
#[case("a:1-3:5:tg:1", "a:1-3:5:tg:1")]
#[case("a:tg2:7:TG:1,a:4", "a:4:tg:1:tg2:7")]
#[case("a:_t_1:1:_t_1:2", "a:_t_1:1-2")]
#[case("a:1:tg:1,b:1", "a:1:tg:1,b:1")]
fn canonical_text(#[case] text: &str, #[case] canonical: &str) {
    assert_eq!(set(text).to_string(), canonical.replace('a', A).replace('b', B));
}

#[test]
fn uuids_have_no_case() {
    let upper = "0002ABCD-1111-1111-1111-111111111111:1";
    assert_eq!(upper.parse::<GtidSet>().unwrap().to_string(), upper.to_lowercase());
}

#[rstest]
#[case("zzz", "Cannot parse OracleGtidSetEntry from zzz")]
#[case("zzz:1", "Unexpected UUID: zzz")]
#[case(":1", "Unexpected UUID: ")]
#[case("@:", "Unexpected GTID range: ")]
#[case("@:1:", "Unexpected GTID range: ")]
#[case("@:0", "Unexpected GTID range: 0")]
#[case("@:5-4", "Unexpected GTID range: 5-4")]
#[case("@:1-2-3", "Unexpected GTID range: 1-2-3")]
#[case("@:-3", "Unexpected GTID range: -3")]
#[case("@:+3", "Unexpected GTID range: +3")]
#[case("@:9223372036854775808", "Unexpected GTID range: 9223372036854775808")]
#[case("@:tg-x:1", "Unexpected GTID range: tg-x")]
#[case(
    "@:t1234567890123456789012345678901x:1",
    "Unexpected GTID range: t1234567890123456789012345678901x"
)]
#[case("@:tg", "Invalid format: Found a tag without any intervals: @:tg")]
#[case("@:1:tg:th:1", "Invalid format: Found a tag without any intervals: @:1:tg:th:1")]
fn refused(#[case] text: &str, #[case] message: &str) {
    let error = text.replace('@', A).parse::<GtidSet>().unwrap_err();
    assert_eq!(error.to_string(), message.replace('@', A));
}

#[rstest]
#[case("a:1-10", "a:3-5", "a:1-2:6-10")]
#[case("a:1-10,b:1", "a:1-10", "b:1")]
#[case("a:1-10", "b:1-10", "a:1-10")]
#[case("a:1-3:tg:1-3", "a:1-3", "a:tg:1-3")]
#[case("a:1-3:tg:1-3", "a:tg:2", "a:1-3:tg:1:3")]
#[case("a:1-3", "a:1-5", "")]
fn subtraction(#[case] left: &str, #[case] right: &str, #[case] expected: &str) {
    assert_eq!(set(left).minus(&set(right)), set(expected));
}

#[test]
fn tags_are_different_transactions() {
    assert!(!set("a:1-3").contains(&set("a:tg:1")));
    assert!(set("a:1-3:tg:1-2").contains(&set("a:2:tg:1")));
    assert_eq!(set("a:1-3:tg:1-2").intersect(&set("a:1:th:1")), set("a:1"));
}

#[test]
fn counted_and_listed_one_by_one() {
    let some = set("a:1-2:tg:7,b:5");
    assert_eq!(some.count(), 4);
    let texts: Vec<_> = some.gtids().map(|gtid| gtid.to_string()).collect();
    assert_eq!(texts, [format!("{A}:1"), format!("{A}:2"), format!("{A}:tg:7"), format!("{B}:5")]);
    let whole = set(&format!("a:1-{MAX_NUMBER}"));
    assert_eq!(whole.gtids().take(2).count(), 2);
    assert_eq!(whole.union(&set("b:1")).count(), u128::from(MAX_NUMBER) + 1);
}

#[test]
fn uuids_are_kept_or_dropped_whole() {
    let some = set("a:1:tg:7,b:5");
    assert_eq!(some.uuids().collect::<Vec<_>>(), [uuid(A), uuid(B)]);
    assert_eq!(some.without_uuid(uuid(A)), set("b:5"));
    assert_eq!(some.only_uuids(&[uuid(A)]), set("a:1:tg:7"));
    assert_eq!(some.only_uuids(&[]), GtidSet::new());
}

fn any_set() -> impl Strategy<Value = GtidSet> {
    let origin = (prop::sample::select(vec![A, B]), prop::sample::select(vec!["", "tg", "_x"]));
    prop::collection::vec((origin, 1u64..40, 0u64..6), 0..12).prop_map(|parts| {
        let entries = parts.into_iter().map(|((uuid, tag), first, length)| {
            let tag = if tag.is_empty() { String::new() } else { format!("{tag}:") };
            format!("{uuid}:{tag}{first}-{}", first + length)
        });
        entries.collect::<Vec<_>>().join(",").parse().unwrap()
    })
}

proptest! {
    #[test]
    fn taken_away_and_left_make_the_whole(a in any_set(), b in any_set()) {
        prop_assert_eq!(a.minus(&b).union(&a.intersect(&b)), a);
    }

    #[test]
    fn union_and_intersection_are_commutative(a in any_set(), b in any_set()) {
        prop_assert_eq!(a.union(&b), b.union(&a));
        prop_assert_eq!(a.intersect(&b), b.intersect(&a));
    }

    #[test]
    fn union_is_associative_and_holds_both(a in any_set(), b in any_set(), c in any_set()) {
        prop_assert_eq!(a.union(&b).union(&c), a.union(&b.union(&c)));
        prop_assert!(a.union(&b).contains(&a));
        prop_assert!(a.union(&b).contains(&b));
    }

    #[test]
    fn containing_means_that_nothing_is_left(a in any_set(), b in any_set()) {
        prop_assert_eq!(a.contains(&b), b.minus(&a).is_empty());
        prop_assert!(a.minus(&b).intersect(&b).is_empty());
    }

    #[test]
    fn counts_add_up(a in any_set(), b in any_set()) {
        prop_assert_eq!(a.count() + b.count(), a.union(&b).count() + a.intersect(&b).count());
        prop_assert_eq!(a.is_empty(), a.count() == 0);
    }

    #[test]
    fn what_display_writes_is_read_back(a in any_set()) {
        prop_assert_eq!(a.to_string().parse(), Ok(a.clone()));
        prop_assert_eq!(a.gtids().collect::<GtidSet>(), a);
    }

    #[test]
    fn parse_never_panics(text in any::<String>(), tail in "[0-9a-f:,\\- _]{0,30}") {
        let _ = text.parse::<GtidSet>();
        let _ = format!("{A}:{tail}").parse::<GtidSet>();
    }
}
