//! Sitemaps by the sitemaps.org protocol 0.9, the news sitemap by Google's rules, and `robots.txt`.

use std::{io, ops::Range};

use courant_model::Timestamp;
use jiff::SignedDuration;

use crate::{
    Document, Publication, RenderError,
    card::title_of,
    index::{articles_of, time_of},
    route::{List, Route},
    words::rfc3339,
    xml::xml_document,
};

/// How many addresses one sitemap may hold (sitemaps.org, "Using Sitemap index files").
const MOST_URLS: usize = 50_000;

/// How many stories one part of a divided sitemap holds: few, so that a new one costs little.
const STORIES_IN_PART: usize = 2_000;

/// How many articles a news sitemap may hold.
const MOST_NEWS: usize = 1_000;

/// How old an article in a news sitemap may be.
const NEWS_WINDOW: SignedDuration = SignedDuration::from_hours(48);

const XML: &str = "application/xml";
const SITEMAP_NS: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";
const NEWS_NS: &str = "http://www.google.com/schemas/sitemap-news/0.9";

/// What crawlers are told. Search results stay out: they repeat what other pages say.
pub(crate) fn robots(publication: &Publication) -> String {
    format!(
        "User-agent: *\nDisallow: {}?\n\nSitemap: {}\nSitemap: {}\n",
        publication.link(Route::Search),
        publication.address(Route::Sitemap(None)),
        publication.address(Route::NewsSitemap),
    )
}

/// The sitemaps that exist: the one, or the index and its parts.
pub(crate) fn parts(publication: &Publication) -> impl Iterator<Item = Option<usize>> + use<> {
    std::iter::once(None).chain((1..=part_count(publication)).map(Some))
}

/// How many parts there are; none where one file holds all. The first lists lists, the others hold the stories
/// from the oldest on, so that a new story changes the last part alone.
pub(crate) fn part_count(publication: &Publication) -> usize {
    let index = &publication.index;
    let pages = 5 + index.topics.len() + index.providers.len() + index.days.len();
    let stories = index.newest.len();
    if pages + stories <= STORIES_IN_PART { 0 } else { 1 + stories.div_ceil(STORIES_IN_PART) }
}

/// The part in which a story stands that has this place in the order of time, from the oldest.
pub(crate) const fn part_of(place: usize) -> usize {
    2 + place / STORIES_IN_PART
}

/// The sitemap (an index where one file cannot hold all), or a part of it.
pub(crate) fn sitemap(
    publication: &Publication,
    part: Option<usize>,
) -> Option<Result<Document, RenderError>> {
    let parts = part_count(publication);
    let all = 0..publication.index.newest.len();
    let written = match part {
        None if parts > 0 => sitemap_index(publication, parts),
        None => url_set(publication, pages(publication), all),
        Some(1) if parts > 0 => url_set(publication, pages(publication), 0..0),
        Some(part) if part <= parts => {
            let start = (part - 2) * STORIES_IN_PART;
            url_set(publication, Vec::new(), start..start + STORIES_IN_PART)
        }
        Some(_) => return None,
    };
    Some(written.map(|xml| publication.document(XML, xml)).map_err(RenderError::Xml))
}

fn sitemap_index(publication: &Publication, parts: usize) -> io::Result<Vec<u8>> {
    xml_document(|xml| {
        xml.element("sitemapindex", &[("xmlns", SITEMAP_NS)], |xml| {
            (1..=parts).try_for_each(|part| {
                xml.element("sitemap", &[], |xml| {
                    xml.text("loc", &publication.address(Route::Sitemap(Some(part))))
                })
            })
        })
    })
}

/// The pages that list others.
fn pages(publication: &Publication) -> Vec<Route<'_>> {
    let index = &publication.index;
    let fixed = [Route::Page(List::Front, 0), Route::Topics, Route::Providers, Route::Archive, Route::About];
    fixed
        .into_iter()
        .chain(index.topics.keys().map(|id| Route::Page(List::Topic(id), 0)))
        .chain(index.providers.keys().map(|domain| Route::Page(List::Provider(domain), 0)))
        .chain(index.days.keys().rev().map(|&date| Route::Page(List::Day(date), 0)))
        .take(MOST_URLS)
        .collect()
}

/// These pages, then the stories in these places, counted from the oldest.
fn url_set(publication: &Publication, pages: Vec<Route<'_>>, places: Range<usize>) -> io::Result<Vec<u8>> {
    let stories = publication.index.newest.part(places);
    xml_document(|xml| {
        xml.element("urlset", &[("xmlns", SITEMAP_NS)], |xml| {
            for page in pages {
                xml.element("url", &[], |xml| xml.text("loc", &publication.address(page)))?;
            }
            stories.iter().try_for_each(|&at| {
                xml.element("url", &[], |xml| {
                    let story = Route::Story(publication.snapshot.stories[at].id);
                    xml.text("loc", &publication.address(story))?;
                    xml.text("lastmod", &rfc3339(last_news(publication, at)))
                })
            })
        })
    })
}

/// When the last article of a story came or was changed.
fn last_news(publication: &Publication, story: usize) -> Timestamp {
    let taken = publication.snapshot.taken;
    articles_of(&publication.snapshot, story)
        .map(|index| {
            let item = &publication.snapshot.items[index];
            let updated = item.record.updated_date_time.filter(|&updated| updated <= taken);
            updated.unwrap_or(Timestamp::MIN).max(time_of(item, taken))
        })
        .max()
        .unwrap_or(taken)
}

/// The stories of the last two days before the snapshot.
pub(crate) fn news(publication: &Publication) -> Result<Document, RenderError> {
    let snapshot = &publication.snapshot;
    let since = snapshot.taken.checked_sub(NEWS_WINDOW).unwrap_or(Timestamp::MIN);
    let xml = xml_document(|xml| {
        xml.element("urlset", &[("xmlns", SITEMAP_NS), ("xmlns:news", NEWS_NS)], |xml| {
            publication
                .index
                .newest
                .newest_first()
                .map(|at| (&snapshot.stories[at], &snapshot.items[snapshot.stories[at].lead]))
                .take_while(|(_, lead)| time_of(lead, snapshot.taken) >= since)
                .take(MOST_NEWS)
                .try_for_each(|(story, lead)| {
                    xml.element("url", &[], |xml| {
                        xml.text("loc", &publication.address(Route::Story(story.id)))?;
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
    Ok(publication.document(XML, xml))
}
