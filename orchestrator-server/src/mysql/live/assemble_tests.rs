use rstest::rstest;

use super::{
    super::answer::fixtures::{table, vertical},
    *,
};
use crate::{
    config::{List, RegexFilters},
    mysql::state::DetectField,
};

const MYSQL: &str = "
    version: 9.7.4-2
    version_comment: (Debian)
    hostname: db2.example
    report_host: db2
    server_id: 26002
    server_uuid: 00020112-1111-1111-1111-111111111111
    read_only: 1
    super_read_only: 1
    log_bin: 1
    binlog_format: ROW
    binlog_row_image: FULL
    log_replica_updates: 1
    gtid_mode: ON
    gtid_executed: 00020111-1111-1111-1111-111111111111:1-9
    gtid_purged:
    performance_schema: 1
    group_replication_group_name: g
    group_replication_single_primary_mode: 1
    rpl_semi_sync_replica_enabled: 1
    rpl_semi_sync_source_enabled: 0
    rpl_semi_sync_source_timeout: 10000
    rpl_semi_sync_source_wait_for_replica_count: 2
    rpl_semi_sync_source_wait_point: AFTER_SYNC";

const MARIADB: &str = "
    version: 10.11.19-MariaDB-log
    hostname: db2
    server_id: 27002
    read_only: 0
    log_bin: 1
    log_slave_updates: 0
    gtid_slave_pos: 0-27001-40,1-27001-3
    gtid_binlog_pos: 0-27002-42
    rpl_semi_sync_master_enabled: 1
    rpl_semi_sync_master_timeout: 500
    rpl_semi_sync_master_wait_point: AFTER_COMMIT
    rpl_semi_sync_slave_enabled: 0";

fn profile(variables: &Answer) -> Profile {
    let pairs: Vec<_> = variables.columns.iter().cloned().map(Some).collect();
    let rows =
        pairs.into_iter().zip(variables.rows[0].clone()).map(|(name, value)| vec![name, value]);
    Profile::of(&Answer { columns: Vec::new().into(), rows: rows.collect() }).unwrap()
}

fn answers(variables: &str, others: &[(Question, Answer)]) -> Answers {
    let mut answers = Answers::from([
        (Question::Variables, Ok(vertical(variables))),
        (Question::Replication, Ok(Answer::default())),
    ]);
    answers.extend(others.iter().cloned().map(|(question, answer)| (question, Ok(answer))));
    answers
}

fn settings() -> LiveSettings {
    LiveSettings::for_account("orchestrator", "")
}

fn state(settings: &LiveSettings, answers: &Answers) -> Result<ServerState, ProbeFailure> {
    let key = InstanceKey::new("alias2", 3306).unwrap();
    let profile = profile(answers[&Question::Variables].as_ref().unwrap());
    assemble(&Gathered { key: &key, settings, profile: &profile, answers })
}

fn parts(state: &ServerState) -> Vec<Part> {
    state.degraded.iter().map(|degraded| degraded.part).collect()
}

#[test]
fn a_mysql_server() {
    let status = table(
        "Variable_name | Value
         Uptime | 77
         Rpl_semi_sync_replica_status | ON
         Rpl_semi_sync_source_clients | 0",
    );
    let binlog = table("File | Position | Executed_Gtid_Set\n binlog.000011 | 198 | x");
    let credentials = table("count\n1");
    let answers = answers(
        MYSQL,
        &[
            (Question::Status, status),
            (Question::BinlogPosition, binlog),
            (Question::Credentials, credentials),
        ],
    );
    let state = state(&settings(), &answers).unwrap();
    assert_eq!(state.hostname, "db2.example");
    assert_eq!((state.server_id, state.uptime_seconds), (26002, 77));
    assert!(state.read_only && state.super_read_only);
    assert!(state.replication_credentials_available);
    assert_eq!(state.gtid.executed.to_string(), state.gtid.executed_text);
    assert_eq!(state.binlog.position, Some(BinlogCoordinates::new("binlog.000011", 198)));
    assert!(state.binlog.enabled && state.binlog.log_replica_updates);
    let semi_sync = SemiSync {
        available: true,
        source_new_names: true,
        replica_new_names: true,
        replica_enabled: true,
        source_timeout_ms: 10_000,
        wait_for_replica_count: 2,
        wait_point: "AFTER_SYNC".to_owned(),
        replica_status: true,
        ..SemiSync::default()
    };
    assert_eq!(state.semi_sync, semi_sync);
    assert_eq!(state.replication, None);
    assert_eq!(parts(&state), []);
}

#[test]
fn a_mariadb_server_counts_what_it_applied_and_what_it_wrote() {
    let state = state(&settings(), &answers(MARIADB, &[])).unwrap();
    assert_eq!(state.gtid.executed.to_string(), "0-27002-42,1-27001-3");
    assert_eq!(state.gtid.purged, Position::None);
    assert!(state.semi_sync.available && !state.semi_sync.source_new_names);
    assert_eq!(state.semi_sync.source_timeout_ms, 500);
    assert_eq!((state.server_uuid.as_str(), state.gtid.mode.as_str()), ("", ""));
    assert!(!state.binlog.log_replica_updates && !state.read_only);
}

#[rstest]
#[case(MysqlHostnameResolve::None, Ok("alias2"))]
#[case(MysqlHostnameResolve::Hostname, Ok("db2.example"))]
#[case(MysqlHostnameResolve::ReportHost, Ok("db2"))]
fn names(#[case] hostname: MysqlHostnameResolve, #[case] expected: Result<&str, ()>) {
    let settings = LiveSettings { hostname, ..settings() };
    let state = state(&settings, &answers(MYSQL, &[]));
    assert_eq!(state.map(|state| state.hostname).map_err(drop), expected.map(str::to_owned));
}

