//! Servers with every field set, as after some time in service.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use shared::{BinlogCoordinates, Flavor, InstanceKey, PromotionRule, Source, Version};

use crate::{
    clock::Moment,
    inventory::view::{Check, Cluster, FleetView, Instance, Place},
    journal::facts::{Candidate, Downtime, Facts},
    mysql::state::{
        BinlogState, Channel, ChannelGtid, ChannelTls, GtidState, Metadata, Position, SemiSync,
        ServerState, ThreadError, ThreadState,
    },
};

/// The time of every test: 2026-11-23 04:18:57 UTC.
pub(crate) const NOW: Moment = Moment::from_unix_seconds(1_795_407_537);

pub(crate) fn key(text: &str) -> InstanceKey {
    text.parse().or_else(|_| InstanceKey::parse(text, 3306)).unwrap()
}

fn ago(seconds: u64) -> Moment {
    NOW - Duration::from_secs(seconds)
}

fn uuid(number: u32) -> String {
    format!("0000{number:04}-1111-1111-1111-111111111111")
}

fn set(text: &str) -> Position {
    Position::Oracle(Arc::new(text.parse().unwrap()))
}

/// The writeable source.
pub(crate) fn mysql_source() -> Instance {
    let mut source = server(1, Source::None, &["db2", "db3"]);
    let state = Arc::make_mut(source.state.as_mut().unwrap());
    state.read_only = false;
    state.super_read_only = false;
    state.replication = None;
    state.semi_sync = SemiSync {
        available: true,
        source_new_names: true,
        replica_new_names: true,
        source_enabled: true,
        source_timeout_ms: 1000,
        wait_for_replica_count: 1,
        wait_point: "AFTER_SYNC".to_owned(),
        source_status: true,
        source_clients: 1,
        ..SemiSync::default()
    };
    source.place = Place { ancestry: uuid(1), ..Place::default() };
    source
}

/// A replica of the source, with a replica of its own.
pub(crate) fn mysql_replica() -> Instance {
    let mut replica = server(2, Source::Attached(key("db1")), &["db4"]);
    let state = Arc::make_mut(replica.state.as_mut().unwrap());
    state.semi_sync.replica_enabled = true;
    replica
}

/// A replica of another family, one that a person stopped.
pub(crate) fn mariadb_replica() -> Instance {
    let mut replica = server(7, Source::Attached(key("db6")), &[]);
    let state = Arc::make_mut(replica.state.as_mut().unwrap());
    state.version_text = "10.11.19-MariaDB-log".to_owned();
    state.version = Version::new(10, 11, 19);
    state.version_comment = "Debian 12".to_owned();
    state.flavor = Flavor::MariaDb;
    state.server_uuid = String::new();
    let position = |text: &str| Position::Maria(Arc::new(text.parse().unwrap()));
    state.gtid = GtidState { executed: position("0-6-41"), ..GtidState::default() };
    let channel = state.replication.as_mut().unwrap();
    channel.source_uuid = String::new();
    channel.gtid = ChannelGtid::MariaSlavePos;
    channel.retrieved = position("0-6-48");
    channel.sql = ThreadState::Stopped;
    channel.sql_error = ThreadError { number: 1062, text: "Duplicate entry \"ü\"".to_owned() };
    channel.seconds_behind = None;
    replica
}

