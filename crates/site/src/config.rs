//! `courant.toml`: every setting of a site, its default and its bounds.
//!
//! The file that `courant new` writes names every key with its default; a test keeps the two equal.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
};

use courant_analysis::{
    gate::{Gate, GateProfile},
    judge::{ClassicProfile, Profile, Weights},
    story::{HeatConfig, HeatRule},
};
use courant_model::PublicUrls;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    ListSelectors, PageSource, SiteError,
    classic::ClassicConfig,
    health_config::HealthConfig,
    keep_config::KeepConfig,
    limits_config::LimitsConfig,
    serve_config::{ApiConfig, BeaconConfig, ServeConfig},
};

/// The most clients that may listen to events: a connection takes a file of the operating system.
const MOST_LISTENERS: usize = 100_000;

/// The settings of a site.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub site: SiteConfig,
    pub fetch: FetchConfig,
    pub limits: LimitsConfig,
    pub poll: PollConfig,
    pub identity: IdentityConfig,
    pub judge: JudgeConfig,
    pub group: GroupConfig,
    pub heat: HeatConfig,
    pub gate: Gate,
    pub images: ImagesConfig,
    pub keep: KeepConfig,
    pub seal: SealConfig,
    pub feeds: FeedsConfig,
    pub push: PushConfig,
    pub serve: ServeConfig,
    pub beacon: BeaconConfig,
    pub api: ApiConfig,
    pub health: HealthConfig,
    pub git: GitConfig,
    pub classic: ClassicConfig,
    /// `[[source]]`: pages that are sources.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub source: Vec<PageSource>,
}

/// `[site]`: what readers are told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SiteConfig {
    pub title: String,
    pub description: String,
    pub url: Url,
    pub language: String,
    pub page_size: usize,
}

impl Default for SiteConfig {
    fn default() -> Self {
        Self {
            title: "My news desk".to_owned(),
            description: "News, gathered and weighed by Courant".to_owned(),
            url: Url::parse("http://127.0.0.1:8080/").expect("a constant address"),
            language: "en".to_owned(),
            page_size: 30,
        }
    }
}

/// `[fetch]`: how Courant behaves towards other people's servers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FetchConfig {
    pub contact: String,
    pub pages: bool,
    pub robots: bool,
    pub timeout_s: u64,
    pub max_bytes: u64,
    pub max_redirects: usize,
    pub host_requests: usize,
    pub host_pause_ms: u64,
    pub parallel: usize,
    pub attempts: u32,
    pub allow: Vec<String>,
    pub ports: Vec<u16>,
}

impl Default for FetchConfig {
    fn default() -> Self {
        Self {
            contact: String::new(),
            pages: true,
            robots: true,
            timeout_s: 30,
            max_bytes: 10_000_000,
            max_redirects: 5,
            host_requests: 2,
            host_pause_ms: 500,
            parallel: 32,
            attempts: 4,
            allow: Vec::new(),
            ports: Vec::new(),
        }
    }
}

impl FetchConfig {
    /// Which addresses may be published: public ones, and those that `allow` names.
    pub fn public_addresses(&self) -> Result<PublicUrls, SiteError> {
        PublicUrls::allowing(&self.allow).map_err(|entry| {
            SiteError::file(
                Path::new("courant.toml"),
                format!(
                    "[fetch] allow: invalid entry {entry:?}: expected an address range such as \"192.168.1.0/24\" or the \
                     name of a host"
                ),
            )
        })
    }

    /// The address ranges that `allow` names: a name is looked up, and its address must lie in one of them.
    pub fn allowed_ranges(&self) -> impl Iterator<Item = IpNet> + '_ {
        self.allow.iter().filter_map(|entry| {
            let entry = entry.trim();
            entry.parse::<IpAddr>().map(IpNet::from).or_else(|_| entry.parse()).ok()
        })
    }
}

/// `[poll]`: how often sources are asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PollConfig {
    pub min_minutes: u32,
    pub max_minutes: u32,
    pub max_age_days: u32,
}

