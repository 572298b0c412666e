//! The texts by which people name an instance.

use std::net::Ipv6Addr;

/// A host and a port as given; names are resolved by the server only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) hostname: String,
    pub(crate) port: u16,
}

impl Address {
    /// Reads `host`, `host:port`, `[ipv6]:port` or a bare IPv6 address.
    pub(crate) fn parse(text: &str, default_port: u16) -> Option<Self> {
        let (hostname, port) = match text.split_once(':') {
            None => (text, default_port),
            Some((host, port)) if !host.is_empty() && !port.contains(':') => (host, number(port)?),
            Some(_) => match text.strip_prefix('[').and_then(|text| text.split_once("]:")) {
                Some((host, port)) if is_ipv6(host) => (host, number(port)?),
                _ if is_ipv6(text) => (text, default_port),
                _ => return None,
            },
        };
        (!hostname.is_empty()).then(|| Self { hostname: hostname.to_owned(), port })
    }
}

fn number(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port > 0)
}

fn is_ipv6(text: &str) -> bool {
    text.parse::<Ipv6Addr>().is_ok()
}

/// Writes `host:port`, without brackets even for IPv6, as the server does.
impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.hostname, self.port)
    }
}
