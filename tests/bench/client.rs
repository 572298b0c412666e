//! The client: how long a command takes, how much memory, what dead servers among several cost,
//! and whether a fleet's cron jobs get through.

use std::{
    path::PathBuf,
    process::Stdio,
    time::{Duration, Instant},
};

use harness::{
    program,
    sandbox::{Flavor, Sandbox},
    service::Service,
};
use serde_json::json;
use tokio::{process::Command, task::JoinSet, time};

use crate::silence::{BlackHole, Mute};

const RUNS: usize = 300;

/// Hosts whose cron jobs start within the time.
const HOSTS: u32 = 2000;
const STORM: Duration = Duration::from_secs(10);

/// The program as `scripts/build` makes it, or else that of the release.
fn client() -> PathBuf {
    std::env::var_os("BENCH_CLIENT").map_or_else(|| program("orchestrator-client"), PathBuf::from)
}

fn command(api: &str, words: &[&str]) -> Command {
    let mut command = Command::new(client());
    command.args(words).env_clear().env("ORCHESTRATOR_API", api).stdin(Stdio::null());
    command
}

/// How long one run takes, from the start of the process to its end.
async fn run(api: &str, words: &[&str]) -> Result<Duration, String> {
    let began = Instant::now();
    let output = command(api, words).output().await.unwrap();
    let took = began.elapsed();
    if output.status.success() && output.stderr.is_empty() && !output.stdout.is_empty() {
        return Ok(took);
    }
    Err(format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr)))
}

/// Median, 99 of 100, and the longest.
fn summary(mut times: Vec<Duration>) -> (Duration, String) {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    let text = format!("median {:.1?}, 99% {:.1?}, longest {:.1?}", at(50), at(99), at(100));
    (at(50), text)
}

/// Runs that take turns, so that what else the machine does hits all alike.
async fn compared(apis: &[(&str, String)], words: &[&str]) -> Vec<Duration> {
    let mut times = vec![Vec::new(); apis.len()];
    for _ in 0..RUNS {
        for ((_, api), times) in apis.iter().zip(&mut times) {
            times.push(run(api, words).await.unwrap());
        }
    }
    let mut medians = Vec::new();
    for ((name, _), times) in apis.iter().zip(times) {
        let (median, text) = summary(times);
        println!("=> which-master, {name}: {text} of {RUNS}");
        medians.push(median);
    }
    medians
}

/// The most memory that a process used so far, in KiB.
fn peak_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim_end_matches("kB").trim().parse().unwrap()
}

#[tokio::test]
async fn figures() {
    let sandbox = Sandbox::with(Flavor::MySql, 3, &[]);
    let service = Service::start(json!({})).await;
    service.discover(&sandbox, 2).await;
    let (replica, url) = (sandbox.address(2), service.url());

    let (mute, hole) = (Mute::start(), BlackHole::start().await);
    let words = ["-c", "which-master", "-i", &replica];
    let apis = [
        ("one address", url.clone()),
        ("behind two that never answer", format!("{0} {0} {url}", mute.address)),
        ("behind two black holes", format!("{0} {0} {url}", hole.address)),
    ];
    let medians = compared(&apis, &words).await;
    println!("   to reach: 5 ms; black holes cost at most 5 ms: {:.1?}", medians[2] - medians[0]);

    // While it waits for an answer, everything that it needs is there.
    let mut waiting = command(&mute.address, &words).spawn().unwrap();
    time::sleep(Duration::from_millis(200)).await;
    let memory = peak_memory(waiting.id().unwrap());
    waiting.kill().await.unwrap();
    println!("=> peak memory: {memory} KiB (to reach: 12288)");

    let rule = ["-c", "register-candidate", "-i", &replica, "-R", "prefer"];
    for (name, words) in [("which-master", &words[..]), ("register-candidate", &rule)] {
        storm(name, &url, words).await;
    }
}

/// Starts the clients evenly over the time, as cron jobs with a splay do.
async fn storm(name: &str, api: &str, words: &[&str]) {
    let began = Instant::now();
    let mut clients = JoinSet::new();
    for host in 0..HOSTS {
        time::sleep_until((began + STORM * host / HOSTS).into()).await;
        let (api, words) = (api.to_owned(), words.iter().map(|w| (*w).to_owned()));
        let words: Vec<_> = words.collect();
        clients.spawn(async move {
            run(&api, &words.iter().map(String::as_str).collect::<Vec<_>>()).await
        });
    }
    let started = began.elapsed();
    let (mut times, mut failures) = (Vec::new(), Vec::new());
    for outcome in clients.join_all().await {
        match outcome {
            Ok(time) => times.push(time),
            Err(error) => failures.push(error),
        }
    }
    let (_, text) = summary(times);
    println!("=> {HOSTS} clients started within {started:.1?}, {name}: {text}");
    assert!(failures.is_empty(), "{} of {HOSTS} failed: {}", failures.len(), failures[0]);
}
