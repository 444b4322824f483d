//! `inspect page`: the article in a page.

use std::path::Path;

use clap::Args;
use courant_analysis::{
    extract::{self, Extracted, PageInput},
    identity::{Claims, Identity, UrlRules, identify},
};
use courant_formats::encoding::decode_html;
use courant_net::Purpose;
use serde_json::{Value, json};
use url::Url;

use super::{
    batch,
    input::{self, StageInput},
};
use crate::{exit::Exit, output::print_json, session::Session};

#[derive(Debug, Args)]
pub(crate) struct PageArgs {
    #[command(flatten)]
    pub(crate) input: StageInput,
    /// URL of the page, if the input is a file
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
}

/// The URL of a page without a known one: relative links stay recognisable.
const UNKNOWN_URL: &str = "http://page.invalid/";

pub(super) async fn run(session: &Session, args: &PageArgs) -> anyhow::Result<Exit> {
    let rules = UrlRules::builtin();
    if args.input.batch {
        batch::each_line(|line| answer(line, &rules))?;
        return Ok(Exit::Done);
    }
    let mut exit = Exit::Done;
    for name in &args.input.inputs {
        let read = input::read(session, name, Purpose::Page).await?;
        let url = match (&args.url, &read.url) {
            (Some(given), _) => Url::parse(given)?,
            (None, Some(fetched)) => fetched.clone(),
            (None, None) => Url::parse(UNKNOWN_URL)?,
        };
        let value = inspected(&read.bytes, &url, read.header("content-type"), &json!(name), &rules);
        if !value["error"].is_null() {
            exit = Exit::Partly;
        }
        print_json(&value)?;
    }
    Ok(exit)
}

fn answer(line: &Value, rules: &UrlRules) -> Value {
    let id = line.get("id").unwrap_or(&Value::Null);
    let Some(path) = line.get("path").and_then(Value::as_str) else {
        return batch::failure(Some(id), "a line needs id, path and url");
    };
    let text = line.get("url").and_then(Value::as_str).unwrap_or(UNKNOWN_URL);
    let Ok(url) = Url::parse(text) else {
        return batch::failure(Some(id), &format!("{text:?} is not a URL"));
    };
    let content_type = line.pointer("/headers/content-type").and_then(Value::as_str);
    match input::read_file(Path::new(path)) {
        Err(error) => batch::failure(Some(id), &format!("cannot read {path}: {error}")),
        Ok(bytes) => inspected(&bytes, &url, content_type, id, rules),
    }
}

fn inspected(bytes: &[u8], url: &Url, content_type: Option<&str>, id: &Value, rules: &UrlRules) -> Value {
    let decoded = decode_html(bytes, content_type);
    let page = extract::extract(&PageInput { html: &decoded.text, url, content_language: None });
    let identity = identify(
        &Claims {
            requested: url,
            final_url: url,
            canonical: page.canonical.as_ref(),
            og_url: page.og_url.as_ref(),
            json_ld_url: page.json_ld_url.as_ref(),
            amp_url: page.amp_url.as_ref(),
        },
        rules,
    );
    shape(id, &page, &identity)
}

fn shape(id: &Value, page: &Extracted, identity: &Identity) -> Value {
    let error = page.rejection.as_ref().map(ToString::to_string);
    json!({
        "id": id,
        "title": page.title,
        "excerpt": page.excerpt,
        "authors": page.authors,
        "published": page.published_local(),
        "updated": page.updated,
        "language": page.language,
        "locale": page.locale,
        "text": page.text,
        "html": page.html,
        "webUrl": identity.canonical,
        "ampWebUrl": identity.amp,
        "cdnAmpWebUrl": identity.cdn_amp,
        "images": page.images,
        "siteName": page.site_name,
        "type": page.kind,
        "tags": page.tags,
        "paywalled": page.paywalled,
        "featuredContent": page.featured_content,
        "rejection": page.rejection,
        "error": error,
    })
}
