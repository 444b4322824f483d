//! What becomes of the entries that a source names: new ones are queued, edited ones are taken in again, known
//! ones are left alone.

use courant_analysis::identity;
use courant_formats::feed::{self, Entry};
use courant_model::{NewCapture, PendingPage, Timestamp};
use courant_store::{EntryNews, NamedEntry};
use sha2::{Digest, Sha256};
use url::Url;

use super::{
    Desk,
    read_source::{MAX_ENTRIES, entry_time},
};

/// How many entries of an answer were new, how many edited.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct News {
    pub(super) new: u64,
    pub(super) edited: u64,
    /// Pages and captures that were not queued before.
    pub(super) queued: u64,
}

/// Takes in what a source names. The entries are remembered last, so that a stop in between loses none.
pub(super) async fn take_entries(
    desk: &Desk,
    source: &Url,
    base: &Url,
    entries: &[Entry],
) -> anyhow::Result<News> {
    let now = desk.clock.now();
    let entries = &entries[..entries.len().min(MAX_ENTRIES)];
    let pages: Vec<Option<PendingPage>> =
        entries.iter().map(|entry| pending_page(desk, source, base, entry, now)).collect();
    let named: Vec<NamedEntry> = feed::entry_keys(entries)
        .into_iter()
        .zip(entries)
        .zip(&pages)
        .map(|((key, entry), page)| NamedEntry {
            key,
            link: page.as_ref().map(|page| page.key.clone()),
            digest: digest(entry),
        })
        .collect();
    let news = desk.store.entry_news(source, &named).await?;
    let oldest = now.as_second() - i64::from(desk.site.config.poll.max_age_days) * 24 * 3600;
    let mut found = News::default();
    let (mut fresh, mut edited) = (Vec::new(), Vec::new());
    // Feeds list the newest first; articles are taken in from the oldest, as they were published.
    for ((entry, page), news) in entries.iter().zip(pages).zip(news).rev() {
        let is_old = entry_time(entry).is_some_and(|time| time.as_second() < oldest);
        match news {
            EntryNews::New => found.new += 1,
            EntryNews::Edited => found.edited += 1,
            EntryNews::Known => {}
        }
        match page.filter(|_| !is_old) {
            Some(page) if news == EntryNews::New => fresh.push(page),
            Some(page) if news == EntryNews::Edited => edited.push(page),
            _ => {}
        }
    }
    found.queued = queue(desk, fresh, edited, now).await?;
    desk.store.name_entries(source, &named, now).await?;
    Ok(found)
}

/// Queues pages or, where the site takes articles from their entries alone, stores the captures. A new page
/// already queued, fetched or given up stays as it is.
async fn queue(
    desk: &Desk,
    fresh: Vec<PendingPage>,
    edited: Vec<PendingPage>,
    now: Timestamp,
) -> anyhow::Result<u64> {
    if desk.site.config.fetch.pages {
        desk.store.requeue_pages(&edited).await?;
        return Ok(desk.store.enqueue_pages(&fresh).await? as u64);
    }
    let captures: Vec<NewCapture> =
        fresh.into_iter().chain(edited).map(|page| capture_alone(page, now)).collect();
    Ok(desk.store.add_captures(&captures).await? as u64)
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

/// The page that an entry names; `None` where it names none that could be fetched.
pub(super) fn pending_page(
    desk: &Desk,
    source: &Url,
    base: &Url,
    entry: &Entry,
    now: Timestamp,
) -> Option<PendingPage> {
    let link = entry.link.as_deref()?;
    let url = base.join(link).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let clean = desk.rules.urls.clean(&url).url;
    Some(PendingPage {
        key: identity::canonical_key(&clean),
        url: clean,
        source: Some(source.to_string()),
        entry: serde_json::to_string(entry).ok(),
        attempts: 0,
        next_try: now,
    })
}

/// The capture of an article that is taken from its entry alone.
pub(super) fn capture_alone(page: PendingPage, now: Timestamp) -> NewCapture {
    NewCapture {
        final_url: page.url.clone(),
        url: page.url,
        status: 200,
        headers: Vec::new(),
        body: Vec::new(),
        fetched: now,
        source: page.source,
        entry: page.entry,
    }
}
