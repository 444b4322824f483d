//! Feeds of the newest stories: RSS 2.0, Atom (RFC 4287) and JSON Feed 1.1; and the XML writing that sitemaps
//! share.
//!
//! Entries stand in the order of their lead's publication, so that an edit never reorders a feed. An entry's
//! id is the address of its story's page, which is permanent.

use std::{fmt::Write as _, io};

use courant_model::Timestamp;
use quick_xml::{
    Writer,
    events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event},
};
use serde::Serialize;

use crate::{
    Document, Publication, RenderError,
    card::title_of,
    index::time_of,
    route::{List, Route, Syntax},
    shelf::Shelf,
    words::{count, rfc822, rfc3339, safe_link},
};

/// How many stories a feed holds.
pub(crate) const FEED_STORIES: usize = 50;

const ATOM_NS: &str = "http://www.w3.org/2005/Atom";
const DC_NS: &str = "http://purl.org/dc/elements/1.1/";
const MEDIA_NS: &str = "http://search.yahoo.com/mrss/";

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
    title: String,
    description: String,
    language: String,
    home: String,
    this: String,
    updated: Timestamp,
    /// Hubs that push this feed (WebSub §4).
    hubs: Vec<String>,
    entries: Vec<FeedEntry>,
}

#[derive(Serialize)]
struct FeedEntry {
    id: String,
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_url: Option<String>,
    title: String,
    content_html: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    date_published: String,
    date_modified: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authors: Vec<JsonAuthor>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    #[serde(skip)]
    published: Timestamp,
}

#[derive(Serialize)]
struct JsonAuthor {
    name: String,
}

/// A feed of the site or of a topic; `None` where there is no such topic.
pub(crate) fn feed(
    publication: &Publication,
    topic: Option<&str>,
    syntax: Syntax,
) -> Option<Result<Document, RenderError>> {
    let stories = match topic {
        None => &publication.index.newest,
        Some(id) => publication.index.topics.get(id)?,
    };
    let feed = gather(publication, topic, syntax, stories);
    let body = match syntax {
        Syntax::Rss => rss(&feed).map_err(RenderError::Xml),
        Syntax::Atom => atom(&feed).map_err(RenderError::Xml),
        Syntax::Json => json(&feed).map_err(RenderError::Json),
    };
    Some(body.map(|body| publication.document(syntax.content_type(), body)))
}

fn gather(publication: &Publication, topic: Option<&str>, syntax: Syntax, stories: &Shelf) -> FeedDoc {
    let site = &publication.snapshot.site;
    let topic = topic.and_then(|id| publication.snapshot.topics.iter().find(|topic| topic.id == id));
    let entries: Vec<_> =
        stories.newest_first().take(FEED_STORIES).map(|at| entry(publication, at)).collect();
    let (title, list) = match topic {
        None => (site.title.clone(), List::Front),
        Some(topic) => (format!("{}: {}", site.title, topic.name), List::Topic(&topic.id)),
    };
    FeedDoc {
        title,
        description: topic
            .and_then(|topic| topic.description.clone())
            .unwrap_or_else(|| site.description.clone()),
        language: site.language.clone(),
        home: publication.address(Route::Page(list, 0)),
        this: publication.address(Route::Feed(topic.map(|topic| topic.id.as_str()), syntax)),
        // An empty feed has never changed.
        updated: entries.iter().map(|entry| entry.published).max().unwrap_or(Timestamp::UNIX_EPOCH),
        hubs: site.hubs.iter().map(ToString::to_string).collect(),
        entries,
    }
}

