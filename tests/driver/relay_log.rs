//! A retrieved transaction is never thrown away, whatever state the threads are in.

use std::time::Duration;

use harness::sandbox::Flavor;
use orchestrator_server::mysql::{
    driver::{Action, Found, MysqlDriver},
    state::{ServerState, ThreadState},
};
use rstest::rstest;

use crate::lab::{Lab, timed};

/// Rows that only the relay log holds when the source dies.
const ROWS: usize = 49;
const STALL: Duration = Duration::from_secs(10);

/// How the replica stands when its source has died.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Threads {
    ApplierStopped,
    BothStopped,
    Delayed,
    DelayedBothStopped,
    DelayedApplierStopped,
}

/// A replica with 49 unapplied rows and a dead source.
async fn orphan(flavor: Flavor, threads: Threads) -> Lab {
    orphan_by(flavor, threads, "gtid").await
}

async fn orphan_by(flavor: Flavor, threads: Threads, replication: &str) -> Lab {
    let lab = Lab::with(flavor, 2, &["--replication", replication]);
    lab.write_rows(1).await;
    lab.until_state(2, "the first row is there", |_| lab.rows(2) == "1").await;
    let delayed = !matches!(threads, Threads::ApplierStopped | Threads::BothStopped);
    if delayed {
        lab.replica_sql(
            2,
            "stop replica; change replication source to source_delay=3600; start replica",
        );
    } else {
        lab.replica_sql(2, "stop replica sql_thread");
    }
    lab.write_rows(ROWS).await;
    let written = lab.state(1).await.binlog.position.clone();
    lab.until_state(2, "all is received", |state| {
        state.replication.as_ref().map(|channel| &channel.read) == written.as_ref()
    })
    .await;
    match threads {
        Threads::BothStopped | Threads::DelayedBothStopped => lab.replica_sql(2, "stop replica"),
        Threads::DelayedApplierStopped => lab.replica_sql(2, "stop replica sql_thread"),
        Threads::ApplierStopped | Threads::Delayed => {}
    }
    lab.sandbox.fault("kill", 1);
    lab
}

fn all_rows() -> String {
    (ROWS + 1).to_string()
}

#[rstest]
#[tokio::test]
async fn sealed_and_drained_nothing_is_lost(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
    #[values(
        Threads::ApplierStopped,
        Threads::BothStopped,
        Threads::Delayed,
        Threads::DelayedBothStopped,
        Threads::DelayedApplierStopped
    )]
    threads: Threads,
) {
    let lab = orphan(flavor, threads).await;
    let before = lab.state(2).await.held();
    let replica = lab.key(2);
    let sealed = lab.done(Action::Seal { replica: replica.clone() }).await;
    assert_eq!(sealed.held(), before, "what was retrieved is known");
    assert_eq!(lab.channel(2).await.io, ThreadState::Stopped);
    let effect = lab.done(Action::Drain { replica, stall: STALL }).await;
    assert!(effect.drained);
    assert_eq!(lab.rows(2), all_rows());
    assert!(effect.executed.contains(&before));

    lab.done(Action::Promote { server: lab.key(2), keep_relay_log: false }).await;
    lab.sandbox.write(2, "after").await.unwrap();
}

#[rstest]
#[tokio::test]
async fn without_gtid_nothing_is_lost_either(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
    #[values(Threads::BothStopped, Threads::Delayed)] threads: Threads,
) {
    let lab = orphan_by(flavor, threads, "position").await;
    let replica = lab.key(2);
    lab.done(Action::Seal { replica: replica.clone() }).await;
    let effect = lab.done(Action::Drain { replica, stall: STALL }).await;
    assert!(effect.drained);
    assert_eq!(lab.rows(2), all_rows());
}

