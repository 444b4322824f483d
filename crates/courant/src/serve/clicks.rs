//! Click counting for the web server: counts stay in memory for seconds and are stored together.

use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use courant_model::{ArticleId, Timestamp};
use courant_pipeline::Context;
use courant_server::ClickCounting;
use courant_store::DayClicks;

/// Counts not stored yet: at most one per published article and day.
type Pending = BTreeMap<(ArticleId, Timestamp), u32>;

/// Counts readers for the web server.
#[derive(Clone)]
pub(crate) struct ClickCounter {
    context: Context,
    pending: Arc<Mutex<Pending>>,
}

impl ClickCounter {
    pub(crate) fn new(context: Context) -> Self {
        Self { context, pending: Arc::default() }
    }

    /// Stores the counts since the last time. If that fails, they are kept for the next.
    pub(crate) async fn store(&self) {
        let pending = mem::take(&mut *self.pending());
        if pending.is_empty() {
            return;
        }
        let clicks: Vec<DayClicks> =
            pending.iter().map(|(&(article, day), &readers)| DayClicks { article, day, readers }).collect();
        if let Err(error) = self.context.store.add_clicks(&clicks).await {
            tracing::error!(%error, "counts of readers were not stored; retrying");
            for (key, readers) in pending {
                self.add(key, readers);
            }
        }
    }

    fn add(&self, key: (ArticleId, Timestamp), readers: u32) {
        let mut pending = self.pending();
        let count = pending.entry(key).or_default();
        *count = count.saturating_add(readers);
    }

    fn pending(&self) -> std::sync::MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClickCounting for ClickCounter {
    fn now(&self) -> Timestamp {
        self.context.clock.now()
    }

    fn salt(&self) -> Option<[u8; 32]> {
        let mut salt = [0; 32];
        match getrandom::fill(&mut salt) {
            Ok(()) => Some(salt),
            Err(error) => {
                tracing::error!(%error, "readers are not counted: cannot get random numbers");
                None
            }
        }
    }

    fn count(&self, article: ArticleId, day: Timestamp) {
        self.add((article, day), 1);
    }
}

#[cfg(test)]
mod tests {
    use courant_pipeline::clock::Clock;
    use courant_site::Site;

    use super::*;

    #[tokio::test]
    async fn counts_are_stored_together_and_once() {
        let folder = tempfile::tempdir().unwrap();
        let day: Timestamp = "2026-01-14T00:00:00Z".parse().unwrap();
        let site = Site { dir: folder.path().to_owned(), ..Site::bare() };
        let context = Context::open(site, Clock::new(Some(day))).await.unwrap();
        let counter = ClickCounter::new(context.clone());
        let [one, two] = [1, 2].map(|number| ArticleId::from_bytes([number; 16]));
        for article in [one, two, one] {
            counter.clone().count(article, day);
        }
        assert_eq!(context.store.clicks_since(day).await.unwrap(), [], "not yet");
        counter.store().await;
        counter.store().await;
        let stored: Vec<_> = context.store.clicks_since(day).await.unwrap();
        assert_eq!(
            stored.iter().map(|count| (count.article, count.readers)).collect::<Vec<_>>(),
            [(one, 2), (two, 1)]
        );
        assert_ne!(counter.salt(), counter.salt());

        counter.count(one, day);
        context.store.clone().close().await.unwrap();
        counter.store().await;
        assert_eq!(counter.pending()[&(one, day)], 1, "what could not be stored is kept");
    }
}
