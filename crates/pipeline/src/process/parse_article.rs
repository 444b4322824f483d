//! Parses a capture into an article, or into the reason why it is not one. A pure function: the
//! same capture and the same rules give the same result.

use courant_analysis::{
    extract::{self, Extracted, PageInput},
    identity::{self, Claims, Identity},
};
use courant_formats::encoding::decode_html;
use courant_model::{
    Article, ArticleKind, CaptureOrigin, DateOrigin, FullTextOf, Image, KnownProvider, Map, NewCapture,
    Reason, Rejection, RejectionKind, Timestamp, UNREAD, Unread,
};
use courant_site::Site;

use crate::{
    gather::entry_fields::EntryFacts,
    process::{
        attribution::{self, Confirmed, SourceAuthority},
        candidate::{ParsedArticle, judged, links_of, provider},
        full_text, publishable, record_capture,
    },
    rules::Rules,
};

/// Maximum number of tags, and of authors, that an article keeps.
const MAX_LIST: usize = 20;
/// Maximum time in seconds by which a stated time of publication may be after the time of capture.
/// Wrong clocks and time zones cause differences of up to a day; a later time is ignored.
const MAX_AHEAD_S: i64 = 24 * 3600;

/// Parses a capture.
///
/// Errors: the reason why the capture is not an article.
pub fn parse_article(capture: &NewCapture, site: &Site, rules: &Rules) -> Result<ParsedArticle, Rejection> {
    if let CaptureOrigin::Record(path) = &capture.origin {
        return record_capture::parse_article(capture, path, site, rules);
    }
    let authority = SourceAuthority::of(capture.source.as_deref(), site);
    let mut entry = capture.entry.as_deref().map(|json| EntryFacts::from_json(json, &capture.final_url));
    let full_text_of = match &capture.origin {
        CaptureOrigin::FullText(of) => Some(of),
        _ => None,
    };
    let is_full_text = full_text_of.is_some();
    let page = match unread(capture) {
        Some(why) => {
            if let Some(rejection) = why.rejection(authority.speaks_for(&capture.url)) {
                return Err(rejection);
            }
            PageState::Unread(why)
        }
        None => PageState::Read(Box::new(extracted(capture))),
    };
    let (page, identity) = confirm(capture, page, full_text_of, site, rules);
    let speaks_for_page = is_full_text || authority.speaks_for(&identity.canonical);
    if !speaks_for_page
        && let (PageState::Read(page), Some(entry)) = (&page, &mut entry)
        && page.rejection.is_none()
    {
        // The page was read; another provider's source must not complete its text.
        *entry = entry.times_alone();
    }
    let (page, entry, unread) = page_or_entry(page, entry)?;
    let paywalled = page.paywalled;
    let print_url = page.print_url.clone();
    let mut article = merged(capture, page, entry, &identity, &site.providers);
    if article.title.is_empty() {
        let because = match &unread {
            Some(why) => format!("page not read ({}), and its entry has no title", why.because()),
            None => "neither the page nor its entry has a title".to_owned(),
        };
        return Err(Rejection::new(RejectionKind::NoTitle, because));
    }
    if let Some(why) = unread.filter(|_| !speaks_for_page) {
        credit_source(&mut article, &authority, &why)?;
    }
    publishable::clean(&mut article, &rules.addresses)?;
    let judgement = judged(&article, rules, paywalled, false, None);
    let links = links_of(&article, rules);
    let full_text_url = full_text::url_of(
        &article,
        paywalled,
        &capture.final_url,
        [article.amp_web_url.as_ref(), print_url.as_ref()],
    );
    let full_text_url = full_text_url.filter(|url| rules.addresses.check(url).is_ok());
    Ok(ParsedArticle {
        article,
        judgement,
        key: identity.key,
        identity_steps: identity.steps,
        paywalled,
        path: None,
        given_topics: None,
        extra: Map::new(),
        links,
        full_text_url: full_text_url.filter(|_| !is_full_text && !capture.body.is_empty()),
        is_full_text,
    })
}

