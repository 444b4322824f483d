//! Hostile pages: each must be handled on a small stack. Their time is printed but not asserted,
//! because it depends on the machine; all work is bounded by the limits that these pages exceed.

use std::{thread, time::Instant};

use courant_analysis::extract::{Extracted, PageInput, clean_fragment, extract};
use url::Url;

/// Without optimisation, wide pages are shortened by this factor; deep ones, which test the stack,
/// never are.
const LESS: usize = if cfg!(debug_assertions) { 16 } else { 1 };

/// Extracts on a stack of 2 MB, as worker threads have.
fn on_small_stack(what: &'static str, html: String) -> Extracted {
    let work = move || {
        let url = Url::parse("https://hostile.example/2026/01/02/a-page-made-to-hurt").unwrap();
        let begun = Instant::now();
        let found = extract(&PageInput { html: &html, url: &url, content_language: None });
        let page = begun.elapsed();
        clean_fragment(&html, &url);
        println!("{what:<28} page {page:?}, with fragment {:?}", begun.elapsed());
        found
    };
    thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap().join().expect("no panic, no overflow")
}

#[test]
fn nested_elements() {
    let found = on_small_stack(
        "50,000 nested div",
        format!("<title>Deep</title>{}deep text", "<div>".repeat(50_000)),
    );
    assert_eq!(found.title, "Deep");
    on_small_stack("50,000 nested span", format!("{}x", "<span>".repeat(50_000)));
    on_small_stack("50,000 nested unknown", format!("{}x", "<x-y>".repeat(50_000)));
    on_small_stack("10,000 unclosed lists", "<ul><li>x".repeat(10_000));
    on_small_stack("3,000 nested tables", "<table><tr><td>x".repeat(3_000));
    on_small_stack("20,000 b and p", "<b><p>x".repeat(20_000));
    on_small_stack("20,000 fonts", (0..20_000).map(|n| format!("<p><font size={n}>x")).collect());
    on_small_stack("20,000 nested quotes", "<blockquote><p>x, y.".repeat(20_000));
}

#[test]
fn many_of_a_kind() {
    on_small_stack("100,000 links", "<a href='/x'>some words</a> ".repeat(100_000 / LESS));
    on_small_stack("100,000 unclosed links", "<a href=/x>some".repeat(100_000 / LESS));
    on_small_stack(
        "50,000 attributes",
        format!("<p {}>x</p>", (0..50_000).map(|n| format!("a{n}=1 ")).collect::<String>()),
    );
    on_small_stack(
        "50,000 attributes on html",
        format!("<html {}><p>x", (0..50_000).map(|n| format!("a{n} ")).collect::<String>()),
    );
    on_small_stack(
        "100,000 paragraphs",
        "<p>Some words, and some more of them stand here.</p>".repeat(100_000 / LESS),
    );
    on_small_stack("100,000 br", "x<br>".repeat(100_000 / LESS));
    let block = "<script type='application/ld+json'>{\"@type\":\"NewsArticle\",\"headline\":\"One\",\"author\":{\"name\":\"Ada Quill\"}}</script>";
    let found = on_small_stack("10,000 JSON-LD blocks", format!("{}<p>x</p>", block.repeat(10_000)));
    assert_eq!(found.authors, ["Ada Quill"]);
    on_small_stack(
        "JSON-LD 100,000 deep",
        format!("<script type='application/ld+json'>{}</script>", "[".repeat(100_000 / LESS)),
    );
    on_small_stack("100,000 meta", "<meta property=og:title content=x>".repeat(100_000 / LESS));
}

#[test]
fn large_texts() {
    on_small_stack("20 MB of text", "word ".repeat((4 << 20) / LESS));
    on_small_stack("100 MB of text", "word ".repeat((20 << 20) / LESS));
    on_small_stack(
        "100 MB of paragraphs",
        "<p>Some words, and some more of them stand here.</p>".repeat((2 << 20) / LESS),
    );
    on_small_stack("4 MB without a space", "x".repeat((4 << 20) / LESS));
    on_small_stack("a class of 4 MB", format!("<div class='{}'>x</div>", "share ".repeat(700_000 / LESS)));
    on_small_stack("100,000 open brackets", "<".repeat(100_000 / LESS));
    on_small_stack("100,000 comments", "<!--".repeat(100_000 / LESS));
    on_small_stack("100,000 entities", "&amp".repeat(100_000 / LESS));
    on_small_stack("100,000 letters as entities", format!("<p>{}", "&eacute;".repeat(100_000 / LESS)));
}
