//! Web archives, plain and packed.

#![no_main]

use courant_formats::warc;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for page in warc::Reader::new(bytes).with_limit(1 << 20) {
        let _ = page.map(|page| page.body.len());
    }
});
