//! What a template shows of a story or an article: texts and URLs, ready to be shown.

use std::sync::Arc;

use courant_model::{ArticleId, Heat, Image, Item, Record};
use minijinja::Value;

use crate::{
    RenderError,
    context::RenderContext,
    formatting::{count, is_right_to_left, is_segment, long_time, rfc3339, short_time, title_of},
    index::{articles_of, time_of},
    route::{List, Route},
    template_data::template_data,
};

/// The path below the site's root to which browsers report followed links to articles:
/// `beacon/ID/`.
pub const BEACON: &str = "beacon";

/// Maximum number of related articles that a story shows in a list.
const MAX_RELATED: usize = 3;

/// An image known to be smaller than this is a logo or a spacer and would be blurred when enlarged.
const MIN_IMAGE_SIZE: (u32, u32) = (160, 90);

/// The size that is reserved for an image of unknown size.
const DEFAULT_IMAGE_SIZE: (u32, u32) = (640, 360);

/// The levels of headings that stories have in lists whose HTML is kept: without and with headings
/// of days.
pub(crate) const ROW_HEADINGS: [u8; 2] = [2, 3];

template_data! {
    /// An instant in the forms that pages show.
    struct TimeText {
        iso,
        long,
        short,
    }
}

template_data! {
    /// A name, and the page to which it links if there is one.
    struct NameLink {
        name,
        href,
    }
}

template_data! {
    /// An image with the size that is reserved for it.
    struct ImageData {
        src,
        /// Narrower copies and the image itself, for the browser to choose from (HTML, 4.8.4.2.1).
        srcset,
        width,
        height,
        alt,
        credit,
    }
}

template_data! {
    /// One article in a list.
    struct ArticleLine {
        title,
        /// The URL of the article; the page of its story if that URL is not safe.
        href,
        /// Where the browser reports that the link to the article was followed, on a site that
        /// counts that.
        ping,
        excerpt,
        provider,
        time,
        /// `video`, `podcast`, `collection`; none for an article.
        kind,
        /// The language of the text if it is not the site's.
        lang,
        rtl,
    }
}

template_data! {
    /// One story in a list: its lead, and some related articles.
    struct StoryCard in lead: ArticleLine {
        /// The story's page.
        story,
        topics,
        heat,
        /// Heat in five steps above the site's threshold.
        level,
        /// The number of providers that report it independently: `5 sources`.
        sources,
        image,
        related,
        /// The number of related articles that are not shown.
        more,
    }
}

template_data! {
    struct Row {
        card,
        form,
        level,
    }
}

/// The HTML of a story in a list, as `story_card.html` gives it. It is kept until the story
/// changes, because each story is in several lists.
pub(crate) fn story_row(
    context: &RenderContext,
    story: usize,
    heading_level: u8,
) -> Result<Value, RenderError> {
    let id = context.snapshot.stories[story].id;
    context.cache.row(id, heading_level, || {
        let row = Row { card: story_card(context, story), form: "row".into(), level: heading_level.into() };
        Ok(Value::from_safe_string(context.templates.render("story_card.html", row.into())?))
    })
}

/// A story, ready to be shown in a list.
pub(crate) fn story_card(context: &RenderContext, story: usize) -> Value {
    let view = &context.snapshot.stories[story];
    let items = &context.snapshot.items;
    let lead = &items[view.lead];
    let related: Vec<usize> = articles_of(&context.snapshot, story).skip(1).collect();
    // Copies repeat the text of another article: only the story's page lists them.
    let originals = related.iter().filter(|&&index| items[index].copy_of.is_none());
    let shown: Vec<Value> =
        originals.take(MAX_RELATED).map(|&index| article_line(context, &items[index]).into()).collect();
    let card = StoryCard {
        lead: Arc::new(article_line(context, lead)),
        story: context.link(Route::Story(view.id)).into(),
        topics: topic_links(context, &lead.record).into(),
        heat: Heat::published_number(lead.heat).into(),
        level: heat_level(Heat::published_number(lead.heat), context.snapshot.site.threshold).into(),
        sources: count(source_count(context, story), "source", "sources").into(),
        image: lead_image(context, lead).map(LeadImage::into_value).into(),
        more: (related.len() - shown.len()).into(),
        related: shown.into(),
    };
    card.into()
}

/// An article, ready to be shown in a list.
pub(crate) fn article_line(context: &RenderContext, item: &Item) -> ArticleLine {
    let record = &item.record;
    let site = &context.snapshot.site;
    let language = record.language.as_deref();
    let url = record.web_url.as_deref().and_then(|url| context.safe_link(url));
    let kind = record.kind.as_deref().filter(|kind| matches!(*kind, "video" | "podcast" | "collection"));
    ArticleLine {
        title: title_of(record).into(),
        ping: url.as_ref().filter(|_| site.beacon).map(|_| ping_url(context, item.id)).into(),
        href: url.unwrap_or_else(|| context.link(Route::Story(item.story))).into(),
        excerpt: excerpt_of(record).into(),
        provider: provider_link(context, record).into(),
        time: time_text(context, item).into(),
        kind: kind.into(),
        lang: language.filter(|language| is_language(language) && *language != site.language).into(),
        rtl: language.is_some_and(is_right_to_left).into(),
    }
}

