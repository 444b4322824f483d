//! What `courant doctor` says of the store: whether it is sound, what can't be read in it, and what it takes.

use courant_model::Timestamp;
use courant_pipeline::{in_words, keep_of, size};
use courant_site::Site;
use courant_store::{Store, StoreError};

use super::finding::Finding;
use crate::commands::store::damage::{advice, advice_on, found, unreadable};

/// Free space above this share of the file is worth a word where the file cannot shrink, as a divisor.
const WORTH_A_WORD: u64 = 5;

/// The store that cannot be opened.
pub(super) fn unopened(error: &StoreError) -> Finding {
    Finding::fail("store", error.to_string(), &advice_on(error))
}

/// Damage, rows that cannot be read, and space; with `deep`, whether every index fits to its table.
pub(super) async fn look(store: &Store, site: &Site, now: Timestamp, deep: bool) -> Vec<Finding> {
    let mut findings = vec![soundness(store, deep).await];
    findings.extend(rows(store).await);
    findings.push(space(store, site, now).await);
    findings
}

async fn soundness(store: &Store, deep: bool) -> Finding {
    let checked = if deep { store.check_deep().await } else { store.check().await };
    match checked {
        Ok(health) if health.is_sound() => {
            let how = if deep { "sound, every index compared" } else { "sound" };
            Finding::ok("store", format!("{how}, {}", size(health.bytes)))
        }
        Ok(health) => Finding::fail("store", found(&health), &advice(&health)),
        Err(error) => unopened(&error),
    }
}

async fn rows(store: &Store) -> Option<Finding> {
    match store.read_through().await {
        Ok(rows) => unreadable(&rows).map(|found| {
            Finding::warn(
                "rows",
                found,
                "everything else goes on without them; an article is mended when its page is read again \
                 (courant ingest --urls FILE). If the store is damaged: courant store recover",
            )
        }),
        Err(error) => Some(Finding::fail("rows", error.to_string(), &advice_on(&error))),
    }
}

async fn space(store: &Store, site: &Site, now: Timestamp) -> Finding {
    let asked = async {
        let compaction = store.compaction().await?;
        let next = store.sweep_preview(&keep_of(site), now).await?;
        Ok::<_, StoreError>((compaction, next, store.last_swept().await?))
    };
    let (compaction, next, last) = match asked.await {
        Ok(found) => found,
        Err(error) => return Finding::warn("space", error.to_string(), &advice_on(&error)),
    };
    let last = last.map_or_else(|| "never".to_owned(), |at| at.to_string());
    let found = format!(
        "{}, of this {} free; last swept: {last}; the next sweep removes {}",
        size(compaction.bytes),
        size(compaction.free),
        in_words(&next)
    );
    if !compaction.shrinks && compaction.free > compaction.bytes / WORTH_A_WORD {
        return Finding::warn(
            "space",
            found,
            "free space is used again; to give it back: courant store compact",
        );
    }
    Finding::ok("space", found)
}
