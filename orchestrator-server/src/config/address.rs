//! Addresses in the configuration: where to listen, where others are, whom to trust. Only
//! their form is judged here; names are looked up where they are used.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort {
    /// Name or address, without brackets; empty where it means every interface.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl HostPort {
    /// Reads `host`, `host:port`, `[v6]`, `[v6]:port` or a bare IPv6 address.
    ///
    /// # Errors
    /// What is wrong with the text. A missing port is wrong if there is no default.
    pub fn parse(text: &str, default_port: Option<u16>) -> Result<Self, String> {
        let (host, port) = split(text)?;
        if host.is_empty() {
            return Err("has no host".to_owned());
        }
        let port = match port {
            Some(port) => parse_port(port)?,
            None => default_port.ok_or("has no port; write host:port")?,
        };
        if port == 0 {
            return Err("has port 0".to_owned());
        }
        Ok(Self { host: host.to_owned(), port })
    }

    /// Reads an address to listen on: `:port` for every interface, or `host:port`. Port 0 lets
    /// the system choose.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse_listen(text: &str) -> Result<Self, String> {
        match split(text)? {
            (host, Some(port)) => Ok(Self { host: host.to_owned(), port: parse_port(port)? }),
            (_, None) => Err("has no port; write :port or host:port".to_owned()),
        }
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// Host without brackets, and the text after the colon.
fn split(text: &str) -> Result<(&str, Option<&str>), String> {
    if let Some(inner) = text.strip_prefix('[') {
        let (host, rest) = inner.split_once(']').ok_or("has no closing bracket")?;
        if host.parse::<Ipv6Addr>().is_err() {
            return Err("has brackets around something that is no IPv6 address".to_owned());
        }
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err("has text after the closing bracket".to_owned()),
        };
    }
    if text.parse::<Ipv6Addr>().is_ok() {
        return Ok((text, None));
    }
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    if port.is_some_and(|port| port.contains(':')) {
        return Err("has too many colons; an IPv6 address with a port is written [v6]:port".into());
    }
    if host.chars().any(|c| c.is_whitespace() || "/@?#[]".contains(c)) {
        return Err("is no host name".to_owned());
    }
    Ok((host, port))
}

fn parse_port(text: &str) -> Result<u16, String> {
    match text {
        "http" => Ok(80),
        "https" => Ok(443),
        _ if !text.bytes().all(|b| b.is_ascii_digit()) => {
            Err(format!("has no number as port: {text}"))
        }
        _ => text.parse().map_err(|_| format!("has no port from 0 to 65535: {text}")),
    }
}

/// Checks `scheme://host:port` and nothing after it.
///
/// # Errors
/// What is wrong with the text.
pub(super) fn check_advertised_url(text: &str) -> Result<(), String> {
    const NO_SCHEME: &str = "If specified, HTTPAdvertise must include scheme (http:// or https://)";
    let Some((scheme, rest)) = text.split_once("://") else { return Err(NO_SCHEME.to_owned()) };
    if scheme.is_empty() {
        return Err(NO_SCHEME.to_owned());
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    if path.starts_with('/') {
        return Err("If specified, HTTPAdvertise must not specify a path".to_owned());
    }
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) =
        split(host).map_err(|error| format!("Failed parsing HTTPAdvertise: {error}"))?;
    if host.is_empty() {
        return Err("If specified, HTTPAdvertise must include host name".to_owned());
    }
    match port {
        None | Some("") => Err("If specified, HTTPAdvertise must include port number".to_owned()),
        Some(port) => match port.parse::<u16>() {
            Ok(_) => Ok(()),
            Err(_) => Err(format!("Failed parsing HTTPAdvertise: {port} is no port")),
        },
    }
}

/// Addresses and networks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<(IpAddr, u8)>);

impl Networks {
    /// Reads addresses (`10.0.0.1`) and networks (`10.0.0.0/8`). `Err` has the first bad entry.
    ///
    /// # Errors
    /// What is wrong with which entry.
    pub fn parse(entries: &[String]) -> Result<Self, String> {
        entries.iter().map(|entry| parse_network(entry)).collect::<Result<_, _>>().map(Self)
    }

    /// Whether there is no entry at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an address lies in one of the networks. An IPv4 address that comes in IPv6's
    /// clothes counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|&(network, length)| match (network, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let differ = network.to_bits() ^ address.to_bits();
                differ.leading_zeros() >= u32::from(length)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let differ = network.to_bits() ^ address.to_bits();
                differ.leading_zeros() >= u32::from(length)
            }
            _ => false,
        })
    }
}