/// Why the page of a capture was not read, if it was not.
fn unread(capture: &NewCapture) -> Option<Unread> {
    match &capture.origin {
        CaptureOrigin::Entry(why) => Some(why.clone()),
        _ => capture.body.is_empty().then_some(Unread::NotFetched),
    }
}

/// The page of a capture, or why it was not read.
enum PageState {
    Read(Box<Extracted>),
    Unread(Unread),
}

/// The page and the identity of its article. A page that was served by another provider than the
/// article's says nothing about the article, so it counts as unread.
fn confirm(
    capture: &NewCapture,
    page: PageState,
    full_text_of: Option<&FullTextOf>,
    site: &Site,
    rules: &Rules,
) -> (PageState, Identity) {
    let none = Extracted::default();
    let read = if let PageState::Read(page) = &page { page } else { &none };
    // A consent or login page says nothing about the URL of the article either.
    let read = if read.rejection.is_none() { read } else { &none };
    let claims = Claims {
        requested: &capture.url,
        final_url: &capture.final_url,
        canonical: read.canonical.as_ref(),
        og_url: read.og_url.as_ref(),
        json_ld_url: read.json_ld_url.as_ref(),
        amp_url: read.amp_url.as_ref(),
    };
    if let Some(full_text_of) = full_text_of {
        let identity = identity_of_full_text(&claims, full_text_of, capture, rules);
        return (page, identity);
    }
    match attribution::identify(&claims, &rules.urls, &site.providers) {
        Confirmed::Served(identity) => (page, identity),
        Confirmed::Elsewhere(identity, why) => (PageState::Unread(why), identity),
    }
}

/// A full-text page belongs to the article for which it was fetched, whatever its own claims are.
fn identity_of_full_text(
    claims: &Claims<'_>,
    FullTextOf { article_url, identity_steps }: &FullTextOf,
    capture: &NewCapture,
    rules: &Rules,
) -> Identity {
    let own = Claims {
        requested: article_url,
        final_url: article_url,
        canonical: None,
        og_url: None,
        json_ld_url: None,
        ..*claims
    };
    let mut identity = identity::identify(&own, &rules.urls);
    identity.steps.clone_from(identity_steps);
    identity.steps.push(format!("full text taken from {}", capture.final_url));
    identity
}

/// Credits an article whose page was not read to its source, without the name, domain, logos and
/// trust of the provider to which the entry links.
fn credit_source(
    article: &mut Article,
    authority: &SourceAuthority<'_>,
    why: &Unread,
) -> Result<(), Rejection> {
    let Some(provider) = authority.provider() else {
        return Err(Rejection::new(RejectionKind::NoSource, why.because()));
    };
    let detail = format!("page not read: {}; credited to {}", why.because(), provider.domain);
    article.remarks.push(Reason::new(UNREAD, detail));
    article.provider = provider;
    // Nobody has confirmed these URLs of the other provider.
    article.amp_web_url = None;
    article.cdn_amp_web_url = None;
    Ok(())
}

fn extracted(capture: &NewCapture) -> Extracted {
    let decoded = decode_html(&capture.body, capture.header("content-type"));
    extract::extract(&PageInput {
        html: &decoded.text,
        url: &capture.final_url,
        content_language: capture.header("content-language"),
    })
}

