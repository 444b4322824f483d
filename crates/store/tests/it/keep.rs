//! What a sweep removes, and what it must leave.

use courant_model::{EditorDecision, Override, PendingPage, Rejection, RejectionKind, Timestamp, Value};
use courant_store::{
    CaptureOutcome, EntryStatus, ImageRow, Keep, ListedEntry, Part, Removed, Store, SweepReport,
};
use sqlx::{Connection, sqlite::SqliteConnection};

use crate::support::{at, batch, capture, id, in_story, page, query, stored, url};

const DAY: i64 = 24 * 60;
pub(crate) const KEEP: Keep = Keep {
    capture_days: 7,
    published_capture_days: 7,
    capture_row_days: 30,
    unpublished_text_days: 30,
    source_entry_days: 40,
    dead_letter_days: 30,
    image_days: 30,
    click_days: 30,
    window_days: 14,
};

fn on_day(day: i64) -> Timestamp {
    at(DAY * day)
}

/// Processes all waiting captures, each to the article of its number.
async fn process(store: &Store, published: bool, day: i64) {
    let claimed = store.claim_captures(500, on_day(0)).await.unwrap();
    let mut done = batch([]);
    for claim in claimed {
        let path = claim.content.final_url.path().trim_start_matches('/').to_owned();
        let number: u32 = path.parse().unwrap();
        let mut article = stored(number, &format!("Title {number}"), &format!("text number{number} of it"));
        article.article.first_seen = on_day(day);
        article.article.published = on_day(day);
        article.verdict.published = published;
        done.articles.push(article);
        done.outcomes.push((claim.number, CaptureOutcome::Article(id(number))));
    }
    store.commit(&done, on_day(day)).await.unwrap();
}

fn gone(swept: &SweepReport) -> Vec<(Part, u64)> {
    swept.removed.iter().map(|removed| (removed.part, removed.rows)).collect()
}

/// Sweeps until nothing is left to remove; the sum of what was removed.
async fn sweep(store: &Store, keep: &Keep, day: i64) -> Vec<(Part, u64)> {
    let mut all = Vec::new();
    loop {
        let preview = store.sweep_preview(keep, on_day(day)).await.unwrap();
        let swept = store.sweep(keep, on_day(day), usize::MAX).await.unwrap();
        assert!(swept.is_complete);
        assert_eq!(preview, swept.removed, "the preview is exact");
        assert_eq!(store.last_swept().await.unwrap(), Some(on_day(day)));
        assert!(store.check().await.unwrap().is_sound());
        if preview.is_empty() {
            return all;
        }
        all.extend(gone(&swept));
    }
}

#[tokio::test]
async fn bodies_of_processed_captures_are_removed_and_the_same_bytes_are_still_known() {
    let store = Store::in_memory().await.unwrap();
    store.add_captures(&[capture(1), capture(2)], on_day(0)).await.unwrap();
    assert_eq!(sweep(&store, &KEEP, 300).await, [], "a waiting capture is kept however old it is");
    process(&store, true, 0).await;
    assert_eq!(sweep(&store, &KEEP, 6).await, []);
    let preview = store.sweep_preview(&KEEP, on_day(7)).await.unwrap();
    assert!(matches!(preview[..], [Removed { part: Part::Captures, rows: 2, bytes }] if bytes > 100));
    assert_eq!(sweep(&store, &KEEP, 7).await, [(Part::Captures, 2)]);
    assert_eq!(
        store.add_captures(&[capture(1)], on_day(0)).await.unwrap(),
        0,
        "the same bytes are one capture"
    );
    assert!(!store.retry_dead_capture(1, on_day(0)).await.unwrap());
    assert_eq!(store.source_yields(at(0)).await.unwrap().len(), 1);
    assert_eq!(sweep(&store, &KEEP, 30).await, [(Part::CaptureRows, 2)]);
    assert_eq!(store.add_captures(&[capture(1)], on_day(0)).await.unwrap(), 1, "now they are new again");
    process(&store, true, 31).await;
    assert_eq!(store.counts().await.unwrap().articles, 2);
}

