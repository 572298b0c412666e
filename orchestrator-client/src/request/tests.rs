use super::*;
use crate::environment::Environment;
use crate::failure::Status;
use crate::login::Login;
use crate::test_server::{DeadServer, Reaction, TestServer, html, json};
use rstest::rstest;
use shared::commands::find;

fn reply(status: u16, body: &str) -> Reply {
    Reply { status, body: body.to_owned(), location: None }
}

#[rstest]
#[case(200, "[]", "[]")]
#[case(200, "null", "null")]
#[case(200, "\"OK\"", "\"OK\"")]
#[case(200, "17", "17")]
#[case(404, "\"Not leader\"", "\"Not leader\"")]
#[case(503, "\"Not leader\"", "\"Not leader\"")]
#[case(200, r#"{"Code":"OK","Message":"m","Details":{"a":1}}"#, r#"{"a":1}"#)]
#[case(200, r#"{"Code":"OK","Message":"m"}"#, "null")]
#[case(200, r#"{"ClusterName":"c"}"#, r#"{"ClusterName":"c"}"#)]
#[case(200, r#"{"Code":"other","Details":1}"#, r#"{"Code":"other","Details":1}"#)]
fn payloads(#[case] status: u16, #[case] body: &str, #[case] payload: &str) {
    let answer = classify(reply(status, body), "u", true).unwrap();
    assert_eq!(answer.payload().to_string(), payload);
    assert_eq!(answer.refusal(), None);
}

