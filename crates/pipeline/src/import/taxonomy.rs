//! Imports the topics and providers of an older site into `topics/` and `providers/`, and keeps the
//! site valid.

use std::{collections::BTreeMap, path::Path};

use courant_analysis::judge::Taxonomy;
use courant_classic::RecordOrigin;
use courant_formats::taxonomy;
use courant_model::Topic;
use courant_site::Site;

use crate::import::{
    KindSummary,
    collections::{files_of, read_text},
    copy::put,
};

/// The folder of providers in an older site.
pub(crate) const PROVIDERS_FOLDER: &str = "_data/organizations";

/// Imports the topics that the site does not have yet. A topic without its parent, or one that
/// would create a cycle, is refused, because a site with it would not start.
pub(crate) fn topics(site: &Site, dir: &Path, replace: bool) -> anyhow::Result<KindSummary> {
    let mut summary = KindSummary::of("topics");
    let folder = site.schemas.iter().find(|schema| schema.source == RecordOrigin::Topics);
    let Some(schema) = folder else { return Ok(summary) };
    let mut all: Vec<Topic> = site.topics.clone();
    let mut pending = Vec::new();
    for (path, text) in texts(dir, &schema.folder, &mut summary) {
        match taxonomy::read_topic(&text) {
            Ok(read) => pending.push((path, text, read.value)),
            Err(error) => summary.refused.push((path, error.to_string())),
        }
    }
    // Parents before their children, in any order of the files.
    let mut taken = Vec::new();
    while let Some(next) = pending.iter().position(|(_, _, topic)| has_parent(topic, &all)) {
        let (path, text, topic) = pending.remove(next);
        let existing = all.iter().position(|known| known.id == topic.id);
        let mut tried = all.clone();
        match existing {
            Some(at) if tried[at] == topic => {
                summary.unchanged += 1;
                continue;
            }
            Some(at) if replace && id_in(&site.dir.join("topics").join(&path)) == Some(topic.id.clone()) => {
                tried[at] = topic;
            }
            None if !site.dir.join("topics").join(&path).exists() => tried.push(topic),
            // The same topic in another file, or another topic in a file of this name: with both,
            // the site would not start.
            _ => {
                summary.kept.push(path);
                continue;
            }
        }
        match Taxonomy::new(tried.clone()) {
            Ok(_) => {
                all = tried;
                taken.push((path, text));
            }
            Err(error) => summary.refused.push((path, error.to_string())),
        }
    }
    for (path, _, topic) in pending {
        let parent = topic.parent.unwrap_or_default();
        summary.refused.push((path, format!("parent {parent:?} does not exist")));
    }
    for (path, text) in taken {
        let copied = put(&site.dir.join("topics").join(&path), text.as_bytes(), replace)?;
        summary.count(&path, copied);
    }
    Ok(summary)
}

/// The id of the topic that a file of the site describes.
fn id_in(file: &Path) -> Option<String> {
    Some(taxonomy::read_topic(&read_text(file).ok()?).ok()?.value.id)
}

/// The domain of the provider that a file of the site describes.
fn domain_in(file: &Path) -> Option<String> {
    Some(taxonomy::read_provider(&read_text(file).ok()?).ok()?.value.provider.domain)
}

fn has_parent(topic: &Topic, all: &[Topic]) -> bool {
    topic.parent.as_ref().is_none_or(|parent| all.iter().any(|known| &known.name == parent))
}

/// Imports the providers that the site does not describe yet.
pub(crate) fn providers(site: &Site, dir: &Path, replace: bool) -> anyhow::Result<KindSummary> {
    let mut summary = KindSummary::of("providers");
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for (path, text) in texts(dir, PROVIDERS_FOLDER, &mut summary) {
        let domain = match taxonomy::read_provider(&text) {
            Ok(read) => read.value.provider.domain,
            Err(error) => {
                summary.refused.push((path, error.to_string()));
                continue;
            }
        };
        if let Some(other) = known.insert(domain.clone(), path.clone()) {
            summary.refused.push((path, format!("{domain} is already described in {other}")));
            known.insert(domain, other);
            continue;
        }
        let file = site.dir.join("providers").join(&path);
        let described = site.providers.iter().any(|known| known.provider.domain == domain);
        // A provider stays in the file that describes it.
        if (described || file.exists()) && domain_in(&file).as_ref() != Some(&domain) {
            summary.kept.push(path);
            continue;
        }
        let copied = put(&file, text.as_bytes(), replace)?;
        summary.count(&path, copied);
    }
    Ok(summary)
}

/// The texts of the files directly in a folder, by path.
fn texts(dir: &Path, folder: &str, summary: &mut KindSummary) -> Vec<(String, String)> {
    let from = dir.join(folder);
    let found = files_of(dir, folder);
    summary.found = found.files.len() as u64;
    summary.refused = found.refused;
    let mut texts = Vec::new();
    for path in found.files {
        if path.contains('/') || path.ends_with(".html") {
            summary.refused.push((path, "expected a .yaml or .md file directly in the folder".to_owned()));
            continue;
        }
        match read_text(&from.join(&path)) {
            Ok(text) => texts.push((path, text)),
            Err(error) => summary.refused.push((path, format!("{error:#}"))),
        }
    }
    texts
}
