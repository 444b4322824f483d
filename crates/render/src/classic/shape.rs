//! What the classic API shows of a record.

use std::borrow::Cow;

use courant_formats::{collection::without_marks, record};
use courant_model::{Api, Classic, Entry, Form, Map, Origin, Schema, Shown, Take, Timestamp, Topic, Value};
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::{
    context::RenderContext,
    index::{ClassicIndex, slug_of},
};

/// The predecessor's format of an instant with its offset.
const TIME_FORMAT: &str = "%Y-%m-%dT%H:%M:%S%:z";

/// Converts the records of one collection.
pub(super) struct Shaper<'a> {
    context: &'a RenderContext,
    classic: &'a Classic,
    index: &'a ClassicIndex,
    collection: usize,
    schema: &'a Schema,
}

impl<'a> Shaper<'a> {
    pub(super) fn new(
        context: &'a RenderContext,
        classic: &'a Classic,
        index: &'a ClassicIndex,
        collection: usize,
    ) -> Self {
        Self { context, classic, index, collection, schema: &classic.collections[collection].schema }
    }

    /// The fields of a record that a document of this form shows.
    pub(super) fn entry(&self, at: usize, form: &Form) -> Map {
        let Some(api) = &self.schema.api else { return Map::new() };
        let shown = form.fields.as_ref().unwrap_or(&api.fields);
        self.whole(api, &self.record(at), shown, form.nulls, true)
    }

    fn record(&self, at: usize) -> Cow<'a, Entry> {
        let snapshot = &self.context.snapshot;
        match self.schema.source {
            Origin::Files => Cow::Borrowed(&self.classic.collections[self.collection].entries[at]),
            Origin::Articles => {
                let item = &snapshot.items[at];
                let path = item.path.as_str();
                Cow::Owned(Entry {
                    path: path.strip_prefix("news/").unwrap_or(path).to_owned(),
                    fields: record::to_map(&item.record),
                    body: item.record.body.clone(),
                })
            }
            Origin::Topics => Cow::Owned(topic(&snapshot.topics[at])),
        }
    }

    /// `with_members`: whether the members of a record are shown whole. The members of members
    /// never are.
    fn whole(&self, api: &Api, entry: &Entry, shown: &[Shown], nulls: bool, with_members: bool) -> Map {
        shown_fields(shown, nulls, &|shown| self.value(api, entry, shown, nulls, with_members))
    }

    fn value(&self, api: &Api, entry: &Entry, shown: &Shown, nulls: bool, with_members: bool) -> Value {
        let field = || shown.from.iter().find_map(|name| entry.get(name));
        match shown.take {
            Take::Path => Value::Text(format!("{}/{}", self.schema.folder, entry.path)),
            Take::Document => {
                let base = api.address.as_ref().unwrap_or(&self.schema.id);
                Value::Text(format!("{}api/{base}/{}/index.json", self.classic.api_url, entry.stem()))
            }
            Take::Page => self.page(api, entry),
            Take::Body => Value::Text(rest(entry).replace('\n', "\r\n")),
            Take::Text => Value::Text(without_marks(&rest(entry))),
            Take::Line => field().map_or(Value::Null, on_one_line),
            Take::Moment => field().map_or(Value::Null, |value| local_time(value, shown)),
            Take::Size => {
                field().and_then(Value::as_list).map_or(Value::Null, |list| Value::Int(list.len() as i64))
            }
            Take::Members if with_members && field().is_some() => {
                let name = shown.from.first().map_or("", String::as_str);
                let members = self.index.members(self.classic, self.collection, entry, name);
                let entries = &self.classic.collections[self.collection].entries;
                let whole = |at: usize| Value::Map(self.whole(api, &entries[at], &api.fields, nulls, false));
                Value::List(members.take(shown.count).map(whole).collect())
            }
            Take::Fixed | Take::Members => Value::Null,
            Take::Field => field().map_or(Value::Null, |value| self.shaped(value, shown, nulls)),
        }
    }

    /// The URL at which people read it.
    fn page(&self, api: &Api, entry: &Entry) -> Value {
        let kind = entry.get("type").and_then(Value::as_str).unwrap_or_default();
        let own = api.own_page.as_ref().map(|page| {
            let page = page.replace("{path}", entry.stem()).replace("{slug}", slug_of(&entry.path));
            Value::Text(format!("{}{page}", self.classic.pages_url))
        });
        let given = entry.get("webUrl").cloned();
        let (first, second) =
            if api.own_page_for.iter().any(|own| own == kind) { (own, given) } else { (given, own) };
        first.or(second).unwrap_or_default()
    }

    fn shaped(&self, value: &Value, shown: &Shown, nulls: bool) -> Value {
        let shape = shown.shape.as_ref().and_then(|name| self.schema.shapes.get(name));
        match (value, shape) {
            (Value::Text(text), None) if shown.absolute && text.starts_with('/') => {
                Value::Text(format!("{}{text}", self.classic.api_url.trim_end_matches('/')))
            }
            (&Value::Int(whole), None) if shown.decimal => Value::Float(whole as f64),
            (value, None) => value.clone(),
            (Value::Map(_), Some(shape)) => self.part(value, shape, nulls),
            (Value::List(items), Some(shape)) => {
                let maps = items.iter().filter(|item| item.as_map().is_some());
                Value::List(maps.map(|item| self.part(item, shape, nulls)).collect())
            }
            (_, Some(_)) => Value::Null,
        }
    }

    /// Shapes contain no circles, so this ends.
    fn part(&self, value: &Value, shape: &[Shown], nulls: bool) -> Value {
        Value::Map(shown_fields(shape, nulls, &|shown| {
            let given =
                || shown.from.iter().find_map(|name| value.get(name).filter(|value| **value != Value::Null));
            match shown.take {
                Take::Field => given().map_or(Value::Null, |value| self.shaped(value, shown, nulls)),
                Take::Moment => given().map_or(Value::Null, |value| local_time(value, shown)),
                _ => Value::Null,
            }
        }))
    }
}

