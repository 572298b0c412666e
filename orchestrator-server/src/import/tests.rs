use std::time::Duration;

use super::*;

const NOW: i64 = 1_795_407_535;

fn ago(seconds: i64) -> Option<String> {
    Some(shared::timestamp::expression_text(NOW - seconds))
}

fn table(name: &str, columns: &[&str], rows: Vec<Vec<Option<String>>>) -> Table {
    let columns = columns.iter().map(|column| (*column).to_owned()).collect();
    Table { name: name.to_owned(), columns, rows }
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn gathered(tables: &[Table]) -> (Gathered, String) {
    let mut report = Report::default();
    let gathered = gather(tables, Moment::from_unix_seconds(NOW), &mut report);
    (gathered, report.to_string())
}

const RECOVERY: &[&str] = &[
    "recovery_id",
    "uid",
    "hostname",
    "port",
    "analysis",
    "start_active_period",
    "end_recovery",
    "in_active_period",
    "successor_hostname",
    "successor_port",
    "is_successful",
    "slave_hosts",
];

fn recovery(end: Option<String>, successor: &str) -> Table {
    let row = vec![
        text("4"),
        text("u"),
        text("db1"),
        text("3306"),
        text("DeadMaster"),
        ago(60),
        end,
        text("1"),
        text(successor),
        text("3306"),
        text("1"),
        text("db2:3306,db3:3306"),
    ];
    table("topology_recovery", RECOVERY, vec![row])
}

/// What happened under another program is not gone on with, and nobody is fenced for it.
#[test]
fn recoveries_come_over_as_ended_and_settled() {
    for (end, successor) in [(ago(30), "db2"), (None, ""), (None, "db2")] {
        let (gathered, _) = gathered(&[recovery(end.clone(), successor)]);
        let recovery = &gathered.facts.recoveries[0];
        assert!(recovery.end.is_some() && recovery.is_over(), "{end:?} {successor:?}");
        assert!(recovery.active, "it still blocks the next one");
        assert_eq!(recovery.replicas.len(), 2);
        let by = recovery.end.as_ref().unwrap();
        assert_eq!(by.successor.is_some(), end.is_some(), "half a recovery has no successor");
        assert_eq!(by.errors.is_empty(), end.is_some());
    }
}

#[test]
fn hints_that_have_ended_are_left() {
    let columns = &["hostname", "port", "downtime_active", "begin_timestamp", "end_timestamp"];
    let row = |active: &str, end| vec![text("db1"), text("3306"), text(active), ago(100), end];
    let cases = [(row("1", ago(-60)), 1), (row("1", ago(1)), 0), (row("0", ago(-60)), 0)];
    for (row, taken) in cases {
        let tables = [table("database_instance_downtime", columns, vec![row.clone()])];
        let (gathered, report) = gathered(&tables);
        assert_eq!(gathered.facts.downtimes.len(), taken, "{row:?}");
        assert_eq!(report.contains("it has ended"), taken == 0, "{report}");
    }
}

#[test]
fn a_downtime_far_away_stays_as_long_as_it_was() {
    let columns = &["hostname", "port", "begin_timestamp", "end_timestamp", "owner", "reason"];
    let row = vec![
        text("db1"),
        text("3306"),
        ago(0),
        text("2054-04-10 04:18:55"),
        text("dba"),
        text("'; --"),
    ];
    let (gathered, _) = gathered(&[table("database_instance_downtime", columns, vec![row])]);
    let (key, downtime) = &gathered.facts.downtimes[0];
    assert_eq!((key.to_string().as_str(), downtime.reason.as_str()), ("db1:3306", "'; --"));
    assert_eq!(downtime.ends.since(downtime.begins), Duration::from_secs(240_000 * 3600));
}

#[test]
fn pools_are_put_together_from_their_rows() {
    let columns = &["hostname", "port", "pool", "registered_at"];
    let row = |host: &str, pool: &str, at| vec![text(host), text("3306"), text(pool), at];
    let rows = vec![
        row("db1", "web", ago(50)),
        row("db2", "web", ago(40)),
        row("db1", "batch", ago(60)),
        row("", "web", ago(10)),
    ];
    let (gathered, report) = gathered(&[table("database_instance_pool", columns, rows)]);
    let pools: Vec<_> = gathered
        .facts
        .pools
        .iter()
        .map(|(name, members, _)| (name.as_str(), members.len()))
        .collect();
    assert_eq!(pools, [("batch", 1), ("web", 2)]);
    assert_eq!(gathered.facts.pools[1].2, Moment::from_unix_seconds(NOW - 40));
    assert!(report.contains("left a row of database_instance_pool"), "{report}");
}

/// Aliases that servers suggest come with the servers; those of clusters that are gone are left.
#[test]
fn aliases_that_nothing_else_tells_are_taken() {
    let server = |host: &str, suggested: &str| {
        let cluster = format!("{host}:3306");
        vec![text(host), text("3306"), text(&cluster), text(suggested), ago(0), ago(0)]
    };
    let columns = &[
        "hostname",
        "port",
        "cluster_name",
        "suggested_cluster_alias",
        "last_seen",
        "last_checked",
    ];
    let servers = table(SERVERS, columns, vec![server("db1", "main"), server("db2", "")]);
    let alias = |cluster: &str, alias: &str| vec![text(cluster), text(alias)];
    let rows =
        vec![alias("db1:3306", "main"), alias("db2:3306", "other"), alias("gone:3306", "old")];
    let aliases = table("cluster_alias", &["cluster_name", "alias"], rows);
    let by_hand = table(
        "cluster_alias_override",
        &["cluster_name", "alias"],
        vec![alias("db1:3306", "by hand")],
    );
    let (gathered, _) = gathered(&[servers, aliases, by_hand]);
    let pair = |cluster: &str, alias: &str| vec![(cluster.to_owned(), alias.to_owned())];
    assert_eq!(gathered.facts.alias_overrides, pair("db1:3306", "by hand"));
    assert_eq!(gathered.facts.aliases, pair("db2:3306", "other"));
}

/// A server that was never seen, one whose last check failed, and one that is well.
#[test]
fn a_server_is_as_well_as_its_last_check() {
    let columns = &["hostname", "port", "last_seen", "last_checked", "version"];
    let cases = [
        (None, ago(5), false, false),
        (ago(60), ago(5), true, false),
        (ago(5), ago(5), true, true),
    ];
    for (seen, checked, known, valid) in cases {
        let row = vec![text("db1"), text("3306"), seen, checked, text("8.0.36")];
        let (gathered, _) = gathered(&[table(SERVERS, columns, vec![row])]);
        let instance = gathered.servers.values().next().unwrap().instance().unwrap();
        assert_eq!((instance.state.is_some(), instance.is_valid()), (known, valid));
        assert!(instance.check.state_since.is_none(), "stored data is no evidence");
    }
}
