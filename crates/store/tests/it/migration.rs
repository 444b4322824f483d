//! Stores that earlier versions of the program filled open in this one with everything in them.
//!
//! The rule: a migration is never edited once merged. Whoever adds one keeps beside it a store filled by the
//! version before (`tests/stores/schema-<N>.db`, made from articles of our own writing) and extends the test
//! here, which opens a copy of each and finds what was in it. Schema 3 is the first that was ever in use, so
//! there is no earlier one yet.

use courant_store::Store;

use crate::support::{batch, id, stored};

#[tokio::test]
async fn an_up_to_date_store_is_not_migrated_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("courant.db");
    let store = Store::open(&path).await.unwrap();
    assert_eq!(store.check().await.unwrap().schema, Store::known_schema());
    store.commit(&batch([stored(1, "x", "y")])).await.unwrap();
    let before = store.article(id(1)).await.unwrap();
    store.close().await.unwrap();
    let store = Store::open(&path).await.unwrap();
    assert_eq!(store.check().await.unwrap().schema, Store::known_schema());
    assert_eq!(store.article(id(1)).await.unwrap(), before);
}
