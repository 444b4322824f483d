//! The JSON documents below `/api/v1/`: compact, fields in a fixed order, absent instead of null,
//! times as RFC 3339 in UTC with whole seconds.

mod types;

use courant_model::{ArticleId, Heat, Image, Item, StoryId};

pub use types::{
    Article, ArticleList, ArticleReasons, Collection, CollectionList, CollectionRecord, Hit, Moved,
    ProviderEntry, ProviderList, RecordList, SearchAnswer, Story, StoryList, StoryReasons, Topic, TopicList,
};

use crate::{
    Document, RenderError, SearchView,
    context::RenderContext,
    formatting::{rfc3339, title_of},
    index::{articles_of, time_of},
    route::{List, Route},
    story_card::source_count,
};

/// Maximum number of related articles of a story in a list; its own document has all.
pub(crate) const RELATED_IN_LIST: usize = 10;

/// Which reasons the JSON of a story has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Explain {
    /// None: for lists.
    Nothing,
    /// The terms of its heat.
    Heat,
    /// The terms of its heat, and the reasons of each of its articles.
    All,
}

/// A page of the stories, newest first: 0 has the newest, the others are counted from the oldest.
pub(crate) fn stories(context: &RenderContext, page: usize) -> Option<Result<Document, RenderError>> {
    let newest = &context.index.newest;
    let paging = context.paging(newest.len());
    let shown = newest.part(paging.places(page)?);
    let (newer, older) = paging.beside(page);
    let url = |page: usize| context.url(Route::ApiStories(page));
    Some(context.json(&StoryList {
        total: (page == 0).then_some(newest.len()),
        page: (page > 0).then_some(page),
        pages: (page == 0).then_some(paging.count()),
        previous: newer.map(url),
        next: older.map(url),
        cursor: None,
        stories:
            shown.into_iter().map(|at| story_of(context, at, RELATED_IN_LIST, Explain::Nothing)).collect(),
    }))
}

/// One story with all its articles and these reasons.
pub(crate) fn story(
    context: &RenderContext,
    id: StoryId,
    explain: Explain,
) -> Option<Result<Document, RenderError>> {
    let Some(at) = context.index.public_story(&context.snapshot, id) else {
        let target = context.index.target_of(&context.snapshot, id)?;
        return Some(moved(context, target));
    };
    Some(context.json(&story_of(context, at, usize::MAX, explain)))
}

/// One article with the reasons of its quality, its topics and its story.
pub(crate) fn article(context: &RenderContext, id: ArticleId) -> Option<Result<Document, RenderError>> {
    let item = &context.snapshot.items[context.public_item(id)?];
    Some(context.json(&article_of(context, item, true)))
}

/// The taxonomy.
pub(crate) fn topics(context: &RenderContext) -> Result<Document, RenderError> {
    let all = &context.snapshot.topics;
    let topics = all
        .iter()
        .filter_map(|topic| {
            let stories = context.index.topics.get(&topic.id)?;
            let parent = topic.parent.as_ref().and_then(|name| context.index.topic_names.get(name));
            Some(Topic {
                id: &topic.id,
                name: &topic.name,
                shortname: topic.shortname.as_deref(),
                parent: parent.map(|&at| all[at].id.as_str()),
                description: topic.description.as_deref(),
                url: context.url(Route::Page(List::Topic(&topic.id), 0)),
                stories: stories.len(),
            })
        })
        .collect();
    context.json(&TopicList { topics })
}

/// The providers with public articles, by domain.
pub(crate) fn providers(context: &RenderContext) -> Result<Document, RenderError> {
    let providers = context
        .index
        .providers
        .iter()
        .map(|(domain, articles)| ProviderEntry {
            domain,
            name: context.index.provider_name(&context.snapshot, domain),
            url: context.url(Route::Page(List::Provider(domain), 0)),
            articles: articles.len(),
        })
        .collect();
    context.json(&ProviderList { providers })
}

