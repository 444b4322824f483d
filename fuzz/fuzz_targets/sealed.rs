//! Sealed payloads of both forms: nothing that was not sealed with this key opens.

#![no_main]

use courant_formats::sealed::{Key, KeyRing};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut ring = KeyRing::default();
    if ring.add_text(Key::from_bytes([7; 32]).to_text().as_str()).is_ok() {
        let _ = ring.open("records/2026-03-04-a.md", text);
    }
    let _ = Key::from_text(text);
});
