//! The state of each source, for the site's owner.

use courant_model::{SourceState, Timestamp};
use courant_store::{SourceDay, SourceYield, Store};
use jiff::SignedDuration;
use serde::Serialize;

use crate::gather::quotas::day_of;

/// The period over which articles are counted, in weeks.
const WEEKS: u32 = 4;

/// One source, as `sources list` shows it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceHealth {
    pub url: String,
    pub title: Option<String>,
    pub kind: courant_model::SourceKind,
    pub tags: Vec<String>,
    /// The URL that is polled, if it is not the source's own.
    pub asked_at: Option<String>,
    /// The target of a redirect that has not yet lasted long enough to be followed.
    pub moving_to: Option<String>,
    pub last_change: Option<Timestamp>,
    pub last_success: Option<Timestamp>,
    /// For people.
    pub last_error: Option<String>,
    pub failures: u32,
    pub failing_since: Option<Timestamp>,
    /// The source returned 410 Gone; polling has stopped.
    pub gone: bool,
    /// `null` if it is not polled any more.
    pub next_poll: Option<Timestamp>,
    /// The reason for the time of the next poll.
    pub because: Option<String>,
    pub entries_a_week: f64,
    /// Number of articles of the last four weeks.
    pub articles: u64,
    /// 0 to 1; like the next two, `null` if there are no articles.
    pub published_share: Option<f64>,
    pub copy_share: Option<f64>,
    pub mean_quality: Option<f64>,
    /// What it has used today (UTC), and what waits.
    #[serde(serialize_with = "day")]
    pub today: SourceDay,
}

fn day<S: serde::Serializer>(today: &SourceDay, to: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Today {
        articles: u64,
        bytes: u64,
        left_out: u64,
    }
    let SourceDay { articles, bytes, left_out } = *today;
    Today { articles, bytes, left_out }.serialize(to)
}

/// All listed sources, sorted by URL.
pub async fn source_health(store: &Store, now: Timestamp) -> anyhow::Result<Vec<SourceHealth>> {
    let since =
        now.checked_sub(SignedDuration::from_hours(i64::from(WEEKS) * 7 * 24)).unwrap_or(Timestamp::MIN);
    let entries = store.new_entries_since(since).await?;
    let yields = store.source_yields(since).await?;
    let days = store.source_day(day_of(now)).await?;
    let states = store.sources().await?;
    Ok(states
        .into_iter()
        .map(|state| {
            let url = state.source.url.as_str();
            let named = entries.get(url).copied().unwrap_or_default();
            let found = yields.get(url).copied().unwrap_or_default();
            let today = days.get(url).copied().unwrap_or_default();
            SourceHealth::of(state, named, found, today)
        })
        .collect())
}

impl SourceHealth {
    pub fn of(state: SourceState, named: u64, found: SourceYield, today: SourceDay) -> Self {
        let share = |part: f64| (found.articles > 0).then(|| round(part / found.articles as f64));
        Self {
            url: state.source.url.to_string(),
            title: state.source.title,
            kind: state.source.kind,
            tags: state.source.tags,
            asked_at: state.address.map(String::from),
            moving_to: state.moving.map(|moving| moving.to.into()),
            last_change: state.last_change,
            last_success: state.last_success,
            last_error: state.last_error,
            failures: state.failures,
            failing_since: state.failing_since,
            gone: state.gone,
            next_poll: (!state.gone).then_some(state.next_due),
            because: state.because,
            entries_a_week: round(named as f64 / f64::from(WEEKS)),
            articles: found.articles,
            published_share: share(found.published as f64),
            copy_share: share(found.copies as f64),
            mean_quality: share(found.quality as f64),
            today,
        }
    }
}

/// Rounds to two decimal places.
fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
