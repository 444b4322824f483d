//! Extracts one page, from HTML to fields: the order of the steps.

use courant_model::{ArticleKind, Image, Rejection, Timestamp};
use dom_query::Document;
use jiff::tz::Offset;
use url::Url;

use super::{
    body::main_text,
    classify::kind,
    metadata::{authors, dates, excerpt, images, language::language, links, title},
    page::{
        facts::Facts,
        json_ld::{self, LinkedData},
        limits,
        measure::measure,
    },
    text::plain_text,
};

/// Maximum number of tags of one article.
const MAX_TAGS: usize = 30;

/// A page to extract from.
#[derive(Debug, Clone, Copy)]
pub struct PageInput<'a> {
    /// The decoded page.
    pub html: &'a str,
    /// Its URL, after redirects.
    pub url: &'a Url,
    /// The `Content-Language` header.
    pub content_language: Option<&'a str>,
}

/// What was extracted from a page. Texts are plain text in NFC, with entities decoded and mojibake
/// repaired.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Extracted {
    /// The headline without the site's name; empty if the page has none.
    pub title: String,
    /// At most 320 characters of running text.
    pub excerpt: String,
    /// People, in the order of the page.
    pub authors: Vec<String>,
    /// Publication time.
    pub published: Option<Timestamp>,
    /// Offset from UTC of the publisher's clock at publication: stated by the page, or inferred
    /// from the day that it shows; `None` if neither is possible.
    pub published_zone: Option<Offset>,
    /// Time of the last change; always after `published`.
    pub updated: Option<Timestamp>,
    /// Language of the text: ISO 639-1 (639-3 if there is no such code), lower case.
    pub language: Option<String>,
    /// Language and region as stated by the page (BCP 47), lower case.
    pub locale: Option<String>,
    /// The main text; paragraphs are separated by a blank line.
    pub text: String,
    /// The main text as sanitised HTML with absolute links.
    pub html: String,
    /// `rel=canonical` as declared, absolute.
    pub canonical: Option<Url>,
    /// `og:url` as declared, absolute.
    pub og_url: Option<Url>,
    /// `mainEntityOfPage` or `url` of the linked data, absolute.
    pub json_ld_url: Option<Url>,
    /// `rel=amphtml` as declared, absolute.
    pub amp_url: Option<Url>,
    /// The declared print version, absolute, on the same host.
    pub print_url: Option<Url>,
    /// Images with their declared sizes, the lead image first.
    pub images: Vec<Image>,
    /// The site's name for itself.
    pub site_name: Option<String>,
    /// Article, video, podcast or collection.
    pub kind: ArticleKind,
    /// Section and keywords of the publisher.
    pub tags: Vec<String>,
    /// The embedded player of a video or podcast page.
    pub featured_content: Option<String>,
    /// Whether the publisher says that the text is not free to read.
    pub paywalled: bool,
    /// Why the page is not an article; `None` if it is one.
    pub rejection: Option<Rejection>,
}

impl Extracted {
    /// The publication time in RFC 3339 by the publisher's clock, so that its first ten characters
    /// are the day that readers saw; in UTC if the offset is not known.
    pub fn published_local(&self) -> Option<String> {
        let at = self.published?;
        let zone = self.published_zone.filter(|zone| !zone.is_zero());
        Some(zone.map_or_else(|| at.to_string(), |zone| at.display_with_offset(zone).to_string()))
    }
}

/// Extracts everything from one page. The time is about linear in the size of any input; whatever
/// exceeds the limits (depth, size, counts) is left out.
pub fn extract(page: &PageInput<'_>) -> Extracted {
    let document = Document::from(limits::reduced(page.html));
    let page_stats = measure(document.root());
    let facts = Facts::of(&document, &page_stats);
    let base = links::base(&facts, page.url);
    let linked = json_ld::read(&facts.json_ld, |href| is_page_url(href, page.url, &base));
    let site_name = site_name(&facts, &linked);
    let site_names = site_names(&facts, &linked, page.url);
    let title = title::title(&facts, &linked, &site_names);
    let dates = dates::dates(&facts, &linked, page.url);
    let authors = authors::authors(&facts, &linked, &site_names);
    let declared = links::links(&facts, &linked, &base);
    let images = images::images(&facts, &linked, &base);
    let description = facts.meta(&["og:description", "description", "twitter:description"]);
    let context = main_text::ArticleContext { title: &title, description, authors: &authors };
    let body = main_text::body(&document, &page_stats, &linked, &context, &base);
    let locale = locale(&facts, page.content_language);
    let hint = facts.lang.as_deref().or(linked.language.as_deref()).or(locale.as_deref());
    let evidence = kind::PageEvidence {
        facts: &facts,
        linked: &linked,
        url: page.url,
        title: &title,
        text: &body.text,
        dated: dates.reliable,
        signed: !authors.is_empty(),
    };
    let (kind, featured_content) = kind::kind(&evidence, &base);
    let rejection = kind::rejection(&evidence, kind);
    Extracted {
        excerpt: excerpt::excerpt_of(&facts, &linked, &title, &body.text, page.url.path() == "/"),
        language: language(&body.text, hint),
        locale,
        canonical: declared.canonical,
        og_url: declared.og_url,
        json_ld_url: declared.json_ld_url,
        amp_url: declared.amp_url,
        print_url: declared.print_url,
        published: dates.published,
        published_zone: dates.zone,
        updated: dates.updated,
        tags: tags(&facts, &linked),
        paywalled: is_paywalled(&facts, &linked),
        text: body.text,
        html: body.html,
        title,
        authors,
        images,
        site_name,
        kind,
        featured_content,
        rejection,
    }
}

