//! How failures are told apart, and that each call ends in its time.

use std::time::Duration;

use harness::sandbox::Flavor;
use orchestrator_server::mysql::{
    driver::{Action, ActionError, FailureKind, MysqlDriver},
    live::{LiveDriver, LiveSettings, TlsUse},
};
use rstest::rstest;
use shared::InstanceKey;
use tokio::{io::AsyncReadExt, net::TcpListener};

use crate::lab::{Lab, driver, settings, timed};

/// Quick limits, so that a test of a frozen server takes little time.
fn quick() -> LiveSettings {
    LiveSettings {
        connect_timeout: Duration::from_secs(1),
        probe_timeout: Duration::from_secs(2),
        ..settings()
    }
}

async fn kinds(driver: &LiveDriver, key: &InstanceKey) -> [Option<FailureKind>; 3] {
    let kind = |outcome: Result<(), _>| {
        outcome.err().map(|failure: orchestrator_server::mysql::driver::ProbeFailure| failure.kind)
    };
    [
        kind(driver.probe(key).await.outcome.map(drop)),
        kind(driver.attempt(key).await.outcome),
        kind(driver.heartbeat(key).await.outcome),
    ]
}

#[rstest]
#[tokio::test]
async fn a_server_that_is_down_or_refuses_us(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let lab = Lab::start(flavor, 1);
    let key = lab.key(1);
    assert_eq!(kinds(&lab.driver, &key).await, [None; 3]);

    let mut wrong = settings();
    wrong.login.password = "wrong".to_owned();
    let denied = [Some(FailureKind::AccessDenied); 3];
    assert_eq!(kinds(&driver(wrong), &key).await, denied);

    let unknown = InstanceKey::new("no-such-host.invalid", 3306).unwrap();
    assert_eq!(kinds(&lab.driver, &unknown).await, [Some(FailureKind::UnknownHost); 3]);

    lab.sandbox.fault("kill", 1);
    assert_eq!(kinds(&lab.driver, &key).await, [Some(FailureKind::Refused); 3]);
    let sealed = lab.apply(Action::Seal { replica: key }).await;
    assert!(matches!(sealed, Err(ActionError::Unreachable(_))), "{sealed:?}");
}

#[rstest]
#[tokio::test]
async fn a_frozen_server(#[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor) {
    let mut lab = Lab::start(flavor, 1);
    lab.driver = driver(quick());
    let key = lab.key(1);
    assert_eq!(kinds(&lab.driver, &key).await, [None; 3]);
    let before = lab.state(1).await;

    lab.sandbox.fault("freeze", 1);
    // The idle connections are still open, a fresh one gets no greeting.
    let (failures, took) = timed(kinds(&lab.driver, &key)).await;
    let expected =
        [FailureKind::StatementTimedOut, FailureKind::NoHandshake, FailureKind::StatementTimedOut];
    assert_eq!(failures, expected.map(Some));
    assert!(took < Duration::from_secs(4), "{took:?}");
    assert_eq!(kinds(&lab.driver, &key).await[0], Some(FailureKind::NoHandshake));

    lab.sandbox.fault("thaw", 1);
    let after = lab.until_state(1, "it answers again", |_| true).await;
    // No answer of before got into a later question.
    assert_eq!((after.server_id, &after.version_text), (before.server_id, &before.version_text));
    assert_eq!(after.degraded, []);
    assert_eq!(kinds(&lab.driver, &key).await, [None; 3]);
}

#[rstest]
#[tokio::test]
async fn a_call_that_is_dropped_leaves_no_connection_behind(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let lab = Lab::start(flavor, 1);
    let key = lab.key(1);
    lab.state(1).await;
    lab.sandbox.fault("freeze", 1);
    for _ in 0..3 {
        let limit = Duration::from_millis(100);
        let dropped = tokio::time::timeout(limit, lab.driver.probe(&key)).await;
        assert!(dropped.is_err());
        let dropped = tokio::time::timeout(limit, lab.driver.heartbeat(&key)).await;
        assert!(dropped.is_err());
    }
    lab.sandbox.fault("thaw", 1);
    let state = lab.until_state(1, "it answers again", |_| true).await;
    assert_eq!(state.server_id, u32::from(lab.sandbox.port(1)));
    assert_eq!(state.degraded, []);
}

#[rstest]
#[tokio::test]
async fn an_idle_connection_that_the_server_closed_is_no_failure(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let lab = Lab::start(flavor, 1);
    let key = lab.key(1);
    for _ in 0..3 {
        assert_eq!(kinds(&lab.driver, &key).await, [None; 3]);
        let ids = "select id from information_schema.processlist where user = 'orchestrator'";
        for id in lab.sandbox.sql(1, ids).lines() {
            lab.sandbox.sql(1, &format!("kill {id}"));
        }
    }
    lab.sandbox.fault("stop", 1);
    lab.sandbox.fault("start", 1);
    assert_eq!(kinds(&lab.driver, &key).await, [None; 3]);
}

