//! Records other than news below `/api/v1/collections/`: people, newsletters, events, whatever kinds a site has.
//!
//! A record is given as its owner wrote it, by the conventions of the API: what has no value is left out, moments are
//! RFC 3339 in UTC, addresses absolute and of the web. Its HTML was made harmless when it was read.

use std::collections::HashMap;

use courant_classic::{Collection, CollectionRecord, FieldKind, ListedRecords, Schema};
use courant_model::{Map, Timestamp, Value};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{
    Document, ListError, ListQuery, Publication, RenderError,
    api::answer,
    classic::title_of,
    cursor::Place,
    listing::part,
    route::Route,
    shelf::Shelf,
    words::{is_segment, rfc3339},
};

/// The kind that has a second address: `/api/v1/newsletters/`.
pub(crate) const NEWSLETTERS: &str = "newsletters";

/// What nobody but the owner may see.
const SEALED: &str = "secured";

/// The records of a collection that are shown.
#[derive(Debug)]
pub(crate) struct CollectionIndex {
    /// Newest publication first; those without a date last.
    shown: Shelf,
    ids: HashMap<String, usize>,
}

impl CollectionIndex {
    pub(crate) fn new(collection: &Collection) -> Self {
        let (schema, entries) = (&collection.schema, &collection.entries);
        let shown = || (0..entries.len()).filter(|&at| is_shown(schema, &entries[at]));
        Self {
            shown: Shelf::of(shown(), |at| std::cmp::Reverse(place_of(&entries[at]).key())),
            ids: shown().map(|at| (entries[at].stem().to_owned(), at)).collect(),
        }
    }
}

/// Whether a record is listed, and its name can stand in an address as it is.
fn is_shown(schema: &Schema, entry: &CollectionRecord) -> bool {
    let published = entry.get("published").and_then(Value::as_bool);
    let wanted = match schema.api.as_ref().map_or(ListedRecords::UnlessHeld, |api| api.listed) {
        ListedRecords::UnlessHeld => published != Some(false),
        ListedRecords::Published => published == Some(true),
    };
    wanted && entry.stem().split('/').all(is_segment)
}

/// Where a record stands in the list of its kind.
fn place_of(entry: &CollectionRecord) -> Place {
    let mut id = [0; 16];
    id.copy_from_slice(&Sha256::digest(entry.stem())[..16]);
    Place { at: published(entry).unwrap_or(Timestamp::MIN), id }
}

fn published(entry: &CollectionRecord) -> Option<Timestamp> {
    entry.get("publishedDateTime")?.as_str()?.parse().ok()
}

#[derive(Serialize)]
struct Kinds<'a> {
    collections: Vec<KindSummary<'a>>,
}

#[derive(Serialize)]
struct KindSummary<'a> {
    kind: &'a str,
    title: String,
    url: String,
    records: usize,
}

#[derive(Serialize)]
struct RecordList<'a> {
    kind: &'a str,
    title: String,
    total: usize,
    /// Where the list goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// The same place, for `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
    records: Vec<Shown<'a>>,
}

/// A record: in short, or with all that it holds.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    id: &'a str,
    kind: &'a str,
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    published_date_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_html: Option<&'a str>,
}

/// A collection of the publication.
#[derive(Clone, Copy)]
struct Held<'a> {
    publication: &'a Publication,
    collection: &'a Collection,
    index: &'a CollectionIndex,
}

/// The collections that hold something to be shown.
fn all(publication: &Publication) -> impl Iterator<Item = Held<'_>> {
    let collections = publication.snapshot.collections.iter().zip(publication.index.collections.iter());
    collections
        .map(move |(collection, index)| Held { publication, collection, index })
        .filter(|held| !held.index.shown.is_empty() && is_segment(held.kind()))
}

fn find<'a>(publication: &'a Publication, kind: &str) -> Option<Held<'a>> {
    all(publication).find(|held| held.kind() == kind)
}

/// Every document, with those that have a second address.
pub(crate) fn routes(publication: &Publication) -> impl Iterator<Item = Route<'_>> {
    let short = find(publication, NEWSLETTERS)
        .into_iter()
        .flat_map(|held| std::iter::once(Route::ApiNewsletters).chain(held.ids().map(Route::ApiNewsletter)));
    let long = all(publication).flat_map(|held| {
        let records = held.ids().map(move |id| Route::ApiRecord(held.kind(), id));
        std::iter::once(Route::ApiCollection(held.kind())).chain(records)
    });
    std::iter::once(Route::ApiCollections).chain(long).chain(short)
}

/// Which kinds there are.
pub(crate) fn kinds(publication: &Publication) -> Result<Document, RenderError> {
    let collections = all(publication).map(|held| KindSummary {
        kind: held.kind(),
        title: held.title(),
        url: publication.address(Route::ApiCollection(held.kind())),
        records: held.index.shown.len(),
    });
    answer(publication, &Kinds { collections: collections.collect() })
}

