//! Polls 5,000 fake sources on loopback: measures the time and the memory of three rounds, and
//! checks that no domain gets more concurrent requests than allowed.
//!
//! `cargo bench -p courant-net --bench round`; `SOURCES`, `PARALLEL` and `ROUNDS` in the
//! environment change the size. The sources answer after 2 to 200 ms; of a hundred, fifty-five
//! answer 304 after the first round, five fail, one sends a byte every half second until the client
//! times out, ten redirect, and the others answer in full.

#![allow(clippy::disallowed_macros, reason = "what is measured is printed")]
#![allow(
    clippy::disallowed_methods,
    reason = "a benchmark is configured by its environment and measures real time"
)]

use std::{
    collections::{BTreeMap, HashMap},
    env, fs,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use courant_model::{Source, SourceKind, SourceState};
use courant_net::{
    Client, ClientConfig, OriginOverride, Response,
    poll_outcome::{FeedSummary, PollOutcome, apply_outcome, poll_request},
    schedule::Bounds,
};
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use url::Url;

/// Sources per registrable domain.
const SOURCES_PER_DOMAIN: usize = 3;
/// Sources of the last domain.
const SOURCES_OF_LAST_DOMAIN: usize = 40;

#[derive(Default)]
struct Counters {
    in_flight: HashMap<String, usize>,
    max: usize,
    requests: usize,
}

type Shared = Arc<Mutex<Counters>>;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("the machine has threads").block_on(run());
}

fn setting(name: &str, default: usize) -> usize {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

async fn run() {
    let (count, parallel, rounds) =
        (setting("SOURCES", 5000), setting("PARALLEL", 128), setting("ROUNDS", 3));
    let counters = Shared::default();
    let origin = serve(Arc::clone(&counters)).await;
    let limit = ClientConfig::default().host_in_flight;
    let client = Client::new(ClientConfig {
        origins: vec![OriginOverride { host: "*".to_owned(), origin }],
        total_timeout: Duration::from_secs(5),
        host_pause: Duration::from_millis(500),
        ..ClientConfig::default()
    })
    .expect("the default configuration is in order");
    let mut states: Vec<SourceState> = (0..count).map(|number| state(number, count)).collect();
    println!("{count} sources, {parallel} at once, {limit} requests a domain, pause 500 ms");
    for round in 1..=rounds {
        let begun = Instant::now();
        let client = &client;
        states =
            stream::iter(states).map(|state| poll(client, state)).buffer_unordered(parallel).collect().await;
        let failed = states.iter().filter(|state| state.failures > 0).count();
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        for error in states.iter().filter_map(|state| state.last_error.as_deref()) {
            // Messages begin with the URL.
            *kinds.entry(error.split_once(": ").map_or(error, |(_, kind)| kind)).or_default() += 1;
        }
        let mut counters = counters.lock().expect("no thread has panicked");
        println!(
            "round {round}: {:.1} s, {} requests, {failed} failed {kinds:?}, at most {} concurrent at one domain, {} MB resident",
            begun.elapsed().as_secs_f64(),
            std::mem::take(&mut counters.requests),
            counters.max,
            resident_mb()
        );
        assert!(counters.max <= limit, "{} concurrent requests", counters.max);
    }
}

fn state(number: usize, count: usize) -> SourceState {
    let domain = if number + SOURCES_OF_LAST_DOMAIN >= count { count } else { number / SOURCES_PER_DOMAIN };
    let url = Url::parse(&format!("http://s{number}.d{domain}.example/feed/{number}")).expect("an address");
    let source = Source { url, kind: SourceKind::Feed, title: None, site: None, tags: Vec::new() };
    SourceState { interval_s: 3600, ..SourceState::never_polled(source, Timestamp::UNIX_EPOCH) }
}

async fn poll(client: &Client, mut state: SourceState) -> SourceState {
    let response = client.get(&poll_request(&state)).await;
    let summary = FeedSummary::default();
    let outcome = match &response {
        Ok(Response::NotModified(response)) => PollOutcome::Unchanged(response),
        Ok(Response::Fetched(response)) => PollOutcome::Read(response, &summary),
        Err(error) => PollOutcome::Failed(error),
    };
    apply_outcome(&mut state, outcome, &Bounds::default(), Timestamp::now(), 0.5);
    state
}

async fn serve(counters: Shared) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback has a free port");
    let address = listener.local_addr().expect("a bound socket has an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let counters = Arc::clone(&counters);
            // An error means that the client has disconnected.
            tokio::spawn(async move { drop(answer(stream, &counters).await) });
        }
    });
    address
}

async fn answer(mut stream: TcpStream, counters: &Mutex<Counters>) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    while !bytes.windows(4).any(|window| window == b"\r\n\r\n") {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
    }
    let head = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
    let host = head.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
    let domain = host.split_once('.').map_or(host, |(_, domain)| domain).to_owned();
    enter(counters, &domain);
    let path = head.split(' ').nth(1).unwrap_or_default();
    let number: usize = path.rsplit('/').next().and_then(|part| part.parse().ok()).unwrap_or(0);
    tokio::time::sleep(Duration::from_millis(2 + (number as u64 * 37) % 199)).await;
    if number % 100 == 60 {
        let done = drip(&mut stream).await;
        leave(counters, &domain);
        return done;
    }
    // Before the last byte, because the client may send its next request before this task
    // continues.
    leave(counters, &domain);
    stream.write_all(reply(number, path, &head).as_bytes()).await?;
    stream.shutdown().await
}

fn enter(counters: &Mutex<Counters>, domain: &str) {
    let mut counters = counters.lock().expect("no thread has panicked");
    counters.requests += 1;
    let count = counters.in_flight.entry(domain.to_owned()).or_default();
    *count += 1;
    let count = *count;
    counters.max = counters.max.max(count);
}

fn leave(counters: &Mutex<Counters>, domain: &str) {
    if let Some(count) = counters.lock().expect("no thread has panicked").in_flight.get_mut(domain) {
        *count -= 1;
    }
}

fn reply(number: usize, path: &str, head: &str) -> String {
    match number % 100 {
        0..=54 if head.contains("if-none-match") => "HTTP/1.1 304 -\r\nConnection: close\r\n\r\n".to_owned(),
        55..=59 => "HTTP/1.1 503 -\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".to_owned(),
        61..=70 if !path.starts_with("/moved/") => format!(
            "HTTP/1.1 302 -\r\nConnection: close\r\nContent-Length: 0\r\nLocation: /moved/{number}\r\n\r\n"
        ),
        _ => {
            let body = "<rss><channel><title>Gauge</title></channel></rss>".repeat(400);
            format!(
                "HTTP/1.1 200 -\r\nConnection: close\r\nETag: \"{number}\"\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
        }
    }
}

async fn drip(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 -\r\nConnection: close\r\n\r\n").await?;
    loop {
        stream.write_all(b"<").await?;
        // Ends when the client disconnects.
        let mut nothing = [0];
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(500)) => {}
            _ = stream.read(&mut nothing) => return Ok(()),
        }
    }
}

/// The resident memory of the process, client and servers together.
fn resident_mb() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").ok();
    pages.and_then(|text| text.split(' ').nth(1)?.parse::<u64>().ok()).unwrap_or(0) * 4096 / 1_000_000
}
