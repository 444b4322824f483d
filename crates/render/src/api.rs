//! The JSON documents below `/api/v1/`: compact, fields in a fixed order, absent instead of null, times as
//! RFC 3339 in UTC with whole seconds.

use courant_model::{ArticleId, Image, Item, Provider, Reason, Signal, StoryId, TopicMatch};
use serde::Serialize;

use crate::{
    Document, Publication, RenderError, SearchView,
    card::title_of,
    feeds::absolute,
    index::{articles_of, time_of},
    route::{List, Route},
    words::rfc3339,
};

const JSON: &str = "application/json";

/// How many related articles a story has in a list; its own document has all.
pub(crate) const RELATED_IN_LIST: usize = 10;

/// Which reasons a story is given with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Explain {
    /// None, and ten related articles at most: for lists.
    Nothing,
    /// The terms of its heat.
    Heat,
    /// Those of each of its articles too.
    All,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StoryList<'a> {
    /// How many stories there are; only where no page is numbered, so that old pages stay as they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<usize>,
    /// The number of the page, counted from the oldest story.
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<usize>,
    /// How many numbered pages there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pages: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    stories: Vec<Story<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Story<'a> {
    id: StoryId,
    url: String,
    pub(crate) heat: i32,
    /// Providers that tell it in words of their own.
    sources: usize,
    /// All articles, the lead and copies included.
    articles: usize,
    lead: Article<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<Article<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<StoryBecause<'a>>,
}

#[derive(Serialize)]
struct StoryBecause<'a> {
    heat: &'a [Reason],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Article<'a> {
    id: ArticleId,
    story: StoryId,
    #[serde(skip_serializing_if = "Option::is_none")]
    copy_of: Option<ArticleId>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'a str>,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    excerpt: Option<&'a str>,
    published_date_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_date_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    original_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    web_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amp_web_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cdn_amp_web_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quality: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<&'a Provider>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    topics: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tags: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    authors: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<Image>,
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<ArticleBecause<'a>>,
}

#[derive(Serialize)]
struct ArticleBecause<'a> {
    quality: &'a [Signal],
    topics: &'a [TopicMatch],
    story: &'a [Reason],
}

#[derive(Serialize)]
struct TopicList<'a> {
    topics: Vec<Topic<'a>>,
}

#[derive(Serialize)]
struct Topic<'a> {
    id: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    shortname: Option<&'a str>,
    /// The id of the parent.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    url: String,
    stories: usize,
}

#[derive(Serialize)]
struct ProviderList<'a> {
    providers: Vec<ProviderEntry<'a>>,
}

#[derive(Serialize)]
struct ProviderEntry<'a> {
    domain: &'a str,
    name: &'a str,
    url: String,
    articles: usize,
}

#[derive(Serialize)]
struct SearchAnswer<'a> {
    query: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<&'a str>,
    total: usize,
    page: usize,
    pages: usize,
    hits: Vec<Hit<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Hit<'a> {
    article: Article<'a>,
    /// HTML: text with `mark` elements around what was found.
    snippet_html: String,
}

/// A page of the stories, newest first: 0 has the newest, the others are counted from the oldest.
pub(crate) fn stories(publication: &Publication, page: usize) -> Option<Result<Document, RenderError>> {
    let newest = &publication.index.newest;
    let paging = publication.paging(newest.len());
    let shown = newest.part(paging.places(page)?);
    let (newer, older) = paging.beside(page);
    let address = |page: usize| publication.address(Route::ApiStories(page));
    Some(answer(
        publication,
        &StoryList {
            total: (page == 0).then_some(newest.len()),
            page: (page > 0).then_some(page),
            pages: (page == 0).then_some(paging.count()),
            previous: newer.map(address),
            next: older.map(address),
            stories: shown
                .into_iter()
                .map(|at| story_of(publication, at, RELATED_IN_LIST, Explain::Nothing))
                .collect(),
        },
    ))
}

/// One story with all its articles, the terms of its heat, and the reasons that are asked for.
pub(crate) fn story(
    publication: &Publication,
    id: StoryId,
    explain: Explain,
) -> Option<Result<Document, RenderError>> {
    let Some(at) = publication.index.public_story(&publication.snapshot, id) else {
        let target = publication.index.target_of(&publication.snapshot, id)?;
        return Some(moved(publication, target));
    };
    Some(answer(publication, &story_of(publication, at, usize::MAX, explain)))
}

/// One article with the reasons behind its quality, its topics and its place.
pub(crate) fn article(publication: &Publication, id: ArticleId) -> Option<Result<Document, RenderError>> {
    let item = &publication.snapshot.items[publication.public_item(id)?];
    Some(answer(publication, &article_of(publication, item, true)))
}

