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
use courant_analysis::extract;
use courant_formats::{
    collection::{self, MAX_RECORD_BYTES, without_marks},
    feed::sanitized,
    markup::{is_inert, is_markdown_inert, without_bad_addresses, without_bad_destinations},
};
use courant_model::{Classic, Collection, Entry, Map, Origin, PublicAddresses, Schema, Value};

use super::{publish::Look, publishable::is_bad_address};
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
    let site_urls = [Some(&site.config.site.url), config.pages_url.as_ref(), config.api_url.as_ref()];
    // The owner's own pages may stand anywhere.
    let rule = &site
        .config
        .fetch
        .public_addresses()
        .unwrap_or_default()
        .and_hosts_of(site_urls.into_iter().flatten());
    let cleaner = Cleaner { pages, rule };
    let harmless = Arc::new(own.map(|collection| cleaner.harmless(collection)).collect());
    if !config.enabled {
        return Collections { harmless, classic: None, broken };
    }
    let mut changed = Vec::new();
    let given = |collection| cleaner.given(collection, config.raw_html, &mut changed);
    let collections = collections.into_iter().map(given).collect();
    tell(&changed);
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

/// Makes records safe to be given on.
struct Cleaner<'a> {
    /// Where relative links lead.
    pages: &'a str,
    rule: &'a PublicAddresses,
}

impl Cleaner<'_> {
    /// The collection for readers who may show it as it comes: markup in texts and HTML is made harmless, and other
    /// bodies go, because Markdown becomes HTML only in the hands of the reader.
    fn harmless(&self, collection: &Collection) -> Collection {
        let entry = |entry: &Entry| Entry {
            path: entry.path.clone(),
            fields: self.fields(&entry.fields, true),
            body: if is_html(entry) { self.sanitized(&without_marks(&entry.body)) } else { String::new() },
        };
        Collection {
            schema: collection.schema.clone(),
            entries: collection.entries.iter().map(entry).collect(),
        }
    }

    /// The collection for the classic API. What holds nothing that acts is given byte for byte; what does is made
    /// harmless, unless the owner wants it `raw`, and told in `changed`.
    fn given(&self, mut collection: Collection, raw: bool, changed: &mut Vec<String>) -> Collection {
        if raw {
            return collection;
        }
        for entry in &mut collection.entries {
            let fields = self.fields(&entry.fields, false);
            let body = match &entry.body {
                body if is_html(entry) && !is_inert(body, self.rule) => {
                    Some(self.sanitized(&without_marks(body)))
                }
                body if !is_html(entry) && !is_markdown_inert(body, self.rule) => {
                    Some(self.sanitized(&without_bad_destinations(body, self.rule)))
                }
                _ => None,
            };
            if body.is_some() || fields != entry.fields {
                changed.push(format!("{}/{}", collection.schema.id, entry.path));
            }
            entry.fields = fields;
            entry.body = body.unwrap_or_else(|| std::mem::take(&mut entry.body));
        }
        collection
    }

    fn sanitized(&self, html: &str) -> String {
        let clean = sanitized(html, Some(self.pages));
        without_bad_addresses(&clean, self.rule).0.into_owned()
    }

    /// `all`: everything with markup is sanitised, whether it acts or not.
    fn fields(&self, fields: &Map, all: bool) -> Map {
        let value = |(name, value): &(String, Value)| (name.clone(), self.value(name, value, all));
        fields.iter().map(value).collect()
    }

    fn value(&self, name: &str, value: &Value, all: bool) -> Value {
        match value {
            Value::Text(text) => self.text(name, text, all),
            Value::List(items) => Value::List(items.iter().map(|item| self.value(name, item, all)).collect()),
            Value::Map(fields) => Value::Map(self.fields(fields, all)),
            // NaN is not equal to itself, and JSON cannot hold it.
            Value::Float(number) if all && !number.is_finite() => Value::Null,
            plain => plain.clone(),
        }
    }

    fn text(&self, name: &str, text: &str, all: bool) -> Value {
        if is_bad_address(text, self.rule) {
            return Value::Null;
        }
        if has_markup(text) && (all || !is_inert(text, self.rule)) {
            return Value::Text(self.sanitized(text));
        }
        let short = if matches!(name, "title" | "name") { extract::shortened_title(text) } else { None };
        Value::Text(short.unwrap_or_else(|| text.to_owned()))
    }
}