impl Default for PollConfig {
    fn default() -> Self {
        Self { min_minutes: 15, max_minutes: 24 * 60, max_age_days: 30 }
    }
}

/// `[identity]`: how addresses are cleaned.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdentityConfig {
    pub rules: Vec<PathBuf>,
}

/// Which rules judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProfileKind {
    /// The predecessor's.
    Classic,
    /// Courant's own.
    #[default]
    Default,
}

/// `[judge]`: topics and quality.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JudgeConfig {
    pub profile: ProfileKind,
    pub known_provider_points: i32,
    pub official: Vec<String>,
    pub languages: Vec<String>,
    pub weights: Weights,
}

impl Default for JudgeConfig {
    fn default() -> Self {
        Self {
            profile: ProfileKind::Default,
            known_provider_points: 40,
            official: Vec::new(),
            languages: Vec::new(),
            weights: Weights::default(),
        }
    }
}

/// `[group]`: stories.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GroupConfig {
    pub enabled: bool,
    pub window_days: u32,
    /// The most articles that the window holds; the first to arrive leave first.
    pub window_articles: usize,
    /// The owner's own model, as `courant train group` writes it.
    pub model: Option<PathBuf>,
}

impl Default for GroupConfig {
    fn default() -> Self {
        Self { enabled: true, window_days: 14, window_articles: 50_000, model: None }
    }
}

impl GroupConfig {
    /// The grouper's own settings.
    pub fn grouper(&self) -> courant_analysis::group::GroupConfig {
        courant_analysis::group::GroupConfig {
            window_days: self.window_days,
            max_articles: self.window_articles,
            ..Default::default()
        }
    }
}

/// `[images]`: copies of pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ImagesConfig {
    pub cache: bool,
    pub max_bytes: u64,
    /// All copies together, in megabytes; 0 for no bound.
    pub budget_mb: u64,
}

impl Default for ImagesConfig {
    fn default() -> Self {
        Self { cache: true, max_bytes: 8_000_000, budget_mb: 5_000 }
    }
}

/// `[seal]`: the private part of records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SealConfig {
    pub keys: Vec<PathBuf>,
}

impl Default for SealConfig {
    fn default() -> Self {
        Self { keys: vec![crate::scaffold::KEY_FILE.into()] }
    }
}

/// `[feeds]`: which feeds the site has beside its own and those of topics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FeedsConfig {
    /// Whether each story has feeds.
    pub stories: bool,
}

impl Default for FeedsConfig {
    fn default() -> Self {
        Self { stories: true }
    }
}

/// `[push]`: hubs that tell us of news, and hubs that we tell (WebSub).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PushConfig {
    pub subscribe: bool,
    pub hubs: Vec<Url>,
}

impl Default for PushConfig {
    fn default() -> Self {
        Self { subscribe: true, hubs: Vec::new() }
    }
}

/// `[git]`: whether record files are committed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GitConfig {
    pub commit: bool,
    /// `Name <address>`.
    pub author: String,
    /// The message; `{count}` is the number of records written.
    pub message: String,
    /// The remote to which is pushed; nowhere where empty.
    pub push: String,
}

impl Default for GitConfig {
    fn default() -> Self {
        Self {
            commit: false,
            author: "Courant <courant@localhost>".to_owned(),
            message: "Records: {count} changed".to_owned(),
            push: String::new(),
        }
    }
}

impl Config {
    /// The settings in this text; `file` is named in errors.
    pub fn parse(text: &str, file: &Path) -> Result<Self, SiteError> {
        let mut config: Self = toml::from_str(text).map_err(|error| at_span(text, file, &error))?;
        if !config.site.url.path().ends_with('/') {
            let path = format!("{}/", config.site.url.path());
            config.site.url.set_path(&path);
        }
        config.check(text, file)?;
        if let Some((key, problem)) = config.keep.problem(config.poll.max_age_days) {
            return Err(SiteError::line(
                file,
                line_of_key(text, "keep", key),
                format!("[keep] {key} {problem}"),
            ));
        }
        if let Some((at, problem)) =
            config.source.iter().enumerate().find_map(|(at, source)| Some((at, source.problem()?)))
        {
            return Err(SiteError::line(file, line_of_source(text, at), format!("[[source]] {problem}")));
        }
        config.fetch.public_addresses()?;
        if let Some(key) = config.limits.zero() {
            let line = line_of_key(text, "limits", key);
            return Err(SiteError::line(file, line, format!("[limits] {key} must be at least 1")));
        }
        config.gate.check().map_err(|error| SiteError::file(file, format!("[gate] {error}")))?;
        if config.judge.profile == ProfileKind::Classic {
            config.gate.profile = GateProfile::Classic;
        }
        Ok(config)
    }

