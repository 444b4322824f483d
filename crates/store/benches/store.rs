//! The speed of the store with a hundred thousand articles in it: `cargo bench -p courant-store`.
//!
//! The store is generated once in the temporary folder: articles of 450 words from a vocabulary
//! with word frequencies as in a language, one in five published. `COURANT_BENCH_ARTICLES` sets
//! another number of articles.

#![allow(clippy::disallowed_macros, reason = "what is measured is printed")]
#![allow(
    clippy::disallowed_methods,
    reason = "a benchmark is configured by its environment and measures real time"
)]

use std::{env, sync::LazyLock, time::Instant};

use courant_model::{
    Article, ArticleId, ArticleKind, BuiltInRule, CaptureOrigin, DateOrigin, Heat, Image, Judgement, Map,
    Member, NewCapture, Provider, Quality, Reason, Signal, StoryId, Timestamp, TopicMatch, TopicOrigin,
    Verdict,
};
use courant_store::{ArticleDecision, Batch, SearchQuery, Store, StoredArticle};
use divan::Bencher;
use tokio::runtime::Runtime;

const BATCH: usize = 500;

struct World {
    runtime: Runtime,
    store: Store,
    size: u32,
    _folder: tempfile::TempDir,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let size = env::var("COURANT_BENCH_ARTICLES").ok().and_then(|size| size.parse().ok()).unwrap_or(100_000);
    let runtime = Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("courant.db");
    let store = runtime.block_on(async {
        let store = Store::open(&path).await.expect("the store opens");
        let numbers: Vec<u32> = (0..size).collect();
        let (mut storing, mut slowest) = (0.0, 0.0f64);
        for numbers in numbers.chunks(BATCH) {
            let batch = batch(numbers.iter().copied());
            let begun = Instant::now();
            store.commit(&batch, Timestamp::UNIX_EPOCH).await.expect("the batch is stored");
            let took = begun.elapsed().as_secs_f64();
            storing += took;
            slowest = slowest.max(took);
        }
        let rate = f64::from(size) / storing;
        let bytes = store.counts().await.expect("the store counts").bytes;
        eprintln!("filled: {size} articles, {rate:.0} a second, slowest batch of {BATCH} {slowest:.3} s, {bytes} bytes");
        store
    });
    World { runtime, store, size, _folder: folder }
});

fn main() {
    LazyLock::force(&WORLD);
    divan::main();
}

/// A pseudo-random number that is the same each time (the mixing step of splitmix64).
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A word of the vocabulary: the n-th is about n times rarer than the first, as Zipf found of
/// languages.
fn word(seed: u64) -> String {
    let share = (mixed(seed) >> 11) as f64 / (1u64 << 53) as f64;
    let rank = 60_000f64.powf(share) as u64;
    let mut letters = mixed(rank);
    let length = 2 + rank.ilog2() as usize / 2;
    let mut word = String::new();
    for _ in 0..length {
        word.push(char::from(b"bdfgklmnprstvw"[(letters % 14) as usize]));
        letters /= 14;
        word.push(char::from(b"aeiou"[(letters % 5) as usize]));
        letters /= 5;
    }
    word
}

fn words(seed: u64, count: u64) -> String {
    let words: Vec<String> = (0..count).map(|n| word(seed.wrapping_mul(1_000_003).wrapping_add(n))).collect();
    words.join(" ")
}

fn id(number: u32) -> ArticleId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&mixed(u64::from(number)).to_be_bytes());
    bytes[8..12].copy_from_slice(&number.to_be_bytes());
    ArticleId::from_bytes(bytes)
}

