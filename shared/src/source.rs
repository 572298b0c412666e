//! Where a server replicates from, as a value instead of special hostnames.
//!
//! The texts `_` and `//host` exist only in SQL and JSON; they are turned into and out of
//! variants here and nowhere else.

use std::fmt;

use crate::InstanceKey;

/// The source of a server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Source {
    /// It has none: replication was never configured, or was reset.
    #[default]
    None,
    /// It replicates, or tries to, from this server.
    Attached(InstanceKey),
    /// It was detached from this server on purpose; the source host reads `//host`.
    Detached(InstanceKey),
}

impl Source {
    /// Reads hostname and port as servers and JSON give them: an empty hostname, `_` or
    /// port 0 mean none, a leading `//` means detached.
    pub fn from_parts(hostname: &str, port: u16) -> Self {
        let (hostname, wrap): (&str, fn(InstanceKey) -> Self) = match hostname.strip_prefix("//") {
            Some(original) => (original, Self::Detached),
            None => (hostname, Self::Attached),
        };
        InstanceKey::new(hostname, port).map_or(Self::None, wrap)
    }

    /// Hostname and port as SQL and JSON carry them; none is `("", 0)`.
    pub fn to_parts(&self) -> (String, u16) {
        match self {
            Self::None => (String::new(), 0),
            Self::Attached(key) => (key.hostname().to_owned(), key.port()),
            Self::Detached(key) => (format!("//{}", key.hostname()), key.port()),
        }
    }

    /// The source server, attached or detached.
    pub fn key(&self) -> Option<&InstanceKey> {
        match self {
            Self::None => None,
            Self::Attached(key) | Self::Detached(key) => Some(key),
        }
    }

    /// The source server if it is attached.
    pub fn attached(&self) -> Option<&InstanceKey> {
        match self {
            Self::Attached(key) => Some(key),
            Self::None | Self::Detached(_) => None,
        }
    }

    /// Whether the replica was detached on purpose.
    pub fn is_detached(&self) -> bool {
        matches!(self, Self::Detached(_))
    }

    /// The same source, detached.
    pub fn detach(self) -> Self {
        match self {
            Self::Attached(key) | Self::Detached(key) => Self::Detached(key),
            Self::None => Self::None,
        }
    }

    /// The same source, attached again.
    pub fn reattach(self) -> Self {
        match self {
            Self::Attached(key) | Self::Detached(key) => Self::Attached(key),
            Self::None => Self::None,
        }
    }
}

/// Writes `host:port`, `//host:port`, or `:0` for none, as messages of the API do.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str(":0"),
            Self::Attached(key) => write!(f, "{key}"),
            Self::Detached(key) => write!(f, "//{key}"),
        }
    }
}

impl From<InstanceKey> for Source {
    fn from(key: InstanceKey) -> Self {
        Self::Attached(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn key() -> InstanceKey {
        InstanceKey::new("db1", 3306).unwrap()
    }

    #[rstest]
    #[case("", 0, Source::None)]
    #[case("", 3306, Source::None)]
    #[case("_", 3306, Source::None)]
    #[case("db1", 0, Source::None)]
    #[case("//", 3306, Source::None)]
    #[case("//_", 3306, Source::None)]
    #[case("////db1", 3306, Source::None)]
    #[case("db1", 3306, Source::Attached(key()))]
    #[case("//db1", 3306, Source::Detached(key()))]
    fn read_from_parts(#[case] hostname: &str, #[case] port: u16, #[case] expected: Source) {
        assert_eq!(Source::from_parts(hostname, port), expected);
    }

    #[rstest]
    #[case(Source::None, ":0")]
    #[case(Source::Attached(key()), "db1:3306")]
    #[case(Source::Detached(key()), "//db1:3306")]
    fn written_and_read_back(#[case] source: Source, #[case] text: &str) {
        let (hostname, port) = source.to_parts();
        assert_eq!(Source::from_parts(&hostname, port), source);
        assert_eq!(source.to_string(), text);
    }

    #[test]
    fn detaching_and_reattaching_keep_the_server() {
        let detached = Source::Attached(key()).detach();
        assert!(detached.is_detached());
        assert_eq!((detached.key(), detached.attached()), (Some(&key()), None));
        assert_eq!(detached.clone().detach(), detached);
        assert_eq!(detached.reattach(), Source::Attached(key()));
        assert_eq!(Source::None.detach(), Source::None);
    }
}