/// Whether a URL in the linked data is the page's own.
fn is_page_url(href: &str, url: &Url, base: &Url) -> bool {
    let Ok(found) = base.join(href) else { return false };
    let plain = |url: &Url| {
        (
            url.host_str().map(|host| host.trim_start_matches("www.").to_owned()),
            url.path().trim_end_matches('/').to_owned(),
        )
    };
    plain(&found) == plain(url)
}

fn site_name(facts: &Facts, linked: &LinkedData) -> Option<String> {
    let declared = facts.meta(&[
        "og:site_name",
        "application-name",
        "al:android:app_name",
        "apple-mobile-web-app-title",
    ]);
    declared
        .map(plain_text)
        .or_else(|| linked.site_name.clone())
        .or_else(|| linked.publisher.clone())
        .filter(|name| !name.is_empty() && name.chars().count() <= 120)
}

/// Every name that the site may use for itself in titles and bylines.
fn site_names(facts: &Facts, linked: &LinkedData, url: &Url) -> Vec<String> {
    let mut names: Vec<String> =
        ["og:site_name", "application-name", "apple-mobile-web-app-title", "publisher", "dc.publisher"]
            .iter()
            .filter_map(|name| facts.meta(&[name]))
            .map(plain_text)
            .collect();
    names.extend(linked.site_name.clone());
    names.extend(linked.publisher.clone());
    if let Some(host) = url.host_str() {
        let host = host.trim_start_matches("www.");
        names.push(host.to_owned());
        let labels: Vec<&str> = host.split('.').collect();
        // The registrable name without its public suffix; the exact boundary matters little here.
        names.extend(
            labels.iter().rev().skip(1).find(|label| label.len() > 3).map(|label| (*label).to_owned()),
        );
    }
    names.retain(|name| !name.is_empty());
    names
}

fn locale(facts: &Facts, header: Option<&str>) -> Option<String> {
    let stated = facts.meta(&["og:locale", "content-language"]).filter(|tag| tag.len() <= 12);
    let found = stated.or(facts.lang.as_deref()).or(header)?;
    let tag = found.split([',', ';']).next()?.trim().replace('_', "-").to_ascii_lowercase();
    let fits = (2..=20).contains(&tag.len())
        && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !tag.starts_with('-');
    fits.then_some(tag)
}

fn tags(facts: &Facts, linked: &LinkedData) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    let section = linked
        .section
        .as_deref()
        .or_else(|| facts.meta(&["article:section", "og:article:section", "section"]))
        .map(plain_text);
    let named = facts.metas_named("article:tag").chain(facts.metas_named("og:article:tag")).map(plain_text);
    let keywords =
        facts.meta(&["news_keywords", "keywords", "sailthru.tags", "parsely-tags"]).unwrap_or_default();
    let listed = keywords.split([',', ';']).map(plain_text);
    for tag in section.into_iter().chain(named).chain(linked.keywords.iter().cloned()).chain(listed) {
        let fits = (2..=60).contains(&tag.chars().count()) && !tag.contains("://");
        if fits
            && tags.len() < MAX_TAGS
            && !tags.iter().any(|known| known.to_lowercase() == tag.to_lowercase())
        {
            tags.push(tag);
        }
    }
    tags
}

fn is_paywalled(facts: &Facts, linked: &LinkedData) -> bool {
    let tier = facts.meta(&["article:content_tier", "og:content_tier"]).map(str::to_ascii_lowercase);
    linked.free == Some(false) || matches!(tier.as_deref(), Some("locked" | "metered" | "premium" | "paid"))
}
