//! Seeds that were cut, spliced, repeated and flipped: no reader panics, hangs or grows beyond its
//! input.
//!
//! A bounded replacement for the fuzz targets in `fuzz/`, with the same seeds.
//! `COURANT_FUZZ_ROUNDS` raises the number of mutations for each seed; the mutations are the same
//! in every run.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use courant_formats::{encoding, feed, opml, record, warc, xml::Document};
use url::Url;

/// Default number of mutations of each seed.
const ROUNDS: u64 = 200;
/// Maximum time for reading one of these small inputs.
const MAX_TIME: Duration = Duration::from_secs(5);

/// A small generator with a fixed start (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap()
    }

    fn mutate(&mut self, seed: &[u8], other: &[u8]) -> Vec<u8> {
        const TOKENS: [&str; 13] = [
            "<",
            ">",
            "&",
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
            "&#x0;",
            "\0",
            "\"",
            "xmlns:a='b'",
            "</",
            "\r\n\r\n",
        ];
        let mut bytes = seed.to_vec();
        for _ in 0..=self.below(6) {
            let at = self.below(bytes.len() + 1);
            let end = (at + self.below(40)).min(bytes.len());
            match self.below(7) {
                0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                1 => drop(bytes.drain(at..end)),
                2 => bytes.truncate(at),
                3 => drop(bytes.splice(at..at, TOKENS[self.below(TOKENS.len())].bytes())),
                4 => {
                    let piece = bytes[at..end].repeat(1 + self.below(50));
                    drop(bytes.splice(at..at, piece));
                }
                5 => {
                    let from = self.below(other.len() + 1);
                    let to = (from + self.below(60)).min(other.len());
                    drop(bytes.splice(at..end, other[from..to].iter().copied()));
                }
                _ => bytes.insert(at, self.below(256) as u8),
            }
        }
        bytes
    }
}

/// Reads every seed of a reader and its mutations.
fn try_out(reader: &str, read: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(reader);
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let seeds: Vec<Vec<u8>> = paths.iter().map(|path| fs::read(path).unwrap()).collect();
    assert!(!seeds.is_empty());
    let rounds = std::env::var("COURANT_FUZZ_ROUNDS").ok().and_then(|rounds| rounds.parse().ok());
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    for seed in &seeds {
        read(seed);
        for _ in 0..rounds.unwrap_or(ROUNDS) {
            let other = &seeds[dice.below(seeds.len())];
            let bytes = dice.mutate(seed, other);
            let start = Instant::now();
            read(&bytes);
            assert!(start.elapsed() < MAX_TIME, "slow: {:?}", String::from_utf8_lossy(&bytes));
        }
    }
}

#[test]
fn feeds() {
    let context = feed::FeedContext { base_url: Some("https://lake.example/n/"), ..Default::default() };
    try_out("feed", |bytes| {
        let result = feed::parse(bytes, &context);
        let answer = feed::neutral(&result, &serde_json::Value::Null);
        assert!(answer.to_string().len() < 64 * 1024 + 100 * bytes.len());
        if let Ok(feed) = &result {
            assert_eq!(feed::entry_keys(&feed.entries).len(), feed.entries.len());
        }
    });
}

#[test]
fn lists() {
    try_out("opml", |bytes| {
        if let Ok(list) = opml::parse(bytes) {
            let again = opml::parse(opml::write(&list).as_bytes()).unwrap();
            assert_eq!(again.feeds.len(), list.feeds.len());
        }
    });
}

#[test]
fn markup() {
    try_out("xml", |bytes| {
        let text = encoding::decode_xml(bytes, None).text;
        let document = Document::parse(&text, |open, new| open == new);
        assert!(document.elements().count() <= text.len());
        if let Some(root) = document.elements().next() {
            let _ = (root.text(), root.inner_markup(), root.bases(), root.language());
        }
    });
}

#[test]
fn pages() {
    let url = Url::parse("https://lake.example/n/").unwrap();
    let runs = regex::Regex::new(r#"<[a-z][^<>]*="(javascript|vbscript|data):"#).unwrap();
    try_out("page", |bytes| {
        let html = encoding::decode_html(bytes, None).text;
        let _ = (feed::feeds_in_page(&html, &url), feed::feed_in_page(&html, &url));
        let clean = courant_sanitize::sanitize_html(&html, Some(url.as_str())).to_ascii_lowercase();
        assert!(!clean.contains("<script") && !clean.contains("<iframe"), "{clean}");
        assert!(!runs.is_match(&clean), "{clean}");
    });
}

#[test]
fn archives() {
    try_out("warc", |bytes| {
        for page in warc::Reader::new(bytes).with_limit(1 << 20) {
            let _ = page.map(|page| page.body.len());
        }
    });
}

#[test]
fn records() {
    try_out("record", |bytes| {
        if let Ok(found) = record::read(&String::from_utf8_lossy(bytes)) {
            let written = record::write(&found);
            assert!(record::read(&written).is_ok(), "{written}");
        }
    });
}
