//! A small web of invented papers on loopback: each has a feed and the pages that it names.

use std::{
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream},
    sync::Arc,
    thread,
};

use crate::harness;

/// Number of papers, each at its own loopback address.
const PAPERS: u8 = 8;

/// The running web. Its threads end with the process of the test.
pub(crate) struct FakeWeb {
    port: u16,
    articles: usize,
}

impl FakeWeb {
    /// Starts a web of `articles` articles in all, or gives `None` where this machine has no
    /// further loopback addresses (Linux has all of 127.0.0.0/8).
    pub(crate) fn start(articles: usize) -> Option<Self> {
        let (port, listeners) = (0..20).find_map(|_| listeners())?;
        for (paper, listener) in listeners.into_iter().enumerate() {
            let feed = Arc::new(feed(paper, articles));
            thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let feed = Arc::clone(&feed);
                    thread::spawn(move || answer(&stream, &feed));
                }
            });
        }
        Some(Self { port, articles })
    }

    /// The port on which all papers answer.
    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// The URLs of all articles, sorted.
    pub(crate) fn articles(&self) -> Vec<String> {
        let mut urls: Vec<String> = (0..self.articles)
            .map(|number| format!("{}/{}", self.paper(number), page_path(number)))
            .collect();
        urls.sort();
        urls
    }

    /// The list of all feeds as `sources.opml`.
    pub(crate) fn opml(&self) -> String {
        let outlines: String = (0..usize::from(PAPERS))
            .map(|paper| {
                format!("<outline type=\"rss\" text=\"Paper\" xmlUrl=\"{}/feed.xml\"/>\n", self.paper(paper))
            })
            .collect();
        format!("<opml version=\"2.0\"><head><title>Papers</title></head><body>\n{outlines}</body></opml>\n")
    }

    fn paper(&self, number: usize) -> String {
        format!("http://{}:{}", address(number % usize::from(PAPERS)), self.port)
    }
}

fn address(paper: usize) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 77, u8::try_from(paper).unwrap() + 1)
}

/// One listener a paper, all on the same port.
fn listeners() -> Option<(u16, Vec<TcpListener>)> {
    let first = TcpListener::bind(SocketAddrV4::new(address(0), 0)).ok()?;
    let port = first.local_addr().ok()?.port();
    let others =
        (1..usize::from(PAPERS)).map(|paper| TcpListener::bind(SocketAddrV4::new(address(paper), port)));
    let listeners: Result<Vec<_>, _> = std::iter::once(Ok(first)).chain(others).collect();
    listeners.ok().map(|listeners| (port, listeners))
}

fn page_path(number: usize) -> String {
    format!("2026/01/14/story-{number}")
}

fn feed(paper: usize, articles: usize) -> String {
    let items: String = (0..articles)
        .filter(|number| number % usize::from(PAPERS) == paper)
        .map(|number| {
            format!(
                "<item><title>{}</title><link>/{}</link><guid isPermaLink=\"false\">{number}</guid>\
                 <pubDate>Wed, 14 Jan 2026 {:02}:{:02}:00 GMT</pubDate></item>\n",
                harness::headline(number),
                page_path(number),
                number / 60 % 24,
                number % 60
            )
        })
        .collect();
    format!("<rss version=\"2.0\"><channel><title>Paper {paper}</title>\n{items}</channel></rss>")
}

/// Answers one request and closes; what the client does with it is the client's affair.
fn answer(stream: &TcpStream, feed: &str) {
    let mut reader = BufReader::new(stream);
    let mut request = String::new();
    if reader.read_line(&mut request).is_err() {
        return;
    }
    let mut header = String::new();
    while reader.read_line(&mut header).is_ok_and(|read| read > 2) {
        header.clear();
    }
    let path = request.split(' ').nth(1).unwrap_or_default();
    let number = path.rsplit_once("story-").and_then(|(_, number)| number.parse().ok());
    let (status, kind, body) = match (path, number) {
        ("/feed.xml", _) => ("200 OK", "application/rss+xml", feed.to_owned()),
        (_, Some(number)) => ("200 OK", "text/html; charset=utf-8", harness::page(number)),
        _ => ("404 Not Found", "text/plain", "nothing here".to_owned()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    // A client that was killed is no longer there to read.
    let _ = { stream }.write_all(head.as_bytes()).and_then(|()| { stream }.write_all(body.as_bytes()));
}
