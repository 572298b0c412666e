use super::*;
use crate::environment::Environment;
use crate::login::Login;
use crate::test_server::{DeadServer, Reaction, TestServer, html, json};
use rstest::rstest;

const LIMIT: Duration = Duration::from_secs(30);

#[rstest]
#[case("http://h:3000", "http://h:3000/api")]
#[case("http://h:3000/", "http://h:3000/api")]
#[case("http://h:3000//", "http://h:3000/api")]
#[case("http://h:3000/api", "http://h:3000/api")]
#[case("http://h:3000/api/", "http://h:3000/api")]
#[case("https://h/prefix", "https://h/prefix/api")]
#[case("h:3000", "http://h:3000/api")]
#[case("[::1]:3000", "http://[::1]:3000/api")]
fn addresses_become_bases(#[case] text: &str, #[case] base: &str) {
    let endpoint = Endpoint::parse(text).unwrap();
    assert_eq!((endpoint.base.as_str(), endpoint.shown.as_str()), (base, base));
}

#[rstest]
#[case("http://u:secret@h/api", "http://u:<REMOVED>@h/api")]
#[case("http://u@h/api", "http://u@h/api")]
#[case("http://u:se<cret@h/api", "http://u:<REMOVED>@h/api")]
#[case("http://u:sec,ret@h/api", "http://u:<REMOVED>@h/api")]
fn passwords_are_not_shown(#[case] text: &str, #[case] shown: &str) {
    let endpoint = Endpoint::parse(text).unwrap();
    assert_eq!((endpoint.base.as_str(), endpoint.shown.as_str()), (text, shown));
}

#[rstest]
#[case("ftp://h")]
#[case("http://")]
#[case("http://u:secret@h:99999")]
#[case("http://u:secret")]
#[case("u:secret")]
#[case("http://u:secret/")]
#[case("http://h:3000/?x=1")]
#[case("http://h:3000/#/")]
fn other_texts_are_refused(#[case] text: &str) {
    let message = Endpoint::parse(text).unwrap_err().to_string();
    assert!(message.contains("is no address of a server"), "{message}");
    assert!(!message.contains("secret"), "{message}");
}

#[test]
fn the_scheme_decides_about_encryption_whatever_its_case() {
    let is_tls = |text| Endpoint::parse(text).unwrap().is_tls;
    assert!(is_tls("https://h") && is_tls("HTTPS://h") && !is_tls("HTTP://h") && !is_tls("h"));
}

#[rstest]
#[case("//u:secret@h/x", "//u:<REMOVED>@h/x")]
#[case("/web//clusters", "/web//clusters")]
#[case("https://h:3000/web?a=b:c", "https://h:3000/web?a=b:c")]
#[case("https://[::1]:3000/web", "https://[::1]:3000/web")]
#[case("http://::1:3000", "http://::1:3000")]
fn logins_are_told_from_ports(#[case] target: &str, #[case] shown: &str) {
    assert_eq!(masked(target), shown);
}

#[rstest]
#[case("", "http://localhost:3000/api")]
#[case(" \n", "http://localhost:3000/api")]
#[case("http://a/api http://b:1", "http://a/api http://b:1/api")]
#[case("http://a,http://b,\n c", "http://a/api http://b/api http://c/api")]
#[case(
    "http://u:a,b@h,HTTP://i c,d",
    "http://u:<REMOVED>@h/api HTTP://i/api http://c/api http://d/api"
)]
fn lists(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(shown(&parse_list(text).unwrap()), expected);
}

async fn choice(addresses: &[&str]) -> Result<String, Failure> {
    let endpoints = parse_list(&addresses.join(" ")).unwrap();
    let http = Http::new(Login::default(), &Environment::default(), None).unwrap();
    choose(&http, &endpoints, LIMIT).await.map(|endpoint| endpoint.base.clone())
}

fn base(server: &TestServer) -> String {
    format!("{}/api", server.address)
}

