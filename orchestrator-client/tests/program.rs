//! The program as scripts see it: what it prints where, and how it exits.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail the test")]

mod support;

use std::process::{Command, Output, Stdio};

use support::{Server, answer, client, texts};

/// Serves one answer, and returns what the program made of it and what it asked.
fn with_answer(status: u16, body: &'static str, words: &[&str]) -> (Output, String) {
    let server = Server::start(move |_| answer(status, "", body));
    let output = client(&[words, &["-U", &server.address]].concat(), &[]);
    (output, server.requests().concat())
}

#[test]
fn a_hint_of_a_cron_job() {
    let body =
        r#"{"Code":"OK","Message":"x","Details":{"Hostname":"this.hostname.com","Port":3306}}"#;
    let words =
        ["-c", "register-candidate", "-i", "this.hostname.com", "--promotion-rule", "prefer"];
    let (output, request) = with_answer(200, body, &words);
    assert_eq!(texts(&output), (Some(0), "this.hostname.com:3306\n", ""));
    assert_eq!(request, "GET /api/register-candidate/this.hostname.com/3306/prefer HTTP/1.1");
}

#[test]
fn a_downtime_with_an_owner_by_default() {
    let body = r#"{"Code":"OK","Message":"x","Details":{"Hostname":"h","Port":1}}"#;
    let words = ["-c", "begin-downtime", "-duration", "30m", "-reason", "a/b c", "-i", "h:1"];
    let (output, request) = with_answer(200, body, &words);
    assert_eq!(output.status.code(), Some(0));
    let segments: Vec<_> = request.split('/').collect();
    let [_, "api", "begin-downtime", "h", "1", owner, "a%2Fb%20c", "30m HTTP", "1.1"] =
        segments[..]
    else {
        panic!("{request}");
    };
    assert!(!owner.is_empty());
}

#[test]
fn a_message_of_the_server_goes_to_standard_error_as_it_is() {
    let body = r#"{"Code":"ERROR","Message":"it's \"no\"\nreally","Details":{"Id":1}}"#;
    let (output, _) = with_answer(500, body, &["-c", "forget", "-i", "h:1"]);
    assert_eq!(texts(&output), (Some(1), "", "it's \"no\" really\n"));
}

#[test]
fn a_login_page_is_told_from_an_answer() {
    let words = ["-c", "clusters"];
    let (output, _) = with_answer(401, "Not Authorized\n", &words);
    let (code, stdout, stderr) = texts(&output);
    assert_eq!((code, stdout), (Some(5), ""));
    assert!(stderr.starts_with("orchestrator-client["), "{stderr}");
    assert!(stderr.contains("]: Not authorised at http://127.0.0.1:"), "{stderr}");
    assert_eq!(stderr.lines().count(), 1);
}

/// A request on a connection that was used before may get lost without a fault of the server.
#[test]
fn each_request_has_a_connection_of_its_own() {
    let server = Server::once_a_connection(|path| {
        let body = match path {
            "raft-state" => "\"Leader\"",
            _ => r#"{"Code":"OK","Message":"","Details":"orc2"}"#,
        };
        format!("HTTP/1.1 200 X\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
    });
    let line = ["raft-elect-leader", "orc2", "--timeout", "2", "-U", &server.address];
    assert_eq!(texts(&client(&line, &[])), (Some(0), "orc2\n", ""));
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_star_means_no_proxy_at_all() {
    let server = Server::start(|_| answer(200, "", "[]"));
    let variables = [("http_proxy", support::DEAD), ("no_proxy", "*")];
    let output = client(&["-c", "clusters", "--timeout", "1", "-U", &server.address], &variables);
    assert_eq!(texts(&output), (Some(0), "", ""));
}

#[test]
fn a_wrong_line_exits_with_2() {
    for words in [&["-c", "discover"][..], &[], &["-c", "clusters", "--nosuch"]] {
        let output = client(words, &[]);
        let (code, stdout, stderr) = texts(&output);
        assert_eq!((code, stdout, stderr.lines().count()), (Some(2), "", 1), "{words:?}");
    }
}

/// Scripts that keep the answer in a file must learn that the disk is full.
#[test]
fn an_answer_that_cannot_be_written_is_a_failure() {
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else { return };
    let output = Command::new(env!("CARGO_BIN_EXE_orchestrator-client"))
        .arg("--help")
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    let (code, _, stderr) = texts(&output);
    assert_eq!((code, stderr.lines().count()), (Some(1), 1), "{stderr}");
    assert!(stderr.contains("its answer cannot be written: No space left"), "{stderr}");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_orchestrator-client"))
        .arg("--help")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
