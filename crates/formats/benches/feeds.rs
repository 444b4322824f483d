//! How fast captured feeds are read, alone and with their HTML made harmless, beside feed-rs.
//!
//! Needs the shared feeds; without them it prints a message and ends. The last lines give the peak
//! of resident memory while each feed is read from its file and dropped again.

#![allow(clippy::disallowed_macros, reason = "what is measured is printed")]
#![allow(clippy::unwrap_used, reason = "what is wrong here must be seen at once")]

use std::{fs, path::PathBuf, sync::LazyLock};

use courant_formats::feed::{self, Feed, FeedContext, Text, TextKind};
use divan::{Bencher, black_box, counter::BytesCount};

static FILES: LazyLock<Vec<PathBuf>> = LazyLock::new(|| {
    let folders = courant_testkit::shared("feeds/real").into_iter().flat_map(children);
    folders.flat_map(children).collect()
});
static FEEDS: LazyLock<Vec<Vec<u8>>> =
    LazyLock::new(|| FILES.iter().map(|path| fs::read(path).unwrap()).collect());

fn children(folder: PathBuf) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

fn main() {
    if FILES.is_empty() {
        return;
    }
    let peak = peak_while(|| {
        for path in FILES.iter() {
            let bytes = fs::read(path).unwrap();
            black_box(read_and_clean(&bytes));
        }
    });
    divan::main();
    let bytes: usize = FEEDS.iter().map(Vec::len).sum();
    let largest = FEEDS.iter().map(Vec::len).max().unwrap_or(0);
    println!("{} feeds of {bytes} bytes, the largest of {largest}", FEEDS.len());
    match peak {
        Some(kib) => println!("peak resident memory while reading and cleaning each: {kib} KiB"),
        None => println!("peak resident memory is not known on this system"),
    }
}

/// The peak of resident memory in KiB, if the system reports it.
fn peak_while(work: impl FnOnce()) -> Option<u64> {
    // 5 resets the high-water mark (proc(5)).
    fs::write("/proc/self/clear_refs", "5").ok()?;
    work();
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

fn texts(feed: &Feed) -> impl Iterator<Item = &Text> {
    let head = [&feed.title, &feed.description, &feed.rights].into_iter().flatten();
    let entries = feed.entries.iter().flat_map(|entry| {
        [&entry.title, &entry.summary, &entry.rights].into_iter().flatten().chain(&entry.content)
    });
    head.chain(entries)
}

fn read_and_clean(bytes: &[u8]) -> usize {
    let Ok(feed) = feed::parse(bytes, &FeedContext::default()) else { return 0 };
    let html = texts(&feed).filter(|text| text.kind == TextKind::Html);
    html.map(|text| courant_sanitize::sanitize_html(&text.value, text.base.as_deref()).len()).sum()
}

fn over_all(bencher: Bencher<'_, '_>, read: impl Fn(&[u8]) -> usize) {
    let bytes: usize = FEEDS.iter().map(Vec::len).sum();
    bencher
        .counter(BytesCount::new(bytes))
        .bench_local(|| FEEDS.iter().map(|feed| read(feed)).sum::<usize>());
}

#[divan::bench]
fn parse(bencher: Bencher<'_, '_>) {
    over_all(bencher, |bytes| {
        feed::parse(bytes, &FeedContext::default()).map_or(0, |feed| black_box(feed).entries.len())
    });
}

#[divan::bench]
fn parse_and_sanitise(bencher: Bencher<'_, '_>) {
    over_all(bencher, read_and_clean);
}

#[divan::bench]
fn feed_rs_unsanitised(bencher: Bencher<'_, '_>) {
    let parser = feed_rs::parser::Builder::new().sanitize_content(false).build();
    over_all(bencher, |bytes| parser.parse(bytes).map_or(0, |feed| black_box(feed).entries.len()));
}

#[divan::bench]
fn feed_rs_sanitised(bencher: Bencher<'_, '_>) {
    let parser = feed_rs::parser::Builder::new().sanitize_content(true).build();
    over_all(bencher, |bytes| parser.parse(bytes).map_or(0, |feed| black_box(feed).entries.len()));
}
