//! Puts the answers of one probe together to the state of a server.

use shared::{BinlogCoordinates, InstanceKey, Version};

use super::{
    answer::{Answer, Row},
    channel::{Channels, channels, maria_position, oracle_position},
    failure::QueryError,
    metadata::metadata,
    profile::Profile,
    question::Question,
    reader::Answers,
    replicas::{announced, fetching},
    settings::LiveSettings,
};
use crate::config::MysqlHostnameResolve;
use crate::mysql::{
    driver::{FailureKind, ProbeFailure},
    state::{
        BinlogState, Degraded, GroupMembership, GtidState, Part, Position, SemiSync, ServerState,
    },
};

/// All that one probe brought back.
pub(super) struct Gathered<'a> {
    pub(super) key: &'a InstanceKey,
    pub(super) settings: &'a LiveSettings,
    pub(super) profile: &'a Profile,
    pub(super) answers: &'a Answers,
}

/// The state of the server, or why its answers make none.
pub(super) fn assemble(gathered: &Gathered<'_>) -> Result<ServerState, ProbeFailure> {
    let Gathered { key, settings, profile, answers } = gathered;
    let variables = gathered.essential(Question::Variables)?;
    let row = variables.first().ok_or_else(|| failure("the server gave no variables"))?;
    let Channels { main, others, mut problems } =
        channels(gathered.essential(Question::Replication)?, profile.dialect);
    if let Some(channel) = main.as_ref().filter(|channel| settings.ignores_user(&channel.user)) {
        let text = format!(
            "Host {key} is excluded from discovery by DiscoveryIgnoreReplicationUsernameFilters \
             (it replicates as {})",
            channel.user
        );
        return Err(ProbeFailure { kind: FailureKind::Excluded, partial: true, text });
    }
    let hostname = hostname(key, settings, row)?;
    let mut degraded = Vec::new();
    let status = gathered.transposed(Question::Status);
    let status_row = status.as_ref().and_then(Answer::first);
    let server_uuid = row.text("server_uuid");
    let state = ServerState {
        version: Version::parse(&profile.version_text),
        version_text: profile.version_text.clone(),
        version_comment: row.text("version_comment"),
        flavor: profile.flavor,
        server_id: row.number("server_id").unwrap_or(0),
        uptime_seconds: status_row.and_then(|row| row.number("Uptime")).unwrap_or(0),
        read_only: row.switch("read_only"),
        super_read_only: row.switch("super_read_only"),
        binlog: binlog(row, gathered.answer(Question::BinlogPosition)),
        gtid: gtid(row, &mut problems),
        semi_sync: semi_sync(row, status_row),
        replicas: gathered.replicas(&mut degraded),
        group: gathered
            .answer(Question::Group)
            .and_then(|members| group(row, members, &server_uuid)),
        replication_credentials_available: settings.replication_credentials.is_some()
            || gathered
                .answer(Question::Credentials)
                .and_then(Answer::scalar)
                .is_some_and(|count| count != "0"),
        metadata: metadata(answers, settings, &hostname, &mut degraded),
        replication: main,
        other_channels: others,
        hostname,
        server_uuid,
        degraded: Vec::new(),
    };
    let problems = problems.into_iter().map(|reason| Degraded { part: Part::Gtid, reason });
    degraded.extend(problems);
    degraded.extend(gathered.failed_parts());
    Ok(ServerState { degraded, ..state })
}

impl Gathered<'_> {
    fn essential(&self, question: Question) -> Result<&Answer, ProbeFailure> {
        match self.answers.get(&question) {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(error)) => Err(error.clone().into_failure(true)),
            None => Err(failure("an essential question was not asked")),
        }
    }

    fn answer(&self, question: Question) -> Option<&Answer> {
        self.answers.get(&question)?.as_ref().ok()
    }

    fn transposed(&self, question: Question) -> Option<Answer> {
        self.answer(question).map(Answer::transposed)
    }

    /// Parts that failed, other than the operator's queries, which metadata reports.
    fn failed_parts(&self) -> Vec<Degraded> {
        let fetching = self.answer(Question::Dumps).is_some_and(|answer| !answer.rows.is_empty());
        let failed = self.answers.iter().filter_map(|(question, answer)| {
            if *question == Question::Replicas && fetching {
                return None;
            }
            let part = question.part().filter(|part| !matches!(part, Part::Detect(_)))?;
            let reason = answer.as_ref().err()?.to_string();
            Some(Degraded { part, reason })
        });
        failed.collect()
    }

    fn replicas(&self, degraded: &mut Vec<Degraded>) -> Vec<InstanceKey> {
        let listed = self
            .answer(Question::Replicas)
            .map(|answer| announced(answer, self.settings))
            .unwrap_or_default();
        let mut replicas = listed.replicas;
        if let Some(answer) = self.answer(Question::Dumps) {
            replicas.extend(fetching(answer, self.key, self.settings));
        } else if listed.incomplete > 0 {
            let reason = format!(
                "{} announced without report_host or report_port; set them on the replicas",
                listed.incomplete
            );
            degraded.push(Degraded { part: Part::Replicas, reason });
        }
        replicas.into_iter().collect()
    }
}

/// Announcements do not tell all replicas, so the connections are to be looked at.
pub(super) fn needs_dumps(answers: &Answers, settings: &LiveSettings) -> bool {
    if settings.discover_by_listing {
        return false;
    }
    match answers.get(&Question::Replicas) {
        Some(Ok(answer)) => announced(answer, settings).incomplete > 0,
        Some(Err(QueryError::Server { .. } | QueryError::Refused(_))) => true,
        Some(Err(QueryError::Lost(_) | QueryError::TimedOut(_))) | None => false,
    }
}

