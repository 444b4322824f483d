//! Who is credited with what a source says about a page of somebody else.
//!
//! A feed can link wherever it likes. What its entry says of a page stands for the page only where the source speaks
//! for the page's provider; else the page itself must be read. A source speaks for the provider of its own address and
//! of the site that the owner has listed with it (`htmlUrl` in `sources.opml`). What a feed says about itself, its
//! channel's link, its title or an entry's `source`, counts for nothing here: the feed's author writes that too.

use courant_analysis::identity::{self, Claims, Identity, UrlRules, amp};
use courant_model::{KnownProvider, NewCapture, PendingPage, Provider, Rejection, Source, Timestamp};
use courant_net::{BlockReason, FetchError};
use courant_site::Site;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::process::candidate::provider;

/// The header of a capture without a page that says why there is none.
const WHY: &str = "x-courant-unread";
/// What all headers of our own begin with.
const OWN_HEADERS: &str = "x-courant-";

/// Why the page behind an entry was not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "because", rename_all = "snake_case")]
pub(crate) enum Unread {
    /// Pages are not fetched: `[fetch] pages = false`, or a feed that came as a file.
    NotFetched,
    /// It is not there: 404 or 410.
    Gone(String),
    /// It may not be asked.
    Refused(String),
    /// It could not be had, or it is a page that stands before the article.
    Failed(String),
}

impl Unread {
    /// Why a page that was asked for in vain is not read.
    pub(crate) fn of(error: &FetchError) -> Self {
        let because = error.to_string();
        match error {
            FetchError::Status { code: 404 | 410, .. } => Self::Gone(because),
            // A port is a setting of the site; the page may well be one that readers can open.
            FetchError::Blocked { why, .. } if !matches!(why, BlockReason::Port(_)) => Self::Refused(because),
            _ => Self::Failed(because),
        }
    }

    /// What a capture without a page says about it.
    pub(crate) fn in_capture(capture: &NewCapture) -> Self {
        capture.header(WHY).and_then(|json| serde_json::from_str(json).ok()).unwrap_or(Self::NotFetched)
    }

    /// In words for an editor.
    pub(crate) fn because(&self) -> &str {
        match self {
            Self::NotFetched => "pages are not fetched here",
            Self::Gone(because) | Self::Refused(because) | Self::Failed(because) => because,
        }
    }

    /// Why there is no article at all, if there is none; `own` says that the source speaks for the page's provider.
    pub(crate) fn rejection(&self, own: bool) -> Option<Rejection> {
        let (reason, because) = match self {
            Self::Refused(because) => ("address", because.clone()),
            Self::Gone(because) if !own => {
                ("linked_page_gone", format!("{because}; the source does not speak for its provider"))
            }
            _ => return None,
        };
        Some(Rejection { reason: reason.to_owned(), because })
    }
}

/// The capture of an article of which the entry alone is known, and why.
pub(crate) fn capture_unread(page: PendingPage, now: Timestamp, why: &Unread) -> NewCapture {
    // Plain words serialise always.
    let why = serde_json::to_string(why).unwrap_or_default();
    NewCapture {
        final_url: page.url.clone(),
        url: page.url,
        status: 200,
        headers: vec![(WHY.to_owned(), why)],
        body: Vec::new(),
        fetched: now,
        source: page.source,
        entry: page.entry,
    }
}

/// The capture that tells of an entry whose address may not be published: it becomes no article, and is counted with
/// the reason. A user name or password in the address is not kept.
pub(crate) fn capture_refused(mut page: PendingPage, now: Timestamp, because: String) -> NewCapture {
    // Addresses that cannot hold them have none.
    let _ = page.url.set_username("");
    let _ = page.url.set_password(None);
    capture_unread(page, now, &Unread::Refused(because))
}

