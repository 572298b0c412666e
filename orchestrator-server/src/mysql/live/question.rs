//! The parts of a probe as questions: which are asked of a server, and by which statement.

use super::{profile::Profile, settings::LiveSettings};
use crate::mysql::{
    dialect::read,
    state::{DetectField, Part},
};

/// One part of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Question {
    /// Global variables.
    Variables,
    /// Replication channels.
    Replication,
    /// Uptime and semi-sync status.
    Status,
    /// Own binary log position.
    BinlogPosition,
    /// Replicas that announced themselves.
    Replicas,
    /// Connections that send binary logs.
    Dumps,
    /// Group replication members.
    Group,
    /// Replication credentials in a table.
    Credentials,
    /// A query of the operator's.
    Detect(DetectField),
}

impl Question {
    /// Which part of the state lacks when it fails; `None`: the probe fails with it. What a
    /// server replicates from is as essential as its identity: taken for a source by mistake,
    /// a replica would be acted upon.
    pub(super) fn part(self) -> Option<Part> {
        match self {
            Self::Variables | Self::Replication => None,
            Self::Status => Some(Part::Status),
            Self::BinlogPosition => Some(Part::BinlogPosition),
            Self::Replicas | Self::Dumps => Some(Part::Replicas),
            Self::Group => Some(Part::Group),
            Self::Credentials => Some(Part::Credentials),
            Self::Detect(field) => Some(Part::Detect(field)),
        }
    }
}

/// A question with its statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) question: Question,
    pub(super) statement: String,
    /// It gives exactly one answer, so that it may travel with others.
    pub(super) simple: bool,
}

impl Asked {
    fn fixed(question: Question, statement: impl Into<String>) -> Self {
        Self { question, statement: statement.into(), simple: true }
    }
}

/// All questions of a probe, those that may fail or hang last, and the operator's queries that
/// cannot be asked with the reason.
pub(super) fn questions(
    profile: &Profile,
    settings: &LiveSettings,
) -> (Vec<Asked>, Vec<(Question, String)>) {
    let dialect = profile.dialect;
    let mut asked = vec![
        Asked::fixed(Question::Variables, read::variables(profile.variables.iter().copied())),
        Asked::fixed(Question::Replication, dialect.replica_status()),
        Asked::fixed(Question::Status, read::STATUS),
        Asked::fixed(Question::Replicas, dialect.replicas()),
        Asked::fixed(Question::BinlogPosition, dialect.binlog_position()),
    ];
    if profile.has("group_replication_group_name") {
        asked.push(Asked::fixed(Question::Group, read::GROUP_MEMBERS));
    }
    if profile.flavor.is_mysql_like() && settings.replication_credentials.is_none() {
        asked.push(Asked::fixed(Question::Credentials, read::HAS_STORED_CREDENTIALS));
    }
    let mut unusable = Vec::new();
    for (field, query) in &settings.detect {
        let question = Question::Detect(*field);
        match query.statement() {
            Ok(statement) => asked.push(Asked {
                question,
                statement: statement.to_owned(),
                simple: gives_one_answer(statement),
            }),
            Err(error) => unusable.push((question, error.to_string())),
        }
    }
    (asked, unusable)
}

/// The question that is only asked when announcements do not tell the replicas.
pub(super) fn dumps(profile: &Profile, performance_schema: bool) -> Asked {
    Asked::fixed(Question::Dumps, profile.dialect.binlog_dumps(performance_schema))
}

/// A procedure may give any number of answers; a query or `SHOW` gives one.
fn gives_one_answer(statement: &str) -> bool {
    let word: String = statement.chars().take_while(char::is_ascii_alphabetic).collect::<String>();
    ["select", "show"].iter().any(|known| known.eq_ignore_ascii_case(&word))
}

#[cfg(test)]
mod tests {
    use super::{super::answer::fixtures::table, super::settings::OperatorQuery, *};

    fn asked(version: &str, detect: &[(DetectField, &str)]) -> (Vec<Question>, Vec<bool>) {
        let profile = Profile::of(&table(&format!(
            "Variable_name | Value\n version | {version}\n group_replication_group_name | x"
        )))
        .unwrap();
        let mut settings = LiveSettings::for_account("orchestrator", "");
        settings.detect = detect
            .iter()
            .map(|(field, text)| (*field, OperatorQuery::from_config(text).unwrap()))
            .collect();
        let (asked, unusable) = questions(&profile, &settings);
        assert!(unusable.iter().all(|(question, _)| matches!(question, Question::Detect(_))));
        asked.iter().map(|asked| (asked.question, asked.simple)).unzip()
    }

    #[test]
    fn operators_queries_come_last_and_procedures_alone() {
        let detect = [
            (DetectField::Region, "SELECT 'x'"),
            (DetectField::DataCenter, "call meta.dc()"),
            (DetectField::Lag, "select 1; select 2"),
        ];
        let (questions, simple) = asked("9.7.0", &detect);
        let tail = [
            Question::Group,
            Question::Credentials,
            Question::Detect(DetectField::Region),
            Question::Detect(DetectField::DataCenter),
        ];
        assert_eq!(questions[5..], tail);
        assert_eq!(simple[5..], [true, true, true, false]);
    }

    #[test]
    fn mariadb_keeps_no_credentials_in_a_table() {
        let (questions, _) = asked("10.11.1-MariaDB", &[]);
        assert!(!questions.contains(&Question::Credentials));
    }
}
