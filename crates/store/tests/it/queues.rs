//! Pages to be fetched, captures to be processed, hosts and images.

use courant_model::{CaptureOrigin, FullTextOf, NewCapture, PendingPage, RecordPath, Unread};
use courant_store::{DeadKind, ImageRow, MAX_SHARED_ATTEMPTS, SourceDay, Store, StoreError};
use proptest::prelude::*;

use crate::support::{at, capture, page};

fn keys(pages: &[courant_model::PendingPage]) -> Vec<&str> {
    pages.iter().map(|page| page.key.as_str()).collect()
}

#[tokio::test]
async fn a_page_is_queued_only_once() {
    let store = Store::in_memory().await.unwrap();
    assert_eq!(
        store.enqueue_pages(&[page("b", 0), page("a", 0), page("b", 5), page("c", 9)], at(0)).await.unwrap(),
        3
    );
    assert_eq!(store.enqueue_pages(&[page("a", -100), page("d", 1)], at(0)).await.unwrap(), 1);
    assert_eq!(keys(&store.due_pages(at(0), 10).await.unwrap()), ["a", "b"]);
    assert_eq!(store.due_pages(at(0), 10).await.unwrap()[0], page("a", 0));
    assert_eq!(keys(&store.due_pages(at(9), 3).await.unwrap()), ["a", "b", "d"]);
    assert_eq!(store.next_page_due().await.unwrap(), Some(at(0)));

    store.captured_page("a", &capture(1), at(0)).await.unwrap();
    store.dead_letter_page("b", "404", at(0)).await.unwrap();
    assert_eq!(store.enqueue_pages(&[page("a", 0), page("b", 0)], at(0)).await.unwrap(), 0);
    assert_eq!(keys(&store.due_pages(at(9), 10).await.unwrap()), ["d", "c"]);
}

#[tokio::test]
async fn a_page_that_fails_is_postponed_then_given_up_and_can_be_retried() {
    let store = Store::in_memory().await.unwrap();
    store.enqueue_pages(&[page("a", 0)], at(0)).await.unwrap();
    store.postpone_failed_page("a", at(10), "timed out", at(0)).await.unwrap();
    assert_eq!(store.due_pages(at(9), 10).await.unwrap(), []);
    let due = store.due_pages(at(10), 10).await.unwrap();
    assert_eq!((due[0].attempts, due[0].next_try), (1, at(10)));
    store.dead_letter_page("a", "gone", at(0)).await.unwrap();
    store.dead_letter_page("a", "again", at(0)).await.unwrap();
    store.postpone_failed_page("a", at(0), "late", at(0)).await.unwrap();
    assert_eq!(store.next_page_due().await.unwrap(), None);
    let letters = store.dead_letters(10).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(
        (letters[0].kind, letters[0].key.as_str(), letters[0].reason.as_str()),
        (DeadKind::Page, "a", "gone")
    );
    assert!(store.retry_dead_page("a", at(3)).await.unwrap());
    assert!(!store.retry_dead_page("a", at(3)).await.unwrap());
    assert_eq!(store.due_pages(at(3), 10).await.unwrap()[0].attempts, 0);
    for failed in [
        store.postpone_failed_page("x", at(0), "", at(0)).await,
        store.dead_letter_page("x", "", at(0)).await,
    ] {
        assert!(matches!(failed, Err(StoreError::NotFound { what: "page", .. })));
    }
}

#[tokio::test]
async fn one_host_does_not_delay_the_others() {
    let store = Store::in_memory().await.unwrap();
    let of_host = |key: &str, host: &str, minutes| {
        let mut page = page(key, minutes);
        page.url.set_host(Some(host)).unwrap();
        page
    };
    let mut pages: Vec<_> = (0..50).map(|n| of_host(&format!("a{n:02}"), "a.example", 0)).collect();
    pages.extend([
        of_host("b1", "b.example", 3),
        of_host("b2", "b.example", 2),
        of_host("b3", "b.example", 1),
    ]);
    pages.extend([of_host("c1", "c.example", 1), of_host("c2", "c.example", 99)]);
    store.enqueue_pages(&pages, at(0)).await.unwrap();
    let due = async |minutes, per_host, limit| {
        let due = store.due_pages_by_host(at(minutes), per_host, limit).await.unwrap();
        due.into_iter().map(|page| page.key).collect::<Vec<_>>()
    };
    assert_eq!(due(5, 2, 100).await, ["a00", "a01", "b3", "c1", "b2"]);
    assert_eq!(due(5, 2, 3).await, ["a00", "a01", "b3"]);
    assert_eq!(due(1, 1, 100).await, ["a00", "b3", "c1"]);
    store.set_host_pause("b.example", at(6), "429").await.unwrap();
    assert_eq!(due(5, 1, 100).await, ["a00", "c1"]);
    assert_eq!(due(6, 1, 100).await, ["a00", "b3", "c1"]);
    store.postpone_pages(&["a00", "a01", "nope"].map(str::to_owned), at(50)).await.unwrap();
    assert_eq!(due(6, 1, 100).await, ["a02", "b3", "c1"]);
    let put_off = store.due_pages(at(50), 100).await.unwrap();
    assert!(put_off.iter().all(|page| page.attempts == 0) && put_off.len() == 54);
}