    fn check(&self, text: &str, file: &Path) -> Result<(), SiteError> {
        let bounds: [(&str, &str, bool, &str); 12] = [
            ("site", "title", !self.site.title.trim().is_empty(), "must not be empty"),
            (
                "site",
                "url",
                matches!(self.site.url.scheme(), "http" | "https"),
                "must begin with http:// or https://",
            ),
            ("site", "page_size", (1..=500).contains(&self.site.page_size), "must lie between 1 and 500"),
            ("fetch", "timeout_s", (1..=600).contains(&self.fetch.timeout_s), "must lie between 1 and 600"),
            (
                "fetch",
                "host_requests",
                (1..=16).contains(&self.fetch.host_requests),
                "must lie between 1 and 16",
            ),
            ("fetch", "parallel", (1..=512).contains(&self.fetch.parallel), "must lie between 1 and 512"),
            ("fetch", "attempts", (1..=20).contains(&self.fetch.attempts), "must lie between 1 and 20"),
            ("fetch", "max_bytes", self.fetch.max_bytes >= 10_000, "must be at least 10000"),
            (
                "serve",
                "listeners",
                self.serve.listeners <= MOST_LISTENERS,
                "must not be above 100000: each is an open connection",
            ),
            ("api", "rate", self.api.rate >= 1, "must be at least 1"),
            ("poll", "min_minutes", self.poll.min_minutes >= 1, "must be at least 1"),
            (
                "poll",
                "max_minutes",
                self.poll.max_minutes >= self.poll.min_minutes,
                "must not be below min_minutes",
            ),
        ];
        if let Some((key, wanted)) = self.serve.problem(&self.site.url) {
            let line = line_of_key(text, "serve", key);
            return Err(SiteError::line(file, line, format!("[serve] {key} {wanted}")));
        }
        match bounds.into_iter().find(|(_, _, holds, _)| !holds) {
            None => Ok(()),
            Some((section, key, _, wanted)) => Err(SiteError::line(
                file,
                line_of_key(text, section, key),
                format!("[{section}] {key} {wanted}"),
            )),
        }
    }

    /// The selectors of the page at this address, where it is a source.
    pub fn list_of(&self, url: &Url) -> Option<&ListSelectors> {
        self.source.iter().find(|source| source.url == *url).map(|source| &source.list)
    }

    /// The rules by which topics and quality are judged.
    pub fn profile(&self) -> Profile {
        match self.judge.profile {
            ProfileKind::Default => Profile::Default(self.judge.weights.clone()),
            ProfileKind::Classic => Profile::Classic(ClassicProfile {
                known_points: self.judge.known_provider_points,
                official: self.judge.official.clone(),
            }),
        }
    }

    /// The rule by which heat is counted.
    pub fn heat_rule(&self) -> HeatRule {
        match self.judge.profile {
            // Without the beacon nothing counts that was counted before it was switched off.
            ProfileKind::Default if !self.beacon.enabled => {
                HeatRule::Cooling(HeatConfig { clicks: 0.0, ..self.heat.clone() })
            }
            ProfileKind::Default => HeatRule::Cooling(self.heat.clone()),
            ProfileKind::Classic => HeatRule::Classic,
        }
    }
}

fn at_span(text: &str, file: &Path, error: &toml::de::Error) -> SiteError {
    let message = error.message().to_owned();
    match error.span() {
        Some(span) => SiteError::line(file, line_at(text, span.start), message),
        None => SiteError::file(file, message),
    }
}

