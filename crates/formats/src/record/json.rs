//! The record as public JSON.

use std::borrow::Cow;

use courant_model::{Map, Record, Value};
use serde_json::Value as Json;

use super::{RecordError, read, write};
use crate::yaml::{Field, Kind, MAX_DEPTH, Node, Styled};

/// The record as one JSON object: the fields of the file under the same names and in the same
/// order, those of [`Record::extra`] among them, and the body, where there is one, as `body`. A
/// field of the file that is itself called `body` (or `_body` …) gets one more `_` in front.
/// Numbers that JSON lacks become texts.
pub fn to_json(record: &Record) -> Json {
    let mut fields = write::fields(record);
    for (name, _) in &mut fields {
        if is_body_name(name) {
            *name = Cow::Owned(format!("_{name}"));
        }
    }
    if !record.body.is_empty() {
        fields.push((Cow::Borrowed("body"), Styled::Quoted(record.body.as_str().into())));
    }
    Styled::Map(fields).into_json()
}

/// The fields of the record under the names of the file and in its order, without the body.
pub fn to_map(record: &Record) -> Map {
    match serde_json::from_value(Styled::Map(write::fields(record)).into_json()) {
        Ok(Value::Map(fields)) => fields,
        // Named fields serialise to a JSON object, and any JSON is a value.
        _ => Map::new(),
    }
}

/// The record in JSON of the form of [`to_json`]; fields of another shape go to `extra`, as in
/// files.
///
/// Errors: the value is not an object, or is nested deeper than 64 levels.
pub fn from_json(json: &Json) -> Result<Record, RecordError> {
    let Json::Object(object) = json else {
        return Err(RecordError::Json("a record as JSON must be an object".to_owned()));
    };
    let mut fields = Vec::with_capacity(object.len());
    let mut body = String::new();
    for (name, value) in object {
        if name == "body"
            && let Json::String(text) = value
        {
            body.clone_from(text);
            continue;
        }
        let name = match name.strip_prefix('_') {
            Some(bare) if is_body_name(bare) => bare,
            _ => name,
        };
        fields.push(Field { name: name.to_owned(), line: 0, node: node(value, 1)? });
    }
    Ok(Record { body, ..read::record(fields) })
}

fn is_body_name(name: &str) -> bool {
    name.trim_start_matches('_') == "body"
}

fn node(json: &Json, depth: usize) -> Result<Node, RecordError> {
    if depth >= MAX_DEPTH && (json.is_array() || json.is_object()) {
        return Err(RecordError::Json(format!("nested deeper than {MAX_DEPTH} levels")));
    }
    let kind = match json {
        Json::Array(items) => {
            Kind::List(items.iter().map(|item| node(item, depth + 1)).collect::<Result<_, _>>()?)
        }
        Json::Object(object) => {
            let field = |(name, value): (&String, &Json)| {
                node(value, depth + 1).map(|node| Field { name: name.clone(), line: 0, node })
            };
            Kind::Map(object.iter().map(field).collect::<Result<_, _>>()?)
        }
        Json::Null => scalar(Value::Null, String::new()),
        Json::Bool(truth) => scalar(Value::Bool(*truth), truth.to_string()),
        Json::String(text) => scalar(Value::Text(text.clone()), text.clone()),
        Json::Number(number) => {
            let text = number.to_string();
            let value = if let Some(number) = number.as_i64() {
                Value::Int(number)
            } else if number.is_u64() {
                // Its digits would be lost in a float.
                Value::Text(text.clone())
            } else {
                number.as_f64().map_or(Value::Null, Value::Float)
            };
            scalar(value, text)
        }
    };
    Ok(Node { line: 0, kind })
}

fn scalar(value: Value, text: String) -> Kind {
    Kind::Scalar { text, value }
}
