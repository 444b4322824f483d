//! Connections over streams in memory, in virtual time.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{Request, Version},
    routing::{get, post},
};
use futures_util::stream;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    sync::{Notify, mpsc, watch},
    task::JoinHandle,
    time::{Instant, sleep},
};

use super::{ConnectionCounts, Counted, Limits, Phase, connection::serve_connection, registry::Registry};

/// Size of a stream's buffer in each direction, in bytes.
const PIPE: usize = 4096;
const LARGE: usize = 100_000;

struct TestServer {
    registry: Arc<Registry>,
    phase: watch::Sender<Phase>,
    /// Releases the response to `/slow`.
    go: Arc<Notify>,
}

struct Client {
    stream: DuplexStream,
    task: JoinHandle<()>,
}

impl TestServer {
    fn new(limits: Limits) -> Self {
        let registry = Arc::new(Registry::new(limits, ConnectionCounts::default()));
        Self { registry, phase: watch::Sender::new(Phase::Serving), go: Arc::default() }
    }

    fn app(&self) -> Router {
        let go = Arc::clone(&self.go);
        let events = || async {
            let events = stream::unfold((), async |()| {
                sleep(Duration::from_mins(5)).await;
                Some((Ok::<_, io::Error>("event\n"), ()))
            });
            Body::from_stream(events)
        };
        Router::new()
            .route("/", get(|| async { "front page" }))
            .route("/large", get(|| async { vec![b'x'; LARGE] }))
            .route(
                "/version",
                get(|request: Request<Body>| async move { format!("{:?}", request.version()) }),
            )
            .route("/events", get(events))
            .route("/echo", post(|body: Bytes| async move { body }))
            .route("/unread", post(|| async { "not read" }))
            .route(
                "/slow",
                get(move || async move {
                    go.notified().await;
                    "at last"
                }),
            )
    }

    fn connect(&self) -> Result<Client, Counted> {
        let peer: SocketAddr = "127.0.0.1:4711".parse().unwrap();
        let admission = self.registry.admit(peer.ip())?;
        let (ours, stream) = duplex(PIPE);
        let task = tokio::spawn(serve_connection(ours, peer, admission, self.app(), self.phase.subscribe()));
        Ok(Client { stream, task })
    }

    fn client(&self) -> Client {
        self.connect().expect("there is room")
    }

    fn count(&self, what: Counted) -> u64 {
        self.registry.counts.count(what)
    }
}

impl Client {
    async fn send(&mut self, text: &str) {
        let sent = self.stream.write_all(text.as_bytes()).await;
        assert!(sent.is_ok(), "closed before {text:.60}");
    }

    async fn ask(&mut self, path: &str) -> String {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: news.example\r\n\r\n")).await;
        self.response().await
    }

