//! A scripted HTTP server that controls every byte it sends.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    fmt::Write as _,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// An address that is never allowed; a connection to it is a violation.
pub(crate) const FORBIDDEN: Ipv4Addr = Ipv4Addr::LOCALHOST;
/// Stands for a public address.
pub(crate) const PUBLIC: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// Stands for an address in the owner's own network.
pub(crate) const OWN: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);
/// The address of the scripted hosts.
pub(crate) const SCRIPTED: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 4);

#[derive(Debug, Clone)]
pub(crate) enum Body {
    Whole(Vec<u8>),
    /// The same piece `times` times.
    Repeated {
        piece: Vec<u8>,
        times: usize,
    },
    /// One byte a second, without end.
    Drip,
}

#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Body,
    pub(crate) delay: Duration,
}

impl Reply {
    pub(crate) fn plain(status: u16, body: &str) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Body::Whole(body.as_bytes().to_vec()),
            delay: Duration::ZERO,
        }
    }
}

/// A request that the server received.
#[derive(Debug, Clone)]
pub(crate) struct ReceivedRequest {
    pub(crate) method: String,
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
    /// The time of the fake clock, in seconds since 1970.
    pub(crate) at: i64,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    /// The next replies in order, each with its path (or URL).
    pub(crate) script: VecDeque<(String, Reply)>,
    /// Replies that may be requested at any time, by path.
    pub(crate) routes: HashMap<String, Reply>,
    pub(crate) requests: Vec<ReceivedRequest>,
    /// The local addresses of all connections, in order.
    pub(crate) connections: Vec<IpAddr>,
    /// Number of body bytes sent.
    pub(crate) written: u64,
    in_flight: HashMap<String, usize>,
    pub(crate) max_in_flight: usize,
}

#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) state: Arc<Mutex<State>>,
    pub(crate) port: u16,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Server {
    pub(crate) async fn start(clock: Arc<AtomicI64>) -> Self {
        let (port, listeners) = listeners().await;
        let state = Arc::new(Mutex::new(State::default()));
        let tasks = listeners
            .into_iter()
            .map(|listener| tokio::spawn(accept(listener, Arc::clone(&state), Arc::clone(&clock))))
            .collect();
        Self { state, port, tasks }
    }
}

/// Listeners at one port that is free at all four addresses.
async fn listeners() -> (u16, Vec<TcpListener>) {
    for _ in 0..50 {
        let first = TcpListener::bind((FORBIDDEN, 0)).await.unwrap();
        let port = first.local_addr().unwrap().port();
        let mut all = vec![first];
        for address in [PUBLIC, OWN, SCRIPTED] {
            if let Ok(listener) = TcpListener::bind((address, port)).await {
                all.push(listener);
            }
        }
        if all.len() == 4 {
            return (port, all);
        }
    }
    panic!("no port is free at all four loopback addresses");
}

async fn accept(listener: TcpListener, state: Arc<Mutex<State>>, clock: Arc<AtomicI64>) {
    let address: SocketAddr = listener.local_addr().unwrap();
    while let Ok((stream, _)) = listener.accept().await {
        state.lock().unwrap().connections.push(address.ip());
        let (state, clock) = (Arc::clone(&state), Arc::clone(&clock));
        tokio::spawn(async move {
            // Some scenarios expect the client to hang up.
            let _ = answer(stream, &state, &clock).await;
        });
    }
}

async fn answer(mut stream: TcpStream, state: &Mutex<State>, clock: &AtomicI64) -> std::io::Result<()> {
    let Some(request) = read_request(&mut stream, clock).await? else { return Ok(()) };
    let host = request.host.clone();
    let reply = {
        let mut state = state.lock().unwrap();
        let count = state.in_flight.entry(host.clone()).or_default();
        *count += 1;
        let count = *count;
        state.max_in_flight = state.max_in_flight.max(count);
        reply_to(&mut state, request)
    };
    tokio::time::sleep(reply.delay).await;
    let done = send(&mut stream, &reply, state).await;
    if let Some(count) = state.lock().unwrap().in_flight.get_mut(&host) {
        *count -= 1;
    }
    done
}

fn reply_to(state: &mut State, request: ReceivedRequest) -> Reply {
    let full_url = format!("http://{}{}", request.host, request.path);
    let is_next = state.script.front().is_some_and(|(url, _)| *url == request.path || *url == full_url);
    let path = request.path.clone();
    state.requests.push(request);
    if is_next && let Some((_, reply)) = state.script.pop_front() {
        return reply;
    }
    state.routes.get(&path).cloned().unwrap_or_else(|| Reply::plain(404, ""))
}

async fn read_request(stream: &mut TcpStream, clock: &AtomicI64) -> std::io::Result<Option<ReceivedRequest>> {
    let mut bytes = Vec::new();
    let end = loop {
        let mut piece = [0; 4096];
        let count = stream.read(&mut piece).await?;
        if count == 0 {
            return Ok(None);
        }
        bytes.extend_from_slice(&piece[..count]);
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next().unwrap_or_default().split(' ');
    let (method, path) =
        (first.next().unwrap_or_default().to_owned(), first.next().unwrap_or_default().to_owned());
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length: usize = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = bytes[end + 4..].to_vec();
    while body.len() < length {
        let mut piece = [0; 4096];
        let count = stream.read(&mut piece).await?;
        if count == 0 {
            break;
        }
        body.extend_from_slice(&piece[..count]);
    }
    let host = headers.get("host").cloned().unwrap_or_default();
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(Some(ReceivedRequest { method, host, path, headers, body, at: clock.load(Ordering::SeqCst) }))
}

async fn send(stream: &mut TcpStream, reply: &Reply, state: &Mutex<State>) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {} Scripted\r\nConnection: close\r\n", reply.status);
    for (name, value) in &reply.headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    let states_length = reply.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    if let (Body::Whole(body), false, true) = (&reply.body, states_length, reply.status != 304) {
        let _ = write!(head, "Content-Length: {}\r\n", body.len());
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).await?;
    let wrote = |count: usize| state.lock().unwrap().written += count as u64;
    match &reply.body {
        Body::Whole(body) => {
            stream.write_all(body).await?;
            wrote(body.len());
        }
        Body::Repeated { piece, times } => {
            for _ in 0..*times {
                stream.write_all(piece).await?;
                wrote(piece.len());
            }
        }
        Body::Drip => loop {
            stream.write_all(b"<").await?;
            stream.flush().await?;
            wrote(1);
            tokio::time::sleep(Duration::from_secs(1)).await;
        },
    }
    stream.shutdown().await
}

/// Sends one request to `address` and returns status and body.
pub(crate) async fn request(address: SocketAddr, head: &str, body: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "{head}\r\nHost: desk.example\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    (status, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}
