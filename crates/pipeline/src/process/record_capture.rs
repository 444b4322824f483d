//! Captures that contain a record file, for the import of another site's records.

use courant_analysis::{extract, identity};
use courant_formats::record;
use courant_model::{
    Article, ArticleKind, CaptureOrigin, DateOrigin, NewCapture, Provider, Reason, Record, RecordPath,
    Rejection, RejectionKind, Timestamp,
};
use courant_site::Site;
use url::Url;

use crate::{
    process::{
        candidate::{ParsedArticle, judged, links_of, provider},
        publishable,
    },
    rules::Rules,
};

/// The capture of a record file with this path below `records/`. `None` if the record has no valid
/// URL, by which its article could be identified.
pub(crate) fn capture_of(
    text: String,
    parsed: &Record,
    path: &RecordPath,
    fetched: Timestamp,
) -> Option<NewCapture> {
    let url =
        parsed.web_url.as_deref().or(parsed.original_url.as_deref()).and_then(|url| Url::parse(url).ok())?;
    Some(NewCapture {
        final_url: url.clone(),
        url,
        status: 200,
        headers: Vec::new(),
        body: text.into_bytes(),
        fetched,
        source: None,
        entry: None,
        origin: CaptureOrigin::Record(path.clone()),
    })
}

/// Parses a capture that contains the record file with this path. Topics, times and URLs are taken
/// as they are: they were decided before the import.
///
/// Errors: the reason why it is not a usable record.
pub(crate) fn parse_article(
    capture: &NewCapture,
    path: &RecordPath,
    site: &Site,
    rules: &Rules,
) -> Result<ParsedArticle, Rejection> {
    let rejected = |because: String| Rejection::new(RejectionKind::Record, because);
    let text = std::str::from_utf8(&capture.body).map_err(|error| rejected(error.to_string()))?;
    let parsed = record::read(text).map_err(|error| rejected(error.to_string()))?;
    if parsed.title.trim().is_empty() {
        return Err(rejected("the record has no title".to_owned()));
    }
    let mut parsed = parsed;
    let removed = publishable::clean_extra(&mut parsed.extra, &rules.addresses);
    let mut article = article(&parsed, capture, site);
    publishable::clean(&mut article, &rules.addresses)?;
    article.remarks.extend(removed.map(|detail| Reason::new(publishable::ADDRESS, detail)));
    let key = identity::canonical_key(&article.web_url);
    let judgement = judged(&article, rules, false, false, Some(&parsed.topics));
    let links = links_of(&article, rules);
    Ok(ParsedArticle {
        links,
        article: Article { id: identity::article_id(&key), ..article },
        judgement,
        key,
        identity_steps: vec!["taken from an imported record".to_owned()],
        paywalled: false,
        path: Some(path.clone()),
        given_topics: Some(parsed.topics),
        extra: parsed.extra,
        full_text_url: None,
        is_full_text: false,
    })
}

fn article(record: &Record, capture: &NewCapture, site: &Site) -> Article {
    let parse_url = |text: Option<&String>| text.and_then(|text| Url::parse(text).ok());
    let web_url = capture.final_url.clone();
    let body = extract::clean_fragment(&record.body, &web_url);
    let provider =
        record.provider.clone().unwrap_or_else(|| Provider { ..provider(&web_url, None, &site.providers) });
    let excerpt = record.excerpt.clone().unwrap_or_default();
    Article {
        // Replaced by the caller, which knows the key.
        id: identity::article_id(""),
        kind: record.kind.as_deref().and_then(ArticleKind::from_name).unwrap_or_default(),
        title: record.title.clone(),
        language: record
            .language
            .clone()
            .or_else(|| extract::language(&format!("{}. {excerpt}", record.title), Some("en"))),
        excerpt,
        text: body.text,
        html: body.html,
        published: record.published_date_time.unwrap_or(capture.fetched),
        published_from: if record.published_date_time.is_some() {
            DateOrigin::Record
        } else {
            DateOrigin::FirstSeen
        },
        updated: record.updated_date_time,
        // The best estimate: an imported record was first seen when it was published.
        first_seen: record.published_date_time.unwrap_or(capture.fetched),
        original_url: parse_url(record.original_url.as_ref()).unwrap_or_else(|| web_url.clone()),
        amp_web_url: parse_url(record.amp_web_url.as_ref()),
        cdn_amp_web_url: parse_url(record.cdn_amp_web_url.as_ref()),
        web_url,
        provider,
        authors: record.authors.clone(),
        tags: record.tags.clone(),
        locale: record.locale.clone(),
        images: record.images.clone(),
        featured_content: record.featured_content.clone(),
        source: None,
        remarks: Vec::new(),
    }
}
