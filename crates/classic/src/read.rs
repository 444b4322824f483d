//! Reads the schemas of collections (TOML), and their records from files of any type.

use std::collections::BTreeSet;

use courant_formats::record::{self, RecordError};
use courant_model::Value;

use crate::schema::{CollectionRecord, RecordOrigin, Schema, ShownField, ValueSource};

/// Maximum size of a record's file in bytes.
pub const MAX_RECORD_BYTES: u64 = 8 << 20;
/// Maximum number of fields that a schema shows, including shapes.
const MAX_SHOWN: usize = 2000;

/// Why a text is not a schema.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// It is not TOML, or does not have the fields of a schema.
    #[error("{}", .0.message())]
    Toml(#[from] toml::de::Error),
    /// Its values are invalid or contradictory.
    #[error("{0}")]
    Wrong(String),
}

/// The schemas that come with Courant, in `collections/`.
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

/// The schemas that come with Courant, by id. An error is a defect of Courant; a test reads them
/// all.
pub fn bundled() -> Result<Vec<Schema>, SchemaError> {
    BUNDLED.iter().map(|text| read_schema(text)).collect()
}

/// Reads a schema. Names that become folders and URLs are checked, shapes must exist, time zones
/// must be known.
pub fn read_schema(text: &str) -> Result<Schema, SchemaError> {
    let schema: Schema = toml::from_str(text)?;
    check(&schema).map_err(SchemaError::Wrong)?;
    Ok(schema)
}

