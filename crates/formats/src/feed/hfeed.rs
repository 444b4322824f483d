//! Pages that mark up their articles: h-feed and h-entry (microformats.org/wiki/h-entry), and the
//! older hAtom.
//!
//! The last resort for a site without a feed. Only what is marked up is read; nothing is guessed
//! from the appearance of a page.

use courant_model::resolve_reference;
use url::Url;

use crate::xml::{Document, Node};

use super::{
    fields::push,
    people,
    values::{Category, Entry, Feed, FeedKind, Link, Person, Text, TextKind},
};

/// Maximum number of entries of one page; the rest is ignored.
const MAX_ENTRIES: usize = 1000;
/// Maximum size of a page in bytes; larger ones are not read.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// The feed in the markup of a page; `None` if it marks up no entry.
pub fn feed_in_page(html: &str, page_url: &Url) -> Option<Feed> {
    if html.len() > MAX_BYTES || !(html.contains("h-entry") || html.contains("hentry")) {
        return None;
    }
    let document = Document::parse(html, |open, _| is_void(open));
    let base = base_of(&document, page_url);
    let entries: Vec<Entry> = document
        .elements()
        .filter(|node| has_class(*node, &["h-entry", "hentry"]))
        .take(MAX_ENTRIES)
        .map(|node| entry(node, &base))
        .filter(|entry| entry.link.is_some())
        .collect();
    if entries.is_empty() {
        return None;
    }
    let mut feed = Feed { kind: FeedKind::Page, encoding: "utf-8", entries, ..Feed::default() };
    feed.link = Some(page_url.to_string());
    feed.language =
        document.elements().find(|node| node.local() == "html").and_then(|node| node.filled("lang"));
    let head = document.elements().find(|node| has_class(*node, &["h-feed", "hfeed"]));
    let name = head.and_then(|head| properties(head).into_iter().find(|(_, name)| *name == "name"));
    let title = document.elements().find(|node| node.local() == "title");
    feed.title = name.map(|(node, _)| node).or(title).and_then(|node| joined_text(node)).map(plain);
    Some(feed)
}

fn base_of(document: &Document<'_>, page_url: &Url) -> String {
    let stated = document.elements().find(|node| node.local() == "base").and_then(|node| node.filled("href"));
    stated.map_or_else(|| page_url.to_string(), |base| resolve_reference(Some(page_url.as_str()), &base))
}

fn entry(node: Node<'_, '_>, base: &str) -> Entry {
    let mut entry = Entry::default();
    for (found, property) in properties(node) {
        match property {
            "name" => entry.title = entry.title.take().or_else(|| joined_text(found).map(plain)),
            "url" => entry.link = entry.link.take().or_else(|| url(found, base)),
            "uid" => entry.id = entry.id.take().or_else(|| url(found, base)),
            "published" => entry.published = entry.published.or_else(|| instant(found)),
            "updated" => entry.updated = entry.updated.or_else(|| instant(found)),
            "summary" => entry.summary = entry.summary.take().or_else(|| joined_text(found).map(plain)),
            "content" if entry.content.is_empty() => {
                let base = Some(base.to_owned());
                entry.content.push(Text { value: found.inner_markup(), kind: TextKind::Html, base });
            }
            "author" => entry.authors.extend(author(found, base).filter(|_| entry.authors.is_empty())),
            "category" => {
                if let Some(term) = joined_text(found) {
                    push(&mut entry.categories, Category { term, ..Category::default() });
                }
            }
            "photo" => entry.image = entry.image.take().or_else(|| url(found, base)),
            _ => {}
        }
    }
    entry.id = entry.id.or_else(|| entry.link.clone());
    if let Some(href) = &entry.link {
        entry.links.push(Link { href: href.clone(), rel: Some("alternate".to_owned()), ..Link::default() });
    }
    entry
}

/// The properties of an item in order, with their elements; those of nested items are left out.
fn properties<'d, 'a>(item: Node<'d, 'a>) -> Vec<(Node<'d, 'a>, &'static str)> {
    let mut found = Vec::new();
    let mut waiting: Vec<Node<'d, 'a>> = item.children().collect();
    waiting.reverse();
    while let Some(node) = waiting.pop() {
        let class = node.attribute("class").unwrap_or_default();
        let rel = node.attribute("rel").unwrap_or_default();
        let named = class.split_ascii_whitespace().filter_map(property);
        let related = rel.split_ascii_whitespace().filter_map(|rel| match rel {
            "bookmark" => Some("url"),
            "tag" => Some("category"),
            _ => None,
        });
        found.extend(named.chain(related).map(|property| (node, property)));
        let is_item =
            class.split_ascii_whitespace().any(|class| class.starts_with("h-") || class == "hentry");
        if !is_item {
            let at = waiting.len();
            waiting.extend(node.children());
            waiting[at..].reverse();
        }
    }
    found
}

