//! Sitemaps (sitemaps.org 0.9) read as feeds: each URL is an entry.

use crate::xml::Node;

use super::{
    entry,
    fields::Scope,
    values::{Feed, FeedKind},
};

/// Maximum number of URLs of one sitemap. The protocol allows 50,000; some sites write more.
const MAX_URLS: usize = 200_000;

/// Reads a `urlset` or `sitemapindex` as a feed.
pub(super) fn read(root: Node<'_, '_>, scope: &Scope<'_>) -> Feed {
    let wanted = if scope.kind == FeedKind::Sitemap { "url" } else { "sitemap" };
    let entries = root
        .children()
        .filter(|child| child.local() == wanted)
        .take(MAX_URLS)
        .map(|child| entry::entry(child, scope))
        .filter(|entry| entry.link.is_some())
        .collect();
    Feed { kind: scope.kind, entries, ..Feed::default() }
}
