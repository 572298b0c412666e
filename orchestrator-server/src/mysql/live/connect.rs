//! Opens connections: resolves the name, connects, and finishes the handshake, all within one
//! deadline, telling apart what failed.

use std::{net::IpAddr, time::Duration};

use mysql_async::{ClientIdentity, Conn, Error, Opts, OptsBuilder, SslOpts};
use shared::InstanceKey;
use tokio::{
    net::TcpStream,
    time::{Instant, sleep_until, timeout_at},
};

use super::{
    failure::{connect_failure, may_require_tls},
    settings::{Login, TlsUse},
};
use crate::mysql::driver::{FailureKind, ProbeFailure};

/// Larger answers are refused; the same bound as the reference's.
const MAX_PACKET: usize = 64 << 20;
/// Never asked from the server, as connections are checked by use.
const WAIT_TIMEOUT_SECONDS: usize = 28_800;
/// A vanished host's connections end after a few of these.
const KEEPALIVE: Duration = Duration::from_secs(10);

/// A connection and how it came about.
#[derive(Debug)]
pub(super) struct Connected {
    pub(super) conn: Conn,
    /// It uses TLS.
    pub(super) tls: bool,
    /// The addresses of the host.
    pub(super) addresses: Vec<IpAddr>,
}

/// What is known of a server from earlier connections.
#[derive(Clone, Debug, Default)]
pub(super) struct Acquainted {
    /// It refuses connections without TLS.
    pub(super) requires_tls: bool,
    /// Where it was reached last: good enough while its name cannot be resolved.
    pub(super) addresses: Vec<IpAddr>,
}

/// Connects to a server.
pub(super) async fn connect(
    key: &InstanceKey,
    login: &Login,
    acquainted: Acquainted,
    limit: Duration,
) -> Result<Connected, ProbeFailure> {
    let began = Instant::now();
    let until = began + limit;
    let Acquainted { requires_tls, addresses: last } = acquainted;
    // A name service that hangs leaves time to try where the server was last.
    let patience = if last.is_empty() { until } else { began + limit / 4 };
    let addresses = match resolve(key, patience).await {
        Err(_) if !last.is_empty() => last,
        found => found?,
    };
    let target = Target { key, login, addresses: &addresses, until };
    let tls = match login.tls {
        TlsUse::Always => true,
        TlsUse::Never => false,
        TlsUse::WhereRequired => requires_tls,
    };
    match target.dial(tls).await {
        Ok(conn) => Ok(Connected { conn, tls, addresses }),
        Err(Dialed::Refused(error))
            if !tls && login.tls == TlsUse::WhereRequired && may_require_tls(&error) =>
        {
            match target.dial(true).await {
                Ok(conn) => Ok(Connected { conn, tls: true, addresses }),
                // The first refusal says more than that TLS does not help either.
                Err(_) => Err(connect_failure(&error)),
            }
        }
        Err(Dialed::Refused(error)) => Err(connect_failure(&error)),
        Err(Dialed::TimedOut { listening }) => Err(timed_out(listening, limit)),
    }
}

fn timed_out(listening: bool, limit: Duration) -> ProbeFailure {
    let (kind, text) = if listening {
        (FailureKind::NoHandshake, format!("connected, but no handshake within {limit:?}"))
    } else {
        (FailureKind::ConnectTimedOut, format!("no connection within {limit:?}"))
    };
    ProbeFailure { kind, partial: false, text }
}

/// The addresses of a host. A name that cannot be resolved says nothing about the server.
async fn resolve(key: &InstanceKey, until: Instant) -> Result<Vec<IpAddr>, ProbeFailure> {
    if let Ok(address) = key.hostname().parse() {
        return Ok(vec![address]);
    }
    let unknown = |text: String| ProbeFailure {
        kind: FailureKind::UnknownHost,
        partial: false,
        text: format!("cannot resolve {}: {text}", key.hostname()),
    };
    let lookup = tokio::net::lookup_host((key.hostname(), key.port()));
    let found = timeout_at(until, lookup)
        .await
        .map_err(|_| unknown("no answer in time".to_owned()))?
        .map_err(|error| unknown(error.to_string()))?;
    let addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
    if addresses.is_empty() { Err(unknown("no address".to_owned())) } else { Ok(addresses) }
}

struct Target<'a> {
    key: &'a InstanceKey,
    login: &'a Login,
    addresses: &'a [IpAddr],
    until: Instant,
}

/// Why there is no connection.
enum Dialed {
    Refused(Error),
    TimedOut {
        /// Something accepts connections at the port.
        listening: bool,
    },
}

impl Target<'_> {
    /// Connects and finishes the handshake. When half of the time is over without a result, a
    /// bare connection finds out whether anything listens at all.
    async fn dial(&self, tls: bool) -> Result<Conn, Dialed> {
        let halfway = Instant::now() + self.until.duration_since(Instant::now()) / 2;
        let mut attempt = Conn::new(self.options(tls));
        let check = async {
            sleep_until(halfway).await;
            self.accepts_connections().await
        };
        tokio::pin!(check);
        let mut listening = None;
        loop {
            tokio::select! {
                ended = &mut attempt => return ended.map_err(Dialed::Refused),
                found = &mut check, if listening.is_none() => listening = Some(found),
                () = sleep_until(self.until) => {
                    return Err(Dialed::TimedOut { listening: listening == Some(true) });
                }
            }
        }
    }

    async fn accepts_connections(&self) -> bool {
        let addresses: Vec<_> =
            self.addresses.iter().map(|address| (*address, self.key.port()).into()).collect();
        TcpStream::connect(addresses.as_slice()).await.is_ok()
    }

    fn options(&self, tls: bool) -> Opts {
        OptsBuilder::default()
            .ip_or_hostname(self.key.hostname())
            .tcp_port(self.key.port())
            .resolved_ips(Some(self.addresses.to_vec()))
            .user(Some(&self.login.user))
            .pass(Some(&self.login.password))
            .prefer_socket(false)
            // With both given, the client library asks the server nothing on its own.
            .max_allowed_packet(Some(MAX_PACKET))
            .wait_timeout(Some(WAIT_TIMEOUT_SECONDS))
            .stmt_cache_size(0)
            .tcp_keepalive(Some(KEEPALIVE))
            .ssl_opts(tls.then(|| ssl_options(self.login)))
            .into()
    }
}

fn ssl_options(login: &Login) -> SslOpts {
    let identity = login
        .client_identity
        .clone()
        .filter(|_| !login.skip_verify)
        .map(|(cert, key)| ClientIdentity::new(cert.into(), key.into()));
    let roots = login.ca_file.clone().filter(|_| !login.skip_verify);
    SslOpts::default()
        .with_disable_built_in_roots(roots.is_some())
        .with_root_certs(roots.into_iter().map(Into::into).collect())
        .with_client_identity(identity)
        .with_danger_accept_invalid_certs(login.skip_verify)
}
