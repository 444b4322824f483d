//! Reads the annotated pages and computes the metrics of their README.

use std::{collections::HashMap, hash::Hash, sync::LazyLock};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use courant_analysis::extract::{Extracted, PageInput, extract};
use encoding_rs::Encoding;
use rayon::prelude::*;
use regex::Regex;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;
use url::Url;

/// One annotated page.
pub(crate) struct Page {
    pub(crate) id: String,
    pub(crate) url: String,
    pub(crate) truth: Value,
}

/// A mean of scores.
#[derive(Default)]
pub(crate) struct Mean {
    sum: f64,
    count: f64,
}

impl Mean {
    pub(crate) fn add(&mut self, value: impl Into<f64>) {
        self.sum += value.into();
        self.count += 1.0;
    }

    pub(crate) fn value(&self) -> f64 {
        if self.count == 0.0 { 1.0 } else { self.sum / self.count }
    }
}

/// Without optimisation a page takes twenty times as long: then only every n-th page of a set is
/// read, and the floors allow for the smaller sample. All pages are measured by optimised tests and
/// by `conformance/`.
pub(crate) const STEP: usize = if cfg!(debug_assertions) { 8 } else { 1 };

/// The pages of a set with what was extracted from them; `None` if the data is absent.
pub(crate) fn page_set(set: &str) -> Option<Vec<(Page, Extracted)>> {
    let folder = courant_testkit::shared(&format!("extraction/{set}"))?;
    let packed = folder.join("ground-truth.json.gz");
    let truth = if packed.exists() { packed } else { folder.join("ground-truth.json") };
    let truth: Value = serde_json::from_slice(&courant_testkit::read(&truth).unwrap()).unwrap();
    let mut pages: Vec<(String, Value)> =
        truth.as_object().unwrap().iter().map(|(id, truth)| (id.clone(), truth.clone())).collect();
    pages.sort_by(|a, b| a.0.cmp(&b.0));
    let pages: Vec<_> = pages.into_iter().step_by(STEP).collect();
    let read = |(id, truth): (String, Value)| {
        let bytes = courant_testkit::read(&folder.join(format!("html/{id}.html.gz"))).unwrap();
        let html = decode(&bytes);
        let address = truth["url"].as_str().unwrap_or_default().to_owned();
        let url =
            Url::parse(&address).unwrap_or_else(|_| Url::parse("https://unknown.example/page").unwrap());
        let found = extract(&PageInput { html: &html, url: &url, content_language: None });
        (Page { id, url: address, truth }, found)
    };
    Some(pages.into_par_iter().map(read).collect())
}