#[tokio::test]
async fn something_that_is_no_server() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let key = InstanceKey::new("127.0.0.1", silent.local_addr().unwrap().port()).unwrap();
    let attempt = driver(quick()).attempt(&key).await;
    assert_eq!(attempt.outcome.unwrap_err().kind, FailureKind::NoHandshake);

    let closing = async {
        loop {
            let (mut stream, _) = silent.accept().await.unwrap();
            let _ = stream.read(&mut [0; 16]).await;
        }
    };
    let driver = driver(quick());
    tokio::select! {
        () = closing => {}
        attempt = driver.attempt(&key) => {
            let kind = attempt.outcome.unwrap_err().kind;
            assert!(kind.is_evidence_of_death(), "{kind:?}");
        }
    }
}

#[rstest]
#[tokio::test]
async fn no_connection_left(#[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor) {
    let lab = Lab::start(flavor, 1);
    lab.sandbox.sql(1, "alter user app@'%' with max_user_connections 1");
    let mut account = settings();
    account.login.user = "app".to_owned();
    account.login.password = "app_pw".to_owned();
    let _only = lab.sandbox.app(1).await.unwrap();
    let attempt = driver(account).attempt(&lab.key(1)).await;
    let failure = attempt.outcome.unwrap_err();
    assert_eq!(failure.kind, FailureKind::TooManyConnections, "{failure}");
    assert!(failure.kind.is_proof_of_life());
}

#[tokio::test]
async fn a_server_that_wants_tls() {
    let lab = Lab::start(Flavor::MySql, 1);
    lab.sandbox.sql(1, "set global require_secure_transport = on");
    let mut skipping = settings();
    skipping.login.skip_verify = true;
    let driver_of = driver(skipping);
    assert_eq!(kinds(&driver_of, &lab.key(1)).await, [None; 3]);
    // The server's own certificate is signed by nobody that we know.
    let failure = lab.probe(1).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Tls, "{failure}");
}

#[rstest]
#[tokio::test]
async fn a_change_that_hangs_is_killed(#[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor) {
    let mut lab = Lab::start(flavor, 1);
    lab.driver = driver(LiveSettings { action_timeout: Duration::from_secs(1), ..settings() });
    // Read-only waits for the global read lock, which waits for this transaction's locks.
    let mut app = lab.sandbox.app(1).await.unwrap();
    use mysql_async::prelude::Queryable;
    app.query_drop("lock tables t write").await.unwrap();
    let read_only = Action::SetReadOnly { server: lab.key(1), on: true };
    let (result, took) = timed(lab.apply(read_only.clone())).await;
    assert!(matches!(result, Err(ActionError::TimedOut(_))), "{result:?}");
    assert!(took < Duration::from_secs(4), "{took:?}");
    app.query_drop("unlock tables").await.unwrap();
    assert!(!lab.state(1).await.read_only);
    lab.done(read_only).await;
    assert!(lab.state(1).await.read_only);
}

/// A certificate for `localhost` that its own key signed: it is its own authority.
const CERTIFICATE: &str = "orchestrator-server/fixtures/tls/cert.pem";
const PRIVATE_KEY: &str = "orchestrator-server/fixtures/tls/key.pem";

#[rstest]
#[tokio::test]
async fn encrypted_connections_verify_both_sides(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let file = |name: &str| harness::repository().join(name);
    let (certificate, key) = (file(CERTIFICATE), file(PRIVATE_KEY));
    let argument = |name: &str, file: &std::path::Path| format!("--{name}={}", file.display());
    let arguments = [
        argument("ssl-ca", &certificate),
        argument("ssl-cert", &certificate),
        argument("ssl-key", &key),
    ];
    let options: Vec<&str> =
        arguments.iter().flat_map(|argument| ["--mysqld-arg", argument.as_str()]).collect();
    let lab = Lab::with(flavor, 1, &options);
    let name = "select concat(quote(user), '@', quote(host)) from mysql.user";
    let user = lab.sandbox.sql(1, &format!("{name} where user = 'orchestrator'"));
    lab.sandbox.sql(1, &format!("alter user {user} require x509"));
    let by_name = InstanceKey::new("localhost", lab.sandbox.port(1)).unwrap();

    let mut mutual = settings();
    mutual.login.tls = TlsUse::Always;
    mutual.login.ca_file = Some(certificate.clone());
    mutual.login.client_identity = Some((certificate, key));
    assert_eq!(kinds(&driver(mutual.clone()), &by_name).await, [None; 3]);

    // The certificate is for another name.
    let failure = driver(mutual.clone()).probe(&lab.key(1)).await.outcome.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Tls, "{failure}");
    let mut strangers = mutual.clone();
    strangers.login.ca_file = None;
    let failure = driver(strangers).probe(&by_name).await.outcome.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Tls, "{failure}");
    let mut nameless = mutual;
    nameless.login.client_identity = None;
    let failure = driver(nameless).probe(&by_name).await.outcome.unwrap_err();
    assert_eq!(failure.kind, FailureKind::AccessDenied, "{failure}");
}
