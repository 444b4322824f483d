//! The classic API: `/api/news/`, `/api/learning/page/2/` … in the formats of the predecessor, so
//! that its clients keep working. The schemas of the collections say what is shown, in which order
//! and layout.
//!
//! Each document has the URLs `…/` and `…/index.json`; the first page of a list also has the URL of
//! the list.

mod layout;
mod shape;

use courant_model::{Classic, Form, Head, Layout, Map, Value};

use crate::{
    Document, RenderError,
    context::RenderContext,
    index::{ClassicIndex, ClassicList, ClassicPlace, is_in},
};
use shape::Shaper;

const JSON: &str = "application/json";

/// The document at `/api/KEY/`, if there is one.
pub(crate) fn document(context: &RenderContext, key: &str) -> Option<Result<Document, RenderError>> {
    let classic = context.snapshot.classic.as_ref()?;
    let index = context.index.classic.as_ref()?;
    let (form, fields) = match *index.places.get(key)? {
        ClassicPlace::Page { list, page } => page_of(context, classic, index, &index.lists[list], page)?,
        ClassicPlace::Item { collection, entry } => {
            let schema = &classic.collections[collection].schema;
            let form = schema.api.as_ref()?.item.as_ref()?;
            (form, Shaper::new(context, classic, index, collection).entry(entry, form))
        }
        ClassicPlace::Members { collection, entry } => {
            members_of(context, classic, index, collection, entry)?
        }
    };
    Some(Ok(context.document(JSON, layout::write(form, fields))))
}

/// The keys of all documents, in order.
pub(crate) fn keys(context: &RenderContext) -> impl Iterator<Item = &str> {
    context.index.classic.iter().flat_map(|index| index.places.keys().map(String::as_str))
}

fn page_of<'a>(
    context: &RenderContext,
    classic: &'a Classic,
    index: &ClassicIndex,
    list: &ClassicList,
    page: usize,
) -> Option<(&'a Form, Map)> {
    let schema = &classic.collections[list.collection].schema;
    let api = schema.api.as_ref()?;
    let form = api.list.as_ref()?;
    let size = if api.page_size == 0 { usize::MAX } else { api.page_size };
    let from = (page - 1).saturating_mul(size).min(list.entries.len());
    let to = from.saturating_add(size).min(list.entries.len());
    let shaper = Shaper::new(context, classic, index, list.collection);
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
    context: &RenderContext,
    classic: &'a Classic,
    index: &ClassicIndex,
    collection: usize,
    entry: usize,
) -> Option<(&'a Form, Map)> {
    let held = &classic.collections[collection];
    let record = held.entries.get(entry)?;
    let api = held.schema.api.as_ref()?;
    let form = api.list.as_ref()?;
    let field = api.parts.iter().find(|part| is_in(&record.path, &part.folder))?.members.as_deref()?;
    let shaper = Shaper::new(context, classic, index, collection);
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
