//! Collections: kinds of records (learning, people, samples …), each described by a schema.

use std::collections::BTreeMap;

use courant_model::{Map, Timestamp, Value};
use serde::{Deserialize, Serialize};

/// The description of a kind of records: where they are, which fields they have, how the classic
/// API shows them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schema {
    /// Name of the folder below `records/`, and first part of the URLs: `learning`.
    pub id: String,
    /// Heading of its lists. `{topic}` is replaced by the name of the site's first topic without a
    /// parent.
    pub title: String,
    /// The folder in an imported site: `_learning`. Paths in the API begin with it.
    pub folder: String,
    /// Where the records come from.
    #[serde(default)]
    pub source: RecordOrigin,
    /// The known fields. Others are kept as they are.
    #[serde(default)]
    pub fields: BTreeMap<String, FieldRule>,
    /// How the classic API shows the collection; `None` if it does not.
    #[serde(default)]
    pub api: Option<ApiSchema>,
    /// Shapes of maps within values, by name, for [`ShownField::shape`].
    #[serde(default)]
    pub shapes: BTreeMap<String, Vec<ShownField>>,
}

/// Where the records of a collection come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordOrigin {
    /// Files below `records/` that belong to the owner.
    #[default]
    Files,
    /// The articles of the store.
    Articles,
    /// The taxonomy.
    Topics,
}

/// The rule for a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldRule {
    /// The shape of its value.
    pub kind: FieldKind,
    /// Whether a record without it gets a remark.
    #[serde(default)]
    pub required: bool,
}

/// The shape of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldKind {
    /// Text, or a number that is meant as text.
    Text,
    /// An integer.
    Integer,
    /// Any number.
    Number,
    /// True or false.
    Boolean,
    /// RFC 3339.
    #[serde(rename = "moment")]
    Instant,
    /// A URL: absolute, or a path from the site's root.
    #[serde(rename = "address")]
    Url,
    /// A list.
    List,
    /// Named values.
    Map,
}

impl FieldKind {
    /// Whether a value has this shape. Null fits every shape.
    pub fn fits(self, value: &Value) -> bool {
        match (self, value) {
            (_, Value::Null)
            | (Self::Text, Value::Text(_) | Value::Int(_) | Value::Float(_))
            | (Self::Integer | Self::Number, Value::Int(_))
            | (Self::Number, Value::Float(_))
            | (Self::Boolean, Value::Bool(_))
            | (Self::List, Value::List(_))
            | (Self::Map, Value::Map(_)) => true,
            (Self::Instant, Value::Text(text)) => text.parse::<Timestamp>().is_ok(),
            (Self::Url, Value::Text(text)) => text.starts_with('/') || url::Url::parse(text).is_ok(),
            _ => false,
        }
    }
}

/// How the classic API shows a collection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiSchema {
    /// The order of lists; ties by path.
    #[serde(default)]
    pub order: ListOrder,
    /// Number of records on a page; 0: all on one page without a number.
    #[serde(default)]
    pub page_size: usize,
    /// Maximum number of pages of a list.
    #[serde(default)]
    #[serde(rename = "most_pages")]
    pub max_pages: Option<usize>,
    /// The form of the URL of a page.
    #[serde(default)]
    pub paging: Paging,
    /// Which records are listed.
    #[serde(default)]
    pub listed: ListedRecords,
    /// Only records with the day of the snapshot (UTC) in this field, a list of dates, are listed.
    #[serde(default)]
    pub on_day: Option<String>,
    /// The path of the list below `api/`; by default the collection's id.
    #[serde(default, rename = "address")]
    pub path: Option<String>,
    /// Whether each topic has its own list.
    #[serde(default)]
    pub by_topic: bool,
    /// The page of a record on the publication's site; `{path}` is its path below the folder
    /// without extension, `{slug}` the last part of that.
    #[serde(default)]
    pub own_page: Option<String>,
    /// The types of records whose readers are sent to that page even if the record names another.
    #[serde(default)]
    pub own_page_for: Vec<String>,
    /// The fields that are shown of a record.
    pub fields: Vec<ShownField>,
    /// The form of lists; `None` if there are none.
    #[serde(default)]
    pub list: Option<DocumentForm>,
    /// The form of the documents of single records; `None` if there are none.
    #[serde(default)]
    pub item: Option<DocumentForm>,
    /// Folders with their own list.
    #[serde(default)]
    pub parts: Vec<SubList>,
}

/// An order of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ListOrder {
    /// By the names of the files.
    #[default]
    Path,
    /// Highest `heat` first.
    Heat,
    /// Latest `publishedDateTime` first.
    Published,
}

/// The form of the URL of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Paging {
    /// `page/2/`.
    #[default]
    Folder,
    /// `page2/`.
    Joined,
}

/// Which records are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListedRecords {
    /// All but those with `published: false`.
    #[default]
    UnlessHeld,
    /// Those with `published: true`.
    Published,
}

/// The form of a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentForm {
    /// How the JSON is laid out.
    pub layout: JsonLayout,
    /// Whether a field without a value is written as null; otherwise it is left out.
    #[serde(default)]
    pub nulls: bool,
    /// The fields before `value` in a list: `title`, `path`, `page`.
    #[serde(default)]
    pub head: Vec<HeadField>,
    /// The fields that are shown of a record, if they differ from the collection's.
    #[serde(default)]
    pub fields: Option<Vec<ShownField>>,
    /// Only records below these folders have such a document; all records if it is empty.
    #[serde(default)]
    pub folders: Vec<String>,
    /// Whether the document ends in a line break.
    #[serde(default)]
    pub line_end: bool,
}

/// A field of a list's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HeadField {
    /// The list's heading.
    Title,
    /// The folder.
    Path,
    /// The number of the page.
    Page,
}

