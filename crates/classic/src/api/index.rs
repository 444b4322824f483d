//! The index of the documents of the classic API, built once for each snapshot.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

use courant_model::{Timestamp, Topic, Value, is_segment};
use jiff::tz::TimeZone;

use super::{SiteContent, page_name};
use crate::schema::{
    ApiSchema, ClassicApi, Collection, CollectionRecord, DocumentForm, JsonLayout, ListOrder, ListedRecords,
    RecordOrigin, Schema, stem_of,
};

/// Maximum number of members of a record that are shown: a list may name one record repeatedly.
const MAX_MEMBERS: usize = 1000;

/// What a document shows.
#[derive(Debug)]
pub(super) enum DocumentContent {
    /// A page of a list, from 1.
    Page { list: usize, page: usize },
    /// A single record.
    Item { collection: usize, entry: usize },
    /// The members of a record.
    Members { collection: usize, entry: usize },
}

/// A list of records in their order.
#[derive(Debug)]
pub(super) struct List {
    pub(super) collection: usize,
    pub(super) title: String,
    pub(super) path: String,
    /// Positions of the records: in [`SiteContent::items`] for articles, in [`SiteContent::topics`]
    /// for topics, else in [`Collection::entries`].
    pub(super) entries: Vec<u32>,
    pub(super) pages: usize,
}

/// All documents of the classic API, by path below `api/` without final slash.
#[derive(Debug, Default)]
pub struct ClassicIndex {
    pub(super) documents: BTreeMap<String, DocumentContent>,
    pub(super) lists: Vec<List>,
    /// For each collection the records by path without extension.
    stems: Vec<HashMap<String, usize>>,
}

impl ClassicIndex {
    /// The index of all documents.
    pub fn new(content: SiteContent<'_>, classic: &ClassicApi) -> Self {
        let mut index = Self::default();
        for (at, collection) in classic.collections.iter().enumerate() {
            let stems = collection.entries.iter().enumerate();
            index.stems.push(stems.map(|(at, entry)| (entry.stem().to_owned(), at)).collect());
            if let Some(api) = &collection.schema.api {
                index.add_lists(content, collection, api, at);
                index.add_items(collection, api, at);
            }
        }
        index
    }

    /// The existing records that a field names, in its order.
    pub(super) fn members<'a>(
        &'a self,
        classic: &'a ClassicApi,
        collection: usize,
        record: &'a CollectionRecord,
        field: &str,
    ) -> impl Iterator<Item = usize> + use<'a> {
        let named = record.get(field).and_then(Value::as_list).unwrap_or_default();
        let stems = &self.stems[collection];
        let known = move |name: &Value| stems.get(name.as_str()?).copied();
        let sound = move |&at: &usize| at < classic.collections[collection].entries.len();
        named.iter().filter_map(known).filter(sound).take(MAX_MEMBERS)
    }

    fn add_lists(&mut self, content: SiteContent<'_>, collection: &Collection, api: &ApiSchema, at: usize) {
        let schema = &collection.schema;
        let Some(form) = &api.list else { return };
        let records = RecordList { content, collection };
        let all = records.listed(api);
        let base = api.path.as_ref().unwrap_or(&schema.id);
        // Templates wrote the folder with a final slash.
        let slash = if form.layout == JsonLayout::Template { "/" } else { "" };
        let title = title_of(schema, content.title, content.topics);
        let path = format!("{}{slash}", schema.folder);
        if api.by_topic {
            for topic in content.topics.iter().filter(|topic| has_own_list(topic, &schema.id)) {
                let about = |&entry: &u32| records.has_topic(entry as usize, &topic.name);
                let entries = all.iter().copied().filter(about).collect();
                let list =
                    List { collection: at, title: title.clone(), path: path.clone(), entries, pages: 0 };
                self.add_list(api, &format!("{base}/{}", topic.id), list);
            }
        }
        for part in &api.parts {
            let inside = |&entry: &u32| is_in(&collection.entries[entry as usize].path, &part.folder);
            let entries = all.iter().copied().filter(inside).collect();
            let path = format!("{}/{}{slash}", schema.folder, part.folder);
            let list = List { collection: at, title: part.title.clone(), path, entries, pages: 0 };
            self.add_list(api, &format!("{base}/{}", part.folder), list);
        }
        self.add_list(api, base, List { collection: at, title, path, entries: all, pages: 0 });
    }

    fn add_list(&mut self, api: &ApiSchema, base: &str, mut list: List) {
        list.pages = if api.page_size == 0 { 1 } else { list.entries.len().div_ceil(api.page_size).max(1) };
        list.pages = list.pages.min(api.max_pages.unwrap_or(usize::MAX));
        let number = self.lists.len();
        self.documents.insert(base.to_owned(), DocumentContent::Page { list: number, page: 1 });
        if api.page_size > 0 {
            for page in 1..=list.pages {
                let key = format!("{base}/{}", page_name(api.paging, page));
                self.documents.insert(key, DocumentContent::Page { list: number, page });
            }
        }
        self.lists.push(list);
    }

    /// Paths of lists take precedence: a record that is named like a page of a list has no
    /// document.
    fn add_items(&mut self, collection: &Collection, api: &ApiSchema, at: usize) {
        let base = api.path.as_ref().unwrap_or(&collection.schema.id);
        for (position, entry) in collection.entries.iter().enumerate() {
            let stem = entry.stem();
            let part = api.parts.iter().find(|part| is_in(&entry.path, &part.folder));
            let has_members = part.is_some_and(|part| part.members.is_some()) && api.list.is_some();
            let wanted = |form: &DocumentForm| {
                form.folders.is_empty() || form.folders.iter().any(|folder| is_in(&entry.path, folder))
            };
            let content = if has_members {
                DocumentContent::Members { collection: at, entry: position }
            } else if api.item.as_ref().is_some_and(wanted) {
                DocumentContent::Item { collection: at, entry: position }
            } else {
                continue;
            };
            self.documents.entry(format!("{base}/{stem}")).or_insert(content);
        }
    }
}

