//! Collections: their schemas (TOML), and their records whatever their file's ending.

use std::collections::BTreeSet;

use courant_formats::record::{self, RecordError};
use courant_model::Value;

use crate::schema::{Entry, Origin, Schema, Shown, Take};

/// Largest file of a record that is read.
pub const MAX_RECORD_BYTES: u64 = 8 << 20;
/// Most fields that a schema shows, shapes included.
const MAX_SHOWN: usize = 2000;

/// Why a text is no schema.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// It is not TOML, or has not the fields of a schema.
    #[error("{}", .0.message())]
    Toml(#[from] toml::de::Error),
    /// Its fields do not go together.
    #[error("{0}")]
    Wrong(String),
}

/// The schemas that come with Courant, as they stand in `collections/`.
const BUNDLED: [&str; 12] = [
    include_str!("../collections/challenges.toml"),
    include_str!("../collections/communities.toml"),
    include_str!("../collections/companies.toml"),
    include_str!("../collections/events.toml"),
    include_str!("../collections/forms.toml"),
    include_str!("../collections/learning.toml"),
    include_str!("../collections/news.toml"),
    include_str!("../collections/newsletters.toml"),
    include_str!("../collections/people.toml"),
    include_str!("../collections/samples.toml"),
    include_str!("../collections/sponsorships.toml"),
    include_str!("../collections/topics.toml"),
];

/// The schemas that come with Courant, by id. An error would be a defect of Courant; a test reads them all.
pub fn bundled() -> Result<Vec<Schema>, SchemaError> {
    BUNDLED.iter().map(|text| read_schema(text)).collect()
}

/// The schema in a file. Names that become folders and addresses are checked, shapes must exist, zones must be
/// known.
pub fn read_schema(text: &str) -> Result<Schema, SchemaError> {
    let schema: Schema = toml::from_str(text)?;
    check(&schema).map_err(SchemaError::Wrong)?;
    Ok(schema)
}

fn check(schema: &Schema) -> Result<(), String> {
    let id = &schema.id;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if id.is_empty() || id.len() > 64 || !id.bytes().all(plain) || id == "v1" {
        return Err(format!("id {id:?}; wanted lower-case letters, digits and hyphens, and not \"v1\""));
    }
    if (id == "news") != (schema.source == Origin::Articles) {
        return Err("source \"articles\" belongs to the collection \"news\", and to it alone".to_owned());
    }
    if !is_below(&schema.folder) {
        return Err(format!("folder {:?} does not stay below the site", schema.folder));
    }
    let Some(api) = &schema.api else { return Ok(()) };
    for part in api.parts.iter().map(|part| &part.folder).chain(&api.address) {
        if !is_below(part) {
            return Err(format!("{part:?} is no path below the collection"));
        }
    }
    if api.address.as_deref().is_some_and(|address| address == "v1" || address.starts_with("v1/")) {
        return Err("address below \"v1\", which is Courant's own".to_owned());
    }
    let forms = [&api.list, &api.item].into_iter().flatten();
    let groups: Vec<&[Shown]> = std::iter::once(&api.fields[..])
        .chain(forms.filter_map(|form| form.fields.as_deref()))
        .chain(schema.shapes.values().map(Vec::as_slice))
        .collect();
    if groups.iter().map(|group| group.len()).sum::<usize>() > MAX_SHOWN {
        return Err(format!("more than {MAX_SHOWN} shown fields"));
    }
    for group in groups {
        let mut names = BTreeSet::new();
        for shown in group {
            if !names.insert(&shown.name) {
                return Err(format!("{:?} is shown twice", shown.name));
            }
            check_shown(schema, shown)?;
        }
    }
    no_circles(schema)
}

fn check_shown(schema: &Schema, shown: &Shown) -> Result<(), String> {
    if let Some(shape) = &shown.shape
        && !schema.shapes.contains_key(shape)
    {
        return Err(format!("shape {shape:?} of {:?} is not described", shown.name));
    }
    if let Some(zone) = &shown.zone
        && jiff::tz::TimeZoneDatabase::bundled().get(zone).is_err()
    {
        return Err(format!("time zone {zone:?} of {:?} is not known", shown.name));
    }
    if let Some(format) = &shown.format
        && jiff::fmt::strtime::format(
            format,
            &jiff::Timestamp::UNIX_EPOCH.to_zoned_datetime(jiff::tz::TimeZone::UTC),
        )
        .is_err()
    {
        return Err(format!("{format:?} of {:?} is no format of a moment", shown.name));
    }
    if shown.take == Take::Moment && shown.zone.is_none() {
        return Err(format!("{:?} takes a moment and names no zone", shown.name));
    }
    Ok(())
}

/// A shape that holds itself would never end.
fn no_circles(schema: &Schema) -> Result<(), String> {
    fn depth(schema: &Schema, shape: &str, above: usize) -> Result<(), String> {
        if above > 8 {
            return Err(format!("shape {shape:?} holds itself, or stands deeper than 8 levels"));
        }
        let shown = schema.shapes.get(shape).map_or(&[][..], Vec::as_slice);
        shown
            .iter()
            .filter_map(|shown| shown.shape.as_deref())
            .try_for_each(|below| depth(schema, below, above + 1))
    }
    schema.shapes.keys().try_for_each(|shape| depth(schema, shape, 0))
}

