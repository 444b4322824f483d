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

/// How much a stream holds in each direction, in bytes.
const PIPE: usize = 4096;
const LARGE: usize = 100_000;

struct Front {
    registry: Arc<Registry>,
    phase: watch::Sender<Phase>,
    /// Lets the request for `/slow` be answered.
    go: Arc<Notify>,
}

struct Client {
    stream: DuplexStream,
    task: JoinHandle<()>,
}

impl Front {
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
        let place = self.registry.admit(peer.ip())?;
        let (ours, stream) = duplex(PIPE);
        let task = tokio::spawn(serve_connection(ours, peer, place, self.app(), self.phase.subscribe()));
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
        self.answer().await
    }

    /// An answer of known length.
    async fn answer(&mut self) -> String {
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
            let byte = self.stream.read_u8().await.expect("the answer goes on");
            read.push(byte);
        }
    }

    /// What is left until the server closes.
    async fn rest(&mut self) -> String {
        let mut read = Vec::new();
        // A connection that is dropped is an end as well.
        let _ = self.stream.read_to_end(&mut read).await;
        String::from_utf8_lossy(&read).into_owned()
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_is_closed_after_ten_seconds() {
    let front = Front::new(Limits::default());
    let start = Instant::now();
    let mut client = front.client();
    assert_eq!(client.rest().await, "");
    assert_eq!(start.elapsed().as_secs(), 10);
    assert_eq!((front.count(Counted::IdleTimeout), front.count(Counted::HeadTimeout)), (1, 0));
    client.task.await.unwrap();
    assert_eq!(front.registry.counts.open(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_drips_is_given_ten_seconds_in_all() {
    let front = Front::new(Limits::default());
    let mut client = front.client();
    sleep(Duration::from_secs(9)).await;
    let start = Instant::now();
    client.send("GET / HTTP/1.1\r\n").await;
    while !client.task.is_finished() {
        sleep(Duration::from_secs(2)).await;
        // Once it is closed, writing fails.
        let _ = client.stream.write_all(b"X-A: b\r\n").await;
    }
    assert!((10..=12).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    assert_eq!(front.count(Counted::HeadTimeout), 1);
}

#[tokio::test(start_paused = true)]
async fn between_requests_a_client_may_rest_longer() {
    let front = Front::new(Limits::default());
    let mut client = front.client();
    for _ in 0..3 {
        assert!(client.ask("/").await.ends_with("front page"));
        sleep(Duration::from_secs(70)).await;
    }
    let start = Instant::now();
    assert!(client.ask("/").await.ends_with("front page"));
    assert_eq!(client.rest().await, "");
    assert_eq!(start.elapsed().as_secs(), 75);
    assert_eq!((front.count(Counted::IdleTimeout), front.count(Counted::HeadTimeout)), (1, 0));
    // The beginning of a second request is bounded like that of the first.
    let mut client = front.client();
    client.ask("/").await;
    sleep(Duration::from_secs(30)).await;
    let start = Instant::now();
    client.send("GET / HT").await;
    assert_eq!(client.rest().await, "");
    assert_eq!((start.elapsed().as_secs(), front.count(Counted::HeadTimeout)), (10, 1));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_nothing_is_closed_and_one_that_reads_slowly_is_not() {
    let front = Front::new(Limits::default());
    let mut stuck = front.client();
    stuck.send("GET /large HTTP/1.1\r\nHost: a.example\r\n\r\n").await;
    let start = Instant::now();
    (&mut stuck.task).await.unwrap();
    assert_eq!((start.elapsed().as_secs(), front.count(Counted::WriteTimeout)), (30, 1));
    let got = stuck.rest().await;
    assert!(got.starts_with("HTTP/1.1 200") && got.len() <= PIPE, "{} bytes", got.len());

    let mut slow = front.client();
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
    assert_eq!(front.count(Counted::WriteTimeout), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stream_with_nothing_to_say_is_not_stalled() {
    let front = Front::new(Limits::default());
    let mut client = front.client();
    client.send("GET /events HTTP/1.1\r\nHost: a.example\r\n\r\n").await;
    let mut got = String::new();
    while got.matches("event\n").count() < 3 {
        let byte = client.stream.read_u8().await.expect("it goes on");
        got.push(byte.into());
    }
    assert_eq!(front.registry.counts.open(), 1);
    assert_eq!(front.count(Counted::WriteTimeout) + front.count(Counted::IdleTimeout), 0);
}

#[tokio::test(start_paused = true)]
async fn silent_connections_never_keep_a_request_out() {
    let front = Front::new(Limits { max_connections: 20, ..Limits::default() });
    let mut silent = Vec::new();
    for _ in 0..1200 {
        silent.push(front.client());
    }
    let mut client = front.client();
    assert!(client.ask("/").await.ends_with("front page"));
    front.registry.closings().await;
    assert!(front.registry.counts.open() <= 20 + 32, "{}", front.registry.counts.open());
    assert_eq!(front.count(Counted::Evicted), 1201 - 20);
    assert_eq!(silent[0].rest().await, "", "the first was closed");
    assert!(!silent[1199].task.is_finished(), "the last was not");
    // Half a head waits like none.
    for client in &mut silent[1190..] {
        client.send("GET / HTTP/1.1\r\n").await;
    }
    for _ in 0..20 {
        assert!(front.client().ask("/").await.ends_with("front page"));
    }
}

#[tokio::test(start_paused = true)]
async fn where_all_are_busy_the_new_one_is_refused() {
    let front = Front::new(Limits { max_connections: 2, ..Limits::default() });
    let mut busy = Vec::new();
    for _ in 0..2 {
        let mut client = front.client();
        client.send("GET /slow HTTP/1.1\r\nHost: a.example\r\n\r\n").await;
        sleep(Duration::from_millis(1)).await;
        busy.push(client);
    }
    assert_eq!(front.connect().err(), Some(Counted::RefusedTotal));
    front.go.notify_one();
    assert!(busy[0].answer().await.ends_with("at last"));
    sleep(Duration::from_millis(1)).await;
    assert!(front.connect().is_ok(), "one waits again");
}

#[tokio::test(start_paused = true)]
async fn clients_that_read_nothing_keep_no_request_out_for_long() {
    let front = Front::new(Limits { max_connections: 2, ..Limits::default() });
    let mut stuck = Vec::new();
    for _ in 0..2 {
        let mut client = front.client();
        client.send("GET /large HTTP/1.1\r\nHost: a.example\r\n\r\n").await;
        sleep(Duration::from_secs(1)).await;
        stuck.push(client);
    }
    assert_eq!(front.connect().err(), Some(Counted::RefusedTotal), "they may begin to read yet");
    sleep(Duration::from_secs(4)).await;
    let mut client = front.client();
    assert!(client.ask("/").await.ends_with("front page"));
    assert!(stuck[0].task.is_finished() && !stuck[1].task.is_finished(), "the one that was stuck longest");
    assert_eq!(front.count(Counted::Evicted), 1);
}

#[tokio::test(start_paused = true)]
async fn stopping_waits_for_answers_alone() {
    let front = Front::new(Limits::default());
    let (mut fresh, mut half, mut idle, mut busy) =
        (front.client(), front.client(), front.client(), front.client());
    half.send("GET / HTTP/1.1\r\nHost: a.exa").await;
    idle.ask("/").await;
    busy.send("GET /slow HTTP/1.1\r\nHost: a.example\r\n\r\n").await;
    sleep(Duration::from_millis(1)).await;
    let start = Instant::now();
    front.phase.send_replace(Phase::Stopping);
    for client in [&mut fresh, &mut half, &mut idle] {
        assert_eq!(client.rest().await, "");
    }
    assert_eq!((start.elapsed(), front.registry.counts.open()), (Duration::ZERO, 1));
    front.go.notify_one();
    let last = busy.rest().await;
    assert!(last.contains("connection: close") && last.ends_with("at last"), "{last}");
    // What never ends is cut off when the time is over.
    let mut endless = front.client();
    endless.send("GET /events HTTP/1.1\r\nHost: a.example\r\n\r\n").await;
    front.phase.send_replace(Phase::Ended);
    endless.task.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn http_works_as_proxies_and_old_clients_speak_it() {
    let front = Front::new(Limits::default());
    // HTTP/1.0 without Host, as nginx asks; the connection ends with the answer.
    let mut client = front.client();
    client.send("GET /version HTTP/1.0\r\n\r\n").await;
    assert!(client.rest().await.ends_with(&format!("{:?}", Version::HTTP_10)));
    // Pipelined requests are answered in their order.
    let mut client = front.client();
    let one = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
    client.send(&format!("{one}HEAD / HTTP/1.1\r\nHost: a.example\r\n\r\n{one}")).await;
    client.send("GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n").await;
    let all = client.rest().await;
    assert_eq!((all.matches("HTTP/1.1 200 OK").count(), all.matches("front page").count()), (4, 3));
    // A body that is waited for with 100-continue, and one in chunks.
    let mut client = front.client();
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n").await;
    assert_eq!(client.answer().await, "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("hello").await;
    assert!(client.answer().await.ends_with("hello"));
    client
        .send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nagain\r\n0\r\n\r\n")
        .await;
    assert!(client.answer().await.ends_with("again"));
    // An upgrade that nobody offers is an ordinary request (RFC 9110 §7.8).
    client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n").await;
    assert!(client.answer().await.ends_with("front page"));
    // What a client still sends is not read, but it sees the answer.
    let mut client = front.client();
    client.send("POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n").await;
    client.send(&"x".repeat(3 * PIPE)).await;
    let answer = client.rest().await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("not read"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_one_request_to_one_host_is_refused() {
    let front = Front::new(Limits::default());
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
        let mut client = front.client();
        // The server may close before all is sent.
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
    assert_eq!((front.count(Counted::BadHost), front.count(Counted::AddressTooLong)), (4, 1));
}

/// A listener in memory, which runs out of descriptors at times.
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
async fn no_failure_to_accept_ends_the_loop_or_makes_it_spin() {
    let front = Front::new(Limits { max_per_network: 1, ..Limits::default() });
    let (sender, receiver) = mpsc::channel(100);
    let accepting =
        super::accept::Front::new(Arc::clone(&front.registry), front.app(), front.phase.subscribe());
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
    assert_eq!(silent.read(&mut [0]).await.unwrap(), 0, "it made room");
    assert_eq!((front.count(Counted::NoDescriptors), front.count(Counted::AcceptFailed)), (2, 1));
    assert_eq!(start.elapsed(), Duration::from_secs(1), "each failure is followed by a pause");
    // The network's one connection is busy: the next is told to come again.
    let mut refused = connect().await;
    let mut told = String::new();
    refused.read_to_string(&mut told).await.unwrap();
    assert!(told.starts_with("HTTP/1.1 503 ") && told.contains("\r\nretry-after: 10\r\n"), "{told}");
    assert_eq!(front.count(Counted::RefusedNetwork), 1);
    front.go.notify_one();
    assert!(client.answer().await.ends_with("at last"));
    front.phase.send_replace(Phase::Stopping);
    accepting.await.unwrap();
}
