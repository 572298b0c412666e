//! The identity of a server: hostname and port, always valid once made.
//!
//! Special texts (`_`, `//host`) are not keys; [`crate::Source`] gives them a meaning.
//! Nothing here resolves names.

use std::fmt;
use std::net::Ipv6Addr;
use std::num::NonZeroU16;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Identifies a server by hostname and port.
///
/// The hostname is never empty, never `_` and never starts with `//`; the port is never 0.
/// Keys are ordered by hostname (bytewise), then port, and are cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceKey {
    hostname: Arc<str>,
    port: NonZeroU16,
}

/// Why a text or a pair of values is no [`InstanceKey`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InstanceKeyError {
    /// The text has none of the accepted forms.
    #[error("Cannot parse address: {0}")]
    Unparseable(String),
    /// The port is not a number between 1 and 65535.
    #[error("Invalid port: {0}")]
    InvalidPort(String),
    /// There is no hostname.
    #[error("NewResolveInstanceKey: Empty hostname")]
    EmptyHostname,
    /// The hostname is `_` or starts with `//`, which mean "none" and "detached".
    #[error("Invalid hostname: {0} (`_` and a leading `//` are reserved)")]
    ReservedHostname(String),
}

impl InstanceKey {
    /// Makes a key of a hostname and a port.
    pub fn new(hostname: &str, port: u16) -> Result<Self, InstanceKeyError> {
        if hostname.is_empty() {
            return Err(InstanceKeyError::EmptyHostname);
        }
        if hostname == "_" || hostname.starts_with("//") {
            return Err(InstanceKeyError::ReservedHostname(hostname.to_owned()));
        }
        let port =
            NonZeroU16::new(port).ok_or_else(|| InstanceKeyError::InvalidPort(port.to_string()))?;
        Ok(Self { hostname: hostname.into(), port })
    }

    /// Reads what a person or a script typed: `host`, `host:port`, `[ipv6]:port` or a bare
    /// IPv6 address. Where the port is missing, `default_port` is taken.
    ///
    /// ```
    /// use shared::InstanceKey;
    /// let key = InstanceKey::parse("db1", 3306)?;
    /// assert_eq!(key.to_string(), "db1:3306");
    /// let key = InstanceKey::parse("[fe80::1]:3307", 3306)?;
    /// assert_eq!((key.hostname(), key.port()), ("fe80::1", 3307));
    /// # Ok::<(), shared::instance_key::InstanceKeyError>(())
    /// ```
    pub fn parse(text: &str, default_port: u16) -> Result<Self, InstanceKeyError> {
        let text = text.trim();
        let unparseable = || InstanceKeyError::Unparseable(text.to_owned());
        match text.split_once(':') {
            None if text.is_empty() => Err(unparseable()),
            None => Self::new(text, default_port),
            Some((hostname, port)) if !hostname.is_empty() && is_number(port) => {
                Self::new(hostname, parse_port(port)?)
            }
            Some(_) => {
                if let Some((address, port)) = bracketed(text) {
                    return Self::new(address, parse_port(port)?);
                }
                if is_ipv6(text) { Self::new(text, default_port) } else { Err(unparseable()) }
            }
        }
    }

    /// Makes a key of a hostname and a port given as text, as in `/:host/:port`.
    pub fn from_texts(hostname: &str, port: &str) -> Result<Self, InstanceKeyError> {
        Self::new(hostname.trim(), parse_port(port)?)
    }

    /// The hostname or address, without brackets.
    pub fn hostname(&self) -> &str {
        &self.hostname
    }

    /// The port, at least 1.
    pub fn port(&self) -> u16 {
        self.port.get()
    }

    /// The same port on another host.
    pub fn with_hostname(&self, hostname: &str) -> Result<Self, InstanceKeyError> {
        Self::new(hostname, self.port())
    }

    /// Whether the hostname is a dotted-quad IPv4 address; such keys are never matched fuzzily.
    pub fn is_ipv4(&self) -> bool {
        let mut parts = 0;
        self.hostname.split('.').all(|part| {
            parts += 1;
            is_number(part)
        }) && parts == 4
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn parse_port(text: &str) -> Result<u16, InstanceKeyError> {
    let invalid = || InstanceKeyError::InvalidPort(text.to_owned());
    let port = text.parse::<u16>().map_err(|_| invalid())?;
    if port == 0 { Err(invalid()) } else { Ok(port) }
}

/// Splits `[address]:port`.
fn bracketed(text: &str) -> Option<(&str, &str)> {
    let (address, port) = text.strip_prefix('[')?.split_once("]:")?;
    (is_ipv6(address) && is_number(port)).then_some((address, port))
}

fn is_ipv6(text: &str) -> bool {
    text.parse::<Ipv6Addr>().is_ok()
}

/// Writes `host:port`, without brackets even for IPv6: existing scripts compare this text.
impl fmt::Display for InstanceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.hostname, self.port)
    }
}

