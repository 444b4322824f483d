//! Reading the folder of a site.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use courant_analysis::{
    group::{Dictionary, Model},
    identity::UrlRules,
    judge::{LearnedTopics, Taxonomy},
};
use courant_classic::Schema;
use courant_formats::taxonomy;
use courant_model::{KnownProvider, SiteInfo, Source, Topic};

use crate::{Config, SiteError, classic, sources};

/// A site as its files describe it, checked.
#[derive(Debug, Clone)]
pub struct Site {
    /// The folder.
    pub dir: PathBuf,
    pub config: Config,
    pub sources: Vec<Source>,
    /// In the order of their file names.
    pub topics: Vec<Topic>,
    /// What the site's own articles teach about its topics; nothing where nothing was trained.
    pub learned: LearnedTopics,
    /// By domain.
    pub providers: Vec<KnownProvider>,
    /// What kinds of records there are, by id.
    pub schemas: Vec<Schema>,
}

impl Site {
    /// Reads and checks the site in this folder.
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
        let schemas = classic::read_schemas(&dir.join("collections"))?;
        Ok(Self { dir: dir.to_owned(), config, sources, topics, learned, providers, schemas })
    }

    /// A site without a folder, with the default settings: for commands that look at one thing alone.
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

    /// Where the records stand.
    pub fn records_dir(&self) -> PathBuf {
        self.dir.join("records")
    }

    /// Where the program keeps what is its own: the store and the copies of pictures.
    pub fn state_dir(&self) -> PathBuf {
        self.dir.join(".courant")
    }

    /// The file of the store.
    pub fn store_file(&self) -> PathBuf {
        self.state_dir().join("store.db")
    }

    /// Where copies of pictures are kept.
    pub fn images_dir(&self) -> PathBuf {
        self.state_dir().join("images")
    }

    /// The list of sources.
    pub fn sources_file(&self) -> PathBuf {
        self.dir.join("sources.opml")
    }

    /// The owner's own templates, where there are any.
    pub fn templates_dir(&self) -> Option<PathBuf> {
        let dir = self.dir.join("templates");
        dir.is_dir().then_some(dir)
    }

    /// What `courant train topics` writes.
    pub fn learned_file(&self) -> PathBuf {
        self.dir.join(LEARNED)
    }

    /// What readers are told about the publication.
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
            // Checked when the settings were read.
            addresses: self.config.fetch.public_addresses().unwrap_or_default(),
        }
    }

    /// The dictionaries by which stories meet across languages: `words/es.tsv` for Spanish, and so on.
    pub fn dictionary(&self) -> Result<Dictionary, SiteError> {
        let mut dictionary = Dictionary::default();
        for file in files(&self.dir.join("words"), &["tsv"])? {
            let text = fs::read_to_string(&file).map_err(|error| SiteError::io(&file, &error))?;
            let language = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if language.len() != 2 || !language.bytes().all(|byte| byte.is_ascii_lowercase()) {
                let message = "the name of a dictionary is the language that it reads: es.tsv, say";
                return Err(SiteError::file(file, message));
            }
            dictionary
                .add(&language, &text)
                .map_err(|error| SiteError::line(&file, error.line, error.what))?;
        }
        Ok(dictionary)
    }

    /// The owner's own decisions about stories, where `[group] model` names them.
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

    /// The rules by which addresses are cleaned.
    pub fn url_rules(&self) -> Result<UrlRules, SiteError> {
        let files: Vec<PathBuf> = self.config.identity.rules.iter().map(|file| self.dir.join(file)).collect();
        read_url_rules(&files)
    }
}

/// Where what was learned about topics stands in the folder of a site.
const LEARNED: &str = "topics/model.json";

