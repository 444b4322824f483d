//! Articles per second through grouping, on one core.
//!
//! `cargo bench -p courant-analysis --bench group`. The streams are generated, plus the shared
//! labelled tracks if they are present. A stream ten times as long with the same window must run at
//! the same rate. The peer is a bare TF-IDF clusterer ([`plain`]), on the same streams in the same
//! run.

mod plain;

use courant_analysis::group::{GroupConfig, GroupDoc, Grouper, Prepared, prepare};
use courant_model::{ArticleId, Timestamp, parse_date};
use divan::{Bencher, counter::ItemsCount};

/// Number of articles in the window in these benches, whatever the length of the stream.
const WINDOW: usize = 4_000;

fn main() {
    divan::main();
}

/// An article that owns its texts.
struct Article {
    id: ArticleId,
    title: String,
    text: String,
    time: Option<Timestamp>,
}

impl Article {
    fn prepared(&self) -> Prepared {
        prepare(&GroupDoc {
            id: self.id,
            title: &self.title,
            text: &self.text,
            time: self.time,
            first_seen: None,
            url: None,
            source: None,
            authors: &[],
            language: Some("en"),
        })
    }
}

/// The generated stream or a shared track, repeated `rounds` times with times that continue from
/// round to round. `None` if the track is missing.
fn stream(name: &str, rounds: usize) -> Option<Vec<Article>> {
    let once = if name == "generated" { generated(4_000) } else { track(name)? };
    let span = once.iter().filter_map(|article| article.time).max().map_or(0, Timestamp::as_second)
        - once.iter().filter_map(|article| article.time).min().map_or(0, Timestamp::as_second);
    let mut articles = Vec::with_capacity(once.len() * rounds);
    for round in 0..rounds {
        for (at, article) in once.iter().enumerate() {
            let later = |time: Timestamp| {
                Timestamp::from_second(time.as_second() + round as i64 * span).unwrap_or(time)
            };
            articles.push(Article {
                id: id((round * once.len() + at) as u64),
                title: article.title.clone(),
                text: article.text.clone(),
                time: article.time.map(later),
            });
        }
    }
    Some(articles)
}

fn track(name: &str) -> Option<Vec<Article>> {
    let path = courant_testkit::shared(&format!("clustering/dev/{name}.jsonl.gz"))?;
    let lines = courant_testkit::read_jsonl(&path).ok()?;
    let text = |line: &serde_json::Value, name: &str| {
        line.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    };
    let articles = lines.iter().map(|line| {
        let time = text(line, "time");
        let time = parse_date(&time).or_else(|| parse_date(&format!("{time}T00:00:00Z")));
        Article { id: id(0), title: text(line, "title"), text: text(line, "body"), time }
    });
    Some(articles.collect())
}

fn id(number: u64) -> ArticleId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
    ArticleId::from_bytes(bytes)
}

/// Articles of about 250 words with word frequencies as in a natural language, four per event, one
/// event every twenty minutes.
fn generated(count: u64) -> Vec<Article> {
    let mut state = 42_u64;
    let mut random = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / f64::from(1_u32 << 31)
    };
    (0..count)
        .map(|at| {
            let event = at / 4 + (8.0 * random()) as u64;
            let mut words = Vec::with_capacity(250);
            for place in 0..250_u64 {
                let word = if place % 5 == 0 {
                    format!("Name{}", event * 7 + place % 7)
                } else {
                    format!("w{}", (20_000.0_f64.powf(random())) as u64)
                };
                words.push(word);
            }
            Article {
                id: id(at),
                title: words[..9].join(" "),
                text: words.join(" "),
                time: Timestamp::from_second(1_700_000_000 + at as i64 * 300).ok(),
            }
        })
        .collect()
}

#[divan::bench(args = ["generated", "gva", "stream30"], sample_count = 3, sample_size = 1)]
fn prepare_only(bencher: Bencher<'_, '_>, name: &str) {
    let articles = stream(name, 1).unwrap_or_default();
    bencher
        .counter(ItemsCount::new(articles.len()))
        .bench(|| articles.iter().map(Article::prepared).for_each(divan::black_box_drop));
}

#[divan::bench(
    args = [("generated", 1), ("generated", 10), ("gva", 1), ("gva", 10), ("stream30", 1), ("stream30", 10)],
    sample_count = 3,
    sample_size = 1
)]
fn prepare_and_place(bencher: Bencher<'_, '_>, (name, rounds): (&str, usize)) {
    let articles = stream(name, rounds).unwrap_or_default();
    let config = GroupConfig { max_articles: WINDOW, ..GroupConfig::default() };
    bencher.counter(ItemsCount::new(articles.len())).bench(|| {
        let mut grouper = Grouper::new(config.clone());
        for article in &articles {
            grouper.place(article.prepared());
        }
        grouper.len()
    });
}

#[divan::bench(args = ["generated", "gva", "stream30"], sample_count = 3, sample_size = 1)]
fn peer_plain_tf_idf(bencher: Bencher<'_, '_>, name: &str) {
    let articles = stream(name, 1).unwrap_or_default();
    bencher.counter(ItemsCount::new(articles.len())).bench(|| {
        let mut plain = plain::Plain::new(WINDOW);
        for article in &articles {
            plain.place(&article.title, &article.text);
        }
        plain.stories()
    });
}
