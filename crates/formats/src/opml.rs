//! OPML 1.0 and 2.0: lists of feeds in folders, read tolerantly and written strictly.

use thiserror::Error;

use crate::{
    encoding,
    xml::{Document, Node, line_of},
};

/// Maximum number of feeds of one list; the rest is ignored.
const MAX_FEEDS: usize = 100_000;

/// A list of feeds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Opml {
    /// The title of the list.
    pub title: Option<String>,
    /// The feeds in order.
    pub feeds: Vec<OpmlFeed>,
}

/// A feed in a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpmlFeed {
    /// The URL of the feed.
    pub xml_url: String,
    /// The URL of the site.
    pub html_url: Option<String>,
    /// The name of the feed.
    pub title: Option<String>,
    /// The `type` as written (`rss`, `atom`, …).
    pub kind: Option<String>,
    /// The folders around it, outermost first.
    pub folders: Vec<String>,
    /// Its line in the file, counted from 1; 0 if it was not read from a file.
    pub line: u32,
}

/// Why a document is not a list of feeds.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OpmlError {
    /// There is no `opml` element.
    #[error("the document has no <opml> element; expected OPML")]
    NotOpml,
}

/// Reads a list. An outline with a URL is a feed, one without is a folder.
pub fn parse(bytes: &[u8]) -> Result<Opml, OpmlError> {
    let text = encoding::decode_xml(bytes, None).text;
    let document = Document::parse(&text, |_, _| false);
    let is_root = |node: &Node<'_, '_>| matches!(node.local(), "opml" | "body" | "outline");
    let root = document.elements().find(is_root).ok_or(OpmlError::NotOpml)?;
    let title = document
        .elements()
        .find(|node| node.local() == "title" && node.parent().is_some_and(|parent| parent.local() == "head"));
    let title = title.map(|node| node.text().trim().to_owned()).filter(|title| !title.is_empty());
    let outlines = std::iter::once(root).chain(document.elements()).filter(|node| node.local() == "outline");
    let mut feeds = Vec::new();
    let mut last = None;
    for node in outlines.take(MAX_FEEDS) {
        // The root itself may be an outline and then comes twice.
        let place = node.offset_in(&text);
        if last == Some(place) {
            continue;
        }
        last = Some(place);
        if let Some(feed) = feed(node) {
            feeds.push((place, feed));
        }
    }
    Ok(Opml { title, feeds: with_lines(feeds, &text) })
}

fn feed(node: Node<'_, '_>) -> Option<OpmlFeed> {
    let xml_url = node.filled("xmlUrl")?;
    let mut folders: Vec<String> = std::iter::successors(node.parent(), |node| node.parent())
        .filter(|around| around.local() == "outline" && around.filled("xmlUrl").is_none())
        .filter_map(name)
        .collect();
    folders.reverse();
    if folders.is_empty() {
        // OPML 2.0: `category` contains folders as paths.
        let path = node.filled("category").unwrap_or_default();
        let first = path.split(',').next().unwrap_or_default();
        folders =
            first.split('/').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect();
    }
    let (html_url, kind) = (node.filled("htmlUrl"), node.filled("type"));
    Some(OpmlFeed { xml_url, html_url, title: name(node), kind, folders, line: 0 })
}

fn name(node: Node<'_, '_>) -> Option<String> {
    node.filled("title").or_else(|| node.filled("text"))
}

/// Sets the lines in one pass over the text.
fn with_lines(feeds: Vec<(usize, OpmlFeed)>, text: &str) -> Vec<OpmlFeed> {
    let (mut line, mut counted) = (1, 0);
    let mut placed = Vec::with_capacity(feeds.len());
    for (place, feed) in feeds {
        if place >= counted {
            line += line_of(&text[counted..], place - counted) - 1;
            counted = place;
        }
        placed.push(OpmlFeed { line, ..feed });
    }
    placed
}

