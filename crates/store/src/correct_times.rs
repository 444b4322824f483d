//! Correcting times that were written while the clock of the machine was wrong.
//!
//! A clock that was ahead leaves due times far in the future, which would stop all work on what
//! they belong to, and dates in the future, which would stay new for ever. How far ahead it was is
//! computed from the time at which the store was last worked on; if that is unknown, no due time
//! may be later than any that could be set now.

use courant_model::{EditorDecision, StoryDecision, Timestamp};
use jiff::SignedDuration;
use sqlx::SqliteConnection;

use crate::{
    Result, Store,
    codec::{self, micros},
    counters::{self, CLOCK},
    revision::next_change,
};

/// A date may lie this far in the future: clocks and time zones are off by that much without being
/// wrong.
const TOLERANCE: SignedDuration = SignedDuration::from_hours(24);

/// A clock that goes back by less than this is being adjusted by the system.
const UNNOTICED: SignedDuration = SignedDuration::from_secs(60);

/// A day, in microseconds.
const DAY: i64 = 24 * 3600 * 1_000_000;

/// The furthest that due times may lie in the future.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeLimits {
    /// The next poll of a source.
    pub poll: SignedDuration,
    /// The next poll of a source whose publisher has requested a pause.
    pub asked: SignedDuration,
    /// The texts of [`SourceState::because`](courant_model::SourceState::because) that mark such a
    /// source.
    pub asked_because: Vec<String>,
    /// The next attempt to fetch a page, and the pause of a host.
    pub retry: SignedDuration,
    /// The lease of a subscription.
    pub lease: SignedDuration,
}

/// What was corrected, in rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CorrectedTimes {
    /// By how many seconds the clock went back since the store was last worked on; 0 if it did not.
    pub back_s: i64,
    /// Sources that are polled earlier.
    pub sources: u64,
    /// Pages that are fetched earlier.
    pub pages: u64,
    /// Pauses of hosts that end earlier.
    pub pauses: u64,
    /// Subscriptions at hubs that are renewed earlier.
    pub subscriptions: u64,
    /// Articles with a date in the future.
    pub articles: u64,
    /// Other dates: of captures, images, entries, polls, clicks, editor commands and overrides.
    pub others: u64,
}

impl CorrectedTimes {
    /// Whether anything was corrected.
    pub fn any(&self) -> bool {
        *self != Self::default()
    }
}

/// The times that statements compare with, in microseconds.
#[derive(Clone, Copy)]
struct Correction {
    now: i64,
    /// By how much the clock went back.
    back: i64,
    /// Dates after this are wrong.
    ahead: i64,
}

/// Articles with a wrong date, `?1` being the latest possible one. An imported record keeps its
/// date, whatever that is.
const IS_WRONG: &str = "first_seen > ?1 AND published_from <> 'record'";

