//! A hostile web server for tests: a script controls every byte that it sends.
//!
//! Each path has an [`Answer`]: a head, then steps that send, repeat, pause, wait or hang up. The
//! server speaks enough HTTP/1.1 for a client, listens on loopback at a free port, and counts
//! requests and sent bytes. Pauses use tokio's clock, so they pass at once in tests with a paused
//! clock.
//!
//! ```
//! # async fn example() -> std::io::Result<()> {
//! use courant_testkit::{hostile::{Answer, HostileServer}, packing};
//!
//! let bomb = packing::bomb("gzip", 1 << 30);
//! let server = HostileServer::start([
//!     ("/bomb", Answer::ok().header("Content-Encoding", "gzip").body(&bomb)),
//!     ("/away", Answer::redirect("/bomb")),
//!     ("/endless", Answer::ok().endless(b"<p>")),
//! ])
//! .await?;
//! // … request http://127.0.0.1:{server.address().port()}/away …
//! assert_eq!(server.requests("/away"), 1);
//! # Ok(())
//! # }
//! ```

use std::{
    collections::HashMap,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::sleep,
};

/// Maximum size of a request head, in bytes.
const MAX_HEAD: usize = 64 << 10;

/// One thing that the server does after the head of an answer.
#[derive(Debug, Clone)]
enum Step {
    Send(Vec<u8>),
    /// The same bytes this number of times; endlessly for `None`.
    Repeat(Vec<u8>, Option<usize>),
    Pause(Duration),
    /// Sends nothing more, and waits until the client hangs up.
    Wait,
}

/// The scripted answer for one path.
#[derive(Debug, Clone)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    /// The pause before the head is sent.
    delay: Duration,
    steps: Vec<Step>,
}

impl Answer {
    /// An answer with this status and an empty body. Every answer ends by closing the connection.
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), delay: Duration::ZERO, steps: Vec::new() }
    }

    /// An answer with status 200.
    pub fn ok() -> Self {
        Self::status(200)
    }

    /// A redirect (302) to `location`; it may have a body like any other answer.
    pub fn redirect(location: &str) -> Self {
        Self::status(302).header("Location", location)
    }

    /// Adds a header, which is sent unchanged.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends the head after this delay.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Sends these bytes without `Content-Length`.
    #[must_use]
    pub fn body(self, bytes: &[u8]) -> Self {
        self.step(Step::Send(bytes.to_vec()))
    }

    /// Sends these bytes with `Content-Length`.
    #[must_use]
    pub fn sized_body(self, bytes: &[u8]) -> Self {
        self.header("Content-Length", &bytes.len().to_string()).body(bytes)
    }

    /// Sends these bytes in chunks of `size` bytes (RFC 9112, section 7.1).
    #[must_use]
    pub fn chunked(self, bytes: &[u8], size: usize) -> Self {
        let mut coded = Vec::new();
        for chunk in bytes.chunks(size.max(1)) {
            coded.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            coded.extend_from_slice(chunk);
            coded.extend_from_slice(b"\r\n");
        }
        coded.extend_from_slice(b"0\r\n\r\n");
        self.header("Transfer-Encoding", "chunked").body(&coded)
    }

    /// Sends these bytes in pieces of `size` bytes with a pause after each.
    #[must_use]
    pub fn drip(mut self, bytes: &[u8], size: usize, pause: Duration) -> Self {
        for piece in bytes.chunks(size.max(1)) {
            self = self.body(piece).pause(pause);
        }
        self
    }

    /// Sends these bytes `times` times.
    #[must_use]
    pub fn repeated(self, piece: &[u8], times: usize) -> Self {
        self.step(Step::Repeat(piece.to_vec(), Some(times)))
    }

    /// Sends these bytes repeatedly until the client hangs up.
    #[must_use]
    pub fn endless(self, piece: &[u8]) -> Self {
        self.step(Step::Repeat(piece.to_vec(), None))
    }

    /// Sends nothing for this time.
    #[must_use]
    pub fn pause(self, pause: Duration) -> Self {
        self.step(Step::Pause(pause))
    }

    /// Sends nothing more and keeps the connection until the client hangs up.
    #[must_use]
    pub fn then_wait(self) -> Self {
        self.step(Step::Wait)
    }

    fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}

#[derive(Debug, Default)]
struct State {
    answers: HashMap<String, Answer>,
    /// Number of requests by path.
    requests: HashMap<String, usize>,
    /// Number of body bytes sent by path.
    sent: HashMap<String, u64>,
    heads: Vec<String>,
}

