//! Numbers that the store keeps by name.

use sqlx::SqliteConnection;

use crate::Result;

/// The number of the last change to what is published.
pub(crate) const CHANGE: &str = "change";
/// The arrival number up to which a sweep has examined texts.
pub(crate) const TEXTS_SWEPT: &str = "texts_swept";
/// When a sweep last completed, in microseconds; 0 if none has.
pub(crate) const SWEPT: &str = "swept";
/// When work on the store last began, in microseconds.
pub(crate) const CLOCK: &str = "clock";

statements! {
    COUNTER = "SELECT value FROM counters WHERE name = ?";
    SET_COUNTER = "INSERT INTO counters (name, value) VALUES (?, ?)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    INCREMENT_COUNTER = "UPDATE counters SET value = value + 1 WHERE name = ? RETURNING value";
}

/// The value of a counter; 0 if it was never set.
pub(crate) async fn value(sql: &mut SqliteConnection, name: &str) -> Result<i64> {
    let value: Option<i64> = sqlx::query_scalar(COUNTER).bind(name).fetch_optional(sql).await?;
    Ok(value.unwrap_or_default())
}

pub(crate) async fn set(sql: &mut SqliteConnection, name: &str, value: i64) -> Result<()> {
    sqlx::query(SET_COUNTER).bind(name).bind(value).execute(sql).await?;
    Ok(())
}

/// Adds 1 to an existing counter, and gives its new value.
pub(crate) async fn increment(sql: &mut SqliteConnection, name: &str) -> Result<i64> {
    Ok(sqlx::query_scalar(INCREMENT_COUNTER).bind(name).fetch_one(sql).await?)
}
