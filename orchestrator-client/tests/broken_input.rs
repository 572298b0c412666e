//! Whatever is wrong with the words, the variables or the server: one clear line, and the exit
//! code that tells the kind.
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod support;

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::process::Output;

use rstest::rstest;
use shared::commands::{self, Action};
use shared::flags::FLAGS;
use support::{DEAD, Server, answer, client, texts};

/// Fails unless the program complained once, in a line that holds the text.
fn check(output: &Output, code: i32, text: &str, of: &str) {
    let (found, stdout, stderr) = texts(output);
    assert_eq!(found, Some(code), "{of}: {stderr}");
    assert_eq!(stdout, "", "{of}");
    assert_eq!(stderr.lines().count(), 1, "{of}: {stderr}");
    assert!(stderr.contains(text), "{of}: {stderr}");
}

fn words(line: &str) -> Vec<&str> {
    line.split(' ').filter(|word| !word.is_empty()).collect()
}

#[test]
fn every_command_names_the_first_thing_that_it_lacks() {
    for command in commands::all().filter(|command| command.action == Action::Call) {
        let Some(first) = command.needs.first() else { continue };
        let text = format!("{} must be provided ({})", first.label(), first.hint());
        for line in [vec!["-c", command.name], vec![command.name]] {
            check(&client(&line, &[("ORCHESTRATOR_API", DEAD)]), 2, &text, command.name);
        }
    }
}

#[test]
fn every_flag_names_the_value_that_it_lacks() {
    for flag in FLAGS.iter().filter(|flag| flag.takes_value()) {
        let long = format!("--{}", flag.long[0]);
        let output = client(&["-c", "clusters", &long], &[]);
        check(&output, 2, &format!("a value is missing: {}", flag.spelling()), &long);
    }
}

#[rstest]
#[case("", "No command given")]
#[case("-c", "a value is missing: -c <command>")]
#[case("-c nosuch", "Unsupported command nosuch")]
#[case("-c clustres", "did you mean clusters?")]
#[case("clustres", "did you mean clusters?")]
#[case("clusters extra", "too many words for clusters")]
#[case("-c clusters extra -a x", "a word that belongs to no flag")]
#[case("-c clusters --nosuch", "unknown flag --nosuch")]
#[case("-c clusters -Z", "unknown flag -Z")]
#[case("-c clusters --timeout soon", "--timeout soon: give a time")]
#[case("-c clusters --timeout 0", "--timeout 0: give a time")]
#[case("-c clusters --timeout -5s", "--timeout -5s: give a time")]
#[case("-c clusters --timeout 5x", "--timeout 5x: give a time")]
#[case("-c clusters --splay 1.5s", "--splay 1.5s: give a time")]
#[case("-c clusters -D x -i h", "-D x: give a port")]
#[case("-c instance -i h:x", "-i: Cannot parse address: h:x")]
#[case("-c instance -i h:70000", "-i: ")]
#[case("-c instance -i [::1", "-i: ")]
#[case("-c relocate -i h -d :1", "-d: ")]
#[case("-c begin-downtime -i h -r ..", "\"..\" cannot be sent as a value")]
#[case("-c clusters -U ftp://u:secret@h", "\"ftp://u:<REMOVED>@h\" is no address of a server")]
#[case("-c clusters -U http://", "is no address of a server")]
#[case("-c clusters -e secret", "-e: give the header as Name:value")]
#[case("-c clusters --token-file /nonexistent/f", "--token-file /nonexistent/f: No such file")]
#[case(
    "-c clusters -U https://h --ca-file /nonexistent/f",
    "--ca-file /nonexistent/f: No such file"
)]
#[case(
    "-c clusters -U https://h --ca-file /dev/null",
    "--ca-file /dev/null: it holds no certificate"
)]
#[case("-c clusters -U https://h --cert-file /dev/null", "--cert-file /dev/null: ")]
#[case("completions tcsh", "name a shell: bash, zsh or fish")]
fn wrong_lines(#[case] line: &str, #[case] text: &str) {
    let output = client(&words(line), &[("ORCHESTRATOR_API", DEAD)]);
    check(&output, 2, text, line);
    assert!(!texts(&output).2.contains("secret"), "{line}");
}