async fn leader() -> TestServer {
    TestServer::start([("leader-check", json(200, r#""OK""#))]).await
}

async fn follower() -> TestServer {
    let no = json(404, r#""Not leader""#);
    TestServer::start([("leader-check", no.clone()), ("routed-leader-check", no)]).await
}

async fn login_page(status: u16) -> TestServer {
    let page = html(status);
    TestServer::start([("leader-check", page.clone()), ("routed-leader-check", page)]).await
}

#[tokio::test]
async fn a_single_server_is_not_asked() {
    let server = follower().await;
    assert_eq!(choice(&[&server.address]).await.unwrap(), base(&server));
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn the_leader_is_found_behind_every_kind_of_other_server() {
    let dead = DeadServer::start();
    let slow = TestServer::start([
        ("leader-check", Reaction::Silence),
        ("routed-leader-check", Reaction::Silence),
    ])
    .await;
    let (wall, page, follower, leader) =
        (login_page(401).await, login_page(200).await, follower().await, leader().await);
    let addresses = [
        dead.address.as_str(),
        &slow.address,
        &wall.address,
        &page.address,
        &follower.address,
        &leader.address,
    ];
    // The limit is far longer than a test may take: the silent server is not waited for.
    assert_eq!(choice(&addresses).await.unwrap(), base(&leader));
}

#[tokio::test]
async fn the_leader_wins_over_a_server_that_passes_requests_on() {
    let routing = TestServer::start([
        ("leader-check", json(404, r#""Not leader""#)),
        ("routed-leader-check", json(200, r#""OK""#)),
    ])
    .await;
    let leader = leader().await;
    let chosen = choice(&[&routing.address, &leader.address]).await.unwrap();
    assert_eq!(chosen, base(&leader));

    let dead = DeadServer::start();
    let chosen = choice(&[&dead.address, &routing.address]).await.unwrap();
    assert_eq!(chosen, base(&routing));
}

#[tokio::test]
async fn followers_alone_are_no_leader() {
    let (dead, follower) = (DeadServer::start(), follower().await);
    let failure = choice(&[&dead.address, &follower.address]).await.unwrap_err();
    assert_eq!(failure.status(), Status::NoLeader);
    let expected = format!(
        "Cannot determine leader from {0}/api {1}/api ({0}/api: Connection refused (os error 111); \
         {1}/api: not the leader)",
        dead.address, follower.address
    );
    assert_eq!(failure.to_string(), expected);
}

#[tokio::test]
async fn a_login_page_is_no_leader_whatever_its_status() {
    let (wall, page) = (login_page(401).await, login_page(200).await);
    let failure = choice(&[&page.address, &page.address]).await.unwrap_err();
    assert_eq!(failure.status(), Status::NoLeader);
    assert!(failure.to_string().contains("HTTP 200, not the API"), "{failure}");
    let failure = choice(&[&page.address, &wall.address]).await.unwrap_err();
    assert_eq!(failure.status(), Status::Unauthorised);
}

#[tokio::test]
async fn dead_servers_are_unreachable() {
    let (one, other) = (DeadServer::start(), DeadServer::start());
    let failure = choice(&[&one.address, &other.address]).await.unwrap_err();
    assert_eq!(failure.status(), Status::Unreachable);
}

#[tokio::test]
async fn silence_ends_at_the_limit() {
    let slow = TestServer::start([
        ("leader-check", Reaction::Silence),
        ("routed-leader-check", Reaction::Silence),
    ])
    .await;
    let endpoints = parse_list(&[slow.address.as_str(); 2].join(" ")).unwrap();
    let http = Http::new(Login::default(), &Environment::default(), None).unwrap();
    let failure = choose(&http, &endpoints, Duration::from_millis(1)).await.unwrap_err();
    assert_eq!(failure.status(), Status::Unreachable);
}

/// Whatever listens at an address may send without end.
#[tokio::test]
async fn an_endless_answer_is_no_leader_at_once() {
    let endless = TestServer::start([
        ("leader-check", Reaction::Endless),
        ("routed-leader-check", Reaction::Endless),
    ])
    .await;
    let failure = choice(&[&endless.address, &endless.address]).await.unwrap_err();
    assert!(failure.to_string().contains("HTTP 200, not the API"), "{failure}");
}