#[tokio::test]
async fn a_captured_page_is_off_the_queue_and_its_capture_is_on() {
    let store = Store::in_memory().await.unwrap();
    store.enqueue_pages(&[page("a", 0)], at(0)).await.unwrap();
    assert!(store.captured_page("a", &capture(1), at(0)).await.unwrap());
    assert!(!store.captured_page("a", &capture(1), at(0)).await.unwrap());
    store.dead_letter_page("a", "too late", at(0)).await.unwrap();
    assert!(store.captured_page("never queued", &capture(2), at(0)).await.unwrap());
    assert_eq!(store.due_pages(at(99), 10).await.unwrap(), []);
    assert_eq!(store.dead_letters(10).await.unwrap(), []);
    assert_eq!(store.pending_captures().await.unwrap(), 2);
}

#[tokio::test]
async fn captures_are_claimed_by_number_and_attempts_are_counted() {
    let store = Store::in_memory().await.unwrap();
    assert_eq!(store.add_captures(&[capture(3), capture(1), capture(2)], at(0)).await.unwrap(), 3);
    let claimed = store.claim_captures(2, at(0)).await.unwrap();
    assert_eq!(
        claimed.iter().map(|claim| claim.content.clone()).collect::<Vec<_>>(),
        [capture(3), capture(1)]
    );
    assert!(claimed[0].number < claimed[1].number);
    assert_eq!(claimed[0].attempts, 1);
    let again = store.claim_captures(3, at(0)).await.unwrap();
    assert_eq!(again.iter().map(|claim| claim.attempts).collect::<Vec<_>>(), [2, 2, 1]);
    assert!(store.claim_captures(0, at(0)).await.unwrap().is_empty());

    store.dead_letter_capture(again[0].number, "it ends the process", at(0)).await.unwrap();
    store.dead_letter_capture(again[0].number, "twice", at(0)).await.unwrap();
    assert_eq!(store.claim_captures(9, at(0)).await.unwrap().len(), 2);
    let letters = store.dead_letters(1).await.unwrap();
    assert_eq!(letters[0].kind, DeadKind::Capture);
    assert_eq!(
        (letters[0].key.clone(), letters[0].reason.as_str()),
        (again[0].number.to_string(), "it ends the process")
    );
    assert!(store.retry_dead_capture(again[0].number, at(0)).await.unwrap());
    assert!(!store.retry_dead_capture(again[0].number, at(0)).await.unwrap());
    let risen = store.claim_captures(1, at(0)).await.unwrap();
    assert_eq!((risen[0].number, risen[0].attempts), (again[0].number, 1));
}

