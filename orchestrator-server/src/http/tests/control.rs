//! Operations on single servers: what each route asks for, and what it answers.

use rstest::rstest;
use serde_json::json;

use super::lab::Lab;

#[rstest]
#[case("start-replica", "Start", "Replica started: db2:3306")]
#[case("start-slave", "Start", "Replica started: db2:3306")]
#[case("stop-replica", "Stop", "Replica stopped: db2:3306")]
#[case("stop-slave", "Stop", "Replica stopped: db2:3306")]
#[case("stop-replica-nice", "StopNicely", "Replica stopped nicely: db2:3306")]
#[case("stop-slave-nice", "StopNicely", "Replica stopped nicely: db2:3306")]
#[case("reset-replica", "Reset", "Replica reset on db2:3306")]
#[case("reset-slave", "Reset", "Replica reset on db2:3306")]
#[case("skip-query", "SkipQuery", "Query skipped on db2:3306")]
#[case("enable-gtid", "EnableGtid", "Enabled GTID on db2:3306")]
#[case("disable-gtid", "DisableGtid", "Disabled GTID on db2:3306")]
#[case(
    "change-master-credentials",
    "Credentials",
    "Replication credentials re-applied on db2:3306"
)]
#[case("detach-replica", "Detach", "Replica detached: db2:3306")]
#[case("detach-slave", "Detach", "Replica detached: db2:3306")]
#[case("detach-replica-master-host", "Detach", "Replica detached: db2:3306")]
#[case("detach-slave-master-host", "Detach", "Replica detached: db2:3306")]
#[case("reattach-replica", "Reattach", "Replica reattached: db2:3306")]
#[case("reattach-slave-master-host", "Reattach", "Replica reattached: db2:3306")]
#[case("set-read-only", "SetReadOnly(true)", "Server set as read-only")]
#[case("set-writeable", "SetReadOnly(false)", "Server set as writeable")]
#[case("enable-semi-sync-master", "SemiSync(Source, true)", "master semi-sync set to true")]
#[case("enable-semi-sync-source", "SemiSync(Source, true)", "master semi-sync set to true")]
#[case("disable-semi-sync-source", "SemiSync(Source, false)", "master semi-sync set to false")]
#[case("enable-semi-sync-replica", "SemiSync(Replica, true)", "replica semi-sync set to true")]
#[case("disable-semi-sync-replica", "SemiSync(Replica, false)", "replica semi-sync set to false")]
#[case("flush-binary-logs", "FlushLogs", "Binary logs flushed on: db2:3306")]
#[case(
    "gtid-errant-reset-master",
    "ForgetErrant",
    "Removed errant GTID on db2:3306 and issued a RESET MASTER"
)]
#[case(
    "gtid-errant-inject-empty",
    "InjectEmpty",
    "Have injected 2 transactions on cluster master db1:3306"
)]
#[tokio::test]
async fn operations_answer_with_the_server(
    #[case] route: &str,
    #[case] operation: &str,
    #[case] message: &str,
) {
    let lab = Lab::new();
    let answer = lab.get(&format!("/api/{route}/db2/3306")).await;
    assert_eq!((answer.status.as_u16(), answer.message().as_str()), (200, message));
    assert_eq!(answer.json()["Details"]["Key"], json!({ "Hostname": "db2", "Port": 3306 }));
    assert_eq!(*lab.operations.asked.lock().unwrap(), [format!("{operation} on db2:3306")]);
}

#[rstest]
#[case("kill-query/db2/3306/77", "KillQuery(77) on db2:3306", "Query killed on : db2:3306")]
#[case("delay-replication/db2/3306/7", "Delay(7) on db2:3306", "Replication delayed: db2:3306")]
#[case(
    "purge-binary-logs/db2/3306/binlog.000003",
    "PurgeLogs { to: Some(\"binlog.000003\"), force: false } on db2:3306",
    "Binary logs flushed on: db2:3306"
)]
#[case(
    "purge-binary-logs/db2/3306/latest?force=true",
    "PurgeLogs { to: None, force: true } on db2:3306",
    "Binary logs flushed on: db2:3306"
)]
#[tokio::test]
async fn values_arrive(#[case] path: &str, #[case] asked: &str, #[case] message: &str) {
    let lab = Lab::new();
    let answer = lab.get(&format!("/api/{path}")).await;
    assert_eq!((answer.status.as_u16(), answer.message().as_str()), (200, message));
    assert_eq!(*lab.operations.asked.lock().unwrap(), [asked]);
}

#[rstest]
#[case("delay-replication/db2/3306/-1", "invalid seconds: -1, it should be greater or equal to 0")]
#[case("delay-replication/db2/3306/abc", "Invalid value provided for seconds")]
#[case("kill-query/db2/3306/abc", "strconv.ParseInt: parsing \"abc\": invalid syntax")]
#[case("purge-binary-logs/db2/3306", "purge-binary-logs: expected log file name or 'latest'")]
#[case("set-writeable/db2/abc", "Invalid port: abc")]
#[case("can-replicate-from/db2/3306/db77/3306", "Cannot read instance: db77:3306")]
#[case("can-replicate-from/db2/3306/db2/3306", "instance cannot replicate from itself: db2:3306")]
#[tokio::test]
async fn bad_values_reach_no_server(#[case] path: &str, #[case] message: &str) {
    let lab = Lab::new();
    let answer = lab.get(&format!("/api/{path}")).await;
    assert_eq!((answer.status.as_u16(), answer.message().as_str()), (500, message));
    assert!(answer.json()["Details"].is_null());
    assert!(lab.operations.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn answers_that_are_no_server() {
    let lab = Lab::new();
    let details =
        async |path: &str| lab.get(&format!("/api/{path}")).await.json()["Details"].clone();
    assert_eq!(details("delay-replication/db2/3306/7").await, json!(7));
    assert_eq!(details("locate-gtid-errant/db2/3306").await, json!(["binlog.000002"]));
    let destination = json!({ "Hostname": "db1", "Port": 3306 });
    assert_eq!(details("can-replicate-from/db2/3306/db1/3306").await, destination);
    assert_eq!(details("can-replicate-from-gtid/db2/3306/db1/3306").await, destination);
    let answer = lab.get("/api/can-replicate-from/db2/3306/db1/3306").await;
    assert_eq!(answer.message(), "true");
    assert_eq!(details("restart-slave-statements/db1/3306").await, json!(null));
    let answer = lab.get("/api/restart-replica-statements/db2/3306?q=set%20global%20x%3D1").await;
    assert_eq!(answer.message(), "statements for: db2:3306");
    assert_eq!(answer.json()["Details"][2], "set global x=1;");
    // What does not replicate after a start is shown.
    let answer = lab.get("/api/restart-replica/db2/3306").await;
    assert_eq!(
        (answer.status.as_u16(), answer.message().as_str()),
        (500, "Replication not running")
    );
    assert_eq!(answer.json()["Details"]["Key"]["Hostname"], "db2");
}