/// The headers of an answer without those that mean something to us alone: no server can pretend to be a record of
/// this site, or a page that was not read.
pub(crate) fn of_strangers(headers: Vec<(String, String)>) -> Vec<(String, String)> {
    let ours = crate::process::record_capture::is_our_header;
    headers.into_iter().filter(|(name, value)| !name.starts_with(OWN_HEADERS) && !ours(name, value)).collect()
}

/// A source, as far as it speaks for somebody.
#[derive(Debug)]
pub(crate) struct Voice<'a> {
    source: Option<Url>,
    listed: Option<&'a Source>,
    known: &'a [KnownProvider],
}

impl<'a> Voice<'a> {
    /// The source at this address; without one, what came in is the owner's own word.
    pub(crate) fn of(source: Option<&str>, site: &'a Site) -> Self {
        let source = source.and_then(|source| Url::parse(source).ok());
        let listed = source.as_ref().and_then(|url| site.sources.iter().find(|listed| listed.url == *url));
        Self { source, listed, known: &site.providers }
    }

    /// Whether the source speaks for the provider of an address.
    pub(crate) fn speaks_for(&self, url: &Url) -> bool {
        let Some(source) = &self.source else { return true };
        let domain = identity::provider_domain(url);
        let site = self.listed.and_then(|listed| listed.site.as_ref());
        let mut own = [Some(feed_domain(source)), site.map(identity::provider_domain)].into_iter().flatten();
        own.any(|own| is_same_provider(&own, &domain, self.known))
    }

    /// The provider that the source speaks for: of the site that the owner has listed with it, else of its address.
    pub(crate) fn provider(&self) -> Option<Provider> {
        let site = self.listed.and_then(|listed| listed.site.as_ref());
        Some(provider(site.or(self.source.as_ref())?, None, self.known))
    }
}

/// The provider of a feed's address. Where the platform puts the name of the publisher into the path, that of feeds
/// begins with `/feed/`.
fn feed_domain(feed: &Url) -> String {
    let Some(path) = feed.path().strip_prefix("/feed/@") else { return identity::provider_domain(feed) };
    let mut own = feed.clone();
    own.set_path(&format!("/@{path}"));
    identity::provider_domain(&own)
}

/// Whether two domains are of one provider: the same, or both named in one file of `providers/`.
fn is_same_provider(one: &str, other: &str, known: &[KnownProvider]) -> bool {
    let names = |known: &KnownProvider, domain: &str| {
        known.provider.domain == domain || known.aliases.iter().any(|alias| alias == domain)
    };
    one == other || known.iter().any(|known| names(known, one) && names(known, other))
}

/// What a page's claims come to, where they were checked against the server that gave the page.
pub(crate) enum Confirmed {
    /// The page is of the provider that served it.
    Served(Identity),
    /// Another provider served the page: it says nothing about the article that was asked for.
    Elsewhere(Identity, Unread),
}

/// Identifies a page, and believes no claim that makes it another provider's than the one that served it.
pub(crate) fn identify(claims: &Claims<'_>, rules: &UrlRules, known: &[KnownProvider]) -> Confirmed {
    let identity = identity::identify(claims, rules);
    // What a cache of AMP pages serves, it got from the publisher that its address names.
    let served = identity::provider_domain(&amp::source_url(claims.final_url));
    let is_served = |identity: &Identity| {
        is_same_provider(&served, &identity::provider_domain(&identity.canonical), known)
    };
    if is_served(&identity) {
        return Confirmed::Served(identity);
    }
    let bare = Claims { canonical: None, og_url: None, json_ld_url: None, ..*claims };
    let mut found = identity::identify(&bare, rules);
    if is_served(&found) {
        found.steps.push(format!("{} refused: {served} served the page", identity.canonical));
        return Confirmed::Served(found);
    }
    let asked = identity::identify(&Claims { final_url: claims.requested, amp_url: None, ..bare }, rules);
    let because = format!("it was served by {served}");
    Confirmed::Elsewhere(asked, Unread::Failed(because))
}

#[cfg(test)]
mod tests;
