//! Opening: fresh, again, twice, damaged, from a newer program, for reading.

use std::{fs, path::Path};

use courant_store::{Store, StoreError};
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};

use crate::support::{SCHEMA, at, batch, capture, id, query, stored};

/// Runs SQL on the file without the store.
async fn run(path: &Path, sql: &'static str) {
    let mut connection = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn what_was_stored_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("courant.db");
    let store = Store::open(&path).await.unwrap();
    store.commit(&batch([stored(1, "x", "y")]), at(0)).await.unwrap();
    let clone = store.clone();
    store.close().await.unwrap();
    assert!(clone.counts().await.is_err(), "closed for the clones too");
    clone.close().await.unwrap();
    assert!(!folder.path().join("courant.db-wal").exists(), "the log is folded in");
    let store = Store::open(&path).await.unwrap();
    assert_eq!(store.article(id(1)).await.unwrap().unwrap().row.article, stored(1, "x", "y").article);
}

#[tokio::test]
async fn a_second_writer_is_refused_and_a_reader_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("courant.db");
    let store = Store::open(&path).await.unwrap();
    store.commit(&batch([stored(1, "x", "y")]), at(0)).await.unwrap();
    let second = Store::open(&path).await;
    assert!(matches!(&second, Err(StoreError::InUse { path: named, .. }) if *named == path), "{second:?}");

    let reader = Store::open_to_read(&path).await.unwrap();
    assert_eq!(reader.snapshot_rows().await.unwrap().len(), 1);
    store.commit(&batch([stored(2, "x", "y")]), at(0)).await.unwrap();
    assert_eq!(reader.snapshot_rows().await.unwrap().len(), 2);
    assert_eq!(reader.search(&query("x")).await.unwrap().total, 2);
    assert!(reader.check().await.unwrap().is_sound());
    let refused = reader.commit(&batch([stored(3, "x", "y")]), at(0)).await;
    assert!(matches!(refused, Err(StoreError::Disk(_))), "{refused:?}");
    reader.close().await.unwrap();

    store.close().await.unwrap();
    Store::open(&path).await.unwrap();
}

#[tokio::test]
async fn a_newer_store_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("courant.db");
    Store::open(&path).await.unwrap().close().await.unwrap();
    run(
        &path,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9000, 'of tomorrow', TRUE, x'00', 0)",
    )
    .await;
    let known = SCHEMA;
    for opened in [Store::open(&path).await, Store::open_to_read(&path).await] {
        let error = opened.unwrap_err();
        assert!(
            matches!(error, StoreError::NewerSchema { found: 9000, known: ours } if ours == known),
            "{error}"
        );
        assert_eq!(
            error.to_string(),
            format!(
                "the store has schema version 9000, this program supports at most {known}: use the newer version"
            )
        );
    }
}

#[tokio::test]
async fn reading_needs_a_store_that_is_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Store::open_to_read(&folder.path().join("none.db")).await;
    assert!(matches!(missing, Err(StoreError::CannotOpen { .. })), "{missing:?}");
    let empty = folder.path().join("empty.db");
    fs::write(&empty, b"").unwrap();
    let opened = Store::open_to_read(&empty).await;
    assert!(matches!(opened, Err(StoreError::OlderSchema { found: 0, .. })), "{opened:?}");
    let lost = Store::open(&folder.path().join("no folder/courant.db")).await;
    assert!(matches!(lost, Err(StoreError::CannotOpen { .. })), "{lost:?}");
}

#[tokio::test]
async fn damage_is_reported_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("courant.db");
    fs::write(&path, "this is a text and not a database, longer than the header of one ".repeat(100))
        .unwrap();
    let opened = Store::open(&path).await;
    assert!(matches!(opened, Err(StoreError::Corrupt(_))), "{opened:?}");
    fs::remove_file(&path).unwrap();

    let store = Store::open(&path).await.unwrap();
    let articles = (0..300).map(|number| stored(number, "x", &"text ".repeat(200)));
    store.commit(&batch(articles), at(0)).await.unwrap();
    store.close().await.unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let (from, to) = (bytes.len() / 4, bytes.len() * 3 / 4);
    bytes[from..to].fill(0xa5);
    fs::write(&path, bytes).unwrap();
    let checked = match Store::open(&path).await {
        Ok(store) => store.check().await.map(|health| health.is_sound()),
        Err(error) => Err(error),
    };
    assert!(matches!(checked, Ok(false) | Err(StoreError::Corrupt(_))), "{checked:?}");
}

#[tokio::test]
async fn a_damaged_row_stops_only_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("courant.db");
    let store = Store::open(&path).await.unwrap();
    store.add_captures(&[capture(1), capture(2)], at(0)).await.unwrap();
    store.commit(&batch([stored(1, "x", "y")]), at(0)).await.unwrap();
    store.close().await.unwrap();
    run(
        &path,
        "UPDATE captures SET body = x'00ff' WHERE number = 1; UPDATE article_details SET judgement = '{'",
    )
    .await;
    let store = Store::open(&path).await.unwrap();
    let claimed = store.claim_captures(9, at(0)).await.unwrap();
    assert_eq!(claimed.iter().map(|claim| claim.number).collect::<Vec<_>>(), [2]);
    assert_eq!(store.dead_letters(9).await.unwrap()[0].key, "1");
    assert_eq!(store.snapshot_rows().await.unwrap(), []);
    let told = store.unreadable();
    assert_eq!((told.len(), told[0].table, &told[0].key), (1, "articles", &id(1).to_string()));
    assert!(told[0].because.contains("column judgement"), "{told:?}");
}