// The first three statements take now, by how much the clock went back, and the latest time that
// may be set.
statements! {
    CORRECT_PAGES = "UPDATE pages SET next_try = CASE WHEN ?2 > 0 AND next_try - ?2 <= ?3 THEN MAX(?1, next_try - ?2)
        ELSE ?1 END WHERE state = 'due' AND next_try > CASE WHEN ?2 > 0 THEN ?1 ELSE ?3 END";
    CORRECT_PAUSES = "UPDATE host_pauses SET until = CASE WHEN ?2 > 0 AND until - ?2 <= ?3 THEN MAX(?1, until - ?2)
        ELSE ?1 END WHERE until > CASE WHEN ?2 > 0 THEN ?1 ELSE ?3 END";
    // A lease that ends now is renewed.
    CORRECT_SUBSCRIPTIONS = "UPDATE subscriptions SET asked = MIN(asked, ?1), lease_end = CASE WHEN lease_end IS NULL THEN NULL
        WHEN ?2 > 0 AND lease_end - ?2 <= ?3 THEN MAX(?1, lease_end - ?2) ELSE ?1 END
        WHERE lease_end > CASE WHEN ?2 > 0 THEN ?1 ELSE ?3 END OR asked > ?1";
    COUNT_WRONG_ARTICLES = "SELECT COUNT(*) FROM articles WHERE ", IS_WRONG;
    MARK_WRONG_STORIES = "UPDATE articles SET dirty = ?2
        WHERE story IN (SELECT story FROM articles WHERE ", IS_WRONG, ")";
    // Times in this form sort as texts.
    REMOVE_WRONG_UPDATED = "UPDATE article_details SET detail = json_remove(detail, '$.updated')
        WHERE json_extract(detail, '$.updated') > ?2 AND seq IN (SELECT seq FROM articles WHERE ", IS_WRONG, ")";
    // A publication date in the future would not have been accepted.
    CORRECT_ARTICLES = "UPDATE articles SET first_seen = ?2,
        published_from = CASE WHEN published > ?1 THEN 'first_seen' ELSE published_from END,
        published = CASE WHEN published > ?1 THEN ?2 ELSE published END WHERE ", IS_WRONG;
    PAST_SUCCESS = "UPDATE sources SET last_success = ?2 WHERE last_success > ?1";
    PAST_CHANGE = "UPDATE sources SET last_change = ?2 WHERE last_change > ?1";
    PAST_FAILURE = "UPDATE sources SET failing_since = ?2 WHERE failing_since > ?1";
    PAST_MOVE = "UPDATE sources SET moving_since = ?2 WHERE moving_since > ?1";
    PAST_PUSH = "UPDATE subscriptions SET last_push = ?2 WHERE last_push > ?1";
    // A capture from an archive has the date of the archive.
    PAST_FETCH = "UPDATE captures SET fetched = ?2 WHERE fetched > ?1 AND source IS NOT NULL";
    PAST_CAPTURE = "UPDATE captures SET changed = ?2 WHERE changed > ?1";
    PAST_PAGE = "UPDATE pages SET changed = ?2 WHERE changed > ?1";
    PAST_IMAGE = "UPDATE images SET fetched = ?2 WHERE fetched > ?1";
    PAST_FIRST_SEEN = "UPDATE source_entries SET first_seen = ?2 WHERE first_seen > ?1";
    PAST_LAST_SEEN = "UPDATE source_entries SET last_seen = ?2 WHERE last_seen > ?1";
    PAST_COMMAND = "UPDATE editor_requests SET asked = MIN(asked, ?2), answered = MIN(answered, ?2)
        WHERE asked > ?1 OR answered > ?1";
    PAST_KEY = "UPDATE api_keys SET created = ?2 WHERE created > ?1";
    LAST_WORKED = "SELECT MAX(at) FROM (SELECT value AS at FROM counters WHERE name = ?
        UNION ALL SELECT MAX(last_success) FROM sources)";
    CORRECT_SOURCES = "UPDATE sources SET next_due = CASE WHEN ?2 > 0 AND next_due - ?2 <=
        CASE WHEN because IN (SELECT value FROM json_each(?5)) THEN ?4 ELSE ?3 END
        THEN MAX(?1, next_due - ?2) ELSE ?1 END
        WHERE gone = 0 AND removed IS NULL AND next_due > CASE WHEN ?2 > 0 THEN ?1
        WHEN because IN (SELECT value FROM json_each(?5)) THEN ?4 ELSE ?3 END";
    CORRECT_LAST_SUCCESS = "UPDATE sources SET last_success = ?1 WHERE last_success > ?1";
    ADD_FUTURE_CLICKS = "INSERT INTO article_clicks (article, day, readers)
        SELECT article, ?2, SUM(readers) FROM article_clicks WHERE day > ?1 GROUP BY article
        ON CONFLICT (article, day) DO UPDATE SET readers = readers + excluded.readers";
    DELETE_FUTURE_CLICKS = "DELETE FROM article_clicks WHERE day > ?";
    FUTURE_BOOSTS = "SELECT article, value, made FROM overrides WHERE field = '", StoryDecision::Boost.as_str(), "' AND made > ?";
    SET_BOOST = "UPDATE overrides SET value = ? WHERE article = ? AND field = '", StoryDecision::Boost.as_str(), "'";
    CORRECT_OVERRIDES = "UPDATE overrides SET made = ?2 WHERE made > ?1";
}

impl Store {
    /// Moves due times and dates in the future back, and gives what was changed. Nothing changes if
    /// the clock is right and was right before. To be called before each round of work: it also
    /// notes that the store is worked on at `now`.
    ///
    /// Dates are corrected only if the store was worked on at a time more than a day after `now`;
    /// those of imported records and of archives stay as they are.
    pub async fn correct_times(&self, now: Timestamp, limits: &TimeLimits) -> Result<CorrectedTimes> {
        let last = self.last_worked().await?;
        let back = last.map_or(0, |last| last - micros(now));
        let back = if back > UNNOTICED.as_micros() as i64 { back } else { 0 };
        let correction = Correction { now: micros(now), back, ahead: later(now, TOLERANCE) };
        let mut change = self.write().await?;
        let mut corrected = due_times(&mut change, correction, now, limits).await?;
        corrected.back_s = back / 1_000_000;
        if last.is_some_and(|last| last > correction.ahead) {
            corrected.articles = articles(&mut change, correction).await?;
            corrected.others =
                dates(&mut change, correction).await? + clicks(&mut change, correction).await?;
            corrected.others += overrides(&mut change, correction).await?;
        }
        // Noted once a minute, not in every round of a second: each note is a write to the disk.
        let is_noted =
            last.is_some_and(|last| (0..UNNOTICED.as_micros() as i64).contains(&(correction.now - last)));
        if is_noted && !corrected.any() {
            return Ok(corrected);
        }
        counters::set(&mut change, CLOCK, correction.now).await?;
        change.commit().await?;
        Ok(corrected)
    }

    /// When the store was last worked on, if it is known.
    async fn last_worked(&self) -> Result<Option<i64>> {
        Ok(sqlx::query_scalar(LAST_WORKED).bind(CLOCK).fetch_one(self.readers()).await?)
    }
}

fn later(now: Timestamp, by: SignedDuration) -> i64 {
    micros(now.checked_add(by).unwrap_or(Timestamp::MAX))
}

