//! What the pipeline reads about stories: members, merges, the window of the grouping.

use courant_model::{ArticleId, DateOrigin, Heat, Quality, StoryId, Timestamp, Verdict};
use serde::Deserialize;
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use crate::{
    Result, Store, StoreError,
    articles::{heat, verdict},
    codec::{self, Columns, micros},
    damage::Damage,
};

/// A member of a story, with what its lead, heat and verdict depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryMember {
    /// The article.
    pub article: ArticleId,
    /// Its story.
    pub story: StoryId,
    /// Its quality.
    pub quality: Quality,
    /// Its heat as last committed.
    pub heat: Option<Heat>,
    /// When it was published.
    pub published: Timestamp,
    /// When Courant first saw it.
    pub first_seen: Timestamp,
    /// Its provider's domain.
    pub provider: String,
    /// The article of which it is a copy.
    pub copy_of: Option<ArticleId>,
    /// Whether it has a topic.
    pub has_topic: bool,
    /// Published or held, as last committed.
    pub verdict: Verdict,
}

/// An article as the grouping remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRow {
    /// The article.
    pub id: ArticleId,
    /// Arrival number.
    pub arrival: i64,
    /// The headline.
    pub title: String,
    /// The text, or the excerpt if there is none.
    pub text: String,
    /// When it was published.
    pub published: Timestamp,
    /// Where that time was found; with [`DateOrigin::FirstSeen`] the article itself states none.
    pub published_from: DateOrigin,
    /// When Courant first saw it.
    pub first_seen: Timestamp,
    /// The URL where a reader should go.
    pub url: String,
    /// Its provider's domain.
    pub provider: String,
    /// Its authors.
    pub authors: Vec<String>,
    /// Language of the text.
    pub language: Option<String>,
    /// Its current story.
    pub story: StoryId,
    /// The article of which it is a copy.
    pub copy_of: Option<ArticleId>,
}

const WINDOW_SELECT: &str = "SELECT a.id, a.seq, d.title, CASE t.text WHEN '' THEN d.excerpt ELSE t.text END AS text,
        a.published, a.published_from, a.first_seen, d.web_url, d.detail, a.provider, a.language, a.story, a.copy_of
        FROM articles a JOIN article_details d ON d.seq = a.seq JOIN article_texts t ON t.seq = a.seq";

statements! {
    STORY_MEMBERS = "SELECT id, story, quality, heat, published, first_seen, provider, copy_of, has_topic,
        is_published, rule, verdict_because, is_dropped, effects FROM articles
        WHERE story IN (SELECT value FROM json_each(?)) ORDER BY story, seq";
    WINDOW_AFTER = WINDOW_SELECT, " WHERE a.seq > ?1 AND (a.published >= ?2 OR a.first_seen >= ?2)
        ORDER BY a.seq LIMIT ?3";
    WINDOW_BETWEEN = WINDOW_SELECT, " WHERE a.seq BETWEEN ?1 AND ?2
        AND (a.published >= ?3 OR a.first_seen >= ?3) ORDER BY a.seq";
    MOVED_STORIES = "SELECT old, present FROM story_moves ORDER BY old";
    ARRIVAL_BEFORE_NEWEST = "SELECT seq FROM articles ORDER BY seq DESC LIMIT 1 OFFSET ?";
    LAST_STORED_ARRIVAL = "SELECT COALESCE(MAX(seq), 0) FROM articles";
    PRESENT_STORY = "SELECT present FROM story_moves WHERE old = ?";
    BEFORE_WINDOW = "SELECT MIN(seq) FROM (SELECT MIN(seq) AS seq FROM articles WHERE published >= ?1
        UNION ALL SELECT MIN(seq) AS seq FROM articles WHERE first_seen >= ?1)";
}

impl Store {
    /// The members of these stories, by story, then in order of arrival. Stories are given by their
    /// current ids; the id of a merged story has no members.
    pub async fn story_members(&self, stories: &[StoryId]) -> Result<Vec<StoryMember>> {
        let mut about: Vec<String> = stories.iter().map(StoryId::to_string).collect();
        about.sort();
        let mut sql = self.readers().acquire().await?;
        let rows = self.damage().rows_about("articles", &mut sql, STORY_MEMBERS, &about).await?;
        self.damage().readable("articles", "id", &rows, member)
    }

    /// The arrival number after which the newest `articles` articles begin; 0 if the store has no
    /// more than that.
    pub async fn arrival_before_newest(&self, articles: usize) -> Result<i64> {
        let last: Option<i64> = sqlx::query_scalar(ARRIVAL_BEFORE_NEWEST)
            .bind(codec::count(articles))
            .fetch_optional(self.readers())
            .await?;
        Ok(last.unwrap_or_default())
    }

