//! What people ask of one server, on real ones: it happens, and nothing else does.

use std::time::Duration;

use harness::{sandbox::Flavor, wait};
use orchestrator_server::mysql::{
    control::{Control, SemiSyncSide},
    driver::{ActionError, Effect, MysqlDriver},
    live::OperatorQuery,
    state::{Channel, ChannelGtid, Position, ThreadState},
};
use rstest::rstest;
use shared::Source;

use crate::lab::{Lab, driver, settings};

const CONFIRM: Duration = Duration::from_secs(5);
const STALL: Duration = Duration::from_secs(5);
const SHORT: Duration = Duration::from_millis(400);
const START: Control = Control::Start { confirm: CONFIRM, stall: STALL };
const RUNNING: (ThreadState, ThreadState) = (ThreadState::Running, ThreadState::Running);
const STOPPED: (ThreadState, ThreadState) = (ThreadState::Stopped, ThreadState::Stopped);

async fn ask(lab: &Lab, node: u16, control: Control) -> Result<Effect, ActionError> {
    lab.driver.control(&lab.key(node), &control).await
}

async fn done(lab: &Lab, node: u16, control: Control) -> Effect {
    let text = control.to_string();
    ask(lab, node, control).await.unwrap_or_else(|error| panic!("{text}: {error}"))
}

async fn refused(lab: &Lab, node: u16, control: Control) -> String {
    let text = control.to_string();
    match ask(lab, node, control).await {
        Err(ActionError::Refused(why)) => why,
        other => panic!("{text}: {other:?}"),
    }
}

fn threads(channel: &Channel) -> (ThreadState, ThreadState) {
    (channel.io, channel.sql)
}

async fn until_rows(lab: &Lab, node: u16, rows: &str) {
    lab.until_state(node, "all rows are there", |_| lab.rows(node) == rows).await;
}

#[rstest]
#[tokio::test]
async fn threads_start_and_stop(#[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor) {
    let lab = Lab::start(flavor, 2);
    for _ in 0..2 {
        done(&lab, 2, Control::Stop).await;
        assert_eq!(threads(&lab.channel(2).await), STOPPED);
    }
    lab.write_rows(3).await;
    for _ in 0..2 {
        assert!(done(&lab, 2, START).await.replicating);
        assert_eq!(threads(&lab.channel(2).await), RUNNING);
    }
    until_rows(&lab, 2, "3").await;
    let restart = Control::Restart { confirm: CONFIRM, stall: STALL };
    assert!(done(&lab, 2, restart.clone()).await.replicating);
    lab.write_rows(3).await;
    let effect = done(&lab, 2, Control::StopNicely { stall: STALL }).await;
    assert!(!effect.replicating);
    let channel = lab.channel(2).await;
    assert_eq!(threads(&channel), STOPPED);
    assert!(effect.executed.contains(&channel.retrieved));
    assert!(done(&lab, 2, restart).await.replicating);
    until_rows(&lab, 2, "6").await;
    assert_ne!(lab.channel(2).await.gtid, ChannelGtid::None);
    for control in [START, Control::Stop, Control::StopNicely { stall: STALL }] {
        let why = refused(&lab, 1, control).await;
        assert_eq!(why, format!("instance is not a replica: {}", lab.key(1)));
    }
    // Its source is gone: it is started, and does not replicate.
    done(&lab, 2, Control::Stop).await;
    lab.sandbox.fault("stop", 1);
    assert!(!done(&lab, 2, Control::Start { confirm: SHORT, stall: STALL }).await.replicating);
    assert_eq!(lab.channel(2).await.io, ThreadState::Connecting);
}