#[rstest]
#[case("ORCHESTRATOR_API", "nothing://", "is no address of a server")]
#[case("ORCHESTRATOR_INSTANCE", "h:x", "-i: Cannot parse address: h:x")]
#[case("ORCHESTRATOR_AUTH_USER_HEADER", "secret", "ORCHESTRATOR_AUTH_USER_HEADER: give the header")]
#[case("ORCHESTRATOR_AUTH_TOKEN", "sec\nret", "ORCHESTRATOR_AUTH_TOKEN: the token holds")]
#[case("http_proxy", "http://", "http_proxy: give a proxy")]
fn wrong_variables(#[case] name: &str, #[case] value: &str, #[case] text: &str) {
    // Of a variable that is given twice, the last one counts.
    let output = client(&["-c", "instance"], &[("ORCHESTRATOR_INSTANCE", "h:1"), (name, value)]);
    check(&output, 2, text, name);
}

#[test]
fn words_and_variables_that_are_not_utf8() {
    let bad = || OsString::from_vec(b"caf\xe9".to_vec());
    let line = ["-c".into(), "search".into(), "-i".into(), bad()];
    check(&client(&line, &[]), 2, "word 4 of the command line is not UTF-8", "word");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_orchestrator-client"))
        .args(["-c", "clusters"])
        .env_clear()
        .env("ORCHESTRATOR_AUTH_PASSWORD", bad())
        .output()
        .unwrap();
    check(&output, 2, "the variable ORCHESTRATOR_AUTH_PASSWORD is not UTF-8", "variable");
}

#[test]
fn values_of_ten_kilobytes_arrive_and_longer_ones_are_refused() {
    let body = r#"{"Code":"OK","Message":"","Details":{"Hostname":"h","Port":1}}"#;
    let server = Server::start(move |_| answer(200, "", body));
    let variables = [("ORCHESTRATOR_API", server.address.as_str())];
    let long = "é/".repeat(3333);
    let line = ["-c", "begin-downtime", "-i", "h:1", "-o", "me", "-r", &long];
    assert_eq!(texts(&client(&line, &variables)), (Some(0), "h:1\n", ""));
    let sent = "%C3%A9%2F".repeat(3333);
    let expected = format!("GET /api/begin-downtime/h/1/me/{sent}/10m HTTP/1.1");
    assert_eq!(server.requests(), [expected]);
    let long = "x".repeat(100_000);
    for flag in ["-i", "-r", "-o"] {
        let line = ["-c", "begin-downtime", "-i", "h:1", "-o", "me", "-r", "x", flag, &long];
        check(&client(&line, &variables), 2, "", flag);
    }
    let line = ["-c", "clusters", "-U", &long];
    let output = client(&[&line[..], &["--timeout", "1"]].concat(), &[]);
    let (code, _, stderr) = texts(&output);
    assert!(code != Some(0) && stderr.lines().count() == 1, "{stderr}");
}

const BAD_RULE: &str = r#"{"Code":"ERROR","Message":"Invalid rule: bogus","Details":null}"#;
const UNAUTHORIZED: &str = r#"{"Code":"ERROR","Message":"Unauthorized","Details":null}"#;

