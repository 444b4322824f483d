//! OPML: lists of sources, read tolerantly and written plainly (OPML 2.0, <http://opml.org/spec2.opml>).

use std::fmt::Write as _;

use crate::{
    encoding::decode_xml,
    xml::{Document, Node, line_of},
};

/// The most feeds that are read from one list.
const MAX_FEEDS: usize = 100_000;
/// The deepest folders that become tags; what lies deeper has the tags down to here.
const MAX_FOLDERS: usize = 16;

/// A list of feeds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Opml {
    /// The list's name.
    pub title: Option<String>,
    /// In the order of the file.
    pub feeds: Vec<OpmlFeed>,
}

/// An outline that names a feed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpmlFeed {
    /// Its address as written.
    pub xml_url: String,
    /// The site's address as written.
    pub html_url: Option<String>,
    /// `title`, else `text`.
    pub title: Option<String>,
    /// `type`: `rss`, `sitemap` …
    pub kind: Option<String>,
    /// The folders that it stands in, outermost first.
    pub folders: Vec<String>,
    /// The line on which its outline begins, from 1; 0 for one that was not read from a file.
    pub line: u32,
}

/// Why a document is no OPML.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpmlError {
    /// There is neither an `opml` element nor an outline.
    #[error("not an OPML document: wanted an <opml> element with <outline> elements")]
    NotOpml,
}

/// The feeds in a document. What is wrong with its XML is passed over: bare ampersands, missing end tags, a
/// wrong encoding. An outline names a feed where it has an `xmlUrl`; in a list that nowhere writes the name so,
/// in any case.
pub fn parse(bytes: &[u8]) -> Result<Opml, OpmlError> {
    let decoded = decode_xml(bytes, None);
    // An outline of a feed is often left open; a new one beside it is no child of it.
    let document = Document::parse(&decoded.text, |_, _| false);
    let is_exact = document.elements().any(|node| node.raw_attributes().iter().any(|(key, _)| *key == "xmlUrl"));
    let mut opml = Opml::default();
    let mut is_opml = false;
    for node in document.elements() {
        match node.local().to_ascii_lowercase().as_str() {
            "opml" => is_opml = true,
            "title" if opml.title.is_none() => {
                let text = node.text().trim().to_owned();
                opml.title = Some(text).filter(|text| !text.is_empty());
            }
            "outline" => {
                is_opml = true;
                if opml.feeds.len() < MAX_FEEDS {
                    opml.feeds.extend(feed(node, is_exact, &decoded.text));
                }
            }
            _ => {}
        }
    }
    if is_opml { Ok(opml) } else { Err(OpmlError::NotOpml) }
}

fn feed(node: Node<'_, '_>, is_exact: bool, text: &str) -> Option<OpmlFeed> {
    if is_exact && !node.raw_attributes().iter().any(|(key, _)| *key == "xmlUrl") {
        return None;
    }
    let xml_url = attribute(node, "xmlUrl")?;
    Some(OpmlFeed {
        xml_url,
        html_url: attribute(node, "htmlUrl"),
        title: attribute(node, "title").or_else(|| attribute(node, "text")),
        kind: attribute(node, "type"),
        folders: folders(node),
        line: line_of(text, node.offset_in(text)),
    })
}

/// An attribute, whatever the case of its name.
fn attribute(node: Node<'_, '_>, name: &str) -> Option<String> {
    let written = node.raw_attributes().iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?.0;
    node.attribute(written).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

fn folders(node: Node<'_, '_>) -> Vec<String> {
    let mut folders = Vec::new();
    let mut above = node.parent();
    while let Some(outline) = above {
        let is_folder = outline.local().eq_ignore_ascii_case("outline") && attribute(outline, "xmlUrl").is_none();
        if is_folder {
            folders.extend(attribute(outline, "text").or_else(|| attribute(outline, "title")));
        }
        if folders.len() == MAX_FOLDERS {
            break;
        }
        above = outline.parent();
    }
    folders.reverse();
    folders
}

/// The document of a list. Feeds of one folder stand together, in the order of the folder's first feed.
pub fn write(opml: &Opml) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n  <head>\n");
    let _ = writeln!(out, "    <title>{}</title>", escape(opml.title.as_deref().unwrap_or("Sources")));
    out.push_str("  </head>\n  <body>\n");
    let feeds: Vec<&OpmlFeed> = opml.feeds.iter().collect();
    write_folder(&mut out, &feeds, 0);
    out.push_str("  </body>\n</opml>\n");
    out
}

