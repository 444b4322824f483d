//! What a template is told about a story or an article: words and addresses, ready to be shown.

use courant_model::{ArticleId, Image, Item, Record};
use serde::Serialize;

use crate::{
    Publication,
    index::{articles_of, time_of},
    route::{List, Route},
    words::{count, is_right_to_left, is_segment, long_time, rfc3339, short_time},
};

/// Where browsers tell which links to articles were followed, below the root of the site: `beacon/ID/`.
pub const BEACON: &str = "beacon";

/// How many related articles a story shows in a list.
const RELATED_SHOWN: usize = 3;

/// A picture known to be smaller than this is a logo or a spacer and would be blown up.
const LEAST_PICTURE: (u32, u32) = (160, 90);

/// The size that is reserved for a picture of unknown size.
const USUAL_PICTURE: (u32, u32) = (640, 360);

/// An instant, ready to be shown.
#[derive(Debug, Serialize)]
pub(crate) struct Time {
    pub(crate) iso: String,
    pub(crate) long: String,
    pub(crate) short: String,
}

/// A name that perhaps leads somewhere.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Named<'a> {
    pub(crate) name: &'a str,
    pub(crate) href: Option<String>,
}

/// A picture with the size that is reserved for it.
#[derive(Debug, Serialize)]
pub(crate) struct Picture<'a> {
    pub(crate) src: String,
    /// Narrower copies and the picture itself, for the browser to choose from (HTML, 4.8.4.2.1).
    pub(crate) srcset: Option<String>,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) alt: &'a str,
    pub(crate) credit: Option<&'a str>,
}

/// One article in a line.
#[derive(Debug, Serialize)]
pub(crate) struct Line<'a> {
    pub(crate) title: &'a str,
    /// Where the article stands; the page of its story where its own address is not safe.
    pub(crate) href: String,
    /// Where the browser tells that the link to the article was followed, on a site that counts that.
    pub(crate) ping: Option<String>,
    pub(crate) excerpt: Option<&'a str>,
    pub(crate) provider: Option<Named<'a>>,
    pub(crate) time: Time,
    /// `video`, `podcast`, `collection`; nothing for an article.
    pub(crate) kind: Option<&'a str>,
    /// The language of the text, where it is not the site's.
    pub(crate) lang: Option<&'a str>,
    pub(crate) rtl: bool,
}

/// One story in a list: its lead, with the others folded in.
#[derive(Debug, Serialize)]
pub(crate) struct Card<'a> {
    #[serde(flatten)]
    pub(crate) lead: Line<'a>,
    /// The story's page.
    pub(crate) story: String,
    pub(crate) topics: Vec<Named<'a>>,
    pub(crate) heat: i32,
    /// Heat in five steps above the site's threshold.
    pub(crate) level: u8,
    /// How many providers report it independently: `5 sources`.
    pub(crate) sources: String,
    pub(crate) image: Option<Picture<'a>>,
    pub(crate) related: Vec<Line<'a>>,
    /// How many related articles are not shown.
    pub(crate) more: usize,
}

impl Time {
    pub(crate) fn of(item: &Item, publication: &Publication) -> Self {
        let at = time_of(item, publication.snapshot.taken);
        Self { iso: rfc3339(at), long: long_time(at), short: short_time(at) }
    }
}

