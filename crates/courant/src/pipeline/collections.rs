//! The collections of a site: record files of all kinds but news, as their owner left them.

use std::{
    fs::{self, File},
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Read},
    path::Path,
    sync::Arc,
    time::SystemTime,
};

use anyhow::{Context, bail};
use courant_formats::{
    collection::{self, MAX_RECORD_BYTES, without_marks},
    feed::sanitized,
};
use courant_model::{Classic, Collection, Entry, Map, Origin, Schema, Value};

use super::publish::Look;
use crate::site::Site;

/// Most files of one collection, and of one folder that is imported.
pub(super) const MOST_FILES: usize = 1_000_000;
/// Deepest folder below a collection.
pub(super) const MOST_DEPTH: usize = 6;

/// The collections of a site, read.
#[derive(Debug, Default)]
pub(super) struct Collections {
    /// As the API of the site shows them.
    pub(super) harmless: Arc<Vec<Collection>>,
    /// What the classic API shows; `None` where the site has none.
    pub(super) classic: Option<Classic>,
    /// Files that can't be read, with the reason. They are left out.
    pub(super) broken: Vec<(String, String)>,
}

/// Reads the collections, whether the site has a classic API or not.
pub(super) fn load(site: &Site) -> Collections {
    let config = &site.config.classic;
    let mut broken = Vec::new();
    let collections: Vec<Collection> =
        site.schemas.iter().map(|schema| collection(site, schema, &mut broken)).collect();
    let pages = config.pages_url.as_ref().unwrap_or(&site.config.site.url).as_str();
    // What is shown on certain days alone, as sponsorships are, is no list for everybody.
    let of_a_day =
        |collection: &Collection| collection.schema.api.as_ref().is_some_and(|api| api.on_day.is_some());
    let own = collections.iter().filter(|collection| !collection.entries.is_empty() && !of_a_day(collection));
    let harmless = Arc::new(own.map(|collection| harmless(collection, pages)).collect());
    if !config.enabled {
        return Collections { harmless, classic: None, broken };
    }
    let address = |given: Option<&url::Url>| {
        let text = given.unwrap_or(&site.config.site.url).as_str();
        if text.ends_with('/') { text.to_owned() } else { format!("{text}/") }
    };
    let classic = Classic {
        api_url: address(config.api_url.as_ref()),
        pages_url: address(config.pages_url.as_ref()),
        collections,
    };
    Collections { harmless, classic: Some(classic), broken }
}

/// The collection for readers who may show it as it comes: markup in texts and HTML is made harmless, and other bodies
/// go, because Markdown becomes HTML only in the hands of the reader.
fn harmless(collection: &Collection, pages: &str) -> Collection {
    let entry = |entry: &Entry| {
        let is_html = Path::new(&entry.path).extension().is_some_and(|ending| ending == "html");
        let body = if is_html { sanitized(&without_marks(&entry.body), Some(pages)) } else { String::new() };
        Entry { path: entry.path.clone(), fields: harmless_fields(&entry.fields, pages), body }
    };
    Collection { schema: collection.schema.clone(), entries: collection.entries.iter().map(entry).collect() }
}

fn harmless_fields(fields: &Map, pages: &str) -> Map {
    fields.iter().map(|(name, value)| (name.clone(), harmless_value(value, pages))).collect()
}

fn harmless_value(value: &Value, pages: &str) -> Value {
    match value {
        Value::Text(text) if has_markup(text) => Value::Text(sanitized(text, Some(pages))),
        Value::List(items) => Value::List(items.iter().map(|item| harmless_value(item, pages)).collect()),
        Value::Map(fields) => Value::Map(harmless_fields(fields, pages)),
        // What is no number is not even equal to itself, and JSON has no word for it.
        Value::Float(number) if !number.is_finite() => Value::Null,
        plain => plain.clone(),
    }
}

/// Whether a parser would find more than text (WHATWG HTML §13.2.5.6, the tag open state).
fn has_markup(text: &str) -> bool {
    text.as_bytes().windows(2).any(|pair| {
        pair[0] == b'<' && (pair[1].is_ascii_alphabetic() || matches!(pair[1], b'/' | b'!' | b'?'))
    })
}