/// The shown fields, each with its value or its default.
fn shown_fields(fields: &[Shown], nulls: bool, value: &dyn Fn(&Shown) -> Value) -> Map {
    let named = |shown: &Shown| {
        let value = match value(shown) {
            Value::Null => shown.default.clone().unwrap_or_default(),
            value => value,
        };
        (value != Value::Null || nulls || shown.keep).then(|| (shown.name.clone(), value))
    };
    fields.iter().filter_map(named).collect()
}

/// The text after the front matter: a file without a body ends in an empty line.
fn rest(entry: &Entry) -> String {
    let body = entry.body.replace("\r\n", "\n");
    if body.bytes().all(|byte| byte == b'\n') { format!("{body}\n") } else { body }
}

/// A text with single spaces in place of all whitespace.
fn on_one_line(value: &Value) -> Value {
    let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    value.as_str().map_or_else(|| value.clone(), |text| Value::Text(line(text)))
}

fn local_time(value: &Value, shown: &Shown) -> Value {
    let at = value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
    // The reader of schemas accepts only known zones and valid formats.
    let zone = shown
        .zone
        .as_deref()
        .and_then(|zone| TimeZoneDatabase::bundled().get(zone).ok())
        .unwrap_or(TimeZone::UTC);
    at.map_or_else(
        || value.clone(),
        |at| {
            Value::Text(
                at.to_zoned_datetime(zone)
                    .strftime(shown.format.as_deref().unwrap_or(TIME_FORMAT))
                    .to_string(),
            )
        },
    )
}

fn topic(topic: &Topic) -> Entry {
    let text = |text: &String| Value::Text(text.clone());
    let texts = |texts: &[String]| {
        if texts.is_empty() { Value::Null } else { Value::List(texts.iter().map(text).collect()) }
    };
    let service = |(name, endpoint): &(String, String)| {
        Value::Map(vec![("name".to_owned(), text(name)), ("endpoint".to_owned(), text(endpoint))])
    };
    let optional = |given: &Option<String>| given.as_ref().map_or(Value::Null, text);
    let services = topic.services.iter().map(service).collect();
    let fields = [
        ("id", text(&topic.id)),
        ("name", text(&topic.name)),
        ("shortname", optional(&topic.shortname)),
        ("parent", optional(&topic.parent)),
        ("description", optional(&topic.description)),
        ("keywords", texts(&topic.keywords)),
        ("hashtags", texts(&topic.hashtags)),
        ("images", texts(&topic.images)),
        ("services", Value::List(services)),
    ];
    let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Entry { path: format!("{}.yaml", topic.id), fields, body: String::new() }
}