/// What was learned about topics; nothing where the file is missing.
fn read_learned(file: &Path) -> Result<LearnedTopics, SiteError> {
    match fs::read_to_string(file) {
        Ok(json) => LearnedTopics::from_json(&json).map_err(|error| SiteError::file(file, error.to_string())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(LearnedTopics::default()),
        Err(error) => Err(SiteError::io(file, &error)),
    }
}

fn missing_site(dir: &Path, file: &Path, error: &io::Error) -> SiteError {
    if error.kind() == io::ErrorKind::NotFound {
        let message = "no such file; name the folder of a site with --site, or make one with `courant new`";
        return SiteError::file(dir.join("courant.toml"), message);
    }
    SiteError::io(file, error)
}

/// The topics in this folder (none where it is missing), in the order of their file names. Their parents
/// exist and are no circle, names and ids are unique.
pub fn read_topics(dir: &Path) -> Result<Vec<Topic>, SiteError> {
    let mut topics: Vec<Topic> = Vec::new();
    let mut places: Vec<(PathBuf, usize)> = Vec::new();
    for file in files(dir, &["yaml", "yml"])? {
        let text = fs::read_to_string(&file).map_err(|error| SiteError::io(&file, &error))?;
        let located = taxonomy::read_topic(&text)
            .map_err(|error| SiteError::line(&file, error.line as usize, error.message))?;
        let line = located.line_of("_id").unwrap_or(1) as usize;
        if let Some(twin) = topics.iter().position(|known| known.id == located.value.id) {
            let message =
                format!("topic {:?} is defined already in {}", located.value.id, places[twin].0.display());
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
                "parent {parent:?} of topic {:?} does not exist; wanted the name of a topic",
                topic.name
            );
            return Err(SiteError::line(file, *line, message));
        }
    }
    Taxonomy::new(topics.clone()).map_err(|error| SiteError::file(dir, error.to_string()))?;
    Ok(topics)
}

/// The providers in this folder (none where it is missing), by domain.
pub fn read_providers(dir: &Path) -> Result<Vec<KnownProvider>, SiteError> {
    let mut providers = BTreeMap::new();
    for file in files(dir, &["yaml", "yml", "md"])? {
        let text = fs::read_to_string(&file).map_err(|error| SiteError::io(&file, &error))?;
        let located = taxonomy::read_provider(&text)
            .map_err(|error| SiteError::line(&file, error.line as usize, error.message))?;
        let line = located.line_of("domain").unwrap_or(1) as usize;
        let domain = located.value.provider.domain.clone();
        if providers.insert(domain.clone(), located.value).is_some() {
            return Err(SiteError::line(
                &file,
                line,
                format!("provider {domain} is described already in another file"),
            ));
        }
    }
    Ok(providers.into_values().collect())
}

/// The compiled-in rules for addresses and those of these files. The format of each file is found by looking.
pub fn read_url_rules(rule_files: &[PathBuf]) -> Result<UrlRules, SiteError> {
    let mut rules = UrlRules::builtin();
    for file in rule_files {
        let text = fs::read_to_string(file).map_err(|error| SiteError::io(file, &error))?;
        add_rules(&mut rules, &text).map_err(|message| SiteError::file(file, message))?;
    }
    Ok(rules)
}

fn add_rules(rules: &mut UrlRules, text: &str) -> Result<(), String> {
    let json: serde_json::Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let first = json.get(0);
    let outcome = if json.get("providers").is_some() {
        rules.add_clearurls(text)
    } else if first.is_some_and(|rule| rule.get("action").is_some()) {
        rules.add_brave_debounce(text)
    } else if first.is_some_and(|rule| rule.get("params").is_some()) {
        rules.add_brave_params(text)
    } else {
        return Err("wanted rules in the format of ClearURLs or of Brave".to_owned());
    };
    outcome.map_err(|error| error.to_string())
}

/// The files with these endings in a folder, by name; none where the folder is missing. A `README.md` explains
/// the folder to people and is no part of the site.
pub(crate) fn files(dir: &Path, endings: &[&str]) -> Result<Vec<PathBuf>, SiteError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(SiteError::io(dir, &error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| SiteError::io(dir, &error))?.path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        let is_readme = path.file_stem().is_some_and(|stem| stem.eq_ignore_ascii_case("readme"));
        if !is_readme && ending.is_some_and(|ending| endings.contains(&ending)) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