#[test]
fn a_missing_report_host_is_named() {
    let settings = LiveSettings { hostname: MysqlHostnameResolve::ReportHost, ..settings() };
    let failure = state(&settings, &answers(MARIADB, &[])).unwrap_err();
    assert_eq!((failure.kind, failure.partial), (FailureKind::ServerError, true));
    assert!(failure.text.contains("alias2:3306 has NULL/empty @@report_host"), "{failure}");
}

#[test]
fn a_failed_part_is_named_and_the_rest_stands() {
    let mut answers = answers(MYSQL, &[]);
    let error = || QueryError::Server { code: 1227, text: "no grant".to_owned() };
    answers.insert(Question::BinlogPosition, Err(error()));
    let state = state(&settings(), &answers).unwrap();
    assert_eq!(parts(&state), [Part::BinlogPosition]);
    assert_eq!(state.degraded[0].reason, "ERROR 1227: no grant");
    assert_eq!(state.server_id, 26002);
}

#[test]
fn without_replica_status_there_is_no_state() {
    let mut answers = answers(MYSQL, &[]);
    let error = QueryError::Server { code: 1227, text: "no grant".to_owned() };
    answers.insert(Question::Replication, Err(error));
    let failure = state(&settings(), &answers).unwrap_err();
    assert_eq!((failure.kind, failure.partial), (FailureKind::ServerError, true));
}

#[test]
fn servers_of_ignored_replication_users_are_left_alone() {
    let replication = table("Source_Host | Source_Port | Source_User\n db1 | 3306 | dump_1");
    let answers = answers(MYSQL, &[(Question::Replication, replication)]);
    let settings =
        LiveSettings { ignored_users: RegexFilters::new(&List::from(["^dump"])).0, ..settings() };
    assert_eq!(state(&settings, &answers).unwrap_err().kind, FailureKind::Excluded);
}

#[test]
fn members_of_a_group() {
    let members = table(
        "MEMBER_ID | MEMBER_HOST | MEMBER_PORT | MEMBER_STATE | MEMBER_ROLE
         00020111-1111-1111-1111-111111111111 | db1 | 3306 | ONLINE | PRIMARY
         00020112-1111-1111-1111-111111111111 | db2 | 3306 | RECOVERING | SECONDARY
         00020113-1111-1111-1111-111111111111 | db3 | 3306 | ONLINE | SECONDARY",
    );
    let answers = answers(MYSQL, &[(Question::Group, members)]);
    let group = state(&settings(), &answers).unwrap().group.unwrap();
    assert_eq!((group.state.as_str(), group.role.as_str()), ("RECOVERING", "SECONDARY"));
    assert_eq!(group.primary.unwrap().to_string(), "db1:3306");
    let members: Vec<_> = group.members.iter().map(ToString::to_string).collect();
    assert_eq!(members, ["db1:3306", "db3:3306"]);
}

#[test]
fn a_configured_query_tells_of_credentials() {
    let query = super::super::settings::OperatorQuery::from_config("select 1");
    let settings = LiveSettings { replication_credentials: query, ..settings() };
    assert!(state(&settings, &answers(MARIADB, &[])).unwrap().replication_credentials_available);
}

fn listing(rows: &str) -> Answer {
    table(&format!("Host | Port | User\n{rows}"))
}

#[rstest]
#[case(Ok(listing("db3 | 3306 | ")), false)]
#[case(Ok(listing("")), false)]
#[case(Ok(listing(" | 3306 | ")), true)]
#[case(Err(QueryError::Refused("no grant".to_owned())), true)]
#[case(Err(QueryError::Lost("gone".to_owned())), false)]
fn when_connections_are_looked_at(
    #[case] listed: Result<Answer, QueryError>,
    #[case] expected: bool,
) {
    let answers = Answers::from([(Question::Replicas, listed)]);
    assert_eq!(needs_dumps(&answers, &settings()), expected);
    let settings = LiveSettings { discover_by_listing: true, ..settings() };
    assert!(!needs_dumps(&answers, &settings));
}

#[test]
fn replicas_that_announce_nothing_are_found_by_their_connections() {
    let dumps = table("USER | HOST\n repl | db3:49152");
    let mut answers = answers(MYSQL, &[(Question::Dumps, dumps)]);
    answers.insert(Question::Replicas, Err(QueryError::Refused("no grant".to_owned())));
    let state = state(&settings(), &answers).unwrap();
    assert_eq!(state.replicas, [InstanceKey::new("db3", 3306).unwrap()]);
    assert_eq!(parts(&state), []);
}

#[test]
fn unusable_announcements_are_named_where_only_they_count() {
    let settings = LiveSettings { discover_by_listing: true, ..settings() };
    let answers = answers(MYSQL, &[(Question::Replicas, listing("db3 | 3306 | \n | 0 | "))]);
    let state = state(&settings, &answers).unwrap();
    assert_eq!(state.replicas, [InstanceKey::new("db3", 3306).unwrap()]);
    assert_eq!(parts(&state), [Part::Replicas]);
}

#[test]
fn operators_queries_degrade_their_own_field() {
    let mut answers = answers(MYSQL, &[]);
    let question = Question::Detect(DetectField::Region);
    answers.insert(question, Err(QueryError::Refused("two statements".to_owned())));
    let state = state(&settings(), &answers).unwrap();
    assert_eq!(parts(&state), [Part::Detect(DetectField::Region)]);
}
