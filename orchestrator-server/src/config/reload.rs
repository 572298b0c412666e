//! The running configuration, and its replacement. Readers take the current one and keep it as
//! long as they like; a reload that fails changes nothing.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::checked::Config;
use super::key::{Key, Reload};
use super::load::{FileChoice, Loaded, load_with};
use super::problem::ConfigErrors;
use super::raw::{KEYS, RawConfig};

/// Looks up environment variables.
pub type Environment = dyn Fn(&str) -> Option<String> + Send + Sync;

/// What a reload did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReloadReport {
    /// Keys that changed, and whose new value is used from now on.
    pub took_effect: Vec<&'static str>,
    /// Keys that differ from what the server was started with, and are used after a restart
    /// only. A key that is used in both ways stands in both lists.
    pub need_restart: Vec<&'static str>,
    /// What an operator should know: one line each.
    pub warnings: Vec<String>,
}

impl ReloadReport {
    /// Logs what changed and what an operator should know.
    pub fn log(&self) {
        for warning in &self.warnings {
            tracing::warn!("{warning}");
        }
        if !self.need_restart.is_empty() {
            tracing::warn!("used after a restart only: {}", self.need_restart.join(", "));
        }
        tracing::info!("configuration reloaded; took effect: {}", self.took_effect.join(", "));
    }
}

/// The running configuration. Clones share it.
#[derive(Clone)]
pub struct ConfigHandle(Arc<Shared>);

struct Shared {
    current: watch::Sender<Arc<Config>>,
    started_with: Arc<Config>,
    files: FileChoice,
    env: Box<Environment>,
    reloading: Mutex<()>,
}

impl ConfigHandle {
    /// Takes over what was loaded at start; `files` and `env` are used again at each reload.
    pub fn new(loaded: Loaded, files: FileChoice, env: Box<Environment>) -> Self {
        Self::start(loaded.config, files, env)
    }

    /// A configuration that came from no file, as in tests of other modules.
    pub fn fixed(config: Config) -> Self {
        Self::start(config, FileChoice::Overlay(Vec::new()), Box::new(|_| None))
    }

    fn start(config: Config, files: FileChoice, env: Box<Environment>) -> Self {
        let started_with = Arc::new(config);
        let current = watch::Sender::new(started_with.clone());
        Self(Arc::new(Shared { current, started_with, files, env, reloading: Mutex::new(()) }))
    }

    /// The configuration of this moment. Take it once for each piece of work, so that the work
    /// sees one configuration throughout.
    pub fn current(&self) -> Arc<Config> {
        self.0.current.borrow().clone()
    }

    /// Tells of each new configuration.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Config>> {
        self.0.current.subscribe()
    }

    /// Reads the files again, and `extra` over them, this time only. Reads from disk, shortly.
    ///
    /// # Errors
    /// All that is wrong with the files; the running configuration then stays.
    pub fn reload(&self, extra: Option<&Path>) -> Result<ReloadReport, ConfigErrors> {
        // One at a time, so that the older files never replace the newer ones.
        let _turn = self.0.reloading.lock().unwrap_or_else(PoisonError::into_inner);
        let loaded = load_with(&self.0.files, extra, &self.0.env)?;
        let before = self.current();
        let now = Arc::new(loaded.config);
        let report = ReloadReport {
            took_effect: changed(&before.raw, &now.raw, Reload::takes_effect),
            need_restart: changed(&self.0.started_with.raw, &now.raw, Reload::needs_restart),
            warnings: loaded.warnings,
        };
        self.0.current.send_replace(now);
        Ok(report)
    }
}

/// The keys of some kinds whose values differ.
fn changed(a: &RawConfig, b: &RawConfig, kind: fn(Reload) -> bool) -> Vec<&'static str> {
    let differs = |key: &&Key| kind(key.reload) && key.value(a).json() != key.value(b).json();
    KEYS.iter().filter(differs).map(|key| key.name).collect()
}
