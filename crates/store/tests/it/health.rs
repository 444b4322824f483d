//! Counts, dead letters, checks.

use courant_model::{Rejection, RejectionKind};
use courant_store::{CaptureOutcome, DeadKind, Store};

use crate::support::{SCHEMA, at, batch, capture, id, in_story, page, stored};

#[tokio::test]
async fn everything_is_counted() {
    let store = Store::in_memory().await.unwrap();
    store.enqueue_pages(&[page("a", 0), page("b", 9), page("c", 0), page("d", 0)], at(0)).await.unwrap();
    store.dead_letter_page("c", "404", at(0)).await.unwrap();
    store.captured_page("d", &capture(0), at(0)).await.unwrap();
    store.add_captures(&(1..=6).map(capture).collect::<Vec<_>>(), at(0)).await.unwrap();
    let numbers: Vec<_> =
        store.claim_captures(9, at(0)).await.unwrap().iter().map(|claim| claim.number).collect();
    let rejected = |kind| CaptureOutcome::Rejected(Rejection::new(kind, ""));
    let mut held = in_story(stored(2, "x", "y"), 1);
    held.verdict.published = false;
    let mut done = batch([stored(1, "x", "y"), held, stored(3, "x", "y")]);
    done.outcomes = vec![
        (numbers[0], CaptureOutcome::Article(id(1))),
        (numbers[1], rejected(RejectionKind::Product)),
        (numbers[2], rejected(RejectionKind::Listing)),
        (numbers[3], rejected(RejectionKind::Product)),
    ];
    store.commit(&done, at(0)).await.unwrap();
    store.dead_letter_capture(numbers[4], "crashed", at(1)).await.unwrap();
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.pages_due, counts.pages_dead), (2, 1));
    assert_eq!((counts.captures_pending, counts.captures_dead), (2, 1));
    assert_eq!(counts.captures_rejected, [("listing".to_owned(), 1), ("product".to_owned(), 2)]);
    assert_eq!((counts.articles, counts.published, counts.held, counts.stories), (3, 2, 1, 2));
    assert!(counts.bytes > 0);
    let letters = store.dead_letters(10).await.unwrap();
    assert_eq!(letters.len(), 2);
    assert_eq!(
        (letters[0].kind, letters[0].reason.as_str()),
        (DeadKind::Capture, "crashed"),
        "the latest first"
    );
    assert_eq!(letters[0].kind.as_str(), "capture");
    assert!(letters[0].at >= letters[1].at && letters[1].url.starts_with("https://"));
    assert_eq!(store.dead_letters(1).await.unwrap(), letters[..1]);
}

#[tokio::test]
async fn a_sound_store_is_sound() {
    let store = Store::in_memory().await.unwrap();
    store.commit(&batch([stored(1, "x", "y")]), at(0)).await.unwrap();
    let health = store.check().await.unwrap();
    assert!(health.is_sound(), "{health:?}");
    assert_eq!(health.schema, SCHEMA);
    assert!(health.bytes > 0);
    assert_eq!(store.next_page_due().await.unwrap(), None);
    assert_eq!(store.due_pages(at(0), 1).await.unwrap(), []);
}
