//! The collections of a site: the owner's record files of all kinds but news.

use std::{
    fs::{self, File},
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Read},
    path::Path,
    sync::Arc,
    time::SystemTime,
};

use anyhow::{Context as _, bail};
use courant_analysis::extract;
use courant_classic::{
    ClassicApi, Collection, CollectionRecord, MAX_RECORD_BYTES, RecordOrigin, Schema, without_marks,
};
use courant_model::{Map, PublicUrls, Value};
use courant_sanitize::{
    is_inert, is_markdown_inert, sanitize_html, without_forbidden_destinations, without_forbidden_urls,
};
use courant_site::Site;

use crate::{process::publishable::is_bad_url, publish::record_files::FileStamp};

/// Maximum number of files in one collection, and in one imported folder.
pub(crate) const MAX_FILES: usize = 1_000_000;
/// Maximum depth of folders below a collection.
pub(crate) const MAX_DEPTH: usize = 6;

/// The parsed collections of a site.
#[derive(Debug, Default)]
pub(crate) struct Collections {
    /// Sanitised, as the site's API shows them.
    pub(crate) harmless: Arc<Vec<Collection>>,
    /// The content of the classic API; `None` if the site has none.
    pub(crate) classic: Option<ClassicApi>,
    /// Files that cannot be read, with the reason. They are left out.
    pub(crate) broken: Vec<(String, String)>,
}

/// Reads the collections, for a site with or without a classic API.
pub(crate) fn load(site: &Site) -> Collections {
    let config = &site.config.classic;
    let mut broken = Vec::new();
    let collections: Vec<Collection> =
        site.schemas.iter().map(|schema| collection(site, schema, &mut broken)).collect();
    let pages = config.pages_url.as_ref().unwrap_or(&site.config.site.url).as_str();
    // Collections shown on certain days only, such as sponsorships, are not part of the site's API.
    let has_show_day =
        |collection: &Collection| collection.schema.api.as_ref().is_some_and(|api| api.on_day.is_some());
    let own =
        collections.iter().filter(|collection| !collection.entries.is_empty() && !has_show_day(collection));
    let site_urls = [Some(&site.config.site.url), config.pages_url.as_ref(), config.api_url.as_ref()];
    // Links to the owner's own hosts are always allowed.
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
    let clean = |collection| cleaner.for_classic(collection, config.raw_html, &mut changed);
    let collections = collections.into_iter().map(clean).collect();
    log_changed(&changed);
    let base_url = |url: Option<&url::Url>| {
        let text = url.unwrap_or(&site.config.site.url).as_str();
        if text.ends_with('/') { text.to_owned() } else { format!("{text}/") }
    };
    let classic = ClassicApi {
        api_url: base_url(config.api_url.as_ref()),
        pages_url: base_url(config.pages_url.as_ref()),
        collections,
    };
    Collections { harmless, classic: Some(classic), broken }
}

/// Makes records safe to publish.
struct Cleaner<'a> {
    /// The base URL of relative links.
    pages: &'a str,
    rule: &'a PublicUrls,
}

impl Cleaner<'_> {
    /// The collection for clients that may show it unchecked: HTML in fields and bodies is
    /// sanitised. Markdown bodies are left out, because they become HTML only in the client.
    fn harmless(&self, collection: &Collection) -> Collection {
        let entry = |entry: &CollectionRecord| CollectionRecord {
            path: entry.path.clone(),
            fields: self.fields(&entry.fields, true),
            body: if is_html(entry) { self.sanitized(&without_marks(&entry.body)) } else { String::new() },
        };
        Collection {
            schema: collection.schema.clone(),
            entries: collection.entries.iter().map(entry).collect(),
        }
    }

    /// The collection for the classic API. Inert content is published byte for byte; active content
    /// is sanitised, unless the owner wants it `raw`, and its record is listed in `changed`.
    fn for_classic(&self, mut collection: Collection, raw: bool, changed: &mut Vec<String>) -> Collection {
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
                    Some(self.sanitized(&without_forbidden_destinations(body, self.rule)))
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
        let clean = sanitize_html(html, Some(self.pages));
        without_forbidden_urls(&clean, self.rule).0.into_owned()
    }

    /// With `all`, everything with markup is sanitised, otherwise only active content.
    fn fields(&self, fields: &Map, all: bool) -> Map {
        let value = |(name, value): &(String, Value)| (name.clone(), self.value(name, value, all));
        fields.iter().map(value).collect()
    }

    fn value(&self, name: &str, value: &Value, all: bool) -> Value {
        match value {
            Value::Text(text) => self.text(name, text, all),
            Value::List(items) => Value::List(items.iter().map(|item| self.value(name, item, all)).collect()),
            Value::Map(fields) => Value::Map(self.fields(fields, all)),
            // JSON has no NaN or infinity.
            Value::Float(number) if all && !number.is_finite() => Value::Null,
            plain => plain.clone(),
        }
    }

    fn text(&self, name: &str, text: &str, all: bool) -> Value {
        if is_bad_url(text, self.rule) {
            return Value::Null;
        }
        if has_markup(text) && (all || !is_inert(text, self.rule)) {
            return Value::Text(self.sanitized(text));
        }
        let short = if matches!(name, "title" | "name") { extract::shortened_title(text) } else { None };
        Value::Text(short.unwrap_or_else(|| text.to_owned()))
    }
}

