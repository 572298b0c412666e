//! The program, and small servers that answer it, on ports that the system gives.
#![allow(dead_code, clippy::unwrap_used, reason = "helpers of several tests, which may fail them")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

/// Connections to it are refused everywhere.
pub(crate) const DEAD: &str = "http://127.0.0.1:0";

/// Runs the program with nothing but these words and variables.
pub(crate) fn client<W: AsRef<std::ffi::OsStr>>(words: &[W], variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_orchestrator-client"))
        .args(words)
        .env_clear()
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Exit code, standard output and standard error.
pub(crate) fn texts(output: &Output) -> (Option<i32>, &str, &str) {
    let text = |bytes| std::str::from_utf8(bytes).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// What a server does with the path of a request below `/api/`: the bytes to send before the
/// connection is closed.
pub(crate) type Behaviour = dyn Fn(&str) -> Vec<u8> + Send + Sync;

/// A server that runs as long as the test program.
pub(crate) struct Server {
    pub(crate) address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) fn start(behaviour: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&requests);
        let behaviour: Arc<Behaviour> = Arc::new(behaviour);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, behaviour) = (Arc::clone(&log), Arc::clone(&behaviour));
                std::thread::spawn(move || serve(&mut { stream }, &log, &*behaviour));
            }
        });
        Self { address, requests }
    }

    /// A server that sends these bytes to whoever connects, without listening first.
    pub(crate) fn rude(bytes: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let _ = stream.write_all(bytes);
                // An end before the other side has read would take the bytes back.
                let _ = stream.read_to_end(&mut Vec::new());
            }
        });
        Self { address, requests: Arc::default() }
    }

    /// A server that keeps connections after the first answer, and listens to none of them.
    pub(crate) fn once_a_connection(behaviour: impl Fn(&str) -> Vec<u8> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&requests);
        std::thread::spawn(move || {
            let mut kept = Vec::new();
            for mut stream in listener.incoming().flatten() {
                serve(&mut stream, &log, &behaviour);
                kept.push(stream);
            }
        });
        Self { address, requests }
    }

    /// The first lines of the requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// An answer in full.
pub(crate) fn answer(status: u16, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} X\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
    .into_bytes()
}

fn serve(
    stream: &mut TcpStream,
    log: &Mutex<Vec<String>>,
    behaviour: &(impl Fn(&str) -> Vec<u8> + ?Sized),
) {
    let mut request = Vec::new();
    let mut buffer = [0; 16 << 10];
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(length) if length > 0 => request.extend_from_slice(&buffer[..length]),
            _ => return,
        }
    }
    let request = String::from_utf8_lossy(&request);
    let line = request.lines().next().unwrap_or_default();
    log.lock().unwrap().push(line.to_owned());
    let path = line.split(' ').nth(1).unwrap_or_default();
    let below = path.split_once("/api/").map_or(path, |(_, below)| below);
    let _ = stream.write_all(&behaviour(below));
}