impl Publication {
    /// A story, ready to be shown in a list.
    pub(crate) fn card(&self, story: usize) -> Card<'_> {
        let view = &self.snapshot.stories[story];
        let lead = &self.snapshot.items[view.lead];
        let related: Vec<usize> = articles_of(&self.snapshot, story).skip(1).collect();
        // Copies say nothing new: they stand on the story's page only.
        let shown: Vec<usize> = related
            .iter()
            .copied()
            .filter(|&index| self.snapshot.items[index].copy_of.is_none())
            .take(RELATED_SHOWN)
            .collect();
        let sources = self.source_count(story);
        Card {
            lead: self.line(lead),
            story: self.link(Route::Story(view.id)),
            topics: self.topics_of(&lead.record),
            heat: lead.heat.degrees(),
            level: heat_level(lead.heat.degrees(), self.snapshot.site.threshold),
            sources: count(sources, "source", "sources"),
            image: self.picture(lead),
            more: related.len() - shown.len(),
            related: shown.into_iter().map(|index| self.line(&self.snapshot.items[index])).collect(),
        }
    }

    /// An article in a line.
    pub(crate) fn line<'a>(&'a self, item: &'a Item) -> Line<'a> {
        let record = &item.record;
        let language = record.language.as_deref();
        let address = record.web_url.as_deref().and_then(|url| self.outside(url));
        Line {
            title: title_of(record),
            ping: address.as_ref().filter(|_| self.snapshot.site.beacon).map(|_| self.beacon(item.id)),
            href: address.unwrap_or_else(|| self.link(Route::Story(item.story))),
            excerpt: record.excerpt.as_deref().filter(|text| !text.is_empty()),
            provider: self.provider_of(record),
            time: Time::of(item, self),
            kind: record.kind.as_deref().filter(|kind| matches!(*kind, "video" | "podcast" | "collection")),
            lang: language
                .filter(|language| is_language(language) && *language != self.snapshot.site.language),
            rtl: language.is_some_and(is_right_to_left),
        }
    }

    /// Where browsers tell that a link to an article was followed.
    fn beacon(&self, article: ArticleId) -> String {
        format!("{}{BEACON}/{article}/", self.root)
    }

    /// How many providers tell a story in words of their own.
    pub(crate) fn source_count(&self, story: usize) -> usize {
        let mut domains: Vec<&str> = articles_of(&self.snapshot, story)
            .map(|index| &self.snapshot.items[index])
            .filter(|item| item.copy_of.is_none())
            .filter_map(|item| item.record.provider.as_ref())
            .map(|provider| provider.domain.as_str())
            .collect();
        domains.sort_unstable();
        domains.dedup();
        domains.len().max(1)
    }

    /// The topics of a record that have a page.
    pub(crate) fn topics_of<'a>(&'a self, record: &'a Record) -> Vec<Named<'a>> {
        record
            .topics
            .iter()
            .filter_map(|name| self.index.topic_names.get(name))
            .map(|&at| self.topic_link(at))
            .filter(|topic| topic.href.is_some())
            .collect()
    }

    /// A topic's name and its page.
    pub(crate) fn topic_link(&self, at: usize) -> Named<'_> {
        let topic = &self.snapshot.topics[at];
        let href = is_segment(&topic.id).then(|| self.link(Route::Page(List::Topic(&topic.id), 0)));
        Named { name: &topic.name, href }
    }

    fn provider_of<'a>(&'a self, record: &'a Record) -> Option<Named<'a>> {
        let provider = record.provider.as_ref()?;
        let name = self.index.described.get(&provider.domain).unwrap_or(&provider.name);
        let page = is_segment(&provider.domain).then_some(List::Provider(&provider.domain));
        Some(Named {
            name: if name.is_empty() { &provider.domain } else { name },
            href: page.map(|list| self.link(Route::Page(list, 0))),
        })
    }

    /// The first picture of an article that may be shown, unless it is known to be too small.
    pub(crate) fn picture<'a>(&self, item: &'a Item) -> Option<Picture<'a>> {
        let big_enough = |image: &&Image| {
            image.width.is_none_or(|width| width >= LEAST_PICTURE.0)
                && image.height.is_none_or(|height| height >= LEAST_PICTURE.1)
        };
        let image = item.record.images.iter().find(big_enough)?;
        let (width, height) = image.width.zip(image.height).unwrap_or(USUAL_PICTURE);
        let is_lead = item.record.images.first() == Some(image);
        // The site's own copy, where it holds one: readers are not sent to strangers for a picture.
        let copy = item.picture.as_deref().filter(|_| is_lead).map(|copy| format!("{}{copy}", self.root));
        let srcset = copy.as_ref().filter(|_| !item.thumbnails.is_empty()).map(|copy| {
            let narrower = item.thumbnails.iter();
            let narrower = narrower.map(|small| format!("{}{} {}w, ", self.root, small.path, small.width));
            narrower.chain([format!("{copy} {width}w")]).collect()
        });
        Some(Picture {
            srcset,
            src: copy.or_else(|| self.picture_outside(&image.url))?,
            width,
            height,
            alt: image.title.as_deref().unwrap_or_default(),
            credit: image.attribution.as_deref().filter(|text| !text.is_empty()),
        })
    }
}

/// The headline, or words in its place where a record has none.
pub(crate) fn title_of(record: &Record) -> &str {
    if record.title.trim().is_empty() { "Untitled" } else { &record.title }
}

/// Whether a text can stand in a `lang` attribute.
fn is_language(text: &str) -> bool {
    (2..=35).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn heat_level(heat: i32, threshold: i32) -> u8 {
    match heat.saturating_sub(threshold) {
        ..10 => 1,
        10..20 => 2,
        20..35 => 3,
        35..55 => 4,
        _ => 5,
    }
}
