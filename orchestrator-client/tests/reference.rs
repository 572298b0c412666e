//! The program against recorded answers: what it prints, and whether it succeeds, is what scripts
//! know from the client that it replaces, apart from `fixtures/differences.json`.
//!
//! A case holds a command line, its environment, the answers of the server by path, and what was
//! printed. Messages of servers and help texts are not compared.

#![allow(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod support;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Deserialize;
use support::{DEAD, Server, answer, client};

#[derive(Deserialize)]
struct Recording {
    /// Bodies of answers; cases share them.
    bodies: Vec<String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    args: Vec<String>,
    env: BTreeMap<String, String>,
    /// Status and number of the body, by path below `/api/`.
    replies: HashMap<String, (u16, usize)>,
    ok: bool,
    /// `None` for texts for people.
    stdout: Option<String>,
}

#[derive(Deserialize)]
struct Difference {
    flavor: String,
    name: String,
    why: String,
    ok: bool,
    stdout: Option<String>,
}

const DIFFERENCES: &str = include_str!("fixtures/differences.json");

/// Whether a path is the recorded one; the user who runs the test is `{owner}` there.
fn matches(recorded: &str, path: &str) -> bool {
    let (recorded, path): (Vec<_>, Vec<_>) =
        (recorded.split('/').collect(), path.split('/').collect());
    recorded.len() == path.len()
        && recorded.iter().zip(path).all(|(known, asked)| *known == "{owner}" || *known == asked)
}

/// What is wrong with a case, if anything.
fn play(case: &Case, bodies: &[String], difference: Option<&Difference>) -> Result<(), String> {
    let replies: Vec<_> = case
        .replies
        .iter()
        .map(|(path, (status, body))| (path.clone(), answer(*status, "", &bodies[*body])))
        .collect();
    let server = Server::start(move |path| {
        let found = replies.iter().find(|(recorded, _)| matches(recorded, path));
        found.map_or_else(|| answer(404, "", "404 page not found\n"), |(_, bytes)| bytes.clone())
    });
    let fill = |text: &str| text.replace("{server}", &server.address).replace("{dead}", DEAD);
    let mut words: Vec<_> = case.args.iter().map(|word| fill(word)).collect();
    if case.env.values().any(|value| value.contains("{dead}")) {
        // Refused connections are tried again for a while, which proves nothing here.
        words.extend(["--timeout", "1"].map(str::to_owned));
    }
    let env: Vec<_> = case.env.iter().map(|(name, value)| (name.as_str(), fill(value))).collect();
    let env: Vec<_> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let output = client(&words, &env);
    let (ok, stdout) = match difference {
        Some(difference) => (difference.ok, &difference.stdout),
        None => (case.ok, &case.stdout),
    };
    let printed = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    let mut problems = Vec::new();
    if output.status.success() != ok {
        problems.push(format!("exit code {:?}", output.status.code()));
    }
    match stdout {
        Some(expected) if fill(expected) != printed => {
            problems.push(format!("printed {printed:?}, expected {expected:?}"));
        }
        None if printed.is_empty() => problems.push("printed nothing".to_owned()),
        _ => {}
    }
    let lines = complaint.lines().count();
    let is_raw = case.args.iter().any(|word| word == "api");
    if (ok && lines != 0) || (!ok && lines > 1) || (!ok && !is_raw && lines == 0) {
        problems.push(format!("{lines} lines on standard error"));
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(format!("{} {words:?}: {}; {complaint}", case.name, problems.join(", ")))
}

fn play_all(flavor: &str, recording: &str) {
    let recording: Recording = serde_json::from_str(recording).unwrap();
    let differences: Vec<Difference> = serde_json::from_str(DIFFERENCES).unwrap();
    let differences: HashMap<_, _> = differences
        .iter()
        .filter(|difference| difference.flavor == flavor)
        .map(|difference| (difference.name.as_str(), difference))
        .collect();
    let names: HashSet<_> = recording.cases.iter().map(|case| case.name.as_str()).collect();
    assert!(differences.keys().all(|name| names.contains(name)));
    let (next, problems) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some(case) = recording.cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let difference = differences.get(case.name.as_str()).copied();
                    if let Err(problem) = play(case, &recording.bodies, difference) {
                        problems.lock().unwrap().push(problem);
                    }
                }
            });
        }
    });
    let problems = problems.into_inner().unwrap();
    assert!(problems.is_empty(), "{} cases:\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn mysql() {
    play_all("mysql", include_str!("fixtures/mysql.json"));
}

#[test]
fn mariadb() {
    play_all("mariadb", include_str!("fixtures/mariadb.json"));
}

/// A difference that is none, or that says nothing, must not stay on the list.
#[test]
fn differences_are_differences_and_documented() {
    let page = include_str!("../../docs/differences.md");
    let recordings = [
        ("mysql", include_str!("fixtures/mysql.json")),
        ("mariadb", include_str!("fixtures/mariadb.json")),
    ]
    .map(|(flavor, text)| (flavor, serde_json::from_str::<Recording>(text).unwrap()));
    let differences: Vec<Difference> = serde_json::from_str(DIFFERENCES).unwrap();
    for difference in differences {
        let (_, recording) =
            recordings.iter().find(|(flavor, _)| *flavor == difference.flavor).unwrap();
        let case = recording.cases.iter().find(|case| case.name == difference.name).unwrap();
        let same = case.ok == difference.ok && case.stdout == difference.stdout;
        assert!(!same, "{} is no difference", difference.name);
        assert!(page.contains(&difference.why), "docs/differences.md lacks: {}", difference.why);
    }
}
