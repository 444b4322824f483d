//! The tolerant XML layer under feeds, sitemaps and lists.

#![no_main]

use courant_formats::{encoding, xml::Document};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = encoding::decode_xml(bytes, None).text;
    let document = Document::parse(&text, |open, new| open == new);
    if let Some(root) = document.elements().next() {
        let _ = (root.text(), root.inner_markup(), root.bases(), root.language());
    }
});
