//! A configuration on its way from files to use: the merged values, which file set each, and
//! what was found wrong so far. Checks write their findings here instead of stopping, so that
//! the operator sees all of them at once.

use std::collections::HashMap;
use std::path::PathBuf;

use super::key::{Key, Secrets};
use super::problem::Problem;
use super::raw::RawConfig;

/// See the module's text.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) raw: RawConfig,
    pub(super) files: Vec<PathBuf>,
    /// The place in `files` of the last file that sets the key; absent: no file does.
    pub(super) set_by: HashMap<&'static str, usize>,
    pub(super) errors: Vec<Problem>,
    pub(super) warnings: Vec<String>,
}

impl Draft {
    /// Whether some file sets the key.
    pub(super) fn given(&self, key: &'static str) -> bool {
        self.set_by.contains_key(key)
    }

    /// The key's value cannot be worked with. One error for each key is enough: what follows
    /// from the first would only hide it.
    pub(super) fn error(&mut self, key: &'static str, rule: impl Into<String>) {
        if self.errors.iter().any(|known| known.key() == Some(key)) {
            return;
        }
        let (origin, value) = (self.origin(key), self.value(key));
        self.errors.push(Problem::Value { origin, key, value, rule: rule.into() });
    }

    /// The key's value is odd, but can be worked with, as the text says.
    pub(super) fn warn(&mut self, key: &'static str, text: impl AsRef<str>) {
        let line = format!("{}: {key} = {}: {}", self.origin(key), self.value(key), text.as_ref());
        self.warnings.push(line);
    }

    /// Whether the key's value is an empty string.
    pub(super) fn is_empty_text(&self, key: &'static str) -> bool {
        self.value(key) == "\"\""
    }

    fn origin(&self, key: &'static str) -> String {
        let file = self.set_by.get(key).and_then(|&place| self.files.get(place));
        file.map_or_else(|| "default".to_owned(), |file| file.display().to_string())
    }

    fn value(&self, key: &'static str) -> String {
        Key::find(key).map(|key| key.json(&self.raw, Secrets::Mask)).unwrap_or_default()
    }
}
