//! What becomes of the entries that a source names: new ones are queued, edited ones are taken in again, known
//! ones are left alone.

use courant_analysis::identity;
use courant_formats::feed::{self, Entry};
use courant_model::{NewCapture, PendingPage, Timestamp};
use courant_store::{EntryNews, NamedEntry, SourceDay};
use sha2::{Digest, Sha256};
use url::Url;

use crate::{
    context::Context,
    gather::{
        quotas::Quotas,
        read_source::{MAX_ENTRIES, entry_time},
    },
    process::attribution::{Unread, Voice, capture_refused, capture_unread},
};

/// How many entries of an answer were new, how many edited.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct NewEntries {
    pub(crate) new: u64,
    pub(crate) edited: u64,
    /// Pages and captures that were not queued before.
    pub(crate) queued: u64,
    /// New or edited entries that were left out because a limit of the source was reached.
    pub(crate) waiting: u64,
}

/// What an entry leads to.
pub(crate) enum Named {
    /// A page that may be fetched.
    Page(PendingPage),
    /// An address that may not be published: a capture that tells so.
    Refused(NewCapture),
}

/// Takes in what a source names, within its limits: the first of what is new, as feeds list the newest first. What is
/// over them is not remembered and so is new again at the next poll. The entries are remembered last, so that a stop in
/// between loses none.
pub(crate) async fn take_entries(
    context: &Context,
    quotas: &Quotas,
    source: &Url,
    base: &Url,
    entries: &[Entry],
) -> anyhow::Result<NewEntries> {
    let now = context.clock.now();
    if entries.len() > MAX_ENTRIES {
        tracing::warn!(%source, "names {} entries; only the first {MAX_ENTRIES} are looked at", entries.len());
    }
    let entries = &entries[..entries.len().min(MAX_ENTRIES)];
    let voice = Voice::of(Some(source.as_str()), &context.site);
    let links: Vec<Option<Url>> = entries.iter().map(|entry| link_of(context, base, entry)).collect();
    let named: Vec<NamedEntry> = feed::entry_keys(entries)
        .into_iter()
        .zip(entries)
        .zip(&links)
        .map(|((key, entry), link)| NamedEntry {
            key,
            link: link.as_ref().map(identity::canonical_key),
            digest: digest(entry),
        })
        .collect();
    let news = context.store.entry_news(source, &named).await?;
    let oldest = now.as_second() - i64::from(context.site.config.poll.max_age_days.0) * 24 * 3600;
    let mut room = quotas.allowance(source.as_str(), &context.site.config.limits).entries();
    let mut found = NewEntries::default();
    let mut taken = Taken::default();
    let mut remembered = Vec::with_capacity(named.len());
    for (((entry, link), news), named) in entries.iter().zip(links).zip(news).zip(named) {
        let is_old = entry_time(entry).is_some_and(|time| time.as_second() < oldest);
        let wanted = link.filter(|_| !is_old && news != EntryNews::Known);
        if wanted.is_some() && room == 0 {
            found.waiting += 1;
            continue;
        }
        remembered.push(named);
        match news {
            EntryNews::New => found.new += 1,
            EntryNews::Edited => found.edited += 1,
            EntryNews::Known => {}
        }
        if let Some(link) = wanted {
            room -= 1;
            let page = named_page(context, &voice, Some(source), link, entry, now);
            taken.add(page, news == EntryNews::Edited);
        }
    }
    found.queued = queue(context, taken, now).await?;
    context.store.name_entries(source, &remembered, now).await?;
    let counted = SourceDay { articles: found.queued, left_out: found.waiting, bytes: 0 };
    quotas.count(source.as_str(), counted, &context.site.config.limits);
    Ok(found)
}

/// What is to be queued, as its source lists it.
#[derive(Default)]
struct Taken {
    fresh: Vec<PendingPage>,
    edited: Vec<PendingPage>,
    refused: Vec<NewCapture>,
}

impl Taken {
    fn add(&mut self, named: Named, is_edit: bool) {
        match named {
            Named::Page(page) if is_edit => self.edited.push(page),
            Named::Page(page) => self.fresh.push(page),
            Named::Refused(capture) => self.refused.push(capture),
        }
    }
}

/// Queues pages or, where the site takes articles from their entries alone, stores the captures; how many were not
/// queued before. Articles are taken in from the oldest, as they were published.
async fn queue(context: &Context, taken: Taken, now: Timestamp) -> anyhow::Result<u64> {
    let Taken { mut fresh, mut edited, refused } = taken;
    fresh.reverse();
    edited.reverse();
    let mut queued = 0;
    if !refused.is_empty() {
        queued += context.store.add_captures(&refused).await? as u64;
    }
    if context.site.config.fetch.pages {
        queued += context.store.requeue_pages(&edited).await? as u64;
        return Ok(queued + context.store.enqueue_pages(&fresh).await? as u64);
    }
    let captures: Vec<NewCapture> =
        fresh.into_iter().chain(edited).map(|page| capture_unread(page, now, &Unread::NotFetched)).collect();
    Ok(queued + context.store.add_captures(&captures).await? as u64)
}

/// What an edit changes: title, summary and the stated times. The content is left out, as many publishers put
/// something into it that differs with every answer.
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

/// Where an entry leads: whole, redirectors unwrapped, trackers removed. `None` where it leads nowhere.
pub(crate) fn link_of(context: &Context, base: &Url, entry: &Entry) -> Option<Url> {
    let url = base.join(entry.link.as_deref()?).ok()?;
    Some(context.rules.urls.clean(&url).url)
}

/// The page that an entry of a source leads to; `voice` is that of the source.
pub(crate) fn named_page(
    context: &Context,
    voice: &Voice<'_>,
    source: Option<&Url>,
    link: Url,
    entry: &Entry,
    now: Timestamp,
) -> Named {
    let problem = context.rules.addresses.check(&link).err();
    let page = PendingPage {
        key: identity::canonical_key(&link),
        own: voice.speaks_for(&link),
        url: link,
        source: source.map(Url::to_string),
        entry: serde_json::to_string(entry).ok(),
        attempts: 0,
        next_try: now,
    };
    match problem {
        None => Named::Page(page),
        Some(problem) => Named::Refused(capture_refused(page, now, problem.to_string())),
    }
}
