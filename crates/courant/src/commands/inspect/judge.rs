//! `inspect judge`: topics and quality of an article, with the reasons.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use courant_analysis::{
    identity,
    judge::{ClassicProfile, Judge, JudgeInput, Profile, Taxonomy},
};
use courant_model::{ArticleKind, Image, Timestamp};
use courant_site::{Config, read_providers, read_topics};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{
    batch,
    input::{self, StageInput},
};
use crate::{exit::Exit, output::print_json, session::Session};

#[derive(Debug, Args)]
pub(crate) struct JudgeArgs {
    #[command(flatten)]
    pub(crate) input: StageInput,
    /// Profile of rules to judge by [default: the site's, else `default`]
    #[arg(long)]
    pub(crate) profile: Option<ProfileName>,
    /// Folder of topics [default: `topics/` of the site, if there is one]
    #[arg(long, value_name = "DIR")]
    pub(crate) topics: Option<PathBuf>,
    /// Folder of providers [default: `providers/` of the site, if there is one]
    #[arg(long, value_name = "DIR")]
    pub(crate) providers: Option<PathBuf>,
    /// Points for a provider of the site (classic profile)
    #[arg(long, value_name = "POINTS")]
    pub(crate) known_points: Option<i32>,
    /// URL pattern of an official source, `*` matches anything; may be repeated (classic profile)
    #[arg(long, value_name = "PATTERN")]
    pub(crate) official: Vec<String>,
}

/// A set of rules for topics and quality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProfileName {
    /// Predecessor's rules, exactly
    Classic,
    /// Courant's own rules
    Default,
}

/// An article as a line describes it; the names are those of records.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    #[serde(default)]
    id: Value,
    title: String,
    #[serde(default)]
    excerpt: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    web_url: Option<String>,
    #[serde(default)]
    original_url: Option<String>,
    #[serde(default)]
    provider: Option<ProviderName>,
    #[serde(default)]
    images: Vec<Image>,
    #[serde(default)]
    amp_web_url: Option<String>,
    #[serde(default)]
    featured_content: Option<String>,
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(default)]
    authors: Vec<String>,
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    published_date_time: Option<Timestamp>,
    /// Names of given topics; without them the article is classified.
    #[serde(default)]
    topics: Option<Vec<String>>,
    #[serde(default)]
    paywalled: bool,
    #[serde(default)]
    is_copy: bool,
    /// The related articles of the story; only their number counts, for the heat of the classic
    /// profile.
    #[serde(default)]
    related: Option<Vec<Value>>,
}

/// A provider by domain, or as records write it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum ProviderName {
    Domain(String),
    Record { domain: String },
}

struct Inspector {
    judge: Judge,
    /// The threshold of the classic profile, in which quality alone decides.
    classic_threshold: Option<i32>,
}

pub(super) fn run(session: &Session, args: &JudgeArgs) -> anyhow::Result<Exit> {
    let inspector = inspector(session, args)?;
    if args.input.batch {
        batch::each_line(|line| answer(line, &inspector))?;
        return Ok(Exit::Done);
    }
    let mut exit = Exit::Done;
    for name in &args.input.inputs {
        let bytes = if name == "-" {
            std::io::read_to_string(std::io::stdin())?.into_bytes()
        } else {
            input::read_file(&PathBuf::from(name))?
        };
        let line: Value = serde_json::from_slice(&bytes)?;
        let value = answer(&line, &inspector);
        if value.get("error").is_some() {
            exit = Exit::Partly;
        }
        print_json(&value)?;
    }
    Ok(exit)
}

fn inspector(session: &Session, args: &JudgeArgs) -> anyhow::Result<Inspector> {
    let config =
        if session.dir.join("courant.toml").exists() { session.site()?.config } else { Config::default() };
    let topics = read_topics(&args.topics.clone().unwrap_or_else(|| session.dir.join("topics")))?;
    let providers = read_providers(&args.providers.clone().unwrap_or_else(|| session.dir.join("providers")))?;
    let profile = match args.profile {
        None => config.profile(),
        Some(ProfileName::Default) => Profile::Default(config.judge.weights.clone()),
        Some(ProfileName::Classic) => Profile::Classic(ClassicProfile {
            known_points: args.known_points.unwrap_or(config.judge.known_provider_points),
            official: if args.official.is_empty() {
                config.judge.official.clone()
            } else {
                args.official.clone()
            },
        }),
    };
    let classic_threshold = matches!(profile, Profile::Classic(_)).then_some(config.gate.threshold);
    let judge = Judge::new(Taxonomy::new(topics)?, providers, profile).for_languages(config.judge.languages);
    Ok(Inspector { judge, classic_threshold })
}

fn answer(line: &Value, inspector: &Inspector) -> Value {
    match Line::deserialize(line) {
        Err(error) => batch::failure(line.get("id"), &format!("an article needs at least a title: {error}")),
        Ok(article) => judged(&article, inspector),
    }
}

fn judged(line: &Line, inspector: &Inspector) -> Value {
    // A record has both; the URL for readers says more than the one where it was found.
    let urls = [&line.url, &line.web_url, &line.original_url];
    let url = urls.into_iter().flatten().find_map(|text| Url::parse(text).ok());
    let url = url.unwrap_or_else(|| Url::parse("http://article.invalid/").expect("a constant URL"));
    let domain = match &line.provider {
        Some(ProviderName::Domain(domain) | ProviderName::Record { domain }) => domain.clone(),
        None => identity::provider_domain(&url),
    };
    let judgement = inspector.judge.judge(&JudgeInput {
        title: &line.title,
        excerpt: line.excerpt.as_deref().unwrap_or_default(),
        text: line.text.as_deref().unwrap_or_default(),
        url: &url,
        provider_domain: &domain,
        language: line.language.as_deref(),
        images: &line.images,
        has_amp: line.amp_web_url.is_some(),
        has_featured_content: line.featured_content.is_some(),
        kind: line.kind.as_deref().and_then(ArticleKind::from_name).unwrap_or_default(),
        authors: &line.authors,
        paywalled: line.paywalled,
        is_copy: line.is_copy,
        unread: false,
        published: line.published_date_time,
        first_seen: None,
        topics: line.topics.as_deref(),
    });
    let quality = judgement.quality.points();
    let mut value = json!({
        "id": line.id,
        "topics": judgement.topics,
        "quality": quality,
        "signals": judgement.signals,
    });
    if let Some(threshold) = inspector.classic_threshold {
        value["published"] = json!(quality >= threshold);
        value["heat"] = json!(quality + 10 * line.related.as_ref().map_or(0, Vec::len) as i32);
    }
    value
}
