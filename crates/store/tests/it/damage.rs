//! Damaged databases: what is damaged is reported and skipped, and everything else goes on.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use courant_store::{CaptureOutcome, Damaged, Store, StoreError};
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

use crate::support::{at, batch, capture, id, page, query, stored};

const ARTICLES: u32 = 400;

/// A closed store of many pages with rows in every table.
async fn filled() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = Store::open(&path).await.unwrap();
    let text = |number: u32| format!("word{number} in a text. {}", "The council met and talked. ".repeat(20));
    let articles = (1..=ARTICLES).map(|number| {
        let mut article = stored(number, &format!("Title {number}"), &text(number));
        article.links = Some(vec![id(number % 7 + 1)]);
        article
    });
    store.commit(&batch(articles), at(0)).await.unwrap();
    store.add_captures(&(1..=60).map(large).collect::<Vec<_>>(), at(0)).await.unwrap();
    let keys: Vec<String> = (0..200).map(|number| format!("key {number:03}")).collect();
    store.enqueue_pages(&keys.iter().map(|key| page(key, 0)).collect::<Vec<_>>(), at(0)).await.unwrap();
    store.set_host_pause("slow.example", at(9), "429").await.unwrap();
    store.close().await.unwrap();
    (folder, path)
}

fn large(number: u32) -> courant_model::NewCapture {
    courant_model::NewCapture { body: crate::keep::noise(number.into(), 9_000), ..capture(number) }
}

/// Runs statements on a database directly.
async fn sql(path: &Path, statements: &str) {
    let mut sql = SqliteConnectOptions::new().filename(path).foreign_keys(false).connect().await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements.to_owned())).execute(&mut sql).await.unwrap();
    sql.close().await.unwrap();
}

/// The leaf pages of a table or index, in the order of the file.
async fn leaves(path: &Path, name: &str) -> Vec<i64> {
    let mut sql = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
    let pages =
        sqlx::query_scalar("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path")
            .bind(name)
            .fetch_all(&mut sql)
            .await
            .unwrap();
    sql.close().await.unwrap();
    pages
}

/// Overwrites pages of the file, from their beginning.
fn overwrite(path: &Path, pages: &[i64], byte: u8, length: usize) {
    let mut file = OpenOptions::new().write(true).open(path).unwrap();
    for page in pages {
        file.seek(SeekFrom::Start((page.unsigned_abs() - 1) * 4096)).unwrap();
        file.write_all(&vec![byte; length]).unwrap();
    }
}

fn middle(pages: &[i64]) -> i64 {
    pages[pages.len() / 2]
}

#[tokio::test]
async fn rows_with_invalid_values_are_skipped_and_reported() {
    let (_folder, path) = filled().await;
    sql(
        &path,
        "UPDATE article_details SET detail = '{' WHERE seq = 5; \
         UPDATE articles SET published_from = 'nowhere' WHERE seq = 6; \
         UPDATE articles SET first_seen = 9000000000000000000 WHERE seq = 7; \
         UPDATE articles SET story = 'x' WHERE seq = 8; \
         UPDATE pages SET url = 'no address' WHERE key = 'key 003'; \
         INSERT INTO overrides (article, field, value, editor, made) VALUES ('zz', 'title', '1', 'Ann', 0); \
         INSERT INTO story_moves (old, present) VALUES ('a', 'b'); \
         INSERT INTO images (url, fetched, thumbnails) VALUES ('https://x.example/1.png', 0, 'none'); \
         INSERT INTO sources (url, kind, tags, next_due, interval_s, failures, gone) \
         VALUES ('https://x.example/feed', 'smoke', '[]', 0, 1, 0, 0);",
    )
    .await;
    let store = Store::open(&path).await.unwrap();
    assert_eq!(store.snapshot().await.unwrap().rows.len(), ARTICLES as usize - 4);
    assert_eq!(store.due_pages(at(9), 500).await.unwrap().len(), 199);
    // The unreadable one does not use up the limit.
    assert_eq!(store.due_pages(at(9), 199).await.unwrap().len(), 199);
    assert_eq!(store.sources().await.unwrap(), []);
    assert_eq!(store.due_sources(at(0), 9).await.unwrap(), []);
    assert_eq!(store.images(&["https://x.example/1.png".into()]).await.unwrap(), []);
    assert_eq!(store.overrides().await.unwrap(), []);
    assert_eq!(store.snapshot().await.unwrap().moved, []);
    let window = store.group_window_after(at(-1_000_000), 0, 1_000).await.unwrap();
    assert_eq!(window.len(), ARTICLES as usize - 4);
    let told = store.unreadable();
    for (table, key) in [
        ("articles", id(5).to_string()),
        ("articles", id(8).to_string()),
        ("pages", "key 003".to_owned()),
        ("sources", "https://x.example/feed".to_owned()),
        ("images", "https://x.example/1.png".to_owned()),
        ("overrides", "zz".to_owned()),
        ("story_moves", "a".to_owned()),
    ] {
        let row = told.iter().find(|row| row.table == table && row.key == key);
        assert!(row.is_some_and(|row| !row.because.is_empty()), "{table} {key}: {told:?}");
    }
    assert_eq!(store.read_everything().await.unwrap().len(), 9);
    // A new version of the articles repairs them.
    let again = |number| stored(number, &format!("Title {number}"), "read again");
    store.commit(&batch((5..=8).map(again)), at(0)).await.unwrap();
    store.close().await.unwrap();
    let store = Store::open(&path).await.unwrap();
    assert_eq!(
        store.snapshot().await.unwrap().rows.len(),
        ARTICLES as usize - 1,
        "but for the first sighting"
    );
}

