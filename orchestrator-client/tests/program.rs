//! The program as scripts see it: what it prints where, and how it exits.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail the test")]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

/// Runs the program with nothing but these words.
fn client(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_orchestrator-client"))
        .args(words)
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Serves one answer, and returns what the program made of it and what it asked.
fn with_answer(status: &str, body: &str, words: &[&str]) -> (Output, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut byte = [0];
        while !request.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).unwrap();
            request.push(byte[0]);
        }
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8(request).unwrap()
    });
    let output = client(&[words, &["-U", &address]].concat());
    (output, server.join().unwrap().lines().next().unwrap().to_owned())
}

fn texts(output: &Output) -> (Option<i32>, &str, &str) {
    let text = |bytes| std::str::from_utf8(bytes).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_hint_of_a_cron_job() {
    let body =
        r#"{"Code":"OK","Message":"x","Details":{"Hostname":"this.hostname.com","Port":3306}}"#;
    let words =
        ["-c", "register-candidate", "-i", "this.hostname.com", "--promotion-rule", "prefer"];
    let (output, request) = with_answer("200 OK", body, &words);
    assert_eq!(texts(&output), (Some(0), "this.hostname.com:3306\n", ""));
    assert_eq!(request, "GET /api/register-candidate/this.hostname.com/3306/prefer HTTP/1.1");
}

#[test]
fn a_downtime_with_an_owner_by_default() {
    let body = r#"{"Code":"OK","Message":"x","Details":{"Hostname":"h","Port":1}}"#;
    let words = ["-c", "begin-downtime", "-duration", "30m", "-reason", "a/b c", "-i", "h:1"];
    let (output, request) = with_answer("200 OK", body, &words);
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
    let (output, _) =
        with_answer("500 Internal Server Error", body, &["-c", "forget", "-i", "h:1"]);
    assert_eq!(texts(&output), (Some(1), "", "it's \"no\" really\n"));
}

#[test]
fn a_login_page_is_told_from_an_answer() {
    let words = ["-c", "clusters"];
    let (output, _) = with_answer("401 Unauthorized", "Not Authorized\n", &words);
    let (code, stdout, stderr) = texts(&output);
    assert_eq!((code, stdout), (Some(5), ""));
    assert!(stderr.starts_with("orchestrator-client["), "{stderr}");
    assert!(stderr.contains("]: Not authorised at http://127.0.0.1:"), "{stderr}");
    assert_eq!(stderr.lines().count(), 1);
}

#[test]
fn a_wrong_line_exits_with_2() {
    for words in [&["-c", "discover"][..], &[], &["-c", "clusters", "--nosuch"]] {
        let output = client(words);
        let (code, stdout, stderr) = texts(&output);
        assert_eq!((code, stdout, stderr.lines().count()), (Some(2), "", 1), "{words:?}");
    }
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
