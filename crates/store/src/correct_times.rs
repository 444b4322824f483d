//! Mending times that were written while the clock of the machine was wrong.
//!
//! A clock that was ahead leaves due times far ahead, which would silence what they belong to, and dates that lie ahead,
//! which would stay new for ever. How far ahead it was is known from when the store was last worked on; where that is not
//! known, no due time may lie further away than any that could have been set now.

use courant_model::Timestamp;
use jiff::SignedDuration;
use sqlx::SqliteConnection;

use crate::{
    Result, Store,
    codec::{self, micros},
    counters::{self, CLOCK},
    revision::next_change,
};

/// Up to this a date may lie ahead: clocks and zones are wrong by so much without anybody's fault.
const TOLERANCE: SignedDuration = SignedDuration::from_hours(24);

/// A clock that goes back by less than this is being set right by the system, little by little.
const UNNOTICED: SignedDuration = SignedDuration::from_secs(60);

/// A day, in microseconds.
const DAY: i64 = 24 * 3600 * 1_000_000;

/// How far ahead due times may lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeLimits {
    /// The next poll of a source.
    pub poll: SignedDuration,
    /// The next poll of a source whose publisher has asked to wait.
    pub asked: SignedDuration,
    /// The words in [`SourceState::because`](courant_model::SourceState::because) by which such a source is known.
    pub asked_because: Vec<String>,
    /// The next try of a page, and the pause of a host.
    pub retry: SignedDuration,
    /// The lease of a subscription.
    pub lease: SignedDuration,
}

/// What was mended, in rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MendedTimes {
    /// By how many seconds the clock went back since the store was last worked on; 0 where it did not.
    pub back_s: i64,
    /// Sources that are asked sooner.
    pub sources: u64,
    /// Pages that are tried sooner.
    pub pages: u64,
    /// Pauses of hosts that end sooner.
    pub pauses: u64,
    /// Subscriptions at hubs that are renewed sooner.
    pub subscriptions: u64,
    /// Articles that were dated ahead.
    pub articles: u64,
    /// Other dates: of captures, images, entries, polls, clicks and editors' acts.
    pub others: u64,
}

impl MendedTimes {
    /// Whether anything was mended.
    pub fn any(&self) -> bool {
        *self != Self::default()
    }
}

/// The instants that statements compare with, in microseconds.
#[derive(Clone, Copy)]
struct Mend {
    now: i64,
    /// By how much the clock went back.
    back: i64,
    /// Dates beyond this are wrong.
    ahead: i64,
}

/// Articles with a wrong date, `?1` being the latest date that can be right. An imported record has its own date,
/// whatever that is.
const WRONG: &str = "first_seen > ?1 AND published_from <> 'record'";

