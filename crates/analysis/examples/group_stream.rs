//! Groups a long generated stream of news, to show that the cost per article does not grow with the
//! stream.
//!
//! ```text
//! cargo run --release -p courant-analysis --example group_stream -- [ARTICLES [PER_DAY]]
//! ```
//!
//! The stream has the volume of a worldwide news monitor: `PER_DAY` articles (250,000) of 60 to 560
//! words, about events of which few are told by hundreds of sources and most by one or two. Every
//! tenth article repeats the text of another with an additional paragraph. Everything runs on one
//! core; generating the articles is not counted.

#![allow(clippy::disallowed_macros, reason = "what is measured is printed")]

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use courant_analysis::group::{GroupConfig, GroupDoc, Grouper, Prepared, prepare};
use courant_model::{ArticleId, Timestamp};

/// Rows of the table.
const STEPS: u64 = 10;
/// Number of events told at the same time.
const OPEN_EVENTS: usize = 8_000;
/// Number of recent articles that the next ones may copy.
const RECENT: usize = 2_000;

fn main() {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let mut number = |default: u64| numbers.next().and_then(Result::ok).unwrap_or(default);
    let (articles, per_day) = (number(1_000_000), number(250_000).max(1));
    let mut news = News::new(per_day);
    let mut grouper = Grouper::new(GroupConfig::default());
    let mut spent = Spent::default();
    println!(
        "| articles | articles/s | prepare µs | place µs | hours of news/s | in window | stories | index MB |"
    );
    println!("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for step in 1..=STEPS {
        let count = articles * step / STEPS - articles * (step - 1) / STEPS;
        let before = spent;
        let mut left = count;
        while left > 0 {
            let articles: Vec<Article> = (0..left.min(1_000)).map(|_| news.next_article()).collect();
            left -= articles.len() as u64;
            spent.add(&articles, &mut grouper);
        }
        spent.since(before).print(articles * step / STEPS, count, per_day, &grouper);
    }
}

/// Time spent in preparing and in placing.
#[derive(Debug, Clone, Copy, Default)]
struct Spent {
    prepare: Duration,
    place: Duration,
}

impl Spent {
    fn add(&mut self, articles: &[Article], grouper: &mut Grouper) {
        let begun = Instant::now();
        let start = worked(begun);
        let prepared: Vec<Prepared> = articles.iter().map(Article::prepared).collect();
        let between = worked(begun);
        for article in prepared {
            grouper.place(article);
        }
        self.prepare += between.saturating_sub(start);
        self.place += worked(begun).saturating_sub(between);
    }

    fn since(self, before: Self) -> Self {
        Self {
            prepare: self.prepare.saturating_sub(before.prepare),
            place: self.place.saturating_sub(before.place),
        }
    }

    fn print(self, so_far: u64, count: u64, per_day: u64, grouper: &Grouper) {
        let per_article = |time: Duration| time.as_secs_f64() * 1e6 / count.max(1) as f64;
        let rate = count as f64 / (self.prepare + self.place).as_secs_f64();
        println!(
            "| {so_far} | {rate:.0} | {:.1} | {:.1} | {:.2} | {} | {} | {:.1} |",
            per_article(self.prepare),
            per_article(self.place),
            rate * 24.0 / per_day as f64,
            grouper.len(),
            grouper.stories(),
            grouper.bytes() as f64 / 1e6,
        );
    }
}

/// Processor time of this thread, if the system provides it (Linux does), so that other processes
/// don't count; otherwise wall-clock time.
fn worked(begun: Instant) -> Duration {
    let stats = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = stats.and_then(|stats| stats.split(' ').next()?.parse().ok());
    nanos.map_or_else(|| begun.elapsed(), Duration::from_nanos)
}

/// An article that owns its texts.
#[derive(Clone)]
struct Article {
    id: ArticleId,
    title: String,
    text: String,
    source: String,
    time: Option<Timestamp>,
}

