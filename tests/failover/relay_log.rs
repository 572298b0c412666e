//! A retrieved transaction is never thrown away: the source dies while appliers are stopped.

use harness::{
    sandbox::{Flavor, Sandbox},
    service::Service,
    wait,
};
use rstest::rstest;
use serde_json::json;

/// Rows that only relay logs hold when the source dies.
const ROWS: usize = 49;

#[rstest]
#[case::applier_stopped("stop replica sql_thread", "stop slave sql_thread")]
#[case::both_stopped("stop replica sql_thread; stop replica", "stop slave sql_thread; stop slave")]
#[tokio::test]
async fn nothing_retrieved_is_lost(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
    #[case] stop_mysql: &str,
    #[case] stop_mariadb: &str,
) {
    let sandbox = Sandbox::start(flavor);
    let stop = if flavor == Flavor::MySql { stop_mysql } else { stop_mariadb };
    let (applier, everything) = stop.split_once("; ").unwrap_or((stop, ""));
    for node in 2..=3 {
        sandbox.sql(node, applier);
    }
    let service = Service::start(json!({ "InstancePollSeconds": 1 })).await;
    service.ask(&["-c", "discover", "-i", &sandbox.address(1)]);
    wait::until(wait::secs(20), "all three are known", || async {
        let known = service.get(&format!("cluster/{}", sandbox.address(1))).await?;
        if known.as_array().is_some_and(|k| k.len() == 3) { Ok(()) } else { Err(known.to_string()) }
    })
    .await;
    for row in 0..ROWS {
        sandbox.write(1, &format!("row {row}")).await.unwrap();
    }
    wait::until(wait::secs(10), "the replicas have received everything", || async {
        for node in 2..=3 {
            received_everything(&sandbox, node)?;
        }
        Ok(())
    })
    .await;
    // One replica has both threads stopped: on MariaDB, starting one would drop its relay log.
    if !everything.is_empty() {
        sandbox.sql(2, everything);
    }
    sandbox.fault("kill", 1);

    let recovery = service.recovery(wait::secs(60)).await;
    assert_eq!(recovery["IsSuccessful"], true, "{recovery}\n{}", service.log());
    for node in 2..=3 {
        wait::until(wait::secs(20), "every row is there", || async {
            let count = sandbox.sql(node, "select count(*) from test_data.t");
            if count == ROWS.to_string() { Ok(()) } else { Err(format!("{node}: {count} rows")) }
        })
        .await;
    }
}

/// The receiver has what the source wrote last.
fn received_everything(sandbox: &Sandbox, node: u16) -> Result<(), String> {
    let (of_source, of_replica) = match sandbox.flavor {
        Flavor::MySql => (
            sandbox.sql(1, "select @@global.gtid_executed"),
            sandbox.sql(
                node,
                "select concat(@@global.gtid_executed, ',', received_transaction_set) \
                 from performance_schema.replication_connection_status",
            ),
        ),
        Flavor::MariaDb => {
            let status = sandbox.sql(node, "show slave status");
            let gtid = sandbox.sql(1, "select @@global.gtid_binlog_pos");
            return if status.contains(&gtid) { Ok(()) } else { Err(status) };
        }
    };
    let missing =
        sandbox.sql(node, &format!("select gtid_subtract('{of_source}', '{of_replica}')"));
    if missing.is_empty() { Ok(()) } else { Err(format!("{node} lacks {missing}")) }
}