/// Decides between page and entry. The third value is the reason why the entry is used although
/// there is a page, or why the page was not read.
///
/// If the page is not an article, the entry is used if it has a title and an excerpt, unless the
/// page is clearly something else: feeds do link to consent and login pages and to pages that need
/// scripts, but also to shops and lists.
fn page_or_entry(
    page: PageState,
    entry: Option<EntryFacts>,
) -> Result<(Extracted, EntryFacts, Option<Unread>), Rejection> {
    let entry = entry.unwrap_or_default();
    let page = match page {
        PageState::Unread(why) => return Ok((Extracted::default(), entry, Some(why))),
        PageState::Read(page) => *page,
    };
    match &page.rejection {
        None => Ok((page, entry, None)),
        Some(rejection) => {
            let has_entry = !entry.title.is_empty() && !entry.excerpt.is_empty();
            if rejection.kind.may_hide_article() && has_entry {
                Ok((Extracted::default(), entry, Some(Unread::Failed(rejection.to_string()))))
            } else {
                Err(rejection.clone())
            }
        }
    }
}

fn merged(
    capture: &NewCapture,
    page: Extracted,
    entry: EntryFacts,
    identity: &Identity,
    known: &[KnownProvider],
) -> Article {
    let seen = capture.fetched;
    let (published, published_from) = publication_time(page.published, entry.published, seen);
    let page_is_longer = page.text.len() >= entry.text.len();
    let (text, html) = if page_is_longer { (page.text, page.html) } else { (entry.text, entry.html) };
    let language = page.language.or_else(|| extract::language(&text, entry.language.as_deref()));
    Article {
        id: identity.id,
        kind: if page.kind == ArticleKind::Article { entry.kind } else { page.kind },
        title: first_text(page.title, entry.title),
        excerpt: first_text(page.excerpt, entry.excerpt),
        text,
        html,
        published,
        published_from,
        updated: page
            .updated
            .or(entry.updated)
            .filter(|updated| *updated > published && is_not_ahead(*updated, seen)),
        first_seen: seen,
        original_url: identity.original.clone(),
        web_url: identity.canonical.clone(),
        amp_web_url: identity.amp.clone(),
        cdn_amp_web_url: identity.cdn_amp.clone(),
        provider: provider(&identity.canonical, page.site_name.as_deref(), known),
        authors: limited(if page.authors.is_empty() { entry.authors } else { page.authors }),
        tags: limited(if page.tags.is_empty() { entry.tags } else { page.tags }),
        language,
        locale: page.locale,
        images: lead_image(page.images, entry.images),
        featured_content: page.featured_content,
        source: capture.source.clone(),
        remarks: Vec::new(),
    }
}

/// The time of publication with its origin: as stated by the page, or else by the entry, if it is
/// not in the future; otherwise the time at which the article was first seen.
fn publication_time(
    page: Option<Timestamp>,
    entry: Option<Timestamp>,
    seen: Timestamp,
) -> (Timestamp, DateOrigin) {
    // A page often states only the day, and the entry the minute. Within 36 hours the entry is more
    // precise.
    let precise = match (page, entry) {
        (Some(page), Some(entry))
            if is_midnight(page) && page.duration_until(entry).abs().as_hours() < 36 =>
        {
            None
        }
        _ => page,
    };
    [(precise, DateOrigin::Page), (entry, DateOrigin::Entry), (page, DateOrigin::Page)]
        .into_iter()
        .find_map(|(time, origin)| {
            time.filter(|time| is_not_ahead(*time, seen)).map(|time| (whole_seconds(time), origin))
        })
        .unwrap_or((seen, DateOrigin::FirstSeen))
}

fn is_midnight(time: Timestamp) -> bool {
    time.as_second().rem_euclid(24 * 3600) == 0
}

fn is_not_ahead(time: Timestamp, seen: Timestamp) -> bool {
    time.as_second() <= seen.as_second() + MAX_AHEAD_S
}

/// Records have whole seconds, so fractions are dropped.
fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

fn first_text(first: String, second: String) -> String {
    if first.is_empty() { second } else { first }
}

fn limited(mut list: Vec<String>) -> Vec<String> {
    list.truncate(MAX_LIST);
    list
}

fn lead_image(page: Vec<Image>, entry: Vec<Image>) -> Vec<Image> {
    let mut images = if page.is_empty() { entry } else { page };
    images.truncate(1);
    images
}
