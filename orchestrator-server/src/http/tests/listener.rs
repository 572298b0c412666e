//! The API behind a real listener: sockets, compression, shutdown, clear errors.

use std::{path::Path, sync::Arc, time::Duration};

use rustls::pki_types::{CertificateDer, pem::PemObject};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixStream},
    task::JoinHandle,
    time::timeout,
};
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;

use super::lab::Lab;
use crate::{
    config::{Authentication, HostPort, Listen},
    http::{Server, ServerError},
};

fn on_port(port: u16) -> Listen {
    Listen::Tcp(HostPort { host: "127.0.0.1".to_owned(), port })
}

fn on_socket(path: &Path) -> Listen {
    Listen::Unix(path.to_str().unwrap().to_owned())
}

async fn bind(listen: Listen) -> Result<Server, ServerError> {
    let lab = Lab::configured(|config| config.listen = listen);
    Server::bind(lab.services.clone()).await
}

type Running = JoinHandle<Result<(), ServerError>>;

fn run(server: Server) -> (Running, CancellationToken) {
    let stop = CancellationToken::new();
    (tokio::spawn(server.run(stop.clone())), stop)
}

/// One request over a fresh connection; the whole answer.
async fn talk<S: AsyncReadExt + AsyncWriteExt + Unpin>(mut stream: S, head: &str) -> Vec<u8> {
    let request = format!("{head}\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    timeout(Duration::from_secs(30), stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    answer
}

fn text(answer: &[u8]) -> String {
    String::from_utf8_lossy(answer).to_ascii_lowercase()
}

#[tokio::test]
async fn tcp_is_served_until_told_to_stop() {
    let server = bind(on_port(0)).await.unwrap();
    let address = server.address().unwrap();
    let (running, stop) = run(server);
    let get = async |head: &str| talk(TcpStream::connect(address).await.unwrap(), head).await;

    let answer = text(&get("GET /api/clusters HTTP/1.1").await);
    assert!(answer.starts_with("http/1.1 200 ok"), "{answer}");
    assert!(answer.contains("content-type: application/json; charset=utf-8"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n[\"db1:3306\"]"), "{answer}");

    let answer = text(&get("HEAD /api/clusters HTTP/1.1").await);
    assert!(answer.starts_with("http/1.1 200 ok") && answer.ends_with("\r\n\r\n"), "{answer}");

    let answer = get("GET /api/all-instances HTTP/1.1\r\nAccept-Encoding: br, gzip").await;
    assert!(text(&answer).contains("content-encoding: gzip"), "{}", text(&answer));
    assert!(text(&answer).contains("vary: accept-encoding"), "{}", text(&answer));

    stop.cancel();
    // It has ended; the port may be another test's by now.
    running.await.unwrap().unwrap();
}

/// A certificate for `localhost` that vouches for itself, and its key.
fn tls_file(name: &str) -> String {
    format!("{}/fixtures/tls/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[tokio::test]
async fn https_is_served_while_somebody_dawdles() {
    let lab = Lab::configured(|config| {
        config.listen = on_port(0);
        config.raw.use_ssl = true;
        config.raw.ssl_cert_file = tls_file("cert.pem");
        config.raw.ssl_private_key_file = tls_file("key.pem");
    });
    let server = Server::bind(Arc::clone(&lab.services)).await.unwrap();
    let address = server.address().unwrap();
    let (running, stop) = run(server);
    let dawdler = TcpStream::connect(address).await.unwrap();

    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(tls_file("cert.pem")).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = "localhost".try_into().unwrap();
    let stream = TlsConnector::from(Arc::new(client)).connect(name, stream).await.unwrap();
    let answer = text(&talk(stream, "GET /api/lb-check HTTP/1.1").await);
    assert!(answer.ends_with("\r\n\r\n\"ok\""), "{answer}");

    stop.cancel();
    running.await.unwrap().unwrap();
    drop(dawdler);
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_up_the_stop() {
    let server = bind(on_port(0)).await.unwrap();
    let idle = TcpStream::connect(server.address().unwrap()).await.unwrap();
    let (running, stop) = run(server);
    stop.cancel();
    timeout(Duration::from_secs(30), running).await.unwrap().unwrap().unwrap();
    drop(idle);
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = other.local_addr().unwrap().port();
    let error = bind(on_port(port)).await.err().unwrap();
    assert_eq!(
        error.to_string(),
        format!(
            "cannot listen on 127.0.0.1:{port}: the address is in use; \
             stop the other program or change ListenAddress"
        )
    );
}

#[tokio::test]
async fn a_socket_is_served_and_a_stale_one_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("api.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists());

    let (running, stop) = run(bind(on_socket(&path)).await.unwrap());
    let stream = UnixStream::connect(&path).await.unwrap();
    let answer = text(&talk(stream, "GET /api/lb-check HTTP/1.1").await);
    assert!(answer.ends_with("\r\n\r\n\"ok\""), "{answer}");

    let error = bind(on_socket(&path)).await.err().unwrap();
    assert!(matches!(error, ServerError::InUse(_, "ListenSocket")), "{error}");

    stop.cancel();
    running.await.unwrap().unwrap();
    assert!(!path.exists());
}

#[tokio::test]
async fn a_file_in_the_place_of_the_socket_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes");
    std::fs::write(&path, "x").unwrap();
    let error = bind(on_socket(&path)).await.err().unwrap();
    assert!(matches!(error, ServerError::NotASocket(_)), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "x");
}

#[tokio::test]
async fn what_cannot_be_protected_is_not_served() {
    let lab = Lab::configured(|config| {
        config.listen = on_port(0);
        config.authentication = Authentication::Token;
    });
    let error = Server::bind(Arc::clone(&lab.services)).await.err().unwrap();
    assert!(error.to_string().contains("AuthenticationMethod token is not available"), "{error}");

    for (change, expected) in [
        ((true, ""), "UseMutualTLS is not available"),
        ((false, ""), "UseSSL needs SSLCertFile; set it"),
        ((false, "/nonexistent/cert.pem"), "SSLCertFile /nonexistent/cert.pem: "),
    ] {
        let lab = Lab::configured(|config| {
            config.listen = on_port(0);
            config.raw.use_ssl = true;
            (config.raw.use_mutual_tls, config.raw.ssl_cert_file) = (change.0, change.1.to_owned());
        });
        let error = Server::bind(Arc::clone(&lab.services)).await.err().unwrap().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