#[rstest]
#[tokio::test]
async fn promoted_at_once_the_relay_log_stays(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
    #[values(Threads::BothStopped, Threads::Delayed)] threads: Threads,
) {
    let lab = orphan(flavor, threads).await;
    let server = lab.key(2);
    let before = lab.state(2).await.held();
    lab.done(Action::Seal { replica: server.clone() }).await;
    if threads == Threads::BothStopped {
        // The applier runs now; what it has not applied yet stays.
        lab.replica_sql(2, "stop replica sql_thread");
    }
    let effect = lab.done(Action::Promote { server, keep_relay_log: true }).await;
    assert_eq!(effect.held(), before);
    let state = lab.state(2).await;
    assert!(!state.read_only && state.source().is_detached());

    // An operator who wants the rest after all can still have it.
    lab.replica_sql(2, "start replica sql_thread");
    if threads == Threads::Delayed {
        assert_eq!(lab.channel(2).await.delay_seconds, 3600);
        let stall = STALL;
        lab.done(Action::Drain { replica: lab.key(2), stall }).await;
    }
    lab.until_state(2, "every row is there", |_| lab.rows(2) == all_rows()).await;
}

#[rstest]
#[tokio::test]
async fn an_applier_that_fails_ends_the_wait(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let lab = Lab::start(flavor, 2);
    lab.write_rows(1).await;
    lab.until_state(2, "the first row is there", |_| lab.rows(2) == "1").await;
    lab.replica_sql(2, "stop replica sql_thread; set global read_only = 0");
    lab.sandbox.sql(2, "set sql_log_bin = 0; insert into test_data.t (id, v) values (2, 'own')");
    lab.write_rows(ROWS).await;
    lab.until_received(2).await;
    lab.sandbox.fault("kill", 1);
    let replica = lab.key(2);
    let before = lab.state(2).await.held();
    lab.done(Action::Seal { replica: replica.clone() }).await;
    let (effect, took) = timed(lab.done(Action::Drain { replica, stall: STALL })).await;
    assert!(!effect.drained && took < STALL, "{took:?}");
    assert_eq!(effect.held(), before, "what it received is still known");
    assert_eq!(lab.channel(2).await.sql_error.number, 1062);
}

#[rstest]
#[tokio::test]
async fn resumed_after_sealing_with_both_threads_stopped(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let lab = orphan(flavor, Threads::BothStopped).await;
    let replica = lab.key(2);
    lab.done(Action::Seal { replica: replica.clone() }).await;
    lab.sandbox.fault("start", 1);
    lab.done(Action::Resume { replica: replica.clone(), found: Found::default() }).await;
    lab.sandbox.write(1, "later").await.unwrap();
    let count = (ROWS + 2).to_string();
    lab.until_state(2, "every row is there", |_| lab.rows(2) == count).await;
}

/// A receiver that is started without GTID moves `gtid_slave_pos` to the source's position before
/// anything is applied, so nothing may be believed to be applied because of it.
#[rstest]
#[tokio::test]
async fn a_mariadb_replica_that_left_gtid_is_not_believed_to_be_drained() {
    let lab = Lab::start(Flavor::MariaDb, 2);
    lab.write_rows(1).await;
    lab.until_state(2, "the first row is there", |_| lab.rows(2) == "1").await;
    let delayed = "stop slave; change master to master_use_gtid=no, master_delay=3600; start slave";
    lab.replica_sql(2, delayed);
    lab.write_rows(ROWS).await;
    let written = lab.state(1).await.binlog.position.clone();
    let read_all = |state: &ServerState| {
        state.replication.as_ref().map(|channel| &channel.read) == written.as_ref()
    };
    lab.until_state(2, "all is received", read_all).await;
    lab.replica_sql(2, "stop slave; start slave");
    lab.until_state(2, "all is received again", read_all).await;
    lab.sandbox.fault("kill", 1);
    let server = lab.key(2);
    assert!(!lab.done(Action::Seal { replica: server.clone() }).await.drained);
    let promote = Action::Promote { server: server.clone(), keep_relay_log: false };
    lab.driver.apply(&promote).await.unwrap_err();
    lab.done(Action::Seal { replica: server.clone() }).await;
    assert!(lab.done(Action::Drain { replica: server, stall: STALL }).await.drained);
    assert_eq!(lab.rows(2), (ROWS + 1).to_string());
}
