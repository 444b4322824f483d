//! Sources: the list decides, and what is remembered outlives it.

use courant_model::{PendingMove, Rhythm, Source, SourceKind, SourceState};
use courant_store::{EntryStatus, ListedEntry, SourceSync, Store, Subscription};

use crate::support::{at, url};

fn source(name: &str) -> Source {
    Source {
        url: url(&format!("https://{name}.example/feed")),
        kind: SourceKind::Feed,
        title: Some(name.to_owned()),
        site: Some(url(&format!("https://{name}.example/"))),
        tags: vec!["press".to_owned(), "daily".to_owned()],
    }
}

fn names(states: &[SourceState]) -> Vec<&str> {
    states.iter().filter_map(|state| state.source.title.as_deref()).collect()
}

#[tokio::test]
async fn the_list_of_sources_decides() {
    let store = Store::in_memory().await.unwrap();
    let (a, b, c) = (source("a"), source("b"), source("c"));
    let first = store.sync_sources(&[b.clone(), a.clone(), b.clone()], at(0)).await.unwrap();
    assert_eq!(first, SourceSync { added: vec![b.url.clone(), a.url.clone()], removed: vec![], kept: 0 });
    assert_eq!(names(&store.sources().await.unwrap()), ["a", "b"]);
    let second = store.sync_sources(&[c.clone(), b.clone()], at(1)).await.unwrap();
    assert_eq!(second, SourceSync { added: vec![c.url.clone()], removed: vec![a.url.clone()], kept: 1 });
    let again = store.sync_sources(&[c, b], at(2)).await.unwrap();
    assert_eq!(again, SourceSync { added: vec![], removed: vec![], kept: 2 });
    assert_eq!(store.counts().await.unwrap().sources, 2);
}

#[tokio::test]
async fn what_is_remembered_of_a_source_outlives_its_place_in_the_list() {
    let store = Store::in_memory().await.unwrap();
    let mut listed = source("a");
    store.sync_sources(std::slice::from_ref(&listed), at(0)).await.unwrap();
    let mut state = store.source(&listed.url).await.unwrap().unwrap();
    assert_eq!(
        (state.source.clone(), state.next_due, state.failures, state.gone),
        (listed.clone(), at(0), 0, false)
    );
    assert!(state.interval_s > 0);
    state.etag = Some("W/\"\u{e9} opaque\"".to_owned());
    state.last_modified = Some("yesterday".to_owned());
    state.next_due = at(60);
    state.interval_s = 900;
    state.failures = 3;
    state.last_error = Some("timed out".to_owned());
    state.last_success = Some(at(-5));
    state.gone = true;
    state.address = Some(url("https://a.example/new"));
    state.moving = Some(PendingMove { to: url("https://a.example/newer"), since: at(-9) });
    state.last_change = Some(at(-7));
    state.failing_since = Some(at(-3));
    state.because = Some("it failed".to_owned());
    state.rhythm =
        Rhythm { declared_s: Some(60), skip_hours: vec![3], skip_days: vec![7], newest: Some(at(-8)) };
    store.save_source(&state).await.unwrap();
    assert_eq!(store.source(&listed.url).await.unwrap().unwrap(), state);

    listed.title = Some("renamed".to_owned());
    listed.kind = SourceKind::Sitemap;
    listed.tags.clear();
    store.sync_sources(std::slice::from_ref(&listed), at(1)).await.unwrap();
    state.source = listed.clone();
    assert_eq!(store.sources().await.unwrap(), [state.clone()]);

    store.sync_sources(&[], at(2)).await.unwrap();
    assert_eq!(store.sources().await.unwrap(), []);
    // A poll that was running when the source left does not bring it back.
    store.save_source(&state).await.unwrap();
    assert_eq!(store.sources().await.unwrap(), []);
    assert_eq!(store.due_sources(at(9999), 10).await.unwrap(), []);
    assert_eq!(store.next_source_due().await.unwrap(), None);

    let back = store.sync_sources(std::slice::from_ref(&listed), at(3)).await.unwrap();
    assert_eq!(back.added, [listed.url.clone()]);
    let now = store.source(&listed.url).await.unwrap().unwrap();
    assert_eq!((now.etag, now.next_due, now.failures, now.gone), (state.etag, at(3), 0, false));
}

