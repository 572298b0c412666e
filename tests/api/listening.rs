//! Where the API listens, by which paths, and in which form it answers.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use harness::service::Service;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

async fn get(service: &Service, path: &str) -> (u16, String) {
    let answer = service.call(Method::GET, path, &[]).await.unwrap();
    (answer.status.as_u16(), answer.text())
}

#[tokio::test]
async fn on_a_socket() {
    let mut service = Service::start(json!({ "ListenSocket": "orchestrator.sock" })).await;
    let socket = service.file("orchestrator.sock");
    assert_eq!(get(&service, "/api/leader-check").await, (200, r#""OK""#.to_owned()));
    // Left behind by a kill, it is taken over.
    service.kill();
    assert!(socket.exists());
    service.revive().await;
    assert!(service.terminate().await.success(), "{}", service.log());
    assert!(!socket.exists());
}

#[tokio::test]
async fn behind_a_prefix() {
    let service = Service::start(json!({ "URLPrefix": "/dba" })).await;
    assert_eq!(get(&service, "/dba/api/lb-check").await, (200, r#""OK""#.to_owned()));
    assert_eq!(get(&service, "/dba/api/status").await.0, 200);
    for path in ["/api/lb-check", "/dbaa/api/lb-check", "/dba", "/"] {
        assert_eq!(get(&service, path).await.0, 404, "{path}");
    }
    assert_eq!(service.ask(&["-c", "check-global-recoveries"]), "enabled");
}

#[rstest]
#[case("/healthz/db", "")]
#[case("/healthz/db", "/dba")]
#[tokio::test]
async fn with_a_status_route_elsewhere(#[case] endpoint: &str, #[case] prefix: &str) {
    let service = Service::start(json!({ "StatusEndpoint": endpoint, "URLPrefix": prefix })).await;
    let (status, body) = get(&service, endpoint).await;
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &body["Details"]["Healthy"]), (200, &json!(true)));
    assert_eq!(get(&service, &format!("{prefix}/api/health")).await.0, 200);
    assert_eq!(get(&service, &format!("{prefix}/api/status")).await.0, 404);
}

#[tokio::test]
async fn answers_of_every_form() {
    let service = Service::start(json!({})).await;
    for (path, status) in [("/api/health", 200), ("/api/instance/nowhere/3306", 500), ("/x", 404)] {
        let whole = service.call(Method::GET, path, &[]).await.unwrap();
        let head = service.call(Method::HEAD, path, &[]).await.unwrap();
        assert_eq!((whole.status.as_u16(), head.status.as_u16()), (status, status), "{path}");
        assert_eq!(head.header("content-type"), whole.header("content-type"), "{path}");
        assert_eq!((head.text().as_str(), whole.body.is_empty()), ("", false), "{path}");
    }
    for path in ["/", "/api", "/api/", "/api/nosuch", "/api/clusters/x", "/api/instance//3306"] {
        assert_eq!(get(&service, path).await, (404, "404 page not found\n".to_owned()), "{path}");
    }
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let answer = service.call(method.clone(), "/api/clusters", &[]).await.unwrap();
        assert_eq!(answer.status, 404, "{method}");
    }
    let json = service.call(Method::GET, "/api/clusters/", &[]).await.unwrap();
    assert_eq!(json.header("content-type"), "application/json; charset=UTF-8");
    assert_eq!(json.text(), "null");
}

#[tokio::test]
async fn compressed_for_those_who_ask() {
    let service = Service::start(json!({})).await;
    let accept: &[(&str, &str)] = &[("accept-encoding", "gzip")];
    for path in ["/api/health", "/api/automated-recovery-filters"] {
        let plain = service.call(Method::GET, path, &[]).await.unwrap();
        let packed = service.call(Method::GET, path, accept).await.unwrap();
        assert_eq!(
            (plain.header("content-encoding"), packed.header("content-encoding")),
            ("", "gzip")
        );
        let unpacked: Value = serde_json::from_slice(&gunzip(&packed.body)).unwrap();
        assert_eq!(unpacked["Code"], "OK", "{path}");
    }
    let small = service.call(Method::GET, "/api/lb-check", accept).await.unwrap();
    assert_eq!((small.header("content-encoding"), small.text().as_str()), ("", r#""OK""#));
}

fn gunzip(packed: &[u8]) -> Vec<u8> {
    let mut gzip = Command::new("gzip")
        .arg("-dc")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Taken, so that it is closed: the end of the input.
    gzip.stdin.take().unwrap().write_all(packed).unwrap();
    gzip.wait_with_output().unwrap().stdout
}
