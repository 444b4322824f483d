//! Feeds of the newest stories, of the reports of one story, and of what a search finds: RSS 2.0, Atom (RFC 4287) and JSON Feed 1.1.
//!
//! Entries stand in the order of their publication, so that an edit never reorders a feed. An entry's id is
//! permanent: the address of its story's page, or that of its article's document.

mod entry;
mod write;

use std::cmp::Reverse;

use courant_model::{StoryId, Timestamp};

use self::entry::{FeedEntry, report_entry, story_entry};
use crate::{
    Document, Publication, RenderError, SearchView,
    card::title_of,
    fold::fold,
    index::{article_by_time, articles_of},
    route::{Channel, List, Route, Syntax},
    shelf::Shelf,
};

pub(crate) use entry::absolute;

/// How many entries a feed holds.
pub const FEED_ENTRIES: usize = 50;

impl Syntax {
    /// The media type without parameters, as `link` elements name it.
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Rss => "application/rss+xml",
            Self::Atom => "application/atom+xml",
            Self::Json => "application/feed+json",
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Rss => "application/rss+xml; charset=utf-8",
            Self::Atom => "application/atom+xml; charset=utf-8",
            // JSON has no charset parameter (RFC 8259 §11).
            Self::Json => "application/feed+json",
        }
    }
}

struct FeedDoc {
    /// What the feed is called for ever (RFC 4287 §4.2.6).
    id: String,
    title: String,
    description: String,
    /// What RSS says of the channel: words of the owner, as some readers take them for HTML.
    channel: String,
    /// The page of which it is the feed.
    home: String,
    this: String,
    /// Whether hubs may push it (WebSub §4).
    has_hubs: bool,
    entries: Vec<FeedEntry>,
}

impl FeedDoc {
    /// When the feed last gained an entry; an empty one never did.
    fn updated(&self) -> Timestamp {
        self.entries.iter().map(|entry| entry.published).max().unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// A feed of the site, of a topic or of a story; `None` where there is no such thing, or where the stories of the
/// site have no feeds. A merged story has the feed of the one that it became part of.
pub(crate) fn feed(
    publication: &Publication,
    channel: Channel<'_>,
    syntax: Syntax,
) -> Option<Result<Document, RenderError>> {
    let feed = match channel {
        Channel::Site => of_stories(publication, channel, syntax, &publication.index.newest),
        Channel::Topic(id) => of_stories(publication, channel, syntax, publication.index.topics.get(id)?),
        Channel::Story(_) if !publication.snapshot.site.story_feeds => return None,
        Channel::Story(id) => match publication.index.public_story(&publication.snapshot, id) {
            Some(at) => of_reports(publication, at, syntax),
            None => return moved(publication, id, syntax),
        },
    };
    Some(written(publication, &feed, syntax))
}

fn written(publication: &Publication, feed: &FeedDoc, syntax: Syntax) -> Result<Document, RenderError> {
    let body = write::write(feed, &publication.snapshot.site, syntax)?;
    Ok(publication.document(syntax.content_type(), body))
}

/// The feed of the present story, which is what readers get who know no redirects.
fn moved(publication: &Publication, from: StoryId, syntax: Syntax) -> Option<Result<Document, RenderError>> {
    let into = Channel::Story(publication.index.target_of(&publication.snapshot, from)?);
    let to = publication.link(Route::Feed(into, syntax));
    Some(feed(publication, into, syntax)?.map(|document| Document { moved_to: Some(to), ..document }))
}

fn of_stories(publication: &Publication, channel: Channel<'_>, syntax: Syntax, stories: &Shelf) -> FeedDoc {
    let site = &publication.snapshot.site;
    let topic = match channel {
        Channel::Topic(id) => publication.snapshot.topics.iter().find(|topic| topic.id == id),
        Channel::Site | Channel::Story(_) => None,
    };
    let (title, list) = match topic {
        None => (site.title.clone(), List::Front),
        Some(topic) => (format!("{}: {}", site.title, topic.name), List::Topic(&topic.id)),
    };
    let home = publication.address(Route::Page(list, 0));
    let description =
        topic.and_then(|topic| topic.description.clone()).unwrap_or_else(|| site.description.clone());
    let stories = stories.newest_first().take(FEED_ENTRIES);
    FeedDoc {
        id: home.clone(),
        title,
        channel: description.clone(),
        description,
        home,
        this: publication.address(Route::Feed(channel, syntax)),
        has_hubs: true,
        entries: stories.map(|at| story_entry(publication, at)).collect(),
    }
}

/// The reports of a story, newest first. Copies are folded away as on its page. Hubs are told of the feeds of the site and
/// of topics only: there is a story for almost every article.
fn of_reports(publication: &Publication, story: usize, syntax: Syntax) -> FeedDoc {
    let snapshot = &publication.snapshot;
    let view = &snapshot.stories[story];
    let lead = &snapshot.items[view.lead].record;
    let articles: Vec<usize> = articles_of(snapshot, story).collect();
    let folded = fold(publication, &articles, view.lead);
    let address = |syntax| publication.address(Route::Feed(Channel::Story(view.id), syntax));
    FeedDoc {
        // The address of the page is the id of the story where it is an entry.
        id: address(Syntax::Atom),
        title: format!("{}: {}", snapshot.site.title, title_of(lead)),
        channel: snapshot.site.description.clone(),
        description: lead.excerpt.clone().unwrap_or_else(|| snapshot.site.description.clone()),
        home: publication.address(Route::Story(view.id)),
        this: address(syntax),
        has_hubs: false,
        entries: newest(publication, folded.into_iter().map(|report| report.article)),
    }
}

/// Entries for the newest of these articles.
fn newest(publication: &Publication, articles: impl Iterator<Item = usize>) -> Vec<FeedEntry> {
    let snapshot = &publication.snapshot;
    let mut articles: Vec<usize> = articles.collect();
    articles.sort_by_key(|&at| Reverse(article_by_time(snapshot, at)));
    articles.truncate(FEED_ENTRIES);
    articles.into_iter().map(|at| report_entry(publication, &snapshot.items[at])).collect()
}

/// What a search found, newest first: by relevance, a feed would reorder. No hub can know when it changes.
pub(crate) fn of_search(
    publication: &Publication,
    view: &SearchView,
    syntax: Syntax,
) -> Result<Document, RenderError> {
    let site = &publication.snapshot.site;
    let address = |file| publication.home.clone() + &view.path(file, 1)[1..];
    let topic = publication.snapshot.topics.iter().find(|topic| view.topic.as_ref() == Some(&topic.id));
    let within = topic.map_or_else(String::new, |topic| format!(" in {}", topic.name));
    let feed = FeedDoc {
        id: address(Syntax::Atom.file()),
        title: format!("{}: search for {}{within}", site.title, view.query),
        channel: site.description.clone(),
        description: site.description.clone(),
        home: address(""),
        this: address(syntax.file()),
        has_hubs: false,
        entries: newest(publication, view.hits.iter().filter_map(|hit| publication.public_item(hit.article))),
    };
    written(publication, &feed, syntax)
}
