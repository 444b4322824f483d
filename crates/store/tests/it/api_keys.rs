//! The keys of the API, changed beside a process that has the store open.

use courant_store::{ApiKeyRow, ApiKeys, Store};

use crate::support::at;

fn key(name: &str, byte: u8, rate: u32) -> ApiKeyRow {
    ApiKeyRow { name: name.to_owned(), digest: [byte; 32], rate, created: at(i64::from(byte)) }
}

#[tokio::test]
async fn a_running_process_sees_new_and_revoked_keys() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("courant.db");
    let store = Store::open(&path).await.unwrap();
    assert_eq!(store.api_keys().await.unwrap(), []);
    let keys = ApiKeys::open(&path).await.unwrap();
    let (reader, analyst) = (key("reader", 1, 60), key("analyst", 2, 600));
    assert!(keys.add(&reader).await.unwrap());
    assert!(keys.add(&analyst).await.unwrap());
    assert!(!keys.add(&key("reader", 3, 1)).await.unwrap(), "a name can be used once");
    assert_eq!(store.api_keys().await.unwrap(), [analyst.clone(), reader]);
    assert!(keys.revoke("reader").await.unwrap());
    assert!(!keys.revoke("reader").await.unwrap());
    assert_eq!(keys.all().await.unwrap(), std::slice::from_ref(&analyst));
    keys.close().await;
    assert_eq!(store.api_keys().await.unwrap(), [analyst]);
}