#[rstest]
#[tokio::test]
async fn what_only_a_stopped_replica_holds_is_never_dropped(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let lab = Lab::start(flavor, 3);
    for node in [2, 3] {
        lab.replica_sql(node, "stop replica sql_thread");
    }
    lab.write_rows(4).await;
    for node in [2, 3] {
        lab.until_received(node).await;
        done(&lab, node, Control::Stop).await;
    }
    lab.sandbox.fault("kill", 1);

    let before = lab.channel(3).await;
    for control in [
        Control::Delay { seconds: 30 },
        Control::LeaveGtid,
        Control::Reset { stall: SHORT },
        Control::Credentials,
    ] {
        let why = refused(&lab, 3, control).await;
        assert!(why.contains("cannot give it again") || why.contains("account"), "{why}");
        let now = lab.channel(3).await;
        assert_eq!((threads(&now), now.gtid, &now.source), (STOPPED, before.gtid, &before.source));
    }
    assert_eq!(lab.rows(3), "0");
    // Detached, the relay log stays on disk; the applier stays stopped, as it was found.
    done(&lab, 3, Control::DetachHost { stall: SHORT }).await;
    let detached = lab.channel(3).await;
    assert_eq!(detached.source, Source::Detached(lab.key(1)));
    assert_eq!(threads(&detached), STOPPED);
    let reattach = Control::ReattachHost { stall: STALL, confirm: SHORT };
    done(&lab, 3, reattach).await;
    let channel = lab.channel(3).await;
    assert_eq!(channel.source, Source::Attached(lab.key(1)));
    assert_ne!(channel.gtid, ChannelGtid::None);
    assert_eq!(lab.rows(3), "4");

    done(&lab, 2, Control::Start { confirm: SHORT, stall: STALL }).await;
    until_rows(&lab, 2, "4").await;
    assert_ne!(lab.channel(2).await.gtid, ChannelGtid::None);
}

#[rstest]
#[tokio::test]
async fn settings_change_and_threads_stay(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let lab = Lab::start(flavor, 2);
    lab.write_rows(2).await;
    until_rows(&lab, 2, "2").await;
    let delay = |seconds| Control::Delay { seconds };
    for (seconds, stop) in [(7, ""), (8, " sql_thread"), (9, " io_thread"), (0, ""), (0, "")] {
        if !stop.is_empty() {
            lab.replica_sql(2, &format!("stop replica{stop}"));
        }
        let before = threads(&lab.channel(2).await);
        done(&lab, 2, delay(seconds)).await;
        let state = lab.until_state(2, "its threads are back", |state| {
            state.replication.as_ref().is_some_and(|c| threads(c) == before)
        });
        assert_eq!(state.await.replication.as_ref().unwrap().delay_seconds, seconds);
        if !stop.is_empty() {
            done(&lab, 2, START).await;
        }
    }
    let by_gtid = lab.channel(2).await.gtid;
    lab.write_rows(2).await;
    done(&lab, 2, Control::LeaveGtid).await;
    let left = lab.channel(2).await;
    assert_eq!((left.gtid, left.delay_seconds), (ChannelGtid::None, 0));
    lab.write_rows(2).await;
    until_rows(&lab, 2, "6").await;
    // It also comes back while somebody had stopped it, and stays stopped.
    done(&lab, 2, Control::Stop).await;
    lab.write_rows(2).await;
    done(&lab, 2, Control::UseGtid).await;
    let back = lab.channel(2).await;
    assert_eq!((back.gtid, threads(&back)), (by_gtid, STOPPED));
    assert!(done(&lab, 2, START).await.replicating);
    until_rows(&lab, 2, "8").await;
}

#[rstest]
#[tokio::test]
async fn gtid_comes_back_at_the_place_that_was_applied(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let lab = Lab::start(flavor, 2);
    lab.write_rows(2).await;
    until_rows(&lab, 2, "2").await;
    done(&lab, 2, Control::LeaveGtid).await;
    // The receiver is ahead of the applier when GTID comes back.
    lab.replica_sql(2, "stop replica sql_thread");
    lab.write_rows(5).await;
    let read = lab.state(1).await.binlog.position.clone().unwrap();
    lab.until_state(2, "all is read", |state| {
        state.replication.as_ref().is_some_and(|channel| channel.read >= read)
    })
    .await;
    done(&lab, 2, Control::Stop).await;
    done(&lab, 2, Control::UseGtid).await;
    assert!(done(&lab, 2, START).await.replicating);
    until_rows(&lab, 2, "7").await;
}

