//! Writes values as YAML in one fixed layout: block style, two spaces, double quotes where quotes
//! are needed.

use std::{borrow::Cow, fmt::Write as _};

use courant_model::Value;

use super::scalar;

/// A longer name is written as an explicit key: YAML 1.2.2 (§7.4.2) limits implicit keys to 1024
/// characters.
const MAX_IMPLICIT_KEY: usize = 500;

/// A value and how it is to be written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Styled<'a> {
    /// A text, always in double quotes.
    Quoted(Cow<'a, str>),
    /// A text, without quotes if every YAML reader reads it as the same text.
    Plain(Cow<'a, str>),
    /// A text that is known to be safe: a timestamp.
    Bare(String),
    Int(i64),
    Bool(bool),
    Value(&'a Value),
    List(Vec<Styled<'a>>),
    Map(Vec<(Cow<'a, str>, Styled<'a>)>),
}

impl Styled<'_> {
    /// Lists and maps opened one level.
    fn opened(self) -> Self {
        match self {
            Self::Value(Value::List(items)) => Self::List(items.iter().map(Self::Value).collect()),
            Self::Value(Value::Map(map)) => Self::Map(
                map.iter().map(|(name, value)| (Cow::Borrowed(name.as_str()), Self::Value(value))).collect(),
            ),
            other => other,
        }
    }

    /// Whether it is written on its own lines below its name.
    pub(crate) fn is_block(&self) -> bool {
        match self {
            Self::List(items) => !items.is_empty(),
            Self::Map(fields) => !fields.is_empty(),
            Self::Value(Value::List(items)) => !items.is_empty(),
            Self::Value(Value::Map(map)) => !map.is_empty(),
            _ => false,
        }
    }

    /// The value as JSON. Numbers that JSON lacks (`.nan`, `.inf`) become texts.
    pub(crate) fn into_json(self) -> serde_json::Value {
        match self.opened() {
            Self::Quoted(text) | Self::Plain(text) => text.into_owned().into(),
            Self::Bare(text) => text.into(),
            Self::Int(number) | Self::Value(&Value::Int(number)) => number.into(),
            Self::Bool(truth) | Self::Value(&Value::Bool(truth)) => truth.into(),
            Self::Value(Value::Text(text)) => text.clone().into(),
            Self::Value(&Value::Float(number)) => serde_json::Number::from_f64(number)
                .map_or_else(|| float_text(number).into(), serde_json::Value::Number),
            Self::List(items) => items.into_iter().map(Self::into_json).collect(),
            Self::Map(fields) => fields
                .into_iter()
                .map(|(name, value)| (name.into_owned(), value.into_json()))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            Self::Value(_) => serde_json::Value::Null,
        }
    }
}

/// Writes named values one after the other.
#[derive(Debug, Default)]
pub(crate) struct Emitter {
    pub(crate) out: String,
}

impl Emitter {
    /// One field and what is below it, `indent` spaces from the left.
    pub(crate) fn field(&mut self, indent: usize, name: &str, value: Styled<'_>) {
        self.pad(indent);
        self.field_here(indent, name, value);
    }

    fn field_here(&mut self, indent: usize, name: &str, value: Styled<'_>) {
        if is_plain_name(name) {
            self.out.push_str(name);
        } else {
            let mut quoted = String::new();
            quote(&mut quoted, name);
            if quoted.len() > MAX_IMPLICIT_KEY {
                self.out.push_str("? ");
                self.out.push_str(&quoted);
                self.out.push('\n');
                self.pad(indent);
            } else {
                self.out.push_str(&quoted);
            }
        }
        self.out.push(':');
        self.value(indent, value);
    }

    /// Writes what follows a name or a dash, including the end of the line.
    fn value(&mut self, indent: usize, value: Styled<'_>) {
        match value.opened() {
            Styled::List(items) if !items.is_empty() => {
                self.out.push('\n');
                for item in items {
                    self.item(indent + 2, item);
                }
            }
            Styled::Map(fields) if !fields.is_empty() => {
                self.out.push('\n');
                for (name, value) in fields {
                    self.field(indent + 2, &name, value);
                }
            }
            scalar => {
                self.out.push(' ');
                self.scalar(&scalar);
                self.out.push('\n');
            }
        }
    }

    fn item(&mut self, indent: usize, item: Styled<'_>) {
        self.pad(indent);
        self.out.push('-');
        match item.opened() {
            Styled::Map(fields) if !fields.is_empty() => {
                self.out.push(' ');
                for (position, (name, value)) in fields.into_iter().enumerate() {
                    if position > 0 {
                        self.pad(indent + 2);
                    }
                    self.field_here(indent + 2, &name, value);
                }
            }
            other => self.value(indent, other),
        }
    }

    fn scalar(&mut self, value: &Styled<'_>) {
        match value {
            Styled::Quoted(text) => quote(&mut self.out, text),
            Styled::Plain(text) => self.text(text),
            Styled::Value(Value::Text(text)) => self.text(text),
            Styled::Bare(text) => self.out.push_str(text),
            Styled::Int(number) | Styled::Value(Value::Int(number)) => {
                self.out.push_str(&number.to_string());
            }
            Styled::Bool(truth) | Styled::Value(Value::Bool(truth)) => {
                self.out.push_str(if *truth { "true" } else { "false" });
            }
            Styled::Value(Value::Float(number)) => self.out.push_str(&float_text(*number)),
            Styled::Value(Value::Null) => self.out.push_str("null"),
            Styled::List(_) | Styled::Value(Value::List(_)) => self.out.push_str("[]"),
            Styled::Map(_) | Styled::Value(Value::Map(_)) => self.out.push_str("{}"),
        }
    }

    fn text(&mut self, text: &str) {
        if is_plain(text) {
            self.out.push_str(text);
        } else {
            quote(&mut self.out, text);
        }
    }

    fn pad(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n(' ', indent));
    }
}

/// The shortest text that the core schema reads as the same number.
fn float_text(number: f64) -> String {
    if number.is_nan() {
        ".nan".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { ".inf" } else { "-.inf" }.to_owned()
    } else {
        // `Debug` keeps a fraction or an exponent, so that the number is not read as an integer.
        format!("{number:?}")
    }
}

/// Appends a text in double quotes (YAML 1.2.2, §5.7): everything on one line, all that is not
/// printable escaped.
fn quote(out: &mut String, text: &str) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Writing to a string cannot fail.
            _ if must_escape(char) && u32::from(char) < 0x100 => {
                let _ = write!(out, "\\x{:02X}", u32::from(char));
            }
            _ if must_escape(char) && u32::from(char) < 0x1_0000 => {
                let _ = write!(out, "\\u{:04X}", u32::from(char));
            }
            _ if must_escape(char) => {
                let _ = write!(out, "\\U{:08X}", u32::from(char));
            }
            _ => out.push(char),
        }
    }
    out.push('"');
}

