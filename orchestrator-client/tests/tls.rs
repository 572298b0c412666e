//! Encrypted connections: whom the program trusts, and how it shows who it is.
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod support;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;

use rstest::rstest;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use support::{answer, client, texts};

/// A certificate for `localhost` that its own key signed.
const CERTIFICATE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../orchestrator-server/fixtures/tls/cert.pem");
const KEY: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../orchestrator-server/fixtures/tls/key.pem");

/// Serves one instance to whoever shakes hands; the number of its port.
fn serve(needs_certificate: bool) -> u16 {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let certificate = CertificateDer::from_pem_file(CERTIFICATE).unwrap();
    let key = PrivateKeyDer::from_pem_file(KEY).unwrap();
    let config = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap();
    let config = if needs_certificate {
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone()).unwrap();
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        config.with_client_cert_verifier(verifier)
    } else {
        config.with_no_client_auth()
    };
    let config = Arc::new(config.with_single_cert(vec![certificate], key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream);
            if matches!(stream.read(&mut [0; 4096]), Ok(length) if length > 0) {
                let body = r#"{"Key":{"Hostname":"h","Port":1}}"#;
                let _ = stream.write_all(&answer(200, "", body));
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    port
}

fn ask(port: u16, host: &str, words: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let address = format!("https://{host}:{port}");
    let line = [&["-c", "instance", "-i", "h:1", "-U", &address], words].concat();
    let output = client(&line, variables);
    let (code, stdout, stderr) = texts(&output);
    (code, format!("{stdout}{stderr}"))
}

#[rstest]
#[case(&["--ca-file", CERTIFICATE], &[])]
#[case(&[], &[("ORCHESTRATOR_CA_FILE", CERTIFICATE)])]
#[case(&[], &[("CURL_CA_BUNDLE", CERTIFICATE)])]
#[case(&[], &[("SSL_CERT_FILE", CERTIFICATE)])]
#[case(&["--ca-file", CERTIFICATE], &[("ORCHESTRATOR_CA_FILE", "/nonexistent")])]
fn a_certificate_is_trusted_by_file(#[case] words: &[&str], #[case] variables: &[(&str, &str)]) {
    assert_eq!(ask(serve(false), "localhost", words, variables), (Some(0), "h:1\n".to_owned()));
}

#[test]
fn a_certificate_for_another_name_is_not_trusted() {
    let (code, text) = ask(serve(false), "127.0.0.1", &["--ca-file", CERTIFICATE], &[]);
    assert_eq!((code, text.lines().count()), (Some(3), 1), "{text}");
    assert!(text.contains("certificate not valid for name"), "{text}");
}

#[test]
fn a_client_certificate_is_shown() {
    let port = serve(true);
    let trusted = ["--ca-file", CERTIFICATE];
    let flags = ["--cert-file", CERTIFICATE, "--key-file", KEY];
    let done = (Some(0), "h:1\n".to_owned());
    assert_eq!(ask(port, "localhost", &[&trusted[..], &flags].concat(), &[]), done);
    let variables = [("ORCHESTRATOR_CERT_FILE", CERTIFICATE), ("ORCHESTRATOR_KEY_FILE", KEY)];
    assert_eq!(ask(port, "localhost", &trusted, &variables), done);
    let (code, text) = ask(port, "localhost", &[&trusted[..], &["--timeout", "1"]].concat(), &[]);
    assert_eq!((code, text.lines().count()), (Some(3), 1), "{text}");
}