#[rstest]
#[case("Cannot read instance: h:1", Status::Refused)]
#[case("", Status::Refused)]
#[case("not Unauthorized", Status::Refused)]
#[case("Unauthorized", Status::Unauthorised)]
#[case("Orchestrator orc1 says: Unauthorized", Status::Unauthorised)]
fn refusals(#[case] message: &str, #[case] status: Status) {
    let body = format!(r#"{{"Code":"ERROR","Message":"{message}","Details":null}}"#);
    let refusal = classify(reply(500, &body), "u", false).unwrap().refusal().unwrap();
    assert_eq!((refusal.to_string().as_str(), refusal.status()), (message, status));
    assert!(refusal.is_server_message());
}

#[rstest]
#[case(401, "Not Authorized\n", Status::Unauthorised, Again::Never)]
#[case(403, "\"no\"", Status::Unauthorised, Again::Never)]
#[case(404, "404 page not found\n", Status::Refused, Again::Never)]
#[case(200, "<html>", Status::Refused, Again::Never)]
#[case(200, "", Status::Refused, Again::Never)]
#[case(302, "", Status::Refused, Again::Never)]
#[case(500, "500 Internal Server Error", Status::Refused, Again::Never)]
#[case(502, "", Status::Unreachable, Again::IfIdempotent)]
#[case(503, "<html>", Status::Unreachable, Again::IfIdempotent)]
#[case(504, "", Status::Unreachable, Again::IfIdempotent)]
#[case(404, r#"{"detail":"Not Found"}"#, Status::Refused, Again::Never)]
#[case(429, "null", Status::Refused, Again::Never)]
#[case(500, r#"{"Code":17}"#, Status::Refused, Again::Never)]
#[case(503, r#"{"error":"no upstream"}"#, Status::Unreachable, Again::IfIdempotent)]
fn other_replies(
    #[case] code: u16,
    #[case] body: &str,
    #[case] status: Status,
    #[case] again: Again,
) {
    let problem = classify(reply(code, body), "u", false).unwrap_err();
    assert_eq!((problem.failure.status(), problem.again), (status, again), "{}", problem.failure);
    assert!(!problem.failure.is_server_message());
}

#[test]
fn messages_name_the_status_and_the_address() {
    let message = |reply| classify(reply, "http://h/api/x", false).unwrap_err().failure.to_string();
    assert_eq!(
        message(reply(404, "404 page not found\n")),
        "Unexpected answer from http://h/api/x: HTTP 404, not JSON: \"404 page not found\"; \
         check the address and the path"
    );
    let location = Some("/web/clusters".to_owned());
    assert_eq!(
        message(Reply { status: 302, body: String::new(), location }),
        "Unexpected answer from http://h/api/x: HTTP 302, a redirect to /web/clusters; \
         check the address and the path"
    );
}

fn login(words: &[&str]) -> Login {
    let words = words.iter().map(|word| (*word).to_owned());
    Login::of(&crate::arguments::parse(words).unwrap(), &Environment::default()).unwrap()
}

fn service(addresses: &[&str], login: Login) -> Service {
    Service::new(
        Http::new(login, &Environment::default(), None).unwrap(),
        endpoint::parse_list(&addresses.join(" ")).unwrap(),
        Pace { probe_limit: Duration::from_secs(30), pauses: &[0, 0] },
    )
}

async fn call(server: &TestServer, command: &str, path: &str) -> Result<Answer, Failure> {
    let service = service(&[&server.address], Login::default());
    service.call(find(command).unwrap(), path).await
}

#[tokio::test]
async fn logins_are_sent() {
    let server = TestServer::start([("clusters", json(200, "[]"))]).await;
    let login = login(&["-b", "user:p w", "-e", "X-Forwarded-User: joe doe"]);
    let service = service(&[&server.address], login);
    service.call(find("clusters").unwrap(), "clusters").await.unwrap();
    let request = &server.requests()[0];
    assert!(request.contains("authorization: Basic dXNlcjpwIHc=\r\n"), "{request}");
    assert!(request.contains("x-forwarded-user: joe doe\r\n"), "{request}");
    assert!(request.contains("user-agent: orchestrator-client/"), "{request}");
}

#[rstest]
#[case("", "authorization: Basic dTpw\r\n")]
#[case("a:b", "authorization: Basic YTpi\r\n")]
#[tokio::test]
async fn a_login_in_the_address_counts_unless_another_is_given(
    #[case] login: &str,
    #[case] header: &str,
) {
    let server = TestServer::start([("clusters", json(200, "[]"))]).await;
    let address = server.address.replace("http://", "http://u:p@");
    let service = service(&[&address], self::login(&["-b", login]));
    service.call(find("clusters").unwrap(), "clusters").await.unwrap();
    let request = &server.requests()[0];
    assert_eq!(request.matches("authorization:").count(), 1, "{request}");
    assert!(request.contains(header), "{request}");
}

#[rstest]
#[case(Reaction::HangUp)]
#[case(html(502))]
#[case(html(503))]
#[tokio::test]
async fn a_read_is_repeated_until_it_is_answered(#[case] trouble: Reaction) {
    let server = TestServer::start([
        ("clusters-info", trouble.clone()),
        ("clusters-info", trouble),
        ("clusters-info", json(200, "[]")),
    ])
    .await;
    let answer = call(&server, "clusters", "clusters-info").await.unwrap();
    assert_eq!((answer.body.as_str(), server.count("clusters-info")), ("[]", 3));
}

#[tokio::test]
async fn repeats_come_to_an_end() {
    let server = TestServer::start([("clusters-info", html(502))]).await;
    let failure = call(&server, "clusters", "clusters-info").await.unwrap_err();
    assert_eq!((failure.status(), server.count("clusters-info")), (Status::Unreachable, 3));
}

#[rstest]
#[case(Reaction::HangUp)]
#[case(html(502))]
#[tokio::test]
async fn an_operation_that_may_have_arrived_is_not_sent_again(#[case] trouble: Reaction) {
    let server = TestServer::start([("recover/h/1", trouble)]).await;
    let failure = call(&server, "recover", "recover/h/1").await.unwrap_err();
    assert_eq!((failure.status(), server.count("recover/h/1")), (Status::Unreachable, 1));
    // Whoever reads only "cannot access" would start it again.
    assert!(failure.to_string().contains("the request may have arrived"), "{failure}");
}

#[rstest]
#[case(html(200))]
#[case(html(401))]
#[case(html(404))]
#[case(html(500))]
#[case(Reaction::Answer(302, "Location: /api/other\r\n", String::new()))]
#[case(json(500, r#"{"Code":"ERROR","Message":"no","Details":null}"#))]
#[tokio::test]
async fn what_would_not_change_is_asked_once(#[case] reaction: Reaction) {
    let server = TestServer::start([("clusters-info", reaction)]).await;
    let _ = call(&server, "clusters", "clusters-info").await;
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_refused_connection_is_unreachable() {
    let dead = DeadServer::start();
    let service = service(&[&dead.address], Login::default());
    let failure = service.call(find("recover").unwrap(), "recover/h/1").await.unwrap_err();
    assert_eq!(
        failure.to_string(),
        format!(
            "Cannot access orchestrator at {}/api.  Check ORCHESTRATOR_API is configured \
             correctly and orchestrator is running (Connection refused (os error 111))",
            dead.address
        )
    );
    assert_eq!(failure.status(), Status::Unreachable);
    assert_eq!(service.last_trouble().as_deref(), Some("Connection refused (os error 111)"));
}

#[tokio::test]
async fn the_leader_is_looked_for_again_between_tries() {
    let old = TestServer::start([
        ("leader-check", json(200, r#""OK""#)),
        ("leader-check", json(404, r#""Not leader""#)),
        ("clusters-info", html(502)),
    ])
    .await;
    let new = TestServer::start([
        ("leader-check", json(404, r#""Not leader""#)),
        ("leader-check", json(200, r#""OK""#)),
        ("clusters-info", json(200, "[1]")),
    ])
    .await;
    let service = service(&[&old.address, &new.address], Login::default());
    let answer = service.call(find("clusters").unwrap(), "clusters-info").await.unwrap();
    assert_eq!(answer.body, "[1]");
    assert!(old.count("clusters-info") > 0);
}

/// Two servers; the first one leads when it is looked for first, the second one afterwards.
async fn after_a_change(reaction: Reaction) -> (TestServer, TestServer) {
    let old = TestServer::start([
        ("leader-check", json(200, r#""OK""#)),
        ("leader-check", json(404, r#""Not leader""#)),
        ("x", reaction),
    ])
    .await;
    let new = TestServer::start([
        ("leader-check", json(404, r#""Not leader""#)),
        ("leader-check", json(200, r#""OK""#)),
        ("x", json(200, "[1]")),
    ])
    .await;
    (old, new)
}

fn unauthorized() -> Reaction {
    json(500, r#"{"Code":"ERROR","Message":"Unauthorized","Details":null}"#)
}

#[tokio::test]
async fn a_leader_that_stepped_down_passes_a_hint_on_to_the_next_once() {
    let (old, new) = after_a_change(unauthorized()).await;
    let service = service(&[&old.address, &new.address], Login::default());
    let answer = service.call(find("tag").unwrap(), "x").await.unwrap();
    assert_eq!((answer.body.as_str(), old.count("x"), new.count("x")), ("[1]", 1, 1));

    // Where nobody else leads, the refusal stands.
    let only =
        TestServer::start([("leader-check", json(200, r#""OK""#)), ("x", unauthorized())]).await;
    let service = self::service(&[&only.address, &only.address], Login::default());
    let answer = service.call(find("tag").unwrap(), "x").await.unwrap();
    assert_eq!((answer.refusal().unwrap().status(), only.count("x")), (Status::Unauthorised, 1));
}

#[rstest]
#[case(unauthorized())]
#[case(Reaction::HangUp)]
#[case(html(503))]
#[tokio::test]
async fn a_failover_is_sent_to_one_server_only(#[case] reaction: Reaction) {
    let (old, new) = after_a_change(reaction).await;
    let service = service(&[&old.address, &new.address], Login::default());
    let outcome = service.call(find("force-master-failover").unwrap(), "x").await;
    let failed = match outcome {
        Ok(answer) => answer.refusal().is_some(),
        Err(_) => true,
    };
    assert!(failed);
    assert_eq!((old.count("x"), new.count("x")), (1, 0));
}

#[test]
fn pauses_are_stretched_by_a_quarter_at_most() {
    for _ in 0..100 {
        let pause = stretched(1000).as_millis();
        assert!((1000..=1250).contains(&pause), "{pause}");
    }
    assert_eq!(stretched(0), Duration::ZERO);
}
