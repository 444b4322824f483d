//! The topics by which articles are found.

use courant_model::TopicMatch;
use sqlx::SqliteConnection;

use crate::{Result, codec};

statements! {
    DELETE_TOPICS = "DELETE FROM article_topics WHERE seq = ?";
    INSERT_TOPICS = "INSERT INTO article_topics (seq, topic) SELECT DISTINCT ?, value FROM json_each(?)";
}

/// Stores the topics of an article.
pub(crate) async fn put_topics(
    sql: &mut SqliteConnection,
    seq: i64,
    topics: &[TopicMatch],
    is_new: bool,
) -> Result<()> {
    if !is_new {
        sqlx::query(DELETE_TOPICS).bind(seq).execute(&mut *sql).await?;
    }
    if !topics.is_empty() {
        sqlx::query(INSERT_TOPICS)
            .bind(seq)
            .bind(codec::texts(topics.iter().map(|topic| &topic.id)))
            .execute(sql)
            .await?;
    }
    Ok(())
}