#[tokio::test]
async fn a_capture_that_always_fails_is_told_from_those_in_the_same_batch() {
    let store = Store::in_memory().await.unwrap();
    store.add_captures(&[capture(1), capture(2)], at(0)).await.unwrap();
    for attempt in 1..=MAX_SHARED_ATTEMPTS {
        let claimed = store.claim_captures(9, at(0)).await.unwrap();
        assert_eq!(claimed.iter().map(|claim| claim.attempts).collect::<Vec<_>>(), [attempt; 2]);
    }
    store.add_captures(&[capture(3)], at(0)).await.unwrap();
    let alone = store.claim_captures(9, at(0)).await.unwrap();
    assert_eq!(alone.iter().map(|claim| &claim.content).collect::<Vec<_>>(), [&capture(1)]);
    store.dead_letter_capture(alone[0].number, "it ends the process", at(0)).await.unwrap();
    let next = store.claim_captures(9, at(0)).await.unwrap();
    assert_eq!((next.len(), &next[0].content, next[0].attempts), (1, &capture(2), MAX_SHARED_ATTEMPTS + 1));
    store.dead_letter_capture(next[0].number, "it too", at(0)).await.unwrap();
    assert_eq!(store.claim_captures(9, at(0)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_capture_is_identified_by_url_body_and_entry() {
    let store = Store::in_memory().await.unwrap();
    let first = capture(1);
    let mut later = first.clone();
    later.fetched = at(500);
    later.headers.clear();
    later.source = None;
    assert_eq!(store.add_captures(&[first.clone(), first.clone(), later], at(0)).await.unwrap(), 1);
    let mut others = vec![first.clone(), first.clone(), first.clone(), first.clone(), first];
    others[0].url.set_query(None);
    others[1].final_url.set_query(Some("x"));
    others[2].body.push(b'x');
    others[3].entry = None;
    others[4].entry = Some(String::new());
    assert_eq!(store.add_captures(&others, at(0)).await.unwrap(), 5);
    assert_eq!(store.add_captures(&others, at(0)).await.unwrap(), 0);
}

#[tokio::test]
async fn what_a_capture_is_of_is_stored_with_it() {
    let store = Store::in_memory().await.unwrap();
    let full_text_of =
        FullTextOf { article_url: capture(9).final_url, identity_steps: vec!["canonical link".to_owned()] };
    let due = PendingPage { entry: None, full_text_of: Some(full_text_of.clone()), ..page("a", 0) };
    store.enqueue_pages(std::slice::from_ref(&due), at(0)).await.unwrap();
    assert_eq!(store.due_pages(at(0), 9).await.unwrap(), [due]);
    let origins = [
        CaptureOrigin::Page,
        CaptureOrigin::Entry(Unread::NotFetched),
        CaptureOrigin::Entry(Unread::Gone("answered 410".to_owned())),
        CaptureOrigin::FullText(full_text_of),
        CaptureOrigin::Record(RecordPath::parse("news/2026-01-14-a.md").unwrap()),
    ];
    let captures: Vec<NewCapture> =
        (1..).zip(origins).map(|(number, origin)| NewCapture { origin, ..capture(number) }).collect();
    assert_eq!(store.add_captures(&captures, at(0)).await.unwrap(), captures.len());
    let claimed: Vec<NewCapture> =
        store.claim_captures(9, at(0)).await.unwrap().into_iter().map(|claim| claim.content).collect();
    assert_eq!(claimed, captures);
}

#[tokio::test]
async fn a_claim_does_not_fill_the_memory() {
    let store = Store::in_memory().await.unwrap();
    let mut large = [capture(1), capture(2)];
    for capture in &mut large {
        capture.body = vec![b' '; 33 << 20];
    }
    store.add_captures(&large, at(0)).await.unwrap();
    assert_eq!(store.claim_captures(100, at(0)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn pauses_end() {
    let store = Store::in_memory().await.unwrap();
    store.set_host_pause("b.example", at(5), "429").await.unwrap();
    store.set_host_pause("a.example", at(9), "503").await.unwrap();
    store.set_host_pause("b.example", at(7), "429").await.unwrap();
    let both = [("a.example".to_owned(), at(9)), ("b.example".to_owned(), at(7))];
    assert_eq!(store.host_pauses(at(6)).await.unwrap(), both);
    assert_eq!(store.host_pauses(at(7)).await.unwrap(), both[..1]);
    assert_eq!(store.forget_ended_pauses(at(7)).await.unwrap(), 1);
    assert_eq!(store.host_pauses(at(0)).await.unwrap(), both[..1]);
}

#[tokio::test]
async fn images_are_known_by_url() {
    let store = Store::in_memory().await.unwrap();
    let mut image = ImageRow {
        url: "https://a.example/1.jpg".to_owned(),
        hash: None,
        file: None,
        width: None,
        height: None,
        mime: None,
        bytes: None,
        fetched: at(0),
        error: Some("404".to_owned()),
        thumbnails: Vec::new(),
    };
    store.put_image(&image, &[]).await.unwrap();
    assert_eq!(store.image(&image.url).await.unwrap().as_ref(), Some(&image));
    image = ImageRow {
        hash: Some("ab".to_owned()),
        file: Some("ab/cd.jpg".to_owned()),
        width: Some(1200),
        height: Some(630),
        mime: Some("image/jpeg".to_owned()),
        bytes: Some(1 << 40),
        error: None,
        thumbnails: vec![400, 800],
        ..image
    };
    store.put_image(&image, &[]).await.unwrap();
    let other = ImageRow { url: "https://a.example/0.jpg".to_owned(), ..image.clone() };
    store.put_image(&other, &[]).await.unwrap();
    let asked = [&image.url, "nowhere", &other.url].map(str::to_owned);
    assert_eq!(store.images(&asked).await.unwrap(), [other, image]);
    assert_eq!(store.image("nowhere").await.unwrap(), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// However often captures are added, in whatever groups, each is stored once, in the order of
    /// its first appearance.
    #[test]
    fn captures_are_a_set_in_order(groups in prop::collection::vec(prop::collection::vec(0u32..8, 0..6), 0..6)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = Store::in_memory().await.unwrap();
            let mut order = Vec::new();
            for group in groups {
                let captures: Vec<_> = group.iter().map(|&number| capture(number)).collect();
                let before = order.len();
                for number in group {
                    if !order.contains(&number) { order.push(number); }
                }
                assert_eq!(store.add_captures(&captures, at(0)).await.unwrap(), order.len() - before);
            }
            let claimed = store.claim_captures(100, at(0)).await.unwrap();
            assert!(claimed.iter().map(|claim| &claim.content).eq(order.iter().map(|&number| capture(number)).collect::<Vec<_>>().iter()));
        });
    }
}

#[tokio::test]
async fn a_source_that_represents_the_provider_of_a_page_has_priority() {
    let store = Store::in_memory().await.unwrap();
    let of = |key: &str, source: &str, own: bool| courant_model::PendingPage {
        source: Some(source.to_owned()),
        own,
        ..page(key, 0)
    };
    let unread = courant_model::NewCapture { body: Vec::new(), ..capture(1) };
    let others = ["waits", "unread", "read", "dead"].map(|key| of(key, "other", false));
    assert_eq!(store.enqueue_pages(&others, at(0)).await.unwrap(), 4);
    store.captured_page("unread", &unread, at(0)).await.unwrap();
    store.captured_page("read", &capture(2), at(0)).await.unwrap();
    store.dead_letter_page("dead", "answered 500", at(0)).await.unwrap();

    let more = ["waits", "unread", "read", "dead"].map(|key| of(key, "more", false));
    assert_eq!(store.enqueue_pages(&more, at(0)).await.unwrap(), 0, "other sources have equal priority");
    let own = ["waits", "unread", "read", "dead"].map(|key| of(key, "own", true));
    assert_eq!(store.enqueue_pages(&own, at(0)).await.unwrap(), 3, "what was read is not fetched twice");
    let due = store.due_pages(at(0), 9).await.unwrap();
    assert_eq!(keys(&due), ["dead", "unread", "waits"]);
    assert!(due.iter().all(|page| page.own && page.source.as_deref() == Some("own")));
    store.captured_page("unread", &capture(3), at(0)).await.unwrap();
    assert_eq!(store.enqueue_pages(&own, at(0)).await.unwrap(), 0);
    // An edit reported by another source does not queue the page for it.
    assert_eq!(store.requeue_pages(&[of("unread", "other", false)]).await.unwrap(), 0);
    assert_eq!(store.requeue_pages(&[of("unread", "own", true)]).await.unwrap(), 1);

    // A page that turned out to be behind a paywall counts as unread.
    store.note_unread_pages(&["read".to_owned()]).await.unwrap();
    assert_eq!(store.enqueue_pages(&[of("read", "own", true)], at(0)).await.unwrap(), 1);
}

#[tokio::test]
async fn the_use_of_a_source_is_counted_by_day_and_deleted_after_a_month() {
    let store = Store::in_memory().await.unwrap();
    let taken = |articles, bytes, left_out| SourceDay { articles, bytes, left_out };
    let of = |source: &str, day| std::collections::BTreeMap::from([(source.to_owned(), day)]);
    let day = |number: i64| at(number * 24 * 60);
    store.add_source_day(day(0), &of("a", taken(1, 10, 0))).await.unwrap();
    store.add_source_day(day(0), &of("a", taken(2, 5, 7))).await.unwrap();
    store.add_source_day(day(0), &of("b", taken(u64::MAX, 0, 0))).await.unwrap();
    let first = store.source_day(day(0)).await.unwrap();
    assert_eq!(first["a"], taken(3, 15, 7));
    assert_eq!(first["b"].articles, u64::try_from(i64::MAX).unwrap());
    assert!(store.source_day(day(1)).await.unwrap().is_empty());
    store.add_source_day(day(30), &of("a", taken(1, 1, 1))).await.unwrap();
    assert_eq!(store.source_day(day(0)).await.unwrap().len(), 2);
    store.add_source_day(day(31), &of("a", taken(1, 1, 1))).await.unwrap();
    assert!(store.source_day(day(0)).await.unwrap().is_empty());
    assert_eq!(store.source_day(day(30)).await.unwrap().len(), 1);
}