/// A digest of how all files of the collections look at this moment; `None` where one is so young that an edit might not
/// show.
pub(super) fn stamp(site: &Site, moment: SystemTime) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    for schema in site.schemas.iter().filter(|schema| schema.source == Origin::Files) {
        let folder = site.records_dir().join(&schema.id);
        for path in files_below(&folder).files {
            let look = Look::of(&folder.join(&path), moment).ok().filter(Look::is_sure)?;
            (&schema.id, path, look).hash(&mut hasher);
        }
    }
    Some(hasher.finish())
}

fn collection(site: &Site, schema: &Schema, broken: &mut Vec<(String, String)>) -> Collection {
    let mut entries = Vec::new();
    if schema.source == Origin::Files {
        let folder = site.records_dir().join(&schema.id);
        let found = files_below(&folder);
        broken.extend(found.refused.into_iter().map(|(path, why)| (format!("{}/{path}", schema.id), why)));
        for path in found.files {
            match read(&folder, &path) {
                Ok((_, entry)) => entries.push(entry),
                Err(error) => broken.push((format!("{}/{path}", schema.id), format!("{error:#}"))),
            }
        }
    }
    Collection { schema: schema.clone(), entries }
}

/// The text of a record file and the record in it.
pub(super) fn read(folder: &Path, path: &str) -> anyhow::Result<(String, Entry)> {
    let text = read_text(&folder.join(path))?;
    let entry = collection::read_entry(path, &text)?;
    Ok((text, entry))
}

/// The text of a plain file of bounded size; no more is ever read, whatever its size was said to be.
pub(super) fn read_text(file: &Path) -> anyhow::Result<String> {
    if !fs::symlink_metadata(file)?.is_file() {
        bail!("no plain file");
    }
    let mut bytes = Vec::new();
    File::open(file)?.take(MAX_RECORD_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_RECORD_BYTES {
        bail!("larger than {} MiB", MAX_RECORD_BYTES >> 20);
    }
    String::from_utf8(bytes).context("not UTF-8")
}

/// What stands below a folder.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Record files by path, relative to the folder, with `/` between the parts.
    pub(super) files: Vec<String>,
    /// What is no record file, with the reason.
    pub(super) refused: Vec<(String, String)>,
}

/// As [`files_below`] for a folder of a site that is imported: no link on the way to it is followed either.
pub(super) fn files_of(dir: &Path, folder: &str) -> Found {
    let mut at = dir.to_owned();
    for part in folder.split('/') {
        at.push(part);
        if fs::symlink_metadata(&at).is_ok_and(|there| there.is_symlink()) {
            let refused = vec![(folder.to_owned(), "a link; links are not followed".to_owned())];
            return Found { files: Vec::new(), refused };
        }
    }
    files_below(&at)
}

/// The record files below a folder, by path; none where there is no folder. Links are not followed, hidden
/// files passed over.
pub(super) fn files_below(folder: &Path) -> Found {
    let mut found = Found::default();
    let mut waiting = vec![(String::new(), 0)];
    while let Some((below, depth)) = waiting.pop() {
        if let Err(error) = look(folder, &below, depth, &mut waiting, &mut found)
            && !(below.is_empty() && error.kind() == io::ErrorKind::NotFound)
        {
            found.refused.push((below, error.to_string()));
        }
        if found.files.len() > MOST_FILES {
            found.files.truncate(MOST_FILES);
            found
                .refused
                .push((String::new(), format!("more than {MOST_FILES} files; the rest is left out")));
            break;
        }
    }
    found.files.sort();
    found.refused.sort();
    found
}

