//! How fast content codings are undone, and how soon hostile bodies are refused.
//!
//! `cargo bench -p courant-formats --bench decode`

#![allow(clippy::unwrap_used, reason = "what is wrong here must be seen at once")]

use std::fmt::Write as _;

use courant_formats::decode::{Budget, Coding, DecodeError, decode};
use courant_testkit::packing::{bomb, empties, pack};
use divan::{Bencher, counter::BytesCount};

const CODINGS: [&str; 4] = courant_testkit::packing::CODINGS;
/// What a client allows for one body.
const MAX_BYTES: u64 = 16 << 20;

fn main() {
    divan::main();
}

fn undo(coding: &str, body: &[u8]) -> Result<usize, DecodeError> {
    let coding = Coding::from_name(coding).unwrap();
    decode(coding, body, &mut Budget::new(MAX_BYTES, &|| None)).map(|plain| plain.len())
}

/// A feed of a megabyte.
fn feed() -> String {
    let mut text = String::new();
    for n in 0..8_000u32 {
        let number = n.wrapping_mul(2_654_435_761);
        let _ = write!(
            text,
            "<item><title>Gauge {number} of the estuary</title><guid>{number:x}</guid></item>\n<link>https://tides.example/{n}</link>\n"
        );
    }
    text
}

#[divan::bench(args = CODINGS)]
fn honest_feed(bencher: Bencher<'_, '_>, coding: &str) {
    let plain = feed();
    let body = pack(coding, plain.as_bytes());
    bencher.counter(BytesCount::of_str(&plain)).bench(|| undo(coding, &body).unwrap());
}

/// 256 MB of zeros, refused after 16.
#[divan::bench(args = CODINGS)]
fn bomb_of_zeros(bencher: Bencher<'_, '_>, coding: &str) {
    let body = bomb(coding, 256 << 20);
    bencher.bench(|| undo(coding, &body).unwrap_err());
}

/// 16 MB on the wire that hold nothing.
#[divan::bench(args = CODINGS)]
fn nothing_in_much(bencher: Bencher<'_, '_>, coding: &str) {
    let body = empties(coding, 16 << 20);
    bencher.bench(|| undo(coding, &body));
}
