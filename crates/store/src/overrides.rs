//! Overrides by editors, kept for ever and never changed by the program.

use std::fmt::Display;

use courant_model::{ArticleId, EditorDecision, Override, StoryDecision};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use crate::{
    Result, Store,
    codec::{self, Columns, micros, value_json},
    damage::Damage,
    revision::{mark_story_of, next_change},
};

const SELECT_OVERRIDES: &str = "SELECT article, field, value, editor, made FROM overrides";

statements! {
    ALL_OVERRIDES = SELECT_OVERRIDES, " ORDER BY article, field";
    BOOSTS = SELECT_OVERRIDES, " WHERE field = '", StoryDecision::Boost.as_str(), "' ORDER BY article";
    PUT_OVERRIDE = "INSERT INTO overrides (article, field, value, editor, made) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (article, field) DO UPDATE SET value = excluded.value,
        editor = excluded.editor, made = excluded.made";
    DELETE_OVERRIDE = "DELETE FROM overrides WHERE article = ? AND field = ?";
    OVERRIDES_OF = SELECT_OVERRIDES, " WHERE article IN (SELECT value FROM json_each(?)) ORDER BY article, field";
}

impl Store {
    /// Stores an override, in place of an earlier one of the same name. The records of the article
    /// and of its story become dirty. The article need not be in the store yet.
    ///
    /// Errors: [`crate::StoreError::Unstorable`] for a value that would not be read back the same.
    pub async fn put_override(&self, item: &Override) -> Result<()> {
        self.put_overrides(std::slice::from_ref(item)).await
    }

    /// Stores several overrides like [`Store::put_override`], all or none.
    pub async fn put_overrides(&self, overrides: &[Override]) -> Result<()> {
        let mut change = self.write().await?;
        for item in overrides {
            let value =
                value_json(&format!("the value of {}", item.decision.name()), &item.decision.value())?;
            sqlx::query(PUT_OVERRIDE)
                .bind(item.article.to_string())
                .bind(item.decision.name())
                .bind(value)
                .bind(&item.by)
                .bind(micros(item.at))
                .execute(&mut *change)
                .await?;
            make_dirty(&mut change, item.article).await?;
        }
        change.commit().await?;
        Ok(())
    }

    /// Removes an override, so that the computed value is used again. Gives whether there was one.
    pub async fn remove_override(&self, article: ArticleId, name: &str) -> Result<bool> {
        let mut change = self.write().await?;
        let done =
            sqlx::query(DELETE_OVERRIDE).bind(article.to_string()).bind(name).execute(&mut *change).await?;
        let was_there = done.rows_affected() > 0;
        if was_there {
            make_dirty(&mut change, article).await?;
        }
        change.commit().await?;
        Ok(was_there)
    }

    /// All overrides, by article and name.
    pub async fn overrides(&self) -> Result<Vec<Override>> {
        let rows = sqlx::query(ALL_OVERRIDES).fetch_all(self.readers()).await?;
        self.damage().readable("overrides", "article", &rows, override_row)
    }

    /// The overrides of these articles, by article and name.
    pub async fn overrides_of(&self, articles: &[ArticleId]) -> Result<Vec<Override>> {
        overrides_of(self.damage(), &mut *self.readers().acquire().await?, articles).await
    }
}

/// The overrides of these articles, by article and name.
pub(crate) async fn overrides_of(
    damage: &Damage,
    sql: &mut SqliteConnection,
    articles: impl IntoIterator<Item = impl Display>,
) -> Result<Vec<Override>> {
    let rows = sqlx::query(OVERRIDES_OF).bind(codec::texts(articles)).fetch_all(sql).await?;
    damage.readable("overrides", "article", &rows, override_row)
}

/// An override changes the article's record and what the records of its story list about it.
async fn make_dirty(change: &mut SqliteConnection, article: ArticleId) -> Result<()> {
    let number = next_change(change).await?;
    mark_story_of(change, number, article).await
}

pub(crate) fn override_row(row: &SqliteRow) -> Result<Override> {
    Ok(Override {
        article: row.parsed("article")?,
        decision: EditorDecision::from_stored(row.try_get("field")?, row.json("value")?),
        by: row.try_get("editor")?,
        at: row.timestamp("made")?,
    })
}
