//! Keeping the search index consistent with the articles.

use sqlx::SqliteConnection;

use crate::Result;

/// The columns of an article that are searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Searched {
    pub(crate) title: String,
    pub(crate) excerpt: String,
    pub(crate) text: String,
}

statements! {
    REBUILD_INDEX = "INSERT INTO article_search (article_search) VALUES ('rebuild')";
    REMOVE_FROM_INDEX = "INSERT INTO article_search (article_search, rowid, title, excerpt, text)
        VALUES ('delete', ?, ?, ?, ?)";
    ADD_TO_INDEX = "INSERT INTO article_search (rowid, title, excerpt, text) VALUES (?, ?, ?, ?)";
    CHECK_INDEX = "INSERT INTO article_search (article_search, rank) VALUES ('integrity-check', 1)";
}

/// Replaces what the index has of an article. The index has external content: it removes exactly
/// the words that it is given, so `before` must be what was indexed.
pub(crate) async fn reindex(
    sql: &mut SqliteConnection,
    seq: i64,
    before: Option<&Searched>,
    after: &Searched,
) -> Result<()> {
    if before == Some(after) {
        return Ok(());
    }
    if let Some(before) = before {
        sqlx::query(REMOVE_FROM_INDEX)
            .bind(seq)
            .bind(&before.title)
            .bind(&before.excerpt)
            .bind(&before.text)
            .execute(&mut *sql)
            .await?;
    }
    sqlx::query(ADD_TO_INDEX)
        .bind(seq)
        .bind(&after.title)
        .bind(&after.excerpt)
        .bind(&after.text)
        .execute(sql)
        .await?;
    Ok(())
}

/// Rebuilds the index from the articles.
pub(crate) async fn rebuild(sql: &mut SqliteConnection) -> Result<()> {
    sqlx::query(REBUILD_INDEX).execute(sql).await?;
    Ok(())
}

/// The difference between the index and the articles; `None` if there is none. It needs a writing
/// connection: FTS5 takes the check as a command.
pub(crate) async fn index_problem(sql: &mut SqliteConnection) -> Result<Option<String>> {
    let asked = sqlx::query(CHECK_INDEX).execute(sql).await;
    match asked.map_err(crate::StoreError::from) {
        Ok(_) => Ok(None),
        Err(crate::StoreError::Corrupt(problem)) => Ok(Some(problem)),
        Err(error) => Err(error),
    }
}
