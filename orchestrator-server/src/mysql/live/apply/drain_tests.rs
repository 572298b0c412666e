use rstest::rstest;

use super::*;
use crate::mysql::dialect::Vocabulary::{MariaDb, Modern};

const SET: &str = "00020111-1111-1111-1111-111111111111:1-9";

#[rstest]
#[case(Modern, SET, true)]
#[case(MariaDb, "0-1-52", true)]
#[case(MariaDb, "0-1-52,1-2-3", true)]
#[case(Modern, "binlog.000007:120", false)]
#[case(MariaDb, "binlog.000007:120", false)]
fn targets(#[case] vocabulary: Vocabulary, #[case] text: &str, #[case] gtid: bool) {
    let target = Target::parse(text, vocabulary).unwrap();
    assert_eq!(matches!(target, Target::Gtid(_)), gtid);
}

#[rstest]
#[case(Modern, "0-1-52")]
#[case(MariaDb, "what")]
fn targets_that_mean_nothing(#[case] vocabulary: Vocabulary, #[case] text: &str) {
    assert_eq!(Target::parse(text, vocabulary), None);
}

#[test]
fn a_server_without_channel_is_judged_by_what_it_holds() {
    let held = Position::Oracle(Arc::new(SET.parse().unwrap()));
    let reading = Reading { executed: held, ..Reading::default() };
    assert!(Target::parse(SET, Modern).unwrap().is_reached(&reading));
    let more = format!("{SET}:11");
    assert!(!Target::parse(&more, Modern).unwrap().is_reached(&reading));
    let coordinates = Target::parse("binlog.000001:4", Modern).unwrap();
    assert!(!coordinates.is_reached(&reading));
}
