use std::sync::Arc;

use shared::Version;

use super::*;
use crate::{
    http::tests::fleet,
    mysql::state::{Position, ServerState},
};

type Change = fn(&mut ServerState);

fn unchanged(_: &mut ServerState) {}

fn with(mut instance: Instance, change: Change) -> Instance {
    change(Arc::make_mut(instance.state.as_mut().unwrap()));
    instance
}

fn version(state: &mut ServerState, text: &str) {
    (state.version, state.version_text) = (Version::parse(text), text.to_owned());
}

fn channel(state: &mut ServerState) -> &mut crate::mysql::state::Channel {
    state.replication.as_mut().unwrap()
}

/// Whether `db2` with these changes could replicate from `db3`, a replica like it.
#[rustfmt::skip]
const RULES: &[(Change, Change, &str)] = &[
    (unchanged, unchanged, ""),
    (unchanged, |s| s.binlog.enabled = false, "instance does not have binary logs enabled: db3:3306"),
    (unchanged, |s| s.binlog.log_replica_updates = false, "instance does not have log_slave_updates enabled: db3:3306"),
    (unchanged, |s| (s.binlog.log_replica_updates, s.replication) = (false, None), ""),
    (|s| version(s, "8.0.36"), unchanged, "instance db2:3306 has version 8.0.36, which is lower than 8.4.3 on db3:3306 "),
    (|s| version(s, "8.4.0"), unchanged, ""),
    (|s| version(s, "10.11.6-MariaDB"), |s| version(s, "9.7.0"), ""),
    (|s| s.binlog.format = "MIXED".into(), unchanged, "Cannot replicate from ROW binlog format on db3:3306 to MIXED on db2:3306"),
    (|s| s.binlog.format = "STATEMENT".into(), |s| s.binlog.format = "MIXED".into(), "Cannot replicate from MIXED binlog format on db3:3306 to STATEMENT on db2:3306"),
    (|s| (s.binlog.format, s.binlog.log_replica_updates) = ("MIXED".into(), false), unchanged, ""),
    (|s| s.binlog.format = "STATEMENT".into(), |s| s.binlog.format = "INHERIT".into(), ""),
    (unchanged, |s| channel(s).filters = true, "db3:3306 has replication filters"),
    (|s| channel(s).filters = true, |s| channel(s).filters = true, ""),
    (|s| s.server_id = 7, |s| s.server_id = 7, "Identical server id: db3:3306, db2:3306 both have 7"),
    (|s| s.server_uuid = "u".into(), |s| s.server_uuid = "u".into(), "Identical server UUID: db3:3306, db2:3306 both have u"),
    (|s| s.server_uuid.clear(), |s| s.server_uuid.clear(), ""),
    (unchanged, |s| channel(s).delay_seconds = 21, "db3:3306 has higher SQL_Delay (21 seconds) than db2:3306 does (0 seconds)"),
    (unchanged, |s| channel(s).delay_seconds = 20, ""),
    (|s| channel(s).delay_seconds = 21, |s| channel(s).delay_seconds = 21, ""),
    (|s| (s.flavor, s.version) = (Flavor::MaxScale, Version::new(2, 2, 0)), |s| s.server_id = 102, ""),
];

#[test]
fn rules_of_any_means() {
    let mut source = fleet::mysql_replica();
    source.key = fleet::key("db3");
    let state = Arc::make_mut(source.state.as_mut().unwrap());
    (state.server_id, state.server_uuid) = (103, "other".to_owned());
    channel(state).delay_seconds = 0;
    channel(state).filters = false;
    let replica = with(fleet::mysql_replica(), |state| {
        channel(state).delay_seconds = 0;
        channel(state).filters = false;
    });
    let mut config = Config::default();
    config.raw.verify_replication_filters = true;
    for (own, theirs, expected) in RULES {
        let (replica, source) = (with(replica.clone(), *own), with(source.clone(), *theirs));
        assert_eq!(by_any_means(&config, &replica, &source).err().unwrap_or_default(), *expected);
    }
}

#[test]
fn nobody_replicates_from_itself_and_older_ones_only_if_allowed() {
    let replica = fleet::mysql_replica();
    let mut config = Config::default();
    let why = by_any_means(&config, &replica, &replica).unwrap_err();
    assert_eq!(why, "instance cannot replicate from itself: db2:3306");
    config.raw.lower_replica_version_allowed = true;
    let older = with(replica, |state| version(state, "8.0.36"));
    assert_eq!(by_any_means(&config, &older, &fleet::mysql_source()), Ok(()));
}

#[test]
fn by_gtid_also_takes_gtid() {
    let config = Config::default();
    let (replica, source) = (fleet::mysql_replica(), fleet::mysql_source());
    let told = |own: Change, theirs: Change| {
        by_gtid(&config, &with(replica.clone(), own), &with(source.clone(), theirs))
    };
    let using: Change = |s| channel(s).gtid = ChannelGtid::Oracle;
    assert_eq!(told(using, unchanged), Ok(()));
    let incompatible = "Instances db2:3306, db1:3306 not GTID compatible or not using GTID";
    for (own, theirs) in [
        ((|s| channel(s).gtid = ChannelGtid::None) as Change, unchanged as Change),
        (using, |s| s.gtid.mode = "OFF".to_owned()),
        (|s| channel(s).gtid = ChannelGtid::MariaSlavePos, unchanged),
    ] {
        assert_eq!(told(own, theirs).unwrap_err(), incompatible);
    }
    let purged: Change = |s| {
        let text = "00000009-1111-1111-1111-111111111111:1-5";
        s.gtid.purged = Position::parse(text, Flavor::MySql);
    };
    assert_eq!(
        told(using, purged).unwrap_err(),
        "Instance db1:3306 has purged GTID entries not found on db2:3306"
    );
}
