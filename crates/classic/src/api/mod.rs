//! The classic API: `/api/news/`, `/api/learning/page/2/` … in the forms of the predecessor, so
//! that its clients continue to work. The schemas of the collections decide what is shown, in which
//! order and layout.
//!
//! Each document is at `…/` and at `…/index.json`; the first page of a list is at the list's URL
//! too.

mod index;
mod layout;
mod shape;

use std::sync::Arc;

use courant_model::{Item, Map, Timestamp, Topic, Value};

pub use index::{ClassicIndex, title_of};

use crate::schema::{ClassicApi, DocumentForm, HeadField, JsonLayout, Paging};
use index::{DocumentContent, List};
use shape::Shaper;

/// What the API shows of a site beside its collections.
#[derive(Debug, Clone, Copy)]
pub struct SiteContent<'a> {
    /// The publication's name.
    pub title: &'a str,
    /// The taxonomy, in the order of its files.
    pub topics: &'a [Topic],
    /// Articles, newest publication first.
    pub items: &'a [Arc<Item>],
    /// The instant that is shown.
    pub taken: Timestamp,
}

impl ClassicIndex {
    /// The bytes of the document at `/api/KEY/`, as JSON; `None` if there is none.
    pub fn document(&self, content: SiteContent<'_>, classic: &ClassicApi, key: &str) -> Option<Vec<u8>> {
        let (form, fields) = match *self.documents.get(key)? {
            DocumentContent::Page { list, page } => page_of(content, classic, self, &self.lists[list], page)?,
            DocumentContent::Item { collection, entry } => {
                let schema = &classic.collections[collection].schema;
                let form = schema.api.as_ref()?.item.as_ref()?;
                (form, Shaper::new(content, classic, self, collection).entry(entry, form))
            }
            DocumentContent::Members { collection, entry } => {
                members_of(content, classic, self, collection, entry)?
            }
        };
        Some(layout::write(form, fields))
    }

    /// The keys of all documents, in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.documents.keys().map(String::as_str)
    }
}

/// The last part of the path of a page.
fn page_name(paging: Paging, page: usize) -> String {
    match paging {
        Paging::Folder => format!("page/{page}"),
        Paging::Joined => format!("page{page}"),
    }
}

fn page_of<'a>(
    content: SiteContent<'_>,
    classic: &'a ClassicApi,
    index: &ClassicIndex,
    list: &List,
    page: usize,
) -> Option<(&'a DocumentForm, Map)> {
    let schema = &classic.collections[list.collection].schema;
    let api = schema.api.as_ref()?;
    let form = api.list.as_ref()?;
    let size = if api.page_size == 0 { usize::MAX } else { api.page_size };
    let from = (page - 1).saturating_mul(size).min(list.entries.len());
    let to = from.saturating_add(size).min(list.entries.len());
    let shaper = Shaper::new(content, classic, index, list.collection);
    let value = list.entries[from..to].iter().map(|&entry| Value::Map(shaper.entry(entry as usize, form)));
    let mut fields = head(form, &list.title, &list.path, page);
    fields.push(("value".to_owned(), Value::List(value.collect())));
    if api.page_size > 0 {
        let next = (page < list.pages).then_some(page + 1);
        let next = match (form.layout, next) {
            (JsonLayout::Template, Some(next)) => Value::Text(next.to_string()),
            (_, Some(next)) => Value::Int(next as i64),
            (_, None) => Value::Null,
        };
        if form.nulls || form.layout == JsonLayout::Template || next != Value::Null {
            fields.push(("nextPage".to_owned(), next));
        }
    }
    Some((form, fields))
}

/// The list of a record's members, all on one page.
fn members_of<'a>(
    content: SiteContent<'_>,
    classic: &'a ClassicApi,
    index: &ClassicIndex,
    collection: usize,
    entry: usize,
) -> Option<(&'a DocumentForm, Map)> {
    let held = &classic.collections[collection];
    let record = held.entries.get(entry)?;
    let api = held.schema.api.as_ref()?;
    let form = api.list.as_ref()?;
    let field = api.parts.iter().find(|part| index::is_in(&record.path, &part.folder))?.members.as_deref()?;
    let shaper = Shaper::new(content, classic, index, collection);
    let title = record.get("title").and_then(Value::as_str).unwrap_or_default();
    let mut fields = head(form, title, &format!("{}/{}", held.schema.folder, record.path), 1);
    let members = index.members(classic, collection, record, field);
    let value = members.map(|member| Value::Map(shaper.entry(member, form))).collect();
    fields.push(("value".to_owned(), Value::List(value)));
    Some((form, fields))
}

fn head(form: &DocumentForm, title: &str, path: &str, page: usize) -> Map {
    form.head
        .iter()
        .map(|field| match field {
            HeadField::Title => ("title".to_owned(), Value::from(title)),
            HeadField::Path => ("path".to_owned(), Value::from(path)),
            HeadField::Page => ("page".to_owned(), Value::Int(page as i64)),
        })
        .collect()
}
