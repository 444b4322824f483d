//! Reads one entry: `item`, `entry` or `url`, in any vocabulary.

use courant_model::Timestamp;

use crate::xml::{Node, Ns};

use super::{
    fields::{Scope, Slot, add_categories, best_link, is_bare_link, link, push},
    media, people,
    text::{self, TextMode},
    values::{Entry, FeedKind, Link, MediaFile, Origin, Text, TextKind},
};

/// Maximum depth of media groups within media groups.
const MAX_GROUP_DEPTH: u8 = 3;

/// An entry that is being read: fields that several elements may state, with the rank of the best
/// so far.
#[derive(Default)]
struct EntryBuilder {
    entry: Entry,
    id: Slot<String>,
    title: Slot<Text>,
    link: Slot<String>,
    summary: Slot<Text>,
    description: Slot<Text>,
    published: Slot<Timestamp>,
    updated: Slot<Timestamp>,
    image: Slot<String>,
    language: Slot<String>,
    rights: Slot<Text>,
    latitude: Option<f64>,
    longitude: Option<f64>,
}

/// Reads the entry in an element.
pub(super) fn entry(node: Node<'_, '_>, scope: &Scope<'_>) -> Entry {
    let mut builder = EntryBuilder::default();
    attributes(node, scope, &mut builder);
    for child in node.children() {
        field(child, scope, &mut builder, 0);
    }
    builder.language.offer(9, || node.language());
    finish(builder)
}

/// CDF keeps many fields in attributes, RDF the id.
fn attributes(node: Node<'_, '_>, scope: &Scope<'_>, builder: &mut EntryBuilder) {
    if scope.kind == FeedKind::Rdf || scope.kind == FeedKind::Rss {
        builder.id.offer(5, || node.filled("rdf:about").filter(|_| node.ns() == Ns::Core));
    }
    if scope.kind == FeedKind::Cdf {
        if let Some(href) = scope.attribute_url(node, "href") {
            push(
                &mut builder.entry.links,
                Link { href, rel: Some("alternate".to_owned()), ..Link::default() },
            );
        }
        builder.updated.offer(0, || node.filled("lastmod").and_then(|text| courant_model::parse_date(&text)));
    }
}

fn field(node: Node<'_, '_>, scope: &Scope<'_>, builder: &mut EntryBuilder, depth: u8) {
    match node.ns() {
        Ns::Core | Ns::Atom => own_field(node, scope, builder),
        Ns::Dc | Ns::DcTerms => dublin_core(node, builder, scope),
        Ns::Itunes | Ns::Podcast => podcast(node, scope, builder),
        Ns::Media => media_rss(node, scope, builder, depth),
        _ => other_field(node, scope, builder),
    }
}

/// The elements of the formats themselves.
fn own_field(node: Node<'_, '_>, scope: &Scope<'_>, builder: &mut EntryBuilder) {
    let foreign = u8::from(node.ns() == Ns::Atom && scope.kind != FeedKind::Atom);
    let entry = &mut builder.entry;
    match node.local() {
        "title" => builder.title.offer(foreign, || text::text(node, TextMode::Plain, scope)),
        "link" | "a" => entry_link(node, scope, builder),
        "guid" => {
            builder.id.offer(0, || filled_text(node));
            let permanent =
                node.filled("ispermalink").is_none_or(|stated| !stated.eq_ignore_ascii_case("false"));
            if permanent {
                builder.link.offer(5, || {
                    filled_text(node).filter(|id| is_web(id)).or_else(|| {
                        // A relative permalink is a URL if the feed declares it a permalink.
                        node.filled("ispermalink").and_then(|_| scope.text_url(node))
                    })
                });
            }
        }
        "id" => builder.id.offer(1 + foreign, || scope.id(node)),
        "description" | "abstract" | "tagline" => {
            let text_mode = if node.local() == "description" { TextMode::Html } else { TextMode::Plain };
            builder.description.offer(0, || text::text(node, text_mode, scope));
        }
        "summary" | "subtitle" => builder.summary.offer(foreign, || text::text(node, TextMode::Plain, scope)),
        "content" => {
            if let Some(found) = text::text(node, TextMode::Plain, scope) {
                push(&mut entry.content, found);
            }
            if let Some(src) = scope.attribute_url(node, "src") {
                let mime = node.filled("type");
                push(
                    &mut entry.links,
                    Link { href: src, rel: Some("content".to_owned()), mime, ..Link::default() },
                );
            }
        }
        "fullitem" | "body" | "div" | "encoded" => add_html(node, scope, entry),
        "author" | "creator" | "managingeditor" => {
            if let Some(person) = people::person(node, scope) {
                push(&mut entry.authors, person);
            }
        }
        "contributor" => {
            if let Some(person) = people::person(node, scope) {
                push(&mut entry.contributors, person);
            }
        }
        "pubdate" | "published" | "issued" => builder.published.correct(foreign, || text::date(node)),
        "updated" | "modified" | "lastbuilddate" | "lastmod" => {
            builder.updated.correct(foreign, || text::date(node));
        }
        "created" => builder.published.offer(4, || text::date(node)),
        "date" => builder.published.offer(5, || text::date(node)),
        "category" | "tags" | "keywords" => add_categories(node, &mut entry.categories),
        "enclosure" => add_enclosure(node, scope, entry),
        "image" | "logo" | "thumbnail" => builder.image.offer(2, || media::image(node, scope)),
        "language" => builder.language.offer(0, || filled_text(node)),
        "comments" => entry.comments = entry.comments.take().or_else(|| scope.text_url(node)),
        "rights" | "copyright" => builder.rights.offer(0, || text::text(node, TextMode::Plain, scope)),
        "source" => entry.source = entry.source.take().or_else(|| origin(node, scope)),
        "loc" => builder.link.offer(0, || scope.text_url(node)),
        _ => {}
    }
}

