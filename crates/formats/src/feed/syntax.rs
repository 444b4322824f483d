//! Finding out what a document is, and reading the head of a feed.

use std::io::Read;

use courant_model::{Timestamp, resolve_reference};
use thiserror::Error;

use crate::{
    encoding,
    xml::{Document, Node, Ns},
};

use super::{
    entry::{self, filled_text},
    fields::{Scope, Slot, add_categories, best_link, is_bare_link, link, push},
    json, media, people, sitemap,
    text::{self, Habit},
    values::{Feed, FeedKind, Link, Text},
};

/// A feed may have so many entries; the rest is passed over.
const MOST_ENTRIES: usize = 100_000;
/// The root is sought among the first elements only.
const ROOT_WINDOW: usize = 200;
/// Larger documents are refused (bytes).
const LARGEST: usize = 256 * 1024 * 1024;

/// What is known about a document besides its bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct FeedContext<'a> {
    /// The address that it was fetched from.
    pub base_url: Option<&'a str>,
    /// The `Content-Type` header.
    pub content_type: Option<&'a str>,
    /// The `Content-Location` header.
    pub content_location: Option<&'a str>,
    /// The `Content-Language` header.
    pub content_language: Option<&'a str>,
}

/// Why a document is no feed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FeedError {
    /// There is nothing in it.
    #[error("the document is empty, wanted a feed")]
    Empty,
    /// It is something else.
    #[error("the document is {found}, wanted RSS, RDF, Atom, JSON Feed, CDF or a sitemap")]
    NotAFeed {
        /// What it looks like.
        found: String,
    },
    /// It is JSON and cannot be read.
    #[error("the JSON cannot be read: {0}")]
    Json(String),
    /// It is too large.
    #[error("the document has {0} bytes, wanted at most {LARGEST}")]
    TooLarge(usize),
}

/// Reads a feed of any format.
pub fn parse(bytes: &[u8], context: &FeedContext<'_>) -> Result<Feed, FeedError> {
    if bytes.len() > LARGEST {
        return Err(FeedError::TooLarge(bytes.len()));
    }
    let unpacked = unpacked(bytes)?;
    let bytes = unpacked.as_deref().unwrap_or(bytes);
    let decoded = encoding::decode_xml(bytes, context.content_type);
    let text = decoded.text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '\0' | '\u{FEFF}'));
    if text.is_empty() {
        return Err(FeedError::Empty);
    }
    let base = match (context.content_location, context.base_url) {
        (Some(location), base) => Some(resolve_reference(base, location)),
        (None, base) => base.map(str::to_owned),
    };
    let mut feed = if text.starts_with(['{', '[', '"']) {
        json::parse(text, base.as_deref())?
    } else {
        parse_xml(text, base.as_deref())?
    };
    feed.encoding = decoded.encoding;
    if feed.language.is_none() {
        let stated = context.content_language.map(str::trim).filter(|language| !language.is_empty());
        feed.language =
            stated.and_then(|list| list.split(',').next()).map(|language| language.trim().to_owned());
    }
    Ok(feed)
}

/// The content of a file that is packed itself, as sitemaps often are (sitemaps.org protocol, "Using Sitemap
/// index files"); `None` for any other. What unpacks before damage is kept.
fn unpacked(bytes: &[u8]) -> Result<Option<Vec<u8>>, FeedError> {
    if !bytes.starts_with(&[0x1F, 0x8B, 8]) {
        return Ok(None);
    }
    let mut plain = Vec::new();
    let mut decoder = flate2::read::MultiGzDecoder::new(bytes).take(LARGEST as u64 + 1);
    if decoder.read_to_end(&mut plain).is_err() && plain.is_empty() {
        return Err(FeedError::NotAFeed { found: "damaged gzip data".to_owned() });
    }
    if plain.len() > LARGEST {
        return Err(FeedError::TooLarge(plain.len()));
    }
    Ok(Some(plain))
}

/// Whether an element ends an unclosed one: entries do not stand in entries, and the plain fields of an item
/// do not hold each other.
fn ends(open: &str, new: &str) -> bool {
    const LEAVES: [&str; 7] = ["title", "link", "guid", "pubdate", "author", "comments", "description"];
    match new {
        "item" => open == "item" || LEAVES.contains(&open),
        "entry" => open == "entry",
        _ => {
            (LEAVES.contains(&new) || matches!(new, "enclosure" | "category"))
                && matches!(open, "title" | "link" | "guid" | "pubdate" | "comments")
        }
    }
}

