//! The rules from a site's files.

use courant_analysis::{
    gate::Gate,
    group::{Dictionary, Model},
    identity::UrlRules,
    judge::{Judge, Taxonomy},
    story::HeatRule,
};
use courant_formats::sealed::KeyRing;
use courant_model::PublicUrls;
use courant_site::Site;

/// The rules from a site's files, ready for use.
pub struct Rules {
    pub urls: UrlRules,
    /// Which URLs may be published.
    pub addresses: PublicUrls,
    pub judge: Judge,
    pub gate: Gate,
    pub heat: HeatRule,
    pub keys: KeyRing,
    /// Translations of words in other languages, for grouping.
    pub dictionary: Dictionary,
    /// The grouping model that the site's owner has trained; `None` for the built-in one.
    pub group_model: Option<Model>,
}

impl Rules {
    /// The rules of a site.
    pub fn of(site: &Site) -> anyhow::Result<Self> {
        let taxonomy = Taxonomy::new(site.topics.clone())?;
        let config = &site.config;
        Ok(Self {
            urls: site.url_rules()?,
            addresses: config.fetch.public_addresses()?,
            judge: Judge::new(taxonomy, site.providers.clone(), config.profile())
                .for_languages(config.judge.languages.clone())
                .with_learned(site.learned.clone()),
            gate: config.gate.clone(),
            heat: config.heat_rule(),
            keys: site.keys(),
            dictionary: site.dictionary()?,
            group_model: site.group_model()?,
        })
    }
}