/// Logs the records that the classic API publishes without part of their content.
fn log_changed(changed: &[String]) {
    const MAX_LOGGED: usize = 20;
    for path in changed.iter().take(MAX_LOGGED) {
        tracing::warn!(
            record = path,
            "the classic API leaves out scripts, URLs that must not be published and the end of a long \
             title (see [classic] raw_html)"
        );
    }
    if changed.len() > MAX_LOGGED {
        tracing::warn!(count = changed.len() - MAX_LOGGED, "more records like these");
    }
}

/// Whether the body of a record is HTML; otherwise it is Markdown or empty.
fn is_html(entry: &CollectionRecord) -> bool {
    Path::new(&entry.path).extension().is_some_and(|ending| ending == "html")
}

/// Whether an HTML parser would find more than text (WHATWG HTML §13.2.5.6, the tag open state).
fn has_markup(text: &str) -> bool {
    text.as_bytes().windows(2).any(|pair| {
        pair[0] == b'<' && (pair[1].is_ascii_alphabetic() || matches!(pair[1], b'/' | b'!' | b'?'))
    })
}

/// A digest of the stamps of all files of the collections at `now`; `None` if a file is so new that
/// an edit might not change its stamp.
pub(crate) fn stamp(site: &Site, now: SystemTime) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    for schema in site.schemas.iter().filter(|schema| schema.source == RecordOrigin::Files) {
        let folder = site.records_dir().join(&schema.id);
        for path in files_below(&folder).files {
            let stamp = FileStamp::of(&folder.join(&path), now).ok().filter(FileStamp::shows_edits)?;
            (&schema.id, path, stamp).hash(&mut hasher);
        }
    }
    Some(hasher.finish())
}

