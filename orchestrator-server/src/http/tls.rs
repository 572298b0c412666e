//! HTTPS. Handshakes run beside each other, so that one caller who never ends its own keeps
//! nobody else out.

use std::{io, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use axum::serve::Listener;
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tracing::debug;

use crate::config::Config;

/// Longest handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Handshakes that have ended and wait to be served.
const QUEUE: usize = 64;

/// Why HTTPS cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Client certificates are not checked.
    #[error(
        "UseMutualTLS is not available in this version; unset it and let a proxy check client certificates"
    )]
    Mutual,
    /// A file is missing in the configuration.
    #[error("UseSSL needs {0}; set it")]
    NoFile(&'static str),
    /// A file cannot be used.
    #[error("{key} {file}: {cause}")]
    File {
        /// The configuration key.
        key: &'static str,
        /// The file.
        file: String,
        /// What is wrong with it.
        cause: String,
    },
    /// Certificate and key do not go together.
    #[error("SSLCertFile and SSLPrivateKeyFile cannot be used together: {0}")]
    Pair(rustls::Error),
}

/// Reads certificate and key as the configuration names them.
///
/// # Errors
/// See [`TlsError`].
pub fn acceptor(config: &Config) -> Result<TlsAcceptor, TlsError> {
    let raw = &config.raw;
    if raw.use_mutual_tls {
        return Err(TlsError::Mutual);
    }
    let certificates = read("SSLCertFile", &raw.ssl_cert_file, |path| {
        let chain: Vec<CertificateDer<'static>> =
            CertificateDer::pem_file_iter(path)?.collect::<Result<_, _>>()?;
        if chain.is_empty() {
            return Err(rustls::pki_types::pem::Error::NoItemsFound);
        }
        Ok(chain)
    })?;
    let key =
        read("SSLPrivateKeyFile", &raw.ssl_private_key_file, |p| PrivateKeyDer::from_pem_file(p))?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Pair)?
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .map_err(TlsError::Pair)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn read<T>(
    key: &'static str,
    file: &str,
    parse: impl FnOnce(&Path) -> Result<T, rustls::pki_types::pem::Error>,
) -> Result<T, TlsError> {
    if file.is_empty() {
        return Err(TlsError::NoFile(key));
    }
    parse(Path::new(file)).map_err(|error| TlsError::File {
        key,
        file: file.to_owned(),
        cause: error.to_string(),
    })
}

/// Hands out connections whose handshake has ended.
pub struct TlsListener {
    local: SocketAddr,
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    accepting: JoinHandle<()>,
}

impl TlsListener {
    /// Begins to accept.
    pub(super) fn new(listener: TcpListener, local: SocketAddr, tls: TlsAcceptor) -> Self {
        let (sender, ready) = mpsc::channel(QUEUE);
        let accepting = tokio::spawn(accept(listener, tls, sender));
        Self { local, ready, accepting }
    }
}

impl Drop for TlsListener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(connection) => connection,
            // The accepting task never ends by itself.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Ok(self.local)
    }
}

async fn accept(
    mut listener: TcpListener,
    tls: TlsAcceptor,
    sender: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>,
) {
    loop {
        let (stream, peer) = Listener::accept(&mut listener).await;
        let (tls, sender) = (tls.clone(), sender.clone());
        tokio::spawn(async move {
            match timeout(HANDSHAKE, tls.accept(stream)).await {
                // Nobody waits for it once the server has stopped.
                Ok(Ok(stream)) => drop(sender.send((stream, peer)).await),
                Ok(Err(error)) => debug!("no TLS with {peer}: {error}"),
                Err(_) => debug!("no TLS with {peer}: no handshake in time"),
            }
        });
    }
}