fn article(number: u32) -> StoredArticle {
    let seed = u64::from(number);
    let text = words(seed, 450);
    let title = words(seed + (1 << 40), 9);
    let provider = format!("paper{}.example", number % 300);
    let address = format!("https://www.{provider}/news/{number}");
    let published = Timestamp::from_second(1_700_000_000 + i64::from(number) * 30).expect("a time in range");
    let is_lead = number.is_multiple_of(5);
    let topic = |nth: u32| TopicMatch {
        id: format!("topic-{}", nth % 40),
        name: format!("Topic {}", nth % 40),
        score: 1.5,
        because: vec!["in the title".to_owned(), "twice in the text".to_owned()],
    };
    let article = Article {
        id: id(number),
        kind: ArticleKind::Article,
        excerpt: words(seed + (1 << 41), 35),
        html: format!("<p>{}</p>", text.replace(" ba", "</p>\n<p>ba")),
        text,
        published,
        published_from: DateOrigin::Page,
        updated: None,
        first_seen: published,
        original_url: address.parse().expect("a URL"),
        web_url: address.parse().expect("a URL"),
        amp_web_url: None,
        cdn_amp_web_url: None,
        provider: Provider { name: format!("Paper {}", number % 300), domain: provider, images: Vec::new() },
        authors: vec!["Ada Example".to_owned()],
        tags: vec!["one".to_owned(), "two".to_owned()],
        language: Some("en".to_owned()),
        locale: None,
        images: vec![Image { width: Some(1200), height: Some(630), ..Image::at(format!("{address}.jpg")) }],
        featured_content: None,
        source: Some("https://source.example/feed".to_owned()),
        remarks: Vec::new(),
        title: title.clone(),
    };
    let signal =
        |name: &str| Signal { kind: name.into(), points: 10, because: "some words of why".to_owned() };
    StoredArticle {
        judgement: Judgement {
            topics: vec![topic(number), topic(number / 7)],
            quality: Quality::from_points(60),
            topics_from: TopicOrigin::Rules,
            signals: ["image", "title_length", "byline", "depth", "provider", "language"].map(signal).into(),
            refused: Vec::new(),
        },
        member: Member {
            article: article.id,
            story: StoryId::opened_by(id(number - number % 5)),
            copy_of: None,
            because: vec![Reason::new("similar", "some shared words, a score")],
        },
        heat: is_lead.then_some(Heat::from_degrees(80)),
        verdict: Verdict::new(is_lead, BuiltInRule::Threshold, "heat 80"),
        slug: title.replace(' ', "-"),
        path: None,
        identity_steps: vec!["canonical link".to_owned()],
        extra: Map::new(),
        secured: None,
        paywalled: false,
        links: None,
        article,
    }
}

fn batch(numbers: impl Iterator<Item = u32>) -> Batch {
    Batch { articles: numbers.map(article).collect(), ..Batch::default() }
}

/// New articles in addition to the existing ones.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn commit_500_new(bencher: Bencher<'_, '_>) {
    let mut next = WORLD.size;
    bencher
        .counter(BATCH)
        .with_inputs(|| {
            next += BATCH as u32;
            batch(next - BATCH as u32..next)
        })
        .bench_local_values(|batch| {
            WORLD.runtime.block_on(WORLD.store.commit(&batch, Timestamp::UNIX_EPOCH)).expect("stored");
        });
}

/// New versions of known articles without a difference.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn commit_500_known(bencher: Bencher<'_, '_>) {
    let batch = batch((0..BATCH as u32).map(|n| n * (WORLD.size / BATCH as u32)));
    bencher.counter(BATCH).bench_local(|| {
        WORLD.runtime.block_on(WORLD.store.commit(&batch, Timestamp::UNIX_EPOCH)).expect("stored");
    });
}

/// New heat for articles all over the store.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn commit_500_standings(bencher: Bencher<'_, '_>) {
    let mut heat = 100;
    bencher
        .counter(BATCH)
        .with_inputs(|| {
            heat += 1;
            let numbers = (0..BATCH as u32).map(|n| n * (WORLD.size / BATCH as u32));
            let standing = |number| ArticleDecision {
                article: id(number),
                story: StoryId::opened_by(id(number - number % 5)),
                heat: Some(Heat::from_degrees(heat)),
                verdict: Verdict::new(true, BuiltInRule::Threshold, ""),
            };
            Batch { decisions: numbers.map(standing).collect(), ..Batch::default() }
        })
        .bench_local_values(|batch| {
            WORLD.runtime.block_on(WORLD.store.commit(&batch, Timestamp::UNIX_EPOCH)).expect("stored");
        });
}

