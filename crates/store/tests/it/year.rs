//! A simulated year: the size of a store stops growing except for the articles themselves.

use std::collections::BTreeMap;

use courant_model::{ArticleId, Rejection, RejectionKind, Timestamp};
use courant_store::{CaptureOutcome, CommandQueue, DayClicks, EntryStatus, ImageRow, ListedEntry, Store};

use crate::{
    keep::{KEEP, noise},
    support::{at, batch, capture, id, page, query, stored, url},
};

/// Articles per day, of which the first two are published.
const ARTICLES: u32 = 5;
const PUBLISHED: u32 = 2;
/// Parts that are meant to grow with the articles.
const OF_ARTICLES: [&str; 6] = [
    "texts of articles",
    "articles: what is shown of them",
    "articles: places and verdicts",
    "topics of articles",
    "search index",
    "sources and all else",
];

fn morning(day: u32) -> Timestamp {
    at(i64::from(day) * 24 * 60)
}

fn number(day: u32, of_day: u32) -> u32 {
    day * 10 + of_day
}

fn entry(number: u32) -> ListedEntry {
    ListedEntry { key: number.to_string(), link: Some(format!("page {number}")), digest: [1; 16] }
}

/// A day: articles, yesterday's pages again with other bytes, pages that are not articles,
/// failures.
async fn live_through(store: &Store, requests: &CommandQueue, day: u32) {
    let now = morning(day);
    let feed = url("https://www.morning.example/feed");
    let listed: Vec<ListedEntry> = (day.saturating_sub(3)..=day)
        .flat_map(|day| (0..ARTICLES).map(move |of_day| entry(number(day, of_day))))
        .collect();
    let pages = [0, 7].map(|of_day| page(&format!("page {}", number(day, of_day)), 0));
    store.enqueue_pages(&pages, now).await.unwrap();
    store.remember_entries(&feed, &listed, now).await.unwrap();
    let fetched = |number: u32, version: u64| {
        let mut fetched = capture(number);
        (fetched.body, fetched.fetched) = (noise(u64::from(number) << 8 | version, 3_000), now);
        fetched
    };
    // One as the fetcher does it, the rest in one transaction, because each waits for the disk.
    store.captured_page(&format!("page {}", number(day, 0)), &fetched(number(day, 0), 0), now).await.unwrap();
    store
        .add_captures(&(1..7).map(|of_day| fetched(number(day, of_day), 0)).collect::<Vec<_>>(), now)
        .await
        .unwrap();
    store.dead_letter_page(&format!("page {}", number(day, 7)), "404 Not Found", now).await.unwrap();
    if let Some(yesterday) = day.checked_sub(1) {
        let again: Vec<_> = (0..ARTICLES).map(|of_day| fetched(number(yesterday, of_day), 1)).collect();
        store.add_captures(&again, now).await.unwrap();
    }
    let mut done = batch([]);
    for claim in store.claim_captures(100, now).await.unwrap() {
        let number: u32 = claim.content.final_url.path()[1..].parse().unwrap();
        let outcome = match number % 10 {
            5 => CaptureOutcome::Rejected(Rejection::new(RejectionKind::Listing, "")),
            6 => {
                store.dead_letter_capture(claim.number, "it panicked", now).await.unwrap();
                continue;
            }
            _ => {
                done.articles.push(article(number, day));
                CaptureOutcome::Article(id(number))
            }
        };
        done.outcomes.push((claim.number, outcome));
    }
    store.commit(&done, now).await.unwrap();
    for of_day in [0, 3] {
        store.put_image(&failed_image(number(day, of_day), now), &[]).await.unwrap();
    }
    let clicks: Vec<DayClicks> = (0..PUBLISHED)
        .map(|of_day| DayClicks { article: id(number(day, of_day)), day: now, readers: 3 })
        .collect();
    store.add_clicks(&clicks).await.unwrap();
    let request = requests.submit("{\"hold\":\"x\"}", now).await.unwrap();
    store.answer_command(request, &Ok("{}".into()), now).await.unwrap();
}

fn article(number: u32, day: u32) -> courant_store::StoredArticle {
    let text = format!("word{number} is told here. {}", "The council met and talked of it. ".repeat(12));
    let mut article = stored(number, &format!("Title of {number}"), &text);
    (article.article.first_seen, article.article.published) = (morning(day), morning(day));
    article.verdict.published = number % 10 < PUBLISHED;
    article
}