impl Article {
    fn prepared(&self) -> Prepared {
        prepare(&GroupDoc {
            id: self.id,
            title: &self.title,
            text: &self.text,
            time: self.time,
            first_seen: self.time,
            url: None,
            source: Some(&self.source),
            authors: &[],
            language: Some("en"),
        })
    }
}

/// The stream.
struct News {
    dice: Dice,
    made: u64,
    per_day: u64,
    /// Each event by its number; those near the front are told most often.
    events: Vec<u64>,
    recent: VecDeque<Article>,
}

impl News {
    fn new(per_day: u64) -> Self {
        let events = (0..OPEN_EVENTS as u64).collect();
        Self { dice: Dice(42), made: 0, per_day, events, recent: VecDeque::new() }
    }

    fn next_article(&mut self) -> Article {
        let at = self.made;
        self.made += 1;
        // Every third article opens an event, at a random rank.
        if at.is_multiple_of(3) {
            let rank = self.dice.below(OPEN_EVENTS as u64) as usize;
            self.events[rank] = OPEN_EVENTS as u64 + at;
        }
        let copied = self.dice.below(10) == 0 && !self.recent.is_empty();
        let mut article = if copied {
            let other = self.dice.below(self.recent.len() as u64) as usize;
            let mut article = self.recent[other].clone();
            article.text.push_str(&self.paragraph(u64::MAX - at, 40));
            article
        } else {
            self.report()
        };
        let mut id = [0; 16];
        id[..8].copy_from_slice(&(at + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
        article.id = ArticleId::from_bytes(id);
        article.source = format!("paper{}.example", self.dice.below(5_000));
        article.time = Timestamp::from_second(1_700_000_000 + (at * 86_400 / self.per_day) as i64).ok();
        if !copied {
            self.recent.push_back(article.clone());
            if self.recent.len() > RECENT {
                self.recent.pop_front();
            }
        }
        article
    }

    /// An article about an event, the first ones most often.
    fn report(&mut self) -> Article {
        let rank = self.dice.zipf(OPEN_EVENTS as f64) as usize;
        let event = self.events[rank.min(OPEN_EVENTS - 1)];
        let length = 60 + self.dice.below(500);
        Article {
            id: ArticleId::from_bytes([0; 16]),
            title: self.paragraph(event, 9),
            text: self.paragraph(event, length),
            source: String::new(),
            time: None,
        }
    }

    /// Words with frequencies as in a natural language, every fourth a word or name of the event.
    fn paragraph(&mut self, event: u64, words: u64) -> String {
        let mut text = String::with_capacity(8 * words as usize);
        for place in 0..words {
            let of_event = self.dice.below(12);
            match place % 8 {
                3 => text.push_str(&name(event.wrapping_mul(31).wrapping_add(of_event) % 400_009)),
                7 => text.push_str(&word(event.wrapping_mul(17).wrapping_add(of_event) % 60_013)),
                _ => text.push_str(&word(self.dice.zipf(60_000.0))),
            }
            text.push_str(if place % 16 == 15 { ". " } else { " " });
        }
        text
    }
}

/// A word by its rank; the first ones are short.
fn word(mut rank: u64) -> String {
    const SYLLABLES: [&str; 16] =
        ["ta", "re", "no", "mi", "su", "ka", "lo", "ve", "di", "pa", "ro", "ne", "si", "mu", "ba", "cor"];
    let mut word = String::new();
    loop {
        word.push_str(SYLLABLES[(rank % 16) as usize]);
        rank /= 16;
        if rank == 0 {
            return word;
        }
    }
}

fn name(rank: u64) -> String {
    let mut name = word(rank);
    name[..1].make_ascii_uppercase();
    name
}

/// A small random number generator (Knuth's linear congruence): the same stream every time.
struct Dice(u64);

impl Dice {
    fn even(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / f64::from(1_u32 << 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        (self.even() * end as f64) as u64
    }

    /// A rank from 0, with a probability proportional to its inverse.
    fn zipf(&mut self, end: f64) -> u64 {
        end.powf(self.even()) as u64 - 1
    }
}