/// Depth is bounded by [`MAX_FOLDERS`] for what was read, and by the caller's own list for what was not.
fn write_folder(out: &mut String, feeds: &[&OpmlFeed], depth: usize) {
    let indent = " ".repeat(4 + 2 * depth);
    let mut written: Vec<&str> = Vec::new();
    for feed in feeds {
        match feed.folders.get(depth).filter(|_| depth < MAX_FOLDERS) {
            None => write_feed(out, feed, &indent),
            Some(folder) if !written.contains(&folder.as_str()) => {
                written.push(folder);
                let inside: Vec<&OpmlFeed> =
                    feeds.iter().copied().filter(|other| other.folders.get(depth) == Some(folder)).collect();
                let _ = writeln!(out, "{indent}<outline text=\"{}\">", escape(folder));
                write_folder(out, &inside, depth + 1);
                let _ = writeln!(out, "{indent}</outline>");
            }
            Some(_) => {}
        }
    }
}

fn write_feed(out: &mut String, feed: &OpmlFeed, indent: &str) {
    let kind = feed.kind.as_deref().unwrap_or("rss");
    let title = feed.title.as_deref().unwrap_or(&feed.xml_url);
    let _ = write!(out, "{indent}<outline type=\"{}\" text=\"{}\"", escape(kind), escape(title));
    let _ = write!(out, " xmlUrl=\"{}\"", escape(&feed.xml_url));
    if let Some(site) = &feed.html_url {
        let _ = write!(out, " htmlUrl=\"{}\"", escape(site));
    }
    out.push_str("/>\n");
}

/// Text made safe for XML 1.0: characters that it does not know (§2.2) are dropped.
fn escape(text: &str) -> String {
    let known: String = text.chars().filter(|letter| !letter.is_control()).collect();
    quick_xml::escape::escape(known.as_str()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "<?xml version=\"1.0\"?>\n<opml version=\"1.0\"><head><title>A & B</title></head><body>\n\
        <outline text=\"Papers\">\n<outline type=\"rss\" text=\"One\" xmlUrl=\"https://one.example/feed?a=1&b=2\" htmlUrl=\"https://one.example/\"/>\n\
        <outline text=\"Deep\"><outline title=\"Two\" xmlUrl=\"https://two.example/feed\"></outline></outline></outline>\n\
        <outline text=\"Three\" xmlUrl=\"https://three.example/feed\">\n</body></opml>";

    #[test]
    fn a_damaged_list_is_read() {
        let opml = parse(LIST.as_bytes()).unwrap();
        assert_eq!(opml.title.as_deref(), Some("A & B"));
        let feeds: Vec<_> =
            opml.feeds.iter().map(|feed| (feed.xml_url.as_str(), feed.folders.join("/"), feed.line)).collect();
        assert_eq!(
            feeds,
            [
                ("https://one.example/feed?a=1&b=2", "Papers".to_owned(), 4),
                ("https://two.example/feed", "Papers/Deep".to_owned(), 5),
                ("https://three.example/feed", String::new(), 6),
            ]
        );
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut opml = parse(LIST.as_bytes()).unwrap();
        opml.feeds.iter_mut().for_each(|feed| feed.line = 0);
        let mut again = parse(write(&opml).as_bytes()).unwrap();
        again.feeds.iter_mut().for_each(|feed| feed.line = 0);
        for (one, other) in again.feeds.iter().zip(&opml.feeds) {
            assert_eq!((&one.xml_url, &one.folders, &one.title), (&other.xml_url, &other.folders, &other.title));
        }
        assert_eq!(again.feeds.len(), opml.feeds.len());
    }

    #[test]
    fn a_page_is_no_list() {
        assert_eq!(parse(b"<html><body>hello</body></html>"), Err(OpmlError::NotOpml));
        assert_eq!(parse(b""), Err(OpmlError::NotOpml));
    }

    #[test]
    fn every_shared_list_has_its_feeds() {
        let Some(index) = courant_testkit::shared("feeds/opml.jsonl") else { return };
        let folder = index.parent().unwrap();
        for case in courant_testkit::read_jsonl(&index).unwrap() {
            let path = case["path"].as_str().unwrap();
            let bytes = std::fs::read(folder.join(path)).unwrap();
            let feeds = parse(&bytes).map(|opml| opml.feeds).unwrap_or_default();
            assert_eq!(feeds.len() as u64, case["feeds"].as_u64().unwrap(), "{path}");
            for (feed, first) in feeds.iter().zip(case["first"].as_array().unwrap()) {
                assert_eq!(Some(feed.xml_url.as_str()), first.as_str(), "{path}");
            }
        }
    }
}
