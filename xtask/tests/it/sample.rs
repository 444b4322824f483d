//! Sites with generated articles.

use courant_site::Site;
use courant_store::Store;

use crate::{assert_ok, xtask};

#[tokio::test]
async fn a_sample_is_a_site_with_articles() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("site");
    assert_ok(&xtask(&["sample", dir.to_str().unwrap(), "--records", "20"]));
    let site = Site::open(&dir).unwrap();
    assert!(!site.topics.is_empty());
    let store = Store::open_to_read(&site.store_file()).await.unwrap();
    assert_eq!(store.snapshot_rows().await.unwrap().len(), 20);
}