/// Whether a path stays below its folder and can be written on any file system.
pub fn is_below(path: &str) -> bool {
    let sound = |part: &str| {
        !part.is_empty()
            && part.len() <= 255
            && !part.starts_with('.')
            && !part.chars().any(|char| {
                char.is_control() || matches!(char, '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
            })
    };
    path.len() <= 1000 && path.split('/').count() <= 8 && path.split('/').all(sound)
}

/// The text without the marks by which a template engine is told to leave it alone.
pub fn without_marks(text: &str) -> String {
    text.replace("{% raw %}", "").replace("{% endraw %}", "")
}

/// Whether a file with this name can be a record of a collection.
pub fn is_record_name(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    matches!(ending, Some("md" | "html" | "yaml" | "yml"))
}

/// The record in a file: Markdown or HTML with front matter, or YAML alone. `path` is its path below the
/// collection's folder.
pub fn read_entry(path: &str, text: &str) -> Result<Entry, RecordError> {
    if path.ends_with(".yaml") || path.ends_with(".yml") {
        let fields = record::read_fields(text)?;
        return Ok(Entry { path: path.to_owned(), fields, body: String::new() });
    }
    let read = record::read(text)?;
    Ok(Entry { path: path.to_owned(), fields: record::to_map(&read), body: read.body })
}

/// What of a record does not fit its schema. Such a record is kept all the same.
pub fn remarks(schema: &Schema, entry: &Entry) -> Vec<String> {
    let mut found = Vec::new();
    for (name, rule) in &schema.fields {
        match entry.get(name) {
            None if rule.required => found.push(format!("no {name}")),
            Some(value) if !rule.kind.fits(value) => found.push(format!("{name} is {}", describe(value))),
            _ => {}
        }
    }
    found
}

fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Int(_) | Value::Float(_) => "a number",
        Value::Text(_) => "another text than was wanted",
        Value::List(_) => "a list",
        Value::Map(_) => "a map",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_schemas_are_in_order() {
        let schemas = bundled().unwrap();
        let ids: Vec<&str> = schemas.iter().map(|schema| &*schema.id).collect();
        assert!(ids.is_sorted() && ids.len() == BUNDLED.len(), "{ids:?}");
        assert!(schemas.iter().all(|schema| schema.api.is_some()));
    }

    #[test]
    fn a_schema_that_would_do_harm_is_refused() {
        let with = |text: &str| read_schema(text).map(drop).map_err(|error| error.to_string());
        let head = "title = \"X\"\nfolder = \"_x\"\n";
        for (text, wanted) in [
            (format!("id = \"../x\"\n{head}"), "id"),
            (format!("id = \"v1\"\n{head}"), "v1"),
            ("id = \"x\"\ntitle = \"X\"\nfolder = \"../../etc\"".to_owned(), "stay below"),
            (format!("id = \"x\"\nunknown = 1\n{head}"), "unknown"),
            (format!("id = \"x\"\n{head}[api]\nfields = [\"a\", \"a\"]"), "twice"),
            (
                format!("id = \"x\"\n{head}[api]\nfields = [{{ name = \"a\", shape = \"s\" }}]"),
                "not described",
            ),
            (
                format!(
                    "id = \"x\"\n{head}[api]\nfields = []\n[shapes]\ns = [{{ name = \"a\", shape = \"s\" }}]"
                ),
                "holds itself",
            ),
            (
                format!(
                    "id = \"x\"\n{head}[api]\nfields = [{{ name = \"a\", take = \"moment\", zone = \"Mars\" }}]"
                ),
                "not known",
            ),
        ] {
            let error = with(&text).unwrap_err();
            assert!(error.contains(wanted), "{text}: {error}");
        }
    }

    #[test]
    fn every_ending_is_read_and_nothing_is_lost() {
        let yaml = read_entry("a.yaml", "b: 1\na:\n  - x\n").unwrap();
        assert_eq!(yaml.fields[0], ("b".to_owned(), Value::Int(1)));
        let page = read_entry("a.html", "---\nname: N\nodd: {k: [1]}\n---\n<p>x</p>\n").unwrap();
        assert_eq!((page.get("name"), &*page.body), (Some(&Value::from("N")), "<p>x</p>\n"));
        assert!(page.get("odd").is_some());
        assert!(read_entry("a.yaml", "- x\n").is_err() && read_entry("a.md", "no front matter").is_err());
        let deep = format!("a: {}1{}\n", "[".repeat(100), "]".repeat(100));
        assert!(read_entry("a.yaml", &deep).is_err());
    }

    #[test]
    fn what_does_not_fit_is_remarked() {
        let schemas = bundled().unwrap();
        let people = schemas.iter().find(|schema| schema.id == "people").unwrap();
        let entry = read_entry("a.yaml", "bio: x\ntype: profile\nheat: hot\n").unwrap();
        assert_eq!(remarks(people, &entry), ["heat is another text than was wanted", "no name"]);
    }

    #[test]
    fn paths_that_leave_their_folder_are_refused() {
        for bad in ["", "..", "a/../b", "/a", "a//b", ".git/a", "a\\b", "a\nb", "c:a", "a/b/c/d/e/f/g/h/i"] {
            assert!(!is_below(bad), "{bad:?}");
        }
        assert!(is_below("videos/a-title.md"));
    }
}
