//! Tests of the way from files to a checked configuration, as a whole. What concerns one module
//! alone is tested there.

mod files;
mod json;
mod reloading;
mod values;

use std::path::PathBuf;

use tempfile::TempDir;

use super::{Config, ConfigErrors, FileChoice, Loaded, load};

/// A folder of configuration files.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        std::fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }

    /// The text without the folder's own name, which differs from run to run.
    fn strip(&self, text: impl ToString) -> String {
        text.to_string().replace(&format!("{}/", self.0.path().display()), "")
    }
}

/// Loads one file of that content.
fn load_bytes(bytes: impl AsRef<[u8]>) -> Result<Loaded, ConfigErrors> {
    let folder = Folder::new();
    load(&FileChoice::Only(folder.write("f.json", bytes)), &|_| None)
}

/// Loads files `1.json`, `2.json`, ... laid over each other; errors are texts.
fn load_layers(layers: &[&str]) -> Result<Loaded, String> {
    let folder = Folder::new();
    let write = |(i, text): (usize, &&str)| folder.write(&format!("{}.json", i + 1), text);
    let files = FileChoice::Overlay(layers.iter().enumerate().map(write).collect());
    let mut loaded = load(&files, &|_| None).map_err(|errors| folder.strip(errors))?;
    loaded.warnings = loaded.warnings.iter().map(|line| folder.strip(line)).collect();
    Ok(loaded)
}

/// The configuration of one file of that content, which must load.
fn config(text: &str) -> Config {
    load_layers(&[text]).unwrap_or_else(|error| panic!("{text}: {error}")).config
}

/// The errors of one file of that content, one line each.
fn errors(text: &str) -> Vec<String> {
    let error = load_layers(&[text]).expect_err(text);
    error.lines().map(String::from).collect()
}

/// The warnings of one file of that content, which must load.
fn warnings(text: &str) -> Vec<String> {
    load_layers(&[text]).unwrap_or_else(|error| panic!("{text}: {error}")).warnings
}
