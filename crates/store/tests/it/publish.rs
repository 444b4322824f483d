//! What publishing reads and remembers.

use courant_model::{Override, Value};
use courant_store::{Batch, Store};

use crate::support::{at, batch, id, standing, store_with, stored, story};

#[tokio::test]
async fn the_snapshot_is_newest_first_and_without_texts() {
    let mut articles: Vec<_> = (1..=4).map(|number| stored(number, "Title", "Text.")).collect();
    articles[3].article.published = at(1);
    let store =
        store_with([articles[1].clone(), articles[3].clone(), articles[0].clone(), articles[2].clone()])
            .await;
    let rows = store.snapshot_rows().await.unwrap();
    assert_eq!(rows.iter().map(|row| row.article.id).collect::<Vec<_>>(), [id(3), id(2), id(1), id(4)]);
    assert!(rows.iter().all(|row| row.article.text.is_empty() && row.article.html.is_empty()));
    assert_eq!(rows[2].article.title, "Title");
    assert_eq!(rows[2].judgement, articles[0].judgement);
    assert_eq!(
        store.snapshot_rows_of(&[id(1), id(9), id(3)]).await.unwrap(),
        [rows[0].clone(), rows[2].clone()]
    );
}

#[tokio::test]
async fn the_snapshot_fits_together() {
    let store = store_with([stored(1, "x", "y"), stored(2, "x", "y")]).await;
    let word = Override {
        article: id(1),
        field: "title".to_owned(),
        value: Value::from("z"),
        by: "ed".to_owned(),
        at: at(0),
    };
    store.put_override(&word).await.unwrap();
    store.commit(&Batch { merged: vec![(story(1), story(2))], ..Batch::default() }, at(0)).await.unwrap();
    let snapshot = store.snapshot().await.unwrap();
    assert_eq!(snapshot.rows, store.snapshot_rows().await.unwrap());
    assert_eq!(snapshot.overrides, [word]);
    assert_eq!(snapshot.moved, [(story(1), story(2))]);
    assert_eq!(snapshot.mark, store.change_mark().await.unwrap());
}

#[tokio::test]
async fn what_is_written_is_remembered_and_clean() {
    let store = store_with([stored(1, "b", "y"), stored(2, "a", "y"), stored(3, "c", "y")]).await;
    store.record_written(&[(id(1), [1; 32]), (id(2), [2; 32]), (id(77), [3; 32])]).await.unwrap();
    assert_eq!(store.dirty_articles().await.unwrap(), [id(3)]);
    let files = store.record_files().await.unwrap();
    let seen: Vec<_> = files.iter().map(|(path, article, hash)| (path.as_str(), *article, hash[0])).collect();
    assert_eq!(seen, [("news/2026-03-01-a.md", id(2), 2), ("news/2026-03-01-b.md", id(1), 1)]);
    let mark = store.change_mark().await.unwrap();
    store.settle_records(mark, &[(id(1), [9; 32])], &[id(2), id(3)]).await.unwrap();
    let files = store.record_files().await.unwrap();
    assert_eq!((files.len(), files[0].2), (1, [9; 32]));
    assert_eq!(store.dirty_articles().await.unwrap(), []);
}

#[tokio::test]
async fn a_change_while_records_are_written_stays_dirty() {
    let store = store_with([stored(1, "b", "y"), stored(2, "a", "y")]).await;
    let snapshot = store.snapshot().await.unwrap();
    store
        .commit(&Batch { standings: vec![standing(2, 2, 99, true)], ..Batch::default() }, at(0))
        .await
        .unwrap();
    store.settle_records(snapshot.mark, &[(id(1), [1; 32]), (id(2), [2; 32])], &[]).await.unwrap();
    assert_eq!(store.dirty_articles().await.unwrap(), [id(2)]);
}

#[tokio::test]
async fn readers_see_a_state_before_or_after_a_change() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("courant.db")).await.unwrap();
    let writer = store.clone();
    let writing = tokio::spawn(async move {
        for round in 0..20 {
            let pair = [stored(round * 2, "x", "y"), stored(round * 2 + 1, "x", "y")];
            writer.commit(&batch(pair), at(0)).await.unwrap();
        }
    });
    let mut seen = 0;
    while seen < 40 {
        let snapshot = store.snapshot().await.unwrap();
        assert!(snapshot.rows.len() >= seen && snapshot.rows.len() % 2 == 0);
        seen = snapshot.rows.len();
    }
    writing.await.unwrap();
}
