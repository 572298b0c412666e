//! Addresses that answer nothing: one that takes connections, and one where even they get lost.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    time::timeout,
};

/// Takes connections and never answers.
pub(crate) struct Mute {
    pub(crate) address: String,
    _listener: TcpListener,
}

impl Mute {
    pub(crate) fn start() -> Self {
        let (address, listener) = listen(64);
        Self { address: format!("http://{address}"), _listener: listener }
    }
}

/// Connections to it are never made nor refused: its queue is full, so the kernel drops them.
pub(crate) struct BlackHole {
    pub(crate) address: String,
    _listener: TcpListener,
    _queue: Vec<TcpStream>,
}

impl BlackHole {
    pub(crate) async fn start() -> Self {
        let (address, listener) = listen(0);
        let mut queue = Vec::new();
        while let Ok(stream) =
            timeout(Duration::from_millis(300), TcpStream::connect(address)).await
        {
            queue.push(stream.unwrap());
        }
        Self { address: format!("http://{address}"), _listener: listener, _queue: queue }
    }
}

fn listen(backlog: u32) -> (SocketAddr, TcpListener) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(backlog).unwrap();
    (listener.local_addr().unwrap(), listener)
}