#[rstest]
#[tokio::test]
async fn detaching_and_reattaching(#[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor) {
    let lab = Lab::start(flavor, 2);
    lab.replica_sql(
        2,
        "stop replica; change replication source to source_heartbeat_period=1.5, source_delay=0; \
         start replica",
    );
    lab.write_rows(3).await;
    let by_gtid = lab.channel(2).await.gtid;
    let detach = Control::DetachHost { stall: STALL };
    let reattach = Control::ReattachHost { stall: STALL, confirm: CONFIRM };
    assert!(refused(&lab, 2, reattach.clone()).await.contains("does not seem to be detached"));
    done(&lab, 2, detach.clone()).await;
    let channel = lab.channel(2).await;
    assert_eq!(channel.source, Source::Detached(lab.key(1)));
    assert_eq!((threads(&channel), channel.gtid), (STOPPED, by_gtid));
    assert!(refused(&lab, 2, detach.clone()).await.contains("already detached"));
    lab.write_rows(3).await;
    assert!(done(&lab, 2, reattach.clone()).await.replicating);
    until_rows(&lab, 2, "6").await;
    assert_eq!(lab.channel(2).await.gtid, by_gtid);

    let heartbeat = match flavor {
        Flavor::MySql => lab.sandbox.sql(2, "select heartbeat from mysql.slave_master_info"),
        Flavor::MariaDb => lab.sandbox.sql(2, "show all slaves status"),
    };
    assert!(heartbeat.contains("1.5"), "{heartbeat}");

    // By file and position, with something left to apply: the applier goes on.
    done(&lab, 2, Control::LeaveGtid).await;
    done(&lab, 2, Control::Delay { seconds: 2 }).await;
    lab.write_rows(2).await;
    let read = lab.state(1).await.binlog.position.clone().unwrap();
    lab.until_state(2, "all is read", |state| {
        state.replication.as_ref().is_some_and(|channel| channel.read >= read)
    })
    .await;
    done(&lab, 2, detach.clone()).await;
    assert!(lab.channel(2).await.source.is_detached());
    until_rows(&lab, 2, "8").await;
    lab.write_rows(1).await;
    assert!(done(&lab, 2, reattach).await.replicating);
    assert_eq!(lab.channel(2).await.delay_seconds, 2);
    until_rows(&lab, 2, "9").await;
    assert!(refused(&lab, 1, detach).await.contains("not a replica"));
}

#[rstest]
#[tokio::test]
async fn resetting_forgets_the_source(#[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor) {
    let lab = Lab::start(flavor, 2);
    lab.write_rows(3).await;
    lab.until_received(2).await;
    for _ in 0..2 {
        done(&lab, 2, Control::Reset { stall: STALL }).await;
        let state = lab.state(2).await;
        assert!(state.replication.is_none() && state.read_only);
    }
    assert_eq!(lab.rows(2), "3");
}

