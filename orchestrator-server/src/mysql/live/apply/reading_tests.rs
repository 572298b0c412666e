use rstest::rstest;
use shared::{Flavor, Version};

use super::{super::super::answer::fixtures::vertical, *};

fn mysql(executed: &str, status: &str) -> Reading {
    let variables = format!("read_only: 0\nsuper_read_only: 1\ngtid_executed: {executed}");
    let dialect = Dialect::of(Flavor::MySql, Version::new(9, 7, 0));
    Reading::of(&vertical(&variables), &vertical(status), dialect).unwrap()
}

fn mariadb(slave_pos: &str, binlog_pos: &str, status: &str) -> Reading {
    let variables = format!("gtid_slave_pos: {slave_pos}\ngtid_binlog_pos: {binlog_pos}");
    let dialect = Dialect::of(Flavor::MariaDb, Version::new(10, 11, 1));
    let status = format!("Master_Host: db1\nMaster_Port: 3306\n{status}");
    Reading::of(&vertical(&variables), &vertical(&status), dialect).unwrap()
}

const UUID: &str = "00020111-1111-1111-1111-111111111111";

#[rstest]
#[case("1-302", "254-302", true)]
#[case("1-301", "254-302", false)]
fn oracle_sets_tell_whether_all_is_applied(
    #[case] executed: &str,
    #[case] retrieved: &str,
    #[case] drained: bool,
) {
    let status = format!(
        "Source_Host: db1\nSource_Port: 3306\nReplica_SQL_Running: No\n\
         Retrieved_Gtid_Set: {UUID}:{retrieved}"
    );
    let reading = mysql(&format!("{UUID}:{executed}"), &status);
    assert_eq!(reading.is_drained(), drained);
    assert!(reading.read_only, "super_read_only alone is read-only");
}

#[rstest]
#[case("0-1-52", "", "0-1-52", true)]
#[case("0-1-51", "", "0-1-52", false)]
// Its own write has a higher number than what it lacks.
#[case("0-1-51", "0-2-60", "0-1-52", false)]
fn mariadb_is_judged_by_what_it_applied(
    #[case] slave_pos: &str,
    #[case] binlog_pos: &str,
    #[case] received: &str,
    #[case] drained: bool,
) {
    let status = format!("Slave_SQL_Running: Yes\nUsing_Gtid: Slave_Pos\nGtid_IO_Pos: {received}");
    assert_eq!(mariadb(slave_pos, binlog_pos, &status).is_drained(), drained);
}

#[rstest]
#[case("Yes", "Slave has read all relay log; waiting for more updates", "0-1-52", true)]
#[case("Yes", "Waiting until MASTER_DELAY seconds after master executed event", "0-1-52", false)]
#[case("Yes", "Slave has read all relay log; waiting for more updates", "0-1-51", false)]
#[case("No", "", "0-1-52", false)]
fn a_mariadb_channel_that_left_gtid_is_believed_at_the_end_of_its_relay_log_only(
    #[case] sql: &str,
    #[case] activity: &str,
    #[case] slave_pos: &str,
    #[case] drained: bool,
) {
    let status = format!(
        "Slave_IO_Running: No\nSlave_SQL_Running: {sql}\nSlave_SQL_Running_State: {activity}\n\
         Using_Gtid: No\nGtid_IO_Pos: 0-1-52"
    );
    assert_eq!(mariadb(slave_pos, "", &status).is_drained(), drained);
}

#[rstest]
#[case("No", "", 10, true)]
#[case("No", "", 9, false)]
#[case("Yes", "Reading event from the relay log", 10, false)]
#[case("Yes", "Slave has read all relay log; waiting for more updates", 10, true)]
#[case("Yes", "Slave has read all relay log; waiting for more updates", 9, false)]
fn coordinates_tell_only_when_the_applier_agrees(
    #[case] sql: &str,
    #[case] activity: &str,
    #[case] exec: u64,
    #[case] drained: bool,
) {
    let status = format!(
        "Slave_SQL_Running: {sql}\nSlave_SQL_Running_State: {activity}\nUsing_Gtid: No\n\
         Master_Log_File: b.1\nRelay_Master_Log_File: b.1\n\
         Read_Master_Log_Pos: 10\nExec_Master_Log_Pos: {exec}"
    );
    assert_eq!(mariadb("", "", &status).is_drained(), drained);
}

#[test]
fn a_server_without_channel_has_nothing_to_apply() {
    let reading = mysql(&format!("{UUID}:1-5"), "");
    assert!(reading.channel.is_none() && reading.is_drained() && !reading.replicating());
    assert_eq!(reading.replayed(), &reading.executed);
}

#[test]
fn progress_is_any_movement() {
    let status = |relay: u64| {
        let status = format!("Relay_Log_File: r.2\nRelay_Log_Pos: {relay}\nUsing_Gtid: No");
        mariadb("0-1-1", "", &status).progress()
    };
    assert_eq!(status(4), status(4));
    assert_ne!(status(4), status(5));
}

#[test]
fn a_set_that_cannot_be_read_stops_everything() {
    let dialect = Dialect::of(Flavor::MySql, Version::new(9, 7, 0));
    let read = Reading::of(&vertical("gtid_executed: what"), &Answer::default(), dialect);
    assert!(read.is_err());
}
