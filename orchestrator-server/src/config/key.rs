//! What is known of a configuration key besides its value. The keys themselves are in `raw`.

use std::fmt;

use super::raw::{KEYS, RawConfig};
use super::setting::{MASK, Setting};

/// What a reload that changes a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reload {
    /// The next use sees the new value.
    Live,
    /// Connections opened from now on use the new value.
    NewConnections,
    /// Some uses see the new value at once, others after a restart.
    Partly,
    /// The new value is seen after a restart.
    Restart,
    /// Only an input for other keys, which change with it.
    AtLoad,
    /// Accepted, and not used.
    NoEffect,
}

impl Reload {
    /// Whether a changed value is (also) used without a restart.
    pub fn takes_effect(self) -> bool {
        matches!(self, Self::Live | Self::NewConnections | Self::Partly | Self::AtLoad)
    }

    /// Whether a changed value needs a restart to be used everywhere.
    pub fn needs_restart(self) -> bool {
        matches!(self, Self::Restart | Self::Partly)
    }
}

/// One row of the table of keys.
pub struct Key {
    /// The name in the file, in the spelling that is dumped.
    pub name: &'static str,
    /// The section of the key reference.
    pub group: &'static str,
    /// The meaning, in one line.
    pub doc: &'static str,
    /// What a reload that changes it does.
    pub reload: Reload,
    pub(super) field: fn(&RawConfig) -> &dyn Setting,
    pub(super) field_mut: fn(&mut RawConfig) -> &mut dyn Setting,
}

impl Key {
    /// The key of that name, in any spelling of upper and lower case.
    pub fn find(name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.name.eq_ignore_ascii_case(name))
    }

    /// The key's value in a configuration.
    pub fn value<'a>(&self, raw: &'a RawConfig) -> &'a dyn Setting {
        (self.field)(raw)
    }

    /// The key's value in a configuration, to be changed.
    pub fn value_mut<'a>(&self, raw: &'a mut RawConfig) -> &'a mut dyn Setting {
        (self.field_mut)(raw)
    }

    /// The key's value as JSON; stars instead of a secret if so wanted.
    pub fn json(&self, raw: &RawConfig, secrets: Secrets) -> String {
        let json = self.value(raw).json();
        let hide = secrets == Secrets::Mask && self.value(raw).is_secret() && json != "\"\"";
        if hide { MASK.to_owned() } else { json }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Whether passwords and tokens are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// As they are.
    Show,
    /// As stars.
    Mask,
}
