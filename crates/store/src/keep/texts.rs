//! Texts of articles that readers never saw.
//!
//! Articles are looked at once each, in the order of their arrival, when they are old enough: what is past does not make
//! a sweep longer. Articles about which editors said something keep their texts, for what is learned from editors is
//! learned from these. The title and the excerpt stay and are found by the search.

use courant_model::Timestamp;
use sqlx::{Row, sqlite::SqliteRow};

use super::{
    parts::{Keep, Part, Removed},
    step::{STEP_BYTES, STEP_ROWS, Step, days_before, within},
};
use crate::{
    Result, Store,
    codec::{self, micros},
    counters::{self, TEXTS_SWEPT},
    search::{Searched, reindex},
};

/// The articles up to a moment, after the one that was looked at last.
pub(super) struct Texts {
    /// The latest first sighting.
    cutoff: i64,
    /// The latest publication: what is dated later is in the window of the grouping, whenever it was seen.
    window: i64,
    now: i64,
}

statements! {
    // The next articles, each with whether its text goes.
    NEXT_TEXTS = "SELECT a.seq, a.first_seen, length(t.text) + length(t.html) AS bytes,
        a.is_published = 0 AND a.was_published = 0 AND a.published <= ?2 AND (t.text <> '' OR t.html <> '')
        AND NOT EXISTS (SELECT 1 FROM overrides o WHERE o.article = a.id) AS goes
        FROM articles a JOIN article_texts t ON t.seq = a.seq WHERE a.seq > ?1 ORDER BY a.seq LIMIT ?3";
    SEARCHED_TEXT = "SELECT title, excerpt, text FROM searchable WHERE seq = ?";
    DELETE_TEXT = "DELETE FROM article_texts WHERE seq = ?";
    INSERT_EMPTY_TEXT = "INSERT INTO article_texts (seq, text, html, removed) VALUES (?, '', '', ?)";
}

impl Texts {
    /// `None` where texts are kept for ever, or nothing is old enough by the time of the newest article: after a pause
    /// of months the grouping still goes on from the last days before it.
    pub(super) async fn of(store: &Store, keep: &Keep, now: Timestamp) -> Result<Option<Self>> {
        let Some(cutoff) = days_before(now, keep.unpublished_text_days) else { return Ok(None) };
        let Some(newest) = store.newest_sighting().await? else { return Ok(None) };
        // A day more than the window, for it begins within one.
        let window = days_before(newest, keep.window_days.saturating_add(1)).unwrap_or(i64::MIN);
        Ok(Some(Self { cutoff: cutoff.min(window), window, now: micros(now) }))
    }

    /// Looks at the next articles.
    pub(super) async fn step(&self, store: &Store) -> Result<Step> {
        let mut change = store.write().await?;
        let after = counters::value(&mut change, TEXTS_SWEPT).await?;
        let rows = sqlx::query(NEXT_TEXTS)
            .bind(after)
            .bind(self.window)
            .bind(codec::count(STEP_ROWS))
            .fetch_all(&mut *change)
            .await?;
        let looked = self.old_enough(&rows)?;
        let is_last = looked.len() < STEP_ROWS;
        let sizes: Vec<(i64, i64)> = looked
            .iter()
            .map(|article| (article.seq, if article.goes { article.bytes } else { 0 }))
            .collect();
        let taken = within(&sizes, STEP_BYTES).len();
        let Some(last) = taken.checked_sub(1).map(|last| looked[last].seq) else {
            return Ok(Step { rows: 0, bytes: 0, is_last: true });
        };
        let (mut gone, mut bytes) = (0, 0);
        for article in looked[..taken].iter().filter(|article| article.goes) {
            self.remove(&mut change, article.seq).await?;
            gone += 1;
            bytes += article.bytes.unsigned_abs();
        }
        counters::set(&mut change, TEXTS_SWEPT, last).await?;
        change.commit().await?;
        Ok(Step { rows: gone, bytes, is_last: is_last && taken == looked.len() })
    }

    /// What would go.
    pub(super) async fn preview(&self, store: &Store) -> Result<Removed> {
        let mut read = store.read().await?;
        let mut after = counters::value(&mut read, TEXTS_SWEPT).await?;
        let mut removed = Removed { part: Part::Texts, rows: 0, bytes: 0 };
        loop {
            let rows = sqlx::query(NEXT_TEXTS)
                .bind(after)
                .bind(self.window)
                .bind(codec::count(STEP_ROWS))
                .fetch_all(&mut *read)
                .await?;
            let looked = self.old_enough(&rows)?;
            for article in looked.iter().filter(|article| article.goes) {
                removed.rows += 1;
                removed.bytes += article.bytes.unsigned_abs();
            }
            match looked.last() {
                Some(last) if looked.len() == STEP_ROWS => after = last.seq,
                _ => return Ok(removed),
            }
        }
    }

    /// The first of the articles, up to one that is too new.
    fn old_enough(&self, rows: &[SqliteRow]) -> Result<Vec<Looked>> {
        let mut looked = Vec::with_capacity(rows.len());
        for row in rows {
            if row.try_get::<i64, _>("first_seen")? > self.cutoff {
                break;
            }
            let (seq, bytes, goes) = (row.try_get("seq")?, row.try_get("bytes")?, row.try_get("goes")?);
            looked.push(Looked { seq, bytes, goes });
        }
        Ok(looked)
    }

    /// Empties the text of an article, in the search index first: that forgets exactly what it is told.
    async fn remove(&self, sql: &mut sqlx::SqliteConnection, seq: i64) -> Result<()> {
        let row = sqlx::query(SEARCHED_TEXT).bind(seq).fetch_one(&mut *sql).await?;
        let before = Searched {
            title: row.try_get("title")?,
            excerpt: row.try_get("excerpt")?,
            text: row.try_get("text")?,
        };
        let after = Searched { text: String::new(), ..before.clone() };
        reindex(sql, seq, Some(&before), &after).await?;
        // Deleted and written once more: a row that only becomes shorter leaves the rest of its page empty.
        sqlx::query(DELETE_TEXT).bind(seq).execute(&mut *sql).await?;
        sqlx::query(INSERT_EMPTY_TEXT).bind(seq).bind(self.now).execute(sql).await?;
        Ok(())
    }
}

struct Looked {
    seq: i64,
    bytes: i64,
    goes: bool,
}