fn dublin_core(node: Node<'_, '_>, builder: &mut EntryBuilder, scope: &Scope<'_>) {
    let entry = &mut builder.entry;
    match node.local() {
        "title" => builder.title.offer(3, || text::text(node, TextMode::Plain, scope)),
        "creator" | "author" => {
            if let Some(person) = people::person(node, scope) {
                push(&mut entry.authors, person);
            }
        }
        "contributor" => {
            if let Some(person) = people::person(node, scope) {
                push(&mut entry.contributors, person);
            }
        }
        "date" => {
            builder.updated.offer(3, || text::date(node));
            builder.published.offer(5, || text::date(node));
        }
        "issued" | "available" | "datesubmitted" => builder.published.offer(2, || text::date(node)),
        "modified" => builder.updated.offer(2, || text::date(node)),
        "created" => builder.published.offer(4, || text::date(node)),
        "subject" => add_categories(node, &mut entry.categories),
        "description" | "abstract" => builder.summary.offer(5, || text::text(node, TextMode::Html, scope)),
        "language" => builder.language.offer(1, || filled_text(node)),
        "rights" => builder.rights.offer(1, || text::text(node, TextMode::Plain, scope)),
        "identifier" => builder.id.offer(6, || filled_text(node)),
        _ => {}
    }
}

fn podcast(node: Node<'_, '_>, scope: &Scope<'_>, builder: &mut EntryBuilder) {
    let entry = &mut builder.entry;
    match node.local() {
        "title" => builder.title.offer(4, || text::text(node, TextMode::Plain, scope)),
        "author" if entry.authors.is_empty() => entry.authors.extend(people::person(node, scope)),
        "person" => {
            if let Some(person) = people::person(node, scope) {
                push(&mut entry.contributors, person);
            }
        }
        "summary" | "description" => builder.summary.offer(7, || text::text(node, TextMode::Plain, scope)),
        "subtitle" => builder.summary.offer(8, || text::text(node, TextMode::Plain, scope)),
        "image" => builder.image.offer(1, || media::image(node, scope)),
        "category" | "keywords" => add_categories(node, &mut entry.categories),
        "season" => entry.season = entry.season.or_else(|| filled_text(node)?.parse().ok()),
        "episode" => entry.episode = entry.episode.take().or_else(|| filled_text(node)),
        "transcript" | "chapters" if node.ns() == Ns::Podcast => {
            if let Some(href) = scope.attribute_url(node, "url") {
                let (rel, mime) = (Some(node.local().to_owned()), node.filled("type"));
                let hreflang = node.filled("language");
                push(&mut entry.links, Link { href, rel, mime, hreflang, ..Link::default() });
            }
        }
        "alternateenclosure" => {
            let source = node.children().find(|child| child.local() == "source");
            if let Some(url) = source.and_then(|source| scope.attribute_url(source, "uri")) {
                let (mime, length) = (node.filled("type"), node.filled("length"));
                push(&mut entry.media, MediaFile { url, mime, length, ..MediaFile::default() });
            }
        }
        "duration" => entry.duration = entry.duration.take().or_else(|| filled_text(node)),
        _ => {}
    }
}

