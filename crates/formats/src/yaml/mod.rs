//! YAML as in record, topic and provider files: one document, every field with its line, all work
//! bounded.
//!
//! The events come from `saphyr-parser`; scalars are resolved by the core schema of YAML 1.2.2
//! (§10.3) and nothing else, so that `yes`, `12:30` and `2023-02-16` are texts.

mod build;
mod emit;
mod scalar;

pub(crate) use build::parse;
pub(crate) use emit::{Emitter, Styled};

use courant_model::{Map, Value};

/// Maximum nesting of lists and maps.
pub(crate) const MAX_DEPTH: usize = 64;

/// What is wrong with a YAML text, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct YamlError {
    /// Line in the file, from 1.
    pub line: u32,
    /// What was found and what was expected.
    pub message: String,
}

impl YamlError {
    pub(crate) fn new(line: u32, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }
}

/// A value with its line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    /// Line in the file, from 1.
    pub(crate) line: u32,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    /// `text` is what was written, so that a name like `1843` can be read as a text.
    Scalar {
        text: String,
        value: Value,
    },
    List(Vec<Node>),
    Map(Vec<Field>),
}

/// A named value of a map.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    pub(crate) name: String,
    /// Line of the name.
    pub(crate) line: u32,
    pub(crate) node: Node,
}

impl Node {
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { value: Value::Null, .. })
    }

    /// The value without lines. Recursion is bounded by [`MAX_DEPTH`], which every reader enforces.
    pub(crate) fn into_value(self) -> Value {
        match self.kind {
            Kind::Scalar { value, .. } => value,
            Kind::List(items) => Value::List(items.into_iter().map(Self::into_value).collect()),
            Kind::Map(fields) => Value::Map(into_map(fields)),
        }
    }

    /// The text of a scalar as it was written; `Err` returns the value if it is not a scalar, or is
    /// null.
    pub(crate) fn into_text(self) -> Result<String, Value> {
        match self.kind {
            Kind::Scalar { text, value } if value != Value::Null => Ok(text),
            _ => Err(self.into_value()),
        }
    }

    /// What it is, for an error message.
    pub(crate) fn describe(&self) -> &'static str {
        match &self.kind {
            Kind::List(_) | Kind::Scalar { value: Value::List(_), .. } => "a list",
            Kind::Map(_) | Kind::Scalar { value: Value::Map(_), .. } => "a map",
            Kind::Scalar { value, .. } => match value {
                Value::Null => "nothing",
                Value::Bool(_) => "true or false",
                Value::Int(_) | Value::Float(_) => "a number",
                _ => "a text",
            },
        }
    }
}

/// The fields without lines.
pub(crate) fn into_map(fields: Vec<Field>) -> Map {
    fields.into_iter().map(|field| (field.name, field.node.into_value())).collect()
}
