//! Pages per second: full extraction, compared with the text alone by a bare readability port.
//!
//! Runs over the shared pages if they are present, else over one page of our own. Divan shows the
//! items (pages) per second of each.

use courant_analysis::extract::{PageInput, extract};
use divan::{Bencher, counter::ItemsCount};
use dom_smoothie::Readability;
use url::Url;

fn main() {
    divan::main();
}

/// Pages with their URLs.
fn pages() -> Vec<(String, Url)> {
    let mut pages = Vec::new();
    let folder = courant_testkit::shared("extraction/multilingual/html");
    let files =
        folder.into_iter().flat_map(|folder| std::fs::read_dir(folder).into_iter().flatten().flatten());
    let mut paths: Vec<_> = files.map(|file| file.path()).collect();
    paths.sort();
    let url = Url::parse("https://news.example/2026/03/04/the-old-mill").expect("a constant URL");
    for path in paths {
        if let Some(html) = courant_testkit::read(&path).ok().and_then(|bytes| String::from_utf8(bytes).ok())
        {
            pages.push((html, url.clone()));
        }
    }
    if pages.is_empty() {
        let paragraph = "<p>The council met on Tuesday, and after a long debate it agreed that the mill shall be kept.</p>";
        pages.push((
            format!("<title>The mill</title><article><h1>The mill</h1>{}</article>", paragraph.repeat(40)),
            url,
        ));
    }
    pages
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn everything(bencher: Bencher<'_, '_>) {
    let pages = pages();
    bencher.counter(ItemsCount::new(pages.len())).bench_local(|| {
        for (html, url) in &pages {
            divan::black_box(extract(&PageInput { html, url, content_language: None }));
        }
    });
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn bare_dom_smoothie(bencher: Bencher<'_, '_>) {
    let pages = pages();
    bencher.counter(ItemsCount::new(pages.len())).bench_local(|| {
        for (html, url) in &pages {
            let parsed =
                Readability::new(html.as_str(), Some(url.as_str()), None).and_then(|mut page| page.parse());
            let _ = divan::black_box(parsed);
        }
    });
}