/// All records of a kind, in short.
pub(crate) fn whole(publication: &Publication, kind: &str) -> Option<Result<Document, RenderError>> {
    let held = find(publication, kind)?;
    let records = held.index.shown.newest_first().map(|at| held.in_short(&held.collection.entries[at]));
    Some(answer(publication, &held.records(None, records.collect())))
}

/// One record.
pub(crate) fn record(
    publication: &Publication,
    kind: &str,
    id: &str,
) -> Option<Result<Document, RenderError>> {
    let held = find(publication, kind)?;
    let &at = held.index.ids.get(id)?;
    Some(answer(publication, &held.in_full(&held.collection.entries[at])))
}

/// Part of the list of a kind, with whole records.
pub(crate) fn list(
    publication: &Publication,
    kind: &str,
    query: &ListQuery,
) -> Option<Result<Document, ListError>> {
    let held = find(publication, kind)?;
    let entries = &held.collection.entries;
    let found = part(&held.index.shown, query, |at| place_of(&entries[at]), |_| true);
    Some(found.and_then(|(found, cursor)| {
        let records = found.into_iter().map(|at| held.in_full(&entries[at])).collect();
        Ok(answer(publication, &held.records(cursor.map(|cursor| (cursor, query.limit)), records))?)
    }))
}

impl<'a> Held<'a> {
    fn kind(self) -> &'a str {
        &self.collection.schema.id
    }

    fn title(self) -> String {
        title_of(&self.collection.schema, &self.publication.snapshot)
    }

    fn ids(self) -> impl Iterator<Item = &'a str> {
        self.index.shown.newest_first().map(move |at| self.collection.entries[at].stem())
    }

    /// `behind`: the cursor of the last record where more follow, and how many are wanted at once.
    fn records(self, behind: Option<(String, usize)>, records: Vec<Shown<'a>>) -> RecordList<'a> {
        let home = &self.publication.home;
        RecordList {
            kind: self.kind(),
            title: self.title(),
            total: self.index.shown.len(),
            next: behind.as_ref().map(|(cursor, limit)| {
                format!("{home}api/v1/collections/{}/?after={cursor}&limit={limit}", self.kind())
            }),
            cursor: behind.map(|(cursor, _)| cursor),
            records,
        }
    }

    fn in_short(self, entry: &'a CollectionRecord) -> Shown<'a> {
        Shown {
            id: entry.stem(),
            kind: self.kind(),
            url: self.publication.address(Route::ApiRecord(self.kind(), entry.stem())),
            title: entry.get("title").or_else(|| entry.get("name")).and_then(Value::as_str),
            published_date_time: published(entry).map(rfc3339),
            record: None,
            content_html: None,
        }
    }

    fn in_full(self, entry: &'a CollectionRecord) -> Shown<'a> {
        Shown {
            record: Some(Value::Map(self.fields(&entry.fields))),
            content_html: Some(&*entry.body).filter(|body| !body.is_empty()),
            ..self.in_short(entry)
        }
    }

    fn fields(self, fields: &Map) -> Map {
        let open = fields.iter().filter(|(name, _)| name != SEALED);
        open.filter_map(|(name, value)| Some((name.clone(), self.value(name, value)?))).collect()
    }

    /// A value as the API gives it; `None` where there is nothing that can be given.
    fn value(self, name: &str, value: &Value) -> Option<Value> {
        match value {
            Value::Null => None,
            // JSON has no other numbers (RFC 8259 §6).
            Value::Float(number) if !number.is_finite() => None,
            Value::Text(text) if self.is(FieldKind::Url, name) => self.address(text).map(Value::Text),
            Value::Text(text) if self.is(FieldKind::Instant, name) => {
                text.parse().ok().map(|at| Value::Text(rfc3339(at)))
            }
            Value::List(items) => {
                Some(Value::List(items.iter().filter_map(|item| self.value(name, item)).collect()))
            }
            Value::Map(fields) => Some(Value::Map(self.fields(fields))),
            plain => Some(plain.clone()),
        }
    }

    /// Whether a field is of this kind: by its name, or as the schema says.
    fn is(self, kind: FieldKind, name: &str) -> bool {
        let by_name = match kind {
            FieldKind::Url => name == "url" || name.ends_with("Url"),
            FieldKind::Instant => name.ends_with("DateTime"),
            _ => false,
        };
        by_name || self.collection.schema.fields.get(name).is_some_and(|rule| rule.kind == kind)
    }

    /// An absolute address; those from the root stand where the classic API does, if there is one.
    fn address(self, text: &str) -> Option<String> {
        let Some(path) = text.strip_prefix('/') else { return self.publication.outside(text) };
        let classic = self.publication.snapshot.classic.as_ref();
        let root = classic.map_or(&self.publication.home, |classic| &classic.api_url);
        (!path.starts_with(['/', '\\'])).then(|| format!("{root}{path}"))
    }
}
