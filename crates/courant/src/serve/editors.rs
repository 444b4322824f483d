//! What editors ask for from other processes, while `courant run` or `courant serve` works on the site.

use std::{sync::Arc, time::Duration};

use courant_pipeline::{Context, answer_requests, carry_out_requests};
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::publisher::SharedPublisher;
use crate::health::{self, Health, Step};

/// How often requests of editors are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long carrying out one request, or a part of publishing, may take.
const PATIENCE: Duration = Duration::from_mins(10);

/// Carries out what editors ask for, within a second, and publishes it before they are answered, so that the answer says
/// what became of it. `present` gives the desk of the last reload; `changed` is told of each publication, for whatever
/// else follows one.
pub(super) fn listen_to_editors(
    present: watch::Receiver<Context>,
    publisher: Arc<SharedPublisher>,
    changed: Arc<Notify>,
    health: Health,
    stop: CancellationToken,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let listening = async {
            while !stop.is_cancelled() {
                health::step("looking for requests of editors");
                let context = present.borrow().clone();
                let outcome = answer_all(&context, &publisher, &changed).await;
                health.note(Step::Editors, outcome.map_err(|error| format!("{error:#}")));
                health::rest("waiting for requests of editors", LOOK_EVERY);
                tokio::select! {
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                    () = stop.cancelled() => {}
                }
            }
        };
        health.tasks.watch("editors", PATIENCE, &stop, listening).await;
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
