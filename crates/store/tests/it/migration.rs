//! Stores that earlier versions of the program filled open in this one with everything in them.
//!
//! The rule: a migration is never edited once merged. Whoever adds one keeps beside it a store filled by the
//! version before (`tests/stores/schema-<N>.db`, made from articles of our own writing) and extends the test
//! here, which opens a copy of each and finds what was in it.

use courant_store::Store;

use crate::support::{at, batch, id, stored};

#[tokio::test]
async fn an_up_to_date_store_is_not_migrated_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("courant.db");
    let store = Store::open(&path).await.unwrap();
    assert_eq!(store.check().await.unwrap().schema, Store::known_schema());
    store.commit(&batch([stored(1, "x", "y")]), at(0)).await.unwrap();
    let before = store.article(id(1)).await.unwrap();
    store.close().await.unwrap();
    let store = Store::open(&path).await.unwrap();
    assert_eq!(store.check().await.unwrap().schema, Store::known_schema());
    assert_eq!(store.article(id(1)).await.unwrap(), before);
}

#[tokio::test]
async fn a_store_of_schema_6_is_brought_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("courant.db");
    let old = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stores/schema-6.db");
    std::fs::copy(old, &path).unwrap();
    let store = Store::open(&path).await.unwrap();
    assert_eq!(store.check().await.unwrap().schema, Store::known_schema());
    assert!(store.article(id(1)).await.unwrap().is_some() && store.article(id(2)).await.unwrap().is_some());
    let sources = store.sources().await.unwrap();
    assert_eq!(sources.len(), 2);
    let failing = &sources[0];
    assert_eq!((failing.etag.as_deref(), failing.failures), (Some("\"1\""), 2));
    assert_eq!((failing.last_success, &failing.address), (Some(at(-60)), &None));
    assert_eq!(failing.rhythm, courant_model::Rhythm::default());
    assert_eq!(store.host_pauses(at(0)).await.unwrap().len(), 1);
    store.save_source(failing).await.unwrap();
    assert_eq!(store.source(&failing.source.url).await.unwrap().as_ref(), Some(failing));
}

#[tokio::test]
async fn a_store_of_schema_11_is_brought_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("courant.db");
    let old = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stores/schema-11.db");
    std::fs::copy(old, &path).unwrap();
    let store = Store::open(&path).await.unwrap();
    assert_eq!(store.check().await.unwrap().schema, Store::known_schema());
    let known = store.article(id(1)).await.unwrap().unwrap();
    assert_eq!(store.overrides_of(&[id(1)]).await.unwrap()[0].by, "Ann");
    // Its articles have no links until they are read again.
    assert_eq!(store.links_since(at(-1_000_000)).await.unwrap(), []);
    let linking = courant_store::StoredArticle { links: Some(vec![id(1)]), ..stored(3, "x", "y") };
    store.commit(&batch([linking]), at(0)).await.unwrap();
    assert_eq!(store.links_since(at(0)).await.unwrap().len(), 1);
    let day = courant_store::DayClicks { article: known.row.article.id, day: at(0), readers: 2 };
    store.add_clicks(std::slice::from_ref(&day)).await.unwrap();
    assert_eq!(store.clicks_since(at(0)).await.unwrap(), [day]);
}

#[tokio::test]
async fn a_store_of_schema_15_is_brought_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("courant.db");
    let old = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stores/schema-15.db");
    std::fs::copy(old, &path).unwrap();
    let store = Store::open(&path).await.unwrap();
    assert_eq!(store.check().await.unwrap().schema, Store::known_schema());
    assert_eq!(store.last_swept().await.unwrap(), None);
    // Numbers 1 and 2 have records, so readers may have seen them; number 3 was never shown.
    let far = at(4_000 * 24 * 60);
    let newest = stored(9, "x", "y");
    let newest = courant_model::Article { first_seen: far, ..newest.article };
    store
        .commit(&batch([courant_store::StoredArticle { article: newest, ..stored(9, "x", "y") }]), at(0))
        .await
        .unwrap();
    let swept = store.sweep(&crate::keep::KEEP, far, usize::MAX).await.unwrap();
    assert!(swept.is_complete);
    for (number, is_removed) in [(1, false), (2, false), (3, true)] {
        assert_eq!(store.text_is_removed(id(number)).await.unwrap(), is_removed, "{number}");
    }
    assert_eq!(store.counts().await.unwrap().pages_due, 1);
    assert!(store.check().await.unwrap().is_sound());
}