fn collection(site: &Site, schema: &Schema, broken: &mut Vec<(String, String)>) -> Collection {
    let mut entries = Vec::new();
    if schema.source == RecordOrigin::Files {
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
pub(crate) fn read(folder: &Path, path: &str) -> anyhow::Result<(String, CollectionRecord)> {
    let text = read_text(&folder.join(path))?;
    let entry = courant_classic::read_entry(path, &text)?;
    Ok((text, entry))
}

/// The text of a regular file of at most [`MAX_RECORD_BYTES`]; never more is read, even if the file
/// grows.
pub(crate) fn read_text(file: &Path) -> anyhow::Result<String> {
    if !fs::symlink_metadata(file)?.is_file() {
        bail!("not a regular file");
    }
    let mut bytes = Vec::new();
    File::open(file)?.take(MAX_RECORD_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_RECORD_BYTES {
        bail!("larger than {} MiB", MAX_RECORD_BYTES >> 20);
    }
    String::from_utf8(bytes).context("not UTF-8")
}

/// The files below a folder.
#[derive(Debug, Default)]
pub(crate) struct FolderFiles {
    /// Record files by path, relative to the folder, with `/` between the parts.
    pub(crate) files: Vec<String>,
    /// Paths that are not record files, with the reason.
    pub(crate) refused: Vec<(String, String)>,
}

/// As [`files_below`] for a folder of an imported site; symbolic links on the way to the folder are
/// not followed either.
pub(crate) fn files_of(dir: &Path, folder: &str) -> FolderFiles {
    let mut at = dir.to_owned();
    for part in folder.split('/') {
        at.push(part);
        if fs::symlink_metadata(&at).is_ok_and(|metadata| metadata.is_symlink()) {
            let refused = vec![(folder.to_owned(), "symbolic links are not followed".to_owned())];
            return FolderFiles { files: Vec::new(), refused };
        }
    }
    files_below(&at)
}

/// The record files below a folder, sorted by path; none if the folder does not exist. Symbolic
/// links are not followed, and hidden files are skipped.
pub(crate) fn files_below(folder: &Path) -> FolderFiles {
    let mut found = FolderFiles::default();
    let mut queue = vec![(String::new(), 0)];
    while let Some((below, depth)) = queue.pop() {
        if let Err(error) = read_folder(folder, &below, depth, &mut queue, &mut found)
            && !(below.is_empty() && error.kind() == io::ErrorKind::NotFound)
        {
            found.refused.push((below, error.to_string()));
        }
        if found.files.len() > MAX_FILES {
            found.files.truncate(MAX_FILES);
            found.refused.push((String::new(), format!("more than {MAX_FILES} files; the rest is left out")));
            break;
        }
    }
    found.files.sort();
    found.refused.sort();
    found
}

/// Adds the files of the folder `below` to `found` and its sub-folders to `queue`.
fn read_folder(
    folder: &Path,
    below: &str,
    depth: usize,
    queue: &mut Vec<(String, usize)>,
    found: &mut FolderFiles,
) -> io::Result<()> {
    // Joining an empty path would append a slash, which follows a symbolic link.
    let here = if below.is_empty() { folder.to_owned() } else { folder.join(below) };
    if fs::symlink_metadata(&here)?.is_symlink() {
        return Err(io::Error::other("symbolic links are not followed"));
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
            "symbolic links are not followed"
        } else if name.to_str().is_none() || !courant_classic::is_below(&path) {
            "the name cannot be part of a URL"
        } else if kind.is_dir() && depth >= MAX_DEPTH {
            "the folders are nested too deeply"
        } else if kind.is_dir() {
            queue.push((path, depth + 1));
            continue;
        } else if !kind.is_file() {
            "not a regular file"
        } else if !courant_classic::is_record_name(&shown) {
            "not a record: expected .md, .html or .yaml"
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
    fn a_stamp_changes_with_every_file_and_is_missing_for_new_ones() {
        let dir = tempfile::tempdir().unwrap();
        let mut site = Site::bare();
        dir.path().clone_into(&mut site.dir);
        site.schemas = courant_classic::bundled().unwrap();
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
    fn content_for_the_api_is_sanitised() {
        let text = "---\ntitle: 'a < b <script>alert(1)</script>'\nprice: 3 < 4 & 5\nlinks:\n  - note: \
            '<a href=\"javascript:x\" onclick=\"x\">y</a>'\n---\n{% raw %}<p onclick=\"x\">Hi</p>{% endraw %}<script>x</script>";
        let schema = courant_classic::bundled().unwrap().remove(0);
        let entries = ["a.html", "b.md"].map(|path| courant_classic::read_entry(path, text).unwrap());
        let rule = PublicUrls::default();
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
    fn the_classic_api_publishes_inert_content_byte_for_byte() {
        let clean = "---\ntitle: AT&T <b>rises</b>\nnote: 3 < 4 & 5\nwebUrl: https://a.example/\nfeaturedContent: '<iframe \
            width=\"800\" src=\"https://video.example/embed/1\" allowfullscreen></iframe>'\n---\n<p class='x' style='color: red'>Hi \
            <a href=\"/n/\">n</a></p>";
        let bad = "---\ntitle: '<img src=x onerror=alert(1)>'\nwebUrl: javascript:alert(1)\nfeaturedContent: '<iframe \
            src=\"javascript:x\"></iframe>'\nlinks:\n  - url: http://10.0.0.1/\n  - url: \"java\\tscript:x\"\nnested:\n  deep:\n    - \
            '<svg onload=x>'\n---\n{% raw %}<p>Hi</p><script>alert(1)</script>{% endraw %}";
        let schema = courant_classic::bundled().unwrap().remove(0);
        let collection_of = |text: &str| {
            let entries =
                ["a.html", "b.md"].map(|path| courant_classic::read_entry(path, text).unwrap()).to_vec();
            Collection { schema: schema.clone(), entries }
        };
        let rule = PublicUrls::default();
        let cleaner = Cleaner { pages: "https://desk.example/", rule: &rule };
        let mut changed = Vec::new();
        assert_eq!(cleaner.for_classic(collection_of(clean), false, &mut changed), collection_of(clean));
        assert_eq!(
            cleaner.for_classic(collection_of(bad), true, &mut changed),
            collection_of(bad),
            "raw is raw"
        );
        assert!(changed.is_empty());
        let given = cleaner.for_classic(collection_of(bad), false, &mut changed);
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
    fn markdown_is_kept_unless_it_has_bad_links_or_scripts() {
        let schema = courant_classic::bundled().unwrap().remove(0);
        let rule = PublicUrls::default();
        let cleaner = Cleaner { pages: "https://desk.example/", rule: &rule };
        for (body, stays) in [
            ("> quote\n\n- a [b](/c) & d\n", true),
            ("[x](javascript:alert(1))\n", false),
            ("a\n<script>x</script>\n", false),
        ] {
            let entry = courant_classic::read_entry("a.md", &format!("---\ntitle: T\n---\n{body}")).unwrap();
            let collection = Collection { schema: schema.clone(), entries: vec![entry.clone()] };
            let given = cleaner.for_classic(collection, false, &mut Vec::new());
            assert_eq!(given.entries[0] == entry, stays, "{body}");
            assert!(!given.entries[0].body.contains("script"), "{:?}", given.entries[0].body);
        }
    }

    #[test]
    fn symbolic_links_other_files_and_large_files_are_refused() {
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