/// How JSON is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JsonLayout {
    /// Two spaces per level, no final line break.
    Indented,
    /// On one line.
    Compact,
    /// As written by the predecessor's templates: four spaces per level, an empty line after the
    /// last object of a list, lists of texts on one line; the number of the next page is a text.
    Template,
}

/// A folder of a collection with its own list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubList {
    /// The folder below that of the collection.
    pub folder: String,
    /// Heading of the list.
    pub title: String,
    /// The field that names the members of each record; the record's URL gives the list of its
    /// members.
    #[serde(default)]
    pub members: Option<String>,
}

/// A field of a document. In its short form a text: the record's field of that name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "NameOrShown")]
pub struct ShownField {
    /// The name in the JSON.
    pub name: String,
    /// The source of the value.
    pub take: ValueSource,
    /// Fields of the record; the first with a value is taken.
    pub from: Vec<String>,
    /// The shape of each map in the value, by name; other values are left out then.
    pub shape: Option<String>,
    /// Whether a path from the root becomes an absolute URL.
    pub absolute: bool,
    /// The value that is shown if there is none.
    pub default: Option<Value>,
    /// Whether null is written even if nulls are left out otherwise.
    pub keep: bool,
    /// Whether an integer is written with a fraction.
    pub decimal: bool,
    /// Number of members that are shown.
    pub count: usize,
    /// The IANA name of the time zone of an instant.
    pub zone: Option<String>,
    /// The format of an instant (`strftime`).
    pub format: Option<String>,
}

/// The source of a shown value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValueSource {
    /// From the record.
    #[default]
    Field,
    /// The path of the record's file in the predecessor's folder.
    Path,
    /// The URL of the record's own JSON document.
    Document,
    /// The record's `webUrl`, else its page on the site.
    Page,
    /// The body after the front matter, with CRLF.
    Body,
    /// The body with LF, without the marks by which a template engine leaves it alone.
    #[serde(rename = "text")]
    PlainBody,
    /// A text of the record on one line, with single spaces.
    Line,
    /// An instant of the record, in a time zone.
    #[serde(rename = "moment")]
    Instant,
    /// The first members with all their fields.
    Members,
    /// The number of members.
    Size,
    /// Always the default value.
    Fixed,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NameOrShown {
    Name(String),
    ShownField(FullShown),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FullShown {
    name: String,
    #[serde(default)]
    take: ValueSource,
    #[serde(default)]
    from: Vec<String>,
    #[serde(default)]
    shape: Option<String>,
    #[serde(default)]
    absolute: bool,
    #[serde(default)]
    default: Option<Value>,
    #[serde(default)]
    keep: bool,
    #[serde(default)]
    decimal: bool,
    #[serde(default)]
    count: usize,
    #[serde(default)]
    zone: Option<String>,
    #[serde(default)]
    format: Option<String>,
}

impl From<NameOrShown> for ShownField {
    fn from(given: NameOrShown) -> Self {
        let full = match given {
            NameOrShown::Name(name) => FullShown {
                name,
                take: ValueSource::Field,
                from: Vec::new(),
                shape: None,
                absolute: false,
                default: None,
                keep: false,
                decimal: false,
                count: 0,
                zone: None,
                format: None,
            },
            NameOrShown::ShownField(full) => full,
        };
        let from = if full.from.is_empty() { vec![full.name.clone()] } else { full.from };
        Self {
            name: full.name,
            take: full.take,
            from,
            shape: full.shape,
            absolute: full.absolute,
            default: full.default,
            keep: full.keep,
            decimal: full.decimal,
            count: full.count,
            zone: full.zone,
            format: full.format,
        }
    }
}

/// A record of a collection.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CollectionRecord {
    /// Its path below the collection's folder: `videos/a-title.md`.
    pub path: String,
    /// Its fields in their order.
    pub fields: Map,
    /// The body after the front matter.
    pub body: String,
}

impl CollectionRecord {
    /// The field of this name; `None` if it is absent or null.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.fields
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value)
            .filter(|value| **value != Value::Null)
    }

    /// The path without the file's extension: `videos/a-title`.
    pub fn stem(&self) -> &str {
        stem_of(&self.path)
    }
}

/// A path without the extension of its file.
pub fn stem_of(path: &str) -> &str {
    let name = path.rfind('/').map_or(0, |slash| slash + 1);
    path[name..].rfind('.').filter(|&dot| dot > 0).map_or(path, |dot| &path[..name + dot])
}

/// A collection with its records, by path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Collection {
    /// Its schema.
    pub schema: Schema,
    /// Its records by path; empty if they are articles or topics.
    pub entries: Vec<CollectionRecord>,
}

/// The content of the classic API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassicApi {
    /// The URL of the API, with a final slash: the base of the URLs of its documents and of image
    /// paths from the root.
    pub api_url: String,
    /// The URL of the publication's pages, with a final slash.
    pub pages_url: String,
    /// The collections, by id.
    pub collections: Vec<Collection>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_extension_is_removed() {
        for (path, stem) in [("a.b/c.md", "a.b/c"), ("a.b/c", "a.b/c"), ("x.y.html", "x.y"), (".md", ".md")] {
            assert_eq!(stem_of(path), stem);
        }
    }

    #[test]
    fn values_fit_the_shape_of_their_field() {
        assert!(FieldKind::Instant.fits(&Value::from("2024-01-02T03:04:05Z")));
        assert!(!FieldKind::Instant.fits(&Value::from("yesterday")));
        assert!(FieldKind::Number.fits(&Value::Int(3)) && !FieldKind::Integer.fits(&Value::Float(3.5)));
        assert!(FieldKind::Url.fits(&Value::from("/a.png")) && !FieldKind::Url.fits(&Value::from("a b")));
    }
}
