//! What the end-to-end tests share: real database servers ([`sandbox`]), the real programs
//! ([`service`]), and waiting for conditions ([`wait`]).

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on ends"
)]

pub mod sandbox;
pub mod service;
pub mod wait;

use std::path::{Path, PathBuf};

/// The repository's top folder.
#[must_use]
pub fn repository() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_owned()
}

/// A program of this workspace, built in the profile of the running test.
///
/// # Panics
/// If it is not built: `cargo build --workspace --bins` builds it.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.ancestors().nth(2).unwrap();
    let program = profile.join(name);
    assert!(program.exists(), "{} is not built: cargo build --workspace --bins", program.display());
    program
}