fn failure(text: &str) -> ProbeFailure {
    ProbeFailure { kind: FailureKind::ServerError, partial: true, text: text.to_owned() }
}

fn hostname(
    key: &InstanceKey,
    settings: &LiveSettings,
    row: Row<'_>,
) -> Result<String, ProbeFailure> {
    let (name, variable) = match settings.hostname {
        MysqlHostnameResolve::None => return Ok(key.hostname().to_owned()),
        MysqlHostnameResolve::Hostname => (row.text("hostname"), "@@hostname"),
        MysqlHostnameResolve::ReportHost => (row.text("report_host"), "@@report_host"),
    };
    if name.is_empty() {
        return Err(failure(&format!(
            "MySQLHostnameResolveMethod configured to use {variable} but {key} has NULL/empty \
             {variable}"
        )));
    }
    Ok(name)
}

fn binlog(row: Row<'_>, position: Option<&Answer>) -> BinlogState {
    BinlogState {
        enabled: row.switch("log_bin"),
        format: row.text("binlog_format"),
        row_image: row.text("binlog_row_image"),
        log_replica_updates: row.switch("log_replica_updates") || row.switch("log_slave_updates"),
        position: position.and_then(binlog_position),
    }
}

/// The write position; absent when the binary log is off.
pub(super) fn binlog_position(answer: &Answer) -> Option<BinlogCoordinates> {
    let row = answer.first()?;
    Some(BinlogCoordinates::new(row.get("File")?, row.number("Position")?))
}

/// GTID mode and sets. On MariaDB, what a server has applied and could serve is what it applied
/// as a replica together with what it wrote to its own binary log: neither alone is complete on
/// a server that changed its role, or that does not log what it replicates.
fn gtid(row: Row<'_>, problems: &mut Vec<String>) -> GtidState {
    let executed_text = row.text("gtid_executed");
    let purged_text = row.text("gtid_purged");
    GtidState {
        mode: row.text("gtid_mode"),
        executed: executed(row, problems),
        purged: match row.get("gtid_purged") {
            Some(text) => oracle_position(text, problems),
            None => Position::None,
        },
        executed_text,
        purged_text,
    }
}

/// What the server has applied, from its variables.
pub(super) fn executed(row: Row<'_>, problems: &mut Vec<String>) -> Position {
    if let Some(text) = row.get("gtid_executed") {
        return oracle_position(text, problems);
    }
    let written = row.get("gtid_binlog_pos").map(|text| maria_position(text, problems));
    applied(row, problems).union(&written.unwrap_or_default())
}

/// What the server has applied as a replica.
pub(super) fn applied(row: Row<'_>, problems: &mut Vec<String>) -> Position {
    match (row.get("gtid_executed"), row.get("gtid_slave_pos")) {
        (Some(text), _) => oracle_position(text, problems),
        (None, Some(text)) => maria_position(text, problems),
        (None, None) => Position::None,
    }
}

fn semi_sync(variables: Row<'_>, status: Option<Row<'_>>) -> SemiSync {
    let source_new_names = variables.has("rpl_semi_sync_source_enabled");
    let replica_new_names = variables.has("rpl_semi_sync_replica_enabled");
    let source = if source_new_names { "source" } else { "master" };
    let replica = if replica_new_names { "replica" } else { "slave" };
    let variable = |name: &str| format!("rpl_semi_sync_{source}_{name}");
    let on = |name: String| status.is_some_and(|row| row.switch(&name));
    SemiSync {
        available: variables.has(&variable("enabled"))
            && variables.has(&format!("rpl_semi_sync_{replica}_enabled")),
        source_new_names,
        replica_new_names,
        source_enabled: variables.switch(&variable("enabled")),
        replica_enabled: variables.switch(&format!("rpl_semi_sync_{replica}_enabled")),
        source_timeout_ms: variables.number(&variable("timeout")).unwrap_or(0),
        wait_for_replica_count: variables
            .number(&variable("wait_for_replica_count"))
            .or_else(|| variables.number(&variable("wait_for_slave_count")))
            .unwrap_or(0),
        wait_point: variables.text(&variable("wait_point")),
        source_status: on(variable("status")),
        source_clients: status.and_then(|row| row.number(&variable("clients"))).unwrap_or(0),
        replica_status: on(format!("rpl_semi_sync_{replica}_status")),
    }
}

/// Membership in a single-primary group; groups with several primaries are not followed.
fn group(variables: Row<'_>, members: &Answer, server_uuid: &str) -> Option<GroupMembership> {
    let name = variables.text("group_replication_group_name");
    if name.is_empty() || !variables.switch("group_replication_single_primary_mode") {
        return None;
    }
    let mut group = GroupMembership { name, single_primary: true, ..GroupMembership::default() };
    let mut is_member = false;
    for row in members.rows() {
        let host = row.get("MEMBER_HOST").unwrap_or_default();
        let Ok(key) = InstanceKey::new(host, row.number("MEMBER_PORT").unwrap_or(0)) else {
            continue;
        };
        if row.get("MEMBER_ROLE") == Some("PRIMARY") {
            group.primary = Some(key.clone());
        }
        if row.get("MEMBER_ID") == Some(server_uuid) {
            is_member = true;
            group.state = row.text("MEMBER_STATE");
            group.role = row.text("MEMBER_ROLE");
        } else {
            group.members.push(key);
        }
    }
    is_member.then_some(group)
}

#[cfg(test)]
#[path = "assemble_tests.rs"]
mod tests;
