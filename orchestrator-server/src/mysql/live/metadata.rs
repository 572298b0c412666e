//! Turns the answers of the operator's queries, and patterns on the hostname, into metadata.

use shared::PromotionRule;

use super::{
    answer::Answer, failure::QueryError, question::Question, reader::Answers,
    settings::LiveSettings,
};
use crate::mysql::state::{Degraded, DetectField, Metadata, Part};

/// Reads all metadata of a server; what failed is added to `degraded` and stays unset, so that
/// the last good value is kept.
pub(super) fn metadata(
    answers: &Answers,
    settings: &LiveSettings,
    hostname: &str,
    degraded: &mut Vec<Degraded>,
) -> Metadata {
    let mut metadata = Metadata::default();
    for (field, pattern) in &settings.patterns {
        let group = pattern.captures(hostname).and_then(|found| found.get(1));
        if let Some(group) = group {
            // A text always fits the fields that patterns are for.
            let _ = set(&mut metadata, *field, group.as_str());
        }
    }
    for (question, answer) in answers {
        let Question::Detect(field) = *question else { continue };
        if let Err(reason) = take(&mut metadata, field, answer) {
            clear(&mut metadata, field);
            degraded.push(Degraded { part: Part::Detect(field), reason });
        }
    }
    metadata
}

fn take(
    metadata: &mut Metadata,
    field: DetectField,
    answer: &Result<Answer, QueryError>,
) -> Result<(), String> {
    match answer {
        Err(error) => Err(error.to_string()),
        Ok(answer) => match answer.scalar() {
            // NULL and no row mean "not known to the query".
            None => Ok(()),
            Some(text) => set(metadata, field, text),
        },
    }
}

/// Sets a field from its text; an empty text is no value.
fn set(metadata: &mut Metadata, field: DetectField, text: &str) -> Result<(), String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(());
    }
    let value = Some(text.to_owned());
    match field {
        DetectField::InstanceAlias => metadata.instance_alias = value,
        DetectField::ClusterAlias => metadata.cluster_alias = value,
        DetectField::ClusterDomain => metadata.cluster_domain = value,
        DetectField::DataCenter => metadata.data_center = value,
        DetectField::Region => metadata.region = value,
        DetectField::PhysicalEnvironment => metadata.environment = value,
        DetectField::PromotionRule => {
            let rule = text.parse::<PromotionRule>().map_err(|error| error.to_string())?;
            metadata.promotion_rule = Some(rule);
        }
        DetectField::SemiSyncPriority => metadata.semi_sync_priority = Some(number(text)?),
        DetectField::Lag => {
            let seconds: i64 = number(text)?;
            metadata.lag_seconds = Some(seconds.max(0).unsigned_abs());
        }
        DetectField::PseudoGtid => metadata.pseudo_gtid = Some(text == "1"),
    }
    Ok(())
}

fn number<N: std::str::FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| format!("the query answered {text:?}; a whole number is needed"))
}

fn clear(metadata: &mut Metadata, field: DetectField) {
    match field {
        DetectField::InstanceAlias => metadata.instance_alias = None,
        DetectField::ClusterAlias => metadata.cluster_alias = None,
        DetectField::ClusterDomain => metadata.cluster_domain = None,
        DetectField::DataCenter => metadata.data_center = None,
        DetectField::Region => metadata.region = None,
        DetectField::PhysicalEnvironment => metadata.environment = None,
        DetectField::PromotionRule => metadata.promotion_rule = None,
        DetectField::SemiSyncPriority => metadata.semi_sync_priority = None,
        DetectField::Lag => metadata.lag_seconds = None,
        DetectField::PseudoGtid => metadata.pseudo_gtid = None,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::answer::fixtures::table, *};
    use regex::Regex;
    use rstest::rstest;

    fn read(field: DetectField, answer: Result<Answer, QueryError>) -> (Metadata, Vec<Degraded>) {
        let mut settings = LiveSettings::for_account("orchestrator", "");
        settings.patterns =
            vec![(DetectField::DataCenter, Regex::new("[.]([^.]+)[.]example").unwrap())];
        let answers = Answers::from([(Question::Detect(field), answer)]);
        let mut degraded = Vec::new();
        let metadata = metadata(&answers, &settings, "db1.east.example", &mut degraded);
        (metadata, degraded)
    }

    fn one(value: &str) -> Result<Answer, QueryError> {
        Ok(table(&format!("value\n{value}")))
    }

    fn failed() -> Result<Answer, QueryError> {
        Err(QueryError::Server { code: 1146, text: "no such table".to_owned() })
    }

    #[rstest]
    #[case(one("west"), Some("west"), 0)]
    #[case(one("NULL"), Some("east"), 0)]
    #[case(Ok(Answer::default()), Some("east"), 0)]
    #[case(failed(), None, 1)]
    fn a_query_overrides_a_pattern_but_its_failure_is_no_answer(
        #[case] answer: Result<Answer, QueryError>,
        #[case] data_center: Option<&str>,
        #[case] problems: usize,
    ) {
        let (metadata, degraded) = read(DetectField::DataCenter, answer);
        assert_eq!(metadata.data_center.as_deref(), data_center);
        assert_eq!(degraded.len(), problems);
    }

    #[rstest]
    #[case("prefer_not", Some(PromotionRule::PreferNot), 0)]
    #[case("", None, 0)]
    #[case("often", None, 1)]
    fn promotion_rules(
        #[case] text: &str,
        #[case] rule: Option<PromotionRule>,
        #[case] problems: usize,
    ) {
        let (metadata, degraded) = read(DetectField::PromotionRule, one(text));
        assert_eq!((metadata.promotion_rule, degraded.len()), (rule, problems));
    }

    #[rstest]
    #[case("17", Some(17), 0)]
    #[case("-3", Some(0), 0)]
    #[case("1.5", None, 1)]
    fn lag(#[case] text: &str, #[case] seconds: Option<u64>, #[case] problems: usize) {
        let (metadata, degraded) = read(DetectField::Lag, one(text));
        assert_eq!((metadata.lag_seconds, degraded.len()), (seconds, problems));
    }

    #[rstest]
    #[case("1", Some(1), 0)]
    #[case("-1", None, 1)]
    fn semi_sync_priority(
        #[case] text: &str,
        #[case] priority: Option<u32>,
        #[case] problems: usize,
    ) {
        let (metadata, degraded) = read(DetectField::SemiSyncPriority, one(text));
        assert_eq!((metadata.semi_sync_priority, degraded.len()), (priority, problems));
    }
}