#[tokio::test]
async fn a_replaced_capture_is_removed_after_a_day() {
    let store = Store::in_memory().await.unwrap();
    for version in 0..5u8 {
        let mut again = capture(1);
        again.body.push(version);
        store.add_captures(&[again], on_day(0)).await.unwrap();
        process(&store, true, 0).await;
    }
    assert_eq!(sweep(&store, &KEEP, 1).await, [(Part::OlderCaptures, 4)]);
    let for_ever = Keep { capture_days: 0, ..KEEP };
    let mut again = capture(1);
    again.body.push(9);
    store.add_captures(&[again], on_day(0)).await.unwrap();
    process(&store, true, 2).await;
    assert_eq!(sweep(&store, &for_ever, 4).await, [], "0 keeps for ever, replaced ones too");
}

#[tokio::test]
async fn the_latest_capture_of_a_published_article_can_be_kept_longer() {
    let store = Store::in_memory().await.unwrap();
    store.add_captures(&[capture(1)], on_day(0)).await.unwrap();
    process(&store, true, 0).await;
    store.add_captures(&[capture(2)], on_day(0)).await.unwrap();
    process(&store, false, 0).await;
    let longer = Keep { published_capture_days: 20, ..KEEP };
    assert_eq!(sweep(&store, &longer, 8).await, [(Part::Captures, 1)], "only that of the held article");
    let for_ever = Keep { published_capture_days: 0, ..KEEP };
    assert_eq!(sweep(&store, &for_ever, 900).await, [(Part::CaptureRows, 1)]);
    assert_eq!(store.sweep_preview(&longer, on_day(900)).await.unwrap()[0].part, Part::Captures);
}

#[tokio::test]
async fn texts_never_published_are_removed_and_titles_are_still_found() {
    let store = Store::in_memory().await.unwrap();
    let held = |number: u32, text: &str| {
        let mut article = stored(number, &format!("Title {number}"), text);
        article.article.first_seen = on_day(0);
        article.article.published = on_day(0);
        article.verdict.published = false;
        article
    };
    let mut seen = held(1, "seenword now");
    seen.verdict.published = true;
    store
        .commit(&batch([seen.clone(), held(2, "onceword then"), held(3, "neverword ever")]), on_day(0))
        .await
        .unwrap();
    // Number 2 was published for a while, and cooled.
    let mut once = held(2, "onceword then");
    once.verdict.published = true;
    store.commit(&batch([once]), on_day(0)).await.unwrap();
    store.commit(&batch([held(2, "onceword then")]), on_day(0)).await.unwrap();
    store.commit(&batch([held(4, "spokenword")]), on_day(0)).await.unwrap();
    let word = Override {
        article: id(4),
        decision: EditorDecision::from_stored("published", Value::Bool(false)),
        by: "Ann".into(),
        at: on_day(0),
    };
    store.put_override(&word).await.unwrap();
    let mut newest = held(9, "newestword");
    newest.article.first_seen = on_day(100);
    store.commit(&batch([newest]), on_day(0)).await.unwrap();

    assert_eq!(sweep(&store, &KEEP, 100).await, [(Part::Texts, 1)]);
    let found = async |word: &str| store.search(&query(word)).await.unwrap().total;
    assert_eq!(
        (
            found("seenword").await,
            found("onceword").await,
            found("neverword").await,
            found("newestword").await
        ),
        (1, 1, 0, 1)
    );
    assert_eq!(found("spokenword").await, 1, "it has an override");
    assert_eq!(found("title 3").await, 1, "title and excerpt stay");
    let row = store.article(id(3)).await.unwrap().unwrap();
    assert_eq!((row.row.article.text.as_str(), row.row.article.html.as_str()), ("", ""));
    assert!(store.text_is_removed(id(3)).await.unwrap() && !store.text_is_removed(id(2)).await.unwrap());
    // A new version brings the text back.
    store.commit(&batch([held(3, "neverword ever")]), on_day(0)).await.unwrap();
    assert_eq!(found("neverword").await, 1);
    assert!(!store.text_is_removed(id(3)).await.unwrap());
    assert!(store.check().await.unwrap().is_sound());
}

