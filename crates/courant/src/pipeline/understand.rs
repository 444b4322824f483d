//! From a capture to an article, or to the reason why it is none. A pure function: the same capture and the
//! same rules give the same answer.

use courant_analysis::{
    extract::{self, Extracted, PageInput},
    identity::{self, Claims, Identity},
    judge::JudgeInput,
};
use courant_formats::encoding::decode_html;
use courant_model::{
    Article, ArticleId, ArticleKind, DateOrigin, Image, Judgement, KnownProvider, Map, NewCapture, Provider,
    Reason, RecordPath, Rejection, Timestamp, UNREAD,
};
use url::Url;

use super::{
    attribution::{self, Confirmed, Unread, Voice},
    desk::Rules,
    entry::EntryFacts,
    fuller::{self, VersionOf},
    publishable, record_capture,
};
use crate::site::Site;

/// An article that was understood, with what the later steps need.
#[derive(Debug, Clone)]
pub(crate) struct Understood {
    pub(crate) article: Article,
    pub(crate) judgement: Judgement,
    /// The canonical key behind the article's id.
    pub(crate) key: String,
    pub(crate) identity_steps: Vec<String>,
    pub(crate) paywalled: bool,
    /// Imported records only: where the record stood, its topics and its unknown fields.
    pub(crate) path: Option<RecordPath>,
    pub(crate) given_topics: Option<Vec<String>>,
    pub(crate) extra: Map,
    /// The articles of other providers to which its text links.
    pub(crate) links: Vec<ArticleId>,
    /// Where a version with the whole text may stand, if this page holds only the beginning.
    pub(crate) fuller: Option<Url>,
    /// This is such a version: its text counts, and the rest only if nothing else is known.
    pub(crate) version: bool,
}

/// The most tags, authors and pictures that an article keeps.
const MAX_LIST: usize = 20;
/// How far ahead of the time of capture a stated time of publication may lie: clocks and zones are wrong by
/// up to a day; what claims more is not believed.
const MAX_AHEAD_S: i64 = 24 * 3600;

/// Understands a capture.
pub(crate) fn understand(capture: &NewCapture, site: &Site, rules: &Rules) -> Result<Understood, Rejection> {
    if record_capture::is_record(capture) {
        return record_capture::understand(capture, site, rules);
    }
    let voice = Voice::of(capture.source.as_deref(), site);
    let mut entry = capture.entry.as_deref().map(|json| EntryFacts::from_json(json, &capture.final_url));
    let version_of = VersionOf::of(capture);
    let version = version_of.is_some();
    let page = if capture.body.is_empty() {
        let why = Unread::in_capture(capture);
        if let Some(rejection) = why.rejection(voice.speaks_for(&capture.url)) {
            return Err(rejection);
        }
        Seen::Unread(why)
    } else {
        Seen::Page(Box::new(extracted(capture)))
    };
    let (page, identity) = confirmed(capture, page, version_of, site, rules);
    let speaks = version || voice.speaks_for(&identity.canonical);
    if !speaks
        && let (Seen::Page(page), Some(entry)) = (&page, &mut entry)
        && page.rejection.is_none()
    {
        // The page speaks for itself; its text is not for others to complete.
        *entry = entry.times_alone();
    }
    let (page, entry, unread) = settle(page, entry)?;
    let paywalled = page.paywalled;
    let print_url = page.print_url.clone();
    let mut article = merged(capture, page, entry, &identity, &site.providers);
    if article.title.is_empty() {
        let because = match &unread {
            Some(why) => format!("page not read: {}; its entry has no title", why.because()),
            None => "neither page nor entry has a title".to_owned(),
        };
        return Err(Rejection { reason: "no_title".to_owned(), because });
    }
    if let Some(why) = unread.filter(|_| !speaks) {
        credit_source(&mut article, &voice, &why)?;
    }
    publishable::clean(&mut article, &rules.addresses)?;
    let judgement = judged(&article, rules, paywalled, false, None);
    let links = links_of(&article, rules);
    let fuller = fuller::address(
        &article,
        paywalled,
        &capture.final_url,
        [article.amp_web_url.as_ref(), print_url.as_ref()],
    );
    let fuller = fuller.filter(|url| rules.addresses.check(url).is_ok());
    Ok(Understood {
        article,
        judgement,
        key: identity.key,
        identity_steps: identity.steps,
        paywalled,
        path: None,
        given_topics: None,
        extra: Map::new(),
        links,
        fuller: fuller.filter(|_| !version && !capture.body.is_empty()),
        version,
    })
}