/// The property that a class means, in h-entry or hAtom.
fn property(class: &str) -> Option<&'static str> {
    Some(match class {
        "p-name" | "entry-title" => "name",
        "u-url" => "url",
        "u-uid" => "uid",
        "dt-published" | "published" => "published",
        "dt-updated" | "updated" => "updated",
        "p-summary" | "entry-summary" => "summary",
        "e-content" | "entry-content" => "content",
        "p-author" | "author" => "author",
        "p-category" => "category",
        "u-photo" | "u-featured" => "photo",
        _ => return None,
    })
}

fn author(node: Node<'_, '_>, base: &str) -> Option<Person> {
    let inner = properties(node);
    let named = inner.iter().find(|(_, property)| *property == "name").map(|(node, _)| *node);
    let mut person = people::from_text(&joined_text(named.unwrap_or(node))?);
    let own =
        [node].into_iter().chain(inner.iter().filter(|(_, name)| *name == "url").map(|(node, _)| *node));
    person.url =
        own.into_iter().find_map(|node| node.filled("href")).map(|href| resolve_reference(Some(base), &href));
    Some(person)
}

fn url(node: Node<'_, '_>, base: &str) -> Option<String> {
    let stated = ["href", "src", "data", "value"].into_iter().find_map(|name| node.filled(name));
    stated.or_else(|| joined_text(node)).map(|reference| resolve_reference(Some(base), &reference))
}

fn instant(node: Node<'_, '_>) -> Option<courant_model::Timestamp> {
    let stated = node.filled("datetime").or_else(|| node.filled("title")).or_else(|| joined_text(node))?;
    courant_model::parse_date(&stated)
}

fn joined_text(node: Node<'_, '_>) -> Option<String> {
    let text = node.text().split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

fn plain(value: String) -> Text {
    Text { value, kind: TextKind::Plain, base: None }
}

fn has_class(node: Node<'_, '_>, wanted: &[&str]) -> bool {
    node.attribute("class")
        .is_some_and(|class| class.split_ascii_whitespace().any(|class| wanted.contains(&class)))
}

fn is_void(local: &str) -> bool {
    matches!(local, "br" | "img" | "hr" | "meta" | "link" | "input" | "wbr" | "source" | "base")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(html: &str) -> Option<Feed> {
        feed_in_page(html, &Url::parse("https://lake.example/news/").unwrap())
    }

    #[test]
    fn marked_up_articles_are_entries() {
        let feed = read(
            r#"<html lang="en"><title>x</title><main class="h-feed"><h1 class="p-name">Lake news</h1>
            <article class="post h-entry"><img src="a.png"><a class="u-url p-name" href="one">One &amp; only</a>
              <time class="dt-published" datetime="2025-06-03T09:39:21Z">today</time>
              <p class="p-author h-card"><a class="p-name u-url" href="/ada">Ada Byron</a></p>
              <div class="e-content"><p>Text <b>here</b></p></div><i class="p-category">boats</i></article>
            <article class="h-entry"><p class="p-name">No URL</p></article></main>"#,
        )
        .unwrap();
        assert_eq!(feed.title.unwrap().value, "Lake news");
        assert_eq!(feed.language.as_deref(), Some("en"));
        assert_eq!(feed.entries.len(), 1, "an entry needs a URL");
        let entry = &feed.entries[0];
        assert_eq!(entry.link.as_deref(), Some("https://lake.example/news/one"));
        assert_eq!(entry.title.as_ref().unwrap().value, "One & only");
        assert_eq!(entry.published.unwrap().to_string(), "2025-06-03T09:39:21Z");
        assert_eq!(entry.authors[0].name.as_deref(), Some("Ada Byron"));
        assert_eq!(entry.authors[0].url.as_deref(), Some("https://lake.example/ada"));
        assert_eq!(entry.content[0].value, "<p>Text <b>here</b></p>");
        assert_eq!(entry.categories[0].term, "boats");
    }

    #[test]
    fn hatom_is_read() {
        let feed = read(
            r#"<div class="hentry"><h2 class="entry-title"><a rel="bookmark" href="/2025/two">Two</a></h2>
            <abbr class="published" title="2025-01-02T00:00:00Z">2 Jan</abbr></div>"#,
        );
        let entry = &feed.unwrap().entries[0];
        assert_eq!(entry.link.as_deref(), Some("https://lake.example/2025/two"));
        assert_eq!(entry.published.unwrap().to_string(), "2025-01-02T00:00:00Z");
    }

    #[test]
    fn a_page_without_markup_is_not_a_feed() {
        assert_eq!(read("<article><a href='x'>h-entry</a></article>"), None);
    }
}
