use super::*;
use crate::request::Pace;
use crate::test_server::{Reaction, TestServer, html, json};
use rstest::rstest;

fn service_at(address: &str) -> Service {
    Service::new(
        Http::new(Login::default(), &Environment::default(), None).unwrap(),
        endpoint::parse_list(address).unwrap(),
        Pace { probe_limit: Duration::from_secs(30), pauses: &[] },
    )
}

fn job<'a>(name: &str, path: &'a str) -> Job<'a> {
    let command = commands::find(name).unwrap();
    Job { command, path, asked: "h:1", json: false, quiet: false }
}

async fn perform_at(server: &TestServer, name: &str, path: &str) -> Result<Output, Failure> {
    perform(&job(name, path), &service_at(&server.address)).await
}

#[tokio::test]
async fn the_address_is_printed_without_asking_a_single_server() {
    let server = TestServer::start([]).await;
    let output = perform_at(&server, "which-api", "").await.unwrap();
    assert_eq!(output.text, format!("{}/api\n", server.address));
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn a_refusal_is_the_servers_message() {
    let body = r#"{"Code":"ERROR","Message":"Cannot read instance: h:1","Details":{"a":1}}"#;
    let server = TestServer::start([("instance/h/1", json(500, body))]).await;
    let failure = perform_at(&server, "instance", "instance/h/1").await.unwrap_err();
    assert_eq!(failure.to_string(), "Cannot read instance: h:1");
    assert_eq!(failure.status(), Status::Refused);
}

#[tokio::test]
async fn a_raw_call_prints_an_error_too() {
    let body = r#"{"Code":"ERROR","Message":"no","Details":null}"#;
    let server = TestServer::start([("x", json(500, body))]).await;
    let output = perform_at(&server, "api", "x").await.unwrap();
    assert_eq!(output.status, Status::Refused);
    assert_eq!(output.text, "{ \"Code\": \"ERROR\", \"Message\": \"no\", \"Details\": null }\n");
}

#[tokio::test]
async fn a_raw_call_ignores_the_http_status_of_a_bare_answer() {
    let server = TestServer::start([("leader-check", json(404, r#""Not leader""#))]).await;
    let output = perform_at(&server, "api", "leader-check").await.unwrap();
    assert_eq!((output.text.as_str(), output.status), ("\"Not leader\"\n", Status::Done));
}

#[rstest]
#[case(json(200, r#""Leader""#), Ok("orc1\n"))]
#[case(json(200, r#""Follower""#), Err(Status::NoLeader))]
#[case(
    json(
        500,
        r#"{"Code":"ERROR","Message":"raft-state: not running with raft setup","Details":null}"#
    ),
    Err(Status::Refused)
)]
#[case(html(401), Err(Status::Unauthorised))]
#[tokio::test]
async fn some_commands_need_the_raft_leader(
    #[case] state: Reaction,
    #[case] expected: Result<&str, Status>,
) {
    let status = r#"{"Code":"OK","Message":"fine","Details":{"Hostname":"orc1"}}"#;
    let server = TestServer::start([("raft-state", state), ("status", json(200, status))]).await;
    let result = perform_at(&server, "raft-leader-hostname", "status").await;
    let outcome = result.as_ref().map(|output| output.text.as_str()).map_err(Failure::status);
    assert_eq!(outcome, expected);
}

#[tokio::test]
async fn json_is_the_answer_as_it_came() {
    let body = "{\"Code\":\"ERROR\",\n \"Message\":\"a  b\",\"Details\":12345678901234567890123}\n";
    let server = TestServer::start([("forget/h/1", json(500, body))]).await;
    let job = Job { json: true, ..job("forget", "forget/h/1") };
    let output = perform(&job, &service_at(&server.address)).await.unwrap();
    assert_eq!((output.text.as_str(), output.status), (body, Status::Refused));
}

#[tokio::test]
async fn quiet_changes_print_nothing() {
    let body = r#"{"Code":"OK","Message":"","Details":{"Hostname":"h","Port":1}}"#;
    let server = TestServer::start([("end-downtime/h/1", json(200, body))]).await;
    let job = Job { quiet: true, ..job("end-downtime", "end-downtime/h/1") };
    let output = perform(&job, &service_at(&server.address)).await.unwrap();
    assert_eq!((output.text.as_str(), output.status), ("", Status::Done));
}

/// A proxy's page in JSON is no success, least of all where success prints nothing.
#[rstest]
#[case("forget", 200, r#"{"status":"ok"}"#)]
#[case("forget", 404, r#"{"detail":"Not Found"}"#)]
#[case("async-discover", 500, r#"{"error":"no upstream"}"#)]
#[case("register-candidate", 200, "null")]
#[case("begin-downtime", 200, r#"{"Code":"OK","Details":{"a":1}}"#)]
#[case("check-global-recoveries", 404, r#"{"detail":"Not Found"}"#)]
#[tokio::test]
async fn json_of_somebody_else_is_no_success(
    #[case] name: &str,
    #[case] status: u16,
    #[case] body: &str,
    #[values(false, true)] quiet: bool,
) {
    let server = TestServer::start([("x", json(status, body))]).await;
    let job = Job { quiet, ..job(name, "x") };
    let failure = perform(&job, &service_at(&server.address)).await.unwrap_err();
    assert_eq!(failure.status(), Status::Refused, "{failure}");
}

#[rstest]
#[case("clusters", "no answer from http://h/api within 0 s; --timeout sets another limit")]
#[case(
    "recover",
    "no answer from http://h/api within 0 s; the operation may still be going on there; \
     --timeout sets another limit"
)]
fn the_limit_ends_the_wait(#[case] name: &str, #[case] message: &str) {
    let command = commands::find(name).unwrap();
    let limit = Duration::from_millis(1);
    let failure =
        within(limit, command, &service_at("http://h"), std::future::pending()).unwrap_err();
    assert_eq!((failure.to_string().as_str(), failure.status()), (message, Status::Unreachable));
}

#[rstest]
#[case(
    "",
    "No command given. Use prog -c <command> [...] or prog <command> [...] to do something useful; prog --help lists the commands"
)]
#[case(
    "-i h",
    "No command given. Use prog -c <command> [...] or prog <command> [...] to do something useful; prog --help lists the commands"
)]
#[case("-c nosuch", "Unsupported command nosuch; prog --help lists the commands")]
#[case("-c instance -i h:x", "-i: Cannot parse address: h:x; give host, host:port or [ipv6]:port")]
#[case("-c clusters --timeout soon", "--timeout soon: give a time such as 30, 45s or 5m")]
#[case(
    "-c clusters -U ftp://h",
    "\"ftp://h\" is no address of a server; give one such as http://host:3000/api"
)]
#[case("-c topolgy", "Unsupported command topolgy: did you mean topology?")]
#[case("wich-slaves", "Unsupported command wich-slaves: did you mean which-replicas?")]
#[case(
    "help nosuchcommand",
    "Unsupported command nosuchcommand; orchestrator-client --help lists the commands"
)]
#[case("-c clusters --timeout 0s", "--timeout 0: give a time such as 30, 45s or 5m")]
#[case("-c clusters --splay x", "--splay x: give a time such as 30, 45s or 5m")]
#[case("completions", "name a shell: bash, zsh or fish")]
#[case("completions tcsh", "name a shell: bash, zsh or fish")]
#[case(
    "-c clusters --ca-file /nonexistent -U https://h",
    "--ca-file /nonexistent: No such file or directory (os error 2)"
)]
#[case("-c clusters -e user", "-e: give the header as Name:value")]
fn wrong_lines_are_told_before_anything_is_sent(#[case] line: &str, #[case] message: &str) {
    let words = line.split(' ').filter(|word| !word.is_empty()).map(str::to_owned);
    let failure = run(words, "prog").unwrap_err();
    assert_eq!((failure.to_string().as_str(), failure.status()), (message, Status::Usage));
}

#[test]
fn help_and_version_need_no_server() {
    let text = |line: &str| run(line.split(' ').map(str::to_owned), "prog").unwrap().text;
    assert!(text("--help").starts_with("Usage:\n    orchestrator-client"));
    for same in ["-c help", "-h", "help", "-h x", "-c help x"] {
        assert_eq!(text(same), text("--help"), "{same}");
    }
    assert!(text("help relocate").starts_with("relocate: "));
    for same in ["relocate --help", "--help relocate", "-c relocate -h", "-c help relocate"] {
        assert_eq!(text(same), text("help relocate"), "{same}");
    }
    assert_eq!(text("--version"), format!("{}\n", env!("CARGO_PKG_VERSION")));
}
