//! The folder of a site.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use courant_analysis::{
    group::{Dictionary, Model},
    identity::UrlRules,
    judge::LearnedTopics,
};
use courant_classic::Schema;
use courant_model::{KnownProvider, SiteInfo, Source, Topic};

use crate::{
    config::Config,
    error::SiteError,
    listing::files_with_extensions,
    schemas::read_schemas,
    sources,
    taxonomy::{read_providers, read_topics},
    url_rules::read_url_rules,
};

/// A site as its files describe it. They are valid.
#[derive(Debug, Clone)]
pub struct Site {
    /// The folder.
    pub dir: PathBuf,
    pub config: Config,
    pub sources: Vec<Source>,
    /// In the order of their file names.
    pub topics: Vec<Topic>,
    /// What `courant train topics` learned from the site's articles; empty if it was never run.
    pub learned: LearnedTopics,
    /// Sorted by domain.
    pub providers: Vec<KnownProvider>,
    /// The kinds of records, sorted by id.
    pub schemas: Vec<Schema>,
}

impl Site {
    /// Reads and checks the site in this folder.
    ///
    /// # Errors
    /// If a file is missing, can't be read or is invalid.
    pub fn open(dir: &Path) -> Result<Self, SiteError> {
        let file = dir.join("courant.toml");
        let text = fs::read_to_string(&file).map_err(|error| missing_site(dir, &file, &error))?;
        let config = Config::parse(&text, &file)?;
        let topics = read_topics(&dir.join("topics"))?;
        let learned = read_learned(&dir.join(LEARNED))?;
        let providers = read_providers(&dir.join("providers"))?;
        let mut sources = sources::read(&dir.join("sources.opml"))?;
        for page in &config.source {
            if sources.iter().any(|source| source.url == page.url) {
                return Err(SiteError::file(&file, format!("[[source]] {} is listed twice", page.url)));
            }
            sources.push(page.source());
        }
        let schemas = read_schemas(&dir.join("collections"))?;
        Ok(Self { dir: dir.to_owned(), config, sources, topics, learned, providers, schemas })
    }

    /// A site without a folder and with the default settings, for commands that need no site.
    pub fn bare() -> Self {
        Self {
            dir: PathBuf::new(),
            config: Config::default(),
            sources: Vec::new(),
            topics: Vec::new(),
            learned: LearnedTopics::default(),
            providers: Vec::new(),
            schemas: Vec::new(),
        }
    }

    /// The folder of the records.
    pub fn records_dir(&self) -> PathBuf {
        self.dir.join("records")
    }

    /// The folder of the program's own state: the store and the copies of images.
    pub fn state_dir(&self) -> PathBuf {
        self.dir.join(".courant")
    }

    /// The database file of the store.
    pub fn store_file(&self) -> PathBuf {
        self.state_dir().join("store.db")
    }

    /// The folder of copies of images.
    pub fn images_dir(&self) -> PathBuf {
        self.state_dir().join("images")
    }

    /// The file that lists the sources.
    pub fn sources_file(&self) -> PathBuf {
        self.dir.join("sources.opml")
    }

    /// The folder of the owner's templates, if it exists.
    pub fn templates_dir(&self) -> Option<PathBuf> {
        let dir = self.dir.join("templates");
        dir.is_dir().then_some(dir)
    }

    /// The file that `courant train topics` writes.
    pub fn learned_file(&self) -> PathBuf {
        self.dir.join(LEARNED)
    }

    /// What readers see of the publication.
    pub fn info(&self) -> SiteInfo {
        let site = &self.config.site;
        SiteInfo {
            title: site.title.clone(),
            description: site.description.clone(),
            url: site.url.clone(),
            language: site.language.clone(),
            page_size: site.page_size,
            threshold: self.config.gate.threshold,
            half_life_h: self.config.heat.half_life_h,
            hubs: self.config.push.hubs.clone(),
            beacon: self.config.beacon.enabled,
            story_feeds: self.config.feeds.stories,
            // It was checked when the settings were read.
            addresses: self.config.fetch.public_addresses().unwrap_or_default(),
        }
    }

    /// The dictionaries for grouping across languages: `words/es.tsv` for Spanish, and so on.
    ///
    /// # Errors
    /// If a file can't be read, is invalid, or is not named after a language (ISO 639-1).
    pub fn dictionary(&self) -> Result<Dictionary, SiteError> {
        let mut dictionary = Dictionary::default();
        for file in files_with_extensions(&self.dir.join("words"), &["tsv"])? {
            let text = fs::read_to_string(&file).map_err(|error| SiteError::io(&file, &error))?;
            let language = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if language.len() != 2 || !language.bytes().all(|byte| byte.is_ascii_lowercase()) {
                let message = "the file must be named after its language, such as es.tsv for Spanish";
                return Err(SiteError::file(file, message));
            }
            dictionary
                .add(&language, &text)
                .map_err(|error| SiteError::line(&file, error.line, error.what))?;
        }
        Ok(dictionary)
    }

    /// The model for grouping that `[group] model` names, if any.
    ///
    /// # Errors
    /// If the file can't be read or is not such a model.
    pub fn group_model(&self) -> Result<Option<Model>, SiteError> {
        let Some(file) = &self.config.group.model else { return Ok(None) };
        let file = self.dir.join(file);
        let text = fs::read_to_string(&file).map_err(|error| SiteError::io(&file, &error))?;
        let model: Model =
            serde_json::from_str(&text).map_err(|error| SiteError::file(&file, error.to_string()))?;
        match model.fault() {
            Some(fault) => Err(SiteError::file(file, fault)),
            None => Ok(Some(model)),
        }
    }

    /// The rules for cleaning URLs.
    ///
    /// # Errors
    /// If a file that `[identity] rules` names can't be read or is invalid.
    pub fn url_rules(&self) -> Result<UrlRules, SiteError> {
        let files: Vec<PathBuf> = self.config.identity.rules.iter().map(|file| self.dir.join(file)).collect();
        read_url_rules(&files)
    }
}

/// What `courant train topics` writes, relative to the folder of a site.
const LEARNED: &str = "topics/model.json";

/// What was learned about topics; empty if the file is missing.
fn read_learned(file: &Path) -> Result<LearnedTopics, SiteError> {
    match fs::read_to_string(file) {
        Ok(json) => LearnedTopics::from_json(&json).map_err(|error| SiteError::file(file, error.to_string())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(LearnedTopics::default()),
        Err(error) => Err(SiteError::io(file, &error)),
    }
}

fn missing_site(dir: &Path, file: &Path, error: &io::Error) -> SiteError {
    if error.kind() == io::ErrorKind::NotFound {
        let message = "no such file; name the folder of a site with --site, or create one with `courant new`";
        return SiteError::file(dir.join("courant.toml"), message);
    }
    SiteError::io(file, error)
}
