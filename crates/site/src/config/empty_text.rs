//! An optional value as text that is empty where there is no value: TOML has no null, and every key
//! of `courant.toml` has a value in the file that `courant new` writes.

use std::{fmt::Display, str::FromStr};

use serde::{Deserialize, Deserializer, Serializer, de::Error};

#[allow(clippy::ref_option, reason = "serde's signature")]
pub(crate) fn serialize<T: Display, S: Serializer>(value: &Option<T>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&value.as_ref().map(ToString::to_string).unwrap_or_default())
}

pub(crate) fn deserialize<'a, T, D>(from: D) -> Result<Option<T>, D::Error>
where
    T: FromStr<Err: Display>,
    D: Deserializer<'a>,
{
    let text = String::deserialize(from)?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error| D::Error::custom(format!("{error}")))
}
