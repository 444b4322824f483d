//! Articles of a batch: new ones are added, known ones updated.

use std::collections::{BTreeMap, BTreeSet};

use courant_model::{ArticleId, DateOrigin, Heat, RecordPath, StoryId, Timestamp};
use sqlx::{
    Row, Sqlite, SqliteConnection,
    query::Query,
    sqlite::{SqliteArguments, SqliteRow},
};

use super::{batch::StoredArticle, change::Change, merges::Moves, path::free_path, topics::put_topics};
use crate::{
    Result, StoreError,
    articles::Detail,
    codec::{self, Columns, as_stored, map_json, micros, to_json},
    search::{self, Searched},
};

/// The stored state of an article before the batch, as far as the batch must keep it or compare
/// with it.
struct Before {
    seq: i64,
    /// `None` if it can't be read, as for the story and the original. The new version repairs them.
    published: Option<(Timestamp, DateOrigin)>,
    quality: i32,
    story: Option<StoryId>,
    copy_of: Option<ArticleId>,
    searched: Searched,
    web_url: String,
    detail: String,
    judgement: String,
    extra: String,
    secured: Option<String>,
}

/// Column values that are computed before the row is written.
struct After {
    published: Timestamp,
    published_from: DateOrigin,
    story: StoryId,
    detail: String,
    judgement: String,
    extra: String,
    secured: Option<String>,
}

/// Stores the articles in their order.
pub(super) async fn store(change: &mut Change<'_>, articles: &[StoredArticle], moves: &Moves) -> Result<()> {
    let mut known = stored(change.sql, articles.iter().map(|stored| stored.article.id)).await?;
    let mut seen = BTreeSet::new();
    for stored_article in articles {
        let id = stored_article.article.id;
        if !seen.insert(id) {
            // The same article twice in a batch: the second version meets the first.
            known.extend(stored(change.sql, [id]).await?);
        }
        let before = known.remove(&id);
        store_one(change, stored_article, before.as_ref(), moves).await.map_err(|error| match error {
            StoreError::Unstorable { what, because } => {
                StoreError::Unstorable { what: format!("article {id}: {what}"), because }
            }
            other => other,
        })?;
    }
    Ok(())
}

async fn store_one(
    change: &mut Change<'_>,
    stored: &StoredArticle,
    before: Option<&Before>,
    moves: &Moves,
) -> Result<()> {
    if !stored.judgement.topics.iter().all(|topic| topic.score.is_finite()) {
        return Err(StoreError::Unstorable {
            what: "the score of a topic".to_owned(),
            because: "it is not a finite number",
        });
    }
    let after = after(stored, before, moves)?;
    let seq = match before {
        Some(before) => update(change, stored, &after, before.seq).await?,
        None => insert(change, stored, &after).await?,
    };
    put_details(change.sql, seq, stored, &after).await?;
    put_text(change.sql, seq, stored).await?;
    put_links(change.sql, seq, stored, before.is_none()).await?;
    if before.is_none_or(|before| before.judgement != after.judgement) {
        put_topics(change.sql, seq, &stored.judgement.topics, before.is_none()).await?;
    }
    let searched = Searched {
        title: stored.article.title.clone(),
        excerpt: stored.article.excerpt.clone(),
        text: stored.article.text.clone(),
    };
    search::reindex(change.sql, seq, before.map(|before| &before.searched), &searched).await?;
    touch_stories(change, stored, before, &after);
    Ok(())
}

fn after(stored: &StoredArticle, before: Option<&Before>, moves: &Moves) -> Result<After> {
    let article = &stored.article;
    let mut detail = Detail::of(article);
    let mut extra = map_json("a field of the imported record", &stored.extra)?;
    let mut secured = stored.secured.clone();
    let (mut published, mut published_from) = (as_stored(article.published), article.published_from);
    if let Some(before) = before {
        // A version without a date does not move an article to another day.
        if published_from == DateOrigin::FirstSeen
            && let Some(dated) = before.published
        {
            (published, published_from) = dated;
        }
        // A damaged detail is replaced by the new one.
        let first = codec::from_json::<Detail>("detail", &before.detail).ok();
        detail.source = first.and_then(|first| first.source).or(detail.source);
        if stored.extra.is_empty() {
            extra.clone_from(&before.extra);
        }
        secured = secured.or_else(|| before.secured.clone());
    }
    Ok(After {
        published,
        published_from,
        story: moves.present(stored.member.story),
        detail: to_json("the article", &detail)?,
        judgement: to_json("the judgement", &stored.judgement)?,
        extra,
        secured,
    })
}