    /// Of the articles that were published or first seen at `since` or later, in order of arrival,
    /// the next `limit` after the one with this arrival number; 0 starts with the first. Every call
    /// with the same arguments gives the same articles in the same order. Late ones (published long
    /// ago, seen just now) are included, because they were placed among the articles of the day on
    /// which they came.
    pub async fn group_window_after(
        &self,
        since: Timestamp,
        arrival: i64,
        limit: usize,
    ) -> Result<Vec<GroupRow>> {
        let mut read = self.read().await?;
        let before = if arrival > 0 { arrival } else { before_window(&mut read, since).await? };
        let window = window_rows(&mut read, (before, since), limit).await;
        match window {
            Err(StoreError::Corrupt(_)) => self.window_around_damage(&mut read, (before, since), limit).await,
            Err(error) => Err(error),
            Ok(rows) => self.damage().readable("articles", "id", &rows, group_row),
        }
    }

    /// The readable part of the window: rows on damaged pages are left out.
    async fn window_around_damage(
        &self,
        read: &mut SqliteConnection,
        (before, since): (i64, Timestamp),
        limit: usize,
    ) -> Result<Vec<GroupRow>> {
        let last: i64 = sqlx::query_scalar(LAST_STORED_ARRIVAL).fetch_one(&mut *read).await?;
        let mut window = Vec::new();
        let mut first = before.saturating_add(1);
        // In parts, so that not much more is read than the limit.
        while first <= last && window.len() < limit {
            let end = last.min(first.saturating_add(codec::count(limit).clamp(1, 4_096)));
            let ask = |first: i64, last: i64| {
                sqlx::query(WINDOW_BETWEEN).bind(first).bind(last).bind(micros(since))
            };
            let rows = self.damage().rows_between("articles", &mut *read, ask, (first, end)).await?;
            window.extend(self.damage().readable("articles", "id", &rows, group_row)?);
            first = end.saturating_add(1);
        }
        window.truncate(limit);
        Ok(window)
    }

    /// The current id of a story: another one if it was merged, otherwise its own.
    pub async fn current_story(&self, story: StoryId) -> Result<StoryId> {
        current_story(&mut *self.readers().acquire().await?, story).await
    }
}

async fn window_rows(
    read: &mut SqliteConnection,
    (before, since): (i64, Timestamp),
    limit: usize,
) -> Result<Vec<SqliteRow>> {
    let rows =
        sqlx::query(WINDOW_AFTER).bind(before).bind(micros(since)).bind(codec::count(limit)).fetch_all(read);
    Ok(rows.await?)
}

/// The current id of a story.
pub(crate) async fn current_story(sql: &mut SqliteConnection, story: StoryId) -> Result<StoryId> {
    let row = sqlx::query(PRESENT_STORY).bind(story.to_string()).fetch_optional(sql).await?;
    row.map_or(Ok(story), |row| row.parsed("present"))
}

pub(crate) fn moved(damage: &Damage, rows: &[SqliteRow]) -> Result<Vec<(StoryId, StoryId)>> {
    let pair = |row: &SqliteRow| Ok((row.parsed("old")?, row.parsed("present")?));
    damage.readable("story_moves", "old", rows, pair)
}

/// An arrival number just before the first article of the window, found in the indexes by time: the
/// window is mostly the end of a long table.
async fn before_window(sql: &mut SqliteConnection, since: Timestamp) -> Result<i64> {
    let first: Option<i64> = sqlx::query_scalar(BEFORE_WINDOW).bind(micros(since)).fetch_one(sql).await?;
    Ok(first.map_or(i64::MAX, |first| first - 1))
}

fn member(row: &SqliteRow) -> Result<StoryMember> {
    Ok(StoryMember {
        article: row.parsed("id")?,
        story: row.parsed("story")?,
        quality: Quality::from_points(row.try_get("quality")?),
        heat: heat(row)?,
        published: row.timestamp("published")?,
        first_seen: row.timestamp("first_seen")?,
        provider: row.try_get("provider")?,
        copy_of: row.optional_parsed("copy_of")?,
        has_topic: row.try_get("has_topic")?,
        verdict: verdict(row)?,
    })
}

/// The part of an article's details that the grouping needs.
#[derive(Deserialize)]
struct Authors {
    #[serde(default)]
    authors: Vec<String>,
}

fn group_row(row: &SqliteRow) -> Result<GroupRow> {
    Ok(GroupRow {
        id: row.parsed("id")?,
        arrival: row.try_get("seq")?,
        title: row.try_get("title")?,
        text: row.try_get("text")?,
        published: row.timestamp("published")?,
        published_from: codec::enum_from_text("published_from", row.try_get("published_from")?)?,
        first_seen: row.timestamp("first_seen")?,
        url: row.try_get("web_url")?,
        provider: row.try_get("provider")?,
        authors: row.json::<Authors>("detail")?.authors,
        language: row.try_get("language")?,
        story: row.parsed("story")?,
        copy_of: row.optional_parsed("copy_of")?,
    })
}