#[tokio::test]
async fn a_damaged_page_of_a_table_loses_only_its_rows() {
    let (_folder, path) = filled().await;
    let damaged = middle(&leaves(&path, "article_details").await);
    overwrite(&path, &[damaged], 0xEE, 100);
    let store = Store::open(&path).await.unwrap();
    let rows = store.snapshot().await.unwrap().rows;
    assert!((ARTICLES as usize - 20..ARTICLES as usize).contains(&rows.len()), "{}", rows.len());
    assert!(rows.windows(2).all(|pair| pair[0].newest_first(&pair[1]).is_lt()));
    let window = store.group_window_after(at(-1_000_000), 0, 1_000).await.unwrap();
    assert_eq!(window.len(), rows.len());
    assert!(window.windows(2).all(|pair| pair[0].arrival < pair[1].arrival));
    let all: Vec<_> = (1..=ARTICLES).map(id).collect();
    assert_eq!(store.snapshot_rows_of(&all).await.unwrap(), rows);
    let mut reading = store.begin_read().await.unwrap();
    let stories = (1..=ARTICLES).map(crate::support::story);
    assert_eq!(reading.rows_of_stories(stories).await.unwrap().len(), rows.len());
    drop(reading);
    let lost = store.unreadable();
    assert!(lost.iter().all(|row| row.table == "articles") && !lost.is_empty());
    let health = store.check().await.unwrap();
    assert!(health.damaged.contains(&Damaged::Table("article_details".to_owned())), "{health:?}");
    assert!(health.problems.iter().any(|problem| problem.starts_with("table article_details: ")));
}

#[tokio::test]
async fn captures_on_a_damaged_page_wait_and_the_others_are_claimed() {
    let (_folder, path) = filled().await;
    let pages = leaves(&path, "captures").await;
    overwrite(&path, &pages[pages.len() / 2..=pages.len() / 2], 0xEE, 100);
    let store = Store::open(&path).await.unwrap();
    let mut done = batch([]);
    let claimed = store.claim_captures(100, at(0)).await.unwrap();
    assert!((40..60).contains(&claimed.len()), "{}", claimed.len());
    for claim in &claimed {
        done.outcomes.push((claim.number, CaptureOutcome::Article(id(1))));
    }
    store.commit(&done, at(0)).await.unwrap();
    assert_eq!(store.claim_captures(100, at(0)).await.unwrap(), [], "and then none is left to claim");
    let lost = store.unreadable();
    assert_eq!(lost.len(), 60 - claimed.len());
    assert!(lost.iter().all(|row| row.table == "captures"));
}

#[tokio::test]
async fn a_capture_with_a_damaged_body_becomes_a_dead_letter() {
    let (_folder, path) = filled().await;
    sql(
        &path,
        "UPDATE captures SET packing = 'zlib', body = x'00112233' WHERE number = 3; \
                UPDATE captures SET headers = '[', url = 'x' WHERE number = 4;",
    )
    .await;
    let store = Store::open(&path).await.unwrap();
    assert_eq!(store.claim_captures(100, at(0)).await.unwrap().len(), 58);
    assert_eq!(store.counts().await.unwrap().captures_dead, 2);
}

#[tokio::test]
async fn a_damaged_search_index_is_reported_and_rebuilt() {
    for (length, byte) in [(4096, 0), (600, 0xEE)] {
        let (_folder, path) = filled().await;
        let pages = leaves(&path, "article_search_data").await;
        overwrite(&path, &[middle(&pages)], byte, length);
        let store = Store::open(&path).await.unwrap();
        let health = store.check().await.unwrap();
        assert_eq!(health.damaged, [Damaged::SearchIndex], "{health:?}");
        assert!(health.problems.iter().chain(&health.search_problem).all(|problem| !problem.is_empty()));
        store.rebuild_search().await.unwrap();
        assert!(store.check().await.unwrap().is_sound());
        assert_eq!(store.search(&query("word123")).await.unwrap().total, 1);
    }
}

