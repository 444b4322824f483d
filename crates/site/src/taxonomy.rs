//! The files of `topics/` and `providers/`.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use courant_analysis::judge::Taxonomy;
use courant_formats::taxonomy;
use courant_model::{KnownProvider, Topic};

use crate::{error::SiteError, listing::files_with_extensions};

/// The topics in this folder (none if it is missing), in the order of their file names.
///
/// # Errors
/// If a file is invalid, a parent does not exist, parents form a circle, or two topics have the
/// same name or id.
pub fn read_topics(dir: &Path) -> Result<Vec<Topic>, SiteError> {
    let mut topics: Vec<Topic> = Vec::new();
    let mut places: Vec<(PathBuf, usize)> = Vec::new();
    for file in files_with_extensions(dir, &["yaml", "yml"])? {
        let text = fs::read_to_string(&file).map_err(|error| SiteError::io(&file, &error))?;
        let located = taxonomy::read_topic(&text)
            .map_err(|error| SiteError::line(&file, error.line as usize, error.message))?;
        let line = located.line_of("_id").unwrap_or(1) as usize;
        if let Some(twin) = topics.iter().position(|known| known.id == located.value.id) {
            let message =
                format!("topic {:?} is already defined in {}", located.value.id, places[twin].0.display());
            return Err(SiteError::line(&file, line, message));
        }
        places.push((file, located.line_of("parent").map_or(line, |line| line as usize)));
        topics.push(located.value);
    }
    for (topic, (file, line)) in topics.iter().zip(&places) {
        if let Some(parent) = &topic.parent
            && !topics.iter().any(|known| &known.name == parent)
        {
            let message = format!(
                "parent {parent:?} of topic {:?} does not exist; it must be the name of a topic",
                topic.name
            );
            return Err(SiteError::line(file, *line, message));
        }
    }
    Taxonomy::new(topics.clone()).map_err(|error| SiteError::file(dir, error.to_string()))?;
    Ok(topics)
}

/// The providers in this folder (none if it is missing), sorted by domain.
///
/// # Errors
/// If a file is invalid or two files describe the same domain.
pub fn read_providers(dir: &Path) -> Result<Vec<KnownProvider>, SiteError> {
    let mut providers = BTreeMap::new();
    for file in files_with_extensions(dir, &["yaml", "yml", "md"])? {
        let text = fs::read_to_string(&file).map_err(|error| SiteError::io(&file, &error))?;
        let located = taxonomy::read_provider(&text)
            .map_err(|error| SiteError::line(&file, error.line as usize, error.message))?;
        let line = located.line_of("domain").unwrap_or(1) as usize;
        let domain = located.value.provider.domain.clone();
        if providers.insert(domain.clone(), located.value).is_some() {
            return Err(SiteError::line(
                &file,
                line,
                format!("provider {domain} is already described in another file"),
            ));
        }
    }
    Ok(providers.into_values().collect())
}
