//! The variables that the client knows: those of the process, overlaid by the profile file.

use std::collections::HashMap;
use std::path::Path;

use crate::failure::Failure;
use crate::{profile, profile_shell};

const PROFILE: &str = "/etc/profile.d/orchestrator-client.sh";

pub(crate) const API: &str = "ORCHESTRATOR_API";
pub(crate) const INSTANCE: &str = "ORCHESTRATOR_INSTANCE";
pub(crate) const AUTH_USER: &str = "ORCHESTRATOR_AUTH_USER";
pub(crate) const AUTH_PASSWORD: &str = "ORCHESTRATOR_AUTH_PASSWORD";
pub(crate) const AUTH_USER_HEADER: &str = "ORCHESTRATOR_AUTH_USER_HEADER";
pub(crate) const AUTH_TOKEN: &str = "ORCHESTRATOR_AUTH_TOKEN";
pub(crate) const CA_FILE: &str = "ORCHESTRATOR_CA_FILE";
pub(crate) const CERT_FILE: &str = "ORCHESTRATOR_CERT_FILE";
pub(crate) const KEY_FILE: &str = "ORCHESTRATOR_KEY_FILE";
pub(crate) const CURL_CA_BUNDLE: &str = "CURL_CA_BUNDLE";
pub(crate) const SSL_CERT_FILE: &str = "SSL_CERT_FILE";

/// Every variable that counts. The last ones are those that curl knew: proxies and certificates.
pub(crate) const KNOWN: [&str; 18] = [
    API,
    INSTANCE,
    AUTH_USER,
    AUTH_PASSWORD,
    AUTH_USER_HEADER,
    AUTH_TOKEN,
    CA_FILE,
    CERT_FILE,
    KEY_FILE,
    CURL_CA_BUNDLE,
    SSL_CERT_FILE,
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "no_proxy",
    "NO_PROXY",
];

/// The values of the known variables.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Environment(HashMap<&'static str, String>);

impl Environment {
    /// The environment of the process, overlaid by the profile file.
    pub(crate) fn load() -> Result<Self, Failure> {
        Self::of_process()?.overlaid(Path::new(PROFILE))
    }

    fn overlaid(self, file: &Path) -> Result<Self, Failure> {
        let mut values = self;
        if !file.is_file() {
            return Ok(values);
        }
        // An unreadable file was silently none to the shell, too: others may not be meant to
        // see the password in it.
        let Ok(text) = std::fs::read(file) else { return Ok(values) };
        let inherited = |name: &str| std::env::var(name).unwrap_or_default();
        let mut assigned = match profile::read(&text, inherited) {
            Ok(assigned) => assigned,
            Err(line) => {
                // A shell starts with what is inherited, and may unset it.
                values.0.clear();
                profile_shell::run(file, line)?
            }
        };
        values.0.extend(
            KNOWN
                .iter()
                .filter_map(|name| assigned.remove_entry(*name).map(|(_, value)| (*name, value))),
        );
        Ok(values)
    }

    fn of_process() -> Result<Self, Failure> {
        let mut values = HashMap::new();
        for name in KNOWN {
            if let Some(value) = std::env::var_os(name) {
                let text = value
                    .into_string()
                    .map_err(|_| Failure::Usage(format!("the variable {name} is not UTF-8")))?;
                values.insert(name, text);
            }
        }
        Ok(Self(values))
    }

    /// The value of a variable; empty if it is unset.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// The first of the variables that is not empty.
    pub(crate) fn first(&self, names: &[&'static str]) -> Option<(&'static str, &str)> {
        names.iter().map(|name| (*name, self.get(name))).find(|(_, value)| !value.is_empty())
    }

    #[cfg(test)]
    pub(crate) fn of<const N: usize>(values: [(&'static str, &str); N]) -> Self {
        Self(values.into_iter().map(|(name, value)| (name, value.to_owned())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_file_wins_over_the_environment() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "ORCHESTRATOR_API='http://h1 http://h2'\nOTHER=x\nPATH=y\n").unwrap();
        let environment = Environment::default().overlaid(file.path()).unwrap();
        assert_eq!(environment.get(API), "http://h1 http://h2");
        assert_eq!(environment.get("PATH"), "");
    }

    /// Only what root owns is run.
    #[test]
    fn a_profile_file_may_unset_what_is_inherited() {
        if !rustix::process::getuid().is_root() {
            return;
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "unset all_proxy\nORCHESTRATOR_INSTANCE=h\n").unwrap();
        let environment = Environment::of([("all_proxy", "http://proxy")]);
        let environment = environment.overlaid(file.path()).unwrap();
        assert_eq!((environment.get("all_proxy"), environment.get(INSTANCE)), ("", "h"));
    }

    #[test]
    fn no_profile_file_is_no_error() {
        assert!(Environment::default().overlaid(Path::new("/nonexistent/profile.sh")).is_ok());
    }
}
