//! Publishing in a running program, after rounds and editors' decisions: one at a time, and served
//! at once.

use std::{
    collections::BTreeSet,
    sync::{Arc, PoisonError},
};

use courant_pipeline::{Context, PublishReport, Publisher};
use courant_render::Publication;
use tokio::sync::{Mutex, watch};

use crate::health::{self, Health, Step};

/// The publisher of a running program, shared by the tasks that cause changes.
pub(crate) struct SharedPublisher {
    publisher: Mutex<Publisher>,
    newest: watch::Sender<Arc<Publication>>,
    /// Paths of changed feeds that the hubs have not been notified of yet.
    unannounced: std::sync::Mutex<BTreeSet<String>>,
    health: Health,
}

impl SharedPublisher {
    /// Sends what it publishes to `newest`.
    pub(super) fn new(publisher: Publisher, newest: watch::Sender<Arc<Publication>>, health: Health) -> Self {
        Self { publisher: Mutex::new(publisher), newest, unannounced: std::sync::Mutex::default(), health }
    }

    /// Publishes the current store and serves it. Failures of records, files, git and templates are
    /// noted and stop nothing else; after an error readers still see the last publication.
    pub(super) async fn publish(&self, context: &Context) -> anyhow::Result<PublishReport> {
        let mut publisher = self.publisher.lock().await;
        health::step("publishing");
        let report = match context.clock.check() {
            Ok(()) => publisher.publish(context).await,
            Err(error) => Err(error.into()),
        };
        match &report {
            Ok(report) => {
                self.newest.send_replace(publisher.publication());
                note(&self.health, report);
                if report.records.written + report.records.changed > 0 {
                    self.unannounced().extend(report.feeds.iter().cloned());
                }
            }
            Err(error) => self.health.note(Step::Publish, Err(format!("{error:#}"))),
        }
        report
    }

    /// Makes the next publication rebuild everything, because the site's files have changed.
    pub(super) async fn begin_again(&self) {
        self.publisher.lock().await.begin_again();
    }

    /// Whether a part of publishing fails, so that it should be retried even without changes.
    pub(super) fn is_behind(&self) -> bool {
        let steps = [Step::Publish, Step::Records, Step::Folder, Step::Templates];
        let journal = self.health.so_far();
        steps.iter().any(|step| journal.failing.contains_key(step))
    }

    /// The paths of the feeds that changed since the last call.
    pub(super) fn take_changed_feeds(&self) -> Vec<String> {
        std::mem::take(&mut *self.unannounced()).into_iter().collect()
    }

    fn unannounced(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        // A panic cannot leave a set of paths half changed.
        self.unannounced.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notes the outcome of each part of publishing.
pub(super) fn note(health: &Health, report: &PublishReport) {
    health.note(Step::Publish, Ok(()));
    health.note_publication();
    health.note(Step::Templates, report.templates.clone());
    let unwritten = &report.records.unwritten;
    let records = if unwritten.is_empty() { Ok(()) } else { Err(format!("not written: {unwritten}")) };
    health.note(Step::Records, records);
    health.note(Step::Folder, report.files.as_ref().map(drop).map_err(|error| format!("{error:#}")));
    if let Some(git) = &report.records.git {
        health.note(Step::Git, git.clone());
    }
}