fn parse_xml(text: &str, base: Option<&str>) -> Result<Feed, FeedError> {
    let document = Document::parse(text, ends);
    let (root, kind) = find_root(&document)?;
    // Where nobody said whence the document came, its own link is the best base.
    let declared = match base {
        Some(_) => None,
        None => own_address(root),
    };
    let scope = Scope { kind, document_base: base.or(declared.as_deref()), base_is_stated: base.is_some() };
    Ok(match kind {
        FeedKind::Sitemap | FeedKind::SitemapIndex => sitemap::read(root, &scope),
        _ => read_feed(root, &scope),
    })
}

fn find_root<'d, 'a>(document: &'d Document<'a>) -> Result<(Node<'d, 'a>, FeedKind), FeedError> {
    // Warnings and remnants of a page template that stand before the feed.
    const JUNK: [&str; 14] =
        ["br", "b", "i", "p", "font", "div", "span", "table", "tr", "td", "a", "hr", "strong", "pre"];
    for node in document.elements().take(ROOT_WINDOW) {
        let kind = match node.local() {
            "rss" => FeedKind::Rss,
            "rdf" if has_items(node) => FeedKind::Rdf,
            "feed" if node.ns() != Ns::Other || has_items(node) => FeedKind::Atom,
            "channel" if is_cdf(node) => FeedKind::Cdf,
            "channel" | "item" if node.ns() == Ns::Core => FeedKind::Rss,
            "entry" if node.ns() == Ns::Atom => FeedKind::Atom,
            "urlset" => FeedKind::Sitemap,
            "sitemapindex" => FeedKind::SitemapIndex,
            local if JUNK.contains(&local) => continue,
            _ => {
                return Err(FeedError::NotAFeed {
                    found: format!("XML or HTML with the root <{}>", shown(node)),
                });
            }
        };
        return Ok((node, kind));
    }
    Err(FeedError::NotAFeed { found: "text without a root element".to_owned() })
}

/// A name cut to what an error message can hold.
fn shown(node: Node<'_, '_>) -> String {
    node.raw_name().chars().take(40).collect()
}

fn has_items(node: Node<'_, '_>) -> bool {
    node.children().any(|child| matches!(child.local(), "channel" | "item" | "items" | "entry" | "title"))
}

/// CDF writes in capitals, or says where a channel lies in an attribute.
fn is_cdf(node: Node<'_, '_>) -> bool {
    node.raw_name().bytes().all(|b| b.is_ascii_uppercase()) || node.attribute("href").is_some()
}

/// The absolute address that a feed without a known origin gives for itself or its site.
fn own_address(root: Node<'_, '_>) -> Option<String> {
    let head = head_of(root);
    let links = || head.children().filter(|child| child.local() == "link" && child.ns() != Ns::Other);
    let candidates = links()
        .filter(|link| link.attribute("rel").is_some_and(|rel| rel == "self"))
        .filter_map(|link| link.filled("href"))
        .chain(links().filter_map(|link| if link.has_children() { None } else { filled_text(link) }))
        .chain(links().filter_map(|link| link.filled("href")));
    candidates.into_iter().find(|address| address.starts_with("http://") || address.starts_with("https://"))
}

/// The element that holds the head: `channel` in RSS and RDF, the root elsewhere.
fn head_of<'d, 'a>(root: Node<'d, 'a>) -> Node<'d, 'a> {
    if matches!(root.local(), "rss" | "rdf") {
        root.children().find(|child| child.local() == "channel").unwrap_or(root)
    } else {
        root
    }
}

#[derive(Default)]
struct Head {
    feed: Feed,
    id: Slot<String>,
    title: Slot<Text>,
    link: Slot<String>,
    description: Slot<Text>,
    language: Slot<String>,
    updated: Slot<Timestamp>,
    published: Slot<Timestamp>,
    rights: Slot<Text>,
    image: Slot<String>,
    /// Updates in `sy:updatePeriod` and how long the period is in minutes.
    updates: Option<u32>,
    period: Option<u32>,
}

