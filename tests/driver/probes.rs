//! What a probe reads.

use std::time::Duration;

use harness::{sandbox::Flavor, wait};
use orchestrator_server::mysql::{
    driver::{FailureKind, MysqlDriver},
    live::OperatorQuery,
    state::{ChannelGtid, DetectField, Part, Position, ServerState, ThreadState},
};
use rstest::rstest;

use crate::lab::{Lab, driver, settings};

fn parts(state: &ServerState) -> Vec<Part> {
    state.degraded.iter().map(|degraded| degraded.part).collect()
}

#[rstest]
#[tokio::test]
async fn a_source_and_its_replica(#[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor) {
    let lab = Lab::start(flavor, 3);
    let is_mysql = flavor == Flavor::MySql;
    lab.write_rows(1).await;
    let replicas = [lab.key(2), lab.key(3)];
    let source =
        lab.until_state(1, "both replicas are announced", |state| state.replicas == replicas).await;
    assert_eq!(source.degraded, []);
    assert_eq!(source.replication, None);
    assert!(!source.read_only && source.binlog.enabled && source.binlog.log_replica_updates);
    assert!(source.binlog.position.as_ref().is_some_and(|at| at.pos > 4));
    assert_eq!(source.flavor.is_mysql_like(), is_mysql);
    assert_eq!(source.server_uuid.is_empty(), !is_mysql);
    assert_eq!(source.gtid.mode, if is_mysql { "ON" } else { "" });
    assert!(!source.gtid.executed.is_empty());
    assert_eq!(source.server_id, u32::from(lab.sandbox.port(1)));
    assert!(source.version.is_known() && !source.hostname.is_empty());

    let replica = lab
        .until_state(2, "it has caught up", |state| {
            let channel = state.replication.as_ref();
            state.gtid.executed == source.gtid.executed
                && channel.is_some_and(|channel| channel.exec == channel.read)
        })
        .await;
    assert_eq!(replica.degraded, []);
    assert!(replica.read_only);
    assert_eq!(replica.replication_credentials_available, is_mysql);
    let channel = replica.replication.clone().unwrap();
    assert_eq!(channel.source.attached(), Some(&lab.key(1)));
    assert_eq!((channel.io, channel.sql), (ThreadState::Running, ThreadState::Running));
    assert_eq!(channel.user, "repl");
    assert_eq!(replica.held(), source.gtid.executed);
    let by = if is_mysql { ChannelGtid::Oracle } else { ChannelGtid::MariaSlavePos };
    assert_eq!(channel.gtid, by);
    assert_eq!((channel.io_error.number, channel.sql_error.number), (0, 0));
}

#[rstest]
#[tokio::test]
async fn the_operators_queries(#[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor) {
    let lab = Lab::start(flavor, 1);
    let query = |field, text: &str| (field, OperatorQuery::from_config(text).unwrap());
    let mut settings = settings();
    settings.detect = vec![
        query(DetectField::InstanceAlias, "select concat('node-', @@port) -- the name;"),
        query(DetectField::ClusterAlias, "select cluster_name from meta.cluster"),
        query(DetectField::Region, "select no_such_column from meta.cluster"),
        query(DetectField::DataCenter, "select 'east'; select 'west'"),
        query(DetectField::PhysicalEnvironment, "select null"),
        query(DetectField::SemiSyncPriority, "select 7"),
        query(DetectField::Lag, "select 'late'"),
        query(DetectField::PseudoGtid, "show variables like 'no_such_variable'"),
    ];
    let state = driver(settings).probe(&lab.key(1)).await.outcome.unwrap();
    let metadata = &state.metadata;
    let alias = format!("node-{}", lab.sandbox.port(1));
    assert_eq!(metadata.instance_alias, Some(alias));
    assert!(metadata.cluster_alias.is_some());
    assert_eq!((metadata.data_center.clone(), metadata.environment.clone()), (None, None));
    assert_eq!((metadata.semi_sync_priority, metadata.pseudo_gtid), (Some(7), None));
    let mut failed: Vec<String> = parts(&state).iter().map(|part| format!("{part:?}")).collect();
    failed.sort();
    assert_eq!(failed, ["Detect(DataCenter)", "Detect(Lag)", "Detect(Region)"]);
}