/// What is known of the page behind a capture.
enum Seen {
    Page(Box<Extracted>),
    Unread(Unread),
}

/// The page and which article it is. A page that another provider served than the article's says nothing about it.
fn confirmed(
    capture: &NewCapture,
    page: Seen,
    version_of: Option<VersionOf>,
    site: &Site,
    rules: &Rules,
) -> (Seen, Identity) {
    let none = Extracted::default();
    let read = if let Seen::Page(page) = &page { page } else { &none };
    // A wall in front of the article has no say about its address either.
    let read = if read.rejection.is_none() { read } else { &none };
    let claims = Claims {
        requested: &capture.url,
        final_url: &capture.final_url,
        canonical: read.canonical.as_ref(),
        og_url: read.og_url.as_ref(),
        json_ld_url: read.json_ld_url.as_ref(),
        amp_url: read.amp_url.as_ref(),
    };
    if let Some(version_of) = version_of {
        let identity = of_version(&claims, version_of, capture, rules);
        return (page, identity);
    }
    match attribution::identify(&claims, &rules.urls, &site.providers) {
        Confirmed::Served(identity) => (page, identity),
        Confirmed::Elsewhere(identity, why) => (Seen::Unread(why), identity),
    }
}

/// A version that was fetched for its text is the article for which it was fetched, whatever it says of itself.
fn of_version(
    claims: &Claims<'_>,
    VersionOf { fuller_text_of: article, mut identity_steps }: VersionOf,
    capture: &NewCapture,
    rules: &Rules,
) -> Identity {
    let own = Claims {
        requested: &article,
        final_url: &article,
        canonical: None,
        og_url: None,
        json_ld_url: None,
        ..*claims
    };
    let mut identity = identity::identify(&own, &rules.urls);
    identity_steps.push(format!("the whole text was taken from {}", capture.final_url));
    identity.steps = identity_steps;
    identity
}