#[tokio::test]
async fn a_search_index_without_an_article_is_reported_and_rebuilt() {
    let (_folder, path) = filled().await;
    sql(
        &path,
        "DELETE FROM article_search_docsize WHERE id = 5; \
                UPDATE article_texts SET text = 'other words' WHERE seq = 9;",
    )
    .await;
    let store = Store::open(&path).await.unwrap();
    let health = store.check().await.unwrap();
    assert_eq!(health.damaged, [Damaged::SearchIndex], "{health:?}");
    store.rebuild_search().await.unwrap();
    let health = store.check().await.unwrap();
    assert!(health.is_sound(), "{health:?}");
}

#[tokio::test]
async fn a_damaged_index_is_named_and_rebuilt() {
    let (_folder, path) = filled().await;
    overwrite(&path, &[middle(&leaves(&path, "articles_by_story").await)], 0xEE, 100);
    let store = Store::open(&path).await.unwrap();
    let health = store.check().await.unwrap();
    assert_eq!(health.damaged, [Damaged::Index("articles_by_story".to_owned())], "{health:?}");
    store.rebuild_indexes().await.unwrap();
    let health = store.check_deep().await.unwrap();
    assert!(health.is_sound(), "{health:?}");
    assert_eq!(store.snapshot().await.unwrap().rows.len(), ARTICLES as usize);
}

#[tokio::test]
async fn an_index_of_other_rows_is_found_by_the_deep_check_and_rebuilt() {
    let (_folder, path) = filled().await;
    // An index over other rows than the table has, as a lost write leaves it.
    sql(&path, "PRAGMA writable_schema = on; \
                UPDATE sqlite_schema SET sql = 'CREATE INDEX articles_by_provider ON articles (published, provider)' \
                WHERE name = 'articles_by_provider';").await;
    let store = Store::open(&path).await.unwrap();
    let health = store.check_deep().await.unwrap();
    assert_eq!(health.damaged, [Damaged::Index("articles_by_provider".to_owned())], "{health:?}");
    store.rebuild_indexes().await.unwrap();
    assert!(store.check_deep().await.unwrap().is_sound());
}

#[tokio::test]
async fn what_can_be_read_is_recovered() {
    let (folder, path) = filled().await;
    let tables = ["article_details", "article_texts", "articles", "captures", "pages"];
    for table in tables {
        overwrite(&path, &[middle(&leaves(&path, table).await)], 0xEE, 100);
    }
    let recovery = Store::recover(&path, at(0)).await.unwrap();
    assert_eq!(recovery.damaged, folder.path().join("store.db.damaged-20260301T120000Z"));
    assert!(recovery.damaged.exists());
    for row in &recovery.tables {
        let is_damaged = tables.contains(&row.table.as_str()) || row.table.starts_with("article_");
        assert!(row.lost == 0 || is_damaged, "{row:?}");
        assert!(row.lost < 80, "{row:?}");
    }
    let of = |table: &str| recovery.tables.iter().find(|row| row.table == table).unwrap();
    assert!(of("article_details").lost > 0 && of("pages").lost > 0 && of("captures").lost > 0);
    assert!(of("pages").saved + of("pages").lost == 200 && of("captures").saved > 40);
    let store = Store::open(&path).await.unwrap();
    let health = store.check_deep().await.unwrap();
    assert!(health.is_sound(), "{health:?}");
    let rows = store.snapshot().await.unwrap().rows;
    assert_eq!(rows.len() as u64, of("articles").saved);
    assert!(rows.len() > ARTICLES as usize - 80);
    assert_eq!(store.dirty_articles().await.unwrap().len(), rows.len(), "all records are checked again");
    assert_eq!(store.search(&query("council")).await.unwrap().total, found_texts(&store, &rows).await);
    assert_eq!(store.unreadable(), []);
    assert_eq!(store.host_pauses(at(0)).await.unwrap().len(), 1);
    // New articles get unused numbers.
    store.commit(&batch([stored(9_000, "New", "new")]), at(0)).await.unwrap();
    assert_eq!(store.known_articles(&[id(9_000)]).await.unwrap()[0].arrival, i64::from(ARTICLES) + 1);
    store.close().await.unwrap();
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("recovering")), "{left:?}");
}

async fn found_texts(store: &Store, rows: &[courant_store::SnapshotRow]) -> u64 {
    let mut texts = 0;
    for row in rows {
        let (text, _) = store.article_text(row.article.id).await.unwrap().unwrap();
        texts += u64::from(text.contains("council"));
    }
    texts
}

