//! Detects the format of a document, and reads the head of a feed.

use std::io::Read;

use courant_model::{Timestamp, resolve_reference};

use crate::{
    encoding,
    xml::{Document, Node, Ns},
};

use super::{
    entry::{self, filled_text},
    error::{FeedError, MAX_BYTES},
    fields::{Scope, Slot, add_categories, best_link, is_bare_link, link, push},
    json, media, people, sitemap,
    text::{self, TextMode},
    values::{Feed, FeedKind, Link, Text},
};

/// Maximum number of entries of one feed; the rest is ignored.
const MAX_ENTRIES: usize = 100_000;
/// The root is searched for among this many first elements.
const ROOT_WINDOW: usize = 200;

/// What is known about a document besides its bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct FeedContext<'a> {
    /// The URL that it was fetched from.
    pub base_url: Option<&'a str>,
    /// The `Content-Type` header.
    pub content_type: Option<&'a str>,
    /// The `Content-Location` header.
    pub content_location: Option<&'a str>,
    /// The `Content-Language` header.
    pub content_language: Option<&'a str>,
}

/// Reads a feed or sitemap of any format.
pub fn parse(bytes: &[u8], context: &FeedContext<'_>) -> Result<Feed, FeedError> {
    if bytes.len() > MAX_BYTES {
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

/// The content of a gzip file, as sitemaps often are (sitemaps.org protocol, "Using Sitemap index
/// files"); `None` for any other. What can be unpacked before damaged data is kept.
fn unpacked(bytes: &[u8]) -> Result<Option<Vec<u8>>, FeedError> {
    if !bytes.starts_with(&[0x1F, 0x8B, 8]) {
        return Ok(None);
    }
    let mut plain = Vec::new();
    let mut decoder = flate2::read::MultiGzDecoder::new(bytes).take(MAX_BYTES as u64 + 1);
    if decoder.read_to_end(&mut plain).is_err() && plain.is_empty() {
        return Err(FeedError::NotAFeed { found: "damaged gzip data".to_owned() });
    }
    if plain.len() > MAX_BYTES {
        return Err(FeedError::TooLarge(plain.len()));
    }
    Ok(Some(plain))
}

/// Whether an element ends an unclosed one: entries are not nested, and the plain fields of an item
/// do not contain each other.
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
    // If the origin of the document is unknown, its own link is the best base.
    let declared = match base {
        Some(_) => None,
        None => own_url(root),
    };
    let scope = Scope { kind, document_base: base.or(declared.as_deref()), base_is_stated: base.is_some() };
    Ok(match kind {
        FeedKind::Sitemap | FeedKind::SitemapIndex => sitemap::read(root, &scope),
        _ => read_feed(root, &scope),
    })
}

fn find_root<'d, 'a>(document: &'d Document<'a>) -> Result<(Node<'d, 'a>, FeedKind), FeedError> {
    // Warnings and remnants of a page template before the feed.
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

/// A name cut to a length that fits into an error message.
fn shown(node: Node<'_, '_>) -> String {
    node.raw_name().chars().take(40).collect()
}

fn has_items(node: Node<'_, '_>) -> bool {
    node.children().any(|child| matches!(child.local(), "channel" | "item" | "items" | "entry" | "title"))
}

/// CDF writes names in capitals, or states the URL of a channel in an attribute.
fn is_cdf(node: Node<'_, '_>) -> bool {
    node.raw_name().bytes().all(|b| b.is_ascii_uppercase()) || node.attribute("href").is_some()
}

/// The absolute URL that a feed of unknown origin states for itself or its site.
fn own_url(root: Node<'_, '_>) -> Option<String> {
    let head = head_of(root);
    let links = || head.children().filter(|child| child.local() == "link" && child.ns() != Ns::Other);
    let candidates = links()
        .filter(|link| link.attribute("rel").is_some_and(|rel| rel == "self"))
        .filter_map(|link| link.filled("href"))
        .chain(links().filter_map(|link| if link.has_children() { None } else { filled_text(link) }))
        .chain(links().filter_map(|link| link.filled("href")));
    candidates.into_iter().find(|url| url.starts_with("http://") || url.starts_with("https://"))
}

/// The element that holds the head: `channel` in RSS and RDF, the root elsewhere.
fn head_of<'d, 'a>(root: Node<'d, 'a>) -> Node<'d, 'a> {
    if matches!(root.local(), "rss" | "rdf") {
        root.children().find(|child| child.local() == "channel").unwrap_or(root)
    } else {
        root
    }
}

/// A feed that is being read: fields that several elements may state, with the rank of the best so
/// far.
#[derive(Default)]
struct FeedBuilder {
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
    /// Number of updates in a `sy:updatePeriod`.
    updates: Option<u32>,
    /// Length of the `sy:updatePeriod` in minutes.
    period: Option<u32>,
}

fn read_feed(root: Node<'_, '_>, scope: &Scope<'_>) -> Feed {
    let head_node = head_of(root);
    let mut builder =
        FeedBuilder { feed: Feed { kind: scope.kind, ..Feed::default() }, ..FeedBuilder::default() };
    if matches!(root.local(), "item" | "entry") {
        builder.feed.entries.push(entry::entry(root, scope));
        return builder.feed;
    }
    if scope.kind == FeedKind::Cdf {
        builder.link.offer(3, || scope.attribute_url(head_node, "href"));
        builder
            .updated
            .offer(0, || head_node.filled("lastmod").and_then(|date| courant_model::parse_date(&date)));
    }
    // Several channels, and items beside the channel (RDF) or in it (RSS).
    for node in root.children() {
        if node.local() == "channel" && matches!(scope.kind, FeedKind::Rss | FeedKind::Rdf) {
            node.children().for_each(|child| head_or_entry(child, scope, &mut builder));
        } else {
            head_or_entry(node, scope, &mut builder);
        }
    }
    builder.language.offer(8, || head_node.language());
    builder.id.offer(5, || head_node.filled("rdf:about"));
    finish(builder)
}

fn head_or_entry(node: Node<'_, '_>, scope: &Scope<'_>, builder: &mut FeedBuilder) {
    match node.local() {
        "item" | "entry" if !matches!(node.ns(), Ns::Other) => {
            if builder.feed.entries.len() < MAX_ENTRIES {
                builder.feed.entries.push(entry::entry(node, scope));
            }
        }
        // Items in a list of their own, as some generators write them.
        "items" | "entries" if node.ns() == Ns::Core => {
            let items = node.children().filter(|child| child.local() == "item");
            let room = MAX_ENTRIES.saturating_sub(builder.feed.entries.len());
            builder.feed.entries.extend(items.take(room).map(|item| entry::entry(item, scope)));
        }
        _ => head_field(node, scope, builder),
    }
}

fn head_field(node: Node<'_, '_>, scope: &Scope<'_>, builder: &mut FeedBuilder) {
    match node.ns() {
        Ns::Core | Ns::Atom => own_field(node, scope, builder),
        _ => extension(node, scope, builder),
    }
}

fn own_field(node: Node<'_, '_>, scope: &Scope<'_>, builder: &mut FeedBuilder) {
    let foreign = u8::from(node.ns() == Ns::Atom && scope.kind != FeedKind::Atom);
    let feed = &mut builder.feed;
    match node.local() {
        "title" => builder.title.offer(foreign, || text::text(node, TextMode::Plain, scope)),
        "link" | "a" => match link(node, scope) {
            Some(found) => {
                if is_bare_link(node, scope) {
                    builder.link.correct(0, || Some(found.href.clone()));
                }
                push(&mut feed.links, found);
            }
            None => builder.link.correct(0, || scope.text_url(node)),
        },
        "description" | "abstract" | "tagline" | "subtitle" | "info" => {
            let text_mode = if node.local() == "description" { TextMode::Html } else { TextMode::Plain };
            let rank = if node.local() == "info" { 4 } else { foreign };
            builder.description.offer(rank, || text::text(node, text_mode, scope));
        }
        "id" | "guid" => builder.id.offer(foreign, || scope.id(node)),
        "language" => builder.language.offer(0, || filled_text(node)),
        "lastbuilddate" | "updated" | "modified" | "lastmod" => {
            builder.updated.correct(foreign, || text::date(node));
        }
        "pubdate" | "published" | "issued" => builder.published.correct(foreign, || text::date(node)),
        "rights" | "copyright" => builder.rights.offer(foreign, || text::text(node, TextMode::Plain, scope)),
        "generator" => feed.generator = feed.generator.take().or_else(|| generator(node)),
        "image" | "logo" => builder.image.offer(0, || media::image(node, scope)),
        "icon" => feed.icon = feed.icon.take().or_else(|| media::image(node, scope)),
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

fn extension(node: Node<'_, '_>, scope: &Scope<'_>, builder: &mut FeedBuilder) {
    let feed = &mut builder.feed;
    match (node.ns(), node.local()) {
        (Ns::Dc, "title") => builder.title.offer(3, || text::text(node, TextMode::Plain, scope)),
        (Ns::Itunes, "title") => builder.title.offer(4, || text::text(node, TextMode::Plain, scope)),
        (Ns::Dc | Ns::DcTerms, "description" | "abstract") => {
            builder.description.offer(3, || text::text(node, TextMode::Html, scope));
        }
        (Ns::Itunes, "subtitle") => builder.description.offer(6, || text::text(node, TextMode::Plain, scope)),
        (Ns::Itunes, "summary" | "description") => {
            builder.description.offer(5, || text::text(node, TextMode::Plain, scope));
        }
        (Ns::Dc, "language") => builder.language.offer(1, || filled_text(node)),
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
        (Ns::Dc, "rights") => builder.rights.offer(2, || text::text(node, TextMode::Plain, scope)),
        (Ns::Dc, "date") => {
            builder.updated.offer(3, || text::date(node));
            builder.published.offer(5, || text::date(node));
        }
        (Ns::DcTerms, "modified") => builder.updated.offer(2, || text::date(node)),
        (Ns::DcTerms, "issued" | "available") => builder.published.offer(2, || text::date(node)),
        (Ns::DcTerms, "created") => builder.published.offer(4, || text::date(node)),
        (Ns::Dc, "subject") | (Ns::Itunes | Ns::Media, "category" | "keywords") => {
            add_categories(node, &mut feed.categories);
        }
        (Ns::Itunes | Ns::Podcast, "image") => builder.image.offer(1, || media::image(node, scope)),
        (Ns::Media, "thumbnail") => builder.image.offer(3, || media::image(node, scope)),
        (Ns::Podcast, "guid") => builder.id.offer(6, || filled_text(node)),
        (Ns::Podcast, "funding") => {
            if let Some(href) = scope.attribute_url(node, "url") {
                let title = filled_text(node);
                push(
                    &mut feed.links,
                    Link { href, rel: Some("payment".to_owned()), title, ..Link::default() },
                );
            }
        }
        (Ns::Itunes, "link") if node.attribute("rel").is_some_and(|rel| rel == "image") => {
            builder.image.offer(2, || media::image(node, scope));
        }
        (Ns::Syndication, "updateperiod") => {
            builder.period = filled_text(node).and_then(|period| minutes_in(&period));
        }
        (Ns::Syndication, "updatefrequency") => {
            builder.updates =
                filled_text(node).and_then(|count| count.parse().ok()).filter(|count| *count > 0);
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

fn finish(builder: FeedBuilder) -> Feed {
    let mut feed = builder.feed;
    feed.id = builder.id.take();
    feed.title = builder.title.take();
    feed.link = match builder.link.rank() {
        Some(0) => builder.link.take(),
        _ => best_link(&feed.links).or_else(|| builder.link.take()),
    };
    feed.description = builder.description.take();
    feed.language = builder.language.take();
    feed.updated = builder.updated.take();
    feed.published = builder.published.take();
    feed.rights = builder.rights.take();
    feed.image = builder.image.take();
    feed.ttl = feed.ttl.or_else(|| Some(builder.period? / builder.updates.unwrap_or(1)));
    feed
}
