//! One feed in three syntaxes.

use std::io;

use courant_model::SiteInfo;
use serde::Serialize;
use url::Url;

use super::document::{FeedDoc, FeedEntry};
use crate::{
    RenderError,
    formatting::{rfc822, rfc3339},
    route::Syntax,
    xml::xml_document,
};

const ATOM_NS: &str = "http://www.w3.org/2005/Atom";
const DC_NS: &str = "http://purl.org/dc/elements/1.1/";
const CONTENT_NS: &str = "http://purl.org/rss/1.0/modules/content/";
const MEDIA_NS: &str = "http://search.yahoo.com/mrss/";

/// The feed in this syntax. `this` is the URL at which it is read.
pub(super) fn write(
    feed: &FeedDoc,
    site: &SiteInfo,
    syntax: Syntax,
    this: &str,
) -> Result<Vec<u8>, RenderError> {
    let hubs: Vec<&str> = site.hubs.iter().filter(|_| feed.has_hubs).map(Url::as_str).collect();
    let language = &site.language;
    match syntax {
        Syntax::Rss => rss(feed, this, language, &hubs).map_err(RenderError::Xml),
        Syntax::Atom => atom(feed, this, language, &hubs).map_err(RenderError::Xml),
        Syntax::Json => json(feed, this, language, &hubs).map_err(RenderError::Json),
    }
}

/// RSS 2.0. Its specification allows HTML in one element only, the description of an item (RSS
/// 2.0.11, "Elements of `<item>`"), and most readers show it as HTML. So the description is the
/// excerpt as plain text, escaped once as HTML: `AT&T <b>` is shown as `AT&T <b>`, and nothing that
/// a publisher wrote becomes an element. The text with links is in `content:encoded`. Titles and
/// the description of the channel are plain text, which some readers treat as HTML; most of them
/// show hexadecimal character references correctly (RSS Advisory Board, Best Practices Profile,
/// "Character Data"). The description of the channel is always the owner's own text.
fn rss(feed: &FeedDoc, this: &str, language: &str, hubs: &[&str]) -> io::Result<Vec<u8>> {
    let spaces = [
        ("version", "2.0"),
        ("xmlns:atom", ATOM_NS),
        ("xmlns:content", CONTENT_NS),
        ("xmlns:dc", DC_NS),
        ("xmlns:media", MEDIA_NS),
    ];
    xml_document(|xml| {
        xml.element("rss", &spaces, |xml| {
            xml.element("channel", &[], |xml| {
                xml.plain("title", &feed.title)?;
                xml.text("link", &feed.home)?;
                xml.plain("description", &feed.channel)?;
                xml.text("language", language)?;
                xml.text("lastBuildDate", &rfc822(feed.updated()))?;
                let this = [("href", this), ("rel", "self"), ("type", Syntax::Rss.media_type())];
                xml.empty("atom:link", &this)?;
                hubs.iter().try_for_each(|hub| xml.empty("atom:link", &[("href", hub), ("rel", "hub")]))?;
                feed.entries.iter().try_for_each(|entry| {
                    xml.element("item", &[], |xml| {
                        xml.plain("title", &entry.title)?;
                        xml.text("link", &entry.url)?;
                        // An id that is not the URL of the item must be marked so (RSS 2.0.11,
                        // guid).
                        let is_link =
                            if entry.id == entry.url { &[][..] } else { &[("isPermaLink", "false")] };
                        xml.text_with("guid", is_link, &entry.id)?;
                        xml.text("pubDate", &rfc822(entry.published))?;
                        entry.authors.iter().try_for_each(|author| xml.text("dc:creator", &author.name))?;
                        entry.tags.iter().try_for_each(|tag| xml.text("category", tag))?;
                        xml.text("description", &entry.description)?;
                        xml.text("content:encoded", &entry.content_html)?;
                        entry.image.iter().try_for_each(|image| {
                            xml.empty("media:content", &[("url", image), ("medium", "image")])
                        })
                    })
                })
            })
        })
    })
}

fn atom(feed: &FeedDoc, this: &str, language: &str, hubs: &[&str]) -> io::Result<Vec<u8>> {
    xml_document(|xml| {
        xml.element("feed", &[("xmlns", ATOM_NS), ("xml:lang", language)], |xml| {
            xml.text("id", &feed.id)?;
            xml.text("title", &feed.title)?;
            xml.text("subtitle", &feed.description)?;
            xml.text("updated", &rfc3339(feed.updated()))?;
            // RFC 4287 §4.1.1: a feed needs an author unless all its entries have one.
            xml.element("author", &[], |xml| xml.text("name", &feed.title))?;
            xml.empty("link", &[("rel", "alternate"), ("type", "text/html"), ("href", &feed.home)])?;
            xml.empty("link", &[("rel", "self"), ("type", Syntax::Atom.media_type()), ("href", this)])?;
            hubs.iter().try_for_each(|hub| xml.empty("link", &[("rel", "hub"), ("href", hub)]))?;
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

fn json(feed: &FeedDoc, this: &str, language: &str, hubs: &[&str]) -> serde_json::Result<Vec<u8>> {
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
        feed_url: this,
        description: &feed.description,
        language,
        hubs: hubs.iter().map(|hub| Hub { r#type: "WebSub", url: hub }).collect(),
        items: &feed.entries,
    })
}
