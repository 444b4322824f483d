//! Correcting times that were written while the clock was wrong.

use courant_model::{
    ArticleId, DateOrigin, EditorDecision, Override, PendingPage, Source, SourceKind, SourceState, Timestamp,
};
use courant_store::{CorrectedTimes, DayClicks, Store, Subscription, TimeLimits};
use jiff::SignedDuration;
use proptest::{collection::vec, prelude::*};

use crate::support::{at, capture, id, store_with, stored, url};

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Ten years in the future.
const AHEAD: SignedDuration = SignedDuration::from_hours(24 * 3653);

fn limits() -> TimeLimits {
    TimeLimits {
        poll: DAY,
        asked: 31 * DAY,
        asked_because: vec!["asked".to_owned()],
        retry: 7 * DAY,
        lease: 90 * DAY,
    }
}

fn source(name: &str, due: Timestamp) -> SourceState {
    let source = Source {
        url: url(&format!("https://{name}.example/feed")),
        kind: SourceKind::Feed,
        title: None,
        site: None,
        tags: Vec::new(),
    };
    SourceState::never_polled(source, due)
}

async fn due(store: &Store, name: &str) -> Timestamp {
    let url = url(&format!("https://{name}.example/feed"));
    store.source(&url).await.unwrap().unwrap().next_due
}

fn page(number: u32, next_try: Timestamp) -> PendingPage {
    PendingPage {
        key: format!("page {number}"),
        url: url(&format!("https://www.morning.example/{number}")),
        source: None,
        entry: None,
        full_text_of: None,
        own: true,
        attempts: 1,
        next_try,
    }
}

#[tokio::test]
async fn nothing_changes_if_the_clock_is_right() {
    let store = store_with([stored(1, "One", "Text of one.")]).await;
    store.save_source(&source("daily", at(0) + DAY)).await.unwrap();
    let waiting = SourceState { because: Some("asked".to_owned()), ..source("waiting", at(0) + 30 * DAY) };
    store.save_source(&waiting).await.unwrap();
    store.enqueue_pages(&[page(1, at(0) + 7 * DAY)], at(0)).await.unwrap();
    store.set_host_pause("slow.example", at(0) + 7 * DAY, "429").await.unwrap();
    for minutes in [0, 1, 2, 600] {
        let corrected = store.correct_times(at(minutes), &limits()).await.unwrap();
        assert_eq!(corrected, CorrectedTimes::default());
    }
    assert_eq!((due(&store, "daily").await, due(&store, "waiting").await), (at(0) + DAY, at(0) + 30 * DAY));
    assert_eq!(store.next_page_due().await.unwrap(), Some(at(0) + 7 * DAY));
    let pauses = store.host_pauses(at(0)).await.unwrap();
    assert_eq!(pauses, [("slow.example".to_owned(), at(0) + 7 * DAY)]);
}

#[tokio::test]
async fn due_times_from_a_clock_that_was_ahead_keep_their_distance_from_now() {
    let store = Store::in_memory().await.unwrap();
    let then = at(0) + AHEAD;
    store.correct_times(then, &limits()).await.unwrap();
    store.save_source(&source("hourly", then + HOUR)).await.unwrap();
    let asked = SourceState { because: Some("asked".to_owned()), ..source("asked", then + 9 * DAY) };
    store.save_source(&asked).await.unwrap();
    store.enqueue_pages(&[page(1, then + HOUR)], then).await.unwrap();
    store.set_host_pause("slow.example", then + HOUR, "429").await.unwrap();
    let corrected = store.correct_times(at(0), &limits()).await.unwrap();
    assert_eq!((corrected.sources, corrected.pages, corrected.pauses), (2, 1, 1));
    assert_eq!(corrected.back_s, AHEAD.as_secs());
    assert_eq!((due(&store, "hourly").await, due(&store, "asked").await), (at(60), at(0) + 9 * DAY));
    assert_eq!(store.next_page_due().await.unwrap(), Some(at(60)));
    assert_eq!(store.host_pauses(at(0)).await.unwrap()[0].1, at(60));
    assert!(!store.correct_times(at(0), &limits()).await.unwrap().any(), "once is enough");
}