/// Whether a path is below this folder.
pub(super) fn is_in(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// The heading of a collection.
pub fn title_of(schema: &Schema, site_title: &str, topics: &[Topic]) -> String {
    let first = topics.iter().find(|topic| topic.parent.is_none());
    schema.title.replace("{topic}", first.map_or(site_title, |topic| &topic.name))
}

/// Whether a topic has its own list in a collection: if one of its services ends in its id. A topic
/// without services has one in every collection.
fn has_own_list(topic: &Topic, collection: &str) -> bool {
    let named = topic.services.iter().find(|(service, _)| service == collection);
    let own = |endpoint: &str| endpoint.trim_end_matches('/').rsplit('/').next() == Some(&*topic.id);
    is_segment(&topic.id) && (topic.services.is_empty() || named.is_some_and(|(_, endpoint)| own(endpoint)))
}

/// The records of one collection, of any origin.
struct RecordList<'a> {
    content: SiteContent<'a>,
    collection: &'a Collection,
}

impl RecordList<'_> {
    /// The records of the main list in order.
    fn listed(&self, api: &ApiSchema) -> Vec<u32> {
        let count = match self.collection.schema.source {
            RecordOrigin::Articles => self.content.items.len(),
            RecordOrigin::Topics => return (0..self.content.topics.len() as u32).collect(),
            RecordOrigin::Files => self.collection.entries.len(),
        };
        let mut listed: Vec<u32> = (0..count as u32).filter(|&at| self.is_listed(api, at as usize)).collect();
        listed.sort_by_cached_key(|&at| {
            let at = at as usize;
            let (heat, published) = match api.order {
                ListOrder::Path => (0, None),
                ListOrder::Heat => (self.heat(at), None),
                ListOrder::Published => (0, self.published(at)),
            };
            (Reverse(heat), Reverse(published), self.path(at).to_owned())
        });
        listed
    }

    fn is_listed(&self, api: &ApiSchema, at: usize) -> bool {
        let published = match self.collection.schema.source {
            RecordOrigin::Articles => self.content.items[at].record.published,
            _ => self.collection.entries[at].get("published").and_then(Value::as_bool),
        };
        let shown = match api.listed {
            ListedRecords::UnlessHeld => published != Some(false),
            ListedRecords::Published => published == Some(true),
        };
        shown && api.on_day.as_ref().is_none_or(|field| self.names_day(at, field))
    }

    fn names_day(&self, at: usize, field: &str) -> bool {
        let today = TimeZone::UTC.to_datetime(self.content.taken).date().to_string();
        let Some(entry) = self.collection.entries.get(at) else { return false };
        let days = entry.get(field).and_then(Value::as_list).unwrap_or_default();
        days.iter().filter_map(Value::as_str).any(|day| day.get(..10) == Some(&*today))
    }

    fn heat(&self, at: usize) -> i64 {
        match self.collection.schema.source {
            RecordOrigin::Articles => self.content.items[at].record.heat.unwrap_or(0),
            _ => self.collection.entries[at].get("heat").and_then(Value::as_int).unwrap_or(0),
        }
    }

    fn published(&self, at: usize) -> Option<Timestamp> {
        match self.collection.schema.source {
            RecordOrigin::Articles => self.content.items[at].record.published_date_time,
            _ => self.collection.entries[at].get("publishedDateTime")?.as_str()?.parse().ok(),
        }
    }

    fn path(&self, at: usize) -> &str {
        match self.collection.schema.source {
            RecordOrigin::Articles => self.content.items[at].path.as_str(),
            _ => &self.collection.entries[at].path,
        }
    }

    fn has_topic(&self, at: usize, name: &str) -> bool {
        if self.collection.schema.source == RecordOrigin::Articles {
            return self.content.items[at].record.topics.iter().any(|topic| topic == name);
        }
        let topics = self.collection.entries[at].get("topics").and_then(Value::as_list);
        topics.unwrap_or_default().iter().any(|topic| topic.as_str() == Some(name))
    }
}

/// The slug of a record's path: its last part without extension.
pub(super) fn slug_of(path: &str) -> &str {
    let stem = stem_of(path);
    stem.rsplit('/').next().unwrap_or(stem)
}
