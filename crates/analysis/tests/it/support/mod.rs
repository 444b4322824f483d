//! Shared helpers of the tests: topic files, packed folders, a tally of topics.

use std::collections::{BTreeMap, BTreeSet};

use courant_model::{KnownProvider, Provider, Topic};
use saphyr::{LoadableYamlNode, Yaml};

/// The first YAML document of a text, with or without front matter.
pub(crate) fn yaml(text: &str) -> Yaml<'_> {
    let mut documents = Yaml::load_from_str(text).unwrap();
    documents.swap_remove(0)
}

/// A text field.
pub(crate) fn text(node: &Yaml<'_>, field: &str) -> Option<String> {
    node.as_mapping_get(field)?.as_str().map(str::to_owned)
}

/// A list of texts.
pub(crate) fn texts(node: &Yaml<'_>, field: &str) -> Vec<String> {
    let list = node.as_mapping_get(field).and_then(|list| list.as_vec());
    list.into_iter().flatten().filter_map(|entry| entry.as_str().map(str::to_owned)).collect()
}

/// A topic file.
pub(crate) fn topic(file: &str) -> Topic {
    let node = yaml(file);
    Topic {
        id: text(&node, "_id").unwrap(),
        name: text(&node, "name").unwrap(),
        shortname: text(&node, "shortname"),
        parent: text(&node, "parent"),
        description: text(&node, "description"),
        keywords: texts(&node, "keywords"),
        exclude: texts(&node, "exclude"),
        hashtags: texts(&node, "hashtags"),
        ..Topic::default()
    }
}

/// A provider file.
pub(crate) fn provider(file: &str) -> KnownProvider {
    let node = yaml(file);
    let field = |name| text(&node, name).unwrap();
    let trust = node.as_mapping_get("trust").and_then(Yaml::as_integer);
    KnownProvider {
        provider: Provider { name: field("name"), domain: field("domain"), images: Vec::new() },
        description: text(&node, "description"),
        trust: trust.map_or(KnownProvider::default_trust(), |trust| u8::try_from(trust).unwrap()),
        aliases: texts(&node, "aliases"),
    }
}

/// The regular files of a tar archive (POSIX pax), by path.
pub(crate) fn untar(archive: &[u8]) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut long_name = None;
    let mut rest = archive;
    while let Some((header, body)) = rest.split_at_checked(512) {
        let field = |from: usize, to: usize| {
            String::from_utf8_lossy(&header[from..to]).trim_matches(['\0', ' ']).to_owned()
        };
        let Ok(size) = usize::from_str_radix(&field(124, 136), 8) else { break };
        let (prefix, name) = (field(345, 500), field(0, 100));
        let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        if header[156] == b'x' {
            let attributes = String::from_utf8_lossy(&body[..size]);
            long_name = attributes
                .lines()
                .find_map(|line| line.split_once(" path=").map(|(_, path)| path.to_owned()));
            rest = body.get(size.next_multiple_of(512)..).unwrap_or_default();
            continue;
        }
        let path = long_name.take().unwrap_or(path);
        if matches!(header[156], b'0' | 0) && !path.is_empty() {
            files.insert(path, String::from_utf8_lossy(&body[..size]).into_owned());
        }
        rest = body.get(size.next_multiple_of(512)..).unwrap_or_default();
    }
    files
}

/// Rows of a CSV text (RFC 4180), including the heading.
pub(crate) fn csv_rows(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let mut quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let row = rows.last_mut().unwrap();
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                row.last_mut().unwrap().push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(String::new()),
            '\r' if !quoted => {}
            '\n' if !quoted => rows.push(vec![String::new()]),
            letter => row.last_mut().unwrap().push(letter),
        }
    }
    rows.retain(|row| row.len() > 1);
    rows
}

/// Topics that were found rightly, found wrongly, and missed.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) right: usize,
    pub(crate) wrong: usize,
    pub(crate) missed: usize,
}

impl Tally {
    pub(crate) fn count(&mut self, found: &BTreeSet<String>, wanted: &BTreeSet<String>) {
        self.right += found.intersection(wanted).count();
        self.wrong += found.difference(wanted).count();
        self.missed += wanted.difference(found).count();
    }

    pub(crate) fn precision(&self) -> f64 {
        self.right as f64 / (self.right + self.wrong).max(1) as f64
    }

    pub(crate) fn recall(&self) -> f64 {
        self.right as f64 / (self.right + self.missed).max(1) as f64
    }
}
