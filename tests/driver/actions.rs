//! What each change does to a healthy topology.

use std::time::Duration;

use harness::{sandbox::Flavor, wait};
use orchestrator_server::mysql::{
    driver::{Action, ActionError, Found},
    state::{ChannelGtid, ThreadState},
};
use rstest::rstest;
use shared::Source;

use crate::lab::{Lab, driver, settings};

const CONFIRM: Duration = Duration::from_secs(10);
const STALL: Duration = Duration::from_secs(10);

#[rstest]
#[tokio::test]
async fn sealing_and_resuming(#[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor) {
    let lab = Lab::start(flavor, 2);
    lab.write_rows(5).await;
    lab.until_received(2).await;
    let replica = lab.key(2);
    // Twice, as another node would that continues a recovery.
    for _ in 0..2 {
        let effect = lab.done(Action::Seal { replica: replica.clone() }).await;
        assert!(!effect.replicating && !effect.binlog.is_empty());
        let channel = lab.channel(2).await;
        assert_eq!((channel.io, channel.sql), (ThreadState::Stopped, ThreadState::Running));
    }
    let effect = lab.done(Action::Drain { replica: replica.clone(), stall: STALL }).await;
    assert!(effect.drained);
    assert_eq!(effect.held(), lab.state(1).await.gtid.executed);

    lab.write_rows(3).await;
    lab.done(Action::Resume { replica: replica.clone(), found: Found::default() }).await;
    let target = lab.state(1).await.gtid.executed.to_string();
    let effect = lab.done(Action::CatchUp { replica, target, stall: STALL }).await;
    assert!(effect.drained && effect.executed.contains(&lab.state(1).await.gtid.executed));
    assert_eq!(lab.rows(2), "8");
}

#[rstest]
#[tokio::test]
async fn a_sealed_replica_is_left_as_it_was_found(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let lab = Lab::start(flavor, 2);
    lab.replica_sql(2, "stop replica; change replication source to source_delay=600");
    lab.replica_sql(2, "start replica");
    lab.write_rows(4).await;
    lab.until_received(2).await;
    let replica = lab.key(2);
    let seal = || Action::Seal { replica: replica.clone() };
    let found = lab.done(seal()).await.found.unwrap();
    assert_eq!(found, Found { receiving: true, applying: true, delay_seconds: 600 });
    assert!(lab.done(Action::Drain { replica: replica.clone(), stall: STALL }).await.drained);
    lab.done(Action::Resume { replica: replica.clone(), found }).await;
    let left = lab.channel(2).await;
    assert_eq!((left.delay_seconds, left.sql), (600, ThreadState::Running));
    assert_ne!((left.gtid, left.io), (ChannelGtid::None, ThreadState::Stopped));
    assert_eq!(lab.rows(2), "4");

    // What waits for its delay is kept, however both threads stand.
    lab.write_rows(2).await;
    lab.until_received(2).await;
    for stop in ["stop replica sql_thread", "stop replica"] {
        lab.replica_sql(2, stop);
        let found = lab.done(seal()).await.found.unwrap();
        assert!(!found.applying && found.receiving != (stop == "stop replica"), "{found:?}");
        lab.done(Action::Resume { replica: replica.clone(), found }).await;
        let left = lab.channel(2).await;
        assert_eq!((left.delay_seconds, left.sql), (600, ThreadState::Stopped));
        assert_eq!(left.io == ThreadState::Stopped, !found.receiving);
        lab.replica_sql(2, "start replica");
        // By coordinates: what a MariaDB channel that left GTID received is not told otherwise.
        let written = lab.state(1).await.binlog.position.clone();
        lab.until_state(2, "everything is received", |state| {
            state.replication.as_ref().map(|channel| &channel.read) == written.as_ref()
        })
        .await;
    }
    lab.done(seal()).await;
    assert!(lab.done(Action::Drain { replica: replica.clone(), stall: STALL }).await.drained);
    assert_eq!(lab.rows(2), "6");
}

