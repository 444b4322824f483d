//! JSON for people and scripts, without the secrets of URLs.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use super::redact::redacted;

/// A value as indented JSON, with the passwords and tokens in its URLs hidden.
pub(super) fn text(value: &impl Serialize) -> serde_json::Result<String> {
    let mut json = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut json, Hiding(PrettyFormatter::new())))?;
    Ok(String::from_utf8_lossy(&json).into_owned())
}

/// Indented JSON. Secrets are hidden before a text is escaped: afterwards the end of a URL could
/// not be told from an escape, and hiding could break the document.
struct Hiding<'a>(PrettyFormatter<'a>);

impl Formatter for Hiding<'_> {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        out.write_all(redacted(fragment).as_bytes())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_and_the_document_stays_whole() {
        let value = serde_json::json!({
            "url": "https://ann:pass@lake.example/feed?token=abc",
            "error": "said \"https://lake.example/?key=1\"\nand more",
            "list": [], "share": 0.1_f32, "plain": "a?token=b",
        });
        let shown = text(&value).unwrap();
        let read: serde_json::Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(read["url"], "https://***@lake.example/feed?token=***");
        assert_eq!(read["error"], "said \"https://lake.example/?key=***\"\nand more");
        assert_eq!(read["plain"], "a?token=b", "not a URL");
        let open = serde_json::json!({ "a": [1, { "b": [] }], "c": {} });
        assert_eq!(text(&open).unwrap(), serde_json::to_string_pretty(&open).unwrap());
    }
}
