//! Lists of feeds, and what is written of them.

#![no_main]

use courant_formats::opml;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(list) = opml::parse(bytes) {
        assert!(opml::parse(opml::write(&list).as_bytes()).is_ok());
    }
});