    /// Reads a response with a known length.
    async fn response(&mut self) -> String {
        let mut read = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&read).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.to_ascii_lowercase();
                let length = length
                    .split("content-length: ")
                    .nth(1)
                    .map_or(0, |rest| rest.lines().next().unwrap().trim().parse().unwrap());
                if body.len() >= length {
                    return text;
                }
            }
            let byte = self.stream.read_u8().await.expect("the response is complete");
            read.push(byte);
        }
    }

    /// Reads until the server closes.
    async fn read_to_end(&mut self) -> String {
        let mut read = Vec::new();
        // A dropped connection is an end, too.
        let _ = self.stream.read_to_end(&mut read).await;
        String::from_utf8_lossy(&read).into_owned()
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_a_request_is_closed_after_ten_seconds() {
    let server = TestServer::new(Limits::default());
    let start = Instant::now();
    let mut client = server.client();
    assert_eq!(client.read_to_end().await, "");
    assert_eq!(start.elapsed().as_secs(), 10);
    assert_eq!((server.count(Counted::IdleTimeout), server.count(Counted::HeadTimeout)), (1, 0));
    client.task.await.unwrap();
    assert_eq!(server.registry.counts.open(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_slow_request_head_has_ten_seconds_in_total() {
    let server = TestServer::new(Limits::default());
    let mut client = server.client();
    sleep(Duration::from_secs(9)).await;
    let start = Instant::now();
    client.send("GET / HTTP/1.1\r\n").await;
    while !client.task.is_finished() {
        sleep(Duration::from_secs(2)).await;
        // Writing fails when the connection is closed.
        let _ = client.stream.write_all(b"X-A: b\r\n").await;
    }
    assert!((10..=12).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    assert_eq!(server.count(Counted::HeadTimeout), 1);
}

#[tokio::test(start_paused = true)]
async fn between_requests_a_connection_may_be_idle_for_longer() {
    let server = TestServer::new(Limits::default());
    let mut client = server.client();
    for _ in 0..3 {
        assert!(client.ask("/").await.ends_with("front page"));
        sleep(Duration::from_secs(70)).await;
    }
    let start = Instant::now();
    assert!(client.ask("/").await.ends_with("front page"));
    assert_eq!(client.read_to_end().await, "");
    assert_eq!(start.elapsed().as_secs(), 75);
    assert_eq!((server.count(Counted::IdleTimeout), server.count(Counted::HeadTimeout)), (1, 0));
    // The head of a second request has the same limit as that of the first.
    let mut client = server.client();
    client.ask("/").await;
    sleep(Duration::from_secs(30)).await;
    let start = Instant::now();
    client.send("GET / HT").await;
    assert_eq!(client.read_to_end().await, "");
    assert_eq!((start.elapsed().as_secs(), server.count(Counted::HeadTimeout)), (10, 1));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_nothing_is_disconnected_and_a_slow_one_is_not() {
    let server = TestServer::new(Limits::default());
    let mut stuck = server.client();
    stuck.send("GET /large HTTP/1.1\r\nHost: a.example\r\n\r\n").await;
    let start = Instant::now();
    (&mut stuck.task).await.unwrap();
    assert_eq!((start.elapsed().as_secs(), server.count(Counted::WriteTimeout)), (30, 1));
    let got = stuck.read_to_end().await;
    assert!(got.starts_with("HTTP/1.1 200") && got.len() <= PIPE, "{} bytes", got.len());

    let mut slow = server.client();
    slow.send("GET /large HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n").await;
    let mut read = 0;
    let mut buffer = [0; 2000];
    loop {
        sleep(Duration::from_secs(20)).await;
        match slow.stream.read(&mut buffer).await.unwrap() {
            0 => break,
            count => read += count,
        }
    }
    assert!(read > LARGE, "{read} bytes");
    assert_eq!(server.count(Counted::WriteTimeout), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stream_without_new_data_does_not_time_out() {
    let server = TestServer::new(Limits::default());
    let mut client = server.client();
    client.send("GET /events HTTP/1.1\r\nHost: a.example\r\n\r\n").await;
    let mut got = String::new();
    while got.matches("event\n").count() < 3 {
        let byte = client.stream.read_u8().await.expect("the stream continues");
        got.push(byte.into());
    }
    assert_eq!(server.registry.counts.open(), 1);
    assert_eq!(server.count(Counted::WriteTimeout) + server.count(Counted::IdleTimeout), 0);
}

#[tokio::test(start_paused = true)]
async fn silent_connections_never_block_a_request() {
    let server = TestServer::new(Limits { max_connections: 20, ..Limits::default() });
    let mut silent = Vec::new();
    for _ in 0..1200 {
        silent.push(server.client());
    }
    let mut client = server.client();
    assert!(client.ask("/").await.ends_with("front page"));
    server.registry.evictions().await;
    assert!(server.registry.counts.open() <= 20 + 32, "{}", server.registry.counts.open());
    assert_eq!(server.count(Counted::Evicted), 1201 - 20);
    assert_eq!(silent[0].read_to_end().await, "", "the first was closed");
    assert!(!silent[1199].task.is_finished(), "the last was not");
    // A connection with a part of a head is idle, too.
    for client in &mut silent[1190..] {
        client.send("GET / HTTP/1.1\r\n").await;
    }
    for _ in 0..20 {
        assert!(server.client().ask("/").await.ends_with("front page"));
    }
}

#[tokio::test(start_paused = true)]
async fn when_all_connections_are_busy_new_ones_are_refused() {
    let server = TestServer::new(Limits { max_connections: 2, ..Limits::default() });
    let mut busy = Vec::new();
    for _ in 0..2 {
        let mut client = server.client();
        client.send("GET /slow HTTP/1.1\r\nHost: a.example\r\n\r\n").await;
        sleep(Duration::from_millis(1)).await;
        busy.push(client);
    }
    assert_eq!(server.connect().err(), Some(Counted::RefusedTotal));
    server.go.notify_one();
    assert!(busy[0].response().await.ends_with("at last"));
    sleep(Duration::from_millis(1)).await;
    assert!(server.connect().is_ok(), "one is idle again");
}

#[tokio::test(start_paused = true)]
async fn clients_that_read_nothing_do_not_block_requests_for_long() {
    let server = TestServer::new(Limits { max_connections: 2, ..Limits::default() });
    let mut stuck = Vec::new();
    for _ in 0..2 {
        let mut client = server.client();
        client.send("GET /large HTTP/1.1\r\nHost: a.example\r\n\r\n").await;
        sleep(Duration::from_secs(1)).await;
        stuck.push(client);
    }
    assert_eq!(server.connect().err(), Some(Counted::RefusedTotal), "they may still begin to read");
    sleep(Duration::from_secs(4)).await;
    let mut client = server.client();
    assert!(client.ask("/").await.ends_with("front page"));
    assert!(stuck[0].task.is_finished() && !stuck[1].task.is_finished(), "the longest stalled one");
    assert_eq!(server.count(Counted::Evicted), 1);
}

#[tokio::test(start_paused = true)]
async fn stopping_waits_only_for_requests_in_progress() {
    let server = TestServer::new(Limits::default());
    let (mut fresh, mut half, mut idle, mut busy) =
        (server.client(), server.client(), server.client(), server.client());
    half.send("GET / HTTP/1.1\r\nHost: a.exa").await;
    idle.ask("/").await;
    busy.send("GET /slow HTTP/1.1\r\nHost: a.example\r\n\r\n").await;
    sleep(Duration::from_millis(1)).await;
    let start = Instant::now();
    server.phase.send_replace(Phase::Stopping);
    for client in [&mut fresh, &mut half, &mut idle] {
        assert_eq!(client.read_to_end().await, "");
    }
    assert_eq!((start.elapsed(), server.registry.counts.open()), (Duration::ZERO, 1));
    server.go.notify_one();
    let last = busy.read_to_end().await;
    assert!(last.contains("connection: close") && last.ends_with("at last"), "{last}");
    // An endless response is cut off at the end.
    let mut endless = server.client();
    endless.send("GET /events HTTP/1.1\r\nHost: a.example\r\n\r\n").await;
    server.phase.send_replace(Phase::Ended);
    endless.task.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_http_of_proxies_and_old_clients_works() {
    let server = TestServer::new(Limits::default());
    // HTTP/1.0 without Host, as from nginx; the connection ends after the response.
    let mut client = server.client();
    client.send("GET /version HTTP/1.0\r\n\r\n").await;
    assert!(client.read_to_end().await.ends_with(&format!("{:?}", Version::HTTP_10)));
    // Pipelined requests are answered in order.
    let mut client = server.client();
    let one = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
    client.send(&format!("{one}HEAD / HTTP/1.1\r\nHost: a.example\r\n\r\n{one}")).await;
    client.send("GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n").await;
    let all = client.read_to_end().await;
    assert_eq!((all.matches("HTTP/1.1 200 OK").count(), all.matches("front page").count()), (4, 3));
    // A body with `Expect: 100-continue`, and a chunked one.
    let mut client = server.client();
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n").await;
    assert_eq!(client.response().await, "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("hello").await;
    assert!(client.response().await.ends_with("hello"));
    client
        .send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nagain\r\n0\r\n\r\n")
        .await;
    assert!(client.response().await.ends_with("again"));
    // A request to upgrade to an unsupported protocol is an ordinary request (RFC 9110 §7.8).
    client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n").await;
    assert!(client.response().await.ends_with("front page"));
    // The rest of an unread request is not read, but the client gets the response.
    let mut client = server.client();
    client.send("POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n").await;
    client.send(&"x".repeat(3 * PIPE)).await;
    let answer = client.read_to_end().await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("not read"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn malformed_requests_are_refused() {
    let server = TestServer::new(Limits::default());
    let long = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(5000));
    let head = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(20_000));
    let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "A: b\r\n".repeat(200));
    for (request, status) in [
        ("GET / HTTP/1.1\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "400"),
        ("GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", "400"),
        ("GET http://a/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "200"),
        ("nonsense\r\n\r\n", "400"),
        (long.as_str(), "414"),
        (head.as_str(), "431"),
        (many.as_str(), "431"),
    ] {
        let mut client = server.client();
        // The server may close before everything is sent.
        let (mut read, mut write) = tokio::io::split(client.stream);
        let sending = async { drop(write.write_all(request.as_bytes()).await) };
        let mut answer = Vec::new();
        let reading = async { drop(read.read_to_end(&mut answer).await) };
        tokio::join!(sending, reading);
        let answer = String::from_utf8_lossy(&answer);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{} {answer}",
            &request[..30.min(request.len())]
        );
        (&mut client.task).await.unwrap();
    }
    assert_eq!((server.count(Counted::BadHost), server.count(Counted::UriTooLong)), (4, 1));
}

/// A listener in memory, which can return errors.
struct InMemory(mpsc::Receiver<io::Result<DuplexStream>>);

impl crate::listen::Accept for InMemory {
    type Stream = DuplexStream;

    async fn accept(&mut self) -> io::Result<(DuplexStream, SocketAddr)> {
        match self.0.recv().await {
            Some(accepted) => Ok((accepted?, "192.0.2.1:4711".parse().unwrap())),
            None => std::future::pending().await,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_to_accept_neither_ends_the_loop_nor_makes_it_spin() {
    let server = TestServer::new(Limits { max_per_network: 1, ..Limits::default() });
    let (sender, receiver) = mpsc::channel(100);
    let accepting =
        super::accept::Acceptor::new(Arc::clone(&server.registry), server.app(), server.phase.subscribe());
    let accepting = tokio::spawn(accepting.accept(InMemory(receiver)));
    let connect = async || {
        let (ours, stream) = duplex(PIPE);
        sender.send(Ok(ours)).await.unwrap();
        stream
    };
    let mut silent = connect().await;
    let start = Instant::now();
    for error in [24, 23, 12] {
        sender.send(Err(io::Error::from_raw_os_error(error))).await.unwrap();
    }
    sender.send(Err(io::ErrorKind::ConnectionAborted.into())).await.unwrap();
    let stream = connect().await;
    let mut client = Client { stream, task: tokio::spawn(async {}) };
    client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(silent.read(&mut [0]).await.unwrap(), 0, "it was evicted");
    assert_eq!((server.count(Counted::NoDescriptors), server.count(Counted::AcceptFailed)), (2, 1));
    assert_eq!(start.elapsed(), Duration::from_secs(1), "each failure is followed by a pause");
    // The only connection of the network is busy, so the next one is refused.
    let mut refused = connect().await;
    let mut refusal = String::new();
    refused.read_to_string(&mut refusal).await.unwrap();
    assert!(refusal.starts_with("HTTP/1.1 503 ") && refusal.contains("\r\nretry-after: 10\r\n"), "{refusal}");
    assert_eq!(server.count(Counted::RefusedNetwork), 1);
    server.go.notify_one();
    assert!(client.response().await.ends_with("at last"));
    server.phase.send_replace(Phase::Stopping);
    accepting.await.unwrap();
}
