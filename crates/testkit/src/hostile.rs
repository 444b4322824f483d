//! A web server that means no good, for tests: it sends what its script says, byte by byte where need be.
//!
//! Each path has an [`Answer`]: a head, then steps that send, repeat, pause, wait or hang up. The server speaks
//! HTTP/1.1 as far as a client notices, listens on loopback at a free port, and counts what it was asked and what it
//! could send. Pauses follow tokio's clock, so they pass at once in tests with a paused clock.
//!
//! ```
//! # async fn example() -> std::io::Result<()> {
//! use courant_testkit::{hostile::{Answer, HostileServer}, packing};
//!
//! let server = HostileServer::start([
//!     ("/bomb", Answer::ok().header("Content-Encoding", "gzip").body(&packing::bomb("gzip", 1 << 30))),
//!     ("/away", Answer::redirect("/bomb")),
//!     ("/endless", Answer::ok().endless(b"<p>")),
//! ])
//! .await?;
//! // … ask http://127.0.0.1:{server.address().port()}/away …
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

/// The longest head of a request that is read, in bytes.
const MAX_HEAD: usize = 64 << 10;

/// One thing that the server does after the head of an answer.
#[derive(Debug, Clone)]
enum Step {
    Send(Vec<u8>),
    /// The same bytes so many times; without end where `None`.
    Repeat(Vec<u8>, Option<usize>),
    Pause(Duration),
    /// Says nothing more, and waits until the client hangs up.
    Wait,
}

/// What the server answers at one path.
#[derive(Debug, Clone)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    /// Before the head is sent.
    delay: Duration,
    steps: Vec<Step>,
}

impl Answer {
    /// An answer with this status and no body so far. Every answer ends by closing the connection.
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), delay: Duration::ZERO, steps: Vec::new() }
    }

    /// An answer of 200.
    pub fn ok() -> Self {
        Self::status(200)
    }

    /// A redirect to `location`, whose body may be given as for any other answer.
    pub fn redirect(location: &str) -> Self {
        Self::status(302).header("Location", location)
    }

    /// With this header, which is sent as it is.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The head comes after this time.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// With these bytes, without saying how many.
    #[must_use]
    pub fn body(self, bytes: &[u8]) -> Self {
        self.step(Step::Send(bytes.to_vec()))
    }

    /// With these bytes and `Content-Length`.
    #[must_use]
    pub fn sized_body(self, bytes: &[u8]) -> Self {
        self.header("Content-Length", &bytes.len().to_string()).body(bytes)
    }

    /// With these bytes in chunks of `size` bytes (RFC 9112, section 7.1).
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

    /// With these bytes, `size` at a time and a pause after each.
    #[must_use]
    pub fn drip(mut self, bytes: &[u8], size: usize, pause: Duration) -> Self {
        for piece in bytes.chunks(size.max(1)) {
            self = self.body(piece).pause(pause);
        }
        self
    }

    /// With these bytes so many times.
    #[must_use]
    pub fn repeated(self, piece: &[u8], times: usize) -> Self {
        self.step(Step::Repeat(piece.to_vec(), Some(times)))
    }

    /// With these bytes again and again until the client hangs up.
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
    /// By path.
    requests: HashMap<String, usize>,
    sent: HashMap<String, u64>,
    heads: Vec<String>,
}

/// The server; ends when dropped.
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
    /// Starts at a free port of 127.0.0.1. Paths (with their queries) without an answer give 404.
    ///
    /// # Errors
    /// Where no port can be had.
    pub async fn start<P: Into<String>>(answers: impl IntoIterator<Item = (P, Answer)>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let answers = answers.into_iter().map(|(path, answer)| (path.into(), answer)).collect();
        let state = Arc::new(Mutex::new(State { answers, ..State::default() }));
        let task = tokio::spawn(accept(listener, Arc::clone(&state)));
        Ok(Self { address, state, task })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers this path so from now on.
    pub fn set(&self, path: &str, answer: Answer) {
        lock(&self.state).answers.insert(path.to_owned(), answer);
    }

    /// How often this path was asked for.
    pub fn requests(&self, path: &str) -> usize {
        lock(&self.state).requests.get(path).copied().unwrap_or(0)
    }

    /// How many bytes of bodies went out for this path: those that the client or the system between took.
    pub fn sent(&self, path: &str) -> u64 {
        lock(&self.state).sent.get(path).copied().unwrap_or(0)
    }

    /// The heads of all requests, in their order, and the bodies as far as they came with them.
    pub fn heads(&self) -> Vec<String> {
        lock(&self.state).heads.clone()
    }
}

/// What a panic of one test's task left is as good as ever: counts and answers.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, state: Arc<Mutex<State>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            // A client that hangs up is what many scripts wait for.
            let _ = converse(stream, &state).await;
        });
    }
}

async fn converse(mut stream: TcpStream, state: &Mutex<State>) -> io::Result<()> {
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

/// The head of a request, with what came with it; `None` where the client hung up before.
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

    async fn asked(server: &HostileServer, path: &str) -> String {
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
        assert!(asked(&server, "/a").await.ends_with("Content-Length: 5\r\n\r\ntides"));
        assert!(asked(&server, "/b").await.ends_with("\r\n\r\n2\r\nti\r\n2\r\nde\r\n1\r\ns\r\n0\r\n\r\n"));
        assert!(asked(&server, "/c").await.starts_with("HTTP/1.1 302"));
        assert!(asked(&server, "/d").await.starts_with("HTTP/1.1 404"));
        assert_eq!((server.requests("/a"), server.sent("/c"), server.heads().len()), (1, 5, 4));
    }

    #[tokio::test]
    async fn an_endless_answer_ends_with_its_client() {
        let server = HostileServer::start([("/", Answer::ok().endless(&[b' '; 1000]))]).await.unwrap();
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        let mut piece = vec![0; 100_000];
        stream.read_exact(&mut piece).await.unwrap();
        drop(stream);
        assert!(server.sent("/") >= 90_000);
    }
}