/// The server; it stops when dropped.
#[derive(Debug)]
pub struct HostileServer {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Drop for HostileServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl HostileServer {
    /// Starts at a free port of 127.0.0.1. Paths (including the query) without an answer get 404.
    ///
    /// # Errors
    /// If no port can be opened.
    pub async fn start<P: Into<String>>(answers: impl IntoIterator<Item = (P, Answer)>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let answers = answers.into_iter().map(|(path, answer)| (path.into(), answer)).collect();
        let state = Arc::new(Mutex::new(State { answers, ..State::default() }));
        let task = tokio::spawn(accept(listener, Arc::clone(&state)));
        Ok(Self { address, state, task })
    }

    /// The address and port on which it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sets the answer for this path.
    pub fn set(&self, path: &str, answer: Answer) {
        lock(&self.state).answers.insert(path.to_owned(), answer);
    }

    /// Number of requests for this path.
    pub fn requests(&self, path: &str) -> usize {
        lock(&self.state).requests.get(path).copied().unwrap_or(0)
    }

    /// Number of body bytes sent for this path, including bytes still in the system's buffers.
    pub fn sent(&self, path: &str) -> u64 {
        lock(&self.state).sent.get(path).copied().unwrap_or(0)
    }

    /// The heads of all requests, in order, with any body bytes that arrived together with the
    /// head.
    pub fn heads(&self) -> Vec<String> {
        lock(&self.state).heads.clone()
    }
}

/// Locks the state. A panic of another task leaves it usable, because it has only counts and
/// answers.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, state: Arc<Mutex<State>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            // Many scripts expect the client to hang up.
            let _ = handle(stream, &state).await;
        });
    }
}

async fn handle(mut stream: TcpStream, state: &Mutex<State>) -> io::Result<()> {
    let Some(head) = read_head(&mut stream).await? else { return Ok(()) };
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let answer = {
        let mut state = lock(state);
        *state.requests.entry(path.clone()).or_default() += 1;
        state.heads.push(head);
        state.answers.get(&path).cloned().unwrap_or_else(|| Answer::status(404))
    };
    sleep(answer.delay).await;
    let mut head = format!("HTTP/1.1 {} Hostile\r\nConnection: close\r\n", answer.status);
    for (name, value) in &answer.headers {
        head.extend([name.as_str(), ": ", value.as_str(), "\r\n"]);
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).await?;
    for step in &answer.steps {
        perform(step, &mut stream, state, &path).await?;
    }
    stream.shutdown().await
}

async fn perform(step: &Step, stream: &mut TcpStream, state: &Mutex<State>, path: &str) -> io::Result<()> {
    match step {
        Step::Send(bytes) => send(bytes, stream, state, path).await,
        Step::Repeat(bytes, times) => {
            let mut left = times.unwrap_or(usize::MAX);
            while left > 0 {
                send(bytes, stream, state, path).await?;
                left -= 1;
            }
            Ok(())
        }
        Step::Pause(pause) => {
            stream.flush().await?;
            sleep(*pause).await;
            Ok(())
        }
        Step::Wait => {
            let mut rest = [0; 1024];
            while stream.read(&mut rest).await? > 0 {}
            Ok(())
        }
    }
}

async fn send(bytes: &[u8], stream: &mut TcpStream, state: &Mutex<State>, path: &str) -> io::Result<()> {
    for piece in bytes.chunks(16 << 10) {
        stream.write_all(piece).await?;
        *lock(state).sent.entry(path.to_owned()).or_default() += piece.len() as u64;
    }
    Ok(())
}

/// The head of a request, with any bytes that arrived after it; `None` if the client hung up
/// before.
async fn read_head(stream: &mut TcpStream) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    while !bytes.windows(4).any(|window| window == b"\r\n\r\n") && bytes.len() < MAX_HEAD {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    }
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn request(server: &HostileServer, path: &str) -> String {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: a.example\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn scripts_are_followed_and_counted() {
        let server = HostileServer::start([
            ("/a", Answer::ok().sized_body(b"tides")),
            ("/b", Answer::ok().chunked(b"tides", 2)),
            ("/c", Answer::redirect("/a").drip(b"tides", 1, Duration::ZERO)),
        ])
        .await
        .unwrap();
        assert!(request(&server, "/a").await.ends_with("Content-Length: 5\r\n\r\ntides"));
        assert!(request(&server, "/b").await.ends_with("\r\n\r\n2\r\nti\r\n2\r\nde\r\n1\r\ns\r\n0\r\n\r\n"));
        assert!(request(&server, "/c").await.starts_with("HTTP/1.1 302"));
        assert!(request(&server, "/d").await.starts_with("HTTP/1.1 404"));
        assert_eq!((server.requests("/a"), server.sent("/c"), server.heads().len()), (1, 5, 4));
    }

    #[tokio::test]
    async fn an_endless_answer_ends_when_the_client_hangs_up() {
        let server = HostileServer::start([("/", Answer::ok().endless(&[b' '; 1000]))]).await.unwrap();
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        let mut piece = vec![0; 100_000];
        stream.read_exact(&mut piece).await.unwrap();
        drop(stream);
        assert!(server.sent("/") >= 90_000);
    }
}
