//! The replicas that a server knows of: those that announced themselves, else the hosts that
//! fetch its binary log.

use std::collections::BTreeSet;

use shared::InstanceKey;

use super::{answer::Answer, settings::LiveSettings};

/// Replicas from their announcements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Announced {
    /// Those with host and port, less those of ignored users.
    pub(super) replicas: BTreeSet<InstanceKey>,
    /// Announcements without host or port.
    pub(super) incomplete: usize,
}

/// Reads the list of announcements. The user is only there when the source shows it and the
/// replicas report it.
pub(super) fn announced(answer: &Answer, settings: &LiveSettings) -> Announced {
    let mut found = Announced::default();
    for row in answer.rows() {
        let port = row.number("Port").unwrap_or(0);
        match InstanceKey::new(row.get("Host").unwrap_or_default(), port) {
            Err(_) => found.incomplete += 1,
            Ok(_) if settings.ignores_user(row.get("User").unwrap_or_default()) => {}
            Ok(key) if settings.ignores_replica(&key) => {}
            Ok(key) => {
                found.replicas.insert(key);
            }
        }
    }
    found
}

/// Replicas from the connections that fetch binary logs: their hosts, at the server's own port
/// because theirs cannot be seen.
pub(super) fn fetching(
    answer: &Answer,
    own: &InstanceKey,
    settings: &LiveSettings,
) -> BTreeSet<InstanceKey> {
    let hosts = answer.rows().filter_map(|row| {
        let ignored = settings.ignores_user(row.get("User").unwrap_or_default());
        row.get("Host").filter(|_| !ignored).map(without_port)
    });
    let keys = hosts.filter_map(|host| own.with_hostname(host).ok());
    keys.filter(|key| key != own && !settings.ignores_replica(key)).collect()
}

/// `host:port` without the client's port.
fn without_port(address: &str) -> &str {
    match address.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => address,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::answer::fixtures::table, *};
    use crate::config::{HostFilters, List, RegexFilters};
    use rstest::rstest;

    fn settings() -> LiveSettings {
        LiveSettings {
            ignored_users: RegexFilters::new(&List::from(["^dump"])).0,
            ignored_replicas: HostFilters::new(&List::from(["^backup.*:3306$"])).0,
            ..LiveSettings::for_account("orchestrator", "")
        }
    }

    fn texts(keys: &BTreeSet<InstanceKey>) -> Vec<String> {
        keys.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn announcements_with_host_and_port_count() {
        let answer = table(
            "Server_Id | Host | Port | User
             3 | db3 | 3306 | repl
             2 | db2 | 3307 |
             4 | | 3306 | repl
             5 | db5 | 0 | repl
             7 | backup1 | 3306 | repl
             6 | db6 | 3306 | dump_6",
        );
        let found = announced(&answer, &settings());
        assert_eq!(texts(&found.replicas), ["db2:3307", "db3:3306"]);
        assert_eq!(found.incomplete, 2);
    }

    #[test]
    fn fetching_hosts_get_the_own_port() {
        let answer = table(
            "USER | HOST
             repl | db2:49152
             repl | db2:49153
             dump_1 | db9:1
             repl | localhost",
        );
        let own = InstanceKey::new("db1", 3310).unwrap();
        let found = fetching(&answer, &own, &settings());
        assert_eq!(texts(&found), ["db2:3310", "localhost:3310"]);
    }

    #[rstest]
    #[case("db1:3306", "db1")]
    #[case("db1", "db1")]
    #[case("fe80::1:49152", "fe80::1")]
    #[case("", "")]
    fn ports_of_clients(#[case] address: &str, #[case] host: &str) {
        assert_eq!(without_port(address), host);
    }
}