fn read_feed(root: Node<'_, '_>, scope: &Scope<'_>) -> Feed {
    let head_node = head_of(root);
    let mut head = Head { feed: Feed { kind: scope.kind, ..Feed::default() }, ..Head::default() };
    if matches!(root.local(), "item" | "entry") {
        head.feed.entries.push(entry::entry(root, scope));
        return head.feed;
    }
    if scope.kind == FeedKind::Cdf {
        head.link.offer(3, || scope.attribute_address(head_node, "href"));
        head.updated
            .offer(0, || head_node.filled("lastmod").and_then(|date| courant_model::parse_date(&date)));
    }
    // Several channels, and items beside the channel (RDF) or in it (RSS).
    for node in root.children() {
        if node.local() == "channel" && matches!(scope.kind, FeedKind::Rss | FeedKind::Rdf) {
            node.children().for_each(|child| head_or_entry(child, scope, &mut head));
        } else {
            head_or_entry(node, scope, &mut head);
        }
    }
    head.language.offer(8, || head_node.language());
    head.id.offer(5, || head_node.filled("rdf:about"));
    finish(head)
}

fn head_or_entry(node: Node<'_, '_>, scope: &Scope<'_>, head: &mut Head) {
    match node.local() {
        "item" | "entry" if !matches!(node.ns(), Ns::Other) => {
            if head.feed.entries.len() < MOST_ENTRIES {
                head.feed.entries.push(entry::entry(node, scope));
            }
        }
        // Items in a list of their own, as some generators write them.
        "items" | "entries" if node.ns() == Ns::Core => {
            let items = node.children().filter(|child| child.local() == "item");
            let room = MOST_ENTRIES.saturating_sub(head.feed.entries.len());
            head.feed.entries.extend(items.take(room).map(|item| entry::entry(item, scope)));
        }
        _ => head_field(node, scope, head),
    }
}

fn head_field(node: Node<'_, '_>, scope: &Scope<'_>, head: &mut Head) {
    match node.ns() {
        Ns::Core | Ns::Atom => own_field(node, scope, head),
        _ => extension(node, scope, head),
    }
}

fn own_field(node: Node<'_, '_>, scope: &Scope<'_>, head: &mut Head) {
    let foreign = u8::from(node.ns() == Ns::Atom && scope.kind != FeedKind::Atom);
    let feed = &mut head.feed;
    match node.local() {
        "title" => head.title.offer(foreign, || text::text(node, Habit::Plain, scope)),
        "link" | "a" => match link(node, scope) {
            Some(found) => {
                if is_bare_link(node, scope) {
                    head.link.correct(0, || Some(found.href.clone()));
                }
                push(&mut feed.links, found);
            }
            None => head.link.correct(0, || scope.text_address(node)),
        },
        "description" | "abstract" | "tagline" | "subtitle" | "info" => {
            let habit = if node.local() == "description" { Habit::Html } else { Habit::Plain };
            let rank = if node.local() == "info" { 4 } else { foreign };
            head.description.offer(rank, || text::text(node, habit, scope));
        }
        "id" | "guid" => head.id.offer(foreign, || scope.id(node)),
        "language" => head.language.offer(0, || filled_text(node)),
        "lastbuilddate" | "updated" | "modified" | "lastmod" => {
            head.updated.correct(foreign, || text::date(node));
        }
        "pubdate" | "published" | "issued" => head.published.correct(foreign, || text::date(node)),
        "rights" | "copyright" => head.rights.offer(foreign, || text::text(node, Habit::Plain, scope)),
        "generator" => feed.generator = feed.generator.take().or_else(|| generator(node)),
        "image" | "logo" => head.image.offer(0, || media::picture(node, scope)),
        "icon" => feed.icon = feed.icon.take().or_else(|| media::picture(node, scope)),
        "ttl" => feed.ttl = feed.ttl.or_else(|| filled_text(node)?.parse().ok()),
        "skiphours" => {
            feed.skip_hours = skipped(node, "hour", |text| text.parse().ok().map(|hour: u8| hour % 24));
        }
        "skipdays" => feed.skip_days = skipped(node, "day", weekday),
        "author" | "managingeditor" | "creator" => {
            if let Some(person) = people::person(node, scope) {
                push(&mut feed.authors, person);
            }
        }
        "contributor" => {
            if let Some(person) = people::person(node, scope) {
                push(&mut feed.contributors, person);
            }
        }
        "category" | "keywords" | "tags" => add_categories(node, &mut feed.categories),
        _ => {}
    }
}

