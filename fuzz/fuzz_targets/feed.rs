//! Feeds and sitemaps of every kind, to their neutral form.

#![no_main]

use courant_formats::feed;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let context = feed::FeedContext { base_url: Some("https://lake.example/n/"), ..Default::default() };
    let _ = feed::neutral(&feed::parse(bytes, &context), &serde_json::Value::Null);
});
