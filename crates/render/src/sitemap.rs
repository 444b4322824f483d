//! Sitemaps by the sitemaps.org protocol 0.9, the news sitemap by Google's rules, and `robots.txt`.

use std::{io, ops::Range};

use courant_model::Timestamp;
use jiff::SignedDuration;

use crate::{
    Document, RenderError,
    context::RenderContext,
    formatting::{rfc3339, title_of},
    index::{articles_of, time_of},
    route::{List, Route},
    xml::xml_document,
};

/// Maximum number of URLs in one sitemap (sitemaps.org, "Using Sitemap index files").
const MAX_URLS: usize = 50_000;

/// Number of stories in one part of a divided sitemap: few, so that a new story costs little.
const STORIES_PER_PART: usize = 2_000;

/// Maximum number of articles in a news sitemap.
const MAX_NEWS: usize = 1_000;

/// Maximum age of an article in a news sitemap.
const MAX_NEWS_AGE: SignedDuration = SignedDuration::from_hours(48);

const XML: &str = "application/xml";
const SITEMAP_NS: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";
const NEWS_NS: &str = "http://www.google.com/schemas/sitemap-news/0.9";

/// `robots.txt`. Search results are excluded, because they repeat other pages.
pub(crate) fn robots(context: &RenderContext) -> String {
    format!(
        "User-agent: *\nDisallow: {}?\n\nSitemap: {}\nSitemap: {}\n",
        context.link(Route::Search),
        context.url(Route::Sitemap(None)),
        context.url(Route::NewsSitemap),
    )
}

/// The existing sitemaps: `None` for the sitemap or the index, then the parts.
pub(crate) fn parts(context: &RenderContext) -> impl Iterator<Item = Option<usize>> + use<> {
    std::iter::once(None).chain((1..=part_count(context)).map(Some))
}

/// The number of parts; 0 if one file has all. The first part has the lists, the others the stories
/// from the oldest on, so that a new story changes only the last part.
pub(crate) fn part_count(context: &RenderContext) -> usize {
    let index = &context.index;
    let pages = 5 + index.topics.len() + index.providers.len() + index.days.len();
    let stories = index.newest.len();
    if pages + stories <= STORIES_PER_PART { 0 } else { 1 + stories.div_ceil(STORIES_PER_PART) }
}

/// The part with the story at this place, counted from the oldest.
pub(crate) const fn part_of(place: usize) -> usize {
    2 + place / STORIES_PER_PART
}

/// The sitemap (an index where one file cannot hold all), or a part of it.
pub(crate) fn sitemap(context: &RenderContext, part: Option<usize>) -> Option<Result<Document, RenderError>> {
    let parts = part_count(context);
    let all = 0..context.index.newest.len();
    let written = match part {
        None if parts > 0 => sitemap_index(context, parts),
        None => url_set(context, pages(context), all),
        Some(1) if parts > 0 => url_set(context, pages(context), 0..0),
        Some(part) if part <= parts => {
            let start = (part - 2) * STORIES_PER_PART;
            url_set(context, Vec::new(), start..start + STORIES_PER_PART)
        }
        Some(_) => return None,
    };
    Some(written.map(|xml| context.document(XML, xml)).map_err(RenderError::Xml))
}

fn sitemap_index(context: &RenderContext, parts: usize) -> io::Result<Vec<u8>> {
    xml_document(|xml| {
        xml.element("sitemapindex", &[("xmlns", SITEMAP_NS)], |xml| {
            (1..=parts).try_for_each(|part| {
                xml.element("sitemap", &[], |xml| xml.text("loc", &context.url(Route::Sitemap(Some(part)))))
            })
        })
    })
}

/// The pages of lists.
fn pages(context: &RenderContext) -> Vec<Route<'_>> {
    let index = &context.index;
    let fixed = [Route::Page(List::Front, 0), Route::Topics, Route::Providers, Route::Archive, Route::About];
    fixed
        .into_iter()
        .chain(index.topics.keys().map(|id| Route::Page(List::Topic(id), 0)))
        .chain(index.providers.keys().map(|domain| Route::Page(List::Provider(domain), 0)))
        .chain(index.days.keys().rev().map(|&date| Route::Page(List::Day(date), 0)))
        .take(MAX_URLS)
        .collect()
}

/// These pages, then the stories in these places, counted from the oldest.
fn url_set(context: &RenderContext, pages: Vec<Route<'_>>, places: Range<usize>) -> io::Result<Vec<u8>> {
    let stories = context.index.newest.part(places);
    xml_document(|xml| {
        xml.element("urlset", &[("xmlns", SITEMAP_NS)], |xml| {
            for page in pages {
                xml.element("url", &[], |xml| xml.text("loc", &context.url(page)))?;
            }
            stories.iter().try_for_each(|&at| {
                xml.element("url", &[], |xml| {
                    let story = Route::Story(context.snapshot.stories[at].id);
                    xml.text("loc", &context.url(story))?;
                    xml.text("lastmod", &rfc3339(last_update(context, at)))
                })
            })
        })
    })
}

/// When the last article of a story was published or updated.
fn last_update(context: &RenderContext, story: usize) -> Timestamp {
    let taken = context.snapshot.taken;
    articles_of(&context.snapshot, story)
        .map(|index| {
            let item = &context.snapshot.items[index];
            let updated = item.record.updated_date_time.filter(|&updated| updated <= taken);
            updated.unwrap_or(Timestamp::MIN).max(time_of(item, taken))
        })
        .max()
        .unwrap_or(taken)
}

/// The stories of the last two days before the snapshot.
pub(crate) fn news(context: &RenderContext) -> Result<Document, RenderError> {
    let snapshot = &context.snapshot;
    let since = snapshot.taken.checked_sub(MAX_NEWS_AGE).unwrap_or(Timestamp::MIN);
    let xml = xml_document(|xml| {
        xml.element("urlset", &[("xmlns", SITEMAP_NS), ("xmlns:news", NEWS_NS)], |xml| {
            context
                .index
                .newest
                .newest_first()
                .map(|at| (&snapshot.stories[at], &snapshot.items[snapshot.stories[at].lead]))
                .take_while(|(_, lead)| time_of(lead, snapshot.taken) >= since)
                .take(MAX_NEWS)
                .try_for_each(|(story, lead)| {
                    xml.element("url", &[], |xml| {
                        xml.text("loc", &context.url(Route::Story(story.id)))?;
                        xml.element("news:news", &[], |xml| {
                            xml.element("news:publication", &[], |xml| {
                                xml.text("news:name", &snapshot.site.title)?;
                                xml.text("news:language", &snapshot.site.language)
                            })?;
                            xml.text("news:publication_date", &rfc3339(time_of(lead, snapshot.taken)))?;
                            xml.text("news:title", title_of(&lead.record))
                        })
                    })
                })
        })
    })?;
    Ok(context.document(XML, xml))
}
