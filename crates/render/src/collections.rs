//! Records other than news below `/api/v1/collections/`: people, newsletters, events, whatever
//! kinds a site has.
//!
//! A record is shown as its owner wrote it, in the conventions of the API: fields without a value
//! are left out, times are RFC 3339 in UTC, and URLs are absolute. Its HTML was sanitized when it
//! was read.

use courant_classic::{Collection, CollectionRecord, FieldKind};
use courant_model::{Map, Value};

use crate::{
    Document, ListError, ListQuery, RenderError,
    api::{self, CollectionList, RecordList},
    context::RenderContext,
    formatting::{is_segment, rfc3339},
    index::{CollectionIndex, place_of, published_at},
    listing::part,
    route::Route,
};

/// The kind that has a second URL: `/api/v1/newsletters/`.
pub(crate) const NEWSLETTERS: &str = "newsletters";

/// The field that only the owner may see.
const SEALED: &str = "secured";

/// A collection of the publication.
#[derive(Clone, Copy)]
struct CollectionView<'a> {
    context: &'a RenderContext,
    collection: &'a Collection,
    index: &'a CollectionIndex,
}

/// The collections that have records to show.
fn all(context: &RenderContext) -> impl Iterator<Item = CollectionView<'_>> {
    let collections = context.snapshot.collections.iter().zip(context.index.collections.iter());
    collections
        .map(move |(collection, index)| CollectionView { context, collection, index })
        .filter(|view| !view.index.shown.is_empty() && is_segment(view.kind()))
}

fn find<'a>(context: &'a RenderContext, kind: &str) -> Option<CollectionView<'a>> {
    all(context).find(|view| view.kind() == kind)
}

/// All documents, those at second URLs included.
pub(crate) fn routes(context: &RenderContext) -> impl Iterator<Item = Route<'_>> {
    let short = find(context, NEWSLETTERS)
        .into_iter()
        .flat_map(|view| std::iter::once(Route::ApiNewsletters).chain(view.ids().map(Route::ApiNewsletter)));
    let long = all(context).flat_map(|view| {
        let records = view.ids().map(move |id| Route::ApiRecord(view.kind(), id));
        std::iter::once(Route::ApiCollection(view.kind())).chain(records)
    });
    std::iter::once(Route::ApiCollections).chain(long).chain(short)
}

/// The list of kinds.
pub(crate) fn kinds(context: &RenderContext) -> Result<Document, RenderError> {
    let collections = all(context).map(|view| api::Collection {
        kind: view.kind(),
        title: view.title(),
        url: context.url(Route::ApiCollection(view.kind())),
        records: view.index.shown.len(),
    });
    context.json(&CollectionList { collections: collections.collect() })
}

/// All records of a kind, without their content.
pub(crate) fn whole(context: &RenderContext, kind: &str) -> Option<Result<Document, RenderError>> {
    let view = find(context, kind)?;
    let records = view.index.shown.newest_first().map(|at| view.in_short(&view.collection.entries[at]));
    Some(context.json(&view.records(None, records.collect())))
}

/// One record.
pub(crate) fn record(context: &RenderContext, kind: &str, id: &str) -> Option<Result<Document, RenderError>> {
    let view = find(context, kind)?;
    let &at = view.index.ids.get(id)?;
    Some(context.json(&view.in_full(&view.collection.entries[at])))
}

/// Part of the list of a kind, with whole records.
pub(crate) fn list(
    context: &RenderContext,
    kind: &str,
    query: &ListQuery,
) -> Option<Result<Document, ListError>> {
    let view = find(context, kind)?;
    let entries = &view.collection.entries;
    let found = part(&view.index.shown, query, |at| place_of(&entries[at]), |_| true);
    Some(found.and_then(|(found, cursor)| {
        let records = found.into_iter().map(|at| view.in_full(&entries[at])).collect();
        Ok(context.json(&view.records(cursor.map(|cursor| (cursor, query.limit)), records))?)
    }))
}

impl<'a> CollectionView<'a> {
    fn kind(self) -> &'a str {
        &self.collection.schema.id
    }

    fn title(self) -> String {
        crate::classic::title_of(&self.collection.schema, &self.context.snapshot)
    }

    fn ids(self) -> impl Iterator<Item = &'a str> {
        self.index.shown.newest_first().map(move |at| self.collection.entries[at].stem())
    }

    /// `behind`: the cursor of the last record if more follow, and the limit of the query.
    fn records(
        self,
        behind: Option<(String, usize)>,
        records: Vec<api::CollectionRecord<'a>>,
    ) -> RecordList<'a> {
        let home = &self.context.home;
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

    fn in_short(self, entry: &'a CollectionRecord) -> api::CollectionRecord<'a> {
        api::CollectionRecord {
            id: entry.stem(),
            kind: self.kind(),
            url: self.context.url(Route::ApiRecord(self.kind(), entry.stem())),
            title: entry.get("title").or_else(|| entry.get("name")).and_then(Value::as_str),
            published_date_time: published_at(entry).map(rfc3339),
            record: None,
            content_html: None,
        }
    }

    fn in_full(self, entry: &'a CollectionRecord) -> api::CollectionRecord<'a> {
        api::CollectionRecord {
            record: Some(Value::Map(self.fields(&entry.fields))),
            content_html: Some(&*entry.body).filter(|body| !body.is_empty()),
            ..self.in_short(entry)
        }
    }

    fn fields(self, fields: &Map) -> Map {
        let open = fields.iter().filter(|(name, _)| name != SEALED);
        open.filter_map(|(name, value)| Some((name.clone(), self.value(name, value)?))).collect()
    }

    /// A value in the form of the API; `None` if it has none.
    fn value(self, name: &str, value: &Value) -> Option<Value> {
        match value {
            Value::Null => None,
            // JSON has no other numbers (RFC 8259 §6).
            Value::Float(number) if !number.is_finite() => None,
            Value::Text(text) if self.is(FieldKind::Url, name) => self.url(text).map(Value::Text),
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

    /// Whether a field is of this kind, by its name or by the schema.
    fn is(self, kind: FieldKind, name: &str) -> bool {
        let by_name = match kind {
            FieldKind::Url => name == "url" || name.ends_with("Url"),
            FieldKind::Instant => name.ends_with("DateTime"),
            _ => false,
        };
        by_name || self.collection.schema.fields.get(name).is_some_and(|rule| rule.kind == kind)
    }

    /// An absolute URL. Paths are below the URL of the classic API, if there is one.
    fn url(self, text: &str) -> Option<String> {
        let Some(path) = text.strip_prefix('/') else { return self.context.safe_link(text) };
        let classic = self.context.snapshot.classic.as_ref();
        let root = classic.map_or(&self.context.home, |classic| &classic.api_url);
        (!path.starts_with(['/', '\\'])).then(|| format!("{root}{path}"))
    }
}
