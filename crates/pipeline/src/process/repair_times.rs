//! Repairs times that were stored while the machine's clock was wrong.

use courant_net::{RETRY_AFTER_MAX, schedule::ScheduleReason, websub::LEASE_MAX};
use courant_site::Config;
use courant_store::{CorrectedTimes, TimeLimits};
use jiff::SignedDuration;

use crate::{context::Context, gather::fetch::WEEK_S};

/// A feed may name days and hours at which it must not be polled (RSS `skipDays`, `skipHours`): at
/// most a week.
const MAX_SKIP: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Corrects due times that are too far in the future, and sets other times that are in the future
/// to the current time. Changes nothing if the clock is and was right. Called before each round.
pub async fn repair_times(context: &Context) -> anyhow::Result<()> {
    let corrected = context.store.correct_times(context.clock.now(), &limits(&context.site.config)).await?;
    if corrected.articles > 0 {
        // The story index has the articles with their old times.
        *context.grouper.lock().await = None;
    }
    if corrected.any() {
        log_corrections(&corrected);
    }
    Ok(())
}

/// The longest time by which each kind of work can be postponed.
fn limits(config: &Config) -> TimeLimits {
    let signed = |time| SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
    // Half a minute is added for due times that were set at the end of a round.
    let poll = SignedDuration::from_mins(config.poll.max_minutes.0.into()) + SignedDuration::from_secs(30);
    let retry_after = signed(RETRY_AFTER_MAX);
    TimeLimits {
        poll,
        asked: retry_after.max(poll) + MAX_SKIP,
        asked_because: [ScheduleReason::RetryAfter, ScheduleReason::Skips]
            .map(|because| because.to_string())
            .into(),
        retry: retry_after.max(SignedDuration::from_secs(WEEK_S)),
        lease: LEASE_MAX,
    }
}

fn log_corrections(corrected: &CorrectedTimes) {
    let CorrectedTimes { back_s, sources, pages, pauses, subscriptions, articles, others } = *corrected;
    if back_s > 0 {
        let back = SignedDuration::from_secs(back_s);
        tracing::warn!("the clock was set back by {back:#} since the last round");
    }
    let due = sources + pages + pauses + subscriptions;
    if due > 0 {
        tracing::warn!(
            sources,
            pages,
            pauses,
            subscriptions,
            "due times were too far in the future, as after a wrong clock; they were corrected"
        );
    }
    if articles + others > 0 {
        tracing::warn!(
            articles,
            others,
            "times were in the future, as after a wrong clock; they were set to the current time; record files keep their names"
        );
    }
}