/// The excerpt of a record, if there is one.
pub(crate) fn excerpt_of(record: &Record) -> Option<&str> {
    record.excerpt.as_deref().filter(|text| !text.is_empty())
}

fn time_text(context: &RenderContext, item: &Item) -> TimeText {
    let at = time_of(item, context.snapshot.taken);
    TimeText { iso: rfc3339(at).into(), long: long_time(at).into(), short: short_time(at).into() }
}

/// Where browsers report that a link to an article was followed.
fn ping_url(context: &RenderContext, article: ArticleId) -> String {
    format!("{}{BEACON}/{article}/", context.root)
}

/// The number of providers that report a story in their own words.
pub(crate) fn source_count(context: &RenderContext, story: usize) -> usize {
    let mut domains: Vec<&str> = articles_of(&context.snapshot, story)
        .map(|index| &context.snapshot.items[index])
        .filter(|item| item.copy_of.is_none())
        .filter_map(|item| item.record.provider.as_ref())
        .map(|provider| provider.domain.as_str())
        .collect();
    domains.sort_unstable();
    domains.dedup();
    domains.len().max(1)
}

/// The topics of a record that have a page.
fn topic_links(context: &RenderContext, record: &Record) -> Vec<Value> {
    record
        .topics
        .iter()
        .filter_map(|name| context.index.topic_names.get(name))
        .filter(|&&at| is_segment(&context.snapshot.topics[at].id))
        .map(|&at| topic_link(context, at).into())
        .collect()
}

/// The name of a topic, and its page.
pub(crate) fn topic_link(context: &RenderContext, at: usize) -> NameLink {
    let topic = &context.snapshot.topics[at];
    NameLink { name: (&topic.name).into(), href: topic_page(context, at).into() }
}

/// The page of a topic, if its id can be part of a URL.
pub(crate) fn topic_page(context: &RenderContext, at: usize) -> Option<String> {
    let id = &context.snapshot.topics[at].id;
    is_segment(id).then(|| context.link(Route::Page(List::Topic(id), 0)))
}

fn provider_link(context: &RenderContext, record: &Record) -> Option<NameLink> {
    let provider = record.provider.as_ref()?;
    let name = context.index.described.get(&provider.domain).unwrap_or(&provider.name);
    let page = is_segment(&provider.domain).then_some(List::Provider(&provider.domain));
    Some(NameLink {
        name: if name.is_empty() { &provider.domain } else { name }.into(),
        href: page.map(|list| context.link(Route::Page(list, 0))).into(),
    })
}

/// The image that stands for an article.
pub(crate) struct LeadImage<'a> {
    pub(crate) src: String,
    srcset: Option<String>,
    width: u32,
    height: u32,
    image: &'a Image,
}

impl LeadImage<'_> {
    fn into_value(self) -> Value {
        let data = ImageData {
            src: self.src.into(),
            srcset: self.srcset.into(),
            width: self.width.into(),
            height: self.height.into(),
            alt: self.image.title.as_deref().unwrap_or_default().into(),
            credit: self.image.attribution.as_deref().filter(|text| !text.is_empty()).into(),
        };
        data.into()
    }
}

/// The first image of an article that may be shown, unless it is known to be too small.
pub(crate) fn lead_image<'a>(context: &RenderContext, item: &'a Item) -> Option<LeadImage<'a>> {
    let is_big_enough = |image: &&Image| {
        image.width.is_none_or(|width| width >= MIN_IMAGE_SIZE.0)
            && image.height.is_none_or(|height| height >= MIN_IMAGE_SIZE.1)
    };
    let image = item.record.images.iter().find(is_big_enough)?;
    let (width, height) = image.width.zip(image.height).unwrap_or(DEFAULT_IMAGE_SIZE);
    let is_first = item.record.images.first() == Some(image);
    // The site's own copy if there is one, so that readers' browsers load nothing from other hosts.
    let copy = item.picture.as_deref().filter(|_| is_first).map(|copy| format!("{}{copy}", context.root));
    let srcset = copy.as_ref().filter(|_| !item.thumbnails.is_empty()).map(|copy| {
        let narrower = item.thumbnails.iter();
        let narrower = narrower.map(|small| format!("{}{} {}w, ", context.root, small.path, small.width));
        narrower.chain([format!("{copy} {width}w")]).collect()
    });
    let src = copy.or_else(|| context.safe_image(&image.url))?;
    Some(LeadImage { src, srcset, width, height, image })
}

/// Whether a text is valid in a `lang` attribute.
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
