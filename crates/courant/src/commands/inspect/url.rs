//! `inspect url`: canonical form, trackers, AMP, provider.

use std::path::PathBuf;

use clap::Args;
use courant_analysis::{
    extract::{self, Extracted, PageInput},
    identity::{
        Claims, Identity, UrlRules,
        amp::{self, Serving},
        identify,
    },
};
use courant_model::KnownProvider;
use courant_site::{read_providers, read_url_rules};
use serde_json::{Map, Value, json};
use url::Url;

use super::batch;
use crate::{exit::Exit, output::print_json, session::Session};

#[derive(Debug, Args)]
pub(crate) struct UrlArgs {
    /// URLs
    #[arg(value_name = "URL", required_unless_present = "batch")]
    pub(crate) urls: Vec<String>,
    /// Read JSON Lines from standard input, answer JSON Lines in the same order
    #[arg(long, conflicts_with = "urls")]
    pub(crate) batch: bool,
    /// Files of tracker rules (`ClearURLs` or Brave format); may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Vec<PathBuf>,
    /// Folder of providers [default: `providers/` of the site, if there is one]
    #[arg(long, value_name = "DIR")]
    pub(crate) providers: Option<PathBuf>,
}

struct Rules {
    urls: UrlRules,
    providers: Vec<KnownProvider>,
}

pub(super) fn run(session: &Session, args: &UrlArgs) -> anyhow::Result<Exit> {
    let is_site = session.dir.join("courant.toml").exists();
    let urls = if args.rules.is_empty() && is_site {
        session.site()?.url_rules()?
    } else {
        read_url_rules(&args.rules)?
    };
    let folder = args.providers.clone().unwrap_or_else(|| session.dir.join("providers"));
    let rules = Rules { urls, providers: read_providers(&folder)? };
    if args.batch {
        batch::each_line(|line| answer(line, &rules))?;
        return Ok(Exit::Done);
    }
    let mut exit = Exit::Done;
    for url in &args.urls {
        let value = answer(&json!({ "id": url, "url": url }), &rules);
        if value.get("error").is_some() {
            exit = Exit::Partly;
        }
        print_json(&value)?;
    }
    Ok(exit)
}

fn answer(line: &Value, rules: &Rules) -> Value {
    let id = line.get("id");
    let Some(text) = line.get("url").and_then(Value::as_str) else {
        return batch::failure(id, "a line needs id and url");
    };
    let url = match Url::parse(text.trim()) {
        Ok(url) => url,
        Err(error) => return batch::failure(id, &format!("{text:?} is not a URL: {error}")),
    };
    let page = match line.get("html").and_then(Value::as_str) {
        Some(html) => extract::extract(&PageInput { html, url: &url, content_language: None }),
        None => Extracted::default(),
    };
    let identity = identify(
        &Claims {
            requested: &url,
            final_url: &url,
            canonical: page.canonical.as_ref(),
            og_url: page.og_url.as_ref(),
            json_ld_url: page.json_ld_url.as_ref(),
            amp_url: page.amp_url.as_ref(),
        },
        &rules.urls,
    );
    json!({
        "id": id,
        "canonical": identity.canonical,
        "key": identity.key,
        "tracking_removed": identity.removed,
        "unwrapped": identity.unwrapped.then_some(&identity.original),
        "amp": identity.amp,
        "amp_cache": amp_cache(&identity),
        "provider": provider(&identity.canonical, page.site_name.as_deref(), rules),
        "steps": identity.steps,
    })
}

/// The URL in the AMP cache: of the AMP page if known, else as if the page itself were one.
fn amp_cache(identity: &Identity) -> Option<String> {
    let page = identity.amp.as_ref().unwrap_or(&identity.canonical);
    amp::cache_url(page.as_str(), "cdn.ampproject.org", Serving::Content)
}

fn provider(url: &Url, site_name: Option<&str>, rules: &Rules) -> Value {
    let provider = courant_pipeline::provider(url, site_name, &rules.providers);
    let mut shape = Map::new();
    if provider.name != provider.domain {
        shape.insert("name".to_owned(), provider.name.into());
    }
    shape.insert("domain".to_owned(), provider.domain.into());
    shape.into()
}
