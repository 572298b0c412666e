//! Host names to addresses, the same in every build: the hosts file, then the name servers of
//! `/etc/resolv.conf`. Without that file no name server is asked, least of all a public one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, OnceLock};

use hickory_resolver::net::NetError;
use hickory_resolver::proto::op::Query;
use hickory_resolver::proto::rr::{Name as DomainName, RecordType};
use hickory_resolver::{Hosts, ResolverBuilder, TokioResolver};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The resolver of the HTTP client. Files are read at the first name: addresses need none.
#[derive(Clone, Default)]
pub(crate) struct SystemNames(Arc<OnceLock<Sources>>);

struct Sources {
    hosts: Hosts,
    /// Name servers, or why there are none.
    servers: Result<TokioResolver, String>,
}

impl Sources {
    fn of_system() -> Self {
        let servers = TokioResolver::builder_tokio().and_then(ResolverBuilder::build);
        Self {
            hosts: Hosts::from_system().unwrap_or_default(),
            servers: servers.map_err(|error| error.to_string()),
        }
    }

    async fn lookup(&self, name: &str) -> Result<Vec<IpAddr>, Cause> {
        let listed = self.listed(name);
        if !listed.is_empty() {
            return Ok(listed);
        }
        let host = name.trim_end_matches('.').to_ascii_lowercase();
        if host == "localhost" || host.ends_with(".localhost") {
            return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
        }
        match &self.servers {
            Ok(servers) => match servers.lookup_ip(name).await {
                Ok(found) => Ok(found.iter().collect()),
                Err(error) => Err(format!("cannot resolve {name}: {}", cause(&error)).into()),
            },
            Err(error) => Err(format!(
                "cannot resolve {name}: it is not in /etc/hosts, and /etc/resolv.conf \
                 names no server ({error})"
            )
            .into()),
        }
    }

    /// The addresses that the hosts file gives.
    fn listed(&self, name: &str) -> Vec<IpAddr> {
        let Ok(name) = DomainName::from_str_relaxed(name) else { return Vec::new() };
        [RecordType::A, RecordType::AAAA]
            .into_iter()
            .filter_map(|kind| {
                self.hosts.lookup_static_host(&Query::query(name.to_lowercase(), kind))
            })
            .flat_map(|found| {
                found
                    .answers()
                    .iter()
                    .filter_map(|record| record.data.ip_addr())
                    .collect::<Vec<_>>()
            })
            .collect()
    }
}

/// The library's own text for a wrong name, the likeliest cause, is one for programmers.
fn cause(error: &NetError) -> String {
    if error.is_no_records_found() {
        "the name servers know no address of it".to_owned()
    } else {
        error.to_string()
    }
}

impl Resolve for SystemNames {
    fn resolve(&self, name: Name) -> Resolving {
        let sources = Arc::clone(&self.0);
        Box::pin(async move {
            let sources = sources.get_or_init(Sources::of_system);
            let addresses = sources.lookup(name.as_str()).await?;
            // The client replaces port 0 by that of the URL.
            let addresses = addresses.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hickory_resolver::net::{DnsError, NoRecords};
    use hickory_resolver::proto::op::ResponseCode;
    use rstest::rstest;

    fn without_servers(hosts_file: &str) -> Sources {
        let mut hosts = Hosts::default();
        hosts.read_hosts_conf(hosts_file.as_bytes()).unwrap();
        Sources { hosts, servers: Err("no such file".to_owned()) }
    }

    #[rstest]
    #[case("orc1", "10.0.0.1")]
    #[case("ORC1", "10.0.0.1")]
    #[case("orc1.example.com", "10.0.0.1")]
    #[case("both", "10.0.0.2 fd00::2")]
    #[case("with_underscore", "10.0.0.3")]
    #[case("localhost", "127.0.0.1 ::1")]
    #[case("a.localhost.", "127.0.0.1 ::1")]
    #[tokio::test]
    async fn names_of_the_hosts_file(#[case] name: &str, #[case] expected: &str) {
        let sources = without_servers(
            "10.0.0.1 orc1 orc1.example.com # first\n10.0.0.2 both\nfd00::2 both\n\
             10.0.0.3 with_underscore\n",
        );
        let found = sources.lookup(name).await.unwrap();
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found.join(" "), expected);
    }

    #[tokio::test]
    async fn the_hosts_file_may_move_localhost() {
        let sources = without_servers("127.0.0.9 localhost\n");
        assert_eq!(sources.lookup("localhost").await.unwrap(), [IpAddr::from([127, 0, 0, 9])]);
    }

    #[test]
    fn a_wrong_name_is_told_in_plain_words() {
        let query = Query::query(DomainName::root(), RecordType::A);
        let no_records = DnsError::NoRecordsFound(NoRecords::new(query, ResponseCode::NXDomain));
        assert_eq!(cause(&no_records.into()), "the name servers know no address of it");
        assert_eq!(cause(&NetError::Timeout), NetError::Timeout.to_string());
    }

    #[tokio::test]
    async fn an_unknown_name_is_an_error_that_says_where_was_looked() {
        let error = without_servers("").lookup("orc9").await.unwrap_err().to_string();
        assert_eq!(
            error,
            "cannot resolve orc9: it is not in /etc/hosts, and /etc/resolv.conf names no server \
             (no such file)"
        );
    }
}
