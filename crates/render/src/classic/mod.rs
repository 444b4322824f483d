//! The classic API: `/api/news/`, `/api/learning/page/2/` … in the shapes of the predecessor, so that its clients
//! go on working. What is shown, in which order and layout, stands in the schemas of the collections.
//!
//! Each document stands at `…/` and at `…/index.json`; the first page of a list stands at the list's address
//! too.

mod index;
mod layout;
mod shape;

use courant_model::{Classic, Form, Head, Layout, Map, Paging, Value};

pub(crate) use index::{ClassicIndex, title_of};

use crate::{Document, Publication, RenderError};
use index::{List, Place};
use shape::Shaper;

const JSON: &str = "application/json";

/// The document at `/api/KEY/`; `None` where there is none.
pub(crate) fn document(publication: &Publication, key: &str) -> Option<Result<Document, RenderError>> {
    let classic = publication.snapshot.classic.as_ref()?;
    let index = publication.index.classic.as_ref()?;
    let (form, fields) = match *index.places.get(key)? {
        Place::Page { list, page } => page_of(publication, classic, index, &index.lists[list], page)?,
        Place::Item { collection, entry } => {
            let schema = &classic.collections[collection].schema;
            let form = schema.api.as_ref()?.item.as_ref()?;
            (form, Shaper::new(publication, classic, index, collection).entry(entry, form))
        }
        Place::Members { collection, entry } => members_of(publication, classic, index, collection, entry)?,
    };
    Some(Ok(publication.document(JSON, layout::write(form, fields))))
}

/// The keys of all documents, in order.
pub(crate) fn keys(publication: &Publication) -> impl Iterator<Item = &str> {
    publication.index.classic.iter().flat_map(|index| index.places.keys().map(String::as_str))
}

/// The last part of the address of a page.
fn page_name(paging: Paging, page: usize) -> String {
    match paging {
        Paging::Folder => format!("page/{page}"),
        Paging::Joined => format!("page{page}"),
    }
}

fn page_of<'a>(
    publication: &Publication,
    classic: &'a Classic,
    index: &ClassicIndex,
    list: &List,
    page: usize,
) -> Option<(&'a Form, Map)> {
    let schema = &classic.collections[list.collection].schema;
    let api = schema.api.as_ref()?;
    let form = api.list.as_ref()?;
    let size = if api.page_size == 0 { usize::MAX } else { api.page_size };
    let from = (page - 1).saturating_mul(size).min(list.entries.len());
    let to = from.saturating_add(size).min(list.entries.len());
    let shaper = Shaper::new(publication, classic, index, list.collection);
    let value = list.entries[from..to].iter().map(|&entry| Value::Map(shaper.entry(entry as usize, form)));
    let mut fields = head(form, &list.title, &list.path, page);
    fields.push(("value".to_owned(), Value::List(value.collect())));
    if api.page_size > 0 {
        let next = (page < list.pages).then_some(page + 1);
        let next = match (form.layout, next) {
            (Layout::Template, Some(next)) => Value::Text(next.to_string()),
            (_, Some(next)) => Value::Int(next as i64),
            (_, None) => Value::Null,
        };
        if form.nulls || form.layout == Layout::Template || next != Value::Null {
            fields.push(("nextPage".to_owned(), next));
        }
    }
    Some((form, fields))
}

/// The list of a record's members, all on one page.
fn members_of<'a>(
    publication: &Publication,
    classic: &'a Classic,
    index: &ClassicIndex,
    collection: usize,
    entry: usize,
) -> Option<(&'a Form, Map)> {
    let held = &classic.collections[collection];
    let record = held.entries.get(entry)?;
    let api = held.schema.api.as_ref()?;
    let form = api.list.as_ref()?;
    let field = api.parts.iter().find(|part| index::is_in(&record.path, &part.folder))?.members.as_deref()?;
    let shaper = Shaper::new(publication, classic, index, collection);
    let title = record.get("title").and_then(Value::as_str).unwrap_or_default();
    let mut fields = head(form, title, &format!("{}/{}", held.schema.folder, record.path), 1);
    let members = index.members(classic, collection, record, field);
    let value = members.map(|member| Value::Map(shaper.entry(member, form))).collect();
    fields.push(("value".to_owned(), Value::List(value)));
    Some((form, fields))
}

fn head(form: &Form, title: &str, path: &str, page: usize) -> Map {
    form.head
        .iter()
        .map(|field| match field {
            Head::Title => ("title".to_owned(), Value::from(title)),
            Head::Path => ("path".to_owned(), Value::from(path)),
            Head::Page => ("page".to_owned(), Value::Int(page as i64)),
        })
        .collect()
}
