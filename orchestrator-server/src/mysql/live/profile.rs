//! What is learned of a server when a connection is new, and again from time to time: family,
//! version, and which variables it has.

use std::{sync::Arc, time::Duration};

use shared::{Flavor, Version};
use tokio::time::Instant;

use super::answer::Answer;
use crate::mysql::dialect::{Dialect, read::WANTED_VARIABLES};

/// Variables come and go with plugins; a server is asked for them again after this time.
const VALID_FOR: Duration = Duration::from_secs(60);

/// Slow-changing facts of a server.
#[derive(Clone, Debug)]
pub(super) struct Profile {
    pub(super) flavor: Flavor,
    pub(super) dialect: Dialect,
    /// Version exactly as the server wrote it.
    pub(super) version_text: String,
    /// The wanted variables that the server has.
    pub(super) variables: Arc<[&'static str]>,
    learned: Instant,
}

impl Profile {
    /// Reads the answer of [`crate::mysql::dialect::read::existing_variables`]; `None` when it
    /// does not even tell the version.
    pub(super) fn of(answer: &Answer) -> Option<Self> {
        let answer = answer.transposed();
        let row = answer.first()?;
        let version_text = row.get("version")?.to_owned();
        let flavor = Flavor::of(&version_text, row.get("version_comment").unwrap_or_default());
        let dialect = Dialect::of(flavor, Version::parse(&version_text));
        let variables = WANTED_VARIABLES.iter().copied().filter(|name| row.has(name)).collect();
        Some(Self { flavor, dialect, version_text, variables, learned: Instant::now() })
    }

    pub(super) fn is_fresh(&self) -> bool {
        self.learned.elapsed() < VALID_FOR
    }

    pub(super) fn has(&self, variable: &str) -> bool {
        self.variables.contains(&variable)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::answer::fixtures::table, *};
    use crate::mysql::dialect::Vocabulary;

    #[test]
    fn learned_from_the_variables_that_exist() {
        let profile = Profile::of(&table(
            "Variable_name | Value
             version | 10.11.19-MariaDB-log
             version_comment | x
             gtid_slave_pos | 0-1-2
             something_else | 1",
        ))
        .unwrap();
        assert_eq!(profile.flavor, Flavor::MariaDb);
        assert_eq!(profile.dialect.vocabulary, Vocabulary::MariaDb);
        assert!(profile.has("gtid_slave_pos") && !profile.has("gtid_executed"));
        assert_eq!(&*profile.variables, ["version", "version_comment", "gtid_slave_pos"]);
    }

    #[test]
    fn an_answer_without_version_teaches_nothing() {
        assert!(Profile::of(&table("Variable_name | Value\n hostname | db1")).is_none());
    }
}