#[tokio::test]
async fn articles_in_the_window_of_the_grouping_keep_their_text_after_a_long_pause() {
    let store = Store::in_memory().await.unwrap();
    for day in 0..60 {
        store.add_captures(&[capture(day)], on_day(0)).await.unwrap();
        process(&store, false, i64::from(day)).await;
    }
    let since = on_day(59 - 14);
    let window = store.group_window_after(since, 0, 500).await.unwrap();
    let swept = sweep(&store, &KEEP, 400).await;
    assert!(swept.contains(&(Part::Texts, 45)), "{swept:?}");
    assert_eq!(store.group_window_after(since, 0, 500).await.unwrap(), window);
    assert_eq!(window.len(), 15);
}

#[tokio::test]
async fn entries_are_kept_as_long_as_a_source_lists_them() {
    let store = Store::in_memory().await.unwrap();
    let feed = url("https://www.morning.example/feed");
    let entry =
        |key: &str| ListedEntry { key: key.into(), link: Some(format!("link {key}")), digest: [1; 16] };
    let named = |key: &str| PendingPage { source: Some(feed.to_string()), ..page(key, 0) };
    store.enqueue_pages(&[named("link old"), named("link kept")], on_day(0)).await.unwrap();
    for number in 0..2 {
        let key = ["link old", "link kept"][number as usize];
        store.captured_page(key, &capture(number), on_day(0)).await.unwrap();
    }
    process(&store, true, 0).await;
    store.remember_entries(&feed, &[entry("old"), entry("kept")], on_day(0)).await.unwrap();
    let left = async || store.entry_count(&feed).await.unwrap();
    // The source responds "not modified", or not at all, for a year: all entries count as listed.
    assert!(!sweep(&store, &KEEP, 365).await.contains(&(Part::SourceEntries, 1)));
    assert_eq!(left().await, 2);
    store.remember_entries(&feed, &[entry("kept"), entry("new")], on_day(366)).await.unwrap();
    let swept = sweep(&store, &KEEP, 367).await;
    assert!(swept.contains(&(Part::SourceEntries, 1)) && swept.contains(&(Part::Pages, 1)), "{swept:?}");
    let news = store.entry_statuses(&feed, &[entry("kept"), entry("new"), entry("old")]).await.unwrap();
    assert_eq!(news, [EntryStatus::Known, EntryStatus::Known, EntryStatus::New]);
    assert_eq!(store.enqueue_pages(&[named("link kept")], on_day(367)).await.unwrap(), 0);
    assert_eq!(store.enqueue_pages(&[named("link old")], on_day(367)).await.unwrap(), 1);
}

#[tokio::test]
async fn dead_letters_and_images_that_nothing_shows_are_removed() {
    let store = Store::in_memory().await.unwrap();
    store.enqueue_pages(&[page("a", 0), page("b", 0), page("due", 0)], on_day(0)).await.unwrap();
    store.dead_letter_page("a", "404", on_day(0)).await.unwrap();
    store.dead_letter_page("b", "404", on_day(20)).await.unwrap();
    store.add_captures(&[capture(1), capture(2), capture(3)], on_day(0)).await.unwrap();
    store.dead_letter_capture(1, "panicked", on_day(0)).await.unwrap();
    let rejected = CaptureOutcome::Rejected(Rejection::new(RejectionKind::Listing, ""));
    let mut shown = stored(5, "Shown", "x");
    let mut hidden = stored(6, "Hidden", "x");
    let mut related = in_story(stored(7, "Related", "x"), 5);
    for article in [&mut shown, &mut hidden, &mut related] {
        article.article.first_seen = on_day(0);
    }
    (hidden.verdict.published, related.verdict.published) = (false, false);
    let mut done = batch([shown, hidden, related]);
    done.outcomes = vec![(2, rejected)];
    store.commit(&done, on_day(0)).await.unwrap();
    for (number, file) in [(5, None), (6, None), (7, None), (8, None), (9, Some("copy.webp"))] {
        let image = ImageRow {
            url: format!("https://www.morning.example/{number}.jpg"),
            hash: None,
            file: file.map(str::to_owned),
            width: None,
            height: None,
            mime: None,
            bytes: None,
            thumbnails: Vec::new(),
            fetched: on_day(0),
            error: Some("404".to_owned()),
        };
        store.put_image(&image, &[]).await.unwrap();
    }
    let swept = sweep(&store, &KEEP, 31).await;
    let expected =
        [(Part::Captures, 1), (Part::CaptureRows, 1), (Part::DeadCaptures, 1), (Part::DeadPages, 1)];
    for part in expected.into_iter().chain([(Part::Images, 2)]) {
        assert!(swept.contains(&part), "{part:?} in {swept:?}");
    }
    let image = async |number: u32| {
        store.image(&format!("https://www.morning.example/{number}.jpg")).await.unwrap().is_some()
    };
    assert!(image(5).await && image(7).await && image(9).await, "of a published story, or with a copy");
    assert!(!image(6).await && !image(8).await);
    assert_eq!(store.dead_letters(9).await.unwrap().len(), 1);
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.pages_due, counts.captures_pending), (1, 1), "queued items stay queued");
}