#[tokio::test]
async fn due_sources_come_in_order() {
    let store = Store::in_memory().await.unwrap();
    let listed: Vec<_> = ["d", "c", "b", "a"].map(source).into();
    store.sync_sources(&listed, at(0)).await.unwrap();
    let mut all = store.sources().await.unwrap();
    all[0].next_due = at(2);
    all[1].gone = true;
    all[2].next_due = at(1);
    all[3].next_due = at(1);
    for state in &all {
        store.save_source(state).await.unwrap();
    }
    assert_eq!(store.next_source_due().await.unwrap(), Some(at(1)));
    assert_eq!(names(&store.due_sources(at(0), 10).await.unwrap()), [] as [&str; 0]);
    assert_eq!(names(&store.due_sources(at(1), 10).await.unwrap()), ["c", "d"]);
    assert_eq!(names(&store.due_sources(at(5), 2).await.unwrap()), ["c", "d"]);
    assert_eq!(names(&store.due_sources(at(5), 10).await.unwrap()), ["c", "d", "a"]);
}

#[tokio::test]
async fn a_source_that_was_never_listed_is_added() {
    let store = Store::in_memory().await.unwrap();
    store.sync_sources(&[source("a")], at(0)).await.unwrap();
    let mut state = store.sources().await.unwrap().remove(0);
    state.source = source("z");
    store.save_source(&state).await.unwrap();
    assert_eq!(names(&store.sources().await.unwrap()), ["a", "z"]);
    assert_eq!(store.source(&url("https://nowhere.example/")).await.unwrap(), None);
}

fn entry(key: &str, link: Option<&str>, digest: u8) -> ListedEntry {
    ListedEntry { key: key.to_owned(), link: link.map(str::to_owned), digest: [digest; 16] }
}

#[tokio::test]
async fn entries_are_recognised_by_key_or_by_url() {
    use EntryStatus::{Edited, Known, New};
    let store = Store::in_memory().await.unwrap();
    let (a, b) = (url("https://a.example/feed"), url("https://b.example/feed"));
    let first = [entry("1", Some("x"), 1), entry("2", None, 1)];
    assert_eq!(store.entry_statuses(&a, &first).await.unwrap(), [New, New]);
    store.remember_entries(&a, &first, at(0)).await.unwrap();
    store.remember_entries(&a, &first, at(1)).await.unwrap();
    let later =
        [entry("1", Some("x"), 2), entry("9", Some("x"), 1), entry("2", Some("y"), 1), entry("3", None, 1)];
    assert_eq!(store.entry_statuses(&a, &later).await.unwrap(), [Edited, Known, Known, New]);
    assert_eq!(store.entry_statuses(&b, &first).await.unwrap(), [New, New], "each source has its own");
    store.remember_entries(&a, &later, at(2)).await.unwrap();
    assert_eq!(store.entry_count(&a).await.unwrap(), 3);
    let since = store.new_entries_since(at(1)).await.unwrap();
    assert_eq!(since.into_iter().collect::<Vec<_>>(), [(a.to_string(), 1)]);
}

#[tokio::test]
async fn a_source_has_one_subscription() {
    let store = Store::in_memory().await.unwrap();
    let listed = source("a");
    store.sync_sources(std::slice::from_ref(&listed), at(0)).await.unwrap();
    let first = Subscription {
        id: "first".to_owned(),
        source: listed.url.clone(),
        hub: url("https://hub.example/"),
        topic: listed.url.clone(),
        secret: "s".to_owned(),
        asked: at(0),
        lease_end: None,
        last_push: None,
        trusted: true,
    };
    store.save_subscription(&first).await.unwrap();
    assert!(!first.is_live(at(1)));
    let second = Subscription { id: "second".to_owned(), lease_end: Some(at(9)), ..first };
    store.save_subscription(&second).await.unwrap();
    assert!(second.is_live(at(8)) && !second.is_live(at(9)));
    assert_eq!(store.subscription("first").await.unwrap(), None);
    assert_eq!(store.subscription("second").await.unwrap(), Some(second.clone()));
    assert_eq!(store.subscription_of(&listed.url).await.unwrap(), Some(second.clone()));
    assert_eq!(store.subscriptions().await.unwrap(), [second]);
    store.note_push("second", at(5), true).await.unwrap();
    assert_eq!(store.subscription("second").await.unwrap().unwrap().last_push, Some(at(5)));
    assert_eq!(store.source(&listed.url).await.unwrap().unwrap().last_change, Some(at(5)));
    store.sync_sources(&[], at(1)).await.unwrap();
    assert_eq!(store.subscriptions().await.unwrap(), []);
    store.forget_subscription(&listed.url).await.unwrap();
    assert_eq!(store.subscription_of(&listed.url).await.unwrap(), None);
}
