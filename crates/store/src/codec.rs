//! How values stand in columns: moments, ids, addresses, JSON.

use std::{fmt::Display, str::FromStr};

use courant_model::{Map, Timestamp, Value};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{Row, sqlite::SqliteRow};

use crate::{Result, StoreError};

/// How deep a value of unknown shape may be nested. JSON is read back to a depth of 128; an owner's record
/// needs a handful.
const MAX_DEPTH: usize = 64;

/// A moment as it is stored: microseconds since 1970, finer digits dropped.
pub(crate) fn micros(moment: Timestamp) -> i64 {
    let micros = moment.as_microsecond();
    // jiff reads microseconds only up to the last whole second of its range: what lies within that second
    // would be written and never read again.
    if Timestamp::from_microsecond(micros).is_ok() { micros } else { micros - micros % 1_000_000 }
}

/// The moment of a column.
pub(crate) fn moment(micros: i64) -> Result<Timestamp> {
    Timestamp::from_microsecond(micros).map_err(StoreError::corrupt)
}

/// The moment as it will be read again.
pub(crate) fn as_stored(moment: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(micros(moment)).unwrap_or(moment)
}

/// A number of rows as an argument of `LIMIT`, where a negative one would mean no limit.
pub(crate) fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// Reads columns by name with errors that say which one was wrong.
pub(crate) trait Columns {
    /// The moment in this column.
    fn moment(&self, column: &str) -> Result<Timestamp>;
    /// The moment in this column, where there is one.
    fn maybe_moment(&self, column: &str) -> Result<Option<Timestamp>>;
    /// The value whose text is in this column: an id, an address.
    fn parsed<T: FromStr<Err: Display>>(&self, column: &str) -> Result<T>;
    /// The value whose text is in this column, where there is one.
    fn maybe_parsed<T: FromStr<Err: Display>>(&self, column: &str) -> Result<Option<T>>;
    /// The value whose JSON is in this column.
    fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T>;
}

impl Columns for SqliteRow {
    fn moment(&self, column: &str) -> Result<Timestamp> {
        moment(self.try_get(column)?)
    }

    fn maybe_moment(&self, column: &str) -> Result<Option<Timestamp>> {
        self.try_get::<Option<i64>, _>(column)?.map(moment).transpose()
    }

    fn parsed<T: FromStr<Err: Display>>(&self, column: &str) -> Result<T> {
        parse(column, self.try_get(column)?)
    }

    fn maybe_parsed<T: FromStr<Err: Display>>(&self, column: &str) -> Result<Option<T>> {
        self.try_get::<Option<&str>, _>(column)?.map(|text| parse(column, text)).transpose()
    }

    fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T> {
        from_json(column, self.try_get(column)?)
    }
}

fn parse<T: FromStr<Err: Display>>(column: &str, text: &str) -> Result<T> {
    text.parse().map_err(|error| StoreError::Corrupt(format!("column {column}: {error}")))
}

/// The JSON of a value that is made of plain fields.
pub(crate) fn to_json(what: &str, value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|_| StoreError::Unstorable { what: what.to_owned(), because: "it has no form in JSON" })
}

/// The value of a JSON text in a column.
pub(crate) fn from_json<T: DeserializeOwned>(column: &str, json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(|error| StoreError::Corrupt(format!("column {column}: {error}")))
}

/// The unit word of an enum that serialises to one: `"feed"`.
pub(crate) fn word(value: &impl Serialize) -> Result<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        _ => Err(StoreError::Unstorable { what: "a word".to_owned(), because: "it has no text form" }),
    }
}

/// The enum value of a word.
pub(crate) fn from_word<T: DeserializeOwned>(column: &str, word: &str) -> Result<T> {
    serde_json::from_value(word.into())
        .map_err(|error| StoreError::Corrupt(format!("column {column}: {error}")))
}

/// The JSON of a value of unknown shape.
///
/// Errors: [`StoreError::Unstorable`] where it is nested too deep, or holds a number that JSON has no form
/// for: it would not come back the same.
pub(crate) fn value_json(what: &str, value: &Value) -> Result<String> {
    check_value(what, [value])?;
    to_json(what, value)
}

/// The JSON of named values of unknown shape, as a list of pairs: a name may stand twice, and order counts.
pub(crate) fn map_json(what: &str, map: &Map) -> Result<String> {
    check_value(what, map.iter().map(|(_, value)| value))?;
    to_json(what, map)
}

fn check_value<'a>(what: &str, values: impl IntoIterator<Item = &'a Value>) -> Result<()> {
    let refused = |because| Err(StoreError::Unstorable { what: what.to_owned(), because });
    // A list of what is still to be looked at and not recursion: the depth is the input's.
    let mut open: Vec<(&Value, usize)> = values.into_iter().map(|value| (value, 1)).collect();
    while let Some((value, depth)) = open.pop() {
        if depth > MAX_DEPTH {
            return refused("it is nested deeper than 64 levels");
        }
        match value {
            Value::Float(number) if !number.is_finite() => {
                return refused("it holds a number that is not finite");
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
        assert_eq!(moment(micros(fine)).unwrap().to_string(), "2026-01-02T03:04:05.123456Z");
        assert_eq!(as_stored(fine), moment(micros(fine)).unwrap());
    }

    #[test]
    fn every_moment_survives() {
        for at in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
            assert_eq!(moment(micros(at)).unwrap(), as_stored(at));
            assert_eq!(moment(micros(at)).unwrap().as_second(), at.as_second());
        }
    }

    #[test]
    fn a_value_that_would_not_come_back_is_refused() {
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
    fn a_name_may_stand_twice() {
        let map: Map = vec![("b".to_owned(), Value::Int(1)), ("b".to_owned(), Value::from("x"))];
        let back: Map = from_json("extra", &map_json("extra", &map).unwrap()).unwrap();
        assert_eq!(back, map);
    }
}
