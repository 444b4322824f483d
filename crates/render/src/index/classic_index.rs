//! The documents of the classic API, by path.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

use courant_model::{
    Api, Classic, Collection, Entry, Layout, Listed, Order, Origin, Paging, Schema, Snapshot, Timestamp,
    Topic, Value, stem_of,
};

use crate::formatting::{date_of, is_segment};

/// Maximum number of members of a record that are shown: a list may name a record many times.
const MAX_MEMBERS: usize = 1000;

/// A document of the classic API.
#[derive(Debug)]
pub(crate) enum ClassicPlace {
    /// A page of a list, from 1.
    Page { list: usize, page: usize },
    /// A record by itself.
    Item { collection: usize, entry: usize },
    /// The members of a record.
    Members { collection: usize, entry: usize },
}

/// A sorted list of records.
#[derive(Debug)]
pub(crate) struct ClassicList {
    pub(crate) collection: usize,
    pub(crate) title: String,
    pub(crate) path: String,
    /// Positions of the records: of [`Snapshot::items`] for articles, of [`Snapshot::topics`] for
    /// topics, else of [`Collection::entries`].
    pub(crate) entries: Vec<u32>,
    pub(crate) pages: usize,
}

/// All documents of the classic API, by path below `api/` without a slash at the end.
#[derive(Debug, Default)]
pub(crate) struct ClassicIndex {
    pub(crate) places: BTreeMap<String, ClassicPlace>,
    pub(crate) lists: Vec<ClassicList>,
    /// For each collection, its records by path without extension.
    stems: Vec<HashMap<String, usize>>,
}

impl ClassicIndex {
    pub(crate) fn new(snapshot: &Snapshot, classic: &Classic) -> Self {
        let mut index = Self::default();
        for (at, collection) in classic.collections.iter().enumerate() {
            let stems = collection.entries.iter().enumerate();
            index.stems.push(stems.map(|(at, entry)| (entry.stem().to_owned(), at)).collect());
            if let Some(api) = &collection.schema.api {
                index.add_lists(snapshot, collection, api, at);
                index.add_items(collection, api, at);
            }
        }
        index
    }

    /// The existing records that a field names, in its order.
    pub(crate) fn members<'a>(
        &'a self,
        classic: &'a Classic,
        collection: usize,
        record: &'a Entry,
        field: &str,
    ) -> impl Iterator<Item = usize> + use<'a> {
        let named = record.get(field).and_then(Value::as_list).unwrap_or_default();
        let stems = &self.stems[collection];
        let known = move |name: &Value| stems.get(name.as_str()?).copied();
        let sound = move |&at: &usize| at < classic.collections[collection].entries.len();
        named.iter().filter_map(known).filter(sound).take(MAX_MEMBERS)
    }

    fn add_lists(&mut self, snapshot: &Snapshot, collection: &Collection, api: &Api, at: usize) {
        let schema = &collection.schema;
        let Some(form) = &api.list else { return };
        let records = Records { snapshot, collection };
        let all = records.listed(api);
        let base = api.address.as_ref().unwrap_or(&schema.id);
        // The predecessor's templates wrote the folder with a slash at its end.
        let slash = if form.layout == Layout::Template { "/" } else { "" };
        let title = collection_title(schema, snapshot);
        let path = format!("{}{slash}", schema.folder);
        if api.by_topic {
            for topic in snapshot.topics.iter().filter(|topic| has_own_list(topic, &schema.id)) {
                let about = |&entry: &u32| records.has_topic(entry as usize, &topic.name);
                let entries = all.iter().copied().filter(about).collect();
                let list = ClassicList {
                    collection: at,
                    title: title.clone(),
                    path: path.clone(),
                    entries,
                    pages: 0,
                };
                self.add_list(api, &format!("{base}/{}", topic.id), list);
            }
        }
        for part in &api.parts {
            let inside = |&entry: &u32| is_in(&collection.entries[entry as usize].path, &part.folder);
            let entries = all.iter().copied().filter(inside).collect();
            let path = format!("{}/{}{slash}", schema.folder, part.folder);
            let list = ClassicList { collection: at, title: part.title.clone(), path, entries, pages: 0 };
            self.add_list(api, &format!("{base}/{}", part.folder), list);
        }
        self.add_list(api, base, ClassicList { collection: at, title, path, entries: all, pages: 0 });
    }

    fn add_list(&mut self, api: &Api, base: &str, mut list: ClassicList) {
        list.pages = if api.page_size == 0 { 1 } else { list.entries.len().div_ceil(api.page_size).max(1) };
        list.pages = list.pages.min(api.most_pages.unwrap_or(usize::MAX));
        let number = self.lists.len();
        self.places.insert(base.to_owned(), ClassicPlace::Page { list: number, page: 1 });
        if api.page_size > 0 {
            for page in 1..=list.pages {
                let key = format!("{base}/{}", page_name(api.paging, page));
                self.places.insert(key, ClassicPlace::Page { list: number, page });
            }
        }
        self.lists.push(list);
    }

    /// Lists take precedence: a record whose path is that of a page of a list has no document.
    fn add_items(&mut self, collection: &Collection, api: &Api, at: usize) {
        let base = api.address.as_ref().unwrap_or(&collection.schema.id);
        for (position, entry) in collection.entries.iter().enumerate() {
            let stem = entry.stem();
            let part = api.parts.iter().find(|part| is_in(&entry.path, &part.folder));
            let has_members = part.is_some_and(|part| part.members.is_some()) && api.list.is_some();
            let has_document = |form: &courant_model::Form| {
                form.folders.is_empty() || form.folders.iter().any(|folder| is_in(&entry.path, folder))
            };
            let place = if has_members {
                ClassicPlace::Members { collection: at, entry: position }
            } else if api.item.as_ref().is_some_and(has_document) {
                ClassicPlace::Item { collection: at, entry: position }
            } else {
                continue;
            };
            self.places.entry(format!("{base}/{stem}")).or_insert(place);
        }
    }
}

