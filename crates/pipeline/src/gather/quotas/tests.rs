use courant_formats::feed::{Entry, Text};
use courant_model::{Source, SourceKind, Timestamp};
use url::Url;

use crate::{
    clock::Clock,
    fixtures::{NOW, context, timestamp},
    gather::{entries::take_entries, quotas::*},
};

const FEED: &str = "https://agency.example/feed";

fn entries(numbers: std::ops::Range<usize>) -> Vec<Entry> {
    let entry = |number: usize| Entry {
        link: Some(format!("https://agency.example/{number}")),
        title: Some(Text { value: format!("Report number {number}"), ..Text::default() }),
        ..Entry::default()
    };
    numbers.map(entry).collect()
}

async fn limited(folder: &std::path::Path, limits: LimitsConfig) -> Context {
    context(folder, |site| {
        site.config.limits = limits;
        let url = Url::parse(FEED).unwrap();
        site.sources =
            vec![Source { url, kind: SourceKind::Feed, title: None, site: None, tags: Vec::new() }];
    })
    .await
}

fn at(context: &Context, time: &str) -> Context {
    Context { clock: Clock::new(Some(timestamp(time))), ..context.clone() }
}

/// The number of entries that one poll queues and leaves waiting.
async fn taken(context: &Context, entries: &[Entry]) -> (u64, u64) {
    let feed = Url::parse(FEED).unwrap();
    let quotas = Quotas::of(&context.store, context.clock.now()).await.unwrap();
    let taken = take_entries(context, &quotas, &feed, &feed, entries).await.unwrap();
    quotas.store(&context.store).await.unwrap();
    (taken.queued, taken.waiting)
}

#[tokio::test]
async fn entries_over_the_daily_limit_are_queued_the_next_day() {
    let folder = tempfile::tempdir().unwrap();
    let limits = LimitsConfig { entries_per_poll: 4, articles_per_day: 6, ..LimitsConfig::default() };
    let context = limited(folder.path(), limits).await;
    let evening = at(&context, "2026-01-14T23:58:00Z");
    let feed = entries(0..15);
    assert_eq!(taken(&evening, &feed).await, (4, 11), "a poll has its limit");
    assert_eq!(taken(&evening, &feed).await, (2, 9), "and the day");
    assert_eq!(taken(&evening, &feed).await, (0, 9));
    let over = over_limits(&context.store, &context.site.config.limits, timestamp("2026-01-14T23:59:59Z"))
        .await
        .unwrap();
    assert_eq!(over.len(), 1);
    assert!(over[0].contains("articles_per_day = 6") && over[0].contains("29 entries"), "{over:?}");
    // Known entries do not count, and nothing is lost.
    let morning = at(&context, "2026-01-15T00:00:00Z");
    assert_eq!(taken(&morning, &feed).await, (4, 5));
    assert_eq!(taken(&morning, &feed).await, (2, 3));
    let next = at(&context, "2026-01-16T12:00:00Z");
    assert_eq!(taken(&next, &feed).await, (3, 0));
    assert_eq!(taken(&next, &feed).await, (0, 0));
    assert_eq!(context.store.due_pages(timestamp("2026-02-01T00:00:00Z"), 99).await.unwrap().len(), 15);
    let over = over_limits(&context.store, &context.site.config.limits, timestamp("2026-01-16T13:00:00Z"))
        .await
        .unwrap();
    assert!(over.is_empty(), "{over:?}");
}

#[tokio::test]
async fn pages_of_a_source_without_bytes_wait_until_midnight() {
    let folder = tempfile::tempdir().unwrap();
    let limits = LimitsConfig { megabytes_per_day: courant_site::Megabytes(1), ..LimitsConfig::default() };
    let context = limited(folder.path(), limits.clone()).await;
    taken(&context, &entries(0..3)).await;
    let quotas = Quotas::of(&context.store, context.clock.now()).await.unwrap();
    quotas.count(FEED, SourceDay { bytes: 999_999, ..SourceDay::default() }, &limits);
    let due = context.store.due_pages(timestamp(NOW), 9).await.unwrap();
    let due = within_bytes(&context, &quotas, due, timestamp(NOW)).await.unwrap();
    assert_eq!(due.len(), 3, "one byte is left");
    quotas.count(FEED, SourceDay { bytes: 1, ..SourceDay::default() }, &limits);
    assert!(within_bytes(&context, &quotas, due, timestamp(NOW)).await.unwrap().is_empty());
    quotas.store(&context.store).await.unwrap();
    assert_eq!(context.store.next_page_due().await.unwrap(), Some(timestamp("2026-01-15T00:00:00Z")));
    let day = context.store.source_day(day_of(timestamp(NOW))).await.unwrap()[FEED];
    assert_eq!((day.bytes, day.left_out), (1_000_000, 3));
    let tomorrow = Quotas::of(&context.store, timestamp("2026-01-15T00:00:00Z")).await.unwrap();
    assert!(!tomorrow.allowance(FEED, &limits).is_out_of_bytes());
}

#[test]
fn days_begin_at_midnight() {
    for (time, day, next) in [
        ("2026-01-14T00:00:00Z", "2026-01-14T00:00:00Z", "2026-01-15T00:00:00Z"),
        ("2026-01-14T23:59:59Z", "2026-01-14T00:00:00Z", "2026-01-15T00:00:00Z"),
        ("1969-12-31T23:00:00Z", "1969-12-31T00:00:00Z", "1970-01-01T00:00:00Z"),
    ] {
        let time: Timestamp = timestamp(time);
        assert_eq!((day_of(time), tomorrow(time)), (timestamp(day), timestamp(next)));
    }
}

#[test]
fn a_source_can_have_its_own_limits() {
    let parsed = |text: &str| courant_site::Config::parse(text, std::path::Path::new("courant.toml"));
    let limits = parsed(
        "[limits]\narticles_per_day = 10\n[[limits.source]]\nurl = \"https://agency.example/feed\"\n\
         articles_per_day = 99\n",
    )
    .unwrap()
    .limits;
    assert_eq!(limits.of(FEED).articles_per_day, 99);
    assert_eq!(limits.of(FEED).entries_per_poll, 1_000);
    assert_eq!(limits.of("https://other.example/feed").articles_per_day, 10);
    let none = parsed("[limits]\nmegabytes_per_day = 0\n").unwrap_err().to_string();
    assert_eq!(none, "courant.toml:2: [limits] megabytes_per_day must be an integer of at least 1");
}