/// Moves due times back.
async fn due_times(
    sql: &mut SqliteConnection,
    correction: Correction,
    now: Timestamp,
    limits: &TimeLimits,
) -> Result<CorrectedTimes> {
    let mut corrected = CorrectedTimes::default();
    let asked = codec::texts(&limits.asked_because);
    // A time set while the clock was ahead keeps its distance from now; one that is still too late
    // is due at once.
    corrected.sources = sqlx::query(CORRECT_SOURCES)
        .bind(correction.now)
        .bind(correction.back)
        .bind(later(now, limits.poll))
        .bind(later(now, limits.asked))
        .bind(asked)
        .execute(&mut *sql)
        .await?
        .rows_affected();
    if correction.back > 0 {
        // These tell when the store was last worked on.
        sqlx::query(CORRECT_LAST_SUCCESS).bind(correction.now).execute(&mut *sql).await?;
    }
    let retry = later(now, limits.retry);
    let within = |statement: &'static str, limit: i64| {
        sqlx::query(statement).bind(correction.now).bind(correction.back).bind(limit)
    };
    corrected.pages = within(CORRECT_PAGES, retry).execute(&mut *sql).await?.rows_affected();
    corrected.pauses = within(CORRECT_PAUSES, retry).execute(&mut *sql).await?.rows_affected();
    let lease = later(now, limits.lease);
    corrected.subscriptions = within(CORRECT_SUBSCRIPTIONS, lease).execute(&mut *sql).await?.rows_affected();
    Ok(corrected)
}

/// Moves the dates of articles first seen in the future to now, and marks the records of their
/// stories.
async fn articles(sql: &mut SqliteConnection, correction: Correction) -> Result<u64> {
    let count: i64 =
        sqlx::query_scalar(COUNT_WRONG_ARTICLES).bind(correction.ahead).fetch_one(&mut *sql).await?;
    if count == 0 {
        return Ok(0);
    }
    let number = next_change(sql).await?;
    sqlx::query(MARK_WRONG_STORIES).bind(correction.ahead).bind(number).execute(&mut *sql).await?;
    sqlx::query(REMOVE_WRONG_UPDATED)
        .bind(correction.ahead)
        .bind(codec::timestamp(correction.ahead)?.to_string())
        .execute(&mut *sql)
        .await?;
    sqlx::query(CORRECT_ARTICLES).bind(correction.ahead).bind(correction.now).execute(sql).await?;
    Ok(count.unsigned_abs())
}

/// Other columns that say when something happened.
const PAST: [&str; 13] = [
    PAST_SUCCESS,
    PAST_CHANGE,
    PAST_FAILURE,
    PAST_MOVE,
    PAST_PUSH,
    PAST_FETCH,
    PAST_CAPTURE,
    PAST_PAGE,
    PAST_IMAGE,
    PAST_FIRST_SEEN,
    PAST_LAST_SEEN,
    PAST_COMMAND,
    PAST_KEY,
];

async fn dates(sql: &mut SqliteConnection, correction: Correction) -> Result<u64> {
    let mut corrected = 0;
    for statement in PAST {
        let done =
            sqlx::query(statement).bind(correction.ahead).bind(correction.now).execute(&mut *sql).await?;
        corrected += done.rows_affected();
    }
    Ok(corrected)
}

/// Clicks counted for future days become today's.
async fn clicks(sql: &mut SqliteConnection, correction: Correction) -> Result<u64> {
    sqlx::query(ADD_FUTURE_CLICKS)
        .bind(correction.now)
        .bind(correction.now - correction.now.rem_euclid(DAY))
        .execute(&mut *sql)
        .await?;
    let deleted = sqlx::query(DELETE_FUTURE_CLICKS).bind(correction.now).execute(sql).await?;
    Ok(deleted.rows_affected())
}

/// Moves the dates of overrides to now, and keeps the duration of their boosts.
async fn overrides(sql: &mut SqliteConnection, correction: Correction) -> Result<u64> {
    let boosts: Vec<(String, String, i64)> =
        sqlx::query_as(FUTURE_BOOSTS).bind(correction.ahead).fetch_all(&mut *sql).await?;
    for (article, value, made) in boosts {
        let Some(value) = ending_earlier(&value, made - correction.now) else { continue };
        sqlx::query(SET_BOOST).bind(value).bind(article).execute(&mut *sql).await?;
    }
    let done =
        sqlx::query(CORRECT_OVERRIDES).bind(correction.ahead).bind(correction.now).execute(sql).await?;
    Ok(done.rows_affected())
}

/// The value of a boost that ends this many microseconds earlier; `None` if it is not a boost.
fn ending_earlier(value: &str, by: i64) -> Option<String> {
    let value = serde_json::from_str(value).ok()?;
    let stored = EditorDecision::from_stored(StoryDecision::Boost.as_str(), value);
    let EditorDecision::Boost { degrees, until } = stored else { return None };
    let until = until.checked_sub(SignedDuration::from_micros(by)).ok()?;
    let until = Timestamp::from_second(until.as_second()).ok()?;
    serde_json::to_string(&EditorDecision::Boost { degrees, until }.value()).ok()
}