/// The taxonomy.
pub(crate) fn topics(publication: &Publication) -> Result<Document, RenderError> {
    let all = &publication.snapshot.topics;
    let topics = all
        .iter()
        .filter_map(|topic| {
            let stories = publication.index.topics.get(&topic.id)?;
            let parent = topic.parent.as_ref().and_then(|name| publication.index.topic_names.get(name));
            Some(Topic {
                id: &topic.id,
                name: &topic.name,
                shortname: topic.shortname.as_deref(),
                parent: parent.map(|&at| all[at].id.as_str()),
                description: topic.description.as_deref(),
                url: publication.address(Route::Page(List::Topic(&topic.id), 0)),
                stories: stories.len(),
            })
        })
        .collect();
    answer(publication, &TopicList { topics })
}

/// The providers with public articles, by domain.
pub(crate) fn providers(publication: &Publication) -> Result<Document, RenderError> {
    let providers = publication
        .index
        .providers
        .iter()
        .map(|(domain, articles)| ProviderEntry {
            domain,
            name: publication.index.provider_name(&publication.snapshot, domain),
            url: publication.address(Route::Page(List::Provider(domain), 0)),
            articles: articles.len(),
        })
        .collect();
    answer(publication, &ProviderList { providers })
}

/// The answer to a search.
pub(crate) fn search(publication: &Publication, view: &SearchView) -> Result<Document, RenderError> {
    let hits = view.hits.iter().filter_map(|hit| {
        let item = &publication.snapshot.items[publication.public_item(hit.article)?];
        Some(Hit { article: article_of(publication, item, false), snippet_html: marked(&hit.snippet) })
    });
    answer(
        publication,
        &SearchAnswer {
            query: &view.query,
            topic: view.topic.as_deref(),
            total: view.total,
            page: view.page(),
            pages: view.pages(),
            hits: hits.collect(),
        },
    )
}

pub(crate) fn story_of(
    publication: &Publication,
    at: usize,
    most_related: usize,
    explain: Explain,
) -> Story<'_> {
    let snapshot = &publication.snapshot;
    let view = &snapshot.stories[at];
    let lead = &snapshot.items[view.lead];
    let related = articles_of(snapshot, at).skip(1);
    Story {
        id: view.id,
        url: publication.address(Route::Story(view.id)),
        heat: lead.heat.degrees(),
        sources: publication.source_count(at),
        articles: articles_of(snapshot, at).count(),
        lead: article_of(publication, lead, explain == Explain::All),
        related: related
            .take(most_related)
            .map(|index| article_of(publication, &snapshot.items[index], explain == Explain::All))
            .collect(),
        because: (explain != Explain::Nothing).then_some(StoryBecause { heat: &view.heat_because }),
    }
}

pub(crate) fn article_of<'a>(publication: &Publication, item: &'a Item, explain: bool) -> Article<'a> {
    let record = &item.record;
    let link = |address: &Option<String>| address.as_deref().and_then(|url| publication.outside(url));
    Article {
        id: item.id,
        story: item.story,
        copy_of: item.copy_of,
        kind: record.kind.as_deref(),
        title: title_of(record),
        excerpt: record.excerpt.as_deref(),
        published_date_time: rfc3339(time_of(item, publication.snapshot.taken)),
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
        images: record.images.iter().filter_map(|image| absolute_image(publication, image)).collect(),
        because: explain.then_some(ArticleBecause {
            quality: &item.signals,
            topics: &item.topics,
            story: &item.because,
        }),
    }
}

/// A picture with its full address; `None` where that is not one for the web.
fn absolute_image(publication: &Publication, image: &Image) -> Option<Image> {
    let url = absolute(publication, publication.picture_outside(&image.url)?);
    Some(Image { url, ..image.clone() })
}

/// Where a story went that was merged into another.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Moved {
    moved_to: StoryId,
    url: String,
}

impl Moved {
    pub(crate) fn new(publication: &Publication, into: StoryId) -> Self {
        Self { moved_to: into, url: publication.address(Route::ApiStory(into)) }
    }
}

/// A merged story answers with the address of the present one, for clients and hosts that know no redirects.
fn moved(publication: &Publication, into: StoryId) -> Result<Document, RenderError> {
    let document = answer(publication, &Moved::new(publication, into))?;
    Ok(Document { moved_to: Some(publication.link(Route::ApiStory(into))), ..document })
}

fn marked(snippet: &str) -> String {
    let mut html = String::with_capacity(snippet.len() + 32);
    let mut open = false;
    for letter in snippet.chars() {
        match letter {
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
            _ => html.push(letter),
        }
    }
    if open {
        html.push_str("</mark>");
    }
    html
}

pub(crate) fn answer(publication: &Publication, value: &impl Serialize) -> Result<Document, RenderError> {
    Ok(publication.document(JSON, serde_json::to_vec(value)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_always_pair_and_text_is_escaped() {
        assert_eq!(marked("\u{3}a\u{2}<b>\u{2}c"), "a<mark>&lt;b&gt;c</mark>");
    }
}
