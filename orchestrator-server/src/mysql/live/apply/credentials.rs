//! The account by which a server shall replicate, when its channel has none.

use super::{actor::Actor, point::Source};
use crate::mysql::{
    dialect::{Credentials, Vocabulary, read},
    driver::ActionError,
    live::answer::Answer,
};

impl Actor<'_> {
    /// Looks for an account where it may be found: the operator's query, MySQL's own table, what
    /// the new source used before it was promoted, and the same two at the new source.
    pub(super) async fn find_credentials(
        &mut self,
        source: &Source<'_>,
    ) -> Result<Credentials, ActionError> {
        let mut found = self.credentials_here().await?;
        if found.is_none() {
            found = source.server.and_then(super::super::server::Server::former_account);
        }
        if found.is_none()
            && let Some(server) = source.server
        {
            let there = Actor::open(source.key, server, self.settings).await;
            if let Ok(mut there) = there {
                found = there.credentials_here().await?;
            }
        }
        found.ok_or_else(|| {
            ActionError::Refused(format!(
                "{}: no replication account is known; set ReplicationCredentialsQuery",
                self.key
            ))
        })
    }

    /// The account by the operator's query, or else by MySQL's own table.
    pub(super) async fn credentials_here(&mut self) -> Result<Option<Credentials>, ActionError> {
        if let Some(query) = &self.settings.replication_credentials {
            let statement = query.statement().map_err(|error| {
                ActionError::Refused(format!("ReplicationCredentialsQuery: {error}"))
            })?;
            let answers = self.read(&[statement]).await?;
            let account = answers.first().and_then(account);
            if account.is_some() {
                return Ok(account);
            }
        }
        if self.dialect.vocabulary == Vocabulary::MariaDb {
            return Ok(None);
        }
        // Without the grant it is as if there were none.
        let answers = self.read(&[read::STORED_CREDENTIALS]).await.unwrap_or_default();
        Ok(answers.first().and_then(account))
    }
}

/// User, password, CA, certificate and key by position; missing columns are empty.
fn account(answer: &Answer) -> Option<Credentials> {
    let row = answer.first()?;
    let text = |index| row.at(index).unwrap_or_default().to_owned();
    let account = Credentials {
        user: text(0),
        password: text(1),
        tls_ca: text(2),
        tls_cert: text(3),
        tls_key: text(4),
    };
    (!account.user.is_empty()).then_some(account)
}

#[cfg(test)]
mod tests {
    use super::{super::super::answer::fixtures::table, *};

    #[test]
    fn accounts_by_position() {
        let found = account(&table("u | p | ca\n repl | secret | /ca.pem")).unwrap();
        assert_eq!(
            (found.user.as_str(), found.password.as_str(), found.tls_ca.as_str()),
            ("repl", "secret", "/ca.pem")
        );
        assert_eq!(found.tls_key, "");
        assert_eq!(account(&table("u | p\n | secret")), None);
        assert_eq!(account(&table("u | p\n NULL | NULL")), None);
        assert!(!format!("{found:?}").contains("secret"));
    }
}
