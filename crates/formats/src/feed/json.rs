//! JSON Feed 1.0 and 1.1 (jsonfeed.org), and JSON that claims to be it.

use courant_model::resolve_reference;
use serde_json::Value;

use super::{
    error::FeedError,
    fields::push,
    values::{Category, Entry, Feed, FeedKind, Link, MediaFile, Person, Text, TextKind},
};

/// Maximum number of items of one feed; the rest is ignored.
const MAX_ITEMS: usize = 100_000;

/// Reads a feed from JSON.
pub(super) fn parse(text: &str, base: Option<&str>) -> Result<Feed, FeedError> {
    let text = text.trim_end_matches(|c: char| c.is_whitespace() || c == '\0');
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(_) => {
            serde_json::from_str(&repaired_json(text)).map_err(|error| FeedError::Json(error.to_string()))?
        }
    };
    let not = |found: &str| FeedError::NotAFeed { found: found.to_owned() };
    let top = value.as_object().ok_or_else(|| not("JSON without an object at its top"))?;
    let versioned = top.get("version").and_then(Value::as_str).is_some_and(|v| v.contains("jsonfeed.org"));
    let items = top.get("items").and_then(Value::as_array);
    if !versioned && items.is_none() {
        return Err(not("JSON that is not a JSON Feed"));
    }
    let absolute = |name: &str| string(&value, name).map(|reference| resolve_reference(base, &reference));
    let link = absolute("home_page_url");
    let own_base = base.map(str::to_owned).or_else(|| absolute("feed_url")).or_else(|| link.clone());
    let mut feed = Feed {
        kind: FeedKind::Json,
        title: string(&value, "title").map(plain),
        description: string(&value, "description").map(plain),
        language: string(&value, "language"),
        image: absolute("icon"),
        icon: absolute("favicon"),
        authors: people(&value, base),
        link,
        ..Feed::default()
    };
    for (name, rel) in [("home_page_url", "alternate"), ("feed_url", "self"), ("next_url", "next")] {
        if let Some(href) = absolute(name) {
            feed.links.push(Link { href, rel: Some(rel.to_owned()), ..Link::default() });
        }
    }
    for hub in value["hubs"].as_array().into_iter().flatten().take(20) {
        if let Some(href) = string(hub, "url") {
            feed.links.push(Link { href, rel: Some("hub".to_owned()), ..Link::default() });
        }
    }
    let items = items.into_iter().flatten().take(MAX_ITEMS).filter(|item| item.is_object());
    feed.entries = items.map(|item| entry(item, own_base.as_deref())).collect();
    Ok(feed)
}

fn entry(item: &Value, base: Option<&str>) -> Entry {
    let absolute = |name: &str| string(item, name).map(|reference| resolve_reference(base, &reference));
    let (url, external) = (absolute("url"), absolute("external_url"));
    let mut entry = Entry {
        id: string(item, "id").or_else(|| url.clone()),
        title: string(item, "title").map(plain),
        link: url.clone().or_else(|| external.clone()),
        summary: string(item, "summary").map(plain),
        published: date(item, "date_published"),
        updated: date(item, "date_modified"),
        authors: people(item, base),
        image: absolute("image").or_else(|| absolute("banner_image")),
        language: string(item, "language"),
        ..Entry::default()
    };
    if let Some(value) = string(item, "content_html") {
        entry.content.push(Text { value, kind: TextKind::Html, base: base.map(str::to_owned) });
    }
    entry.content.extend(string(item, "content_text").map(plain));
    for (href, rel) in [(url, "alternate"), (external, "related")] {
        if let Some(href) = href {
            entry.links.push(Link { href, rel: Some(rel.to_owned()), ..Link::default() });
        }
    }
    for tag in item["tags"].as_array().into_iter().flatten() {
        if let Some(term) = scalar(tag) {
            push(&mut entry.categories, Category { term, ..Category::default() });
        }
    }
    for file in item["attachments"].as_array().into_iter().flatten() {
        if let Some(url) = string(file, "url") {
            let (mime, length) = (string(file, "mime_type"), string(file, "size_in_bytes"));
            let url = resolve_reference(base, &url);
            push(&mut entry.enclosures, MediaFile { url, mime, length, ..MediaFile::default() });
        }
    }
    if let Some(thumbnail) = absolute("banner_image") {
        entry.thumbnails.push(MediaFile { url: thumbnail, ..MediaFile::default() });
    }
    entry
}

/// `authors` of version 1.1, else `author` of version 1.0.
fn people(value: &Value, base: Option<&str>) -> Vec<Person> {
    let person = |value: &Value| {
        let person = match value {
            Value::String(name) => Person { name: Some(name.trim().to_owned()), ..Person::default() },
            _ => Person {
                name: string(value, "name"),
                email: None,
                url: string(value, "url").map(|url| resolve_reference(base, &url)),
            },
        };
        (person != Person::default()).then_some(person)
    };
    let mut found = Vec::new();
    for author in value["authors"].as_array().into_iter().flatten() {
        if let Some(person) = person(author) {
            push(&mut found, person);
        }
    }
    if found.is_empty() {
        found.extend(person(&value["author"]));
    }
    found
}

fn plain(value: String) -> Text {
    Text { value, kind: TextKind::Plain, base: None }
}

fn date(value: &Value, name: &str) -> Option<courant_model::Timestamp> {
    courant_model::parse_date(&string(value, name)?)
}

/// The text of a field; numbers count as text, because ids and sizes are written either way.
fn string(value: &Value, name: &str) -> Option<String> {
    scalar(value.get(name)?)
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The text with what strict JSON refuses repaired: half surrogate pairs become U+FFFD, bare
/// control characters become spaces, and commas before a closing bracket are removed.
fn repaired_json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut quoted = false;
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        match c {
            '"' => {
                quoted = !quoted;
                out.push(c);
            }
            '\\' if quoted => {
                let (piece, taken) = escape(rest);
                out.push_str(piece);
                length = taken;
            }
            ',' if !quoted && rest[1..].trim_start().starts_with([']', '}']) => {}
            c if quoted && c < ' ' => out.push(' '),
            c => out.push(c),
        }
        rest = &rest[length..];
    }
    out
}

/// The escape at the start of the text as valid JSON, and its length in the text.
fn escape(text: &str) -> (&str, usize) {
    let unit = |at: usize| {
        let hex = text.get(at + 2..at + 6)?;
        if text.get(at..at + 2)? != "\\u" {
            return None;
        }
        u16::from_str_radix(hex, 16).ok()
    };
    match unit(0) {
        Some(0xD800..=0xDBFF) => {
            if unit(6).is_some_and(|low| (0xDC00..=0xDFFF).contains(&low)) {
                (&text[..12], 12)
            } else {
                ("\\ufffd", 6)
            }
        }
        Some(0xDC00..=0xDFFF) => ("\\ufffd", 6),
        Some(_) => (&text[..6], 6),
        None => match text.as_bytes().get(1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => (&text[..2], 2),
            _ => ("\\\\", 1),
        },
    }
}
