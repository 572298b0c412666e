//! Replacing the running configuration.

use super::super::{ConfigHandle, FileChoice, load};
use super::Folder;

const WEB_MESSAGE: &str = r#"{"WebMessage": "one", "ClusterNameToAlias": {"a": "b"}}"#;

fn start(folder: &Folder, text: &str) -> ConfigHandle {
    let files = FileChoice::Only(folder.write("a.json", text));
    ConfigHandle::new(load(&files, &|_| None).unwrap(), files, Box::new(|_| None))
}

#[test]
fn a_reload_replaces_the_configuration_for_new_readers() {
    let folder = Folder::new();
    let handle = start(&folder, WEB_MESSAGE);
    let mut news = handle.subscribe();
    let before = handle.current();
    folder.write("a.json", r#"{"WebMessage": "two"}"#);
    let report = handle.reload(None).unwrap();
    assert_eq!(report.took_effect, ["ClusterNameToAlias", "WebMessage"]);
    assert_eq!(report.need_restart, Vec::<&str>::new());
    assert_eq!(before.raw.web_message, "one");
    assert_eq!(handle.current().raw.web_message, "two");
    assert!(news.has_changed().unwrap());
    assert_eq!(news.borrow_and_update().raw.web_message, "two");
}

#[test]
fn a_key_that_is_taken_away_has_its_default_again() {
    let folder = Folder::new();
    let handle = start(&folder, WEB_MESSAGE);
    folder.write("a.json", "{}");
    handle.reload(None).unwrap();
    assert_eq!(handle.current().raw, super::Config::default().raw);
}

#[test]
fn a_bad_reload_changes_nothing() {
    let folder = Folder::new();
    let handle = start(&folder, WEB_MESSAGE);
    let news = handle.subscribe();
    for bad in ["{", r#"{"Debug": 1}"#, r#"{"FailMasterPromotionOnLagMinutes": 1}"#] {
        folder.write("a.json", bad);
        assert!(handle.reload(None).is_err(), "{bad}");
        assert_eq!(handle.current().raw.web_message, "one", "{bad}");
    }
    std::fs::remove_file(folder.path("a.json")).unwrap();
    assert!(handle.reload(None).is_err());
    assert!(!news.has_changed().unwrap());
}

#[test]
fn a_change_may_need_a_restart() {
    let folder = Folder::new();
    let handle = start(&folder, "{}");
    folder.write("a.json", r#"{"ListenAddress": ":1", "InstancePollSeconds": 9}"#);
    let report = handle.reload(None).unwrap();
    assert_eq!(report.took_effect, ["InstancePollSeconds"]);
    assert_eq!(report.need_restart, ["InstancePollSeconds", "ListenAddress"]);
    // It is told of again, for as long as it is so.
    let report = handle.reload(None).unwrap();
    assert_eq!(report.took_effect, Vec::<&str>::new());
    assert_eq!(report.need_restart, ["InstancePollSeconds", "ListenAddress"]);
    folder.write("a.json", "{}");
    let report = handle.reload(None).unwrap();
    assert_eq!(report.took_effect, ["InstancePollSeconds"]);
    assert_eq!(report.need_restart, Vec::<&str>::new());
}

#[test]
fn a_changed_value_under_an_older_name_reloads() {
    let folder = Folder::new();
    let text = |n| {
        format!(r#"{{"SlaveLagQuery": "select {n}", "PostponeSlaveRecoveryOnLagMinutes": {n}}}"#)
    };
    let handle = start(&folder, &text(1));
    folder.write("a.json", text(2));
    let report = handle.reload(None).unwrap();
    assert!(report.took_effect.contains(&"ReplicationLagQuery"), "{report:?}");
    let raw = &handle.current().raw;
    assert_eq!(raw.replication_lag_query, "select 2");
    assert_eq!(raw.postpone_replica_recovery_on_lag_minutes, 2);
}

#[test]
fn an_extra_file_counts_once() {
    let folder = Folder::new();
    let handle = start(&folder, WEB_MESSAGE);
    let extra = folder.write("extra.json", r#"{"WebMessage": "extra"}"#);
    handle.reload(Some(&extra)).unwrap();
    assert_eq!(handle.current().raw.web_message, "extra");
    assert_eq!(handle.current().raw.cluster_name_to_alias.len(), 1);
    handle.reload(None).unwrap();
    assert_eq!(handle.current().raw.web_message, "one");
}

#[test]
fn an_extra_file_must_be_a_file() {
    let folder = Folder::new();
    let handle = start(&folder, WEB_MESSAGE);
    let error = handle.reload(Some(&folder.path("none.json"))).unwrap_err();
    assert!(error.to_string().contains("No such file"), "{error}");
    let error = handle.reload(Some("/dev/zero".as_ref())).unwrap_err();
    assert_eq!(error.to_string(), "Cannot read config file: /dev/zero is not a regular file");
}

#[test]
fn a_credentials_file_is_read_again() {
    let folder = Folder::new();
    let credentials = folder.write("c.cnf", "[client]\nuser=u\npassword=one\n");
    let handle =
        start(&folder, &format!(r#"{{"MySQLTopologyCredentialsConfigFile": {credentials:?}}}"#));
    folder.write("c.cnf", "[client]\nuser=u\npassword=two\n");
    let report = handle.reload(None).unwrap();
    assert_eq!(report.took_effect, ["MySQLTopologyPassword"]);
    assert_eq!(handle.current().raw.mysql_topology_password.expose(), "two");
}

#[test]
fn a_fixed_configuration_is_as_given() {
    let mut config = super::Config::default();
    config.raw.web_message = "x".to_owned();
    assert_eq!(ConfigHandle::fixed(config).current().raw.web_message, "x");
}
