//! Takes over what the Go program knew: reads its backend, turns rows into facts and stored
//! servers of ours, and writes them in one transaction. What a fact means is not decided here;
//! the source is never written to.

mod dictionary;
mod hints;
mod history;
mod report;
mod servers;
mod source;
mod table;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, bail};
use shared::InstanceKey;
use tracing::{info, warn};

pub use report::Report;
pub use source::Source;

use self::{
    dictionary::{Fate, SERVERS},
    table::{Row, Table},
};
use crate::{
    backend::{
        BackendError, Problem, Sqlite, StoredInstance,
        lock::Role,
        log::{LogRow, LogStore},
        sqlite::Urgency,
    },
    clock::{Clock, Moment, SystemClock},
    journal::{
        command::{AuditEntry, Command},
        imported::Imported,
    },
};

/// A note that is older than this is no sign of life.
const FRESH: Duration = Duration::from_secs(10);
/// Within this time a living one is noted again; notes have whole seconds.
const BEATS: Duration = Duration::from_millis(2500);

/// What was found in the tables of the Go program.
#[derive(Debug, Default)]
struct Gathered {
    now: Moment,
    facts: Imported,
    servers: BTreeMap<InstanceKey, StoredInstance>,
}

/// Reads `source` and takes over into the embedded database `file` what is not there yet.
///
/// # Errors
/// Nothing was taken over; why.
pub async fn import(file: &str, source: &Source) -> anyhow::Result<Report> {
    let tables = source.read().await?;
    let path = file.to_owned();
    let opened = tokio::task::spawn_blocking(move || Sqlite::open_as(&path, Role::Command)).await?;
    let sqlite = match opened {
        Err(BackendError { problem: Problem::InUse(holder), .. })
            if holder.role == Some(Role::Service) =>
        {
            bail!("the service runs ({holder}): stop it, import, and start it again")
        }
        opened => opened?,
    };
    let report = take_over(&sqlite, &tables, &source.to_string()).await;
    sqlite.close().await;
    report
}

/// At the first start: where the tables of the Go program stand in the same file and ours are
/// empty, they are imported.
///
/// # Errors
/// They cannot be read, or nothing can be written.
pub async fn at_first_start(sqlite: &Sqlite) -> anyhow::Result<()> {
    let log = LogStore::new(sqlite.clone());
    if !log.is_fresh().await? {
        return Ok(());
    }
    let read = |connection: &mut rusqlite::Connection| {
        if connection.table_exists(None, SERVERS)? {
            source::read_connection(connection).map(Some)
        } else {
            Ok(None)
        }
    };
    let Some(tables) = sqlite.run(Urgency::Now, read).await? else { return Ok(()) };
    refuse_beside_the_other(sqlite, &tables).await?;
    let report = take_over(sqlite, &tables, sqlite.path()).await?;
    for line in report.to_string().lines() {
        info!("import: {line}");
    }
    warn!("first start: {}", report.summary());
    Ok(())
}

/// Two programs that both recover would be worse than none. The other one notes every second that
/// it lives; what it noted before it was stopped says nothing.
async fn refuse_beside_the_other(sqlite: &Sqlite, tables: &[Table]) -> anyhow::Result<()> {
    let now = SystemClock::default().now();
    let Some(before) = newest_beat(tables).filter(|beat| now.since(*beat) < FRESH) else {
        return Ok(());
    };
    tokio::time::sleep(BEATS).await;
    let again = sqlite.run(Urgency::Now, |connection| source::read_connection(connection)).await?;
    if newest_beat(&again).is_some_and(|beat| beat > before) {
        bail!("the Go program still runs on {}: stop it before this one takes over", sqlite.path());
    }
    Ok(())
}

/// When a service of the Go program last noted that it lives.
fn newest_beat(tables: &[Table]) -> Option<Moment> {
    let health = tables.iter().find(|table| table.name == "node_health")?;
    let services = health.rows().filter(|row| row.find("extra_info") != Some("CLIMode"));
    services.filter_map(|row| row.time("last_seen_active")).max()
}