#[rstest]
#[tokio::test]
async fn a_delay_that_was_lifted_is_set_below_the_new_source(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let lab = Lab::start(flavor, 3);
    lab.replica_sql(3, "stop replica; change replication source to source_delay=600");
    lab.replica_sql(3, "start replica");
    lab.write_rows(2).await;
    lab.until_received(3).await;
    assert!(lab.done(Action::Drain { replica: lab.key(3), stall: STALL }).await.drained);
    let delay = Some(600);
    let below = Action::PointTo {
        replica: lab.key(3),
        source: lab.key(2),
        confirm: CONFIRM,
        delay,
        known_as: None,
    };
    assert!(lab.done(below).await.replicating);
    assert_eq!(lab.channel(3).await.delay_seconds, 600);
}

#[rstest]
#[tokio::test]
async fn pointing_to_another_source(#[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor) {
    let lab = Lab::start(flavor, 3);
    lab.replica_sql(
        3,
        "stop replica; change replication source to source_heartbeat_period=1.5; start replica",
    );
    lab.write_rows(2).await;
    lab.until_received(2).await;
    let point = |to| Action::PointTo {
        replica: lab.key(3),
        source: lab.key(to),
        confirm: CONFIRM,
        delay: None,
        known_as: None,
    };
    let effect = lab.done(point(2)).await;
    assert!(effect.replicating);
    let channel = lab.channel(3).await;
    assert_eq!(channel.source, Source::Attached(lab.key(2)));
    assert_ne!(channel.gtid, ChannelGtid::None);
    lab.write_rows(2).await;
    lab.until_state(3, "rows pass through", |_| lab.rows(3) == "4").await;
    let heartbeat = match flavor {
        Flavor::MySql => lab.sandbox.sql(3, "select heartbeat from mysql.slave_master_info"),
        Flavor::MariaDb => {
            let status = lab.sandbox.sql(3, "show all slaves status");
            let period = status.split('\t').find(|cell| *cell == "1.500");
            period.unwrap_or("lost").to_owned()
        }
    };
    assert!(heartbeat.starts_with("1.5"), "{heartbeat}");

    // A source that is not there: it is tried, and reported as not yet replicating.
    lab.sandbox.fault("stop", 2);
    let short = Duration::from_millis(300);
    let effect = lab
        .done(Action::PointTo {
            replica: lab.key(3),
            source: lab.key(2),
            confirm: short,
            delay: None,
            known_as: None,
        })
        .await;
    assert!(!effect.replicating);
    assert!(lab.channel(3).await.cannot_reach_source());
    assert!(lab.done(point(1)).await.replicating);
}

#[rstest]
#[tokio::test]
async fn a_position_that_the_source_cannot_serve_is_refused(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let lab = Lab::start(flavor, 3);
    // Node 2 has a transaction of its own, of which the log is purged before node 3 gets it.
    lab.replica_sql(2, "stop replica; set global read_only = 0");
    lab.sandbox.sql(2, "insert into test_data.t (v) values ('own'); flush binary logs");
    lab.sandbox.sql(2, "insert into test_data.t (v) values ('own'); flush binary logs");
    let last = lab.state(2).await.binlog.position.clone().unwrap().file;
    wait::until(wait::secs(20), "the older logs are purged", || async {
        lab.sandbox.sql(2, &format!("purge binary logs to '{last}'"));
        let logs = lab.sandbox.sql(2, "show binary logs");
        if logs.starts_with(&last) { Ok(()) } else { Err(logs) }
    })
    .await;
    let point = Action::PointTo {
        replica: lab.key(3),
        source: lab.key(2),
        confirm: CONFIRM,
        delay: None,
        known_as: None,
    };
    let error = lab.apply(point).await.unwrap_err();
    assert!(
        matches!(&error, ActionError::Refused(text) if text.contains("receiver stopped") && text.contains("1236")),
        "{error}"
    );
}