fn extension(node: Node<'_, '_>, scope: &Scope<'_>, head: &mut Head) {
    let feed = &mut head.feed;
    match (node.ns(), node.local()) {
        (Ns::Dc, "title") => head.title.offer(3, || text::text(node, Habit::Plain, scope)),
        (Ns::Itunes, "title") => head.title.offer(4, || text::text(node, Habit::Plain, scope)),
        (Ns::Dc | Ns::DcTerms, "description" | "abstract") => {
            head.description.offer(3, || text::text(node, Habit::Html, scope));
        }
        (Ns::Itunes, "subtitle") => head.description.offer(6, || text::text(node, Habit::Plain, scope)),
        (Ns::Itunes, "summary" | "description") => {
            head.description.offer(5, || text::text(node, Habit::Plain, scope));
        }
        (Ns::Dc, "language") => head.language.offer(1, || filled_text(node)),
        (Ns::Dc, "creator" | "author") => {
            if let Some(person) = people::person(node, scope) {
                push(&mut feed.authors, person);
            }
        }
        (Ns::Itunes, "author") if feed.authors.is_empty() => feed.authors.extend(people::person(node, scope)),
        (Ns::Dc | Ns::Podcast, "contributor" | "person") => {
            if let Some(person) = people::person(node, scope) {
                push(&mut feed.contributors, person);
            }
        }
        (Ns::Dc, "rights") => head.rights.offer(2, || text::text(node, Habit::Plain, scope)),
        (Ns::Dc, "date") => {
            head.updated.offer(3, || text::date(node));
            head.published.offer(5, || text::date(node));
        }
        (Ns::DcTerms, "modified") => head.updated.offer(2, || text::date(node)),
        (Ns::DcTerms, "issued" | "available") => head.published.offer(2, || text::date(node)),
        (Ns::DcTerms, "created") => head.published.offer(4, || text::date(node)),
        (Ns::Dc, "subject") | (Ns::Itunes | Ns::Media, "category" | "keywords") => {
            add_categories(node, &mut feed.categories);
        }
        (Ns::Itunes | Ns::Podcast, "image") => head.image.offer(1, || media::picture(node, scope)),
        (Ns::Media, "thumbnail") => head.image.offer(3, || media::picture(node, scope)),
        (Ns::Podcast, "guid") => head.id.offer(6, || filled_text(node)),
        (Ns::Podcast, "funding") => {
            if let Some(href) = scope.attribute_address(node, "url") {
                let title = filled_text(node);
                push(
                    &mut feed.links,
                    Link { href, rel: Some("payment".to_owned()), title, ..Link::default() },
                );
            }
        }
        (Ns::Itunes, "link") if node.attribute("rel").is_some_and(|rel| rel == "image") => {
            head.image.offer(2, || media::picture(node, scope));
        }
        (Ns::Syndication, "updateperiod") => {
            head.period = filled_text(node).and_then(|period| minutes_in(&period));
        }
        (Ns::Syndication, "updatefrequency") => {
            head.updates = filled_text(node).and_then(|count| count.parse().ok()).filter(|count| *count > 0);
        }
        _ => {}
    }
}

/// RSS 1.0 syndication module: the names of periods.
fn minutes_in(period: &str) -> Option<u32> {
    Some(match period.to_ascii_lowercase().as_str() {
        "hourly" => 60,
        "daily" => 24 * 60,
        "weekly" => 7 * 24 * 60,
        "monthly" => 30 * 24 * 60,
        "yearly" => 365 * 24 * 60,
        _ => return None,
    })
}

/// The values in the children of this name, each once; RSS 0.91 writes midnight as hour 24.
fn skipped(node: Node<'_, '_>, name: &str, read: impl Fn(&str) -> Option<u8>) -> Vec<u8> {
    let children = node.children().filter(|child| child.local() == name);
    let mut values: Vec<u8> = children.filter_map(|child| read(child.text().trim())).collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// 1 for Monday to 7 for Sunday.
fn weekday(name: &str) -> Option<u8> {
    const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    (1..).zip(DAYS).find(|(_, day)| name.eq_ignore_ascii_case(day)).map(|(number, _)| number)
}

fn generator(node: Node<'_, '_>) -> Option<String> {
    filled_text(node)
        .or_else(|| node.filled("agent"))
        .or_else(|| node.filled("resource"))
        .or_else(|| node.filled("uri"))
}

fn finish(head: Head) -> Feed {
    let mut feed = head.feed;
    feed.id = head.id.take();
    feed.title = head.title.take();
    feed.link = match head.link.rank() {
        Some(0) => head.link.take(),
        _ => best_link(&feed.links).or_else(|| head.link.take()),
    };
    feed.description = head.description.take();
    feed.language = head.language.take();
    feed.updated = head.updated.take();
    feed.published = head.published.take();
    feed.rights = head.rights.take();
    feed.image = head.image.take();
    feed.ttl = feed.ttl.or_else(|| Some(head.period? / head.updates.unwrap_or(1)));
    feed
}
