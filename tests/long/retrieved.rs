//! What replicas had retrieved, read past the service: none of it may be missing afterwards.

use std::collections::BTreeMap;

use harness::sandbox::{Flavor, Sandbox};
use mysql_async::{Conn, Row, prelude::Queryable};

/// Open connections to replicas, so that reading takes a moment only.
#[derive(Debug)]
pub(crate) struct Observer {
    flavor: Flavor,
    connections: BTreeMap<u16, Conn>,
}

/// GTIDs that a replica was seen to hold, in the language of its flavour.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    node: u16,
    gtids: String,
}

impl Observer {
    /// Connect to these nodes.
    pub(crate) async fn of(sandbox: &Sandbox, nodes: impl IntoIterator<Item = u16>) -> Self {
        let mut connections = BTreeMap::new();
        for node in nodes {
            connections.insert(node, sandbox.owner(node).await.unwrap());
        }
        let mut observer = Self { flavor: sandbox.flavor, connections };
        let held = observer.read().await;
        let readable = held.iter().filter(|held| !held.gtids.is_empty()).count();
        assert_eq!(readable, observer.connections.len(), "{held:?}");
        observer
    }

    /// What every node holds now. A node that has died since holds nothing.
    pub(crate) async fn read(&mut self) -> Vec<Held> {
        let mut all = Vec::new();
        for (node, connection) in &mut self.connections {
            let gtids = match self.flavor {
                Flavor::MySql => of_mysql(connection).await,
                Flavor::MariaDb => of_mariadb(connection).await,
            };
            let node = *node;
            all.extend(gtids.into_iter().map(|gtids| Held { node, gtids }));
        }
        all
    }
}

async fn of_mysql(connection: &mut Conn) -> mysql_async::Result<String> {
    let sql = "select concat_ws(',', @@global.gtid_executed, group_concat(received_transaction_set)) \
               from performance_schema.replication_connection_status";
    let gtids: Option<String> = connection.query_first(sql).await?;
    Ok(gtids.unwrap_or_default().replace('\n', ""))
}

async fn of_mariadb(connection: &mut Conn) -> mysql_async::Result<String> {
    let status: Option<Row> = connection.query_first("show slave status").await?;
    Ok(status.and_then(|row| row.get("Gtid_IO_Pos")).unwrap_or_default())
}

/// What of it this node has not applied; empty if nothing is missing.
pub(crate) fn missing(sandbox: &Sandbox, node: u16, held: &[Held]) -> Vec<String> {
    let held = held.iter();
    match sandbox.flavor {
        Flavor::MySql => held
            .filter_map(|held| {
                let sql = format!("select gtid_subtract('{}', @@global.gtid_executed)", held.gtids);
                let missing = sandbox.sql(node, &sql);
                (!missing.is_empty()).then(|| format!("{missing} (held by {})", held.node))
            })
            .collect(),
        Flavor::MariaDb => {
            // The last number of each server in each domain, not of the domain alone: a new
            // source counts on.
            let state = sandbox.sql(node, "select @@global.gtid_binlog_state");
            let applied: BTreeMap<(u64, u64), u64> = mariadb_gtids(&state).collect();
            held.flat_map(|held| mariadb_gtids(&held.gtids).map(move |gtid| (held.node, gtid)))
                .filter(|(_, (of, number))| applied.get(of).is_none_or(|last| last < number))
                .map(|(by, ((domain, server), number))| {
                    format!("{domain}-{server}-{number} (held by {by})")
                })
                .collect()
        }
    }
}

/// `domain-server-number`, separated by commas.
fn mariadb_gtids(text: &str) -> impl Iterator<Item = ((u64, u64), u64)> {
    text.split(',').filter_map(|gtid| {
        let mut parts = gtid.trim().split('-').map(str::parse);
        let mut part = || parts.next()?.ok();
        Some(((part()?, part()?), part()?))
    })
}