/// A replica that is well.
fn server(number: u32, source: Source, replicas: &[&str]) -> Instance {
    let metadata = Metadata {
        instance_alias: Some(format!("node-{number}")),
        cluster_alias: Some("main".to_owned()),
        cluster_domain: Some("main.example.com".to_owned()),
        data_center: Some("dc-east".to_owned()),
        region: Some("rgn-one".to_owned()),
        environment: Some("prod".to_owned()),
        lag_seconds: Some(0),
        ..Metadata::default()
    };
    let executed = format!("{}:1-7", uuid(1));
    Instance {
        key: key(&format!("db{number}")),
        state: Some(Arc::new(ServerState {
            hostname: format!("db{number}"),
            version: Version::new(8, 4, 3),
            version_text: "8.4.3".to_owned(),
            version_comment: "MySQL Community Server - GPL".to_owned(),
            flavor: Flavor::MySql,
            server_id: 100 + number,
            server_uuid: uuid(number),
            uptime_seconds: 340,
            read_only: true,
            super_read_only: true,
            binlog: BinlogState {
                enabled: true,
                format: "ROW".to_owned(),
                row_image: "FULL".to_owned(),
                log_replica_updates: true,
                position: Some(BinlogCoordinates::new("binlog.000002", 480)),
            },
            gtid: GtidState {
                mode: "ON".to_owned(),
                executed_text: executed.clone(),
                purged_text: String::new(),
                executed: set(&executed),
                purged: Position::None,
            },
            replication: Some(channel(&source)),
            other_channels: Vec::new(),
            semi_sync: SemiSync::default(),
            replicas: replicas.iter().map(|name| key(name)).collect(),
            group: None,
            replication_credentials_available: true,
            metadata: metadata.clone(),
            degraded: Vec::new(),
        })),
        source,
        metadata,
        check: Check {
            last_seen: Some(ago(2)),
            last_checked: Some(ago(2)),
            last_attempted: Some(ago(3)),
            latency: Duration::from_millis(15),
            ..Check::default()
        },
        place: Place {
            depth: 1,
            ancestry: format!("{},{}", uuid(1), uuid(number)),
            ..Place::default()
        },
    }
}

fn channel(source: &Source) -> Channel {
    Channel {
        name: String::new(),
        source: source.clone(),
        source_uuid: uuid(1),
        user: "repl".to_owned(),
        io: ThreadState::Running,
        sql: ThreadState::Running,
        io_activity: "Waiting for source to send event".to_owned(),
        sql_activity: "Replica has read all relay log".to_owned(),
        io_error: ThreadError::default(),
        sql_error: ThreadError::default(),
        read: BinlogCoordinates::new("binlog.000002", 480),
        exec: BinlogCoordinates::new("binlog.000002", 480),
        relay: BinlogCoordinates::new("relay.000002", 413),
        retrieved: set(&format!("{}:3-7", uuid(1))),
        seconds_behind: Some(0),
        delay_seconds: 0,
        gtid: ChannelGtid::Oracle,
        filters: false,
        tls: ChannelTls { enabled: true, verify_server_cert: Some(false), ..ChannelTls::default() },
    }
}

/// One cluster, `db1` with the alias `main`; `db3` is in downtime, `db2` a candidate.
pub(crate) fn view() -> FleetView {
    let db4 = {
        let mut db4 = server(4, Source::Attached(key("db2")), &[]);
        db4.place.depth = 2;
        db4.metadata.promotion_rule = Some(PromotionRule::PreferNot);
        db4
    };
    let db3 = server(3, Source::Attached(key("db1")), &[]);
    let mut view = FleetView::default();
    add_cluster(&mut view, "main", vec![mysql_source(), mysql_replica(), db3, db4]);
    let mut facts = Facts::default();
    let downtime = Downtime {
        owner: "dba".to_owned(),
        reason: "planned work".to_owned(),
        begins: ago(14),
        ends: NOW + Duration::from_secs(600),
    };
    facts.downtimes.insert_mut(key("db3"), downtime);
    let candidate = Candidate { rule: PromotionRule::Prefer, at: ago(14) };
    facts.candidates.insert_mut(key("db2"), candidate);
    view.facts = Arc::new(facts);
    view
}

/// Adds a cluster whose head is the first server.
pub(crate) fn add_cluster(view: &mut FleetView, alias: &str, servers: Vec<Instance>) {
    let name = servers[0].key.to_string();
    for server in &servers {
        view.index.insert_mut(server.key.clone(), name.as_str().into());
    }
    let instances: BTreeMap<_, _> =
        servers.into_iter().map(|server| (server.key.clone(), Arc::new(server))).collect();
    let domain = if alias.is_empty() { String::new() } else { format!("{alias}.example.com") };
    let cluster = Cluster { name: name.clone(), alias: alias.to_owned(), domain, instances };
    view.clusters.insert_mut(name, Arc::new(cluster));
}

/// Adds a lone server.
pub(crate) fn add_server(view: &mut FleetView, alias: &str, name: &str) {
    let mut lone = mysql_source();
    lone.key = key(name);
    lone.metadata.cluster_alias = Some(alias.to_owned());
    add_cluster(view, alias, vec![lone]);
}
