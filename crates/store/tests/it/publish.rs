//! What a publish round reads, and the record files that it remembers.

use courant_model::{EditorDecision, Override, Value};
use courant_store::{Batch, RecordVersion, Store};

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
async fn the_snapshot_is_consistent() {
    let store = store_with([stored(1, "x", "y"), stored(2, "x", "y")]).await;
    let word = Override {
        article: id(1),
        decision: EditorDecision::from_stored("title", Value::from("z")),
        by: "ed".to_owned(),
        at: at(0),
    };
    store.put_override(&word).await.unwrap();
    store.commit(&Batch { merged: vec![(story(1), story(2))], ..Batch::default() }, at(0)).await.unwrap();
    let snapshot = store.snapshot().await.unwrap();
    assert_eq!(snapshot.rows, store.snapshot_rows().await.unwrap());
    assert_eq!(snapshot.overrides, [word]);
    assert_eq!(snapshot.moved, [(story(1), story(2))]);
    assert_eq!(snapshot.revision, store.begin_read().await.unwrap().revision());
}

fn version(number: u8) -> RecordVersion {
    RecordVersion { hash: [number; 32], fields: format!("{{\"title\":{number}}}") }
}

#[tokio::test]
async fn what_is_written_is_remembered_and_clean() {
    let store = store_with([stored(1, "b", "y"), stored(2, "a", "y"), stored(3, "c", "y")]).await;
    let revision = store.begin_read().await.unwrap().revision();
    let announced = [(id(1), version(1)), (id(2), version(2)), (id(77), version(3))];
    store.announce_records(&announced).await.unwrap();
    let files = store.known_record_files().await.unwrap();
    let seen: Vec<_> = files.iter().map(|file| (file.path.as_str(), file.article, &file.intended)).collect();
    let (a, b) = ("news/2026-03-01-a.md", "news/2026-03-01-b.md");
    assert_eq!(seen, [(a, id(2), &Some(version(2))), (b, id(1), &Some(version(1)))]);
    assert!(files.iter().all(|file| file.written.is_none()));
    assert_eq!(store.dirty_articles().await.unwrap(), [id(1), id(2), id(3)]);

    store.records_written(revision, &[id(1), id(2), id(3), id(77)]).await.unwrap();
    assert_eq!(store.dirty_articles().await.unwrap(), [id(3)], "what was not announced was not written");
    let files = store.known_record_files_of(&[id(1)]).await.unwrap();
    assert_eq!((files.len(), &files[0].written, &files[0].intended), (1, &Some(version(1)), &None));
    store.announce_records(&[(id(1), version(9))]).await.unwrap();
    let files = store.known_record_files_of(&[id(1)]).await.unwrap();
    assert_eq!((&files[0].written, &files[0].intended), (&Some(version(1)), &Some(version(9))));
    store.records_clean(revision, &[id(3), id(77)]).await.unwrap();
    assert_eq!(store.dirty_articles().await.unwrap(), []);
}

#[tokio::test]
async fn a_change_while_records_are_written_stays_dirty() {
    let store = store_with([stored(1, "b", "y"), stored(2, "a", "y"), stored(3, "c", "y")]).await;
    let snapshot = store.snapshot().await.unwrap();
    let decisions = vec![standing(2, 2, 99, true), standing(3, 3, 99, true)];
    store.commit(&Batch { decisions, ..Batch::default() }, at(0)).await.unwrap();
    store.announce_records(&[(id(1), version(1)), (id(2), version(2))]).await.unwrap();
    store.records_written(snapshot.revision, &[id(1), id(2)]).await.unwrap();
    store.records_clean(snapshot.revision, &[id(3)]).await.unwrap();
    assert_eq!(store.dirty_articles().await.unwrap(), [id(2), id(3)]);
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