// The first three statements take now, by how much the clock went back, and the latest time that may be set.
statements! {
    CORRECT_PAGES = "UPDATE pages SET next_try = CASE WHEN ?2 > 0 AND next_try - ?2 <= ?3 THEN MAX(?1, next_try - ?2)
        ELSE ?1 END WHERE state = 'due' AND next_try > CASE WHEN ?2 > 0 THEN ?1 ELSE ?3 END";
    CORRECT_PAUSES = "UPDATE host_pauses SET until = CASE WHEN ?2 > 0 AND until - ?2 <= ?3 THEN MAX(?1, until - ?2)
        ELSE ?1 END WHERE until > CASE WHEN ?2 > 0 THEN ?1 ELSE ?3 END";
    // A lease that ends now is asked for again.
    CORRECT_SUBSCRIPTIONS = "UPDATE subscriptions SET asked = MIN(asked, ?1), lease_end = CASE WHEN lease_end IS NULL THEN NULL
        WHEN ?2 > 0 AND lease_end - ?2 <= ?3 THEN MAX(?1, lease_end - ?2) ELSE ?1 END
        WHERE lease_end > CASE WHEN ?2 > 0 THEN ?1 ELSE ?3 END OR asked > ?1";
    COUNT_WRONG_ARTICLES = "SELECT COUNT(*) FROM articles WHERE ", WRONG;
    MARK_WRONG_STORIES = "UPDATE articles SET dirty = ?2
        WHERE story IN (SELECT story FROM articles WHERE ", WRONG, ")";
    // Times of this form follow each other as texts do.
    REMOVE_WRONG_UPDATED = "UPDATE article_details SET detail = json_remove(detail, '$.updated')
        WHERE json_extract(detail, '$.updated') > ?2 AND seq IN (SELECT seq FROM articles WHERE ", WRONG, ")";
    // A date of publication that lay ahead would not have been believed.
    CORRECT_ARTICLES = "UPDATE articles SET first_seen = ?2,
        published_from = CASE WHEN published > ?1 THEN 'first_seen' ELSE published_from END,
        published = CASE WHEN published > ?1 THEN ?2 ELSE published END WHERE ", WRONG;
    PAST_SUCCESS = "UPDATE sources SET last_success = ?2 WHERE last_success > ?1";
    PAST_CHANGE = "UPDATE sources SET last_change = ?2 WHERE last_change > ?1";
    PAST_FAILURE = "UPDATE sources SET failing_since = ?2 WHERE failing_since > ?1";
    PAST_MOVE = "UPDATE sources SET moving_since = ?2 WHERE moving_since > ?1";
    PAST_PUSH = "UPDATE subscriptions SET last_push = ?2 WHERE last_push > ?1";
    // What came from an archive has the date of the archive.
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
    FUTURE_BOOSTS = "SELECT article, value, made FROM overrides WHERE field = 'boost' AND made > ?";
    SET_BOOST = "UPDATE overrides SET value = ? WHERE article = ? AND field = 'boost'";
    CORRECT_OVERRIDES = "UPDATE overrides SET made = ?2 WHERE made > ?1";
}

impl Store {
    /// Brings due times within reach and dates that lie ahead back to `now`; what was done. Where the clock is right,
    /// and was right before, nothing is changed. To be called before each round of work: it also notes that the store is
    /// worked on at `now`.
    ///
    /// Dates are mended only where the store was worked on at a time more than a day ahead of `now`; those of imported
    /// records and of archives are left as they are given.
    pub async fn bring_times_within(&self, now: Timestamp, limits: &TimeLimits) -> Result<MendedTimes> {
        let last = self.last_worked().await?;
        let back = last.map_or(0, |last| last - micros(now));
        let back = if back > UNNOTICED.as_micros() as i64 { back } else { 0 };
        let mend = Mend { now: micros(now), back, ahead: later(now, TOLERANCE) };
        let mut change = self.write().await?;
        let mut mended = due_times(&mut change, mend, now, limits).await?;
        mended.back_s = back / 1_000_000;
        if last.is_some_and(|last| last > mend.ahead) {
            mended.articles = articles(&mut change, mend).await?;
            mended.others = dates(&mut change, mend).await? + clicks(&mut change, mend).await?;
            mended.others += acts(&mut change, mend).await?;
        }
        // Noted once a minute, not at every round of a second: each note is a write to the disk.
        let is_noted =
            last.is_some_and(|last| (0..UNNOTICED.as_micros() as i64).contains(&(mend.now - last)));
        if is_noted && !mended.any() {
            return Ok(mended);
        }
        counters::set(&mut change, CLOCK, mend.now).await?;
        change.commit().await?;
        Ok(mended)
    }

    /// When the store was last worked on, as far as it says.
    async fn last_worked(&self) -> Result<Option<i64>> {
        Ok(sqlx::query_scalar(LAST_WORKED).bind(CLOCK).fetch_one(self.readers()).await?)
    }
}

fn later(now: Timestamp, by: SignedDuration) -> i64 {
    micros(now.checked_add(by).unwrap_or(Timestamp::MAX))
}

