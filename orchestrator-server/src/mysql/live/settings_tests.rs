use rstest::rstest;

use super::*;
use crate::config::{List, RawConfig};

fn settings(change: impl FnOnce(&mut RawConfig)) -> LiveSettings {
    let mut config = Config::default();
    change(&mut config.raw);
    LiveSettings::from(&config)
}

#[test]
fn operators_queries_are_one_statement() {
    assert_eq!(OperatorQuery::from_config("  "), None);
    let query = OperatorQuery::from_config("select 'a;b';").unwrap();
    assert_eq!(query.statement(), Ok("select 'a;b'"));
    let query = OperatorQuery::from_config("select 1; drop table t").unwrap();
    assert_eq!(query.statement(), Err(NotOneStatement::Several));
}

#[test]
fn filters() {
    let settings = LiveSettings {
        ignored_users: RegexFilters::new(&List::from(["^dump_"])).0,
        ignored_replicas: HostFilters::new(&List::from(["backup.*:3306"])).0,
        ..LiveSettings::for_account("orchestrator", "")
    };
    assert!(settings.ignores_user("dump_1"));
    assert!(!settings.ignores_user("repl") && !settings.ignores_user(""));
    assert!(settings.ignores_replica(&InstanceKey::new("backup1", 3306).unwrap()));
    assert!(!settings.ignores_replica(&InstanceKey::new("backup1", 3307).unwrap()));
}

#[test]
fn the_defaults_of_the_configuration() {
    let settings = settings(|_| {});
    let expected = LiveSettings::for_account("", "");
    assert_eq!(settings.login, expected.login);
    assert_eq!(settings.connect_timeout, expected.connect_timeout);
    assert_eq!(settings.probe_timeout, expected.probe_timeout);
    assert_eq!(settings.action_timeout, expected.action_timeout);
    assert_eq!(settings.connection_lifetime, None);
    assert!(settings.detect.is_empty() && settings.patterns.is_empty());
}

#[rstest]
#[case(true, true, TlsUse::Always, true)]
#[case(true, false, TlsUse::Always, true)]
#[case(false, true, TlsUse::WhereRequired, false)]
#[case(false, false, TlsUse::Never, false)]
fn when_tls_is_used(
    #[case] mutual: bool,
    #[case] mixed: bool,
    #[case] tls: TlsUse,
    #[case] identity: bool,
) {
    let settings = settings(|raw| {
        raw.mysql_topology_use_mutual_tls = mutual;
        raw.mysql_topology_use_mixed_tls = mixed;
        raw.mysql_topology_ssl_cert_file = "/cert.pem".to_owned();
        raw.mysql_topology_ssl_private_key_file = "/key.pem".to_owned();
    });
    assert_eq!(settings.login.tls, tls);
    assert_eq!(settings.login.client_identity.is_some(), identity);
}

#[test]
fn no_limit_is_a_long_one() {
    let settings = settings(|raw| {
        raw.mysql_connect_timeout_seconds = 0;
        raw.mysql_discovery_read_timeout_seconds = -1;
        raw.instance_bulk_operations_wait_timeout_seconds = u64::MAX;
        raw.mysql_connection_lifetime_seconds = 30;
    });
    assert_eq!(settings.connect_timeout, LONGEST_CONNECT);
    assert_eq!(settings.probe_timeout, LONGEST_STATEMENT);
    assert_eq!(settings.action_timeout, LONGEST_STATEMENT);
    assert_eq!(settings.connection_lifetime, Some(Duration::from_secs(30)));
}

#[test]
fn settings_are_made_once_for_each_configuration() {
    let source = settings_of(ConfigHandle::fixed(Config::default()));
    assert!(Arc::ptr_eq(&source(), &source()));
}