fn line_at(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())].iter().filter(|&&byte| byte == b'\n').count() + 1
}

/// The line of a key in its section, or of the section, or the first: the value is known to be out of
/// bounds, so the key stands somewhere unless it was written in a form that this search does not know.
fn line_of_key(text: &str, section: &str, key: &str) -> usize {
    let header = format!("[{section}]");
    let start = text.lines().position(|line| line.trim() == header).unwrap_or(0);
    let names = |line: &str| line.split_once('=').is_some_and(|(name, _)| name.trim() == key);
    text.lines().skip(start).position(names).map_or(start, |below| start + below) + 1
}

/// The line where the `at`th `[[source]]` begins, counted from 0.
fn line_of_source(text: &str, at: usize) -> usize {
    let starts = text.lines().enumerate().filter(|(_, line)| line.trim() == "[[source]]");
    starts.map(|(line, _)| line + 1).nth(at).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(text: &str) -> String {
        Config::parse(text, Path::new("courant.toml")).unwrap_err().to_string()
    }

    #[test]
    fn the_written_file_holds_the_defaults() {
        let text = crate::scaffold::config_text("My news desk", "News, gathered and weighed by Courant");
        assert_eq!(Config::parse(&text, Path::new("courant.toml")).unwrap(), Config::default());
    }

    #[test]
    fn the_written_file_names_every_key() {
        let text = crate::scaffold::config_text("x", "y");
        let written: toml::Table = toml::from_str(&text).unwrap();
        let known = toml::Table::try_from(Config::default()).unwrap();
        for (section, keys) in known {
            let there = written.get(&section).unwrap_or_else(|| panic!("[{section}] is missing"));
            for key in keys.as_table().unwrap().keys() {
                // Tables within a section (weights) are named as a section of their own or by their keys.
                assert!(there.get(key).is_some(), "[{section}] {key} is missing");
            }
        }
    }

    #[test]
    fn errors_name_the_line() {
        assert!(error_of("[site]\ntitel = \"x\"\n").starts_with("courant.toml:2: unknown field `titel`"));
        assert!(error_of("[site]\npage_size = 0\n").starts_with("courant.toml:2: [site] page_size must lie"));
        assert!(error_of("[fetch]\nrobots = \"yes\"\n").starts_with("courant.toml:2: "));
    }

    #[test]
    fn trusted_proxies_are_addresses_or_networks() {
        let file = Path::new("courant.toml");
        let text = "[serve]\ntrusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\", \"::1\"]\n";
        let proxies = Config::parse(text, file).unwrap().serve.trusted_proxies;
        assert_eq!(
            proxies.iter().map(ipnet::IpNet::to_string).collect::<Vec<_>>(),
            ["127.0.0.1/32", "10.0.0.0/8", "::1/128"]
        );
        let error = error_of("[serve]\ntrusted_proxies = [\"nginx\"]\n");
        assert!(error.starts_with("courant.toml:2: ") && error.contains("no address or network"), "{error}");
    }

    #[test]
    fn readers_heat_nothing_without_the_beacon() {
        let counts = |text: &str| {
            let config = Config::parse(text, Path::new("courant.toml")).unwrap();
            config.heat_rule().cooling().unwrap().counts_clicks()
        };
        assert!(!counts("") && counts("[beacon]\nenabled = true\n"));
    }

    #[test]
    fn pages_as_sources() {
        let text = "[[source]]\nurl = \"https://harbour.example/news\"\nfolder = \"Sea\"\n\
            [source.list]\nitem = \"li.news\"\ndate = \"time\"\n";
        let config = Config::parse(text, Path::new("courant.toml")).unwrap();
        let source = &config.source[0];
        assert_eq!((source.list.item.as_str(), source.source().tags), ("li.news", vec!["Sea".to_owned()]));
        assert!(config.list_of(&source.url).is_some());
        let broken = text.replace("li.news", "li[");
        assert!(
            error_of(&broken).starts_with("courant.toml:1: [[source]] [source.list] item"),
            "{}",
            error_of(&broken)
        );
    }
}