/// Credits an article whose page was not read to its source: neither name, domain, logo nor trust of the provider to
/// which the entry leads.
fn credit_source(article: &mut Article, voice: &Voice<'_>, why: &Unread) -> Result<(), Rejection> {
    let Some(provider) = voice.provider() else {
        return Err(Rejection { reason: "no_source".to_owned(), because: why.because().to_owned() });
    };
    let detail = format!("page not read: {}; credited to {}", why.because(), provider.domain);
    article.remarks.push(Reason::new(UNREAD, detail));
    article.provider = provider;
    // These are addresses of the other provider's that nobody has confirmed.
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

/// Decides between page and entry; with the reason where the entry stands for a page that was not read. A page that is
/// no article stands back where a source has named it with a title and some words, unless the page is clearly something
/// else: sources do name consent walls, log-in pages and script shells, but also shops and lists.
fn settle(
    page: Seen,
    entry: Option<EntryFacts>,
) -> Result<(Extracted, EntryFacts, Option<Unread>), Rejection> {
    let entry = entry.unwrap_or_default();
    let page = match page {
        Seen::Unread(why) => return Ok((Extracted::default(), entry, Some(why))),
        Seen::Page(page) => *page,
    };
    match &page.rejection {
        None => Ok((page, entry, None)),
        Some(rejection) => {
            let hidden = matches!(
                rejection.reason.as_str(),
                "login" | "error_page" | "guarded" | "consent" | "no_text" | "no_title"
            );
            if hidden && !entry.title.is_empty() && !entry.excerpt.is_empty() {
                let why = format!("{}: {}", rejection.reason, rejection.because);
                Ok((Extracted::default(), entry, Some(Unread::Failed(why))))
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
            .filter(|updated| *updated > published && not_ahead(*updated, seen)),
        first_seen: seen,
        original_url: identity.original.clone(),
        web_url: identity.canonical.clone(),
        amp_web_url: identity.amp.clone(),
        cdn_amp_web_url: identity.cdn_amp.clone(),
        provider: provider(&identity.canonical, page.site_name.as_deref(), known),
        authors: bounded(if page.authors.is_empty() { entry.authors } else { page.authors }),
        tags: bounded(if page.tags.is_empty() { entry.tags } else { page.tags }),
        language,
        locale: page.locale,
        images: lead_picture(page.images, entry.images),
        featured_content: page.featured_content,
        source: capture.source.clone(),
        remarks: Vec::new(),
    }
}

/// The articles of other providers to which an article's text links.
pub(super) fn links_of(article: &Article, rules: &Rules) -> Vec<ArticleId> {
    identity::outbound_links(&article.html, &article.provider.domain, &rules.urls)
}

/// The topics and the quality of an article. `is_copy` and `given_topics` are known only later, or from an
/// imported record.
pub(super) fn judged(
    article: &Article,
    rules: &Rules,
    paywalled: bool,
    is_copy: bool,
    given_topics: Option<&[String]>,
) -> Judgement {
    let input = JudgeInput::of_article(article, &article.text);
    rules.judge.judge(&JudgeInput { paywalled, is_copy, topics: given_topics, ..input })
}

/// The time of publication: the page's word before the entry's, each only if it does not lie ahead; else the
/// time at which the article was first seen.
fn publication_time(
    page: Option<Timestamp>,
    entry: Option<Timestamp>,
    seen: Timestamp,
) -> (Timestamp, DateOrigin) {
    // A page often states only the day, where its entry has the minute; within a day the entry says more.
    let finer = match (page, entry) {
        (Some(page), Some(entry))
            if is_midnight(page) && page.duration_until(entry).abs().as_hours() < 36 =>
        {
            None
        }
        _ => page,
    };
    [(finer, DateOrigin::Page), (entry, DateOrigin::Entry), (page, DateOrigin::Page)]
        .into_iter()
        .find_map(|(time, origin)| {
            time.filter(|time| not_ahead(*time, seen)).map(|time| (whole_seconds(time), origin))
        })
        .unwrap_or((seen, DateOrigin::FirstSeen))
}

fn is_midnight(time: Timestamp) -> bool {
    time.as_second().rem_euclid(24 * 3600) == 0
}

fn not_ahead(time: Timestamp, seen: Timestamp) -> bool {
    time.as_second() <= seen.as_second() + MAX_AHEAD_S
}

/// Records hold whole seconds, so nothing finer is kept.
fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

fn first_text(first: String, second: String) -> String {
    if first.is_empty() { second } else { first }
}

fn bounded(mut list: Vec<String>) -> Vec<String> {
    list.truncate(MAX_LIST);
    list
}

fn lead_picture(page: Vec<Image>, entry: Vec<Image>) -> Vec<Image> {
    let mut images = if page.is_empty() { entry } else { page };
    images.truncate(1);
    images
}

/// The provider of an address: as the site's owner describes it, else named after what its pages say.
pub(crate) fn provider(url: &Url, site_name: Option<&str>, known: &[KnownProvider]) -> Provider {
    let domain = identity::provider_domain(url);
    let described = known
        .iter()
        .find(|known| known.provider.domain == domain || known.aliases.contains(&domain))
        .map(|known| known.provider.clone());
    described.unwrap_or_else(|| {
        let is_of_another =
            |name: &str| known.iter().any(|known| known.provider.name.eq_ignore_ascii_case(name));
        let name = site_name.map(str::trim).filter(|name| {
            // A page may call itself what it likes, but not by the name of a provider that the site knows.
            !name.is_empty() && name.chars().count() <= 60 && !is_of_another(name)
        });
        Provider { name: name.unwrap_or(&domain).to_owned(), domain, images: Vec::new() }
    })
}