fn look(
    folder: &Path,
    below: &str,
    depth: usize,
    waiting: &mut Vec<(String, usize)>,
    found: &mut Found,
) -> io::Result<()> {
    // A slash at the end, as of an empty path that is joined, would follow a link.
    let here = if below.is_empty() { folder.to_owned() } else { folder.join(below) };
    if fs::symlink_metadata(&here)?.is_symlink() {
        return Err(io::Error::other("a link; links are not followed"));
    }
    for entry in fs::read_dir(here)? {
        let entry = entry?;
        let name = entry.file_name();
        let shown = name.to_string_lossy();
        if shown.starts_with('.') {
            continue;
        }
        let path = if below.is_empty() { shown.clone().into_owned() } else { format!("{below}/{shown}") };
        let kind = entry.file_type()?;
        let refusal = if kind.is_symlink() {
            "a link; links are not followed"
        } else if name.to_str().is_none() || !collection::is_below(&path) {
            "a name that cannot stand in an address"
        } else if kind.is_dir() && depth >= MOST_DEPTH {
            "folders stand too deep"
        } else if kind.is_dir() {
            waiting.push((path, depth + 1));
            continue;
        } else if !kind.is_file() {
            "no plain file"
        } else if !collection::is_record_name(&shown) {
            "no record: wanted .md, .html or .yaml"
        } else {
            found.files.push(path);
            continue;
        };
        found.refused.push((path, refusal.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_stamp_changes_with_every_file_and_waits_for_young_ones() {
        let dir = tempfile::tempdir().unwrap();
        let mut site = Site::bare();
        dir.path().clone_into(&mut site.dir);
        site.schemas = collection::bundled().unwrap();
        let folder = site.records_dir().join("people");
        fs::create_dir_all(&folder).unwrap();
        let now = SystemTime::now();
        let later = now + Duration::from_mins(1);
        let empty = stamp(&site, now);
        assert!(empty.is_some());
        fs::write(folder.join("ann.md"), "---\nname: Ann\n---\n").unwrap();
        assert_eq!(stamp(&site, now), None);
        let one = stamp(&site, later);
        assert!(one.is_some() && one != empty);
        fs::write(folder.join("ann.md"), "---\nname: Anna\n---\n").unwrap();
        assert!(![one, None].contains(&stamp(&site, later)));
        fs::remove_file(folder.join("ann.md")).unwrap();
        assert_eq!(stamp(&site, later), empty);
    }

    #[test]
    fn what_others_wrote_is_made_harmless() {
        let text = "---\ntitle: 'a < b <script>alert(1)</script>'\nprice: 3 < 4 & 5\nlinks:\n  - note: \
            '<a href=\"javascript:x\" onclick=\"x\">y</a>'\n---\n{% raw %}<p onclick=\"x\">Hi</p>{% endraw %}<script>x</script>";
        let schema = collection::bundled().unwrap().remove(0);
        let entries = ["a.html", "b.md"].map(|path| collection::read_entry(path, text).unwrap());
        let made = harmless(&Collection { schema, entries: entries.to_vec() }, "https://desk.example/");
        for (entry, body) in made.entries.iter().zip(["<p>Hi</p>", ""]) {
            assert_eq!(entry.body.trim(), body);
            assert_eq!(entry.get("price"), Some(&Value::from("3 < 4 & 5")), "no markup");
            let all = format!("{:?}", entry.fields);
            assert!(!all.contains("script") && !all.contains("onclick"), "{all}");
        }
    }

    #[test]
    fn links_other_files_and_what_is_too_large_do_no_harm() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("records");
        fs::create_dir_all(folder.join("sub")).unwrap();
        fs::write(dir.path().join("secret.md"), "---\nname: secret\n---\n").unwrap();
        fs::write(folder.join("sub/a.md"), "---\nname: a\n---\n").unwrap();
        fs::write(folder.join("b.txt"), "x").unwrap();
        fs::write(folder.join(".hidden"), "x").unwrap();
        fs::write(folder.join("big.md"), vec![b'x'; MAX_RECORD_BYTES as usize + 1]).unwrap();
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(dir.path().join("secret.md"), folder.join("link.md")).unwrap();
            std::os::unix::fs::symlink(dir.path(), folder.join("circle")).unwrap();
        }
        let found = files_below(&folder);
        assert_eq!(found.files, ["big.md", "sub/a.md"]);
        let refused: Vec<&str> = found.refused.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(refused, if cfg!(unix) { vec!["b.txt", "circle", "link.md"] } else { vec!["b.txt"] });
        assert!(read(&folder, "sub/a.md").is_ok());
        assert!(read(&folder, "big.md").unwrap_err().to_string().contains("larger"));
        #[cfg(unix)]
        {
            assert!(read(&folder, "link.md").is_err());
            let linked = files_below(&folder.join("circle"));
            assert!(linked.files.is_empty() && linked.refused.len() == 1, "{linked:?}");
            let linked = files_of(dir.path(), "records/circle/records");
            assert!(linked.files.is_empty() && linked.refused.len() == 1, "{linked:?}");
        }
        assert!(files_below(&dir.path().join("none")).refused.is_empty());
    }
}