/// Bytes to text: byte order mark, UTF-8, a charset declared in the first bytes, a guess.
fn decode(bytes: &[u8]) -> String {
    static CHARSET: LazyLock<regex::bytes::Regex> =
        LazyLock::new(|| regex::bytes::Regex::new(r#"(?i)charset\s*=\s*["']?\s*([\w-]+)"#).unwrap());
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    let head = &bytes[..bytes.len().min(4096)];
    let declared = CHARSET.captures(head).and_then(|found| Encoding::for_label(&found[1]));
    let encoding = declared.unwrap_or_else(|| {
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        detector.feed(bytes, true);
        detector.guess(None, Utf8Detection::Allow)
    });
    encoding.decode(bytes).0.into_owned()
}

fn tokens(text: &str) -> Vec<&str> {
    static TOKEN: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\w+").unwrap());
    TOKEN.find_iter(text).map(|found| found.as_str()).collect()
}

fn counted<T: Hash + Eq>(items: impl Iterator<Item = T>) -> HashMap<T, usize> {
    let mut counts = HashMap::new();
    for item in items {
        *counts.entry(item).or_insert(0) += 1;
    }
    counts
}

/// Size of the intersection and of both multisets.
fn overlap<T: Hash + Eq>(truth: &HashMap<T, usize>, found: &HashMap<T, usize>) -> (f64, f64, f64) {
    let common: usize =
        truth.iter().map(|(item, count)| (*count).min(found.get(item).copied().unwrap_or(0))).sum();
    (common as f64, truth.values().sum::<usize>() as f64, found.values().sum::<usize>() as f64)
}

/// F1 of lower-cased words.
pub(crate) fn word_f1(truth: &str, found: &str) -> f64 {
    let (truth, found) = (truth.to_lowercase(), found.to_lowercase());
    let (common, truth, found) =
        overlap(&counted(tokens(&truth).into_iter()), &counted(tokens(&found).into_iter()));
    if truth + found == 0.0 { 1.0 } else { 2.0 * common / (truth + found) }
}

/// Precision (`None` if nothing was found) and recall of the windows of four tokens.
pub(crate) fn shingle_scores(truth: &str, found: &str) -> (Option<f64>, f64) {
    fn shingles<'a>(tokens: &'a [&'a str]) -> HashMap<&'a [&'a str], usize> {
        if tokens.len() < 4 {
            counted(std::iter::once(tokens).filter(|all| !all.is_empty()))
        } else {
            counted(tokens.windows(4))
        }
    }
    let (truth, found) = (tokens(truth), tokens(found));
    let (common, truth, found) = overlap(&shingles(&truth), &shingles(&found));
    ((found > 0.0).then(|| common / found), if truth > 0.0 { common / truth } else { 1.0 })
}

/// Wanted segments found and missing, and unwanted ones found.
pub(crate) fn segments(truth: &Value, text: &str) -> (u32, u32, u32) {
    let fold = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = fold(text);
    let count = |key: &str| {
        let all: Vec<String> =
            truth[key].as_array().into_iter().flatten().filter_map(Value::as_str).map(fold).collect();
        let found = all.iter().filter(|segment| text.contains(segment.as_str())).count() as u32;
        (found, all.len() as u32)
    };
    let ((hit, wanted), (wrong, _)) = (count("with"), count("without"));
    (hit, wanted - hit, wrong)
}

fn folded(text: &str) -> Vec<String> {
    let plain: String = text
        .nfkd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    plain.split_whitespace().map(str::to_owned).collect()
}

/// Equal after folding, or with a name of at most five more words at either end (in either of the
/// two).
pub(crate) fn title_equal(truth: &str, found: &str) -> bool {
    let (truth, found) = (folded(truth), folded(found));
    if truth == found {
        return !truth.is_empty();
    }
    let (short, long) = if truth.len() < found.len() { (&truth, &found) } else { (&found, &truth) };
    !short.is_empty() && long.len() - short.len() <= 5 && (long.starts_with(short) || long.ends_with(short))
}

/// F1 of the sets of names.
pub(crate) fn author_f1(truth: &str, found: &[String]) -> f64 {
    static BETWEEN: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\s*(?:;|,|&|\sand\s)\s*").unwrap());
    let set = |text: &str| {
        let mut names: Vec<String> =
            BETWEEN.split(text).map(|name| folded(name).join(" ")).filter(|name| !name.is_empty()).collect();
        names.sort();
        names.dedup();
        names
    };
    let (truth, found) = (set(truth), set(&found.join("; ")));
    let common = truth.iter().filter(|name| found.contains(name)).count() as f64;
    2.0 * common / ((truth.len() + found.len()) as f64).max(1.0)
}

/// The calendar day of the publication by the publisher's clock; empty if none was found.
pub(crate) fn day(found: &Extracted) -> String {
    found.published_local().map(|time| time[..10].to_owned()).unwrap_or_default()
}

/// Equal by host and path, and also by query if required.
pub(crate) fn links_equal(truth: &str, found: &str, with_query: bool) -> bool {
    let parts = |address: &str| {
        let url = Url::parse(address).ok()?;
        let query = if with_query { url.query().map(str::to_owned) } else { None };
        Some((url.host_str()?.to_owned(), url.path().to_owned(), query))
    };
    parts(truth).is_some_and(|truth| parts(found) == Some(truth))
}
