//! Whole pages, to the article in them.

#![no_main]

use courant_analysis::extract::{PageInput, extract};
use courant_formats::encoding;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let html = encoding::decode_html(bytes, None).text;
    let Ok(url) = url::Url::parse("https://lake.example/2026/03/04/the-old-mill") else { return };
    let found = extract(&PageInput { html: &html, url: &url, content_language: None });
    assert!(found.excerpt.chars().count() <= 320);
});