#[rstest]
#[case(Flavor::MySql, "replication client", &[Part::Replicas, Part::Credentials])]
#[case(Flavor::MariaDb, "binlog monitor, replica monitor", &[Part::Replicas])]
#[tokio::test]
async fn missing_grants_degrade_their_part(
    #[case] flavor: Flavor,
    #[case] grants: &str,
    #[case] degraded: &[Part],
) {
    let lab = Lab::start(flavor, 1);
    lab.sandbox.sql(
        1,
        &format!(
            "create user poor@'%' identified by 'poor_pw'; create user none@'%' \
             identified by 'none_pw'; grant {grants} on *.* to poor@'%'"
        ),
    );
    let of = |user: &str| {
        let mut settings = settings();
        settings.login.user = user.to_owned();
        settings.login.password = format!("{user}_pw");
        driver(settings)
    };
    let poor = of("poor");
    // The second probe does not even ask for what is known to be denied.
    for _ in 0..2 {
        let state = poor.probe(&lab.key(1)).await.outcome.unwrap();
        let mut found = parts(&state);
        found.sort_by_key(|part| degraded.iter().position(|wanted| wanted == part));
        assert_eq!(found, degraded);
        assert_eq!(state.server_id, u32::from(lab.sandbox.port(1)));
    }
    let failure = of("none").probe(&lab.key(1)).await.outcome.unwrap_err();
    assert_eq!((failure.kind, failure.partial), (FailureKind::ServerError, true));
    assert!(failure.text.contains("Access denied"), "{failure}");
}

#[rstest]
#[tokio::test]
async fn semi_sync(#[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor) {
    let lab = Lab::with(flavor, 2, &["--semi-sync", "--semi-sync-timeout", "700"]);
    let source = lab
        .until_state(1, "a replica acknowledges", |state| state.semi_sync.source_clients == 1)
        .await;
    let found = &source.semi_sync;
    assert!(found.available && found.source_enabled && found.source_status);
    assert_eq!(found.source_timeout_ms, 700);
    assert_eq!(found.source_new_names, flavor == Flavor::MySql);
    assert_eq!(found.wait_for_replica_count, u32::from(flavor == Flavor::MySql));
    assert!(found.wait_point.starts_with("AFTER_"), "{}", found.wait_point);
    let replica = lab.state(2).await.semi_sync.clone();
    assert!(replica.replica_enabled && replica.replica_status && !replica.source_status);
}

/// A query that takes longer than a probe may is given up, the others are still answered, and
/// the query is neither asked again while it runs nor left running.
#[rstest]
#[case(Flavor::MySql, "select /*+ max_execution_time(60000) */ sleep(30)")]
#[case(Flavor::MariaDb, "set statement max_statement_time = 60 for select sleep(30)")]
#[tokio::test]
async fn a_query_that_hangs(#[case] flavor: Flavor, #[case] text: &str) {
    let lab = Lab::start(flavor, 1);
    let query = |field, text: &str| (field, OperatorQuery::from_config(text).unwrap());
    let mut settings = settings();
    settings.probe_timeout = Duration::from_secs(1);
    settings.detect = vec![
        query(DetectField::Region, text),
        query(DetectField::InstanceAlias, "select 'one'"),
        query(DetectField::DataCenter, "select 'east'"),
    ];
    let driver = driver(settings);
    let running = || {
        lab.sandbox.sql(
            1,
            "select count(*) from information_schema.processlist where info like '%sleep(30)%' \
             and user = 'orchestrator'",
        )
    };
    for reason in ["no answer within 500ms", "an earlier statement still runs on the server"] {
        let state = driver.probe(&lab.key(1)).await.outcome.unwrap();
        assert_eq!(parts(&state), [Part::Detect(DetectField::Region)]);
        assert_eq!(state.degraded[0].reason, reason);
        assert_eq!(state.metadata.instance_alias.as_deref(), Some("one"));
        assert_eq!(state.metadata.data_center.as_deref(), Some("east"));
    }
    wait::until(wait::secs(10), "it was killed", || async {
        if running() == "0" { Ok(()) } else { Err(running()) }
    })
    .await;
}

#[tokio::test]
async fn a_gtid_set_longer_than_show_variables_gives() {
    let lab = Lab::start(Flavor::MySql, 1);
    let uuids: Vec<String> =
        (0..60).map(|n| format!("{n:08}-1111-1111-1111-111111111111:1-{}", n + 1)).collect();
    let set = uuids.join(",");
    lab.sandbox.sql(1, &format!("set global gtid_purged = '+{set}'"));
    let state = lab.state(1).await;
    let purged: Position = Position::Oracle(std::sync::Arc::new(set.parse().unwrap()));
    assert!(state.gtid.executed.contains(&purged) && state.gtid.purged.contains(&purged));
    assert!(state.gtid.executed_text.len() > 1024);
}
