//! How values are stored in columns: times, ids, URLs, JSON.

use std::{fmt::Display, str::FromStr};

use courant_model::{Map, Timestamp, Value};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{Row, sqlite::SqliteRow};

use crate::{Result, StoreError};

/// Maximum nesting of a value of unknown shape. JSON is read back to a depth of 128; an owner's
/// record needs a handful.
const MAX_DEPTH: usize = 64;

/// A time as it is stored: microseconds since 1970, finer digits dropped.
pub(crate) fn micros(time: Timestamp) -> i64 {
    let micros = time.as_microsecond();
    // jiff reads microseconds only up to the last whole second of its range: a time within that
    // second could be written but not read back.
    if Timestamp::from_microsecond(micros).is_ok() { micros } else { micros - micros % 1_000_000 }
}

/// The time in a column.
pub(crate) fn timestamp(micros: i64) -> Result<Timestamp> {
    Timestamp::from_microsecond(micros).map_err(StoreError::corrupt)
}

/// The time as it will be read back.
pub(crate) fn as_stored(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(micros(time)).unwrap_or(time)
}

/// A number of rows as the argument of `LIMIT`, where a negative number means no limit.
pub(crate) fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// Reads columns by name, with errors that name the column.
pub(crate) trait Columns {
    /// The time in this column.
    fn timestamp(&self, column: &str) -> Result<Timestamp>;
    /// The time in this column, if there is one.
    fn optional_timestamp(&self, column: &str) -> Result<Option<Timestamp>>;
    /// The value whose text is in this column: an id, a URL.
    fn parsed<T: FromStr<Err: Display>>(&self, column: &str) -> Result<T>;
    /// The value whose text is in this column, if there is one.
    fn optional_parsed<T: FromStr<Err: Display>>(&self, column: &str) -> Result<Option<T>>;
    /// The value whose JSON is in this column.
    fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T>;
    /// The value whose JSON is in this column, if there is one.
    fn optional_json<T: DeserializeOwned>(&self, column: &str) -> Result<Option<T>>;
}

impl Columns for SqliteRow {
    fn timestamp(&self, column: &str) -> Result<Timestamp> {
        timestamp(self.try_get(column)?)
    }

    fn optional_timestamp(&self, column: &str) -> Result<Option<Timestamp>> {
        self.try_get::<Option<i64>, _>(column)?.map(timestamp).transpose()
    }

    fn parsed<T: FromStr<Err: Display>>(&self, column: &str) -> Result<T> {
        parse(column, self.try_get(column)?)
    }

    fn optional_parsed<T: FromStr<Err: Display>>(&self, column: &str) -> Result<Option<T>> {
        self.try_get::<Option<&str>, _>(column)?.map(|text| parse(column, text)).transpose()
    }

    fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T> {
        from_json(column, self.try_get(column)?)
    }

    fn optional_json<T: DeserializeOwned>(&self, column: &str) -> Result<Option<T>> {
        self.try_get::<Option<&str>, _>(column)?.map(|json| from_json(column, json)).transpose()
    }
}

fn parse<T: FromStr<Err: Display>>(column: &str, text: &str) -> Result<T> {
    text.parse().map_err(|error| StoreError::Corrupt(format!("column {column}: {error}")))
}

/// The JSON of a value that has only plain fields.
pub(crate) fn to_json(what: &str, value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|_| StoreError::Unstorable {
        what: what.to_owned(),
        because: "it cannot be written as JSON",
    })
}

/// The value of a JSON text in a column.
pub(crate) fn from_json<T: DeserializeOwned>(column: &str, json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(|error| StoreError::Corrupt(format!("column {column}: {error}")))
}

/// The text of an enum that serialises to a string: `"feed"`.
pub(crate) fn enum_text(value: &impl Serialize) -> Result<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => Ok(text),
        _ => Err(StoreError::Unstorable {
            what: "a value".to_owned(),
            because: "it cannot be written as text",
        }),
    }
}

/// The enum value of a text.
pub(crate) fn enum_from_text<T: DeserializeOwned>(column: &str, text: &str) -> Result<T> {
    serde_json::from_value(text.into())
        .map_err(|error| StoreError::Corrupt(format!("column {column}: {error}")))
}

/// The JSON of a value of unknown shape.
///
/// Errors: [`StoreError::Unstorable`] if it is nested too deeply, or has a number that JSON cannot
/// represent: it would not be read back the same.
pub(crate) fn value_json(what: &str, value: &Value) -> Result<String> {
    check_value(what, [value])?;
    to_json(what, value)
}

/// The JSON of named values of unknown shape, as a list of pairs: a name may occur twice, and order
/// matters.
pub(crate) fn map_json(what: &str, map: &Map) -> Result<String> {
    check_value(what, map.iter().map(|(_, value)| value))?;
    to_json(what, map)
}

fn check_value<'a>(what: &str, values: impl IntoIterator<Item = &'a Value>) -> Result<()> {
    let refused = |because| Err(StoreError::Unstorable { what: what.to_owned(), because });
    // A work list instead of recursion: the input decides the depth.
    let mut open: Vec<(&Value, usize)> = values.into_iter().map(|value| (value, 1)).collect();
    while let Some((value, depth)) = open.pop() {
        if depth > MAX_DEPTH {
            return refused("it is nested more than 64 levels deep");
        }
        match value {
            Value::Float(number) if !number.is_finite() => {
                return refused("it contains a number that is not finite");
            }
            Value::List(list) => open.extend(list.iter().map(|value| (value, depth + 1))),
            Value::Map(map) => open.extend(map.iter().map(|(_, value)| (value, depth + 1))),
            _ => {}
        }
    }
    Ok(())
}

/// A list of texts as the argument of `json_each(?)`.
pub(crate) fn texts<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    let texts: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    serde_json::Value::from(texts).to_string()
}

/// A list of numbers as the argument of `json_each(?)`.
pub(crate) fn numbers(items: impl IntoIterator<Item = i64>) -> String {
    serde_json::Value::from_iter(items).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finer_digits_than_microseconds_are_dropped() {
        let fine: Timestamp = "2026-01-02T03:04:05.123456789Z".parse().unwrap();
        assert_eq!(timestamp(micros(fine)).unwrap().to_string(), "2026-01-02T03:04:05.123456Z");
        assert_eq!(as_stored(fine), timestamp(micros(fine)).unwrap());
    }

    #[test]
    fn every_time_survives() {
        for at in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
            assert_eq!(timestamp(micros(at)).unwrap(), as_stored(at));
            assert_eq!(timestamp(micros(at)).unwrap().as_second(), at.as_second());
        }
    }

    #[test]
    fn a_value_that_would_not_be_read_back_the_same_is_refused() {
        let mut deep = Value::Null;
        for _ in 0..10_000 {
            deep = Value::List(vec![deep]);
        }
        assert!(matches!(value_json("x", &deep), Err(StoreError::Unstorable { .. })));
        // Dropped level by level: the derived drop would recurse as deep as the value is.
        while let Value::List(mut list) = deep {
            deep = list.pop().unwrap_or_default();
        }
        assert!(value_json("x", &Value::Float(f64::INFINITY)).is_err());
        assert!(map_json("x", &vec![("a".to_owned(), Value::Float(0.1))]).is_ok());
    }

    #[test]
    fn a_name_may_occur_twice() {
        let map: Map = vec![("b".to_owned(), Value::Int(1)), ("b".to_owned(), Value::from("x"))];
        let back: Map = from_json("extra", &map_json("extra", &map).unwrap()).unwrap();
        assert_eq!(back, map);
    }
}
