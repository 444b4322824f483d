//! Applies proposals: changes `courant.toml` and the topic files.

use std::{fs, path::PathBuf};

use anyhow::Context as _;
use courant_formats::taxonomy::edit_topic;
use courant_site::{Site, files::write_atomically};

use crate::editor::proposals::{Chosen, Proposals};

impl Proposals {
    /// Writes the chosen proposals into the files of the site and returns the changed files. Each
    /// file is replaced atomically, and all new texts are complete before the first one is written.
    pub fn apply(&self, site: &Site, chosen: &Chosen) -> anyhow::Result<Vec<PathBuf>> {
        let mut texts: Vec<(PathBuf, String)> = Vec::new();
        if let Some(weights) = self.weights_in(chosen) {
            let points: Vec<(&str, i32)> =
                weights.changes.iter().map(|change| (change.kind.as_str(), change.to)).collect();
            texts.push(site.with_weights(&points)?);
        }
        for entry in self.entries_in(chosen) {
            let file = site.topic_file(&entry.topic)?;
            let at = texts.iter().position(|(path, _)| *path == file);
            let text = match at {
                Some(at) => texts.swap_remove(at).1,
                None => {
                    fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?
                }
            };
            let text = edit_topic(&text, |topic| entry.change(topic))
                .with_context(|| format!("{} is not a valid topic file any more", file.display()))?;
            texts.push((file, text));
        }
        texts.sort();
        for (path, text) in &texts {
            write_atomically(path, text.as_bytes())
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(texts.into_iter().map(|(path, _)| path).collect())
    }
}
