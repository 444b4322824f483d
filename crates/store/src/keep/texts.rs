//! Texts of articles that were never published.
//!
//! Each article is examined once, in order of arrival, when it is old enough, so a sweep does not
//! become longer with age. Articles with overrides keep their texts, because the program learns
//! from them. The title and the excerpt stay and are found by the search.

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

/// The articles up to a given time, after the last one that was examined.
pub(super) struct Texts {
    /// The latest first sighting.
    cutoff: i64,
    /// The latest publication: later dates are in the window of the grouping, whenever the article
    /// was seen.
    window: i64,
    now: i64,
}

statements! {
    // The next articles, each with whether its text is removed.
    NEXT_TEXTS = "SELECT a.seq, a.first_seen, length(t.text) + length(t.html) AS bytes,
        a.is_published = 0 AND a.was_published = 0 AND a.published <= ?2 AND (t.text <> '' OR t.html <> '')
        AND NOT EXISTS (SELECT 1 FROM overrides o WHERE o.article = a.id) AS is_removed
        FROM articles a JOIN article_texts t ON t.seq = a.seq WHERE a.seq > ?1 ORDER BY a.seq LIMIT ?3";
    SEARCHED_TEXT = "SELECT title, excerpt, text FROM searchable WHERE seq = ?";
    DELETE_TEXT = "DELETE FROM article_texts WHERE seq = ?";
    INSERT_EMPTY_TEXT = "INSERT INTO article_texts (seq, text, html, removed) VALUES (?, '', '', ?)";
}

impl Texts {
    /// `None` if texts are kept for ever, or nothing is old enough compared with the newest
    /// article: after a pause of months the grouping still continues from the last days before it.
    pub(super) async fn of(store: &Store, keep: &Keep, now: Timestamp) -> Result<Option<Self>> {
        let Some(cutoff) = days_before(now, keep.unpublished_text_days) else { return Ok(None) };
        let Some(newest) = store.newest_first_seen().await? else { return Ok(None) };
        // A day more than the window, which may begin within a day.
        let window = days_before(newest, keep.window_days.saturating_add(1)).unwrap_or(i64::MIN);
        Ok(Some(Self { cutoff: cutoff.min(window), window, now: micros(now) }))
    }

    /// Examines the next articles.
    pub(super) async fn step(&self, store: &Store) -> Result<Step> {
        let mut change = store.write().await?;
        let after = counters::value(&mut change, TEXTS_SWEPT).await?;
        let rows = sqlx::query(NEXT_TEXTS)
            .bind(after)
            .bind(self.window)
            .bind(codec::count(STEP_ROWS))
            .fetch_all(&mut *change)
            .await?;
        let examined = self.old_enough(&rows)?;
        let is_last = examined.len() < STEP_ROWS;
        let sizes: Vec<(i64, i64)> = examined
            .iter()
            .map(|article| (article.seq, if article.is_removed { article.bytes } else { 0 }))
            .collect();
        let taken = within(&sizes, STEP_BYTES).len();
        let Some(last) = taken.checked_sub(1).map(|last| examined[last].seq) else {
            return Ok(Step { rows: 0, bytes: 0, is_last: true });
        };
        let (mut removed, mut bytes) = (0, 0);
        for article in examined[..taken].iter().filter(|article| article.is_removed) {
            self.remove(&mut change, article.seq).await?;
            removed += 1;
            bytes += article.bytes.unsigned_abs();
        }
        counters::set(&mut change, TEXTS_SWEPT, last).await?;
        change.commit().await?;
        Ok(Step { rows: removed, bytes, is_last: is_last && taken == examined.len() })
    }

    /// What would be removed.
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
            let examined = self.old_enough(&rows)?;
            for article in examined.iter().filter(|article| article.is_removed) {
                removed.rows += 1;
                removed.bytes += article.bytes.unsigned_abs();
            }
            match examined.last() {
                Some(last) if examined.len() == STEP_ROWS => after = last.seq,
                _ => return Ok(removed),
            }
        }
    }

    /// The first of the articles, up to one that is too new.
    fn old_enough(&self, rows: &[SqliteRow]) -> Result<Vec<Examined>> {
        let mut examined = Vec::with_capacity(rows.len());
        for row in rows {
            if row.try_get::<i64, _>("first_seen")? > self.cutoff {
                break;
            }
            let (seq, bytes, is_removed) =
                (row.try_get("seq")?, row.try_get("bytes")?, row.try_get("is_removed")?);
            examined.push(Examined { seq, bytes, is_removed });
        }
        Ok(examined)
    }

    /// Empties the text of an article, after its removal from the search index, which needs the
    /// indexed text.
    async fn remove(&self, sql: &mut sqlx::SqliteConnection, seq: i64) -> Result<()> {
        let row = sqlx::query(SEARCHED_TEXT).bind(seq).fetch_one(&mut *sql).await?;
        let before = Searched {
            title: row.try_get("title")?,
            excerpt: row.try_get("excerpt")?,
            text: row.try_get("text")?,
        };
        let after = Searched { text: String::new(), ..before.clone() };
        reindex(sql, seq, Some(&before), &after).await?;
        // Deleted and inserted again: a row that only becomes shorter leaves the rest of its page
        // empty.
        sqlx::query(DELETE_TEXT).bind(seq).execute(&mut *sql).await?;
        sqlx::query(INSERT_EMPTY_TEXT).bind(seq).bind(self.now).execute(sql).await?;
        Ok(())
    }
}

struct Examined {
    seq: i64,
    bytes: i64,
    is_removed: bool,
}
