//! Decides which provider is credited with what a source states about the page of another provider.
//!
//! A feed can link anywhere. What its entry states about a page is used only if the source speaks
//! for the page's provider; otherwise the page itself must be read. A source speaks for the
//! provider of its own URL and for the provider of the site that the owner has listed with it
//! (`htmlUrl` in `sources.opml`). What a feed states about itself (its channel's link, its title,
//! the `source` of an entry) is ignored here, because the author of the feed writes that too.

use courant_analysis::identity::{self, Claims, Identity, UrlRules, amp};
use courant_model::{
    CaptureOrigin, KnownProvider, NewCapture, PendingPage, Provider, Source, Timestamp, Unread,
};
use courant_net::{BlockReason, FetchError};
use courant_site::Site;
use url::Url;

use crate::process::candidate::provider;

/// Why a page was not read whose request failed.
pub(crate) fn unread_after(error: &FetchError) -> Unread {
    let because = error.to_string();
    match error {
        FetchError::Status { code: 404 | 410, .. } => Unread::Gone(because),
        // Which ports are allowed is a setting of this site; readers may well be able to open the
        // page.
        FetchError::Blocked { why, .. } if !matches!(why, BlockReason::Port(_)) => Unread::Refused(because),
        _ => Unread::Failed(because),
    }
}

/// The capture of an article of which only the entry is known, with the reason.
pub(crate) fn capture_unread(page: PendingPage, now: Timestamp, why: Unread) -> NewCapture {
    NewCapture {
        final_url: page.url.clone(),
        url: page.url,
        status: 200,
        headers: Vec::new(),
        body: Vec::new(),
        fetched: now,
        source: page.source,
        entry: page.entry,
        origin: CaptureOrigin::Entry(why),
    }
}

/// The capture of an entry whose URL must not be published. It becomes no article and is counted
/// with the reason. A user name or password in the URL is not stored.
pub(crate) fn capture_refused(mut page: PendingPage, now: Timestamp, because: String) -> NewCapture {
    // URLs that cannot have a user name or password give an error; they have none to remove.
    let _ = page.url.set_username("");
    let _ = page.url.set_password(None);
    capture_unread(page, now, Unread::Refused(because))
}

/// Decides which providers a source speaks for.
#[derive(Debug)]
pub(crate) struct SourceAuthority<'a> {
    source: Option<Url>,
    listed: Option<&'a Source>,
    known: &'a [KnownProvider],
}

impl<'a> SourceAuthority<'a> {
    /// The authority of the source with this URL. `None` is for input from the site's owner, who
    /// speaks for every provider.
    pub(crate) fn of(source: Option<&str>, site: &'a Site) -> Self {
        let source = source.and_then(|source| Url::parse(source).ok());
        let listed = source.as_ref().and_then(|url| site.sources.iter().find(|listed| listed.url == *url));
        Self { source, listed, known: &site.providers }
    }

    /// Whether the source speaks for the provider of a URL.
    pub(crate) fn speaks_for(&self, url: &Url) -> bool {
        let Some(source) = &self.source else { return true };
        let domain = identity::provider_domain(url);
        let site = self.listed.and_then(|listed| listed.site.as_ref());
        let mut own = [Some(feed_domain(source)), site.map(identity::provider_domain)].into_iter().flatten();
        own.any(|own| is_same_provider(&own, &domain, self.known))
    }

    /// The provider that the source speaks for: that of the site listed with the source, or else
    /// that of the source's own URL.
    pub(crate) fn provider(&self) -> Option<Provider> {
        let site = self.listed.and_then(|listed| listed.site.as_ref());
        Some(provider(site.or(self.source.as_ref())?, None, self.known))
    }
}

/// The provider domain of a feed's URL. Some platforms, such as Medium, have the publisher's name
/// in the path; in the URLs of their feeds, `/feed/` comes before it.
fn feed_domain(feed: &Url) -> String {
    let Some(path) = feed.path().strip_prefix("/feed/@") else { return identity::provider_domain(feed) };
    let mut own = feed.clone();
    own.set_path(&format!("/@{path}"));
    identity::provider_domain(&own)
}

/// Whether two domains belong to one provider: they are equal, or one file in `providers/` names
/// both.
fn is_same_provider(one: &str, other: &str, known: &[KnownProvider]) -> bool {
    let has_domain = |known: &KnownProvider, domain: &str| {
        known.provider.domain == domain || known.aliases.iter().any(|alias| alias == domain)
    };
    one == other || known.iter().any(|known| has_domain(known, one) && has_domain(known, other))
}

/// The identity of a page after its claims were checked against the server that sent it.
pub(crate) enum Confirmed {
    /// The page belongs to the provider that served it.
    Served(Identity),
    /// Another provider served the page, so it says nothing about the requested article.
    Elsewhere(Identity, Unread),
}

/// Identifies a page. Ignores claims by which it would belong to another provider than the one that
/// served it.
pub(crate) fn identify(claims: &Claims<'_>, rules: &UrlRules, known: &[KnownProvider]) -> Confirmed {
    let identity = identity::identify(claims, rules);
    // An AMP cache serves pages of the publisher that is named in the URL.
    let served = identity::provider_domain(&amp::source_url(claims.final_url));
    let is_served = |identity: &Identity| {
        is_same_provider(&served, &identity::provider_domain(&identity.canonical), known)
    };
    if is_served(&identity) {
        return Confirmed::Served(identity);
    }
    let without_claims = Claims { canonical: None, og_url: None, json_ld_url: None, ..*claims };
    let mut found = identity::identify(&without_claims, rules);
    if is_served(&found) {
        found
            .steps
            .push(format!("claimed URL {} ignored: the page was served by {served}", identity.canonical));
        return Confirmed::Served(found);
    }
    let requested =
        identity::identify(&Claims { final_url: claims.requested, amp_url: None, ..without_claims }, rules);
    let because = format!("it was served by {served}");
    Confirmed::Elsewhere(requested, Unread::Failed(because))
}

#[cfg(test)]
mod tests;