fn entry(publication: &Publication, at: usize) -> FeedEntry {
    let snapshot = &publication.snapshot;
    let story = &snapshot.stories[at];
    let lead = &snapshot.items[story.lead];
    let record = &lead.record;
    let published = time_of(lead, snapshot.taken);
    let updated = record.updated_date_time.filter(|&at| at >= published && at <= snapshot.taken);
    let page = publication.address(Route::Story(story.id));
    let external_url = record.web_url.as_deref().and_then(safe_link);
    let provider =
        record.provider.as_ref().map(|provider| provider.name.as_str()).filter(|name| !name.is_empty());
    let link = external_url.as_deref().unwrap_or(&page);
    let mut content_html =
        record.excerpt.as_ref().map_or_else(String::new, |text| format!("<p>{}</p>", escape(text)));
    // Writing to a `String` cannot fail.
    let _ = write!(
        content_html,
        "<p><a href=\"{}\">{}</a> · <a href=\"{}\">{}</a></p>",
        escape(link),
        escape(provider.unwrap_or("Read the article")),
        escape(&page),
        count(publication.source_count(at), "source", "sources"),
    );
    FeedEntry {
        id: page.clone(),
        url: page,
        external_url,
        title: title_of(record).to_owned(),
        content_html,
        summary: record.excerpt.clone(),
        image: publication.picture(lead).map(|picture| absolute(publication, picture.src)),
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

/// The full address of something that stands below the site's root.
pub(crate) fn absolute(publication: &Publication, link: String) -> String {
    match link.strip_prefix(&publication.root) {
        Some(path) if link.starts_with('/') => format!("{}{path}", publication.home),
        _ => link,
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn rss(feed: &FeedDoc) -> io::Result<Vec<u8>> {
    let spaces =
        [("version", "2.0"), ("xmlns:atom", ATOM_NS), ("xmlns:dc", DC_NS), ("xmlns:media", MEDIA_NS)];
    xml_document(|xml| {
        xml.element("rss", &spaces, |xml| {
            xml.element("channel", &[], |xml| {
                xml.text("title", &feed.title)?;
                xml.text("link", &feed.home)?;
                xml.text("description", &feed.description)?;
                xml.text("language", &feed.language)?;
                xml.text("lastBuildDate", &rfc822(feed.updated))?;
                let this = [("href", &feed.this[..]), ("rel", "self"), ("type", Syntax::Rss.media_type())];
                xml.empty("atom:link", &this)?;
                feed.hubs
                    .iter()
                    .try_for_each(|hub| xml.empty("atom:link", &[("href", hub), ("rel", "hub")]))?;
                feed.entries.iter().try_for_each(|entry| {
                    xml.element("item", &[], |xml| {
                        xml.text("title", &entry.title)?;
                        xml.text("link", &entry.url)?;
                        xml.text("guid", &entry.id)?;
                        xml.text("pubDate", &rfc822(entry.published))?;
                        entry.authors.iter().try_for_each(|author| xml.text("dc:creator", &author.name))?;
                        entry.tags.iter().try_for_each(|tag| xml.text("category", tag))?;
                        xml.text("description", &entry.content_html)?;
                        entry.image.iter().try_for_each(|image| {
                            xml.empty("media:content", &[("url", image), ("medium", "image")])
                        })
                    })
                })
            })
        })
    })
}

fn atom(feed: &FeedDoc) -> io::Result<Vec<u8>> {
    xml_document(|xml| {
        xml.element("feed", &[("xmlns", ATOM_NS), ("xml:lang", &feed.language)], |xml| {
            xml.text("id", &feed.home)?;
            xml.text("title", &feed.title)?;
            xml.text("subtitle", &feed.description)?;
            xml.text("updated", &rfc3339(feed.updated))?;
            // RFC 4287 §4.1.1: a feed needs an author unless all its entries have one.
            xml.element("author", &[], |xml| xml.text("name", &feed.title))?;
            xml.empty("link", &[("rel", "alternate"), ("type", "text/html"), ("href", &feed.home)])?;
            xml.empty("link", &[("rel", "self"), ("type", Syntax::Atom.media_type()), ("href", &feed.this)])?;
            feed.hubs.iter().try_for_each(|hub| xml.empty("link", &[("rel", "hub"), ("href", hub)]))?;
            feed.entries.iter().try_for_each(|entry| {
                xml.element("entry", &[], |xml| {
                    xml.text("id", &entry.id)?;
                    xml.text("title", &entry.title)?;
                    xml.empty("link", &[("rel", "alternate"), ("type", "text/html"), ("href", &entry.url)])?;
                    entry
                        .external_url
                        .iter()
                        .try_for_each(|url| xml.empty("link", &[("rel", "related"), ("href", url)]))?;
                    xml.text("published", &entry.date_published)?;
                    xml.text("updated", &entry.date_modified)?;
                    entry.authors.iter().try_for_each(|author| {
                        xml.element("author", &[], |xml| xml.text("name", &author.name))
                    })?;
                    entry.tags.iter().try_for_each(|tag| xml.empty("category", &[("term", tag)]))?;
                    entry.summary.iter().try_for_each(|summary| xml.text("summary", summary))?;
                    xml.text_with("content", &[("type", "html")], &entry.content_html)
                })
            })
        })
    })
}

fn json(feed: &FeedDoc) -> serde_json::Result<Vec<u8>> {
    #[derive(Serialize)]
    struct JsonFeed<'a> {
        version: &'static str,
        title: &'a str,
        home_page_url: &'a str,
        feed_url: &'a str,
        description: &'a str,
        language: &'a str,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        hubs: Vec<Hub<'a>>,
        items: &'a [FeedEntry],
    }
    #[derive(Serialize)]
    struct Hub<'a> {
        r#type: &'static str,
        url: &'a str,
    }
    serde_json::to_vec(&JsonFeed {
        version: "https://jsonfeed.org/version/1.1",
        title: &feed.title,
        home_page_url: &feed.home,
        feed_url: &feed.this,
        description: &feed.description,
        language: &feed.language,
        hubs: feed.hubs.iter().map(|url| Hub { r#type: "WebSub", url }).collect(),
        items: &feed.entries,
    })
}

/// Writes elements; everything is escaped, and characters that XML 1.0 cannot hold are left out.
pub(crate) struct XmlWriter(Writer<Vec<u8>>);

/// An XML document with this content.
pub(crate) fn xml_document(content: impl FnOnce(&mut XmlWriter) -> io::Result<()>) -> io::Result<Vec<u8>> {
    let mut xml = XmlWriter(Writer::new_with_indent(Vec::new(), b' ', 1));
    xml.0.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    content(&mut xml)?;
    let mut bytes = xml.0.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

impl XmlWriter {
    /// An element with these attributes and this content.
    pub(crate) fn element(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        content: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        self.0.write_event(Event::Start(start(name, attributes)))?;
        content(self)?;
        self.0.write_event(Event::End(BytesEnd::new(name)))
    }

    /// An element without content.
    pub(crate) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
        self.0.write_event(Event::Empty(start(name, attributes)))
    }

    /// An element that holds text.
    pub(crate) fn text(&mut self, name: &str, text: &str) -> io::Result<()> {
        self.text_with(name, &[], text)
    }

    /// An element with attributes that holds text.
    pub(crate) fn text_with(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        text: &str,
    ) -> io::Result<()> {
        self.element(name, attributes, |xml| xml.0.write_event(Event::Text(BytesText::new(&sound(text)))))
    }
}

fn start<'a>(name: &'a str, attributes: &[(&str, &str)]) -> BytesStart<'a> {
    let mut start = BytesStart::new(name);
    for (name, value) in attributes {
        start.push_attribute((*name, &sound(value)[..]));
    }
    start
}

/// The text without the characters that XML 1.0 §2.2 excludes.
fn sound(text: &str) -> String {
    let allowed = |letter: &char| matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().filter(allowed).collect()
}
