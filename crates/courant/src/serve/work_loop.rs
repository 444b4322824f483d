//! What a running site does beside answering: rounds, retries, and reading its files again.

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

/// The longest time between two looks at what is due, and between two cooling rounds.
const LONGEST_REST: Duration = Duration::from_mins(10);
/// The shortest: a source that is due at once after failing must not turn the loop into a spin.
const SHORTEST_REST: Duration = Duration::from_secs(5);
/// How soon what failed is tried again.
const RETRY_AFTER: Duration = Duration::from_mins(1);
/// How often it is looked whether the machine's clock was set forward while the program rests.
const LOOK_AT_CLOCK: Duration = Duration::from_secs(30);

/// Keeps a site published that is only served: publishes again what failed, as long as it fails, and reads the site's
/// files again when asked. What editors change is published where they are listened to.
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
                    // How it went is noted by the publisher.
                    let _ = publisher.publish(&context).await;
                }
            }
            () = requests.reload.notified() => {
                if let Some((next, _)) = reload(&context).await {
                    context = next;
                    server.work_with(&context);
                    publisher.begin_again().await;
                    let _ = publisher.publish(&context).await;
                }
            }
            () = requests.stop.cancelled() => {}
        }
    }
}

/// Polls, processes and publishes until asked to stop. A step that fails (on a full disk, say) is noted and tried again in
/// the next round: what was acknowledged is in the store, and readers go on seeing the last publication.
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
            // What the client remembers of pauses and of robots.txt holds until times of the clock before.
            client = client_of(&context.site, context.clock, Vec::new()).unwrap_or(client);
        }
        let succeeded = one_round(&context, &client, publisher, health, &requests.stop).await;
        health.note_round(succeeded);
        let longest = if succeeded { LONGEST_REST } else { RETRY_AFTER };
        health::rest("resting", longest);
        tokio::select! {
            () = rest(&context, longest) => {}
            () = server.arrival() => {}
            () = requests.reload.notified() => {
                if let Some((next, other)) = reload(&context).await {
                    (context, client) = (next, other);
                    server.work_with(&context);
                    publisher.begin_again().await;
                }
            }
            () = requests.stop.cancelled() => {}
        }
    }
}

/// One round; whether all of it succeeded.
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
    // How it went is noted by the publisher.
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
    let feeds = publisher.take_untold();
    if !feeds.is_empty() {
        health::step("telling hubs");
        tell_hubs(context, client, &feeds).await;
    }
    health::step("sweeping");
    sweep_after_round(context).await;
    gathered.failed.is_empty() && !publisher.is_behind()
}

/// Waits until something is due, and not longer than `longest`, whatever becomes of the machine's clock.
async fn rest(context: &Context, longest: Duration) {
    let (wait, next) = rest_until(context, longest).await;
    let until = Instant::now() + wait;
    sleep(SHORTEST_REST).await;
    while Instant::now() < until && next.is_none_or(|next| context.clock.now() < next) {
        sleep_until(until.min(Instant::now() + LOOK_AT_CLOCK)).await;
    }
}

/// How long to wait by a steady clock, and the time at which something is due.
async fn rest_until(context: &Context, longest: Duration) -> (Duration, Option<Timestamp>) {
    let now = context.clock.now();
    let source = context.store.next_source_due().await.ok().flatten();
    let page = context.store.next_page_due().await.ok().flatten();
    let next = [source, page].into_iter().flatten().min();
    let seconds = |next: Timestamp| (next.as_second() - now.as_second()).max(0).cast_unsigned();
    let wait = next.map_or(longest, |next| Duration::from_secs(seconds(next)));
    (wait.clamp(SHORTEST_REST, longest), next)
}