fn parse_network(entry: &str) -> Result<(IpAddr, u8), String> {
    let wrong = || format!("{entry:?} is neither an address nor a network such as 10.0.0.0/8");
    let (address, length) = match entry.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (entry, None),
    };
    let address: IpAddr = address.parse().map_err(|_| wrong())?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let length = match length {
        Some(length) => {
            length.parse().ok().filter(|length| *length <= longest).ok_or_else(wrong)?
        }
        None => longest,
    };
    Ok((address, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_may_come_with_a_port() {
        let cases: &[(&str, &str)] = &[
            ("db", "db:3306"),
            ("db:1", "db:1"),
            ("10.0.0.1:3307", "10.0.0.1:3307"),
            ("::1", "[::1]:3306"),
            ("[::1]", "[::1]:3306"),
            ("[fe80::1]:3307", "[fe80::1]:3307"),
        ];
        for (text, expected) in cases {
            assert_eq!(HostPort::parse(text, Some(3306)).unwrap().to_string(), *expected, "{text}");
        }
        for text in [
            "", ":1", "db:", "db:x", "db:70000", "db:0", "a:b:c", "[::1", "[db]:1", "[::1]x",
            "a/b", "a b",
        ] {
            assert!(HostPort::parse(text, Some(3306)).is_err(), "{text}");
        }
        assert!(HostPort::parse("db", None).is_err());
    }

    #[test]
    fn an_address_to_listen_on_needs_a_port() {
        let cases: &[(&str, &str, u16)] = &[
            (":3000", "", 3000),
            ("127.0.0.1:3000", "127.0.0.1", 3000),
            ("[::]:3000", "::", 3000),
            ("host:0", "host", 0),
            (":http", "", 80),
            (":https", "", 443),
        ];
        for (text, host, port) in cases {
            let expected = HostPort { host: (*host).to_owned(), port: *port };
            assert_eq!(HostPort::parse_listen(text), Ok(expected), "{text}");
        }
        for text in ["", "3000", "host", "::1", ":65536", ":-1", "http://host:1", ":"] {
            assert!(HostPort::parse_listen(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_advertised_url_has_scheme_host_and_port_only() {
        for good in
            ["http://h:80", "https://h:443", "http://[::1]:3000", "http://u:p@h:1", "http://h:1?x"]
        {
            assert_eq!(check_advertised_url(good), Ok(()), "{good}");
        }
        #[rustfmt::skip]
        let cases = [
            ("127.0.0.1:1234", "must include scheme"),
            ("host:1234", "must include scheme"),
            ("://host:1234", "must include scheme"),
            ("http://:1234", "must include host name"),
            ("http://", "must include host name"),
            ("http://host", "must include port number"),
            ("http://host:", "must include port number"),
            ("http://host:1/", "must not specify a path"),
            ("http://host/x", "must not specify a path"),
            ("http://host:x", "Failed parsing HTTPAdvertise"),
            ("http://host:70000", "Failed parsing HTTPAdvertise"),
            ("http://a b:1", "Failed parsing HTTPAdvertise"),
        ];
        for (bad, expected) in cases {
            let error = check_advertised_url(bad).unwrap_err();
            assert!(error.contains(expected), "{bad}: {error}");
        }
    }

    #[test]
    fn a_network_contains_its_addresses() {
        let cases: &[(&str, &str, bool)] = &[
            ("10.0.0.0/8", "10.1.2.3", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.1", "10.0.0.2", false),
            ("0.0.0.0/0", "1.2.3.4", true),
            ("0.0.0.0/0", "::1", false),
            ("10.0.0.0/8", "::ffff:10.0.0.1", true),
            ("fe80::/10", "fe80::1", true),
            ("fe80::/10", "fec0::1", false),
            ("::1", "::1", true),
        ];
        for (network, address, expected) in cases {
            let networks = Networks::parse(&[(*network).to_owned()]).unwrap();
            assert_eq!(
                networks.contains(address.parse().unwrap()),
                *expected,
                "{network} {address}"
            );
        }
        for bad in ["", "x", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "::/129", "10.0.0/8"] {
            assert!(Networks::parse(&[bad.to_owned()]).is_err(), "{bad}");
        }
        assert!(Networks::default().is_empty());
    }
}
