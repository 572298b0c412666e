//! What can be wrong with a configuration, in words: one line for each problem. Which rule is
//! broken is found out elsewhere.

use std::fmt;
use std::path::PathBuf;

/// One thing that keeps a configuration from being used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A file that cannot be read, or is no JSON object.
    #[error("Cannot read config file: {} {cause}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What the system or the JSON reader said.
        cause: String,
    },
    /// A value of the wrong JSON type.
    #[error("Cannot read config file: {} {key} {rule}; found: {value}", file.display())]
    Type {
        /// The file.
        file: PathBuf,
        /// The key.
        key: &'static str,
        /// The value as it stands there; stars for a secret.
        value: String,
        /// What the value must be.
        rule: &'static str,
    },
    /// A value that cannot be worked with.
    #[error("{origin}: {key} = {value}: {rule}")]
    Value {
        /// The file that sets the key, or `default`.
        origin: String,
        /// The key.
        key: &'static str,
        /// The value, as JSON; stars for a secret.
        value: String,
        /// What is wrong, and what to do.
        rule: String,
    },
    /// A credentials file that cannot be used.
    #[error("{key}: Failed to parse gcfg data from file: {}: {cause}", file.display())]
    Credentials {
        /// The key that names the file.
        key: &'static str,
        /// The file.
        file: PathBuf,
        /// What is wrong, with the line.
        cause: String,
    },
}

impl Problem {
    /// The key that the problem is about, where it is about one.
    pub fn key(&self) -> Option<&'static str> {
        match self {
            Self::File { .. } => None,
            Self::Type { key, .. } | Self::Value { key, .. } | Self::Credentials { key, .. } => {
                Some(key)
            }
        }
    }
}

/// All that is wrong with a configuration; prints one line for each problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<Problem>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, problem) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}