#[rstest]
#[case("an error of the server", 1, "Invalid rule: bogus", answer(500, "", BAD_RULE))]
#[case("a forbidden command", 5, "Unauthorized", answer(500, "", UNAUTHORIZED))]
#[case("a login that is refused", 5, "HTTP 401", answer(401, "", "Not Authorized\n"))]
#[case("a proxy that forbids", 5, "HTTP 403", answer(403, "", "<html>no</html>"))]
#[case("a page", 1, "not JSON: \"<html>\"", answer(200, "", "<html>\n<body>"))]
#[case("an unknown route", 1, "HTTP 404", answer(404, "", "404 page not found\n"))]
#[case("JSON that ends early", 1, "not JSON", answer(200, "", "[{\"Key\":{\"Hostname\":\"h\""))]
#[case("an empty body", 1, "an empty body", answer(200, "", ""))]
#[case("other JSON", 1, "unexpected answer: no Hostname", answer(200, "", "{\"a\":1}"))]
#[case("control characters", 1, "unexpected answer", answer(200, "", "\"\\u001b[2J\\u0007\\n\""))]
#[case("bytes that are no text", 1, "not JSON", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\xff\xfe".to_vec())]
#[case(
    "a redirect",
    1,
    "a redirect to http://u:<REMOVED>@h/",
    answer(302, "Location: http://u:secret@h/\r\n", "")
)]
#[case(
    "a redirect to itself",
    1,
    "a redirect to /api/instance/h/1",
    answer(301, "Location: /api/instance/h/1\r\n", "")
)]
#[case("a gateway without a server", 3, "the last try: HTTP 502", answer(502, "", "<html>"))]
#[case("an answer that ends early", 3, "no answer from", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n[".to_vec())]
#[case("another protocol", 3, "no answer from", b"SSH-2.0-OpenSSH_9.2\r\n".to_vec())]
#[case("nothing", 3, "no answer from", Vec::new())]
fn servers_that_do_not_answer_as_they_should(
    #[case] of: &str,
    #[case] code: i32,
    #[case] text: &str,
    #[case] bytes: Vec<u8>,
) {
    let server = Server::start(move |_| bytes.clone());
    let line = ["-c", "instance", "-i", "h:1", "--timeout", "1", "-U", &server.address];
    let output = client(&line, &[]);
    check(&output, code, text, of);
    assert!(!texts(&output).2.contains(['\u{1b}', '\u{7}']), "{of}");
    assert!(!texts(&output).2.contains("secret"), "{of}");
    if code != 3 {
        assert_eq!(server.requests().len(), 1, "{of}");
    }
}

#[rstest]
#[case("one", DEAD)]
#[case("several", "http://127.0.0.1:0 http://u:secret@127.0.0.1:0")]
fn no_server(#[case] of: &str, #[case] address: &str) {
    let variables = [("ORCHESTRATOR_API", address), ("ORCHESTRATOR_AUTH_PASSWORD", "secret")];
    let output = client(&["-c", "clusters", "--timeout", "1"], &variables);
    check(&output, 3, "Connection refused", of);
    assert!(!texts(&output).2.contains("secret"), "{of}");
}

/// Some certificate, so that the test needs none of the system's.
const AUTHORITY: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../orchestrator-server/fixtures/tls/cert.pem");

/// Each address is named with what is wrong with it.
#[test]
fn no_leader_among_several_servers() {
    let follower = Server::start(|_| answer(404, "", "\"Not leader\""));
    let page = Server::start(|_| answer(200, "", "<html>Welcome</html>"));
    let wall = Server::start(|_| answer(401, "", "Not Authorized\n"));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}", listener.local_addr().unwrap());
    let plain = Server::rude(b"HTTP/1.1 400 Bad Request\r\n\r\nno TLS here");
    let tls = plain.address.replace("http:", "https:");
    let expected = [
        (DEAD, "Connection refused"),
        (follower.address.as_str(), "not the leader"),
        (&page.address, "HTTP 200, not the API"),
        (&silent, "no answer within 1000 ms"),
        (&tls, "InvalidContentType"),
        (&wall.address, "not authorised"),
    ];
    let without_wall = &expected[..5];
    for (of, list, code) in [("with a wall", &expected[..], 5), ("without", without_wall, 4)] {
        let addresses: Vec<_> = list.iter().map(|(address, _)| *address).collect();
        let addresses = addresses.join(" ");
        let variables = [("ORCHESTRATOR_API", addresses.as_str()), ("SSL_CERT_FILE", AUTHORITY)];
        let output = client(&["-c", "clusters"], &variables);
        check(&output, code, "Cannot determine leader from", of);
        for (address, cause) in list {
            let stderr = texts(&output).2;
            let at = stderr.find(&format!("{address}/api: ")).unwrap();
            let said = stderr[at..].split(';').next().unwrap();
            assert!(said.contains(cause), "{of}: {said}");
        }
    }
}
