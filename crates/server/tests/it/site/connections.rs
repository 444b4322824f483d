//! Connections: shutdown, and clients that send nothing.

use courant_server::{ConnectionCounts, Counted, Limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::site;

/// The sample site on a port, until `stop` is dropped.
struct Served {
    address: std::net::SocketAddr,
    counts: ConnectionCounts,
    stop: tokio::sync::oneshot::Sender<()>,
    serving: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Served {
    async fn start(limits: Limits) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback works");
        let address = listener.local_addr().expect("it is bound");
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let counts = ConnectionCounts::default();
        let shutdown = async {
            let _ = stopped.await;
        };
        let serving = tokio::spawn(courant_server::serve(listener, site(), limits, counts.clone(), shutdown));
        Self { address, counts, stop, serving }
    }

    async fn send(&self, path: &str) -> String {
        let mut stream = tokio::net::TcpStream::connect(self.address).await.expect("loopback works");
        let request = format!("GET {path} HTTP/1.1\r\nHost: tides.example\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("loopback works");
        let mut response = String::new();
        stream.read_to_string(&mut response).await.expect("loopback works");
        response
    }
}

#[tokio::test]
async fn shutdown_does_not_wait_for_idle_connections() {
    let served = Served::start(Limits::default()).await;
    let silent = tokio::net::TcpStream::connect(served.address).await.unwrap();
    let mut half = tokio::net::TcpStream::connect(served.address).await.unwrap();
    half.write_all(b"GET / HTTP/1.1\r\nHost: ti").await.unwrap();
    assert!(served.send("/").await.starts_with("HTTP/1.1 200 "));
    assert_eq!(served.counts.count(Counted::Accepted), 3);
    drop(served.stop);
    served.serving.await.unwrap().unwrap();
    // None was cut off by a time limit.
    assert_eq!(served.counts.open(), 0);
    for mut stream in [silent, half] {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        assert!(rest.is_empty());
    }
}

#[tokio::test]
async fn silent_clients_do_not_block_others() {
    let served = Served::start(Limits { max_connections: 16, ..Limits::default() }).await;
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(tokio::net::TcpStream::connect(served.address).await.unwrap());
    }
    assert!(served.send("/healthz").await.starts_with("HTTP/1.1 200 "));
    assert_eq!(served.counts.count(Counted::Accepted), 101);
    assert_eq!(served.counts.count(Counted::Evicted), 101 - 16);
    assert_eq!(served.counts.count(Counted::RefusedTotal), 0);
    drop(served.stop);
    served.serving.await.unwrap().unwrap();
}
