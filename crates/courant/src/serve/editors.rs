//! Requests of editors from other processes, while `courant run` or `courant serve` uses the site.

use std::{sync::Arc, time::Duration};

use courant_pipeline::{Context, answer_requests, carry_out_requests};
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::publisher::SharedPublisher;
use crate::health::{self, Health, Step};

/// Interval of looking for requests of editors.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// Maximum time of one request, or of one part of publishing.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(10);

/// Carries out the requests of editors within a second and publishes before it answers, so that the
/// answer reports the outcome. `current` gives the context of the last reload; `changed` is
/// notified of each publication.
pub(super) fn listen_to_editors(
    current: watch::Receiver<Context>,
    publisher: Arc<SharedPublisher>,
    changed: Arc<Notify>,
    health: Health,
    stop: CancellationToken,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let listening = async {
            while !stop.is_cancelled() {
                health::step("looking for requests of editors");
                let context = current.borrow().clone();
                let outcome = answer_all(&context, &publisher, &changed).await;
                health.note(Step::Editors, outcome.map_err(|error| format!("{error:#}")));
                health::rest("waiting for requests of editors", POLL_INTERVAL);
                tokio::select! {
                    () = tokio::time::sleep(POLL_INTERVAL) => {}
                    () = stop.cancelled() => {}
                }
            }
        };
        health.tasks.watch("editors", REQUEST_TIMEOUT, &stop, listening).await;
    })
}

async fn answer_all(context: &Context, publisher: &SharedPublisher, changed: &Notify) -> anyhow::Result<()> {
    let done = carry_out_requests(context).await?;
    if !done.iter().any(|request| request.changes) {
        return answer_requests::<courant_pipeline::PublishReport>(context, done, None).await;
    }
    let outcome = publisher.publish(context).await;
    changed.notify_one();
    answer_requests(context, done, Some(&outcome)).await
}
