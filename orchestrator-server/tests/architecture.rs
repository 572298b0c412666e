//! The arrows of ARCHITECTURE.md, read from the `use` lines of the sources.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::{fs, path::Path};

/// What the pure parts must not know.
const IMPURE: &[&str] = &[
    "tokio",
    "mysql_async",
    "rusqlite",
    "axum",
    "std::time::Instant",
    "SystemTime",
    "std::fs",
    "std::net",
    "crate::execution",
    "crate::http",
    "crate::probe",
    "crate::backend",
    "crate::mysql::live",
    "crate::mysql::dialect",
    "Clock",
];

/// Their folders below `src`.
const PURE: &[&str] = &["analysis", "decision"];

#[test]
fn judging_and_deciding_do_no_io_and_read_no_clock() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for folder in PURE {
        for file in sources(&src.join(folder)).into_iter().filter(|f| !f.ends_with("tests.rs")) {
            let text = fs::read_to_string(&file).unwrap();
            for (number, line) in text.lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                found.extend(
                    IMPURE
                        .iter()
                        .filter(|word| code.contains(**word))
                        .map(|word| format!("{}:{}: {word}", file.display(), number + 1)),
                );
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn only_the_dialects_hold_sql_for_servers() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let words = [
        "change master",
        "change replication source",
        "show slave",
        "show replica",
        "stop slave",
        "stop replica",
    ];
    let mut found = Vec::new();
    for file in sources(&src).into_iter().filter(|f| !f.starts_with(src.join("mysql/dialect"))) {
        let name = file.to_string_lossy().into_owned();
        if name.contains("test") || name.ends_with("sketch.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default().to_lowercase();
            if words
                .iter()
                .any(|word| code.contains(&format!("\"{word} ")) && !code.contains("let name"))
            {
                found.push(format!("{name}:{}: {line}", number + 1));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn sources(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files
}
