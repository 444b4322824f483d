//! What a template shows of a story or an article: texts and URLs, ready to be shown.

use std::sync::Arc;

use courant_model::{ArticleId, Heat, Item, Record};
use minijinja::Value;

use crate::{
    RenderError,
    card_parts::{kicker, language_of, provider_link, topic_links, topics_with_page},
    context::RenderContext,
    formatting::{count, long_time, rfc3339, short_time, title_of},
    index::{articles_of, time_of},
    kept::Rows,
    lead_image::{LeadImage, lead_image},
    route::Route,
    template_data::template_data,
};

/// The path below the site's root to which browsers report followed links to articles:
/// `beacon/ID/`.
pub const BEACON: &str = "beacon";

/// Maximum number of related articles that a story shows in a list.
const MAX_RELATED: usize = 3;

template_data! {
    /// An instant in the forms that pages show.
    struct TimeText {
        iso,
        long,
        short,
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
        /// The link to the provider as HTML; empty without provider.
        provider_link,
        time,
        /// `video`, `podcast`, `collection`; none for an article.
        kind,
        /// The language of the text if it is not the site's.
        lang,
        rtl,
        /// The attributes for that language, from `language.html`.
        language,
    }
}

template_data! {
    /// One story in a list: its lead, and some related articles.
    struct StoryCard in lead: ArticleLine {
        /// The story's page.
        story,
        topics,
        /// The kind and the first topics as HTML, from `kicker.html`.
        kicker,
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

/// The HTML of a story in lists.
pub(crate) fn story_rows(context: &RenderContext, story: usize) -> Result<Arc<Rows>, RenderError> {
    context.cache.rows(context.snapshot.stories[story].id, || {
        let card = Value::from(story_card(context, story)?);
        let row = |level: u8| {
            let row = Row { card: card.clone(), form: "row".into(), level: level.into() };
            context.templates.fragment("story_card.html", row.into())
        };
        Ok(Rows { below_days: row(3)?, of_day: row(2)? })
    })
}

/// A story, ready to be shown in a list.
pub(crate) fn story_card(context: &RenderContext, story: usize) -> Result<StoryCard, RenderError> {
    let lead = &context.snapshot.items[context.snapshot.stories[story].lead];
    card_of_line(context, story, Arc::new(article_line(context, lead)?))
}

/// A story, ready to be shown in a list, whose lead is ready already.
pub(crate) fn card_of_line(
    context: &RenderContext,
    story: usize,
    line: Arc<ArticleLine>,
) -> Result<StoryCard, RenderError> {
    let view = &context.snapshot.stories[story];
    let items = &context.snapshot.items;
    let lead = &items[view.lead];
    let related: Vec<usize> = articles_of(&context.snapshot, story).skip(1).collect();
    // Copies repeat the text of another article: only the story's page lists them.
    let originals = related.iter().filter(|&&index| items[index].copy_of.is_none());
    let shown: Vec<Value> = originals
        .take(MAX_RELATED)
        .map(|&index| article_line(context, &items[index]).map(Value::from))
        .collect::<Result<_, _>>()?;
    let topics = topics_with_page(context, &lead.record);
    Ok(StoryCard {
        lead: line,
        story: context.link(Route::Story(view.id)).into(),
        kicker: kicker(context, kind_of(&lead.record), &topics)?,
        topics: topic_links(context, &topics),
        heat: Heat::published_number(lead.heat).into(),
        level: heat_level(Heat::published_number(lead.heat), context.snapshot.site.threshold).into(),
        sources: count(source_count(context, story), "source", "sources").into(),
        image: lead_image(context, lead).map(LeadImage::into_value).into(),
        more: (related.len() - shown.len()).into(),
        related: shown.into(),
    })
}

/// An article, ready to be shown in a list.
pub(crate) fn article_line(context: &RenderContext, item: &Item) -> Result<ArticleLine, RenderError> {
    let record = &item.record;
    let site = &context.snapshot.site;
    let language = language_of(context, record)?;
    let url = record.web_url.as_deref().and_then(|url| context.safe_link(url));
    let provider = provider_link(context, record)?;
    Ok(ArticleLine {
        title: title_of(record).into(),
        ping: url.as_ref().filter(|_| site.beacon).map(|_| ping_url(context, item.id)).into(),
        href: url.unwrap_or_else(|| context.link(Route::Story(item.story))).into(),
        excerpt: excerpt_of(record).into(),
        provider_link: provider.as_ref().map_or_else(|| "".into(), |provider| provider.link.clone()),
        provider: provider.map(Value::from_dyn_object).into(),
        time: time_text(context, item).into(),
        kind: kind_of(record).into(),
        lang: language.lang,
        rtl: language.rtl,
        language: language.attributes,
    })
}

/// The kind of a record, unless it is an article.
fn kind_of(record: &Record) -> Option<&'static str> {
    let kind = record.kind.as_deref()?;
    ["video", "podcast", "collection"].into_iter().find(|known| *known == kind)
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

fn heat_level(heat: i32, threshold: i32) -> u8 {
    match heat.saturating_sub(threshold) {
        ..10 => 1,
        10..20 => 2,
        20..35 => 3,
        35..55 => 4,
        _ => 5,
    }
}
