//! Rows of what happened under the Go program, as facts of ours. Recoveries come over as ended
//! and settled: nothing is resumed, and no server is fenced, because of somebody else's history.

use std::collections::{BTreeMap, HashMap};

use shared::InstanceKey;

use super::{
    Gathered,
    hints::node,
    table::{Row, Table},
};
use crate::{
    analysis::Code,
    journal::{
        command::{AuditEntry, RecoveryEnd},
        facts::{Acknowledgement, Detection, Line, Recovery},
    },
};

fn code(row: Row<'_>) -> Result<Code, String> {
    let name = row.text("analysis");
    let found = Code::ALL.iter().find(|code| code.name() == name);
    found.copied().ok_or_else(|| format!("unknown analysis {name:?}"))
}

pub(super) fn audit(row: Row<'_>, to: &mut Gathered) -> Result<(), String> {
    let at = row.time("audit_timestamp").ok_or("an entry without a time")?;
    let entry = AuditEntry {
        at,
        kind: row.text("audit_type"),
        // Entries about no server are filed under none.
        key: row.key("hostname", "port").ok(),
        cluster: row.text("cluster_name"),
        message: row.text("message"),
    };
    to.facts.audit.push((row.number("audit_id"), entry));
    Ok(())
}

pub(super) fn detection(row: Row<'_>, to: &mut Gathered) -> Result<(), String> {
    let key = row.key("hostname", "port")?;
    to.facts.detections.push(Detection {
        id: row.number("detection_id"),
        code: code(row).map_err(|why| format!("{key}: {why}"))?,
        cluster: row.text("cluster_name"),
        alias: row.text("cluster_alias"),
        replicas: row.keys("slave_hosts"),
        actionable: row.flag("is_actionable"),
        at: row.time("start_active_period").ok_or_else(|| format!("{key}: it has no time"))?,
        active: row.flag("in_active_period"),
        node: node(row),
        key,
    });
    Ok(())
}

/// The lines of each recovery, by its name, oldest first.
pub(super) fn lines(steps: Option<&Table>) -> HashMap<String, Vec<Line>> {
    let mut lines: HashMap<String, Vec<Line>> = HashMap::new();
    for row in steps.into_iter().flat_map(Table::rows) {
        let Some(at) = row.time("audit_at") else { continue };
        let line = Line { id: row.number("recovery_step_id"), at, message: row.text("message") };
        lines.entry(row.text("recovery_uid")).or_default().push(line);
    }
    for lines in lines.values_mut() {
        lines.sort_by_key(|line| line.id);
    }
    lines
}

pub(super) fn recovery(
    row: Row<'_>,
    lines: &HashMap<String, Vec<Line>>,
    to: &mut Gathered,
) -> Result<(), String> {
    let key = row.key("hostname", "port")?;
    let started =
        row.time("start_active_period").ok_or_else(|| format!("{key}: it has no time"))?;
    let id = row.number("recovery_id");
    let uid = row.some_text("uid").unwrap_or_else(|| format!("imported-{id}-{key}"));
    let lines = lines.get(&uid).cloned().unwrap_or_default();
    let acknowledged = row.flag("acknowledged").then(|| Acknowledgement {
        at: row.time("acknowledged_at").unwrap_or(started),
        by: row.text("acknowledged_by"),
        comment: row.text("acknowledge_comment"),
    });
    let end = end(row, &lines).unwrap_or_else(|| RecoveryEnd {
        at: to.now,
        errors: vec!["it had not ended when it was imported".to_owned()],
        ..RecoveryEnd::default()
    });
    to.facts.recoveries.push(Recovery {
        id,
        uid,
        code: code(row).map_err(|why| format!("{key}: {why}"))?,
        cluster: row.text("cluster_name"),
        alias: row.text("cluster_alias"),
        domain: String::new(),
        replicas: row.keys("slave_hosts"),
        wanted: None,
        forced: false,
        skip_hooks: true,
        detection_id: row.number("last_detection_id"),
        node: node(row),
        failing_since: None,
        started,
        active: row.flag("in_active_period"),
        intended: Vec::new(),
        done: Vec::new(),
        lines,
        fenced: BTreeMap::from([(key.clone(), end.at)]),
        end: Some(end),
        acknowledged,
        resumed: None,
        key,
    });
    Ok(())
}

fn end(row: Row<'_>, lines: &[Line]) -> Option<RecoveryEnd> {
    let at = row.time("end_recovery")?;
    let successor = InstanceKey::from_texts(
        row.find("successor_hostname").unwrap_or_default(),
        row.find("successor_port").unwrap_or_default(),
    );
    let errors = row.text("all_errors");
    Some(RecoveryEnd {
        at,
        successful: row.flag("is_successful"),
        needless: false,
        successor: successor.ok(),
        successor_alias: row.text("successor_alias"),
        successor_binlog: String::new(),
        promoted: lines.last().map(|line| line.at).filter(|_| row.flag("is_successful")),
        lost: row.keys("lost_slaves"),
        participants: row.keys("participating_instances"),
        errors: errors.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect(),
    })
}
