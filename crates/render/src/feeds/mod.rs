//! Feeds of the newest stories, of the reports of one story, and of the results of a search: RSS
//! 2.0, Atom (RFC 4287) and JSON Feed 1.1.
//!
//! Entries are sorted by time of publication, so that an edit never reorders a feed. An entry's id
//! is permanent: the URL of its story's page, or that of its article's document.

pub(crate) mod document;
mod entry;
mod write;

use std::cmp::Reverse;

use courant_model::StoryId;

use self::{
    document::{FeedDoc, FeedEntry},
    entry::{report_entry, story_entry},
};
use crate::{
    Document, RenderError, SearchView,
    context::RenderContext,
    formatting::title_of,
    grouped_copies::grouped_copies,
    index::{SortedIndex, article_by_time, articles_of},
    route::{Channel, List, Route, Syntax},
};

/// Maximum number of entries in a feed.
pub const FEED_ENTRIES: usize = 50;

const fn content_type(syntax: Syntax) -> &'static str {
    match syntax {
        Syntax::Rss => "application/rss+xml; charset=utf-8",
        Syntax::Atom => "application/atom+xml; charset=utf-8",
        // JSON has no charset parameter (RFC 8259 §11).
        Syntax::Json => "application/feed+json",
    }
}

/// A feed of the site, of a topic or of a story; `None` if that does not exist, or if the site has
/// no feeds of stories. A merged story has the feed of the story into which it was merged.
pub(crate) fn feed(
    context: &RenderContext,
    channel: Channel<'_>,
    syntax: Syntax,
) -> Option<Result<Document, RenderError>> {
    let make: Box<dyn FnOnce() -> FeedDoc> = match channel {
        Channel::Site => Box::new(|| of_stories(context, channel, &context.index.newest)),
        Channel::Topic(id) => {
            let stories = context.index.topics.get(id)?;
            Box::new(move || of_stories(context, channel, stories))
        }
        Channel::Story(_) if !context.snapshot.site.story_feeds => return None,
        Channel::Story(id) => match context.index.public_story(&context.snapshot, id) {
            Some(at) => Box::new(move || of_reports(context, at)),
            None => return moved(context, id, syntax),
        },
    };
    let feed = context.cache.feed(Route::Feed(channel, Syntax::ALL[0]).path(), make);
    let this = context.url(Route::Feed(channel, syntax));
    Some(written(context, &feed, syntax, &this))
}

fn written(
    context: &RenderContext,
    feed: &FeedDoc,
    syntax: Syntax,
    this: &str,
) -> Result<Document, RenderError> {
    let body = write::write(feed, &context.snapshot.site, syntax, this)?;
    Ok(context.document(content_type(syntax), body))
}

/// The feed of the present story, for readers that do not follow redirects.
fn moved(context: &RenderContext, from: StoryId, syntax: Syntax) -> Option<Result<Document, RenderError>> {
    let into = Channel::Story(context.index.target_of(&context.snapshot, from)?);
    let to = context.link(Route::Feed(into, syntax));
    Some(feed(context, into, syntax)?.map(|document| Document { moved_to: Some(to), ..document }))
}

fn of_stories(context: &RenderContext, channel: Channel<'_>, stories: &SortedIndex) -> FeedDoc {
    let site = &context.snapshot.site;
    let topic = match channel {
        Channel::Topic(id) => context.snapshot.topics.iter().find(|topic| topic.id == id),
        Channel::Site | Channel::Story(_) => None,
    };
    let (title, list) = match topic {
        None => (site.title.clone(), List::Front),
        Some(topic) => (format!("{}: {}", site.title, topic.name), List::Topic(&topic.id)),
    };
    let home = context.url(Route::Page(list, 0));
    let description =
        topic.and_then(|topic| topic.description.clone()).unwrap_or_else(|| site.description.clone());
    let stories = stories.newest_first().take(FEED_ENTRIES);
    FeedDoc {
        id: home.clone(),
        title,
        channel: description.clone(),
        description,
        home,
        has_hubs: true,
        entries: stories.map(|at| story_entry(context, at)).collect(),
    }
}

/// The reports of a story, newest first, without copies. Hubs push only the feeds of the site and
/// of topics, because there is a story for almost every article.
fn of_reports(context: &RenderContext, story: usize) -> FeedDoc {
    let snapshot = &context.snapshot;
    let view = &snapshot.stories[story];
    let lead = &snapshot.items[view.lead].record;
    let articles: Vec<usize> = articles_of(snapshot, story).collect();
    let reports = grouped_copies(context, &articles, view.lead);
    FeedDoc {
        // The URL of the page is already the id of the entry of the story in other feeds.
        id: context.url(Route::Feed(Channel::Story(view.id), Syntax::Atom)),
        title: format!("{}: {}", snapshot.site.title, title_of(lead)),
        channel: snapshot.site.description.clone(),
        description: lead.excerpt.clone().unwrap_or_else(|| snapshot.site.description.clone()),
        home: context.url(Route::Story(view.id)),
        has_hubs: false,
        entries: newest(context, reports.into_iter().map(|report| report.article)),
    }
}

/// Entries for the newest of these articles.
fn newest(context: &RenderContext, articles: impl Iterator<Item = usize>) -> Vec<FeedEntry> {
    let snapshot = &context.snapshot;
    let mut articles: Vec<usize> = articles.collect();
    articles.sort_by_key(|&at| Reverse(article_by_time(snapshot, at)));
    articles.truncate(FEED_ENTRIES);
    articles.into_iter().map(|at| report_entry(context, &snapshot.items[at])).collect()
}

/// The results of a search, newest first, because sorting by relevance would reorder the feed. No
/// hub can know when it changes.
pub(crate) fn of_search(
    context: &RenderContext,
    view: &SearchView,
    syntax: Syntax,
) -> Result<Document, RenderError> {
    let site = &context.snapshot.site;
    let url = |file| context.home.clone() + &view.path(file, 1)[1..];
    let topic = context.snapshot.topics.iter().find(|topic| view.topic.as_ref() == Some(&topic.id));
    let within = topic.map_or_else(String::new, |topic| format!(" in {}", topic.name));
    let feed = FeedDoc {
        id: url(Syntax::Atom.file()),
        title: format!("{}: search for {}{within}", site.title, view.query),
        channel: site.description.clone(),
        description: site.description.clone(),
        home: url(""),
        has_hubs: false,
        entries: newest(context, view.hits.iter().filter_map(|hit| context.public_item(hit.article))),
    };
    written(context, &feed, syntax, &url(syntax.file()))
}