fn failed_image(number: u32, fetched: Timestamp) -> ImageRow {
    ImageRow {
        url: format!("https://www.morning.example/{number}.jpg"),
        hash: None,
        file: None,
        width: None,
        height: None,
        mime: None,
        bytes: None,
        thumbnails: Vec::new(),
        fetched,
        error: Some("404 Not Found".to_owned()),
    }
}

/// Bytes by part, and of the whole file.
async fn sizes(store: &Store) -> (BTreeMap<&'static str, u64>, u64) {
    let usage = store.usage().await.unwrap();
    let parts = usage.rows.iter().filter(|row| !row.what.starts_with('…'));
    (parts.map(|row| (row.what, row.bytes)).collect(), usage.bytes)
}

#[tokio::test]
async fn after_a_year_of_news_only_articles_remain() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = Store::open(&path).await.unwrap();
    let requests = CommandQueue::open(&path).await.unwrap();
    let (mut month_3, mut window) = (None, Vec::new());
    for day in 0..365 {
        live_through(&store, &requests, day).await;
        if day == 364 {
            window = store.group_window_after(morning(day.saturating_sub(14)), 0, 1_000).await.unwrap();
        }
        // Like a running program: in bounded steps, some of which a round leaves to the next.
        store.sweep(&KEEP, morning(day), 40).await.unwrap();
        if day == 90 {
            month_3 = Some(sizes(&store).await);
        }
    }
    let ((parts_3, bytes_3), (parts_12, bytes_12)) = (month_3.unwrap(), sizes(&store).await);
    println!("month 3: {bytes_3} {parts_3:?}\nmonth 12: {bytes_12} {parts_12:?}");
    for (part, bytes) in &parts_12 {
        let before = parts_3.get(part).copied().unwrap_or_default();
        if !OF_ARTICLES.contains(part) && *part != "images" {
            assert!(
                *bytes <= before * 6 / 5 + 16_384,
                "{part}: {before} bytes after 3 months, {bytes} after 12"
            );
        }
    }
    // Images of published articles are still known, and only these.
    assert!(parts_12["images"] < 400 * 365 + 50_000, "{}", parts_12["images"]);
    let of_articles = |parts: &BTreeMap<&'static str, u64>| -> u64 {
        parts
            .iter()
            .filter(|(part, _)| OF_ARTICLES.contains(part) || **part == "images")
            .map(|(_, n)| n)
            .sum()
    };
    let (grew, articles_grew) = (bytes_12 - bytes_3, of_articles(&parts_12) - of_articles(&parts_3));
    assert!(
        grew <= articles_grew * 11 / 10 + 500_000,
        "{grew} bytes more, of these articles {articles_grew}"
    );
    assert!(
        grew / (275 * u64::from(ARTICLES)) < 9_000,
        "{} bytes an article",
        grew / (275 * u64::from(ARTICLES))
    );

    everything_needed_is_there(&store, &window).await;
    requests.close().await;
    store.close().await.unwrap();
}

async fn everything_needed_is_there(store: &Store, window: &[courant_store::GroupRow]) {
    assert_eq!(store.group_window_after(morning(350), 0, 1_000).await.unwrap(), window);
    assert!(window.len() >= 15 * ARTICLES as usize);
    for day in [0, 100, 363] {
        for of_day in 0..PUBLISHED {
            let number = number(day, of_day);
            let (text, html) = store.article_text(id(number)).await.unwrap().unwrap();
            assert!(text.starts_with(&format!("word{number} ")) && !html.is_empty());
            assert_eq!(found(store, number).await, [id(number)]);
        }
    }
    assert_eq!(found(store, number(100, 3)).await, [], "a text that readers never saw");
    let feed = url("https://www.morning.example/feed");
    let listed: Vec<ListedEntry> = (361..365).map(|day| entry(number(day, 1))).collect();
    assert_eq!(store.entry_statuses(&feed, &listed).await.unwrap(), [EntryStatus::Known; 4]);
    let counts = store.counts().await.unwrap();
    assert_eq!(counts.articles, u64::from(365 * ARTICLES));
    assert_eq!(counts.published, u64::from(365 * PUBLISHED));
    let health = store.check().await.unwrap();
    assert!(health.is_sound(), "{health:?}");
}

async fn found(store: &Store, number: u32) -> Vec<ArticleId> {
    let answer = store.search(&query(&format!("\"word{number}\""))).await.unwrap();
    answer.hits.iter().map(|hit| hit.article).collect()
}
