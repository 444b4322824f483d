//! The web server as clients see it: where it listens, whom it refuses, how it stops.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::net::UnixStream,
    process::{Child, Command, Stdio},
};

use crate::harness::TestSite;

/// A running `courant serve`, and its output so far.
struct Running {
    process: Child,
    said: String,
}

impl Running {
    fn start(test_site: &TestSite, listen: &str) -> Self {
        let mut process = test_site
            .command(&["serve", "--listen", listen])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut said).unwrap();
        Self { process, said }
    }

    fn port(&self) -> u16 {
        self.said.trim().rsplit_once(':').unwrap().1.parse().unwrap()
    }

    /// Stops it, and gives what it has logged.
    fn stop(mut self) -> String {
        assert!(Command::new("kill").arg(self.process.id().to_string()).status().unwrap().success());
        assert!(self.process.wait().unwrap().success());
        let mut log = String::new();
        self.process.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        log
    }
}

fn ask(mut stream: impl Read + Write, request: &str) -> String {
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nHost: news.example\r\nConnection: close\r\n\r\n";

#[test]
fn it_listens_on_names_and_on_unix_sockets() {
    let test_site = TestSite::new();
    let running = Running::start(&test_site, "localhost:0");
    assert!(running.said.contains(" on http://localhost:"), "{}", running.said);
    let stream = TcpStream::connect(("localhost", running.port())).unwrap();
    assert!(ask(stream, HEALTH).starts_with("HTTP/1.1 200 "));
    running.stop();
    let path = test_site.site().join("news.sock");
    let running = Running::start(&test_site, &format!("unix:{}", path.display()));
    assert!(ask(UnixStream::connect(&path).unwrap(), HEALTH).starts_with("HTTP/1.1 200 "));
    running.stop();
    assert!(!path.exists(), "the socket goes with the program");
    let refused = test_site.run(&["serve", "--listen", "8080"]);
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(
        !refused.status.success() && told.contains("invalid listen address \"8080\": expected "),
        "{told}"
    );
}

#[test]
fn a_half_open_client_does_not_delay_the_end() {
    let test_site = TestSite::new();
    let running = Running::start(&test_site, "127.0.0.1:0");
    let mut half = TcpStream::connect(("127.0.0.1", running.port())).unwrap();
    half.write_all(b"GET / HTTP/1.1\r\nHost: news").unwrap();
    let stream = TcpStream::connect(("127.0.0.1", running.port())).unwrap();
    assert!(ask(stream, HEALTH).starts_with("HTTP/1.1 200 "));
    let log = running.stop();
    assert!(!log.contains("cut off"), "{log}");
    drop(half);
}

#[test]
fn hubs_are_answered_only_where_they_are_asked() {
    let test_site = TestSite::new();
    let push = "POST /websub/nonexistent HTTP/1.1\r\nHost: news.example\r\nContent-Length: 10000000\r\n\r\n";
    for (subscribe, status) in [(true, 404), (false, 405)] {
        let config = test_site.site().join("courant.toml");
        let text = fs::read_to_string(&config).unwrap();
        let line = format!("subscribe = {subscribe}");
        let text = text.replace("subscribe = true", &line).replace("subscribe = false", &line);
        fs::write(&config, text).unwrap();
        let running = Running::start(&test_site, "127.0.0.1:0");
        let stream = TcpStream::connect(("127.0.0.1", running.port())).unwrap();
        // Nothing of the body is sent, and the answer is there.
        let answer = ask(stream, push);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        running.stop();
    }
}