/// Brings what is to be done at some time within reach.
async fn due_times(
    sql: &mut SqliteConnection,
    mend: Mend,
    now: Timestamp,
    limits: &TimeLimits,
) -> Result<MendedTimes> {
    let mut mended = MendedTimes::default();
    let asked = codec::texts(&limits.asked_because);
    // What the clock set while it was ahead keeps its distance; what still lies too far ahead is due at once.
    mended.sources = sqlx::query(CORRECT_SOURCES)
        .bind(mend.now)
        .bind(mend.back)
        .bind(later(now, limits.poll))
        .bind(later(now, limits.asked))
        .bind(asked)
        .execute(&mut *sql)
        .await?
        .rows_affected();
    if mend.back > 0 {
        // From these it is known when the store was last worked on.
        sqlx::query(CORRECT_LAST_SUCCESS).bind(mend.now).execute(&mut *sql).await?;
    }
    let retry = later(now, limits.retry);
    let within = |statement: &'static str, limit: i64| {
        sqlx::query(statement).bind(mend.now).bind(mend.back).bind(limit)
    };
    mended.pages = within(CORRECT_PAGES, retry).execute(&mut *sql).await?.rows_affected();
    mended.pauses = within(CORRECT_PAUSES, retry).execute(&mut *sql).await?.rows_affected();
    let lease = later(now, limits.lease);
    mended.subscriptions = within(CORRECT_SUBSCRIPTIONS, lease).execute(&mut *sql).await?.rows_affected();
    Ok(mended)
}

/// Dates articles that were first seen ahead to now, and marks their records and those of their stories.
async fn articles(sql: &mut SqliteConnection, mend: Mend) -> Result<u64> {
    let count: i64 = sqlx::query_scalar(COUNT_WRONG_ARTICLES).bind(mend.ahead).fetch_one(&mut *sql).await?;
    if count == 0 {
        return Ok(0);
    }
    let number = next_change(sql).await?;
    sqlx::query(MARK_WRONG_STORIES).bind(mend.ahead).bind(number).execute(&mut *sql).await?;
    sqlx::query(REMOVE_WRONG_UPDATED)
        .bind(mend.ahead)
        .bind(codec::moment(mend.ahead)?.to_string())
        .execute(&mut *sql)
        .await?;
    sqlx::query(CORRECT_ARTICLES).bind(mend.ahead).bind(mend.now).execute(sql).await?;
    Ok(count.unsigned_abs())
}

/// Other columns that hold when something happened.
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

async fn dates(sql: &mut SqliteConnection, mend: Mend) -> Result<u64> {
    let mut mended = 0;
    for statement in PAST {
        let done = sqlx::query(statement).bind(mend.ahead).bind(mend.now).execute(&mut *sql).await?;
        mended += done.rows_affected();
    }
    Ok(mended)
}

/// Clicks of days to come are today's.
async fn clicks(sql: &mut SqliteConnection, mend: Mend) -> Result<u64> {
    sqlx::query(ADD_FUTURE_CLICKS)
        .bind(mend.now)
        .bind(mend.now - mend.now.rem_euclid(DAY))
        .execute(&mut *sql)
        .await?;
    let gone = sqlx::query(DELETE_FUTURE_CLICKS).bind(mend.now).execute(sql).await?;
    Ok(gone.rows_affected())
}

/// What editors said is dated now, and their boosts hold as long as they were meant to.
async fn acts(sql: &mut SqliteConnection, mend: Mend) -> Result<u64> {
    let boosts: Vec<(String, String, i64)> =
        sqlx::query_as(FUTURE_BOOSTS).bind(mend.ahead).fetch_all(&mut *sql).await?;
    for (article, value, made) in boosts {
        let Some(value) = sooner(&value, made - mend.now) else { continue };
        sqlx::query(SET_BOOST).bind(value).bind(article).execute(&mut *sql).await?;
    }
    let done = sqlx::query(CORRECT_OVERRIDES).bind(mend.ahead).bind(mend.now).execute(sql).await?;
    Ok(done.rows_affected())
}

/// The value of a boost that ends so many microseconds sooner; `None` where it is no boost.
fn sooner(value: &str, by: i64) -> Option<String> {
    let mut value: serde_json::Value = serde_json::from_str(value).ok()?;
    let until: Timestamp = value.get("until")?.as_str()?.parse().ok()?;
    let until = until.checked_sub(SignedDuration::from_micros(by)).ok()?;
    let whole = Timestamp::from_second(until.as_second()).ok()?;
    value["until"] = whole.to_string().into();
    Some(value.to_string())
}
