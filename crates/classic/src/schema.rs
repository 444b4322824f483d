//! Collections: kinds of records (learning, people, samples …), each described by a schema that is data.

use std::collections::BTreeMap;

use courant_model::{Map, Timestamp, Value};
use serde::{Deserialize, Serialize};

/// What a kind of records is: where they stand, which fields they have, how the classic API shows them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schema {
    /// Name of the folder below `records/`, and the first part of the addresses: `learning`.
    pub id: String,
    /// Heading of its lists. `{topic}` stands for the name of the site's first topic without a parent.
    pub title: String,
    /// The folder of a site that is imported: `_learning`. The paths that the API names begin with it.
    pub folder: String,
    /// Where the records come from.
    #[serde(default)]
    pub source: Origin,
    /// What is known of the fields. Others are kept as they are.
    #[serde(default)]
    pub fields: BTreeMap<String, FieldRule>,
    /// How the classic API shows the collection; `None` where it does not.
    #[serde(default)]
    pub api: Option<Api>,
    /// Parts of values, by name, for [`Shown::shape`].
    #[serde(default)]
    pub shapes: BTreeMap<String, Vec<Shown>>,
}

/// Where the records of a collection come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Files below `records/` that belong to the owner.
    #[default]
    Files,
    /// The articles of the store.
    Articles,
    /// The taxonomy.
    Topics,
}

/// What is known of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldRule {
    /// The shape of its value.
    pub kind: FieldKind,
    /// Whether a record without it is worth a remark.
    #[serde(default)]
    pub required: bool,
}

/// The shape of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldKind {
    /// Text, or a number that is meant as one.
    Text,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// True or false.
    Boolean,
    /// RFC 3339.
    Moment,
    /// An address: absolute, or from the site's root.
    Address,
    /// A list.
    List,
    /// Named values.
    Map,
}

impl FieldKind {
    /// Whether a value has this shape. Null fits everything: it says nothing.
    pub fn fits(self, value: &Value) -> bool {
        match (self, value) {
            (_, Value::Null)
            | (Self::Text, Value::Text(_) | Value::Int(_) | Value::Float(_))
            | (Self::Integer | Self::Number, Value::Int(_))
            | (Self::Number, Value::Float(_))
            | (Self::Boolean, Value::Bool(_))
            | (Self::List, Value::List(_))
            | (Self::Map, Value::Map(_)) => true,
            (Self::Moment, Value::Text(text)) => text.parse::<Timestamp>().is_ok(),
            (Self::Address, Value::Text(text)) => text.starts_with('/') || url::Url::parse(text).is_ok(),
            _ => false,
        }
    }
}

/// How the classic API shows a collection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// What stands first in lists; ties by path.
    #[serde(default)]
    pub order: Order,
    /// Records on a page; 0: all on one, which has no number.
    #[serde(default)]
    pub page_size: usize,
    /// Most pages of a list.
    #[serde(default)]
    pub most_pages: Option<usize>,
    /// How the address of a page is written.
    #[serde(default)]
    pub paging: Paging,
    /// Which records are listed.
    #[serde(default)]
    pub listed: Listed,
    /// Only records whose list of dates under this field names the day of the snapshot (UTC) are listed.
    #[serde(default)]
    pub on_day: Option<String>,
    /// Where the list stands below `api/`; the collection's id where it is absent.
    #[serde(default)]
    pub address: Option<String>,
    /// Whether topics have lists of their own.
    #[serde(default)]
    pub by_topic: bool,
    /// The page of a record on the publication's site; `{path}` is its path below the folder without ending,
    /// `{slug}` the last part of that.
    #[serde(default)]
    pub own_page: Option<String>,
    /// The types of record whose readers are led to that page even where the record names another.
    #[serde(default)]
    pub own_page_for: Vec<String>,
    /// What is shown of a record.
    pub fields: Vec<Shown>,
    /// The lists; `None` where there are none.
    #[serde(default)]
    pub list: Option<Form>,
    /// The documents of single records; `None` where there are none.
    #[serde(default)]
    pub item: Option<Form>,
    /// Folders with a list of their own.
    #[serde(default)]
    pub parts: Vec<Part>,
}

/// An order of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// As the files are named.
    #[default]
    Path,
    /// Highest `heat` first.
    Heat,
    /// Latest `publishedDateTime` first.
    Published,
}

/// How the address of a page is written.
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
pub enum Listed {
    /// All but those with `published: false`.
    #[default]
    UnlessHeld,
    /// Those with `published: true`.
    Published,
}

/// The form of a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// How the JSON is laid out.
    pub layout: Layout,
    /// Whether a field without a value is written as null; else it is left out.
    #[serde(default)]
    pub nulls: bool,
    /// What stands before `value` in a list: `title`, `path`, `page`.
    #[serde(default)]
    pub head: Vec<Head>,
    /// What is shown of a record, where it differs from the collection's.
    #[serde(default)]
    pub fields: Option<Vec<Shown>>,
    /// Only records below these folders have such a document; all where it is empty.
    #[serde(default)]
    pub folders: Vec<String>,
    /// Whether the document ends in a line end.
    #[serde(default)]
    pub line_end: bool,
}