#[rstest]
#[case::by_gtid(Flavor::MySql, true, "4")]
#[case::by_gtid_with_one_worker(Flavor::MySql, true, "1")]
#[case::mariadb_by_gtid(Flavor::MariaDb, true, "0")]
#[case::mariadb_by_gtid_in_parallel(Flavor::MariaDb, true, "4")]
#[case::mariadb_by_position(Flavor::MariaDb, false, "0")]
#[case::by_position(Flavor::MySql, false, "4")]
#[tokio::test]
async fn one_transaction_is_skipped(
    #[case] flavor: Flavor,
    #[case] by_gtid: bool,
    #[case] workers: &str,
) {
    let lab = Lab::start(flavor, 2);
    let variable = match flavor {
        Flavor::MySql => "replica_parallel_workers",
        Flavor::MariaDb => "slave_parallel_threads",
    };
    done(&lab, 2, Control::Stop).await;
    lab.sandbox.sql(2, &format!("set global {variable} = {workers}"));
    done(&lab, 2, START).await;
    lab.write_rows(1).await;
    until_rows(&lab, 2, "1").await;
    if !by_gtid {
        done(&lab, 2, Control::LeaveGtid).await;
    }
    // A row that the replica has already, of a transaction of its own.
    lab.sandbox.sql(2, "set global read_only = 0");
    lab.sandbox.sql(2, "insert into test_data.t (id, v) values (1000, 'own')");
    lab.sandbox.sql(1, "insert into test_data.t (id, v) values (1000, 'of the source')");
    lab.write_rows(2).await;
    lab.until_state(2, "its applier fails", |state| {
        state.replication.as_ref().is_some_and(|channel| channel.sql_error.number == 1062)
    })
    .await;
    let skip = Control::SkipQuery { confirm: CONFIRM };
    assert!(done(&lab, 2, skip.clone()).await.replicating);
    until_rows(&lab, 2, "4").await;
    assert_eq!(lab.sandbox.sql(2, "select v from test_data.t where id = 1000"), "own");
    assert!(refused(&lab, 2, skip.clone()).await.contains("SQL thread is running"));
    done(&lab, 2, Control::Stop).await;
    assert!(refused(&lab, 2, skip.clone()).await.contains("No SQL error"));
    assert!(refused(&lab, 1, skip).await.contains("not a replica"));
}

#[rstest]
#[tokio::test]
async fn semi_sync_switches(#[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor) {
    let lab = Lab::with(flavor, 2, &["--semi-sync"]);
    let switch = |side, on| Control::SemiSync { side, on };
    for on in [false, false, true] {
        done(&lab, 1, switch(SemiSyncSide::Source, on)).await;
        done(&lab, 2, switch(SemiSyncSide::Replica, on)).await;
        assert_eq!(lab.state(1).await.semi_sync.source_enabled, on);
        assert_eq!(lab.state(2).await.semi_sync.replica_enabled, on);
        lab.until_state(1, "the source sees it", |state| {
            !on || state.semi_sync.source_clients == 1
        })
        .await;
        lab.until_state(2, "it replicates", |state| {
            state.replication.as_ref().is_some_and(Channel::replicating)
        })
        .await;
    }
    // A receiver that somebody stopped stays so.
    lab.replica_sql(2, "stop replica io_thread");
    done(&lab, 2, switch(SemiSyncSide::Replica, false)).await;
    assert_eq!(lab.channel(2).await.io, ThreadState::Stopped);
}

#[tokio::test]
async fn semi_sync_that_is_not_installed_is_refused() {
    let lab = Lab::start(Flavor::MySql, 1);
    let on = Control::SemiSync { side: SemiSyncSide::Source, on: true };
    assert!(refused(&lab, 1, on).await.contains("not installed"));
}

