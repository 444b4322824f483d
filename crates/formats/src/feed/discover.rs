//! The feeds that a page announces (HTML standard, "Link type alternate"; RSS autodiscovery).

use courant_model::resolve_reference;
use url::Url;

use crate::xml::{Document, Node};

/// Maximum number of feeds taken from one page; the rest is ignored.
const MAX_FEEDS: usize = 100;

/// A feed that a page announces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedLink {
    /// Its absolute URL, with the scheme `http` or `https`.
    pub url: Url,
    /// Its title, if the page gives one.
    pub title: Option<String>,
    /// The media type as written.
    pub mime: String,
}

/// The feeds that a page announces with `link rel="alternate"` (or `rel="feed"`), in the order of
/// the page, each once. Links in comments and scripts are ignored.
pub fn feeds_in_page(html: &str, page_url: &Url) -> Vec<FeedLink> {
    let html = without_scripts(html);
    let document = Document::parse(&html, |_, _| false);
    // The first base applies to the whole page, even to what precedes it (HTML standard, §2.4.2).
    let stated =
        document.elements().filter(|node| node.local() == "base").find_map(|node| node.filled("href"));
    let base =
        stated.map_or_else(|| page_url.to_string(), |base| resolve_reference(Some(page_url.as_str()), &base));
    let mut found: Vec<FeedLink> = Vec::new();
    for node in document.elements() {
        match node.local() {
            "link" | "a" if found.len() < MAX_FEEDS => {
                if let Some(link) = announced(node, &base)
                    && !found.iter().any(|known| known.url == link.url)
                {
                    found.push(link);
                }
            }
            _ => {}
        }
    }
    found
}

fn announced(node: Node<'_, '_>, base: &str) -> Option<FeedLink> {
    let rel = node.attribute("rel")?.to_ascii_lowercase();
    let is = |wanted: &str| rel.split_whitespace().any(|word| word == wanted);
    let mime = node.attribute("type").unwrap_or_default().trim().to_ascii_lowercase();
    let media_type = mime.split(';').next().unwrap_or_default().trim();
    let is_feed = matches!(
        media_type,
        "application/rss+xml"
            | "application/atom+xml"
            | "application/rdf+xml"
            | "application/feed+json"
            | "application/x.atom+xml"
            | "application/x-atom+xml"
            | "application/rss"
            | "text/rss+xml"
    );
    // `application/json` announces the interfaces of site software, not feeds.
    let may_be_feed = matches!(media_type, "text/xml" | "application/xml" | "text/rss");
    let wanted = match node.local() {
        "link" => is("alternate") && !is("stylesheet") && (is_feed || may_be_feed) || is("feed"),
        _ => is("feed") || is("alternate") && is_feed,
    };
    if !wanted {
        return None;
    }
    let href = node.attribute("href")?;
    let href = href.trim();
    // `feed:` is a scheme that only tells a reader to subscribe.
    let href = match href.strip_prefix("feed:") {
        Some(rest) if rest.starts_with("//") => format!("http:{rest}"),
        Some(rest) => rest.to_owned(),
        None => href.to_owned(),
    };
    if href.is_empty() {
        return None;
    }
    let url = Url::parse(&resolve_reference(Some(base), &href)).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| FeedLink { url, title: node.filled("title"), mime })
}

/// The page without the contents of scripts and styles, whose text may look like tags.
fn without_scripts(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    'outer: loop {
        let mut from = 0;
        while let Some(at) = rest[from..].find('<').map(|at| from + at) {
            let after = &rest.as_bytes()[at + 1..];
            let name = ["script", "style", "textarea", "template"].into_iter().find(|name| {
                after.len() > name.len() && after[..name.len()].eq_ignore_ascii_case(name.as_bytes())
            });
            if let Some(name) = name {
                out.push_str(&rest[..at]);
                let close = format!("</{name}");
                rest = match find_ignoring_case(&rest[at..], &close) {
                    Some(end) => &rest[at + end + close.len()..],
                    None => "",
                };
                continue 'outer;
            }
            from = at + 1;
        }
        out.push_str(rest);
        return out;
    }
}

fn find_ignoring_case(text: &str, wanted: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(at) = memchr::memmem::find(&bytes[from..], &wanted.as_bytes()[..2]).map(|at| from + at) {
        if bytes.len() >= at + wanted.len()
            && bytes[at..at + wanted.len()].eq_ignore_ascii_case(wanted.as_bytes())
        {
            return Some(at);
        }
        from = at + 2;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn announced_feeds_in_order() {
        let page = r#"<html><head><base href="/n/"><!-- <link rel=alternate type=application/rss+xml href=no> -->
            <script>"<link rel=alternate type=application/rss+xml href=no>"</script>
            <LINK REL="Alternate" TYPE="application/rss+xml" TITLE="All &amp; more" HREF="a.xml">
            <link rel=alternate type="application/atom+xml" href='feed://lake.example/b'>
            <link rel="alternate" hreflang="de" href="/de/"><link rel="stylesheet alternate" type="text/xml" href="s">
            <link rel=alternate type="application/rss+xml" href="a.xml"></head>"#;
        let found = feeds_in_page(page, &Url::parse("https://lake.example/").unwrap());
        let urls: Vec<&str> = found.iter().map(|link| link.url.as_str()).collect();
        assert_eq!(urls, ["https://lake.example/n/a.xml", "http://lake.example/b"]);
        assert_eq!(found[0].title.as_deref(), Some("All & more"));
    }
}
