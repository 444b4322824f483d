//! Checks of the store: soundness, unreadable rows, and space.

use courant_model::Timestamp;
use courant_pipeline::{in_words, keep_of, size};
use courant_site::Site;
use courant_store::{Store, StoreError};

use super::finding::Finding;
use crate::{
    commands::store::damage::{advice, advice_on, found, unreadable},
    output::time,
};

/// Free space above this fraction of the file (a divisor) is reported if the file cannot shrink by
/// itself.
const REPORTED_FRACTION: u64 = 5;

/// The finding for a store that cannot be opened.
pub(super) fn unopened(error: &StoreError) -> Finding {
    Finding::fail("store", error.to_string(), &advice_on(error))
}

/// Damage, unreadable rows, and space; with `deep`, whether every index matches its table.
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
    match store.read_everything().await {
        Ok(rows) => unreadable(&rows).map(|found| {
            Finding::warn(
                "rows",
                found,
                "everything else works without them; to restore an article, read its page again \
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
    let last = last.map_or_else(|| "never".to_owned(), |at| time(at).to_string());
    let found = format!(
        "{}, of which {} are free; last swept: {last}; the next sweep removes {}",
        size(compaction.bytes),
        size(compaction.free),
        in_words(&next)
    );
    if !compaction.shrinks && compaction.free > compaction.bytes / REPORTED_FRACTION {
        return Finding::warn(
            "space",
            found,
            "free space is reused; to shrink the file: courant store compact",
        );
    }
    Finding::ok("space", found)
}