#[rstest]
#[tokio::test]
async fn logs_queries_and_accounts(#[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor) {
    let mut lab = Lab::start(flavor, 2);
    let first = lab.driver.binary_logs(&lab.key(1)).await.unwrap();
    done(&lab, 1, Control::FlushLogs).await;
    let logs = lab.driver.binary_logs(&lab.key(1)).await.unwrap();
    assert_eq!(logs.len(), first.len() + 1);
    let current = lab.state(1).await.binlog.position.clone().unwrap().file;
    assert_eq!(logs.last().map(|log| log.file.clone()), Some(current.clone()));
    lab.write_rows(1).await;
    until_rows(&lab, 2, "1").await;
    wait::until(wait::secs(20), "only the newest is left", || async {
        done(&lab, 1, Control::PurgeLogs { to: current.clone() }).await;
        let left = lab.driver.binary_logs(&lab.key(1)).await.unwrap();
        if left.len() == 1 { Ok(()) } else { Err(format!("{left:?}")) }
    })
    .await;
    let why = refused(&lab, 1, Control::PurgeLogs { to: "no'such.000009".to_owned() }).await;
    assert!(why.contains("1373"), "{why}");

    let mut sleeper = lab.sandbox.app(1).await.unwrap();
    let connection = u64::from(sleeper.id());
    let asleep = tokio::spawn(async move {
        use mysql_async::prelude::Queryable;
        sleeper.query_first::<u8, _>("select sleep(60)").await
    });
    let sleeping = format!(
        "select count(*) from information_schema.processlist where id = {connection} and \
         info like 'select sleep%'"
    );
    lab.until_state(1, "it sleeps", |_| lab.sandbox.sql(1, &sleeping) == "1").await;
    done(&lab, 1, Control::KillQuery { connection }).await;
    asleep.await.unwrap().ok();
    let why = refused(&lab, 1, Control::KillQuery { connection: 999_999 }).await;
    assert!(why.contains("1094"), "{why}");

    // The account: only of a stopped replica, and by the operator's query where there is one.
    assert!(refused(&lab, 2, Control::Credentials).await.contains("replication is running"));
    done(&lab, 2, Control::Stop).await;
    let bare = ask(&lab, 2, Control::Credentials).await;
    assert_eq!(bare.is_ok(), flavor == Flavor::MySql, "{bare:?}");
    let mut settings = settings();
    settings.replication_credentials = OperatorQuery::from_config("select 'repl', 'repl_pw'");
    lab.driver = driver(settings);
    done(&lab, 2, Control::Credentials).await;
    assert!(done(&lab, 2, START).await.replicating);
    lab.write_rows(1).await;
    until_rows(&lab, 2, "2").await;
}

#[tokio::test]
async fn errant_transactions_are_repaired_at_either_end() {
    let lab = Lab::start(Flavor::MySql, 3);
    lab.write_rows(2).await;
    for node in [2, 3] {
        until_rows(&lab, node, "2").await;
        lab.sandbox.sql(node, "set global read_only = 0");
        lab.sandbox.sql(node, "create database own; flush binary logs; create table own.t (a int)");
    }
    let source = lab.state(1).await.gtid.executed.clone();
    let errant = |state: &Position| match (state, &source) {
        (Position::Oracle(mine), Position::Oracle(theirs)) => {
            Position::Oracle(mine.minus(theirs).into())
        }
        other => panic!("{other:?}"),
    };
    let of_2 = errant(&lab.state(2).await.gtid.executed);
    let inject = Control::InjectEmpty { gtids: of_2.clone() };
    for _ in 0..2 {
        let effect = done(&lab, 1, inject.clone()).await;
        assert!(effect.executed.contains(&of_2));
    }
    lab.until_state(3, "they replicate", |state| state.gtid.executed.contains(&of_2)).await;

    let logs = lab.driver.binary_logs(&lab.key(3)).await.unwrap();
    let previous = logs.last().map(|log| log.previous.clone()).unwrap();
    assert!(!previous.is_empty() && lab.state(3).await.gtid.executed.contains(&previous));
    let of_3 = match (&lab.state(3).await.gtid.executed, &lab.state(1).await.gtid.executed) {
        (Position::Oracle(mine), Position::Oracle(theirs)) => {
            Position::Oracle(mine.minus(theirs).into())
        }
        other => panic!("{other:?}"),
    };
    assert!(!of_3.is_empty());
    done(&lab, 3, Control::ForgetGtids { errant: of_3.clone() }).await;
    lab.write_rows(1).await;
    until_rows(&lab, 3, "3").await;
    let state = lab.state(3).await;
    assert_eq!(state.gtid.executed, lab.state(1).await.gtid.executed);
    assert!(!state.gtid.executed.contains(&of_3));
    assert_eq!(threads(&lab.channel(3).await), RUNNING);
}
