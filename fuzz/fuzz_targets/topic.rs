//! Topic and provider files.

#![no_main]

use courant_formats::taxonomy;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = (taxonomy::read_topic(text), taxonomy::read_provider(text));
});