/// Marks the stories whose other records list something that changed.
fn touch_stories(change: &mut Change<'_>, stored: &StoredArticle, before: Option<&Before>, after: &After) {
    let Some(before) = before else {
        change.touched.insert(after.story);
        return;
    };
    if before.story != Some(after.story) {
        change.touched.extend(before.story);
    }
    let listed_alike = before.story == Some(after.story)
        && before.copy_of == stored.member.copy_of
        && before.quality == stored.judgement.quality.points()
        && before.published.is_some_and(|(published, _)| published == after.published)
        && before.searched.title == stored.article.title
        && before.searched.excerpt == stored.article.excerpt
        && before.web_url == stored.article.web_url.as_str()
        && before.detail == after.detail;
    if !listed_alike {
        change.touched.insert(after.story);
    }
}

/// The columns that a batch decides, and the arguments to which [`decided`] binds their values.
const DECIDED: &str =
    "published, published_from, provider, language, quality, has_topic, story, copy_of, heat,
        is_published, rule, verdict_because, is_dropped, effects, dirty";
const VALUES: &str = "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15";

statements! {
    INSERT_ARTICLE = "INSERT INTO articles (", DECIDED, ", id, path, first_seen)
        VALUES (", VALUES, ", ?16, ?17, ?18) RETURNING seq";
    UPDATE_ARTICLE = "UPDATE articles SET was_published = was_published OR is_published, (", DECIDED, ")
        = (", VALUES, ") WHERE seq = ?16";
    PUT_DETAILS = "INSERT INTO article_details AS old (seq, title, excerpt, web_url, detail, judgement, topics_from,
        paywalled, because, extra, secured, slug, identity_steps) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (seq) DO UPDATE SET title = excluded.title, excerpt = excluded.excerpt,
        web_url = excluded.web_url, detail = excluded.detail, judgement = excluded.judgement,
        topics_from = excluded.topics_from, paywalled = excluded.paywalled, because = excluded.because, extra = excluded.extra, secured = excluded.secured,
        slug = excluded.slug, identity_steps = excluded.identity_steps
        WHERE old.title <> excluded.title OR old.excerpt <> excluded.excerpt
        OR old.web_url <> excluded.web_url OR old.detail <> excluded.detail
        OR old.judgement <> excluded.judgement OR old.topics_from <> excluded.topics_from
        OR old.paywalled <> excluded.paywalled OR old.because <> excluded.because
        OR old.extra <> excluded.extra OR old.secured IS DISTINCT FROM excluded.secured
        OR old.slug <> excluded.slug OR old.identity_steps <> excluded.identity_steps";
    PUT_TEXT = "INSERT INTO article_texts AS old (seq, text, html) VALUES (?, ?, ?)
        ON CONFLICT (seq) DO UPDATE SET text = excluded.text, html = excluded.html, removed = NULL
        WHERE old.text <> excluded.text OR old.html <> excluded.html";
    DELETE_OTHER_LINKS = "DELETE FROM article_links WHERE seq = ? AND target NOT IN (SELECT value FROM json_each(?))";
    INSERT_LINKS = "INSERT INTO article_links (target, seq) SELECT DISTINCT value, ? FROM json_each(?) WHERE true
        ON CONFLICT DO NOTHING";
    STORED_ARTICLES = "SELECT a.id, a.seq, a.published, a.published_from, a.quality, a.story, a.copy_of, d.title,
        d.excerpt, d.web_url, d.detail, d.judgement, d.extra, d.secured, t.text FROM articles a
        JOIN article_details d ON d.seq = a.seq JOIN article_texts t ON t.seq = a.seq
        WHERE a.id IN (SELECT value FROM json_each(?))";
}

async fn insert(change: &mut Change<'_>, stored: &StoredArticle, after: &After) -> Result<i64> {
    let path: RecordPath = free_path(change.sql, stored.path.as_ref(), after.published, &stored.slug).await?;
    let row = decided(INSERT_ARTICLE, change.number, stored, after)?
        .bind(stored.article.id.to_string())
        .bind(path.as_str())
        .bind(micros(stored.article.first_seen))
        .fetch_one(&mut *change.sql)
        .await?;
    Ok(row.try_get("seq")?)
}