/// A field of a list's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Head {
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
pub enum Layout {
    /// Two blanks a level, no line end at the end.
    Indented,
    /// On one line.
    Compact,
    /// As the predecessor's templates came out: four blanks a level, a blank line after the last object of
    /// a list, lists of texts on one line; the number of the next page is a text.
    Template,
}

/// A folder of a collection with a list of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The folder below that of the collection.
    pub folder: String,
    /// Heading of the list.
    pub title: String,
    /// The field that names the members of each record; their list stands at the record's address.
    #[serde(default)]
    pub members: Option<String>,
}

/// What is shown under a name. As a text: the record's field of that name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "NameOrShown")]
pub struct Shown {
    /// The name in the JSON.
    pub name: String,
    /// Where the value comes from.
    pub take: Take,
    /// The fields of the record, the first that has a value counts.
    pub from: Vec<String>,
    /// What is shown of each map in the value, by the name of a shape; what is no map is left out then.
    pub shape: Option<String>,
    /// Whether an address from the root becomes absolute.
    pub absolute: bool,
    /// What is shown where there is no value.
    pub default: Option<Value>,
    /// Whether null is written where nulls are left out otherwise.
    pub keep: bool,
    /// Whether a number is written with a fraction even where it is whole.
    pub decimal: bool,
    /// How many members are shown.
    pub count: usize,
    /// The IANA name of the time zone of a moment.
    pub zone: Option<String>,
    /// How a moment is written (`strftime`).
    pub format: Option<String>,
}

/// Where a shown value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Take {
    /// From the record.
    #[default]
    Field,
    /// The path of the record's file in the predecessor's folder.
    Path,
    /// The address of the record's own JSON document.
    Document,
    /// Where a reader goes: the record's `webUrl`, else its page on the site.
    Page,
    /// What follows the front matter, with CRLF.
    Body,
    /// The same with LF, without the marks that keep a template engine away from it.
    Text,
    /// A text of the record with single blanks for all that is white in it.
    Line,
    /// A moment of the record, in a time zone.
    Moment,
    /// The first members, whole.
    Members,
    /// How many members are named.
    Size,
    /// Always the default.
    Fixed,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NameOrShown {
    Name(String),
    Shown(FullShown),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FullShown {
    name: String,
    #[serde(default)]
    take: Take,
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

impl From<NameOrShown> for Shown {
    fn from(given: NameOrShown) -> Self {
        let full = match given {
            NameOrShown::Name(name) => FullShown {
                name,
                take: Take::Field,
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
            NameOrShown::Shown(full) => full,
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

/// A record of a collection, of whatever kind.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Entry {
    /// Its path below the collection's folder: `videos/a-title.md`.
    pub path: String,
    /// Its fields in their order.
    pub fields: Map,
    /// What follows the front matter.
    pub body: String,
}

impl Entry {
    /// The field of this name; `None` where it is absent or null.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.fields
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value)
            .filter(|value| **value != Value::Null)
    }

    /// The path without the file's ending: `videos/a-title`.
    pub fn stem(&self) -> &str {
        stem_of(&self.path)
    }
}

/// A path without the ending of its file's name.
pub fn stem_of(path: &str) -> &str {
    let name = path.rfind('/').map_or(0, |slash| slash + 1);
    path[name..].rfind('.').filter(|&dot| dot > 0).map_or(path, |dot| &path[..name + dot])
}

/// A collection with its records, by path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Collection {
    /// What it is.
    pub schema: Schema,
    /// Its records by path; empty where they come from elsewhere.
    pub entries: Vec<Entry>,
}

/// What the classic API is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Classic {
    /// Where the API is reached, with a final slash: what its documents name themselves by, and where pictures
    /// from the root stand.
    pub api_url: String,
    /// Where the pages of the publication stand, with a final slash.
    pub pages_url: String,
    /// The collections, by id.
    pub collections: Vec<Collection>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_ending_of_the_name_goes() {
        for (path, stem) in [("a.b/c.md", "a.b/c"), ("a.b/c", "a.b/c"), ("x.y.html", "x.y"), (".md", ".md")] {
            assert_eq!(stem_of(path), stem);
        }
    }

    #[test]
    fn a_field_is_known_by_its_shape() {
        assert!(FieldKind::Moment.fits(&Value::from("2024-01-02T03:04:05Z")));
        assert!(!FieldKind::Moment.fits(&Value::from("yesterday")));
        assert!(FieldKind::Number.fits(&Value::Int(3)) && !FieldKind::Integer.fits(&Value::Float(3.5)));
        assert!(
            FieldKind::Address.fits(&Value::from("/a.png")) && !FieldKind::Address.fits(&Value::from("a b"))
        );
    }
}
