//! Choosing the path of a new record, which never changes.

use courant_model::{RecordPath, Timestamp};
use sqlx::SqliteConnection;

use crate::{Result, StoreError};

/// The numbers of one date and slug are tried one by one up to here, then in growing steps. If a
/// source calls everything "untitled", its ten-thousandth article must not cost ten thousand
/// queries.
const TRIED_SINGLY: u32 = 8;

/// The wanted path if it is valid and free, otherwise the first free number of the date and slug
/// (above eight a free one, almost always the first).
pub(super) async fn free_path(
    sql: &mut SqliteConnection,
    wanted: Option<&RecordPath>,
    published: Timestamp,
    slug: &str,
) -> Result<RecordPath> {
    if let Some(wanted) = wanted
        && RecordPath::parse(wanted.as_str()).is_some()
        && is_free(sql, wanted).await?
    {
        return Ok(wanted.clone());
    }
    let name = |ordinal| RecordPath::news(published, slug, ordinal);
    if RecordPath::parse(name(1).as_str()).is_none() {
        return Err(StoreError::Unstorable {
            what: format!("the slug {slug:?}"),
            because: "the file would not be below its folder",
        });
    }
    for ordinal in 1..=TRIED_SINGLY {
        if is_free(sql, &name(ordinal)).await? {
            return Ok(name(ordinal));
        }
    }
    let mut taken = TRIED_SINGLY;
    let mut free = taken * 2;
    while !is_free(sql, &name(free)).await? {
        taken = free;
        free = free.saturating_mul(2);
    }
    while free - taken > 1 {
        let middle = taken + (free - taken) / 2;
        if is_free(sql, &name(middle)).await? {
            free = middle;
        } else {
            taken = middle;
        }
    }
    Ok(name(free))
}

statements! {
    PATH_IS_FREE = "SELECT NOT EXISTS (SELECT 1 FROM articles WHERE path = ?)";
}

async fn is_free(sql: &mut SqliteConnection, path: &RecordPath) -> Result<bool> {
    Ok(sqlx::query_scalar(PATH_IS_FREE).bind(path.as_str()).fetch_one(sql).await?)
}
