//! The schema of a store: created once, and refused if this program cannot use it.
//!
//! A migration is never edited after its release. A change that adds one also adds a store made by
//! the version before (`tests/stores/schema-<N>.db`, with made-up articles) and a test here that
//! opens a copy of it and finds everything in it.

use courant_store::{ApiKeys, CommandQueue, Store, StoreError};
use sqlx::{Connection, sqlite::SqliteConnection};

use crate::support::{SCHEMA, at, batch, id, stored};

#[tokio::test]
async fn an_up_to_date_store_is_not_migrated_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("courant.db");
    let store = Store::open(&path).await.unwrap();
    assert_eq!(store.check().await.unwrap().schema, SCHEMA);
    store.commit(&batch([stored(1, "x", "y")]), at(0)).await.unwrap();
    let before = store.article(id(1)).await.unwrap();
    store.close().await.unwrap();
    let store = Store::open(&path).await.unwrap();
    assert_eq!(store.check().await.unwrap().schema, SCHEMA);
    assert_eq!(store.article(id(1)).await.unwrap(), before);
}

#[tokio::test]
async fn a_store_from_before_the_first_release_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("courant.db");
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stores/before-release.db"), &path).unwrap();
    let refusals = [
        Store::open(&path).await.unwrap_err(),
        Store::open_to_read(&path).await.unwrap_err(),
        CommandQueue::open(&path).await.unwrap_err(),
        ApiKeys::open(&path).await.unwrap_err(),
    ];
    for error in refusals {
        assert!(matches!(error, StoreError::UnreleasedSchema { found: 15 }), "{error:?}");
        let message = error.to_string();
        assert!(message.contains("from before the first release"), "{message}");
        assert!(message.contains("courant ingest --records records/news"), "{message}");
    }
    let mut old = SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    for (table, rows) in [("articles", 3), ("captures", 3), ("_sqlx_migrations", 12)] {
        let count = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        let found: i64 = sqlx::query_scalar(count).fetch_one(&mut old).await.unwrap();
        assert_eq!(found, rows, "{table}");
    }
}
