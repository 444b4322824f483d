//! How each source fares, for its owner.

use courant_model::{SourceState, Timestamp};
use courant_store::{SourceDay, SourceYield, Store};
use jiff::SignedDuration;
use serde::Serialize;

use super::quotas::day_of;
use crate::output::say;

/// Over how many weeks articles are counted.
const WEEKS: u32 = 4;

/// One source, as `sources list` shows it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SourceHealth {
    pub(crate) url: String,
    pub(crate) title: Option<String>,
    pub(crate) kind: courant_model::SourceKind,
    pub(crate) tags: Vec<String>,
    /// Where it is asked, where that is not its address.
    pub(crate) asked_at: Option<String>,
    /// A move that has not yet proved to last.
    pub(crate) moving_to: Option<String>,
    pub(crate) last_change: Option<Timestamp>,
    pub(crate) last_success: Option<Timestamp>,
    /// In plain words.
    pub(crate) last_error: Option<String>,
    pub(crate) failures: u32,
    pub(crate) failing_since: Option<Timestamp>,
    /// It said that it is gone for good.
    pub(crate) gone: bool,
    /// `null` where it is never asked again.
    pub(crate) next_poll: Option<Timestamp>,
    /// Why then.
    pub(crate) because: Option<String>,
    pub(crate) entries_a_week: f64,
    /// Articles of the last four weeks.
    pub(crate) articles: u64,
    /// 0 to 1; `null` where there are no articles. So are the next two.
    pub(crate) published_share: Option<f64>,
    pub(crate) copy_share: Option<f64>,
    pub(crate) mean_quality: Option<f64>,
    /// What it took of this day (UTC), and what waits.
    #[serde(serialize_with = "day")]
    pub(crate) today: SourceDay,
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

/// All listed sources, by address.
pub(crate) async fn source_health(store: &Store, now: Timestamp) -> anyhow::Result<Vec<SourceHealth>> {
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
    pub(super) fn of(state: SourceState, named: u64, found: SourceYield, today: SourceDay) -> Self {
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

    /// The source in a few lines for a person.
    pub(crate) fn print(&self) {
        say(format_args!("{}  {}", self.url, self.title.as_deref().unwrap_or_default()));
        let time = |time: Option<Timestamp>| time.map_or_else(|| "never".to_owned(), |time| time.to_string());
        say(format_args!(
            "    last change {}, last answer {}",
            time(self.last_change),
            time(self.last_success)
        ));
        if let Some(error) = &self.last_error {
            let since = self.failing_since.map(|since| format!(" since {since}")).unwrap_or_default();
            say(format_args!("    failing{since}, {} times in a row: {error}", self.failures));
        }
        if let Some(address) = &self.asked_at {
            say(format_args!("    moved for good; asked at {address}"));
        }
        if let Some(to) = &self.moving_to {
            say(format_args!("    says that it has moved to {to}; believed after seven days"));
        }
        let because = self.because.as_deref().unwrap_or("it was never asked");
        match self.next_poll {
            Some(next) => say(format_args!("    next poll {next}: {because}")),
            None => say(format_args!("    not asked again: {because}")),
        }
        let percent = |share: Option<f64>| {
            share.map_or_else(|| "–".to_owned(), |share| format!("{:.0} %", share * 100.0))
        };
        say(format_args!(
            "    {} entries a week; {} articles in four weeks, published {}, copies {}, mean quality {}",
            self.entries_a_week,
            self.articles,
            percent(self.published_share),
            percent(self.copy_share),
            self.mean_quality.map_or_else(|| "–".to_owned(), |quality| format!("{quality:.0}"))
        ));
        let SourceDay { articles, bytes, left_out } = self.today;
        if left_out > 0 {
            say(format_args!(
                "    limit reached today: {articles} entries and {} MB taken, {left_out} entries or pages wait",
                bytes / 1_000_000
            ));
        }
    }
}

/// Two digits are enough for a person and keep the JSON short.
fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
