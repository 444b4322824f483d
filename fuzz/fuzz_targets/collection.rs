//! Schemas of collections, and records of them.

#![no_main]

use courant_formats::collection;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = collection::read_schema(text);
    for path in ["a.md", "a.html", "a.yaml"] {
        let _ = collection::read_entry(path, text);
    }
});