fn media_rss(node: Node<'_, '_>, scope: &Scope<'_>, builder: &mut EntryBuilder, depth: u8) {
    match node.local() {
        "title" => builder.title.offer(6, || text::text(node, TextMode::Plain, scope)),
        "description" => builder.summary.offer(9, || text::text(node, TextMode::Plain, scope)),
        "category" | "keywords" => add_categories(node, &mut builder.entry.categories),
        "thumbnail" => {
            if let Some(file) = media::file(node, scope) {
                push(&mut builder.entry.thumbnails, file);
            }
        }
        "player" => {
            if let Some(file) = media::file(node, scope) {
                push(
                    &mut builder.entry.links,
                    Link { href: file.url, rel: Some("player".to_owned()), ..Link::default() },
                );
            }
        }
        "content" | "peerlink" => {
            if node.attribute("url").is_some()
                && let Some(file) = media::file(node, scope)
            {
                push(&mut builder.entry.media, file);
            }
        }
        _ => {}
    }
    if matches!(node.local(), "content" | "group") && depth < MAX_GROUP_DEPTH {
        for child in node.children().filter(|child| child.ns() == Ns::Media) {
            media_rss(child, scope, builder, depth + 1);
        }
    }
}

/// Extensions with few elements each.
fn other_field(node: Node<'_, '_>, scope: &Scope<'_>, builder: &mut EntryBuilder) {
    let entry = &mut builder.entry;
    match (node.ns(), node.local()) {
        (Ns::Content, "encoded") | (Ns::Xhtml, "body" | "div") => add_html(node, scope, entry),
        (Ns::Slash, "comments") | (Ns::Thread, "total") => {
            entry.comment_count = filled_text(node).and_then(|count| count.parse().ok());
        }
        (Ns::Wfw, "commentrss") => {
            if let Some(href) = scope.text_url(node) {
                push(&mut entry.links, Link { href, rel: Some("replies".to_owned()), ..Link::default() });
            }
        }
        (Ns::Thread, "in-reply-to") => {
            // RFC 4685 §3: `ref` names the entry, `href` is where it can be read.
            let named = || scope.attribute_url(node, "ref");
            let found = link(node, scope).or_else(|| Some(Link { href: named()?, ..Link::default() }));
            if let Some(found) = found {
                push(&mut entry.links, Link { rel: Some("in-reply-to".to_owned()), ..found });
            }
        }
        (Ns::FeedBurner, "origlink") => {
            if let Some(href) = scope.text_url(node) {
                push(&mut entry.links, Link { href, rel: Some("canonical".to_owned()), ..Link::default() });
            }
        }
        (Ns::CreativeCommons, "license") => {
            let href = scope.attribute_url(node, "resource").or_else(|| scope.text_url(node));
            if let Some(href) = href {
                push(&mut entry.links, Link { href, rel: Some("license".to_owned()), ..Link::default() });
            }
        }
        (Ns::Geo, "point" | "where" | "line" | "polygon" | "box") => {
            let is_place = |inner: &Node<'_, '_>| {
                matches!(inner.local(), "pos" | "poslist" | "lowercorner" | "coordinates")
            };
            let inner = node.descendants().find(is_place).unwrap_or(node);
            entry.position = entry.position.or_else(|| media::point(inner));
        }
        (Ns::Geo, "lat") => builder.latitude = filled_text(node).and_then(|text| text.parse().ok()),
        (Ns::Geo, "long" | "lon") => builder.longitude = filled_text(node).and_then(|text| text.parse().ok()),
        (Ns::News, "news") => news(node, scope, builder),
        (Ns::Image | Ns::Video, "image" | "video") => {
            let (files, thumbnails) = media::sitemap_files(node, scope);
            for file in files {
                push(&mut entry.media, file);
            }
            for file in thumbnails {
                push(&mut entry.thumbnails, file);
            }
            for child in node.children().filter(|child| child.ns() == Ns::Video) {
                match child.local() {
                    "title" => builder.title.offer(4, || text::text(child, TextMode::Plain, scope)),
                    "description" => builder.summary.offer(6, || text::text(child, TextMode::Plain, scope)),
                    "publication_date" => builder.published.offer(3, || text::date(child)),
                    "tag" => add_categories(child, &mut builder.entry.categories),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// The `news:news` of a news sitemap.
fn news(node: Node<'_, '_>, scope: &Scope<'_>, builder: &mut EntryBuilder) {
    for child in node.children() {
        match child.local() {
            "title" => builder.title.offer(0, || text::text(child, TextMode::Plain, scope)),
            "publication_date" => builder.published.offer(0, || text::date(child)),
            "keywords" => add_categories(child, &mut builder.entry.categories),
            "publication" => {
                for part in child.children() {
                    match part.local() {
                        "name" => {
                            let title = text::text(part, TextMode::Plain, scope);
                            builder.entry.source = Some(Origin { title, ..Origin::default() });
                        }
                        "language" => builder.language.offer(0, || filled_text(part)),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}

fn entry_link(node: Node<'_, '_>, scope: &Scope<'_>, builder: &mut EntryBuilder) {
    let Some(found) = link(node, scope) else {
        builder.link.correct(2, || scope.text_url(node));
        return;
    };
    if is_bare_link(node, scope) {
        builder.link.correct(2, || Some(found.href.clone()));
    }
    match found.rel.as_deref() {
        Some("enclosure") => {
            let file = MediaFile {
                url: found.href.clone(),
                mime: found.mime.clone(),
                length: found.length.clone(),
                ..MediaFile::default()
            };
            push(&mut builder.entry.enclosures, file);
        }
        Some("replies") => {
            let is_page = found.mime.as_deref().is_none_or(|mime| mime.contains("html"));
            if is_page {
                builder.entry.comments = builder.entry.comments.take().or_else(|| Some(found.href.clone()));
            }
        }
        _ => {}
    }
    push(&mut builder.entry.links, found);
}

fn add_enclosure(node: Node<'_, '_>, scope: &Scope<'_>, entry: &mut Entry) {
    if let Some(file) = media::file(node, scope) {
        let found = Link {
            href: file.url.clone(),
            rel: Some("enclosure".to_owned()),
            mime: file.mime.clone(),
            length: file.length.clone(),
            ..Link::default()
        };
        push(&mut entry.links, found);
        push(&mut entry.enclosures, file);
    }
}

fn add_html(node: Node<'_, '_>, scope: &Scope<'_>, entry: &mut Entry) {
    if let Some(found) = text::text(node, TextMode::Html, scope) {
        push(&mut entry.content, found);
    }
}

/// The feed that an entry was taken from: RSS gives its URL and title, Atom a whole head.
fn origin(node: Node<'_, '_>, scope: &Scope<'_>) -> Option<Origin> {
    if !node.has_children() {
        let title = text::text(node, TextMode::Plain, scope);
        let link = scope.attribute_url(node, "url");
        return (title.is_some() || link.is_some()).then_some(Origin { title, link, id: None });
    }
    let mut origin = Origin::default();
    let mut links = Vec::new();
    for child in node.children().filter(|child| matches!(child.ns(), Ns::Atom | Ns::Core)) {
        match child.local() {
            "title" => origin.title = text::text(child, TextMode::Plain, scope),
            "id" => origin.id = filled_text(child),
            "link" => links.extend(link(child, scope)),
            _ => {}
        }
    }
    origin.link = best_link(&links).or_else(|| links.first().map(|link| link.href.clone()));
    Some(origin)
}

fn finish(builder: EntryBuilder) -> Entry {
    let mut entry = builder.entry;
    entry.id = builder.id.take();
    entry.title = builder.title.take();
    let alternate = best_link(&entry.links);
    let fallback = || {
        let own = |link: &&Link| {
            !matches!(link.rel.as_deref(), Some("self" | "edit" | "replies" | "enclosure" | "license"))
        };
        entry.links.iter().find(own).map(|link| link.href.clone())
    };
    entry.link = match builder.link.rank() {
        // A link of RSS itself takes precedence over `atom:link`, and that over a permanent guid.
        Some(0..=2) => builder.link.take(),
        Some(_) => alternate.or_else(|| builder.link.take()),
        None => alternate.or_else(fallback).or_else(|| entry.id.clone().filter(|id| is_web(id))),
    };
    // If there are both, the description is the longer text (as in Python's feedparser).
    if builder.summary.rank().is_some_and(|rank| rank < 5) {
        entry.summary = builder.summary.take();
        entry.content.extend(builder.description.take());
    } else {
        entry.summary = builder.description.take().or_else(|| builder.summary.take());
    }
    entry.published = builder.published.take();
    entry.updated = builder.updated.take();
    entry.image = builder.image.take().or_else(|| image_in_text(&entry));
    entry.language = builder.language.take();
    entry.rights = builder.rights.take();
    if let (None, Some(latitude), Some(longitude)) = (entry.position, builder.latitude, builder.longitude) {
        entry.position = Some((latitude, longitude));
    }
    entry
}

/// The image in the text of an entry that names no other image.
fn image_in_text(entry: &Entry) -> Option<String> {
    if !entry.media.is_empty() || !entry.thumbnails.is_empty() {
        return None;
    }
    let html = entry.content.iter().chain(&entry.summary).filter(|text| text.kind == TextKind::Html);
    html.into_iter().find_map(|text| media::first_image(&text.value, text.base.as_deref()))
}

/// The trimmed text of an element; `None` if it is empty.
pub(super) fn filled_text(node: Node<'_, '_>) -> Option<String> {
    let text = node.text();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn is_web(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}