/// Writes a list as OPML 2.0: folders in the order of their first feed, one line for each feed.
pub fn write(opml: &Opml) -> String {
    let mut out =
        String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n  <head>\n");
    if let Some(title) = &opml.title {
        out.extend(["    <title>", &escaped(title), "</title>\n"]);
    }
    out.push_str("  </head>\n  <body>\n");
    let mut open: Vec<&str> = Vec::new();
    for feed in in_folder_order(&opml.feeds) {
        let shared = open.iter().zip(&feed.folders).take_while(|(a, b)| **a == b.as_str()).count();
        while open.len() > shared {
            open.pop();
            out.extend([&indent(open.len()), "</outline>\n"]);
        }
        for folder in &feed.folders[shared..] {
            out.extend([&indent(open.len()), "<outline text=\"", &escaped(folder), "\">\n"]);
            open.push(folder);
        }
        out.push_str(&indent(open.len()));
        out.push_str(&outline(feed));
    }
    while open.pop().is_some() {
        out.extend([&indent(open.len()), "</outline>\n"]);
    }
    out.push_str("  </body>\n</opml>\n");
    out
}

/// The feeds, grouped by folder.
fn in_folder_order(feeds: &[OpmlFeed]) -> Vec<&OpmlFeed> {
    let mut first: std::collections::BTreeMap<&[String], usize> = std::collections::BTreeMap::new();
    for (at, feed) in feeds.iter().enumerate() {
        for depth in 0..=feed.folders.len() {
            first.entry(&feed.folders[..depth]).or_insert(at);
        }
    }
    let mut ordered: Vec<(Vec<usize>, &OpmlFeed)> = feeds
        .iter()
        .enumerate()
        .map(|(at, feed)| {
            let mut path: Vec<usize> = (1..=feed.folders.len())
                .filter_map(|depth| first.get(&feed.folders[..depth]).copied())
                .collect();
            path.push(at);
            (path, feed)
        })
        .collect();
    ordered.sort_by(|a, b| a.0.cmp(&b.0));
    ordered.into_iter().map(|(_, feed)| feed).collect()
}

fn outline(feed: &OpmlFeed) -> String {
    let title = feed.title.as_deref().unwrap_or(&feed.xml_url);
    let kind = feed.kind.as_deref().unwrap_or("rss");
    let mut out = format!("<outline type=\"{}\" text=\"{}\"", escaped(kind), escaped(title));
    out.extend([" xmlUrl=\"", &escaped(&feed.xml_url), "\""]);
    if let Some(html_url) = &feed.html_url {
        out.extend([" htmlUrl=\"", &escaped(html_url), "\""]);
    }
    out.push_str("/>\n");
    out
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth + 2)
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            c if c < ' ' && c != '\t' => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let feed = |url: &str, folders: &[&str]| OpmlFeed {
            xml_url: url.to_owned(),
            title: Some(format!("Title of \"{url}\" & more")),
            html_url: Some("https://lake.example/".to_owned()),
            kind: Some("rss".to_owned()),
            folders: folders.iter().map(|&folder| folder.to_owned()).collect(),
            line: 0,
        };
        let list = Opml {
            title: Some("Waters <1>".to_owned()),
            feeds: vec![
                feed("https://a.example/?x=1&y=2", &["Seas"]),
                feed("https://b.example/", &["Seas", "North"]),
                feed("https://c.example/", &[]),
            ],
        };
        let read = parse(write(&list).as_bytes()).unwrap();
        assert_eq!(read.feeds.iter().map(|feed| feed.line).collect::<Vec<_>>(), [8, 10, 13]);
        let plain = |feed: &OpmlFeed| OpmlFeed { line: 0, ..feed.clone() };
        assert_eq!((read.title, read.feeds.iter().map(plain).collect::<Vec<_>>()), (list.title, list.feeds));
    }

    #[test]
    fn broken_lists_are_read() {
        let text = "<opml><body><outline text='A & B'><outline xmlURL=https://a.example/f?a=1&b=2 title=x>\n\
            <outline text='y' xmlUrl='https://b.example/'/></body>";
        let feeds = parse(text.as_bytes()).unwrap().feeds;
        assert_eq!(feeds[0].xml_url, "https://a.example/f?a=1&b=2");
        assert_eq!((feeds[1].line, feeds[1].folders.len()), (2, 1));
        assert_eq!(parse(b"<html></html>"), Err(OpmlError::NotOpml));
    }
}
