//! The shared pages announce, and the shared lists contain, the stated feeds.

use std::path::Path;

use courant_formats::{encoding, feed, opml};
use serde_json::Value;
use url::Url;

/// The cases of a table of the shared feeds, each with the bytes of its file.
fn cases(table: &str) -> Option<Vec<(Value, Vec<u8>)>> {
    let path = courant_testkit::shared(&format!("feeds/{table}"))?;
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let cases = courant_testkit::read_jsonl(&path).unwrap();
    let with_bytes = |case: Value| {
        let bytes = std::fs::read(folder.join(case["path"].as_str().unwrap())).unwrap();
        (case, bytes)
    };
    Some(cases.into_iter().map(with_bytes).collect())
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

#[test]
fn shared_pages_announce_their_feeds() {
    let Some(cases) = cases("autodiscovery.jsonl") else { return };
    let mut wrong = Vec::new();
    for (case, bytes) in &cases {
        let page_url = Url::parse(case["url"].as_str().unwrap()).unwrap();
        let html = encoding::decode_html(bytes, None).text;
        let found = feed::feeds_in_page(&html, &page_url);
        let found: Vec<&str> = found.iter().map(|link| link.url.as_str()).collect();
        if found != texts(&case["feeds"]) {
            wrong.push(format!("{}: {found:?} instead of {}", case["id"], case["feeds"]));
        }
    }
    assert!(!cases.is_empty() && wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn shared_lists_hold_their_feeds() {
    let Some(cases) = cases("opml.jsonl") else { return };
    let mut wrong = Vec::new();
    for (case, bytes) in &cases {
        let list = opml::parse(bytes).unwrap_or_default();
        let first = texts(&case["first"]);
        let found: Vec<&str> =
            list.feeds.iter().take(first.len()).map(|feed| feed.xml_url.as_str()).collect();
        // The stated numbers leave out URLs in attributes of another case and in outlines that hold
        // a `>` in a value: both are read here.
        if Some(list.feeds.len() as u64) < case["feeds"].as_u64() || found != first {
            wrong.push(format!("{}: {} {found:?} instead of {case}", case["id"], list.feeds.len()));
        }
        let again = opml::parse(opml::write(&list).as_bytes()).unwrap();
        let addresses = |list: &opml::Opml| {
            let mut all: Vec<String> = list.feeds.iter().map(|feed| feed.xml_url.clone()).collect();
            all.sort();
            all
        };
        if addresses(&again) != addresses(&list) {
            wrong.push(format!("{}: changed by writing and reading", case["id"]));
        }
    }
    assert!(!cases.is_empty() && wrong.is_empty(), "{}", wrong.join("\n"));
}
