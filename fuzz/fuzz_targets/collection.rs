//! Schemas of collections, and records of them.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = courant_classic::read_schema(text);
    for path in ["a.md", "a.html", "a.yaml"] {
        let _ = courant_classic::read_entry(path, text);
    }
});