/// The answer to a search.
pub(crate) fn search(context: &RenderContext, view: &SearchView) -> Result<Document, RenderError> {
    let hits = view.hits.iter().filter_map(|hit| {
        let item = &context.snapshot.items[context.public_item(hit.article)?];
        Some(Hit { article: article_of(context, item, false), snippet_html: marked(&hit.snippet) })
    });
    context.json(&SearchAnswer {
        query: &view.query,
        topic: view.topic.as_deref(),
        total: view.total,
        page: view.page(),
        pages: view.pages(),
        hits: hits.collect(),
    })
}

pub(crate) fn story_of(
    context: &RenderContext,
    at: usize,
    max_related: usize,
    explain: Explain,
) -> Story<'_> {
    let snapshot = &context.snapshot;
    let view = &snapshot.stories[at];
    let lead = &snapshot.items[view.lead];
    let related = articles_of(snapshot, at).skip(1);
    Story {
        id: view.id,
        url: context.url(Route::Story(view.id)),
        heat: Heat::published_number(lead.heat),
        sources: source_count(context, at),
        articles: articles_of(snapshot, at).count(),
        lead: article_of(context, lead, explain == Explain::All),
        related: related
            .take(max_related)
            .map(|index| article_of(context, &snapshot.items[index], explain == Explain::All))
            .collect(),
        because: (explain != Explain::Nothing).then_some(StoryReasons { heat: &view.heat_because }),
    }
}

pub(crate) fn article_of<'a>(context: &RenderContext, item: &'a Item, explain: bool) -> Article<'a> {
    let record = &item.record;
    let link = |url: &Option<String>| url.as_deref().and_then(|url| context.safe_link(url));
    Article {
        id: item.id,
        story: item.story,
        copy_of: item.copy_of,
        kind: record.kind.as_deref(),
        title: title_of(record),
        excerpt: record.excerpt.as_deref(),
        published_date_time: rfc3339(time_of(item, context.snapshot.taken)),
        updated_date_time: record.updated_date_time.map(rfc3339),
        original_url: link(&record.original_url),
        web_url: link(&record.web_url),
        amp_web_url: link(&record.amp_web_url),
        cdn_amp_web_url: link(&record.cdn_amp_web_url),
        quality: record.quality,
        provider: record.provider.as_ref(),
        topics: &record.topics,
        tags: &record.tags,
        authors: &record.authors,
        language: record.language.as_deref(),
        locale: record.locale.as_deref(),
        images: record.images.iter().filter_map(|image| absolute_image(context, image)).collect(),
        because: explain.then_some(ArticleReasons {
            quality: &item.signals,
            topics: &item.topics,
            story: &item.because,
        }),
    }
}

/// An image with its absolute URL; `None` if that is not safe.
fn absolute_image(context: &RenderContext, image: &Image) -> Option<Image> {
    let url = context.absolute_url(context.safe_image(&image.url)?);
    Some(Image { url, ..image.clone() })
}

impl Moved {
    pub(crate) fn new(context: &RenderContext, into: StoryId) -> Self {
        Self { moved_to: into, url: context.url(Route::ApiStory(into)) }
    }
}

/// The document of a merged story: the URL of the present one, for clients and hosts that do not
/// follow redirects.
fn moved(context: &RenderContext, into: StoryId) -> Result<Document, RenderError> {
    let document = context.json(&Moved::new(context, into))?;
    Ok(Document { moved_to: Some(context.link(Route::ApiStory(into))), ..document })
}

fn marked(snippet: &str) -> String {
    let mut html = String::with_capacity(snippet.len() + 32);
    let mut open = false;
    for character in snippet.chars() {
        match character {
            '\u{2}' if !open => {
                html.push_str("<mark>");
                open = true;
            }
            '\u{3}' if open => {
                html.push_str("</mark>");
                open = false;
            }
            '\u{2}' | '\u{3}' => {}
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            _ => html.push(character),
        }
    }
    if open {
        html.push_str("</mark>");
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_always_pair_and_text_is_escaped() {
        assert_eq!(marked("\u{3}a\u{2}<b>\u{2}c"), "a<mark>&lt;b&gt;c</mark>");
    }
}
