//! A round of polls over 5,000 invented sources on loopback: how long it takes, whether any domain ever gets more
//! requests at once than allowed, and whether memory stays flat over three rounds.
//!
//! `cargo bench -p courant-net --bench round`; `SOURCES`, `PARALLEL` and `ROUNDS` in the environment change the size.
//! The sources answer after 2 to 200 ms; of a hundred, fifty-five say 304 once they were read, five fail, one
//! drips a byte every half second until the client's patience ends, ten redirect, and the rest answers in full.

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
    Answer, Client, ClientConfig, OriginOverride,
    schedule::Bounds,
    visit::{Reading, Visit, request_of, settle},
};
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use url::Url;

/// Every so many sources share one registrable domain; the last domain has forty.
const SHARED: usize = 3;
const CROWDED: usize = 40;

#[derive(Default)]
struct Watch {
    in_flight: HashMap<String, usize>,
    most: usize,
    requests: usize,
}

type Shared = Arc<Mutex<Watch>>;

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
    let watch = Shared::default();
    let origin = serve(Arc::clone(&watch)).await;
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
            // Messages begin with the place.
            *kinds.entry(error.split_once(": ").map_or(error, |(_, kind)| kind)).or_default() += 1;
        }
        let mut watch = watch.lock().expect("no thread has panicked");
        println!(
            "round {round}: {:.1} s, {} requests, {failed} failed {kinds:?}, at most {} at once at one domain, {} MB resident",
            begun.elapsed().as_secs_f64(),
            std::mem::take(&mut watch.requests),
            watch.most,
            resident_mb()
        );
        assert!(watch.most <= limit, "{} requests at once", watch.most);
    }
}

fn state(number: usize, count: usize) -> SourceState {
    let domain = if number + CROWDED >= count { count } else { number / SHARED };
    let url = Url::parse(&format!("http://s{number}.d{domain}.example/feed/{number}")).expect("an address");
    let source = Source { url, kind: SourceKind::Feed, title: None, site: None, tags: Vec::new() };
    SourceState { interval_s: 3600, ..SourceState::unasked(source, Timestamp::UNIX_EPOCH) }
}

async fn poll(client: &Client, mut state: SourceState) -> SourceState {
    let answer = client.get(&request_of(&state)).await;
    let reading = Reading::default();
    let visit = match &answer {
        Ok(Answer::NotModified(answer)) => Visit::Unchanged(answer),
        Ok(Answer::Fetched(answer)) => Visit::Read(answer, &reading),
        Err(error) => Visit::Failed(error),
    };
    settle(&mut state, visit, &Bounds::default(), Timestamp::now(), 0.5);
    state
}

async fn serve(watch: Shared) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback has a free port");
    let address = listener.local_addr().expect("a bound socket has an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let watch = Arc::clone(&watch);
            // A client that hangs up ends the exchange; that is all there is to say.
            tokio::spawn(async move { drop(answer(stream, &watch).await) });
        }
    });
    address
}

async fn answer(mut stream: TcpStream, watch: &Mutex<Watch>) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    while !bytes.windows(4).any(|window| window == b"\r\n\r\n") {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
    }
    let head = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
    let host = head.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
    let domain = host.split_once('.').map_or(host, |(_, domain)| domain).to_owned();
    enter(watch, &domain);
    let path = head.split(' ').nth(1).unwrap_or_default();
    let number: usize = path.rsplit('/').next().and_then(|part| part.parse().ok()).unwrap_or(0);
    tokio::time::sleep(Duration::from_millis(2 + (number as u64 * 37) % 199)).await;
    if number % 100 == 60 {
        let done = drip(&mut stream).await;
        leave(watch, &domain);
        return done;
    }
    // Before the last byte: whoever has read it may ask again before this task goes on.
    leave(watch, &domain);
    stream.write_all(reply(number, path, &head).as_bytes()).await?;
    stream.shutdown().await
}

fn enter(watch: &Mutex<Watch>, domain: &str) {
    let mut watch = watch.lock().expect("no thread has panicked");
    watch.requests += 1;
    let count = watch.in_flight.entry(domain.to_owned()).or_default();
    *count += 1;
    let count = *count;
    watch.most = watch.most.max(count);
}

fn leave(watch: &Mutex<Watch>, domain: &str) {
    if let Some(count) = watch.lock().expect("no thread has panicked").in_flight.get_mut(domain) {
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
        // A client that hangs up is seen at once, and no longer counted as being here.
        let mut nothing = [0];
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(500)) => {}
            _ = stream.read(&mut nothing) => return Ok(()),
        }
    }
}

/// The memory that the process holds, client and servers together.
fn resident_mb() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").ok();
    pages.and_then(|text| text.split(' ').nth(1)?.parse::<u64>().ok()).unwrap_or(0) * 4096 / 1_000_000
}
