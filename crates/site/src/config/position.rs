//! Where something is in the text of `courant.toml`, and errors in words that name the key.

use std::{ops::Range as Span, path::Path};

use toml_edit::{Document, Item, TableLike, Value};
use url::Url;

use super::section::Section;
use crate::error::SiteError;

/// The text of `courant.toml`, which errors refer to.
pub(super) struct ConfigText<'a> {
    file: &'a Path,
    text: &'a str,
    /// `None`: the text is not TOML.
    document: Option<Document<&'a str>>,
}

impl<'a> ConfigText<'a> {
    /// `file` is named in errors.
    pub(super) fn new(file: &'a Path, text: &'a str) -> Self {
        Self { file, text, document: Document::parse(text).ok() }
    }

    /// The error at a key of a section: `[fetch] timeout_s must be an integer from 1 to 600`. Its
    /// line is that of the key, or of the section if the key has its default value, or the first.
    pub(super) fn error_at(&self, section: &str, key: &str, message: &str) -> SiteError {
        let table = self.document.as_ref().and_then(|document| document.get(section));
        let at = table.and_then(|table| table.get(key).and_then(Item::span).or_else(|| table.span()));
        let line = at.map_or(1, |span| self.line_at(span.start));
        SiteError::line(self.file, line, format!("[{section}] {key} {message}"))
    }

    /// The error in the `at`th `[[source]]`, counted from 0.
    pub(super) fn error_in_source(&self, at: usize, message: &str) -> SiteError {
        let source = self.document.as_ref().and_then(|document| document.get("source")?.get(at)?.span());
        let line = source.map_or(1, |span| self.line_at(span.start));
        SiteError::line(self.file, line, format!("[[source]] {message}"))
    }

    /// The first integer that is out of the range of its setting.
    pub(super) fn out_of_range(&self, sections: &[Section]) -> Option<SiteError> {
        let document = self.document.as_ref()?;
        sections.iter().find_map(|section| {
            section.settings.iter().find_map(|setting| {
                let value = document.get(section.name)?.get(setting.key)?.as_integer()?;
                let range = setting.range.filter(|range| !range.contains(value))?;
                Some(self.error_at(section.name, setting.key, &format!("must be an integer {range}")))
            })
        })
    }

    /// The error of the TOML reader, with the key whose value is wrong and what it must be.
    pub(super) fn toml_error(&self, error: &toml::de::Error, sections: &[Section]) -> SiteError {
        let Some(span) = error.span() else { return SiteError::file(self.file, error.message()) };
        let message = match self.document.as_ref().and_then(|document| path_to(document.as_table(), &span)) {
            Some(path) => path.describe(error.message(), sections),
            None => error.message().to_owned(),
        };
        SiteError::line(self.file, self.line_at(span.start), message)
    }

    fn line_at(&self, offset: usize) -> usize {
        let before = &self.text.as_bytes()[..offset.min(self.text.len())];
        before.iter().filter(|&&byte| byte == b'\n').count() + 1
    }
}

/// The keys that lead to a value.
#[derive(Debug, Default)]
struct KeyPath {
    /// From the outermost one; not empty.
    keys: Vec<String>,
    /// Whether the value is an entry of a list.
    is_entry: bool,
}

impl KeyPath {
    fn below(mut self, key: &str) -> Self {
        self.keys.insert(0, key.to_owned());
        self
    }

    /// `message` is that of the TOML reader.
    fn describe(&self, message: &str, sections: &[Section]) -> String {
        let (key, above) = self.keys.split_last().map_or(("", &[][..]), |(key, above)| (key.as_str(), above));
        let section = above.join(".");
        let name = if above.is_empty() { format!("[{key}]") } else { format!("[{section}] {key}") };
        let range = sections
            .iter()
            .find(|known| known.name == section)
            .and_then(|known| known.settings.iter().find(|setting| setting.key == key)?.range);
        match (expected(message), range) {
            (Some(wanted), _) if self.is_entry => {
                format!("{name} has an invalid entry: each must be {wanted}")
            }
            (Some(_), Some(range)) => format!("{name} must be an integer {range}"),
            (Some(wanted), None) => format!("{name} must be {wanted}"),
            (None, _) => format!("{name}: {message}"),
        }
    }
}

/// What a value must be, from "invalid type: string "yes", expected a boolean" and the like; `None`
/// for other messages.
fn expected(message: &str) -> Option<String> {
    if let Some(text) = invalid_url(message) {
        return Some(format!("a URL such as \"https://example.org/\", not {text:?}"));
    }
    let (problem, wanted) = message.split_once(", expected ")?;
    let translated = ["invalid type: ", "invalid value: ", "unknown variant "];
    if !translated.iter().any(|start| problem.starts_with(start)) {
        return None;
    }
    Some(match wanted {
        "u16" => "an integer from 0 to 65535".to_owned(),
        "u32" => "an integer from 0 to 4294967295".to_owned(),
        "u64" | "usize" => "an integer of at least 0".to_owned(),
        "i32" => "an integer from -2147483648 to 2147483647".to_owned(),
        "i64" => "an integer".to_owned(),
        "f64" => "a number".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a string" | "path string" => "text in quotes".to_owned(),
        "a string representing an URL" => "a URL in quotes, such as \"https://example.org/\"".to_owned(),
        "a sequence" => "a list in brackets".to_owned(),
        wanted if wanted.starts_with("struct ") => "a table".to_owned(),
        wanted => wanted.to_owned(),
    })
}

/// The text that is not a URL, if that is what `message` says: `relative URL without a base: "x"`.
fn invalid_url(message: &str) -> Option<&str> {
    let (reason, text) = message.split_once(": \"")?;
    let text = text.strip_suffix('"')?;
    Url::parse(text).is_err_and(|error| error.to_string() == reason).then_some(text)
}

/// The keys of the innermost value that contains `span`.
fn path_to(table: &dyn TableLike, span: &Span<usize>) -> Option<KeyPath> {
    table.iter().find_map(|(key, item)| Some(path_in(item, span)?.below(key)))
}

fn path_in(item: &Item, span: &Span<usize>) -> Option<KeyPath> {
    match item {
        Item::None => None,
        Item::Table(table) => path_to(table, span),
        Item::ArrayOfTables(tables) => tables.iter().find_map(|table| path_to(table, span)),
        Item::Value(value) => path_in_value(value, span),
    }
}

fn path_in_value(value: &Value, span: &Span<usize>) -> Option<KeyPath> {
    if !value.span().is_some_and(|around| around.start <= span.start && span.end <= around.end) {
        return None;
    }
    Some(match value {
        // A key that is not known is inside the table and inside none of its values.
        Value::InlineTable(table) => return path_to(table, span).or_else(|| is_whole(value, span)),
        Value::Array(array) => {
            let entry = array.iter().find_map(|entry| path_in_value(entry, span));
            entry.map_or_else(KeyPath::default, |entry| {
                let is_entry = entry.is_entry || entry.keys.is_empty();
                KeyPath { is_entry, ..entry }
            })
        }
        _ => KeyPath::default(),
    })
}

fn is_whole(value: &Value, span: &Span<usize>) -> Option<KeyPath> {
    (value.span().as_ref() == Some(span)).then(KeyPath::default)
}