#[tokio::test]
async fn due_times_too_far_ahead_are_due_at_once_if_the_clock_is_unknown() {
    let store = Store::in_memory().await.unwrap();
    let then = at(0) + AHEAD;
    for (name, because) in [("far", None), ("asked", Some("asked"))] {
        let state = SourceState { because: because.map(str::to_owned), ..source(name, then) };
        store.save_source(&state).await.unwrap();
    }
    store.enqueue_pages(&[page(1, then)], then).await.unwrap();
    store.set_host_pause("slow.example", then, "429").await.unwrap();
    let subscription = Subscription {
        id: "s".to_owned(),
        source: url("https://far.example/feed"),
        hub: url("https://hub.example/"),
        topic: url("https://far.example/feed"),
        secret: "x".to_owned(),
        asked: then - DAY,
        lease_end: Some(then),
        last_push: None,
        trusted: true,
    };
    store.save_subscription(&subscription).await.unwrap();
    let corrected = store.correct_times(at(0), &limits()).await.unwrap();
    assert_eq!((corrected.sources, corrected.pages, corrected.pauses, corrected.subscriptions), (2, 1, 1, 1));
    assert_eq!(store.due_sources(at(0), 9).await.unwrap().len(), 2);
    assert_eq!(store.due_pages(at(0), 9).await.unwrap().len(), 1);
    assert!(store.host_pauses(at(0)).await.unwrap().is_empty());
    let known = store.subscription("s").await.unwrap().unwrap();
    assert_eq!((known.asked, known.lease_end), (at(0), Some(at(0))), "renewed at once");
}

#[tokio::test]
async fn dates_from_a_clock_that_was_ahead_are_corrected() {
    let then = at(0) + AHEAD;
    let mut seen_ahead = stored(1, "One", "Text of one.");
    seen_ahead.article.first_seen = then;
    seen_ahead.article.published = then - HOUR;
    seen_ahead.article.updated = Some(then);
    let mut dated = stored(2, "Two", "Text of two.");
    dated.article.first_seen = then;
    let mut imported = stored(3, "Three", "Text of three.");
    (imported.article.first_seen, imported.article.published) = (then, then);
    imported.article.published_from = DateOrigin::Record;
    let store = store_with([seen_ahead, dated, imported]).await;
    let mut fetched = capture(1);
    fetched.fetched = then;
    let archived = courant_model::NewCapture { source: None, ..capture(2) };
    let archived = courant_model::NewCapture { fetched: then, ..archived };
    store.add_captures(&[fetched, archived], then).await.unwrap();
    let state = SourceState { last_success: Some(then), ..source("far", then) };
    store.save_source(&state).await.unwrap();
    store.add_clicks(&[DayClicks { article: id(1), day: then, readers: 3 }]).await.unwrap();
    let word = |article: ArticleId| Override {
        article,
        decision: EditorDecision::Boost { degrees: 9, until: then + DAY },
        by: "Ann".to_owned(),
        at: then,
    };
    store.put_override(&word(id(1))).await.unwrap();

    let corrected = store.correct_times(at(0), &limits()).await.unwrap();
    assert_eq!(corrected.articles, 2);
    let article = async |number: u32| store.article(id(number)).await.unwrap().unwrap().row.article;
    let one = article(1).await;
    assert_eq!((one.first_seen, one.published, one.updated), (at(0), at(0), None));
    assert_eq!(one.published_from, DateOrigin::FirstSeen);
    let two = article(2).await;
    assert_eq!((two.first_seen, two.published, two.updated), (at(0), at(2), Some(at(7))));
    assert_eq!(article(3).await.published, then, "an imported record has its own date");
    let captures = store.claim_captures(9, at(0)).await.unwrap();
    let times: Vec<Timestamp> = captures.iter().map(|capture| capture.content.fetched).collect();
    assert_eq!(times, [at(0), then], "an archive has its own date");
    let midnight: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    let clicks = store.clicks_since(Timestamp::MIN).await.unwrap();
    assert_eq!(clicks, [DayClicks { article: id(1), day: midnight, readers: 3 }]);
    let words = store.overrides().await.unwrap();
    let shorter = EditorDecision::Boost { degrees: 9, until: at(0) + DAY };
    assert_eq!((words[0].at, &words[0].decision), (at(0), &shorter));
    assert!(!store.correct_times(at(0), &limits()).await.unwrap().any(), "once is enough");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// However the clock jumps between rounds, no source waits longer than the longest interval.
    #[test]
    fn no_source_waits_longer_than_the_longest_interval(
        jumps in vec((-200_000_000_i64..200_000_000, 0_i64..86_400), 1..24),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = Store::in_memory().await.unwrap();
            let mut now = at(0) + AHEAD;
            store.save_source(&source("one", now)).await.unwrap();
            for (jump, interval) in jumps {
                now += SignedDuration::from_secs(jump);
                store.correct_times(now, &limits()).await.unwrap();
                let next = due(&store, "one").await;
                assert!(next <= now + DAY, "{now}: next poll at {next}");
                // Time passes until the poll; then the clock jumps again.
                now = now.max(next);
                store.correct_times(now, &limits()).await.unwrap();
                assert_eq!(store.due_sources(now, 9).await.unwrap().len(), 1);
                let next_due = now + SignedDuration::from_secs(interval);
                let polled = SourceState { last_success: Some(now), ..source("one", next_due) };
                store.save_source(&polled).await.unwrap();
            }
        });
    }
}