fn check(schema: &Schema) -> Result<(), String> {
    let id = &schema.id;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if id.is_empty() || id.len() > 64 || !id.bytes().all(plain) || id == "v1" {
        return Err(format!(
            "invalid id {id:?}: expected lower-case letters, digits and hyphens, and not \"v1\""
        ));
    }
    if (id == "news") != (schema.source == RecordOrigin::Articles) {
        return Err(
            "source \"articles\" is allowed for the collection \"news\" only, and required there".to_owned()
        );
    }
    if !is_below(&schema.folder) {
        return Err(format!("invalid folder {:?}: it must stay below the site", schema.folder));
    }
    let Some(api) = &schema.api else { return Ok(()) };
    for part in api.parts.iter().map(|part| &part.folder).chain(&api.path) {
        if !is_below(part) {
            return Err(format!("invalid path {part:?}: it must stay below the collection"));
        }
    }
    if api.path.as_deref().is_some_and(|address| address == "v1" || address.starts_with("v1/")) {
        return Err("invalid address: paths below \"v1\" are reserved".to_owned());
    }
    let forms = [&api.list, &api.item].into_iter().flatten();
    let groups: Vec<&[ShownField]> = std::iter::once(&api.fields[..])
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

fn check_shown(schema: &Schema, shown: &ShownField) -> Result<(), String> {
    if let Some(shape) = &shown.shape
        && !schema.shapes.contains_key(shape)
    {
        return Err(format!("shape {shape:?} of {:?} is not defined", shown.name));
    }
    if let Some(zone) = &shown.zone
        && jiff::tz::TimeZoneDatabase::bundled().get(zone).is_err()
    {
        return Err(format!("unknown time zone {zone:?} of {:?}", shown.name));
    }
    if let Some(format) = &shown.format
        && jiff::fmt::strtime::format(
            format,
            &jiff::Timestamp::UNIX_EPOCH.to_zoned_datetime(jiff::tz::TimeZone::UTC),
        )
        .is_err()
    {
        return Err(format!(
            "invalid time format {format:?} of {:?}: expected strftime directives",
            shown.name
        ));
    }
    if shown.take == ValueSource::Instant && shown.zone.is_none() {
        return Err(format!("{:?} takes a moment and has no `zone`", shown.name));
    }
    Ok(())
}

/// Refuses shapes that contain themselves.
fn no_circles(schema: &Schema) -> Result<(), String> {
    fn depth(schema: &Schema, shape: &str, above: usize) -> Result<(), String> {
        if above > 8 {
            return Err(format!("shape {shape:?} contains itself, or is nested deeper than 8 levels"));
        }
        let shown = schema.shapes.get(shape).map_or(&[][..], Vec::as_slice);
        shown
            .iter()
            .filter_map(|shown| shown.shape.as_deref())
            .try_for_each(|below| depth(schema, below, above + 1))
    }
    schema.shapes.keys().try_for_each(|shape| depth(schema, shape, 0))
}

/// Whether a path stays below its folder and is valid on any file system.
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

/// The text without the marks that tell a template engine to leave it alone.
pub fn without_marks(text: &str) -> String {
    text.replace("{% raw %}", "").replace("{% endraw %}", "")
}

/// Whether a file of this name may be a record of a collection.
pub fn is_record_name(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    matches!(ending, Some("md" | "html" | "yaml" | "yml"))
}

/// Reads a record from Markdown or HTML with front matter, or from YAML. `path` is its path below
/// the collection's folder.
pub fn read_entry(path: &str, text: &str) -> Result<CollectionRecord, RecordError> {
    if path.ends_with(".yaml") || path.ends_with(".yml") {
        let fields = record::read_fields(text)?;
        return Ok(CollectionRecord { path: path.to_owned(), fields, body: String::new() });
    }
    let read = record::read(text)?;
    Ok(CollectionRecord { path: path.to_owned(), fields: record::to_map(&read), body: read.body })
}

/// Where a record does not fit its schema. Such a record is kept nevertheless.
pub fn remarks(schema: &Schema, entry: &CollectionRecord) -> Vec<String> {
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
        Value::Text(_) => "a text of another form",
        Value::List(_) => "a list",
        Value::Map(_) => "a map",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_schemas_are_valid() {
        let schemas = bundled().unwrap();
        let ids: Vec<&str> = schemas.iter().map(|schema| &*schema.id).collect();
        assert!(ids.is_sorted() && ids.len() == BUNDLED.len(), "{ids:?}");
        assert!(schemas.iter().all(|schema| schema.api.is_some()));
    }

    #[test]
    fn dangerous_schemas_are_refused() {
        let with = |text: &str| read_schema(text).map(drop).map_err(|error| error.to_string());
        let head = "title = \"X\"\nfolder = \"_x\"\n";
        for (text, wanted) in [
            (format!("id = \"../x\"\n{head}"), "id"),
            (format!("id = \"v1\"\n{head}"), "v1"),
            ("id = \"x\"\ntitle = \"X\"\nfolder = \"../../etc\"".to_owned(), "must stay below"),
            (format!("id = \"x\"\nunknown = 1\n{head}"), "unknown"),
            (format!("id = \"x\"\n{head}[api]\nfields = [\"a\", \"a\"]"), "twice"),
            (format!("id = \"x\"\n{head}[api]\nfields = [{{ name = \"a\", shape = \"s\" }}]"), "not defined"),
            (
                format!(
                    "id = \"x\"\n{head}[api]\nfields = []\n[shapes]\ns = [{{ name = \"a\", shape = \"s\" }}]"
                ),
                "contains itself",
            ),
            (
                format!(
                    "id = \"x\"\n{head}[api]\nfields = [{{ name = \"a\", take = \"moment\", zone = \"Mars\" }}]"
                ),
                "unknown time zone",
            ),
        ] {
            let error = with(&text).unwrap_err();
            assert!(error.contains(wanted), "{text}: {error}");
        }
    }

    #[test]
    fn every_file_type_is_read_and_nothing_is_lost() {
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
    fn records_that_do_not_fit_get_remarks() {
        let schemas = bundled().unwrap();
        let people = schemas.iter().find(|schema| schema.id == "people").unwrap();
        let entry = read_entry("a.yaml", "bio: x\ntype: profile\nheat: hot\n").unwrap();
        assert_eq!(remarks(people, &entry), ["heat is a text of another form", "no name"]);
    }

    #[test]
    fn paths_that_leave_their_folder_are_refused() {
        for bad in ["", "..", "a/../b", "/a", "a//b", ".git/a", "a\\b", "a\nb", "c:a", "a/b/c/d/e/f/g/h/i"] {
            assert!(!is_below(bad), "{bad:?}");
        }
        assert!(is_below("videos/a-title.md"));
    }
}
