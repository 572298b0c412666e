//! Small HTTP servers for tests, on ports that the system gives.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// What a server does with a request.
#[derive(Clone)]
pub(crate) enum Reaction {
    /// Answers with this status, these header lines and this body.
    Answer(u16, &'static str, String),
    /// Reads the request and closes the connection.
    HangUp,
    /// Reads the request and never answers.
    Silence,
    /// Answers without end.
    Endless,
}

/// A JSON answer.
pub(crate) fn json(status: u16, body: &str) -> Reaction {
    Reaction::Answer(status, "Content-Type: application/json; charset=UTF-8\r\n", body.to_owned())
}

/// A page of something else.
pub(crate) fn html(status: u16) -> Reaction {
    let page = "<html><body>Sign in</body></html>".to_owned();
    Reaction::Answer(status, "Content-Type: text/html\r\n", page)
}

/// A server that runs as long as the test's runtime.
pub(crate) struct TestServer {
    /// Its address, as in `ORCHESTRATOR_API`.
    pub(crate) address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl TestServer {
    /// Serves the reactions by path below `/api/`. The last of several for one path stays; other
    /// paths get what an unknown route gets.
    pub(crate) async fn start<const N: usize>(routes: [(&str, Reaction); N]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let mut by_path: HashMap<String, Vec<Reaction>> = HashMap::new();
        for (path, reaction) in routes {
            by_path.entry(format!("/api/{path}")).or_default().insert(0, reaction);
        }
        let by_path = Arc::new(Mutex::new(by_path));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&by_path), Arc::clone(&log)));
            }
        });
        Self { address, requests }
    }

    /// The requests so far: the request line and the header lines.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// How often a path below `/api/` was asked for.
    pub(crate) fn count(&self, path: &str) -> usize {
        let start = format!("GET /api/{path} ");
        self.requests().iter().filter(|request| request.starts_with(&start)).count()
    }
}

async fn serve(
    mut stream: TcpStream,
    routes: Arc<Mutex<HashMap<String, Vec<Reaction>>>>,
    log: Arc<Mutex<Vec<String>>>,
) {
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(length) if length > 0 => head.extend_from_slice(&buffer[..length]),
            _ => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap().to_owned();
    log.lock().unwrap().push(head);
    let reaction = match routes.lock().unwrap().get_mut(&path) {
        Some(reactions) if reactions.len() > 1 => reactions.pop(),
        Some(reactions) => reactions.first().cloned(),
        None => None,
    };
    let not_found = || Reaction::Answer(404, "", "404 page not found\n".to_owned());
    match reaction.unwrap_or_else(not_found) {
        Reaction::HangUp => {}
        Reaction::Silence => std::future::pending().await,
        Reaction::Endless => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            while stream.write_all(&[b' '; 4096]).await.is_ok() {}
        }
        Reaction::Answer(status, headers, body) => {
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status} X\r\n{headers}Content-Length: {length}\r\n\
                 Connection: close\r\n\r\n{body}"
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    }
}

/// An address where connections are refused: the port is taken and nobody listens.
pub(crate) struct DeadServer {
    pub(crate) address: String,
    _socket: TcpSocket,
}

impl DeadServer {
    pub(crate) fn start() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = format!("http://{}", socket.local_addr().unwrap());
        Self { address, _socket: socket }
    }
}