/// Characters that YAML forbids, or that some readers take for a line break.
fn must_escape(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}')
        || (u32::from(char) > 0xFFFF && u32::from(char) & 0xFFFE == 0xFFFE)
}

/// Whether every reader of YAML 1.1 or 1.2 reads the unquoted text as this text.
fn is_plain(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let starts_well = first.is_alphanumeric() || matches!(first, '/' | '$' | '(' | '_' | '.');
    let ends_well = !text.ends_with(':') && !text.ends_with(char::is_whitespace);
    let breaks = |char: char| must_escape(char) || (char.is_whitespace() && char != ' ');
    starts_well
        && ends_well
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.contains(breaks)
        && !reads_as_other(text)
}

fn is_plain_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_')
        && name.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-' | '.'))
        && !reads_as_other(name)
}

/// Whether a reader of YAML 1.2 or of YAML 1.1 (numbers with `_`, base 60, dates, `yes` and `no`)
/// reads the unquoted text as something other than a text.
fn reads_as_other(text: &str) -> bool {
    const WORDS_OF_1_1: [&str; 8] = ["y", "n", "yes", "no", "on", "off", "true", "false"];
    let number_like = text.starts_with(|char: char| char.is_ascii_digit() || char == '.')
        && text.chars().all(|char| char.is_ascii_hexdigit() || ".,_:+- xotTzZ".contains(char));
    !matches!(scalar::resolve(text), Value::Text(_))
        || number_like
        || text.eq_ignore_ascii_case("null")
        || WORDS_OF_1_1.iter().any(|word| text.eq_ignore_ascii_case(word))
        || text.chars().all(|char| char == '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_only_where_no_reader_errs() {
        let plain = [
            "Marc D Anderson's Blog",
            "Big News Network.com",
            "$31.03",
            "11-50 employees",
            "PT57M",
            "404 Media",
        ];
        for text in plain {
            assert!(is_plain(text), "{text}");
        }
        let quoted = [
            "",
            " x",
            "x ",
            "yes",
            "No",
            "null",
            "~",
            "1843",
            "1_000",
            "12:30",
            "2023-02-16",
            "a: b",
            "a #b",
            "a:",
            "- x",
            "---",
            "@x",
            "#x",
            "&x",
            "*x",
            "!x",
            "[x",
            "{x",
            "%x",
            "`x",
            "'x",
            "\"x",
            "|",
            ">",
            "?",
            ":",
            ",",
            "a\nb",
            "a\tb",
            "...",
            ".5",
            ".inf",
            "0x1F",
            "1e3",
            "=",
            "<<",
            "a\u{85}b",
            "\u{FEFF}a",
            "true",
            "y",
        ];
        for text in quoted {
            assert!(!is_plain(text), "{text}");
        }
    }
}
