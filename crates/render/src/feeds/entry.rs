//! One entry of a feed: a story by its lead, or one report of a story.

use courant_model::Item;

use super::document::{FeedEntry, JsonAuthor};
use crate::{
    context::RenderContext,
    escaping::{References, write_escaped},
    formatting::{count, rfc3339, title_of},
    index::time_of,
    lead_image::lead_image,
    route::Route,
    story_card::source_count,
};

/// What is escaped in the HTML of feeds.
const ESCAPED: References<4> = [(b'&', "&amp;"), (b'<', "&lt;"), (b'>', "&gt;"), (b'"', "&quot;")];

/// What differs between the entries of stories and of reports.
struct Links {
    id: String,
    url: String,
    external_url: Option<String>,
    /// The page of the story, and the text of the link to it.
    page: String,
    page_text: String,
}

/// A story, which links to its page.
pub(super) fn story_entry(context: &RenderContext, at: usize) -> FeedEntry {
    let story = &context.snapshot.stories[at];
    let lead = &context.snapshot.items[story.lead];
    let page = context.url(Route::Story(story.id));
    let links = Links {
        id: page.clone(),
        url: page.clone(),
        external_url: lead.record.web_url.as_deref().and_then(|url| context.safe_link(url)),
        page,
        page_text: count(source_count(context, at), "source", "sources"),
    };
    entry(context, lead, links)
}

/// An article, which links to where it was published. Its id is the URL of its document in the API,
/// which does not change when it moves to another story.
pub(super) fn report_entry(context: &RenderContext, item: &Item) -> FeedEntry {
    let page = context.url(Route::Story(item.story));
    let links = Links {
        id: context.url(Route::ApiArticle(item.id)),
        url: item
            .record
            .web_url
            .as_deref()
            .and_then(|url| context.safe_link(url))
            .unwrap_or_else(|| page.clone()),
        external_url: None,
        page,
        page_text: "All coverage".to_owned(),
    };
    entry(context, item, links)
}

fn entry(context: &RenderContext, item: &Item, links: Links) -> FeedEntry {
    let taken = context.snapshot.taken;
    let record = &item.record;
    let published = time_of(item, taken);
    let updated = record.updated_date_time.filter(|&at| at >= published && at <= taken);
    let provider =
        record.provider.as_ref().map(|provider| provider.name.as_str()).filter(|name| !name.is_empty());
    FeedEntry {
        content_html: content(record.excerpt.as_deref(), provider, &links),
        description: escaped(record.excerpt.as_deref().unwrap_or_default()),
        id: links.id,
        url: links.url,
        external_url: links.external_url,
        title: title_of(record).to_owned(),
        summary: record.excerpt.clone(),
        image: lead_image(context, item).map(|image| context.absolute_url(image.src)),
        date_published: rfc3339(published),
        date_modified: rfc3339(updated.unwrap_or(published)),
        authors: record
            .authors
            .iter()
            .map(String::as_str)
            .chain(provider.filter(|_| record.authors.is_empty()))
            .map(|name| JsonAuthor { name: name.to_owned() })
            .collect(),
        tags: record.topics.clone(),
        language: record.language.clone(),
        published,
    }
}

/// The excerpt, then links to the article and to the page of its story, as HTML.
fn content(excerpt: Option<&str>, provider: Option<&str>, links: &Links) -> String {
    let article = links.external_url.as_deref().unwrap_or(&links.url);
    let mut html = String::with_capacity(512);
    if let Some(excerpt) = excerpt {
        html.push_str("<p>");
        push_escaped(&mut html, excerpt);
        html.push_str("</p>");
    }
    html.push_str("<p>");
    push_link(&mut html, article, provider.unwrap_or("Read the article"));
    html.push_str(" · ");
    push_link(&mut html, &links.page, &links.page_text);
    html.push_str("</p>");
    html
}

fn push_link(html: &mut String, href: &str, text: &str) {
    html.push_str("<a href=\"");
    push_escaped(html, href);
    html.push_str("\">");
    push_escaped(html, text);
    html.push_str("</a>");
}

/// Plain text as HTML.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 16);
    push_escaped(&mut html, text);
    html
}

fn push_escaped(html: &mut String, text: &str) {
    // Writing to a `String` cannot fail.
    let _ = write_escaped(html, text, &ESCAPED);
}
