//! One entry: `item`, `entry`, `url`, in whatever vocabulary.

use courant_model::Timestamp;

use crate::xml::{Node, Ns};

use super::{
    fields::{Scope, Slot, add_categories, best_link, is_bare_link, link, push},
    media, people,
    text::{self, Habit},
    values::{Entry, FeedKind, Link, MediaFile, Origin, Text, TextKind},
};

/// Media groups in media groups are read to this depth.
const DEEPEST_GROUP: u8 = 3;

#[derive(Default)]
struct Draft {
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

/// The entry that an element is.
pub(super) fn entry(node: Node<'_, '_>, scope: &Scope<'_>) -> Entry {
    let mut draft = Draft::default();
    attributes(node, scope, &mut draft);
    for child in node.children() {
        field(child, scope, &mut draft, 0);
    }
    draft.language.offer(9, || node.language());
    finish(draft)
}

/// CDF keeps much in attributes; RDF the id.
fn attributes(node: Node<'_, '_>, scope: &Scope<'_>, draft: &mut Draft) {
    if scope.kind == FeedKind::Rdf || scope.kind == FeedKind::Rss {
        draft.id.offer(5, || node.filled("rdf:about").filter(|_| node.ns() == Ns::Core));
    }
    if scope.kind == FeedKind::Cdf {
        if let Some(href) = scope.attribute_address(node, "href") {
            push(&mut draft.entry.links, Link { href, rel: Some("alternate".to_owned()), ..Link::default() });
        }
        draft.updated.offer(0, || node.filled("lastmod").and_then(|text| courant_model::parse_date(&text)));
    }
}

fn field(node: Node<'_, '_>, scope: &Scope<'_>, draft: &mut Draft, depth: u8) {
    match node.ns() {
        Ns::Core | Ns::Atom => own_field(node, scope, draft),
        Ns::Dc | Ns::DcTerms => dublin_core(node, draft, scope),
        Ns::Itunes | Ns::Podcast => podcast(node, scope, draft),
        Ns::Media => media_rss(node, scope, draft, depth),
        _ => other_field(node, scope, draft),
    }
}

/// The elements of the formats themselves.
fn own_field(node: Node<'_, '_>, scope: &Scope<'_>, draft: &mut Draft) {
    let foreign = u8::from(node.ns() == Ns::Atom && scope.kind != FeedKind::Atom);
    let entry = &mut draft.entry;
    match node.local() {
        "title" => draft.title.offer(foreign, || text::text(node, Habit::Plain, scope)),
        "link" | "a" => entry_link(node, scope, draft),
        "guid" => {
            draft.id.offer(0, || filled_text(node));
            let permanent = node.filled("ispermalink").is_none_or(|said| !said.eq_ignore_ascii_case("false"));
            if permanent {
                draft.link.offer(5, || {
                    filled_text(node).filter(|id| is_web(id)).or_else(|| {
                        // A relative permalink is an address where the feed calls it one.
                        node.filled("ispermalink").and_then(|_| scope.text_address(node))
                    })
                });
            }
        }
        "id" => draft.id.offer(1 + foreign, || scope.id(node)),
        "description" | "abstract" | "tagline" => {
            let habit = if node.local() == "description" { Habit::Html } else { Habit::Plain };
            draft.description.offer(0, || text::text(node, habit, scope));
        }
        "summary" | "subtitle" => draft.summary.offer(foreign, || text::text(node, Habit::Plain, scope)),
        "content" => {
            if let Some(found) = text::text(node, Habit::Plain, scope) {
                push(&mut entry.content, found);
            }
            if let Some(src) = scope.attribute_address(node, "src") {
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
        "pubdate" | "published" | "issued" => draft.published.correct(foreign, || text::date(node)),
        "updated" | "modified" | "lastbuilddate" | "lastmod" => {
            draft.updated.correct(foreign, || text::date(node));
        }
        "created" => draft.published.offer(4, || text::date(node)),
        "date" => draft.published.offer(5, || text::date(node)),
        "category" | "tags" | "keywords" => add_categories(node, &mut entry.categories),
        "enclosure" => add_enclosure(node, scope, entry),
        "image" | "logo" | "thumbnail" => draft.image.offer(2, || media::picture(node, scope)),
        "language" => draft.language.offer(0, || filled_text(node)),
        "comments" => entry.comments = entry.comments.take().or_else(|| scope.text_address(node)),
        "rights" | "copyright" => draft.rights.offer(0, || text::text(node, Habit::Plain, scope)),
        "source" => entry.source = entry.source.take().or_else(|| origin(node, scope)),
        "loc" => draft.link.offer(0, || scope.text_address(node)),
        _ => {}
    }
}

fn dublin_core(node: Node<'_, '_>, draft: &mut Draft, scope: &Scope<'_>) {
    let entry = &mut draft.entry;
    match node.local() {
        "title" => draft.title.offer(3, || text::text(node, Habit::Plain, scope)),
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
            draft.updated.offer(3, || text::date(node));
            draft.published.offer(5, || text::date(node));
        }
        "issued" | "available" | "datesubmitted" => draft.published.offer(2, || text::date(node)),
        "modified" => draft.updated.offer(2, || text::date(node)),
        "created" => draft.published.offer(4, || text::date(node)),
        "subject" => add_categories(node, &mut entry.categories),
        "description" | "abstract" => draft.summary.offer(5, || text::text(node, Habit::Html, scope)),
        "language" => draft.language.offer(1, || filled_text(node)),
        "rights" => draft.rights.offer(1, || text::text(node, Habit::Plain, scope)),
        "identifier" => draft.id.offer(6, || filled_text(node)),
        _ => {}
    }
}

fn podcast(node: Node<'_, '_>, scope: &Scope<'_>, draft: &mut Draft) {
    let entry = &mut draft.entry;
    match node.local() {
        "title" => draft.title.offer(4, || text::text(node, Habit::Plain, scope)),
        "author" if entry.authors.is_empty() => entry.authors.extend(people::person(node, scope)),
        "person" => {
            if let Some(person) = people::person(node, scope) {
                push(&mut entry.contributors, person);
            }
        }
        "summary" | "description" => draft.summary.offer(7, || text::text(node, Habit::Plain, scope)),
        "subtitle" => draft.summary.offer(8, || text::text(node, Habit::Plain, scope)),
        "image" => draft.image.offer(1, || media::picture(node, scope)),
        "category" | "keywords" => add_categories(node, &mut entry.categories),
        "season" => entry.season = entry.season.or_else(|| filled_text(node)?.parse().ok()),
        "episode" => entry.episode = entry.episode.take().or_else(|| filled_text(node)),
        "transcript" | "chapters" if node.ns() == Ns::Podcast => {
            if let Some(href) = scope.attribute_address(node, "url") {
                let (rel, mime) = (Some(node.local().to_owned()), node.filled("type"));
                let hreflang = node.filled("language");
                push(&mut entry.links, Link { href, rel, mime, hreflang, ..Link::default() });
            }
        }
        "alternateenclosure" => {
            let source = node.children().find(|child| child.local() == "source");
            if let Some(url) = source.and_then(|source| scope.attribute_address(source, "uri")) {
                let (mime, length) = (node.filled("type"), node.filled("length"));
                push(&mut entry.media, MediaFile { url, mime, length, ..MediaFile::default() });
            }
        }
        "duration" => entry.duration = entry.duration.take().or_else(|| filled_text(node)),
        _ => {}
    }
}

fn media_rss(node: Node<'_, '_>, scope: &Scope<'_>, draft: &mut Draft, depth: u8) {
    match node.local() {
        "title" => draft.title.offer(6, || text::text(node, Habit::Plain, scope)),
        "description" => draft.summary.offer(9, || text::text(node, Habit::Plain, scope)),
        "category" | "keywords" => add_categories(node, &mut draft.entry.categories),
        "thumbnail" => {
            if let Some(file) = media::file(node, scope) {
                push(&mut draft.entry.thumbnails, file);
            }
        }
        "player" => {
            if let Some(file) = media::file(node, scope) {
                push(
                    &mut draft.entry.links,
                    Link { href: file.url, rel: Some("player".to_owned()), ..Link::default() },
                );
            }
        }
        "content" | "peerlink" => {
            if node.attribute("url").is_some()
                && let Some(file) = media::file(node, scope)
            {
                push(&mut draft.entry.media, file);
            }
        }
        _ => {}
    }
    if matches!(node.local(), "content" | "group") && depth < DEEPEST_GROUP {
        for child in node.children().filter(|child| child.ns() == Ns::Media) {
            media_rss(child, scope, draft, depth + 1);
        }
    }
}

/// Extensions with few elements each.
fn other_field(node: Node<'_, '_>, scope: &Scope<'_>, draft: &mut Draft) {
    let entry = &mut draft.entry;
    match (node.ns(), node.local()) {
        (Ns::Content, "encoded") | (Ns::Xhtml, "body" | "div") => add_html(node, scope, entry),
        (Ns::Slash, "comments") | (Ns::Thread, "total") => {
            entry.comment_count = filled_text(node).and_then(|count| count.parse().ok());
        }
        (Ns::Wfw, "commentrss") => {
            if let Some(href) = scope.text_address(node) {
                push(&mut entry.links, Link { href, rel: Some("replies".to_owned()), ..Link::default() });
            }
        }
        (Ns::Thread, "in-reply-to") => {
            // RFC 4685 §3: `ref` names the entry, `href` is where it can be read.
            let named = || scope.attribute_address(node, "ref");
            let found = link(node, scope).or_else(|| Some(Link { href: named()?, ..Link::default() }));
            if let Some(found) = found {
                push(&mut entry.links, Link { rel: Some("in-reply-to".to_owned()), ..found });
            }
        }
        (Ns::FeedBurner, "origlink") => {
            if let Some(href) = scope.text_address(node) {
                push(&mut entry.links, Link { href, rel: Some("canonical".to_owned()), ..Link::default() });
            }
        }
        (Ns::CreativeCommons, "license") => {
            let href = scope.attribute_address(node, "resource").or_else(|| scope.text_address(node));
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
        (Ns::Geo, "lat") => draft.latitude = filled_text(node).and_then(|text| text.parse().ok()),
        (Ns::Geo, "long" | "lon") => draft.longitude = filled_text(node).and_then(|text| text.parse().ok()),
        (Ns::News, "news") => news(node, scope, draft),
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
                    "title" => draft.title.offer(4, || text::text(child, Habit::Plain, scope)),
                    "description" => draft.summary.offer(6, || text::text(child, Habit::Plain, scope)),
                    "publication_date" => draft.published.offer(3, || text::date(child)),
                    "tag" => add_categories(child, &mut draft.entry.categories),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// The `news:news` of a news sitemap.
fn news(node: Node<'_, '_>, scope: &Scope<'_>, draft: &mut Draft) {
    for child in node.children() {
        match child.local() {
            "title" => draft.title.offer(0, || text::text(child, Habit::Plain, scope)),
            "publication_date" => draft.published.offer(0, || text::date(child)),
            "keywords" => add_categories(child, &mut draft.entry.categories),
            "publication" => {
                for part in child.children() {
                    match part.local() {
                        "name" => {
                            let title = text::text(part, Habit::Plain, scope);
                            draft.entry.source = Some(Origin { title, ..Origin::default() });
                        }
                        "language" => draft.language.offer(0, || filled_text(part)),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}

fn entry_link(node: Node<'_, '_>, scope: &Scope<'_>, draft: &mut Draft) {
    let Some(found) = link(node, scope) else {
        draft.link.correct(2, || scope.text_address(node));
        return;
    };
    if is_bare_link(node, scope) {
        draft.link.correct(2, || Some(found.href.clone()));
    }
    match found.rel.as_deref() {
        Some("enclosure") => {
            let file = MediaFile {
                url: found.href.clone(),
                mime: found.mime.clone(),
                length: found.length.clone(),
                ..MediaFile::default()
            };
            push(&mut draft.entry.enclosures, file);
        }
        Some("replies") => {
            let is_page = found.mime.as_deref().is_none_or(|mime| mime.contains("html"));
            if is_page {
                draft.entry.comments = draft.entry.comments.take().or_else(|| Some(found.href.clone()));
            }
        }
        _ => {}
    }
    push(&mut draft.entry.links, found);
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
    if let Some(found) = text::text(node, Habit::Html, scope) {
        push(&mut entry.content, found);
    }
}

/// The feed that an entry was taken from: RSS gives address and title, Atom a whole head.
fn origin(node: Node<'_, '_>, scope: &Scope<'_>) -> Option<Origin> {
    if !node.has_children() {
        let title = text::text(node, Habit::Plain, scope);
        let link = scope.attribute_address(node, "url");
        return (title.is_some() || link.is_some()).then_some(Origin { title, link, id: None });
    }
    let mut origin = Origin::default();
    let mut links = Vec::new();
    for child in node.children().filter(|child| matches!(child.ns(), Ns::Atom | Ns::Core)) {
        match child.local() {
            "title" => origin.title = text::text(child, Habit::Plain, scope),
            "id" => origin.id = filled_text(child),
            "link" => links.extend(link(child, scope)),
            _ => {}
        }
    }
    origin.link = best_link(&links).or_else(|| links.first().map(|link| link.href.clone()));
    Some(origin)
}

fn finish(draft: Draft) -> Entry {
    let mut entry = draft.entry;
    entry.id = draft.id.take();
    entry.title = draft.title.take();
    let alternate = best_link(&entry.links);
    let fallback = || {
        let own = |link: &&Link| {
            !matches!(link.rel.as_deref(), Some("self" | "edit" | "replies" | "enclosure" | "license"))
        };
        entry.links.iter().find(own).map(|link| link.href.clone())
    };
    entry.link = match draft.link.rank() {
        // A link of RSS itself beats `atom:link`, which beats a permanent guid.
        Some(0..=2) => draft.link.take(),
        Some(_) => alternate.or_else(|| draft.link.take()),
        None => alternate.or_else(fallback).or_else(|| entry.id.clone().filter(|id| is_web(id))),
    };
    // With both, the description is the longer text (as in Python's feedparser).
    if draft.summary.rank().is_some_and(|rank| rank < 5) {
        entry.summary = draft.summary.take();
        entry.content.extend(draft.description.take());
    } else {
        entry.summary = draft.description.take().or_else(|| draft.summary.take());
    }
    entry.published = draft.published.take();
    entry.updated = draft.updated.take();
    entry.image = draft.image.take().or_else(|| pictured(&entry));
    entry.language = draft.language.take();
    entry.rights = draft.rights.take();
    if let (None, Some(latitude), Some(longitude)) = (entry.position, draft.latitude, draft.longitude) {
        entry.position = Some((latitude, longitude));
    }
    entry
}

/// The picture in the text of an entry that names none otherwise.
fn pictured(entry: &Entry) -> Option<String> {
    if !entry.media.is_empty() || !entry.thumbnails.is_empty() {
        return None;
    }
    let html = entry.content.iter().chain(&entry.summary).filter(|text| text.kind == TextKind::Html);
    html.into_iter().find_map(|text| media::first_picture(&text.value, text.base.as_deref()))
}

/// The trimmed text of an element that holds something.
pub(super) fn filled_text(node: Node<'_, '_>) -> Option<String> {
    let text = node.text();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn is_web(address: &str) -> bool {
    address.starts_with("http://") || address.starts_with("https://")
}
