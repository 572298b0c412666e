use rstest::rstest;
use shared::{Flavor, InstanceKey, Version};

use super::{
    super::answer::fixtures::{table, vertical},
    *,
};

const MODERN: &str = "
    Replica_IO_State: Waiting for source to send event
    Source_Host: db1
    Source_User: repl
    Source_Port: 3306
    Source_Log_File: binlog.000007
    Read_Source_Log_Pos: 14026
    Relay_Log_File: relay.000002
    Relay_Log_Pos: 413
    Relay_Source_Log_File: binlog.000006
    Replica_IO_Running: Yes
    Replica_SQL_Running: No
    Replicate_Do_DB:
    Replicate_Wild_Ignore_Table:
    Exec_Source_Log_Pos: 364
    Source_SSL_Allowed: Yes
    Source_SSL_CA_File: /ca.pem
    Source_SSL_Crl: /crl.pem
    Seconds_Behind_Source: NULL
    Source_SSL_Verify_Server_Cert: No
    Last_IO_Errno: 0
    Last_IO_Error:
    Last_SQL_Errno: 1062
    Last_SQL_Error: Duplicate entry
    Source_UUID: 00020111-1111-1111-1111-111111111111
    SQL_Delay: 3600
    Replica_SQL_Running_State:
    Retrieved_Gtid_Set: 00020111-1111-1111-1111-111111111111:254-302
    Auto_Position: 1
    Channel_Name:
    Source_TLS_Version: TLSv1.3
    Source_public_key_path:
    Get_Source_public_key: 1";

const MARIADB: &str = "
    Connection_name:
    Slave_SQL_State: Slave has read all relay log; waiting for more updates
    Slave_IO_State:
    Master_Host: //db1
    Master_User: repl
    Master_Port: 3306
    Master_Log_File: binlog.000001
    Read_Master_Log_Pos: 10594
    Relay_Log_File: relay.000002
    Relay_Log_Pos: 664
    Relay_Master_Log_File: binlog.000001
    Slave_IO_Running: No
    Slave_SQL_Running: Yes
    Replicate_Ignore_Domain_Ids: 7
    Exec_Master_Log_Pos: 754
    Master_SSL_Allowed: No
    Seconds_Behind_Master: -3
    Master_SSL_Verify_Server_Cert: No
    Last_IO_Errno: 2003
    Last_IO_Error: error reconnecting to master
    Last_SQL_Errno: 0
    Using_Gtid: Slave_Pos
    Gtid_IO_Pos: 0-1-52
    SQL_Delay: 0
    Slave_SQL_Running_State: Slave has read all relay log; waiting for more updates";

fn modern() -> Dialect {
    Dialect::of(Flavor::MySql, Version::new(9, 7, 0))
}

fn mariadb() -> Dialect {
    Dialect::of(Flavor::MariaDb, Version::new(10, 11, 1))
}

fn main_of(text: &str, dialect: Dialect) -> Channel {
    let found = channels(&vertical(text), dialect);
    assert_eq!((found.others.len(), found.problems.len()), (0, 0));
    found.main.unwrap()
}

fn db1() -> InstanceKey {
    InstanceKey::new("db1", 3306).unwrap()
}

#[test]
fn a_channel_in_the_modern_vocabulary() {
    let channel = main_of(MODERN, modern());
    assert_eq!(channel.source, Source::Attached(db1()));
    assert_eq!((channel.io, channel.sql), (ThreadState::Running, ThreadState::Stopped));
    assert_eq!(channel.io_activity, "Waiting for source to send event");
    assert_eq!((channel.sql_error.number, channel.delay_seconds), (1062, 3600));
    assert_eq!(channel.read, BinlogCoordinates::new("binlog.000007", 14026));
    assert_eq!(channel.exec, BinlogCoordinates::new("binlog.000006", 364));
    assert_eq!(channel.relay, BinlogCoordinates::new("relay.000002", 413));
    assert_eq!(channel.retrieved.to_string(), "00020111-1111-1111-1111-111111111111:254-302");
    assert_eq!((channel.gtid, channel.seconds_behind), (ChannelGtid::Oracle, None));
    assert!(!channel.filters);
    let tls = ChannelTls {
        enabled: true,
        ca_file: "/ca.pem".to_owned(),
        crl_file: "/crl.pem".to_owned(),
        verify_server_cert: Some(false),
        version: "TLSv1.3".to_owned(),
        get_public_key: Some(true),
        ..ChannelTls::default()
    };
    assert_eq!(channel.tls, tls);
}

#[test]
fn a_channel_of_mariadb() {
    let channel = main_of(MARIADB, mariadb());
    assert_eq!(channel.source, Source::Detached(db1()));
    assert_eq!((channel.io, channel.sql), (ThreadState::Stopped, ThreadState::Running));
    assert_eq!(channel.retrieved.to_string(), "0-1-52");
    assert_eq!(channel.gtid, ChannelGtid::MariaSlavePos);
    assert_eq!((channel.seconds_behind, channel.io_error.number), (Some(0), 2003));
    assert_eq!(channel.source_uuid, "");
    assert!(channel.filters, "a domain is ignored");
    assert_eq!(channel.tls.get_public_key, None);
}

#[rstest]
#[case("Slave_Pos", "Yes", "0-1-52")]
#[case("No", "No", "0-1-52")]
#[case("No", "Connecting", "")]
#[case("No", "Yes", "")]
fn what_mariadb_retrieved_outlives_gtid_until_the_receiver_starts(
    #[case] using: &str,
    #[case] io: &str,
    #[case] retrieved: &str,
) {
    let text = MARIADB
        .replace("Using_Gtid: Slave_Pos", &format!("Using_Gtid: {using}"))
        .replace("Slave_IO_Running: No", &format!("Slave_IO_Running: {io}"));
    assert_eq!(main_of(&text, mariadb()).retrieved.to_string(), retrieved);
}

#[rstest]
#[case("", None, &[])]
#[case("| db1 | 3306", Some(""), &[])]
#[case("a | db1 | 3306", Some("a"), &[])]
#[case("a | db1 | 3306\n | db2 | 3306", Some(""), &["a"])]
#[case("a | db1 | 3306\n b | db2 | 3306", None, &["a", "b"])]
#[case("group_replication_applier | | 0", None, &["group_replication_applier"])]
#[case("group_replication_applier | | 0\n c | db2 | 3306", Some("c"), &["group_replication_applier"])]
#[case("| | 0", None, &[])]
fn the_channel_that_matters(
    #[case] rows: &str,
    #[case] main: Option<&str>,
    #[case] others: &[&str],
) {
    let answer = table(&format!("Channel_Name | Source_Host | Source_Port\n{rows}"));
    let found = channels(&answer, modern());
    assert_eq!(found.main.as_ref().map(|channel| channel.name.as_str()), main);
    let names: Vec<&str> = found.others.iter().map(|channel| channel.name.as_str()).collect();
    assert_eq!(names, others);
}

#[test]
fn a_set_that_cannot_be_read_is_a_problem() {
    let text = MODERN.replace(":254-302", ":x");
    let found = channels(&vertical(&text), modern());
    assert_eq!(found.main.unwrap().retrieved, Position::None);
    assert_eq!(found.problems.len(), 1);
}
