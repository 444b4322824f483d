//! Mending what was written while the clock of the machine was wrong.

use courant_net::{RETRY_AFTER_MAX, schedule::Because, websub::LEASE_MAX};
use courant_site::Config;
use courant_store::{MendedTimes, TimeLimits};
use jiff::SignedDuration;

use crate::{context::Context, gather::fetch::WEEK_S};

/// Feeds may name days and hours at which they are not to be asked: a week at the most.
const SKIPPED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Brings due times within reach, and dates that lie ahead back to now. Where the clock is right and was right before,
/// nothing changes. Called before each round.
pub async fn repair_times(context: &Context) -> anyhow::Result<()> {
    let mended = context.store.bring_times_within(context.clock.now(), &limits(&context.site.config)).await?;
    if mended.articles > 0 {
        // The window holds the articles with their old dates.
        *context.grouper.lock().await = None;
    }
    if mended.any() {
        tell(&mended);
    }
    Ok(())
}

/// The furthest that anything can be put off.
fn limits(config: &Config) -> TimeLimits {
    let whole = |time| SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
    // Half a minute: what is put off at the end of a round began with it.
    let poll = SignedDuration::from_mins(config.poll.max_minutes.0.into()) + SignedDuration::from_secs(30);
    let asked = whole(RETRY_AFTER_MAX);
    TimeLimits {
        poll,
        asked: asked.max(poll) + SKIPPED,
        asked_because: [Because::RetryAfter, Because::Skips].map(|because| because.to_string()).into(),
        retry: asked.max(SignedDuration::from_secs(WEEK_S)),
        lease: LEASE_MAX,
    }
}

fn tell(mended: &MendedTimes) {
    let MendedTimes { back_s, sources, pages, pauses, subscriptions, articles, others } = *mended;
    if back_s > 0 {
        let back = SignedDuration::from_secs(back_s);
        tracing::warn!("the clock was set back by {back:#} since the site was last worked on");
    }
    let due = sources + pages + pauses + subscriptions;
    if due > 0 {
        tracing::warn!(
            sources,
            pages,
            pauses,
            subscriptions,
            "due times that lay too far ahead, as a wrong clock leaves them, were brought nearer"
        );
    }
    if articles + others > 0 {
        tracing::warn!(
            articles,
            others,
            "dates that lay ahead, as a wrong clock leaves them, were set to now; names of record files stay as they are"
        );
    }
}