/// Captures of 9,000 words each, packed and stored.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn add_100_captures(bencher: Bencher<'_, '_>) {
    let mut next = 0;
    bencher
        .counter(100usize)
        .with_inputs(|| {
            next += 100u64;
            (next - 100..next).map(capture).collect::<Vec<_>>()
        })
        .bench_local_values(|captures| {
            WORLD
                .runtime
                .block_on(WORLD.store.add_captures(&captures, Timestamp::UNIX_EPOCH))
                .expect("stored")
        });
}

fn capture(number: u64) -> NewCapture {
    let address: url::Url = format!("https://www.paper.example/{number}").parse().expect("a URL");
    NewCapture {
        url: address.clone(),
        final_url: address,
        status: 200,
        headers: vec![("content-type".to_owned(), "text/html".to_owned())],
        body: words(number + (1 << 42), 9000).into_bytes(),
        fetched: Timestamp::UNIX_EPOCH,
        source: None,
        entry: None,
        origin: CaptureOrigin::Page,
    }
}

/// Everything that is published.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn snapshot_rows(bencher: Bencher<'_, '_>) {
    bencher
        .counter(WORLD.size)
        .bench_local(|| WORLD.runtime.block_on(WORLD.store.snapshot_rows()).expect("read").len());
}

/// The window of the grouping over a tenth of the articles.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn group_window_tenth(bencher: Bencher<'_, '_>) {
    let since = article(WORLD.size - WORLD.size / 10).article.published;
    bencher.counter(WORLD.size / 10).bench_local(|| {
        WORLD.runtime.block_on(WORLD.store.group_window_after(since, 0, usize::MAX)).expect("read").len()
    });
}

/// The members of the stories of a batch.
#[divan::bench(sample_count = 20)]
fn members_of_200_stories(bencher: Bencher<'_, '_>) {
    let stories: Vec<_> = (0..200).map(|n| StoryId::opened_by(id(n * (WORLD.size / 200 / 5 * 5)))).collect();
    bencher.bench_local(|| WORLD.runtime.block_on(WORLD.store.story_members(&stories)).expect("read").len());
}

/// A page of twenty hits, with their total, for words of several frequencies.
#[divan::bench(sample_count = 20, args = ["frequent", "common", "rare", "two", "phrase", "beginning", "filtered"])]
fn search(bencher: Bencher<'_, '_>, kind: &str) {
    let query = search_query(kind);
    let total = WORLD.runtime.block_on(WORLD.store.search(&query)).expect("searched").total;
    eprintln!("search {kind}: {total} articles match {:?}", query.text);
    bencher.bench_local(|| WORLD.runtime.block_on(WORLD.store.search(&query)).expect("searched").total);
}

/// The n-th most frequent word. Every rank occurs within some hundred thousand seeds.
fn ranked(rank: u64) -> String {
    let found = (0..10_000_000).map(word_with_rank).find(|(found, _)| *found == rank);
    found.expect("every rank comes up").1
}

fn word_with_rank(seed: u64) -> (u64, String) {
    let share = (mixed(seed) >> 11) as f64 / (1u64 << 53) as f64;
    (60_000f64.powf(share) as u64, word(seed))
}

fn search_query(kind: &str) -> SearchQuery {
    let query =
        |text: String| SearchQuery { text, limit: 20, published_only: true, ..SearchQuery::default() };
    // In quotation marks a word is not a prefix.
    let whole = |word: String| format!("\"{word}\"");
    match kind {
        "frequent" => query(whole(ranked(2))),
        "common" => query(whole(ranked(300))),
        "rare" => query(whole(ranked(20_000))),
        "two" => query(format!("{} {}", whole(ranked(20)), whole(ranked(40)))),
        "phrase" => query(whole(format!("{} {}", ranked(5), ranked(9)))),
        "beginning" => query(ranked(300)[..3].to_owned()),
        _ => SearchQuery {
            topic: Some("topic-7".to_owned()),
            provider: Some("paper7.example".to_owned()),
            ..query(whole(ranked(20)))
        },
    }
}