/// Says in the log of which records the classic API gives less than their files hold.
fn tell(changed: &[String]) {
    const MOST: usize = 20;
    for path in changed.iter().take(MOST) {
        tracing::warn!(
            "records/{path}: the classic API gives it without scripts, addresses that may not be published and the end of \
             a long title ([classic] raw_html)"
        );
    }
    if changed.len() > MOST {
        tracing::warn!("and {} more records", changed.len() - MOST);
    }
}

/// Whether the body of a record is HTML; else it is Markdown or nothing.
fn is_html(entry: &Entry) -> bool {
    Path::new(&entry.path).extension().is_some_and(|ending| ending == "html")
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
        let now = crate::clock::file_time();
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
        let rule = PublicAddresses::default();
        let cleaner = Cleaner { pages: "https://desk.example/", rule: &rule };
        let made = cleaner.harmless(&Collection { schema, entries: entries.to_vec() });
        for (entry, body) in made.entries.iter().zip(["<p>Hi</p>", ""]) {
            assert_eq!(entry.body.trim(), body);
            assert_eq!(entry.get("price"), Some(&Value::from("3 < 4 & 5")), "no markup");
            let all = format!("{:?}", entry.fields);
            assert!(!all.contains("script") && !all.contains("onclick"), "{all}");
        }
    }

    #[test]
    fn the_classic_api_gives_on_what_does_not_act_byte_for_byte() {
        let clean = "---\ntitle: AT&T <b>rises</b>\nnote: 3 < 4 & 5\nwebUrl: https://a.example/\nfeaturedContent: '<iframe \
            width=\"800\" src=\"https://video.example/embed/1\" allowfullscreen></iframe>'\n---\n<p class='x' style='color: red'>Hi \
            <a href=\"/n/\">n</a></p>";
        let bad = "---\ntitle: '<img src=x onerror=alert(1)>'\nwebUrl: javascript:alert(1)\nfeaturedContent: '<iframe \
            src=\"javascript:x\"></iframe>'\nlinks:\n  - url: http://10.0.0.1/\n  - url: \"java\\tscript:x\"\nnested:\n  deep:\n    - \
            '<svg onload=x>'\n---\n{% raw %}<p>Hi</p><script>alert(1)</script>{% endraw %}";
        let schema = collection::bundled().unwrap().remove(0);
        let held = |text: &str| {
            let entries = ["a.html", "b.md"].map(|path| collection::read_entry(path, text).unwrap()).to_vec();
            Collection { schema: schema.clone(), entries }
        };
        let rule = PublicAddresses::default();
        let cleaner = Cleaner { pages: "https://desk.example/", rule: &rule };
        let mut changed = Vec::new();
        assert_eq!(cleaner.given(held(clean), false, &mut changed), held(clean));
        assert_eq!(cleaner.given(held(bad), true, &mut changed), held(bad), "raw is raw");
        assert!(changed.is_empty());
        let given = cleaner.given(held(bad), false, &mut changed);
        assert_eq!(changed.len(), 2);
        for entry in &given.entries {
            let all = format!("{entry:?}");
            for word in ["script", "onerror", "onload", "alert", "10.0.0.1", "iframe", "svg"] {
                assert!(!all.contains(word), "{word} in {all}");
            }
            assert!(entry.body.contains("Hi") && entry.get("webUrl").is_none());
        }
    }

    #[test]
    fn markdown_is_left_alone_unless_it_leads_astray() {
        let schema = collection::bundled().unwrap().remove(0);
        let rule = PublicAddresses::default();
        let cleaner = Cleaner { pages: "https://desk.example/", rule: &rule };
        for (body, stays) in [
            ("> quote\n\n- a [b](/c) & d\n", true),
            ("[x](javascript:alert(1))\n", false),
            ("a\n<script>x</script>\n", false),
        ] {
            let entry = collection::read_entry("a.md", &format!("---\ntitle: T\n---\n{body}")).unwrap();
            let held = Collection { schema: schema.clone(), entries: vec![entry.clone()] };
            let given = cleaner.given(held, false, &mut Vec::new());
            assert_eq!(given.entries[0] == entry, stays, "{body}");
            assert!(!given.entries[0].body.contains("script"), "{:?}", given.entries[0].body);
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
