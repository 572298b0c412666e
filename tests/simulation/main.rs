//! Failover stories, played on the model fleet by the very parts that run on real servers:
//! inventory, probing, suspicion, analysis, decision, execution. Time is the test's own.
//!
//! A story is a text file in `stories/`; `story.rs` says which words it may use.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on ends")]

mod cast;
mod conditions;
mod story;

use std::path::Path;

#[test]
fn every_story_ends_as_it_should() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("simulation/stories");
    let mut files: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 10, "at least ten stories");
    let only = std::env::var("STORY").unwrap_or_default();
    let mut failures = Vec::new();
    for file in files.iter().filter(|f| f.to_string_lossy().contains(&only)) {
        let text = std::fs::read_to_string(file).unwrap();
        for flavor in ["mysql", "mariadb"] {
            if let Err(error) = story::play(&text, flavor) {
                let name = file.file_stem().unwrap_or_default().to_string_lossy();
                failures.push(format!("{name} on {flavor}: {error}"));
            }
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n\n"));
}