#[tokio::test]
async fn a_sound_store_is_recovered_completely() {
    let (_folder, path) = filled().await;
    let before = Store::open(&path).await.unwrap();
    let (rows, counts) = (before.snapshot().await.unwrap().rows, before.counts().await.unwrap());
    let links = before.links_since(at(-1_000_000)).await.unwrap();
    assert!(
        matches!(Store::recover(&path, at(0)).await, Err(StoreError::InUse { .. })),
        "not beside another"
    );
    before.close().await.unwrap();
    let recovery = Store::recover(&path, at(0)).await.unwrap();
    assert!(recovery.tables.iter().all(|row| row.lost == 0), "{:?}", recovery.tables);
    let after = Store::open(&path).await.unwrap();
    assert_eq!(after.snapshot().await.unwrap().rows, rows);
    assert_eq!(after.links_since(at(-1_000_000)).await.unwrap(), links);
    let now = after.counts().await.unwrap();
    assert_eq!((now.pages_due, now.captures_pending), (counts.pages_due, counts.captures_pending));
}

#[tokio::test]
async fn a_truncated_file_is_recovered_as_far_as_it_goes() {
    let (_folder, path) = filled().await;
    let length = fs::metadata(&path).unwrap().len();
    OpenOptions::new().write(true).open(&path).unwrap().set_len(length * 3 / 4 / 4096 * 4096).unwrap();
    if let Ok(store) = Store::open(&path).await {
        let health = store.check().await.unwrap();
        assert!(!health.is_sound() && !health.problems.is_empty(), "{health:?}");
        store.close().await.ok();
    }
    let recovery = Store::recover(&path, at(0)).await.unwrap();
    assert!(recovery.tables.iter().map(|row| row.saved).sum::<u64>() > 300, "{recovery:?}");
    let store = Store::open(&path).await.unwrap();
    assert!(store.check_deep().await.unwrap().is_sound());
}

#[tokio::test]
async fn a_file_that_is_not_a_database_is_left_alone() {
    let (folder, path) = filled().await;
    overwrite(&path, &[1], 0, 4096);
    let error = Store::open(&path).await.unwrap_err();
    assert!(error.to_string().contains("courant doctor"), "{error}");
    let error = Store::recover(&path, at(0)).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}");
    let names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().contains("recovering")), "{names:?}");
    assert!(path.exists());
}

#[tokio::test]
async fn a_log_of_garbage_or_none_loses_nothing_of_the_file() {
    for garbage in [true, false] {
        let (_folder, path) = filled().await;
        let log = path.with_file_name("store.db-wal");
        if garbage {
            File::create(&log).unwrap().write_all(&crate::keep::noise(1, 50_000)).unwrap();
        } else {
            fs::remove_file(&log).ok();
        }
        let store = Store::open(&path).await.unwrap();
        assert_eq!(store.snapshot().await.unwrap().rows.len(), ARTICLES as usize);
        assert!(store.check().await.unwrap().is_sound());
    }
}

#[tokio::test]
async fn reading_a_file_with_random_damage_ends_with_a_result_or_a_reason() {
    let (_folder, path) = filled().await;
    let mut sound = Vec::new();
    File::open(&path).unwrap().read_to_end(&mut sound).unwrap();
    let pages = sound.len() as u64 / 4096;
    for seed in 1..=12u64 {
        fs::write(&path, &sound).unwrap();
        for end in ["-wal", "-shm"] {
            fs::remove_file(path.with_file_name(format!("store.db{end}"))).ok();
        }
        let damaged: Vec<i64> =
            (0..4).map(|n| (2 + (seed * 2_654_435_761 + n * 40_503) % (pages - 2)).cast_signed()).collect();
        overwrite(&path, &damaged, (seed * 37) as u8, 64);
        let Ok(store) = Store::open(&path).await else { continue };
        // They may fail, but they end, and an error has a reason.
        for error in [
            store.read_everything().await.err(),
            store.claim_captures(50, at(0)).await.err(),
            store.commit(&batch([stored(3, "x", "y")]), at(0)).await.err(),
            store.search(&query("council")).await.err(),
        ] {
            assert!(error.is_none_or(|error| error.to_string().len() > 20));
        }
        let health = store.check().await.unwrap();
        assert!(
            health.is_sound() || health.problems.iter().chain(&health.search_problem).all(|p| p.len() > 5)
        );
        drop(store);
        match Store::recover(&path, at(seed.cast_signed())).await {
            Ok(_) => {
                let store = Store::open(&path).await.unwrap();
                assert!(store.check_deep().await.unwrap().is_sound(), "seed {seed}");
                store.close().await.unwrap();
            }
            Err(error) => assert!(matches!(error, StoreError::Corrupt(_)), "seed {seed}: {error:?}"),
        }
    }
}
