//! `courant.toml`: every setting of a site, its default and its range.
//!
//! Each section has a file here that declares its keys with `config_section!`.

#![allow(
    clippy::doc_markdown,
    clippy::doc_link_with_quotes,
    reason = "the docs of fields become the comments of courant.toml, which show values as they are written there"
)]

use std::{fmt::Write, path::Path};

use courant_analysis::{
    gate::{Gate, GateProfile},
    judge::Profile,
    story::{HeatConfig, HeatRule},
};
use courant_formats::feed::ListSelectors;
use serde::{Deserialize, Serialize};
use url::Url;

use self::{position::ConfigText, section::Section};
use crate::error::SiteError;

mod api;
mod beacon;
mod classic;
mod empty_text;
mod feeds;
mod fetch;
mod gate;
mod git;
mod group;
mod health;
mod heat;
mod identity;
mod images;
mod judge;
mod keep;
mod limits;
mod poll;
mod position;
mod push;
mod seal;
mod section;
mod serve;
mod site;
mod source;
mod units;

pub(crate) use self::seal::KEY_FILE;
pub use self::{
    api::{ApiConfig, KeyRule},
    beacon::BeaconConfig,
    classic::ClassicConfig,
    feeds::FeedsConfig,
    fetch::FetchConfig,
    git::GitConfig,
    group::GroupConfig,
    health::HealthConfig,
    identity::IdentityConfig,
    images::ImagesConfig,
    judge::{JudgeConfig, ProfileKind},
    keep::KeepConfig,
    limits::{LimitsConfig, LimitsOfSource, SourceLimits},
    poll::PollConfig,
    push::PushConfig,
    seal::SealConfig,
    serve::ServeConfig,
    site::SiteConfig,
    source::PageSource,
    units::{Days, Megabytes, Milliseconds, Minutes, Seconds},
};

/// The settings of a site, in the order of the file.
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

/// The descriptions of all sections, in the order of the file.
fn sections() -> Vec<Section> {
    vec![
        SiteConfig::section(),
        FetchConfig::section(),
        LimitsConfig::section(),
        PollConfig::section(),
        IdentityConfig::section(),
        JudgeConfig::section(),
        judge::weights::section(),
        GroupConfig::section(),
        heat::section(),
        gate::section(),
        ImagesConfig::section(),
        KeepConfig::section(),
        SealConfig::section(),
        FeedsConfig::section(),
        PushConfig::section(),
        ServeConfig::section(),
        BeaconConfig::section(),
        ApiConfig::section(),
        HealthConfig::section(),
        GitConfig::section(),
        ClassicConfig::section(),
    ]
}

impl Config {
    /// The settings in this text; `file` is named in errors.
    ///
    /// # Errors
    /// If a key is unknown or a value is not allowed; the error names the line, the section and the
    /// key.
    pub fn parse(text: &str, file: &Path) -> Result<Self, SiteError> {
        let source = ConfigText::new(file, text);
        let sections = sections();
        let mut config: Self = toml::from_str(text).map_err(|error| source.toml_error(&error, &sections))?;
        if let Some(error) = source.out_of_range(&sections) {
            return Err(error);
        }
        config.validate(&source)?;
        if !config.site.url.path().ends_with('/') {
            let path = format!("{}/", config.site.url.path());
            config.site.url.set_path(&path);
        }
        if config.judge.profile == ProfileKind::Classic {
            config.gate.profile = GateProfile::Classic;
        }
        Ok(config)
    }

    /// Checks what ranges and types do not.
    fn validate(&self, source: &ConfigText<'_>) -> Result<(), SiteError> {
        let checks = [
            ("site", self.site.validate()),
            ("fetch", self.fetch.validate()),
            ("limits", self.limits.validate()),
            ("poll", self.poll.validate()),
            ("gate", gate::validate(&self.gate)),
            ("keep", self.keep.validate(self.poll.max_age_days)),
            ("serve", self.serve.validate(&self.site.url)),
            ("classic", self.classic.validate()),
        ];
        for (section, check) in checks {
            check.map_err(|invalid| source.error_at(section, invalid.key, &invalid.message))?;
        }
        match self.source.iter().enumerate().find_map(|(at, page)| Some((at, page.problem()?))) {
            Some((at, problem)) => Err(source.error_in_source(at, &problem)),
            None => Ok(()),
        }
    }

    /// The `courant.toml` of a new site: every key with its default and its explanation.
    pub(crate) fn new_file(title: &str, description: &str) -> String {
        let mut config = Self::default();
        title.clone_into(&mut config.site.title);
        description.clone_into(&mut config.site.description);
        let values = toml::Table::try_from(&config).unwrap_or_default();
        let mut text =
            "# Settings of a Courant site. Each key is shown with its default and may be left out.\n"
                .to_owned();
        for section in sections() {
            let mut keys = section.name.split('.');
            let first = keys.next().and_then(|key| values.get(key));
            let table = keys.fold(first, |value, key| value?.get(key)).and_then(toml::Value::as_table);
            section.write(table.unwrap_or(&toml::Table::new()), &mut text);
        }
        let _ = write!(
            text,
            "\n{}{}",
            section::comment([source::ABOUT]),
            section::comment(source::EXAMPLE.lines())
        );
        text
    }

    /// The selectors of the page with this URL, if it is a source.
    pub fn list_of(&self, url: &Url) -> Option<&ListSelectors> {
        self.source.iter().find(|source| source.url == *url).map(|source| &source.list)
    }

    /// The rules for topics and quality.
    pub fn profile(&self) -> Profile {
        self.judge.rules()
    }

    /// The rule for heat.
    pub fn heat_rule(&self) -> HeatRule {
        match self.judge.profile {
            // Clicks that were counted before counting was turned off add nothing.
            ProfileKind::Default if !self.beacon.enabled => {
                HeatRule::Cooling(HeatConfig { clicks: 0.0, ..self.heat.clone() })
            }
            ProfileKind::Default => HeatRule::Cooling(self.heat.clone()),
            ProfileKind::Classic => HeatRule::Classic,
        }
    }
}

#[cfg(test)]
mod tests;