async fn update(change: &mut Change<'_>, stored: &StoredArticle, after: &After, seq: i64) -> Result<i64> {
    decided(UPDATE_ARTICLE, change.number, stored, after)?.bind(seq).execute(&mut *change.sql).await?;
    Ok(seq)
}

/// A statement with the values of the columns [`DECIDED`], its first fifteen arguments.
fn decided(
    statement: &'static str,
    change: i64,
    stored: &StoredArticle,
    after: &After,
) -> Result<Query<'static, Sqlite, SqliteArguments>> {
    Ok(sqlx::query(statement)
        .bind(micros(after.published))
        .bind(codec::enum_text(&after.published_from)?)
        .bind(stored.article.provider.domain.clone())
        .bind(stored.article.language.clone())
        .bind(stored.judgement.quality.points())
        .bind(!stored.judgement.topics.is_empty())
        .bind(after.story.to_string())
        .bind(stored.member.copy_of.map(|copied| copied.to_string()))
        .bind(stored.heat.map(Heat::degrees))
        .bind(stored.verdict.published)
        .bind(stored.verdict.rule.to_string())
        .bind(stored.verdict.because.clone())
        .bind(stored.verdict.dropped)
        .bind(to_json("effects", &stored.verdict.effects)?)
        .bind(change))
}

/// An unchanged row is not written: most new versions of a known article bring nothing new, and a
/// commit waits for the log.
async fn put_details(
    sql: &mut SqliteConnection,
    seq: i64,
    stored: &StoredArticle,
    after: &After,
) -> Result<()> {
    sqlx::query(PUT_DETAILS)
        .bind(seq)
        .bind(&stored.article.title)
        .bind(&stored.article.excerpt)
        .bind(stored.article.web_url.as_str())
        .bind(&after.detail)
        .bind(&after.judgement)
        .bind(stored.judgement.topics_from.as_str())
        .bind(stored.paywalled)
        .bind(to_json("the reasons of its place", &stored.member.because)?)
        .bind(&after.extra)
        .bind(after.secured.as_deref())
        .bind(&stored.slug)
        .bind(to_json("the steps of its identity", &stored.identity_steps)?)
        .execute(sql)
        .await?;
    Ok(())
}

async fn put_text(sql: &mut SqliteConnection, seq: i64, stored: &StoredArticle) -> Result<()> {
    sqlx::query(PUT_TEXT)
        .bind(seq)
        .bind(&stored.article.text)
        .bind(&stored.article.html)
        .execute(sql)
        .await?;
    Ok(())
}

async fn put_links(sql: &mut SqliteConnection, seq: i64, stored: &StoredArticle, is_new: bool) -> Result<()> {
    let Some(links) = &stored.links else { return Ok(()) };
    let links = codec::texts(links);
    if !is_new {
        sqlx::query(DELETE_OTHER_LINKS).bind(seq).bind(&links).execute(&mut *sql).await?;
    }
    sqlx::query(INSERT_LINKS).bind(seq).bind(&links).execute(sql).await?;
    Ok(())
}

/// The stored state of these articles.
async fn stored(
    sql: &mut SqliteConnection,
    ids: impl IntoIterator<Item = ArticleId>,
) -> Result<BTreeMap<ArticleId, Before>> {
    let rows = sqlx::query(STORED_ARTICLES).bind(codec::texts(ids)).fetch_all(sql).await?;
    rows.iter().map(|row| Ok((row.parsed("id")?, before(row)?))).collect()
}

fn before(row: &SqliteRow) -> Result<Before> {
    Ok(Before {
        seq: row.try_get("seq")?,
        published: published_before(row).ok(),
        quality: row.try_get("quality")?,
        story: row.parsed("story").ok(),
        copy_of: row.optional_parsed("copy_of").ok().flatten(),
        searched: Searched {
            title: row.try_get("title")?,
            excerpt: row.try_get("excerpt")?,
            text: row.try_get("text")?,
        },
        web_url: row.try_get("web_url")?,
        detail: row.try_get("detail")?,
        judgement: row.try_get("judgement")?,
        extra: row.try_get("extra")?,
        secured: row.try_get("secured")?,
    })
}

fn published_before(row: &SqliteRow) -> Result<(Timestamp, DateOrigin)> {
    Ok((
        row.timestamp("published")?,
        codec::enum_from_text("published_from", row.try_get("published_from")?)?,
    ))
}
