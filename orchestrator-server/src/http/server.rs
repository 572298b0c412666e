//! The listener: where it listens, and how it stops. What it serves is the router's business.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    os::unix::fs::FileTypeExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use tokio::{
    net::{TcpListener, UnixListener, UnixStream},
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{
    auth::{self, AuthError},
    router::{Peer, router},
    service::Services,
    tls::{TlsError, TlsListener},
};
use crate::config::{Config, HostPort, Listen};

/// How long requests under way may take to end once the server stops.
const GRACE: Duration = Duration::from_secs(5);

/// Why the API cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Somebody else listens there.
    #[error("cannot listen on {0}: the address is in use; stop the other program or change {1}")]
    InUse(String, &'static str),
    /// Listening failed for another reason.
    #[error("cannot listen on {address} ({key}): {cause}")]
    Listen {
        /// Where.
        address: String,
        /// The configuration key that says so.
        key: &'static str,
        /// What the system said.
        cause: io::Error,
    },
    /// There is something at the socket's path that is no socket.
    #[error("cannot listen on {0} (ListenSocket): there is a file that is no socket; remove it")]
    NotASocket(PathBuf),
    /// Callers would not be told apart as the configuration wants.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// TLS cannot be served.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Serving ended.
    #[error("the API is no longer served: {0}")]
    Ended(io::Error),
}

/// The API, listening but not yet answering.
pub struct Server {
    door: Door,
    services: Arc<Services>,
}

enum Door {
    Tcp(TcpListener),
    Tls(TlsListener),
    Unix(UnixListener, PathBuf),
}

impl Server {
    /// Takes the address. From now on callers queue.
    ///
    /// # Errors
    /// See [`ServerError`]; nothing listens then.
    pub async fn bind(services: Arc<Services>) -> Result<Self, ServerError> {
        let config = services.config.current();
        auth::check(&config)?;
        let door = match &config.listen {
            Listen::Unix(path) => {
                let path = PathBuf::from(path);
                Door::Unix(listen_on_socket(&path).await?, path)
            }
            Listen::Tcp(address) => on_tcp(&config, address).await?,
        };
        Ok(Self { door, services })
    }

    /// Where it listens, where that is an address; the port is known even if any would do.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        match &self.door {
            Door::Tcp(listener) => listener.local_addr().ok(),
            Door::Tls(listener) => listener.local_addr().ok(),
            Door::Unix(..) => None,
        }
    }

    /// Answers until `stop`; requests under way may end within a few seconds.
    ///
    /// # Errors
    /// Serving ended unasked.
    pub async fn run(self, stop: CancellationToken) -> Result<(), ServerError> {
        let router = router(self.services);
        match self.door {
            Door::Tcp(listener) => serve(listener, router, stop).await,
            Door::Tls(listener) => serve(listener, router, stop).await,
            Door::Unix(listener, path) => {
                let served = serve(listener, router, stop).await;
                if let Err(error) = std::fs::remove_file(&path) {
                    warn!("{} remains: {error}", path.display());
                }
                served
            }
        }
    }
}

async fn on_tcp(config: &Config, address: &HostPort) -> Result<Door, ServerError> {
    let text = address.to_string();
    let failed = |cause| listen_error(&text, "ListenAddress", cause);
    let tls = if config.raw.use_ssl { Some(super::tls::acceptor(config)?) } else { None };
    let listener = bind_tcp(address).await.map_err(failed)?;
    let local =
        listener.local_addr().map_err(|cause| listen_error(&text, "ListenAddress", cause))?;
    info!("the API listens on {local}{}", if tls.is_some() { " (TLS)" } else { "" });
    Ok(match tls {
        Some(tls) => Door::Tls(TlsListener::new(listener, local, tls)),
        None => Door::Tcp(listener),
    })
}

/// Every interface means IPv6 and IPv4, or IPv4 alone where there is no IPv6.
async fn bind_tcp(address: &HostPort) -> io::Result<TcpListener> {
    if !address.host.is_empty() {
        return TcpListener::bind((address.host.as_str(), address.port)).await;
    }
    match TcpListener::bind(("::", address.port)).await {
        Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
            TcpListener::bind(("0.0.0.0", address.port)).await
        }
        bound => bound,
    }
}

/// A socket file that nobody answers at was left behind, and is replaced.
async fn listen_on_socket(path: &Path) -> Result<UnixListener, ServerError> {
    const KEY: &str = "ListenSocket";
    let text = path.display().to_string();
    let failed = |cause| listen_error(&text, KEY, cause);
    match std::fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => {
            return Err(ServerError::NotASocket(path.to_owned()));
        }
        Ok(_) => {
            if UnixStream::connect(path).await.is_ok() {
                return Err(ServerError::InUse(text, KEY));
            }
            std::fs::remove_file(path).map_err(failed)?;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let listener = UnixListener::bind(path).map_err(failed)?;
    info!("the API listens on {text}");
    Ok(listener)
}

fn listen_error(address: &str, key: &'static str, cause: io::Error) -> ServerError {
    match cause.kind() {
        io::ErrorKind::AddrInUse => ServerError::InUse(address.to_owned(), key),
        _ => ServerError::Listen { address: address.to_owned(), key, cause },
    }
}

async fn serve<L>(
    listener: L,
    router: axum::Router,
    stop: CancellationToken,
) -> Result<(), ServerError>
where
    L: Listener,
    L::Addr: std::fmt::Debug,
    Peer: for<'a> Connected<IncomingStream<'a, L>>,
{
    let service = router.into_make_service_with_connect_info::<Peer>();
    let stopped = stop.clone().cancelled_owned();
    let serving = axum::serve(listener, service).with_graceful_shutdown(stopped).into_future();
    tokio::pin!(serving);
    tokio::select! {
        ended = &mut serving => return ended.map_err(ServerError::Ended),
        () = stop.cancelled() => {}
    }
    match timeout(GRACE, serving).await {
        Ok(ended) => ended.map_err(ServerError::Ended),
        Err(_) => {
            warn!("requests that did not end within {} seconds were dropped", GRACE.as_secs());
            Ok(())
        }
    }
}

impl Peer {
    fn at(address: SocketAddr) -> Self {
        let ip: IpAddr = address.ip();
        Self(Some(ip))
    }
}

impl Connected<IncomingStream<'_, TcpListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        Self::at(*stream.remote_addr())
    }
}

impl Connected<IncomingStream<'_, TlsListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        Self::at(*stream.remote_addr())
    }
}

impl Connected<IncomingStream<'_, UnixListener>> for Peer {
    fn connect_info(_: IncomingStream<'_, UnixListener>) -> Self {
        Self(None)
    }
}