#[tokio::test]
async fn a_sweep_in_steps_removes_the_same_as_a_whole_one() {
    let mut ends = Vec::new();
    for steps in [1, 3, usize::MAX] {
        let store = Store::in_memory().await.unwrap();
        let captures: Vec<_> = (0..1_200).map(capture).collect();
        store.add_captures(&captures, on_day(0)).await.unwrap();
        for _ in 0..3 {
            process(&store, false, 0).await;
        }
        let mut rounds = 0;
        while !store.sweep(&KEEP, on_day(50), steps).await.unwrap().is_complete {
            rounds += 1;
            assert!(rounds < 100, "a sweep ends");
            assert!(store.check().await.unwrap().is_sound(), "and may stop at any point");
        }
        sweep(&store, &KEEP, 50).await;
        ends.push((
            store.pending_captures().await.unwrap(),
            store.counts().await.unwrap().articles,
            store.search(&query("text")).await.unwrap(),
        ));
    }
    assert!(ends.iter().all(|end| *end == ends[2]));
}

#[tokio::test]
async fn free_space_is_returned_and_a_file_that_cannot_shrink_does_after_it_was_compacted() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("new.db")).await.unwrap();
    fill_and_sweep(&store).await;
    let now = store.compaction().await.unwrap();
    assert!(now.shrinks && now.free == 0, "{now:?}");
    store.close().await.unwrap();

    let path = folder.path().join("old.db");
    Store::open(&path).await.unwrap().close().await.unwrap();
    let mut connection = SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    sqlx::raw_sql("PRAGMA auto_vacuum = none; VACUUM").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let store = Store::open(&path).await.unwrap();
    fill_and_sweep(&store).await;
    let before = store.compaction().await.unwrap();
    assert!(!before.shrinks && before.free > 1_000_000, "{before:?}");
    let after = store.compact().await.unwrap();
    assert!(after.shrinks && after.free == 0 && after.bytes < before.bytes / 2, "{after:?}");
    assert!(store.check().await.unwrap().is_sound());
    let bytes = store.usage().await.unwrap();
    assert_eq!((bytes.bytes, bytes.free), (after.bytes, 0));
    assert!(bytes.rows.iter().any(|row| row.what == "search index" && row.bytes > 0));
    store.close().await.unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().len(), after.bytes);
}

async fn fill_and_sweep(store: &Store) {
    for number in 100..400 {
        let mut capture = capture(number);
        capture.body = noise(u64::from(number), 8_000);
        store.add_captures(&[capture], on_day(0)).await.unwrap();
    }
    process(store, true, 0).await;
    let swept = store.sweep(&KEEP, on_day(8), usize::MAX).await.unwrap();
    assert!(swept.bytes() > 2_000_000 && swept.rows() >= 300);
}

/// Bytes that cannot be compressed.
pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}
