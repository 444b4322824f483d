//! Generated articles for benchmarks and tests: all different, as large as real ones, and the same
//! in every run.

use courant_model::{
    Article, ArticleId, ArticleKind, DateOrigin, Heat, Image, Judgement, Map, Member, Provider, Quality,
    Reason, Signal, SignalKind, StoryId, Timestamp, Topic, TopicMatch, TopicOrigin, Verdict,
};
use courant_store::StoredArticle;
use jiff::SignedDuration;
use sha2::{Digest, Sha256};
use url::Url;

/// One of this number of articles joins the story of the article before it.
const ARTICLES_PER_JOIN: usize = 6;

/// The time between two articles: about 290 a day.
pub const APART: SignedDuration = SignedDuration::from_mins(5);

/// The number of providers.
const PROVIDERS: usize = 300;

const WORDS: [&str; 48] = [
    "harbour",
    "model",
    "court",
    "energy",
    "council",
    "signal",
    "market",
    "river",
    "engine",
    "report",
    "open",
    "research",
    "winter",
    "bridge",
    "paper",
    "network",
    "village",
    "price",
    "minister",
    "letter",
    "north",
    "train",
    "water",
    "account",
    "garden",
    "machine",
    "language",
    "budget",
    "school",
    "voice",
    "record",
    "festival",
    "storm",
    "museum",
    "factory",
    "island",
    "memory",
    "driver",
    "season",
    "border",
    "vote",
    "library",
    "camera",
    "forest",
    "station",
    "patient",
    "orchestra",
    "railway",
];

/// Article number `number` of a site with these topics, newer with a higher number. Article
/// `newest` was published at `until`.
///
/// # Panics
/// Never: all URLs are made of plain words.
pub fn article(number: usize, newest: usize, until: Timestamp, topics: &[Topic]) -> StoredArticle {
    let age = APART * i32::try_from(newest - number).unwrap_or(i32::MAX);
    let published = until.checked_sub(age).unwrap_or(Timestamp::MIN);
    let id = article_id(number);
    let joins = joins(number);
    let story = StoryId::opened_by(if joins { article_id(number - 1) } else { id });
    let quality = 72 + (number * 7 % 25) as i32;
    let provider = number * 31 % PROVIDERS;
    let domain = format!("{}-{provider}.example", word(provider, 5));
    let slug = format!("{}-{}-{number}", word(number, 1), word(number, 2));
    let url = Url::parse(&format!("https://{domain}/{slug}")).expect("plain words make a URL");
    StoredArticle {
        article: Article {
            id,
            kind: ArticleKind::Article,
            title: sentence(number, 9),
            excerpt: format!("{} {}", sentence(number + 1, 20), sentence(number + 2, 18)),
            text: sentence(number + 3, 40),
            html: String::new(),
            published,
            published_from: DateOrigin::Page,
            updated: None,
            first_seen: published,
            original_url: url.clone(),
            web_url: url,
            amp_web_url: None,
            cdn_amp_web_url: None,
            provider: Provider {
                name: format!("The {} {provider}", word(provider, 5)),
                domain: domain.clone(),
                images: Vec::new(),
            },
            authors: vec![format!("{} {}", word(number, 3), word(number, 4))],
            tags: vec![word(number, 5).to_owned(), word(number, 6).to_owned()],
            language: Some("en".to_owned()),
            locale: None,
            images: vec![Image {
                width: Some(1200),
                height: Some(675),
                ..Image::at(format!("https://{domain}/pictures/{slug}.jpg"))
            }],
            featured_content: None,
            source: None,
            remarks: Vec::new(),
        },
        judgement: Judgement {
            topics: matches(number, topics),
            topics_from: TopicOrigin::Rules,
            quality: Quality::from_points(quality),
            signals: signals(quality),
            refused: Vec::new(),
        },
        member: Member {
            article: id,
            story,
            copy_of: None,
            because: vec![Reason::new("opened", "no story of the window tells this")],
        },
        heat: (!joins).then_some(Heat::from_degrees(quality)),
        verdict: Verdict::new(!joins, "sample", ""),
        slug,
        path: None,
        identity_steps: Vec::new(),
        paywalled: false,
        extra: Map::default(),
        secured: None,
        links: None,
    }
}

/// Whether an article joins the story of the one before it.
pub const fn joins(number: usize) -> bool {
    number % ARTICLES_PER_JOIN == ARTICLES_PER_JOIN - 1
}

/// The id of article number `number`.
pub fn article_id(number: usize) -> ArticleId {
    let digest: [u8; 32] = Sha256::digest(number.to_be_bytes()).into();
    ArticleId::from_bytes(std::array::from_fn(|at| digest[at]))
}

/// A word selected by these two numbers.
fn word(number: usize, place: usize) -> &'static str {
    let mixed = (number as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(place as u32 * 7);
    WORDS[(mixed % WORDS.len() as u64) as usize]
}

fn sentence(number: usize, words: usize) -> String {
    let text: Vec<&str> = (0..words).map(|place| word(number * 5 + place, place)).collect();
    let text = text.join(" ");
    format!("{}{}.", text[..1].to_uppercase(), &text[1..])
}

fn matches(number: usize, topics: &[Topic]) -> Vec<TopicMatch> {
    let chosen = [number % topics.len().max(1), number / 3 % topics.len().max(1)];
    let mut found: Vec<TopicMatch> = Vec::new();
    for topic in chosen.iter().filter_map(|&at| topics.get(at)) {
        if found.iter().all(|other| other.id != topic.id) {
            found.push(TopicMatch {
                id: topic.id.clone(),
                name: topic.name.clone(),
                score: 2.5,
                because: vec![format!("{} (title)", word(number, 1))],
            });
        }
    }
    found
}

fn signals(quality: i32) -> Vec<Signal> {
    let signal = |kind, points, because: &str| Signal { kind, points, because: because.to_owned() };
    vec![
        signal(SignalKind::Trust, 15, "nothing is known of the provider"),
        signal(SignalKind::Completeness, 10, "title, excerpt, time, language and topic"),
        signal(SignalKind::Depth, quality - 48, "a text of some hundred words"),
        signal(SignalKind::Image, 15, "an image 1,200 pixels wide"),
        signal(SignalKind::Byline, 8, "an author is named"),
    ]
}