async fn take_over(sqlite: &Sqlite, tables: &[Table], from: &str) -> anyhow::Result<Report> {
    let now = SystemClock::default().now();
    let mut report = Report::default();
    let mut gathered = gather(tables, now, &mut report);
    let log = LogStore::new(sqlite.clone());
    let mut facts = log.load().await?.facts;
    report.brought = facts.clone().import(&gathered.facts);
    // The audit tells later where everything came from.
    let note = AuditEntry {
        at: now,
        kind: "import".to_owned(),
        key: None,
        cluster: String::new(),
        message: format!("from {from}"),
    };
    gathered.facts.audit.push((0, note));
    let mut servers = Vec::with_capacity(gathered.servers.len());
    for (key, server) in &gathered.servers {
        servers
            .push((key.clone(), serde_json::to_string(server).context("cannot store a server")?));
    }
    // The audit has a table of its own, so the log need not hold it as well.
    let logged = Imported { audit: Vec::new(), ..gathered.facts.clone() };
    let text = serde_json::to_string(&Command::Import(Box::new(logged)))
        .context("cannot store what was read")?;
    let command = Command::Import(Box::new(gathered.facts));
    facts.apply(&command);
    let row = LogRow { seq: facts.applied, at: now, command: Arc::new(command), text };
    let (servers, audit) = log.import(row, servers).await?;
    report.servers = servers;
    // Without the note about the import itself.
    report.audit = audit.saturating_sub(1);
    Ok(report)
}

/// Reads every table; the report says what was left and why.
fn gather(tables: &[Table], now: Moment, report: &mut Report) -> Gathered {
    let mut to = Gathered { now, ..Gathered::default() };
    let named = |name: &str| tables.iter().find(|table| table.name == name);
    let rows = |name: &str| named(name).into_iter().flat_map(Table::rows);
    for table in tables {
        match dictionary::fate(&table.name) {
            Some(Fate::Taken(columns)) => report.columns(table, columns),
            Some(Fate::Left(why)) => report.left_table(table, why),
            None => report.left_table(table, "not known"),
        }
    }
    let domains: HashMap<String, String> = rows("cluster_domain_name")
        .filter_map(|row| Some((row.some_text("cluster_name")?, row.some_text("domain_name")?)))
        .collect();
    for row in rows(SERVERS) {
        match servers::server(row, &domains) {
            Ok((key, server)) => {
                to.servers.insert(key, server);
            }
            Err(why) => report.left_row(SERVERS, why),
        }
    }
    let lines = history::lines(named("topology_recovery_steps"));
    let taken: &[(&str, Take<'_>)] = &[
        ("database_instance_downtime", &hints::downtime),
        ("candidate_database_instance", &hints::candidate),
        ("database_instance_maintenance", &hints::maintenance),
        ("database_instance_tags", &hints::tag),
        ("host_attributes", &hints::attribute),
        ("hostname_unresolve", &hints::virtual_name),
        ("cluster_alias_override", &hints::alias_override),
        ("audit", &history::audit),
        ("topology_failure_detection", &history::detection),
        ("topology_recovery", &|row, to| history::recovery(row, &lines, to)),
    ];
    for (name, take) in taken {
        for row in rows(name) {
            if let Err(why) = take(row, &mut to) {
                report.left_row(name, why);
            }
        }
    }
    for why in hints::pools(rows("database_instance_pool"), &mut to) {
        report.left_row("database_instance_pool", why);
    }
    effective_aliases(rows("cluster_alias"), &mut to);
    to.facts.recoveries_disabled =
        rows("global_recovery_disable").any(|row| row.find("disable_recovery") != Some("0"));
    to.facts.audit.sort_by_key(|(id, _)| *id);
    report.found = report::Found::of(&to.facts, to.servers.len());
    to
}

type Take<'t> = &'t dyn Fn(Row<'_>, &mut Gathered) -> Result<(), String>;

/// Aliases that no server suggests and nobody assigned came from the configuration or a failover;
/// those of clusters that are gone are of no use.
fn effective_aliases<'a>(rows: impl Iterator<Item = Row<'a>>, to: &mut Gathered) {
    let mut clusters = HashSet::new();
    let mut suggesting = HashSet::new();
    for server in to.servers.values() {
        clusters.insert(server.cluster_name().to_owned());
        if !server.cluster_alias().is_empty() {
            suggesting.insert(server.cluster_name().to_owned());
        }
    }
    let of_use = |(cluster, alias): &(String, String)| {
        cluster != alias && clusters.contains(cluster) && !suggesting.contains(cluster)
    };
    to.facts.aliases.extend(rows.filter_map(|row| hints::alias(row).ok()).filter(of_use));
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