impl fmt::Debug for InstanceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Reads exactly what [`fmt::Display`] writes: the port is always there, so that
/// IPv6 keys without brackets come back unchanged.
impl FromStr for InstanceKey {
    type Err = InstanceKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (hostname, port) =
            text.rsplit_once(':').ok_or_else(|| InstanceKeyError::Unparseable(text.to_owned()))?;
        Self::new(hostname, parse_port(port)?)
    }
}

/// As plain text, `host:port`; the API's object form is `wire::Key`.
impl Serialize for InstanceKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for InstanceKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("db1:3307", "db1", 3307)]
    #[case("db1", "db1", 3306)]
    #[case(" db1:3307\n", "db1", 3307)]
    #[case("db1.example.com", "db1.example.com", 3306)]
    #[case("[::1]:3307", "::1", 3307)]
    #[case("fe80::1", "fe80::1", 3306)]
    #[case("::1:3307", "::1:3307", 3306)]
    fn accepted_forms(#[case] text: &str, #[case] hostname: &str, #[case] port: u16) {
        let key = InstanceKey::parse(text, 3306).unwrap();
        assert_eq!((key.hostname(), key.port()), (hostname, port));
    }

    #[rstest]
    #[case("", "Cannot parse address: ")]
    #[case("db1:abc", "Cannot parse address: db1:abc")]
    #[case("db1:", "Cannot parse address: db1:")]
    #[case(":3306", "Cannot parse address: :3306")]
    #[case("db1:1:2", "Cannot parse address: db1:1:2")]
    #[case("[::1]", "Cannot parse address: [::1]")]
    #[case("[::x]:3306", "Cannot parse address: [::x]:3306")]
    #[case("db1:0", "Invalid port: 0")]
    #[case("db1:65536", "Invalid port: 65536")]
    #[case("_", "Invalid hostname: _ (`_` and a leading `//` are reserved)")]
    #[case("//db1:3306", "Invalid hostname: //db1 (`_` and a leading `//` are reserved)")]
    fn refused_forms(#[case] text: &str, #[case] message: &str) {
        assert_eq!(InstanceKey::parse(text, 3306).unwrap_err().to_string(), message);
    }

    #[test]
    fn a_missing_port_needs_a_usable_default() {
        let error = InstanceKey::parse("db1", 0).unwrap_err();
        assert_eq!(error, InstanceKeyError::InvalidPort("0".to_owned()));
    }

    #[test]
    fn path_parts_name_the_bad_port() {
        assert_eq!(
            InstanceKey::from_texts("db1", "abc").unwrap_err().to_string(),
            "Invalid port: abc"
        );
        assert_eq!(
            InstanceKey::from_texts(" ", "3306").unwrap_err(),
            InstanceKeyError::EmptyHostname
        );
        assert_eq!(InstanceKey::from_texts("db1", "3306").unwrap().to_string(), "db1:3306");
    }

    #[test]
    fn keys_are_ordered_by_hostname_then_port() {
        let mut keys =
            ["b:1", "a:20", "a:3", "B:9"].map(|text| InstanceKey::parse(text, 1).unwrap());
        keys.sort();
        assert_eq!(keys.map(|key| key.to_string()), ["B:9", "a:3", "a:20", "b:1"]);
    }

    #[rstest]
    #[case("10.0.0.1", true)]
    #[case("10.0.0", false)]
    #[case("10.0.0.1.2", false)]
    #[case("10.0.0.x", false)]
    #[case("db1", false)]
    fn dotted_quads(#[case] hostname: &str, #[case] expected: bool) {
        assert_eq!(InstanceKey::new(hostname, 1).unwrap().is_ipv4(), expected);
    }

    #[test]
    fn storage_text_is_the_display_text() {
        let key = InstanceKey::new("fe80::1", 3306).unwrap();
        let json = serde_json::to_string(&key).unwrap();
        assert_eq!(json, r#""fe80::1:3306""#);
        assert_eq!(serde_json::from_str::<InstanceKey>(&json).unwrap(), key);
        assert!(serde_json::from_str::<InstanceKey>(r#""db1""#).is_err());
    }

    proptest! {
        #[test]
        fn parse_never_panics(text in any::<String>(), port in any::<u16>()) {
            let _ = InstanceKey::parse(&text, port);
        }

        #[test]
        fn what_display_writes_is_read_back(host in "[a-z0-9.:-]{1,20}", port in 1..=u16::MAX) {
            let key = InstanceKey::new(&host, port).unwrap();
            prop_assert_eq!(key.to_string().parse::<InstanceKey>().unwrap(), key);
        }
    }
}
