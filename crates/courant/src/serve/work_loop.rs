//! The loop of a running site besides answering: rounds, retries and reloads.

use std::time::Duration;

use courant_model::Timestamp;
use courant_net::Client;
use courant_pipeline::{Context, PublishReport, client_of, clock::ClockWatch, sweep_after_round, tell_hubs};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{publisher::SharedPublisher, reload::reload, server::Server};
use crate::{
    health::{self, Health, Step},
    round::gather,
    stop::SignalRequests,
};

/// Maximum time between two rounds, in which stories cool.
const MAX_REST: Duration = Duration::from_mins(10);
/// Minimum: a failing source that is due at once must not make the loop spin.
const MIN_REST: Duration = Duration::from_secs(5);
/// Time until a retry after a failure.
const RETRY_AFTER: Duration = Duration::from_mins(1);
/// Interval of checking for a jump of the machine's clock while the program rests.
const CLOCK_CHECK_INTERVAL: Duration = Duration::from_secs(30);

/// Keeps a site published that is only served: retries what failed, and reloads the site's files on
/// request. Changes by editors are published where their requests are carried out.
pub(crate) async fn keep_published(
    mut context: Context,
    server: &Server,
    publisher: &SharedPublisher,
    requests: &SignalRequests,
) {
    while !requests.stop.is_cancelled() {
        health::rest("resting", RETRY_AFTER);
        tokio::select! {
            () = sleep(RETRY_AFTER) => {
                if publisher.is_behind() {
                    // The publisher notes the outcome.
                    let _ = publisher.publish(&context).await;
                }
            }
            () = requests.reload.notified() => {
                if let Some((next, _)) = reload(&context).await {
                    context = next;
                    server.set_context(&context);
                    publisher.begin_again().await;
                    let _ = publisher.publish(&context).await;
                }
            }
            () = requests.stop.cancelled() => {}
        }
    }
}

/// Polls, processes and publishes until asked to stop. A step that fails (for example on a full
/// disk) is noted and retried in the next round: what was acknowledged is stored, and readers still
/// see the last publication.
pub(crate) async fn keep_working(
    mut context: Context,
    mut client: Client,
    server: &Server,
    publisher: &SharedPublisher,
    health: &Health,
    requests: &SignalRequests,
) {
    let mut watch = ClockWatch::start(context.clock);
    while !requests.stop.is_cancelled() {
        if let Some(jump) = watch.jump() {
            tracing::warn!("the clock of this machine was set by {jump:#}, or the machine slept");
            // Pauses and robots.txt in the client expire by the old clock.
            client = client_of(&context.site, context.clock, Vec::new()).unwrap_or(client);
        }
        let succeeded = one_round(&context, &client, publisher, health, &requests.stop).await;
        health.note_round(succeeded);
        let longest = if succeeded { MAX_REST } else { RETRY_AFTER };
        health::rest("resting", longest);
        tokio::select! {
            () = rest(&context, longest) => {}
            () = server.arrival() => {}
            () = requests.reload.notified() => {
                if let Some((next, other)) = reload(&context).await {
                    (context, client) = (next, other);
                    server.set_context(&context);
                    publisher.begin_again().await;
                }
            }
            () = requests.stop.cancelled() => {}
        }
    }
}

/// Does one round; gives whether all of it succeeded.
#[tracing::instrument(name = "round", level = "error", skip_all, fields(began = %context.clock.now()))]
async fn one_round(
    context: &Context,
    client: &Client,
    publisher: &SharedPublisher,
    health: &Health,
    stop: &CancellationToken,
) -> bool {
    if let Err(error) = context.clock.check() {
        health.note(Step::Poll, Err(error.to_string()));
        return false;
    }
    let gathered = gather(context, client, false, true, stop).await;
    for step in [Step::Poll, Step::Fetch, Step::Process, Step::Images] {
        let failed = gathered.failed.iter().find(|failed| failed.step == step);
        health.note(step, failed.map_or(Ok(()), |failed| Err(failed.reason.clone())));
    }
    // The publisher notes the outcome.
    let Ok(PublishReport { records, files, .. }) = publisher.publish(context).await else { return false };
    tracing::info!(
        asked = gathered.poll.asked,
        new_pages = gathered.poll.new_pages,
        articles = gathered.process.articles,
        records = records.written,
        "round done"
    );
    if let Ok(Some(built)) = files {
        tracing::info!(
            written = built.written,
            unchanged = built.unchanged,
            removed = built.removed,
            "site written"
        );
    }
    let feeds = publisher.take_changed_feeds();
    if !feeds.is_empty() {
        health::step("notifying hubs");
        tell_hubs(context, client, &feeds).await;
    }
    health::step("sweeping");
    sweep_after_round(context).await;
    gathered.failed.is_empty() && !publisher.is_behind()
}

/// Waits until something is due, but at most `longest`, even if the machine's clock jumps.
async fn rest(context: &Context, longest: Duration) {
    let (wait, next) = rest_until(context, longest).await;
    let until = Instant::now() + wait;
    sleep(MIN_REST).await;
    while Instant::now() < until && next.is_none_or(|next| context.clock.now() < next) {
        sleep_until(until.min(Instant::now() + CLOCK_CHECK_INTERVAL)).await;
    }
}

/// How long to wait by the monotonic clock, and when something is due.
async fn rest_until(context: &Context, longest: Duration) -> (Duration, Option<Timestamp>) {
    let now = context.clock.now();
    let source = context.store.next_source_due().await.ok().flatten();
    let page = context.store.next_page_due().await.ok().flatten();
    let next = [source, page].into_iter().flatten().min();
    let seconds = |next: Timestamp| (next.as_second() - now.as_second()).max(0).cast_unsigned();
    let wait = next.map_or(longest, |next| Duration::from_secs(seconds(next)));
    (wait.clamp(MIN_REST, longest), next)
}
