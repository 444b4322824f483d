//! The neutral form: a feed as plain JSON, the same for every format. Its shape is public
//! (`docs/FORMATS.md`).

use courant_model::Timestamp;
use courant_sanitize::sanitize_html;
use serde_json::{Map, Value, json};

use super::{
    error::FeedError,
    values::{Category, Entry, Feed, Link, MediaFile, Origin, Person, Text, TextKind},
};

/// The result of reading as one JSON object with the id of its input: `{id, ok, error, encoding,
/// feed, entries}`. HTML is sanitised and its URLs are absolute; absent fields are left out.
pub fn neutral(result: &Result<Feed, FeedError>, id: &Value) -> Value {
    match result {
        Err(error) => json!({"id": id, "ok": false, "error": error.to_string()}),
        Ok(feed) => json!({
            "id": id,
            "ok": true,
            "error": null,
            "encoding": feed.encoding,
            "feed": head(feed),
            "entries": feed.entries.iter().map(entry).collect::<Vec<_>>(),
        }),
    }
}

/// An object without empty fields.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, name: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), value);
        }
    }

    fn text(&mut self, name: &str, value: Option<&String>) {
        self.put(name, value.map(|value| Value::String(value.clone())));
    }

    fn list<T>(&mut self, name: &str, values: &[T], form: impl Fn(&T) -> Value) {
        self.put(name, (!values.is_empty()).then(|| values.iter().map(form).collect()));
    }
}

fn head(feed: &Feed) -> Value {
    let mut fields = Fields::default();
    fields.put("type", Some(feed.kind.name().into()));
    fields.text("id", feed.id.as_ref());
    fields.put("title", feed.title.as_ref().map(text));
    fields.text("link", feed.link.as_ref());
    fields.put("description", feed.description.as_ref().map(text));
    fields.text("language", feed.language.as_ref());
    fields.put("updated", feed.updated.map(instant_text));
    fields.put("published", feed.published.map(instant_text));
    fields.put("rights", feed.rights.as_ref().map(text));
    fields.text("generator", feed.generator.as_ref());
    fields.text("image", feed.image.as_ref());
    fields.text("icon", feed.icon.as_ref());
    fields.put("ttl", feed.ttl.map(Into::into));
    fields.list("authors", &feed.authors, person);
    fields.list("contributors", &feed.contributors, person);
    fields.list("categories", &feed.categories, category);
    fields.list("links", &feed.links, link);
    Value::Object(fields.0)
}

fn entry(entry: &Entry) -> Value {
    let mut fields = Fields::default();
    fields.text("id", entry.id.as_ref());
    fields.put("title", entry.title.as_ref().map(text));
    fields.text("link", entry.link.as_ref());
    fields.put("summary", entry.summary.as_ref().map(text));
    fields.list("content", &entry.content, text);
    fields.list("authors", &entry.authors, person);
    fields.list("contributors", &entry.contributors, person);
    fields.put("published", entry.published.map(instant_text));
    fields.put("updated", entry.updated.map(instant_text));
    fields.list("categories", &entry.categories, category);
    fields.list("enclosures", &entry.enclosures, file);
    fields.list("media", &entry.media, file);
    fields.list("thumbnails", &entry.thumbnails, file);
    fields.text("image", entry.image.as_ref());
    fields.text("language", entry.language.as_ref());
    fields.text("comments", entry.comments.as_ref());
    fields.put("rights", entry.rights.as_ref().map(text));
    fields.put("source", entry.source.as_ref().map(origin));
    fields.list("links", &entry.links, link);
    Value::Object(fields.0)
}

fn text(text: &Text) -> Value {
    match text.kind {
        TextKind::Plain => json!({"value": text.value, "type": "text"}),
        TextKind::Html => json!({"value": sanitize_html(&text.value, text.base.as_deref()), "type": "html"}),
    }
}

fn instant_text(instant: Timestamp) -> Value {
    instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into()
}

fn person(person: &Person) -> Value {
    let mut fields = Fields::default();
    fields.text("name", person.name.as_ref());
    fields.text("email", person.email.as_ref());
    fields.text("url", person.url.as_ref());
    Value::Object(fields.0)
}

fn category(category: &Category) -> Value {
    let mut fields = Fields::default();
    fields.put("term", Some(category.term.clone().into()));
    fields.text("scheme", category.scheme.as_ref());
    fields.text("label", category.label.as_ref());
    Value::Object(fields.0)
}

fn link(link: &Link) -> Value {
    let mut fields = Fields::default();
    fields.put("href", Some(link.href.clone().into()));
    fields.text("rel", link.rel.as_ref());
    fields.text("type", link.mime.as_ref());
    fields.text("hreflang", link.hreflang.as_ref());
    fields.text("title", link.title.as_ref());
    fields.text("length", link.length.as_ref());
    Value::Object(fields.0)
}

fn file(file: &MediaFile) -> Value {
    let mut fields = Fields::default();
    fields.put("url", Some(file.url.clone().into()));
    fields.text("type", file.mime.as_ref());
    fields.text("length", file.length.as_ref());
    fields.text("medium", file.medium.as_ref());
    fields.text("width", file.width.as_ref());
    fields.text("height", file.height.as_ref());
    Value::Object(fields.0)
}

fn origin(origin: &Origin) -> Value {
    let mut fields = Fields::default();
    fields.put("title", origin.title.as_ref().map(text));
    fields.text("link", origin.link.as_ref());
    fields.text("id", origin.id.as_ref());
    Value::Object(fields.0)
}
