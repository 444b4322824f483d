//! Handles the entries of a source: new ones are queued, edited ones are processed again, known
//! ones are skipped.

use courant_analysis::identity;
use courant_formats::feed::{self, Entry};
use courant_model::{NewCapture, PendingPage, Timestamp, Unread};
use courant_store::{EntryStatus, ListedEntry, SourceDay};
use sha2::{Digest, Sha256};
use url::Url;

use crate::{
    context::Context,
    gather::{
        quotas::Quotas,
        read_source::{MAX_ENTRIES, entry_time},
    },
    process::attribution::{SourceAuthority, capture_refused, capture_unread},
};

/// Counts of the entries of one response.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct NewEntries {
    pub(crate) new: u64,
    pub(crate) edited: u64,
    /// Pages and captures that were not queued before.
    pub(crate) queued: u64,
    /// New or edited entries that were left out because the source reached a limit.
    pub(crate) waiting: u64,
}

/// Where an entry leads.
pub(crate) enum EntryTarget {
    /// A page that may be fetched.
    Page(PendingPage),
    /// A URL that must not be published: a capture that records the refusal.
    Refused(NewCapture),
}

/// Queues the new and edited entries of a source, within its limits. Feeds list the newest first,
/// so the first new entries are taken; those over the limit are not stored as known and count as
/// new at the next poll. Entries are stored as known last, so that a stop in between loses none.
pub(crate) async fn take_entries(
    context: &Context,
    quotas: &Quotas,
    source: &Url,
    base: &Url,
    entries: &[Entry],
) -> anyhow::Result<NewEntries> {
    let now = context.clock.now();
    if entries.len() > MAX_ENTRIES {
        tracing::warn!(%source, "source has {} entries; only the first {MAX_ENTRIES} are read", entries.len());
    }
    let entries = &entries[..entries.len().min(MAX_ENTRIES)];
    let authority = SourceAuthority::of(Some(source.as_str()), &context.site);
    let links: Vec<Option<Url>> = entries.iter().map(|entry| link_of(context, base, entry)).collect();
    let keyed: Vec<ListedEntry> = feed::entry_keys(entries)
        .into_iter()
        .zip(entries)
        .zip(&links)
        .map(|((key, entry), link)| ListedEntry {
            key,
            link: link.as_ref().map(identity::canonical_key),
            digest: digest(entry),
        })
        .collect();
    let news = context.store.entry_statuses(source, &keyed).await?;
    let oldest = now.as_second() - i64::from(context.site.config.poll.max_age_days.0) * 24 * 3600;
    let mut remaining = quotas.allowance(source.as_str(), &context.site.config.limits).entries();
    let mut found = NewEntries::default();
    let mut taken = Taken::default();
    let mut known = Vec::with_capacity(keyed.len());
    for (((entry, link), news), keyed) in entries.iter().zip(links).zip(news).zip(keyed) {
        let is_old = entry_time(entry).is_some_and(|time| time.as_second() < oldest);
        let wanted = link.filter(|_| !is_old && news != EntryStatus::Known);
        if wanted.is_some() && remaining == 0 {
            found.waiting += 1;
            continue;
        }
        known.push(keyed);
        match news {
            EntryStatus::New => found.new += 1,
            EntryStatus::Edited => found.edited += 1,
            EntryStatus::Known => {}
        }
        if let Some(link) = wanted {
            remaining -= 1;
            let page = page_of(context, &authority, Some(source), link, entry, now);
            taken.add(page, news == EntryStatus::Edited);
        }
    }
    found.queued = queue(context, taken, now).await?;
    context.store.remember_entries(source, &known, now).await?;
    let counted = SourceDay { articles: found.queued, left_out: found.waiting, bytes: 0 };
    quotas.count(source.as_str(), counted, &context.site.config.limits);
    Ok(found)
}

/// The entries to queue, in the order of their source.
#[derive(Default)]
struct Taken {
    fresh: Vec<PendingPage>,
    edited: Vec<PendingPage>,
    refused: Vec<NewCapture>,
}

impl Taken {
    fn add(&mut self, target: EntryTarget, is_edit: bool) {
        match target {
            EntryTarget::Page(page) if is_edit => self.edited.push(page),
            EntryTarget::Page(page) => self.fresh.push(page),
            EntryTarget::Refused(capture) => self.refused.push(capture),
        }
    }
}

/// Queues pages or, if the site takes articles from their entries alone (`[fetch] pages = false`),
/// stores captures. Returns how many were not queued before. The oldest entry goes first, in the
/// order of publication.
async fn queue(context: &Context, taken: Taken, now: Timestamp) -> anyhow::Result<u64> {
    let Taken { mut fresh, mut edited, refused } = taken;
    fresh.reverse();
    edited.reverse();
    let mut queued = 0;
    if !refused.is_empty() {
        queued += context.store.add_captures(&refused, now).await? as u64;
    }
    if context.site.config.fetch.pages {
        queued += context.store.requeue_pages(&edited).await? as u64;
        return Ok(queued + context.store.enqueue_pages(&fresh, now).await? as u64);
    }
    let captures: Vec<NewCapture> =
        fresh.into_iter().chain(edited).map(|page| capture_unread(page, now, Unread::NotFetched)).collect();
    Ok(queued + context.store.add_captures(&captures, now).await? as u64)
}

/// A digest of the fields that an edit changes: title, summary and the stated times. The content is
/// left out because many publishers include something that differs in every response.
fn digest(entry: &Entry) -> [u8; 16] {
    let mut hash = Sha256::new();
    for text in [&entry.title, &entry.summary].into_iter().flatten() {
        hash.update(text.value.as_bytes());
        hash.update([0]);
    }
    for time in [entry.published, entry.updated] {
        hash.update(time.map_or(0, Timestamp::as_second).to_be_bytes());
    }
    let mut digest = [0; 16];
    digest.copy_from_slice(&hash.finalize()[..16]);
    digest
}

/// The absolute URL of an entry, with redirectors unwrapped and trackers removed; `None` if it has
/// no valid link.
pub(crate) fn link_of(context: &Context, base: &Url, entry: &Entry) -> Option<Url> {
    let url = base.join(entry.link.as_deref()?).ok()?;
    Some(context.rules.urls.clean(&url).url)
}

/// The page that an entry of a source links to; `authority` decides whether the source speaks for
/// it.
pub(crate) fn page_of(
    context: &Context,
    authority: &SourceAuthority<'_>,
    source: Option<&Url>,
    link: Url,
    entry: &Entry,
    now: Timestamp,
) -> EntryTarget {
    let problem = context.rules.addresses.check(&link).err();
    let page = PendingPage {
        key: identity::canonical_key(&link),
        own: authority.speaks_for(&link),
        url: link,
        source: source.map(Url::to_string),
        entry: serde_json::to_string(entry).ok(),
        full_text_of: None,
        attempts: 0,
        next_try: now,
    };
    match problem {
        None => EntryTarget::Page(page),
        Some(problem) => EntryTarget::Refused(capture_refused(page, now, problem.to_string())),
    }
}
