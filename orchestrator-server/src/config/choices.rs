//! Keys whose values are a choice, as enums: no later code compares their texts.

use super::address::HostPort;

/// Where the state is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backend {
    /// An embedded SQLite database.
    Sqlite {
        /// Its file; a `file:` URI and `:memory:` are allowed.
        file: String,
    },
    /// A database on a MySQL or MariaDB server.
    Mysql {
        /// The server.
        server: HostPort,
        /// The schema.
        database: String,
    },
}

/// Where the web interface and API are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// On TCP; an empty host means every interface.
    Tcp(HostPort),
    /// On a unix socket of that path.
    Unix(String),
}

/// This node among others that agree by raft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raft {
    /// Where this node listens.
    pub bind: HostPort,
    /// Where the others reach it.
    pub advertise: HostPort,
    /// All nodes; none: this one is alone.
    pub nodes: Vec<HostPort>,
    /// The folder of log and snapshots.
    pub data_dir: String,
}

/// A choice by name, in any spelling of upper and lower case.
macro_rules! choice {
    (
        $(#[doc = $doc:literal])+
        $name:ident { $($(#[doc = $variant_doc:literal])+ $variant:ident = $($text:literal)|+,)+ }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $($(#[doc = $variant_doc])+ $variant,)+
        }

        impl $name {
            /// The names that are understood.
            pub const NAMES: &'static [&'static str] = &[$($($text),+),+];

            /// The choice of that name.
            pub fn parse(text: &str) -> Option<Self> {
                match text.to_ascii_lowercase().as_str() {
                    $($($text)|+ => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

choice! {
    /// How callers say who they are, and what follows for them.
    Authentication {
        /// Not at all: everyone may do everything.
        Open = "" | "none",
        /// By user and password.
        Basic = "basic",
        /// The same, and `readonly` with any password may look.
        Multi = "multi",
        /// A proxy in front of us says it in a header.
        Proxy = "proxy",
        /// By a token from the command line.
        Token = "token",
        /// Reserved: everyone may look, nobody may change anything.
        OAuth = "oauth",
    }
}

choice! {
    /// How a host name is normalised.
    HostnameResolve {
        /// Stays as it is, and resolved names are not stored.
        None = "none",
        /// Stays as it is.
        Default = "default" | "",
        /// To its canonical name in DNS.
        Cname = "cname",
        /// To its address.
        Ip = "ip",
    }
}

impl HostnameResolve {
    /// Names are looked up.
    #[must_use]
    pub fn asks(self) -> bool {
        matches!(self, Self::Cname | Self::Ip)
    }
}

choice! {
    /// The name by which a server is known.
    MysqlHostnameResolve {
        /// The one it was reached by.
        None = "none" | "",
        /// Its `@@hostname`.
        Hostname = "@@hostname" | "hostname" | "default",
        /// Its `@@report_host`.
        ReportHost = "@@report_host" | "report_host",
    }
}

choice! {
    /// The name of this node in front of API messages.
    MessageIdentity {
        /// No name.
        None = "" | "none",
        /// The fully qualified host name.
        Fqdn = "fqdn",
        /// The host name.
        Hostname = "hostname",
        /// The text of `CustomOrcIdentity`.
        Custom = "custom",
    }
}

choice! {
    /// What to do about a source that answers but does not work.
    GrayFailurePolicy {
        /// Nothing.
        Off = "off",
        /// Say so.
        Alert = "alert",
        /// Replace it.
        Recover = "recover",
    }
}

choice! {
    /// What a failover may lose; a later one is stricter.
    LossPolicy {
        /// As little as possible, but the service comes first.
        Available = "available",
        /// Nothing beyond a limit of lag.
        Bounded = "bounded",
        /// Nothing.
        Lossless = "lossless",
    }
}

/// What to do when the server to promote has not executed all that it retrieved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SqlThreadPolicy {
    /// Promote it.
    Promote,
    /// Wait for it.
    WaitForIt,
    /// Give the promotion up.
    Fail,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_found_in_any_case() {
        assert_eq!(Authentication::parse("PROXY"), Some(Authentication::Proxy));
        assert_eq!(Authentication::parse(""), Some(Authentication::Open));
        assert_eq!(Authentication::parse("baisc"), None);
        assert_eq!(
            MysqlHostnameResolve::parse("@@Report_Host"),
            Some(MysqlHostnameResolve::ReportHost)
        );
        assert_eq!(MessageIdentity::parse("FQDN"), Some(MessageIdentity::Fqdn));
        assert_eq!(GrayFailurePolicy::NAMES, ["off", "alert", "recover"]);
    }

    #[test]
    fn stricter_policies_are_greater() {
        assert!(LossPolicy::Lossless > LossPolicy::Bounded);
        assert!(LossPolicy::Bounded > LossPolicy::Available);
    }
}