#[rstest]
#[tokio::test]
async fn promotion_and_the_former_source(#[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor) {
    let mut lab = Lab::start(flavor, 2);
    if flavor == Flavor::MariaDb {
        // MariaDB keeps the account where no statement can read it.
        let mut settings = settings();
        settings.replication_credentials =
            orchestrator_server::mysql::live::OperatorQuery::from_config(
                "select 'repl', 'repl_pw'",
            );
        lab.driver = driver(settings);
    }
    lab.write_rows(3).await;
    lab.until_received(2).await;
    let (old, new) = (lab.key(1), lab.key(2));
    lab.done(Action::SetReadOnly { server: old.clone(), on: true }).await;
    lab.done(Action::Seal { replica: new.clone() }).await;
    lab.done(Action::Drain { replica: new.clone(), stall: STALL }).await;
    let effect = lab.done(Action::Promote { server: new.clone(), keep_relay_log: false }).await;
    assert!(effect.drained && !effect.binlog.is_empty());
    let state = lab.state(2).await;
    assert!(state.replication.is_none() && !state.read_only && !state.super_read_only);
    lab.sandbox.write(2, "after").await.unwrap();

    let effect = lab
        .done(Action::PointTo {
            replica: old.clone(),
            source: new,
            confirm: CONFIRM,
            delay: None,
            known_as: None,
        })
        .await;
    assert!(effect.replicating);
    let target = lab.state(2).await.gtid.executed.to_string();
    lab.done(Action::CatchUp { replica: old, target, stall: STALL }).await;
    assert_eq!(lab.rows(1), "4");
}

#[tokio::test]
async fn super_read_only_goes_both_ways() {
    let mut lab = Lab::start(Flavor::MySql, 1);
    lab.driver = driver(orchestrator_server::mysql::live::LiveSettings {
        use_super_read_only: true,
        ..settings()
    });
    let server = lab.key(1);
    for on in [true, false] {
        lab.done(Action::SetReadOnly { server: server.clone(), on }).await;
        let state = lab.state(1).await;
        assert_eq!((state.read_only, state.super_read_only), (on, on));
    }
}

#[rstest]
#[tokio::test]
async fn detaching(#[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor) {
    let lab = Lab::start(flavor, 3);
    lab.write_rows(2).await;
    lab.until_received(2).await;
    lab.until_state(2, "all is applied", |_| lab.rows(2) == "2").await;
    let detach = |node| Action::Detach { replica: lab.key(node) };
    for _ in 0..2 {
        lab.done(detach(2)).await;
        let channel = lab.channel(2).await;
        assert_eq!(channel.source, Source::Detached(lab.key(1)));
        assert_eq!((channel.io, channel.sql), (ThreadState::Stopped, ThreadState::Stopped));
    }
    let back = Action::PointTo {
        replica: lab.key(2),
        source: lab.key(1),
        confirm: CONFIRM,
        delay: None,
        known_as: None,
    };
    assert!(lab.done(back).await.replicating);

    // With something unapplied it only stops receiving.
    lab.replica_sql(3, "stop replica sql_thread");
    lab.write_rows(2).await;
    lab.until_received(3).await;
    lab.done(detach(3)).await;
    let channel = lab.channel(3).await;
    assert_eq!(channel.source, Source::Attached(lab.key(1)));
    assert_eq!(channel.io, ThreadState::Stopped);

    let refused = lab.apply(detach(1)).await;
    assert!(matches!(refused, Err(ActionError::Refused(_))), "{refused:?}");
}

#[rstest]
#[tokio::test]
async fn catching_up_gives_up_without_progress(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let lab = Lab::start(flavor, 2);
    lab.replica_sql(2, "stop replica");
    lab.write_rows(1).await;
    let target = lab.state(1).await.gtid.executed.to_string();
    let stall = Duration::from_millis(300);
    let effect = lab.done(Action::CatchUp { replica: lab.key(2), target, stall }).await;
    assert!(!effect.drained);
}

#[rstest]
#[tokio::test]
async fn a_virtual_name_is_used_if_the_source_answers_to_it(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let lab = Lab::with(flavor, 3, &["--mysqld-arg", "--bind-address=0.0.0.0"]);
    let virtual_name = |name: &str| Action::PointTo {
        replica: lab.key(3),
        source: lab.key(2),
        confirm: CONFIRM,
        delay: None,
        known_as: Some(name.to_owned()),
    };
    for (name, used) in [("127.0.0.2", "127.0.0.2"), ("no-such-host.invalid", "127.0.0.1")] {
        assert!(lab.done(virtual_name(name)).await.replicating, "{name}");
        let source = lab.channel(3).await.source;
        assert_eq!(source.attached().map(|key| key.hostname().to_owned()).as_deref(), Some(used));
    }
}
