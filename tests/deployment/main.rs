//! An environment that talks to the service, as operators set it up: cron entries on every
//! database host, direct calls, tables with metadata. Real servers, the real programs, /bin/sh.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod announcing;
mod downtime;
mod metadata;
mod rules;

use std::process::{Command, Output, Stdio};

use harness::{program, sandbox::Sandbox, service::Service};
use serde_json::Value;

const SERVER_PROGRAM: &str = "/data/orchestrator/current/bin/orchestrator";

/// Runs a cron entry's command on a database host: by /bin/sh, without a login shell's
/// environment. The programs are found where they were built.
fn cron(service: &Service, host: &str, line: &str) -> Output {
    let line = line
        .replace("/usr/bin/orchestrator-client", &program("orchestrator-client").to_string_lossy())
        .replace(SERVER_PROGRAM, &program("orchestrator").to_string_lossy())
        .replace("this.hostname.com", host);
    // Where the server's program looks for its configuration when nobody names a file.
    let config = service.file("orchestrator.conf.json");
    std::fs::copy(service.file("config.json"), &config).unwrap();
    Command::new("/bin/sh")
        .args(["-c", &line])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("ORCHESTRATOR_API", service.url())
        .env("ORCHESTRATOR_INSTANCE", host)
        .current_dir(config.parent().unwrap())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// A cron entry that must succeed in silence: what it printed.
fn done(service: &Service, host: &str, line: &str) -> String {
    let output = cron(service, host, line);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && error.is_empty(), "{line}: {} {error}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

/// One server as the service knows it.
async fn instance(service: &Service, sandbox: &Sandbox, node: u16) -> Value {
    service.json(&format!("instance/127.0.0.1/{}", sandbox.port(node))).await
}

/// Whether the servers in trouble include this one.
async fn is_a_problem(service: &Service, sandbox: &Sandbox, node: u16) -> bool {
    let problems = service.json("problems").await;
    let port = i64::from(sandbox.port(node));
    problems.as_array().into_iter().flatten().any(|one| one["Key"]["Port"] == port)
}
