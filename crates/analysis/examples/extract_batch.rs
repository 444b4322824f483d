//! Extracts many pages, for scoring and timing.
//!
//! ```text
//! cargo run --release -p courant-analysis --example extract_batch < pages.jsonl > extracted.jsonl
//! cargo run --release -p courant-analysis --example extract_batch -- --time 3 < pages.jsonl
//! ```
//!
//! Input: JSON Lines with `id`, `path` (HTML, plain or gzipped) and `url`. Output: a line for each
//! with what was extracted, or with `--time` only pages per second on one core and the time per
//! page.

#![allow(clippy::disallowed_macros, reason = "what is measured is printed")]

use std::{
    io::{self, BufRead, Read, Write},
    time::Instant,
};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use courant_analysis::extract::{Extracted, PageInput, extract};
use encoding_rs::Encoding;
use flate2::read::MultiGzDecoder;
use regex::bytes::Regex;
use serde_json::{Value, json};
use url::Url;

/// A page in memory.
struct Page {
    id: Value,
    html: String,
    url: Url,
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let rounds = arguments
        .iter()
        .position(|argument| argument == "--time")
        .map(|at| arguments.get(at + 1).and_then(|rounds| rounds.parse().ok()).unwrap_or(3));
    let pages = io::stdin().lock().lines().map(|line| read(&line?)).collect::<io::Result<Vec<Page>>>()?;
    match rounds {
        Some(rounds) => time(&pages, rounds),
        None => print(&pages)?,
    }
    Ok(())
}

/// Reads the page named by a line.
fn read(line: &str) -> io::Result<Page> {
    let line: Value = serde_json::from_str(line).map_err(io::Error::other)?;
    let text = |key: &str| line[key].as_str().unwrap_or_default();
    let mut bytes = std::fs::read(text("path"))?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let packed = std::mem::take(&mut bytes);
        MultiGzDecoder::new(packed.as_slice()).read_to_end(&mut bytes)?;
    }
    let url = Url::parse(text("url")).map_err(io::Error::other)?;
    Ok(Page { id: line["id"].clone(), html: decode(&bytes)?, url })
}

/// UTF-8, else the charset declared in the first bytes, else a guess.
fn decode(bytes: &[u8]) -> io::Result<String> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.to_owned());
    }
    let charset = Regex::new(r#"(?i)charset\s*=\s*["']?\s*([\w-]+)"#).map_err(io::Error::other)?;
    let declared =
        charset.captures(&bytes[..bytes.len().min(4096)]).and_then(|found| Encoding::for_label(&found[1]));
    let encoding = declared.unwrap_or_else(|| {
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        detector.feed(bytes, true);
        detector.guess(None, Utf8Detection::Allow)
    });
    Ok(encoding.decode(bytes).0.into_owned())
}

fn extracted(page: &Page) -> Extracted {
    extract(&PageInput { html: &page.html, url: &page.url, content_language: None })
}

/// Times each page, over this many rounds.
fn time(pages: &[Page], rounds: usize) {
    let mut taken: Vec<f64> = Vec::new();
    let begun = Instant::now();
    for _ in 0..rounds {
        for page in pages {
            let begun = Instant::now();
            std::hint::black_box(extracted(page));
            taken.push(begun.elapsed().as_secs_f64() * 1e3);
        }
    }
    let rate = taken.len() as f64 / begun.elapsed().as_secs_f64();
    taken.sort_by(f64::total_cmp);
    let at = |share: f64| taken.get((taken.len() as f64 * share) as usize).copied().unwrap_or_default();
    eprintln!(
        "{rate:.0} pages a second, median {:.2} ms, 95 % within {:.2} ms, longest {:.1} ms",
        at(0.5),
        at(0.95),
        taken.last().copied().unwrap_or_default()
    );
}

fn print(pages: &[Page]) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for page in pages {
        serde_json::to_writer(&mut out, &shape(&page.id, &extracted(page)))?;
        out.write_all(b"\n")?;
    }
    out.flush()
}

fn shape(id: &Value, page: &Extracted) -> Value {
    json!({
        "id": id,
        "title": page.title,
        "excerpt": page.excerpt,
        "authors": page.authors,
        "published": page.published_local(),
        "updated": page.updated,
        "language": page.language,
        "locale": page.locale,
        "text": page.text,
        "html": page.html,
        "canonical": page.canonical,
        "ampWebUrl": page.amp_url,
        "images": page.images,
        "siteName": page.site_name,
        "type": page.kind,
        "tags": page.tags,
        "paywalled": page.paywalled,
        "featuredContent": page.featured_content,
        "rejection": page.rejection,
    })
}
