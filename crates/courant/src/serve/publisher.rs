//! Publishing in a running program: by rounds and by editors' acts, one at a time, and shown at once.

use std::{
    collections::BTreeSet,
    sync::{Arc, PoisonError},
};

use courant_pipeline::{Context, PublishReport, Publisher};
use courant_render::Publication;
use tokio::sync::{Mutex, watch};

use crate::health::{self, Health, Step};

/// What publishes for a running program. It is shared by the tasks in which something may have changed.
pub(crate) struct SharedPublisher {
    publisher: Mutex<Publisher>,
    newest: watch::Sender<Arc<Publication>>,
    /// Feeds that have changed and of which the hubs have not been told yet, by path.
    untold: std::sync::Mutex<BTreeSet<String>>,
    health: Health,
}

impl SharedPublisher {
    /// One that shows what it publishes through `newest`.
    pub(super) fn new(publisher: Publisher, newest: watch::Sender<Arc<Publication>>, health: Health) -> Self {
        Self { publisher: Mutex::new(publisher), newest, untold: std::sync::Mutex::default(), health }
    }

    /// Publishes what the store holds now and shows it. Records, files, git and templates that fail are noted and stop
    /// nothing; after an error readers go on seeing the last publication.
    pub(super) async fn publish(&self, context: &Context) -> anyhow::Result<PublishReport> {
        let mut publisher = self.publisher.lock().await;
        health::step("publishing");
        let printed = match context.clock.check() {
            Ok(()) => publisher.publish(context).await,
            Err(error) => Err(error.into()),
        };
        match &printed {
            Ok(printed) => {
                self.newest.send_replace(publisher.publication());
                note(&self.health, printed);
                if printed.records.written + printed.records.changed > 0 {
                    self.untold().extend(printed.feeds.iter().cloned());
                }
            }
            Err(error) => self.health.note(Step::Publish, Err(format!("{error:#}"))),
        }
        printed
    }

    /// Makes the next publication look at everything and show everything again: the site's files have changed.
    pub(super) async fn begin_again(&self) {
        self.publisher.lock().await.begin_again();
    }

    /// Whether a part of publishing fails, so that it should be tried again though nothing has changed.
    pub(super) fn is_behind(&self) -> bool {
        let steps = [Step::Publish, Step::Records, Step::Folder, Step::Templates];
        let journal = self.health.so_far();
        steps.iter().any(|step| journal.failing.contains_key(step))
    }

    /// The feeds that have changed since this was last asked, by path.
    pub(super) fn take_untold(&self) -> Vec<String> {
        std::mem::take(&mut *self.untold()).into_iter().collect()
    }

    fn untold(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        // A set of paths is never half changed.
        self.untold.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notes how each part of publishing went.
pub(super) fn note(health: &Health, printed: &PublishReport) {
    health.note(Step::Publish, Ok(()));
    health.note_publication();
    health.note(Step::Templates, printed.templates.clone());
    let unwritten = &printed.records.unwritten;
    let records = if unwritten.is_empty() { Ok(()) } else { Err(format!("not written: {unwritten}")) };
    health.note(Step::Records, records);
    health.note(Step::Folder, printed.files.as_ref().map(drop).map_err(|error| format!("{error:#}")));
    if let Some(git) = &printed.records.git {
        health.note(Step::Git, git.clone());
    }
}
