//! Rows that can't be read: they are skipped, remembered and reported, and everything else goes on.
//!
//! A row can be unreadable in two ways. One of its values is invalid (a time out of range, broken
//! JSON): then the row is known and left out. Or it is on a damaged page of the file: then a query
//! that touches the page fails as a whole, and is repeated for smaller parts until only the damaged
//! rows are left out.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use sqlx::{
    Row, Sqlite, SqliteConnection,
    query::Query,
    sqlite::{SqliteArguments, SqliteRow},
};

use crate::{Result, StoreError, codec};

/// Maximum number of remembered rows; further ones are skipped too.
const MAX_ROWS: usize = 1_000;

/// A row that can't be read and is skipped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnreadableRow {
    /// The table.
    pub table: &'static str,
    /// What identifies the row: an id, a number, a URL; `?` if that can't be read either.
    pub key: String,
    /// Why it can't be read.
    pub because: String,
}

/// The unreadable rows found since the store was opened; clones share the list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Damage(Arc<Mutex<BTreeMap<(&'static str, String), String>>>);

impl Damage {
    /// Remembers a row, and logs it the first time.
    pub(crate) fn note(&self, table: &'static str, key: impl Into<String>, because: impl Into<String>) {
        let (key, because) = (key.into(), because.into());
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MAX_ROWS && !known.contains_key(&(table, key.clone())) {
            tracing::error!(
                table,
                key,
                error = because,
                "a row of the store cannot be read and is skipped; `courant doctor` says what to do"
            );
            known.insert((table, key), because);
        }
    }

    /// The keys of the rows of a table that are known to be unreadable, as the argument of
    /// `json_each(?)`.
    pub(crate) fn keys_of(&self, table: &'static str) -> String {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        codec::texts(known.keys().filter(|(of, _)| *of == table).map(|(_, key)| key))
    }

    /// Everything that was noted, by table and key.
    pub(crate) fn unreadable(&self) -> Vec<UnreadableRow> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let row = |((table, key), because): (&(&'static str, String), &String)| UnreadableRow {
            table,
            key: key.clone(),
            because: because.clone(),
        };
        known.iter().map(row).collect()
    }

    /// The values of the rows; those that can't be read are noted and left out. `key` is the column
    /// that identifies a row.
    pub(crate) fn readable<'r, T>(
        &self,
        table: &'static str,
        key: &str,
        rows: impl IntoIterator<Item = &'r SqliteRow>,
        read: impl Fn(&SqliteRow) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut readable = Vec::new();
        for row in rows {
            if let Some(value) = self.one(table, key, row, &read)? {
                readable.push(value);
            }
        }
        Ok(readable)
    }

    /// The value of one row; `None` if it can't be read.
    pub(crate) fn one<T>(
        &self,
        table: &'static str,
        key: &str,
        row: &SqliteRow,
        read: impl Fn(&SqliteRow) -> Result<T>,
    ) -> Result<Option<T>> {
        match read(row) {
            Ok(value) => Ok(Some(value)),
            Err(StoreError::Corrupt(because)) => {
                self.note(table, key_of(row, key), because);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The rows of a query for a list of keys, `?1`. If a damaged page is in the way, the query is
    /// repeated for each key alone. The order of the query holds only without damage.
    pub(crate) async fn rows_about(
        &self,
        table: &'static str,
        sql: &mut SqliteConnection,
        query: &'static str,
        about: &[String],
    ) -> Result<Vec<SqliteRow>> {
        let all = ask(sql, query, about).await;
        if about.len() < 2 || !matches!(all, Err(StoreError::Corrupt(_))) {
            return all.or_else(|error| self.skip(table, about, error));
        }
        let mut rows = Vec::new();
        for one in about.iter().map(std::slice::from_ref) {
            rows.extend(ask(sql, query, one).await.or_else(|error| self.skip(table, one, error))?);
        }
        Ok(rows)
    }

    fn skip(&self, table: &'static str, about: &[String], error: StoreError) -> Result<Vec<SqliteRow>> {
        match (error, about) {
            (StoreError::Corrupt(because), [one]) => {
                self.note(table, one, because);
                Ok(Vec::new())
            }
            (error, _) => Err(error),
        }
    }

    /// The rows of a query for all row numbers from `?1` to `?2`. If damaged pages are in the way,
    /// the rows on them are found by halving the range and left out.
    pub(crate) async fn rows_between(
        &self,
        table: &'static str,
        sql: &mut SqliteConnection,
        query: impl Fn(i64, i64) -> Query<'static, Sqlite, SqliteArguments>,
        (first, last): (i64, i64),
    ) -> Result<Vec<SqliteRow>> {
        let mut rows = Vec::new();
        let mut open = vec![(first, last)];
        while let Some((first, last)) = open.pop() {
            match query(first, last).fetch_all(&mut *sql).await.map_err(StoreError::from) {
                Ok(found) => rows.extend(found),
                Err(StoreError::Corrupt(because)) if first >= last => {
                    self.note(table, first.to_string(), because);
                }
                Err(StoreError::Corrupt(_)) => {
                    let middle = first + (last - first) / 2;
                    // The last of the list is next.
                    open.extend([(middle + 1, last), (first, middle)]);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(rows)
    }
}

async fn ask(
    sql: &mut SqliteConnection,
    statement: &'static str,
    about: &[String],
) -> Result<Vec<SqliteRow>> {
    Ok(sqlx::query(statement).bind(codec::texts(about)).fetch_all(sql).await?)
}

fn key_of(row: &SqliteRow, column: &str) -> String {
    row.try_get::<String, _>(column)
        .or_else(|_| row.try_get::<i64, _>(column).map(|number| number.to_string()))
        .unwrap_or_else(|_| "?".to_owned())
}
