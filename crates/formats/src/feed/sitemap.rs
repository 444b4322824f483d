//! Sitemaps (sitemaps.org 0.9) read as feeds: each address is an entry.

use crate::xml::Node;

use super::{
    entry,
    fields::Scope,
    values::{Feed, FeedKind},
};

/// The protocol allows 50,000 addresses in one sitemap; some write more.
const MOST_ADDRESSES: usize = 200_000;

/// The feed that a `urlset` or `sitemapindex` is.
pub(super) fn read(root: Node<'_, '_>, scope: &Scope<'_>) -> Feed {
    let wanted = if scope.kind == FeedKind::Sitemap { "url" } else { "sitemap" };
    let entries = root
        .children()
        .filter(|child| child.local() == wanted)
        .take(MOST_ADDRESSES)
        .map(|child| entry::entry(child, scope))
        .filter(|entry| entry.link.is_some())
        .collect();
    Feed { kind: scope.kind, entries, ..Feed::default() }
}
