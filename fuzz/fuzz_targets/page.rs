//! Pages: what they announce, what they mark up, and their HTML made harmless.

#![no_main]

use courant_formats::{encoding, feed};
use courant_sanitize::sanitize_html;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let html = encoding::decode_html(bytes, None).text;
    let Ok(url) = url::Url::parse("https://lake.example/n/") else { return };
    let _ = (feed::feeds_in_page(&html, &url), feed::feed_in_page(&html, &url));
    let clean = sanitize_html(&html, Some(url.as_str())).to_ascii_lowercase();
    assert!(!clean.contains("<script") && !clean.contains("<iframe"));
});