/// The last part of the URL of a page.
fn page_name(paging: Paging, page: usize) -> String {
    match paging {
        Paging::Folder => format!("page/{page}"),
        Paging::Joined => format!("page{page}"),
    }
}

/// Whether a path is below this folder.
pub(crate) fn is_in(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// The heading of a collection.
pub(crate) fn collection_title(schema: &Schema, snapshot: &Snapshot) -> String {
    let first = snapshot.topics.iter().find(|topic| topic.parent.is_none());
    schema.title.replace("{topic}", first.map_or(&snapshot.site.title, |topic| &topic.name))
}

/// Whether a topic has its own list in a collection: its services name one that ends in its id, or
/// it names no services at all.
fn has_own_list(topic: &Topic, collection: &str) -> bool {
    let named = topic.services.iter().find(|(service, _)| service == collection);
    let own = |endpoint: &str| endpoint.trim_end_matches('/').rsplit('/').next() == Some(&*topic.id);
    is_segment(&topic.id) && (topic.services.is_empty() || named.is_some_and(|(_, endpoint)| own(endpoint)))
}

/// The records of one collection, from their source.
struct Records<'a> {
    snapshot: &'a Snapshot,
    collection: &'a Collection,
}

impl Records<'_> {
    /// The sorted records of the main list.
    fn listed(&self, api: &Api) -> Vec<u32> {
        let count = match self.collection.schema.source {
            Origin::Articles => self.snapshot.items.len(),
            Origin::Topics => return (0..self.snapshot.topics.len() as u32).collect(),
            Origin::Files => self.collection.entries.len(),
        };
        let mut listed: Vec<u32> = (0..count as u32).filter(|&at| self.is_listed(api, at as usize)).collect();
        listed.sort_by_cached_key(|&at| {
            let at = at as usize;
            let (heat, published) = match api.order {
                Order::Path => (0, None),
                Order::Heat => (self.heat(at), None),
                Order::Published => (0, self.published(at)),
            };
            (Reverse(heat), Reverse(published), self.path(at).to_owned())
        });
        listed
    }

    fn is_listed(&self, api: &Api, at: usize) -> bool {
        let published = match self.collection.schema.source {
            Origin::Articles => self.snapshot.items[at].record.published,
            _ => self.collection.entries[at].get("published").and_then(Value::as_bool),
        };
        let shown = match api.listed {
            Listed::UnlessHeld => published != Some(false),
            Listed::Published => published == Some(true),
        };
        shown && api.on_day.as_ref().is_none_or(|field| self.names_day(at, field))
    }

    fn names_day(&self, at: usize, field: &str) -> bool {
        let today = date_of(self.snapshot.taken).to_string();
        let Some(entry) = self.collection.entries.get(at) else { return false };
        let days = entry.get(field).and_then(Value::as_list).unwrap_or_default();
        days.iter().filter_map(Value::as_str).any(|day| day.get(..10) == Some(&*today))
    }

    fn heat(&self, at: usize) -> i64 {
        match self.collection.schema.source {
            Origin::Articles => self.snapshot.items[at].record.heat.unwrap_or(0),
            _ => self.collection.entries[at].get("heat").and_then(Value::as_int).unwrap_or(0),
        }
    }

    fn published(&self, at: usize) -> Option<Timestamp> {
        match self.collection.schema.source {
            Origin::Articles => self.snapshot.items[at].record.published_date_time,
            _ => self.collection.entries[at].get("publishedDateTime")?.as_str()?.parse().ok(),
        }
    }

    fn path(&self, at: usize) -> &str {
        match self.collection.schema.source {
            Origin::Articles => self.snapshot.items[at].path.as_str(),
            _ => &self.collection.entries[at].path,
        }
    }

    fn has_topic(&self, at: usize, name: &str) -> bool {
        if self.collection.schema.source == Origin::Articles {
            return self.snapshot.items[at].record.topics.iter().any(|topic| topic == name);
        }
        let topics = self.collection.entries[at].get("topics").and_then(Value::as_list);
        topics.unwrap_or_default().iter().any(|topic| topic.as_str() == Some(name))
    }
}

/// The slug of a record's path: its last part without extension.
pub(crate) fn slug_of(path: &str) -> &str {
    let stem = stem_of(path);
    stem.rsplit('/').next().unwrap_or(stem)
}
