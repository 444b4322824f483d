//! Mending times that were written while the clock of the machine was wrong.
//!
//! A clock that was ahead leaves due times far ahead, which would silence what they belong to, and dates that lie ahead,
//! which would stay new for ever. How far ahead it was is known from when the store was last worked on; where that is not
//! known, no due time may lie further away than any that could have been set now.

use courant_model::Timestamp;
use jiff::SignedDuration;
use sqlx::SqliteConnection;

use crate::{
    Result, Store, StoreError,
    codec::{self, micros},
    commit::next_change,
};

/// Up to this a date may lie ahead: clocks and zones are wrong by so much without anybody's fault.
const TOLERANCE: SignedDuration = SignedDuration::from_hours(24);

/// A clock that goes back by less than this is being set right by the system, little by little.
const UNNOTICED: SignedDuration = SignedDuration::from_secs(60);

/// A day, in microseconds.
const DAY: i64 = 24 * 3600 * 1_000_000;

/// What is found in `counters`: when the store was last worked on.
const CLOCK: &str = "clock";

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
        sqlx::query(
            "INSERT INTO counters (name, value) VALUES (?, ?) \
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )
        .bind(CLOCK)
        .bind(mend.now)
        .execute(&mut *change)
        .await?;
        change.commit().await?;
        Ok(mended)
    }

    /// When the store was last worked on, as far as it says.
    async fn last_worked(&self) -> Result<Option<i64>> {
        Ok(sqlx::query_scalar(
            "SELECT MAX(at) FROM (SELECT value AS at FROM counters WHERE name = ? \
             UNION ALL SELECT MAX(last_success) FROM sources)",
        )
        .bind(CLOCK)
        .fetch_one(self.readers())
        .await?)
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
    let asked = serde_json::to_string(&limits.asked_because).map_err(StoreError::corrupt)?;
    // Set by the clock that was ahead: the time between is as it was meant. The rest is due at once.
    // What the clock set while it was ahead keeps its distance; what still lies too far ahead is due at once.
    mended.sources = sqlx::query(
        "UPDATE sources SET next_due = CASE WHEN ?2 > 0 AND next_due - ?2 <= \
         CASE WHEN because IN (SELECT value FROM json_each(?5)) THEN ?4 ELSE ?3 END \
         THEN MAX(?1, next_due - ?2) ELSE ?1 END \
         WHERE gone = 0 AND removed IS NULL AND next_due > CASE WHEN ?2 > 0 THEN ?1 \
         WHEN because IN (SELECT value FROM json_each(?5)) THEN ?4 ELSE ?3 END",
    )
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
        sqlx::query("UPDATE sources SET last_success = ?1 WHERE last_success > ?1")
            .bind(mend.now)
            .execute(&mut *sql)
            .await?;
    }
    let retry = later(now, limits.retry);
    let within = |statement: &'static str, limit: i64| {
        sqlx::query(statement).bind(mend.now).bind(mend.back).bind(limit)
    };
    mended.pages = within(
        "UPDATE pages SET next_try = CASE WHEN ?2 > 0 AND next_try - ?2 <= ?3 THEN MAX(?1, next_try - ?2) \
         ELSE ?1 END WHERE state = 'due' AND next_try > CASE WHEN ?2 > 0 THEN ?1 ELSE ?3 END",
        retry,
    )
    .execute(&mut *sql)
    .await?
    .rows_affected();
    mended.pauses = within(
        "UPDATE host_pauses SET until = CASE WHEN ?2 > 0 AND until - ?2 <= ?3 THEN MAX(?1, until - ?2) \
         ELSE ?1 END WHERE until > CASE WHEN ?2 > 0 THEN ?1 ELSE ?3 END",
        retry,
    )
    .execute(&mut *sql)
    .await?
    .rows_affected();
    // A lease that ends now is asked for again.
    mended.subscriptions = within(
        "UPDATE subscriptions SET asked = MIN(asked, ?1), lease_end = CASE WHEN lease_end IS NULL THEN NULL \
         WHEN ?2 > 0 AND lease_end - ?2 <= ?3 THEN MAX(?1, lease_end - ?2) ELSE ?1 END \
         WHERE lease_end > CASE WHEN ?2 > 0 THEN ?1 ELSE ?3 END OR asked > ?1",
        later(now, limits.lease),
    )
    .execute(&mut *sql)
    .await?
    .rows_affected();
    Ok(mended)
}

/// An imported record has its own date, whatever that is.
const WRONG: &str = "first_seen > ? AND published_from <> 'record'";

/// Dates articles that were first seen ahead to now, and marks their records and those of their stories.
async fn articles(sql: &mut SqliteConnection, mend: Mend) -> Result<u64> {
    let count = format!("SELECT COUNT(*) FROM articles WHERE {WRONG}");
    let count: i64 =
        sqlx::query_scalar(sqlx::AssertSqlSafe(count)).bind(mend.ahead).fetch_one(&mut *sql).await?;
    if count == 0 {
        return Ok(0);
    }
    let number = next_change(sql).await?;
    let dirty =
        format!("UPDATE articles SET dirty = ? WHERE story IN (SELECT story FROM articles WHERE {WRONG})");
    sqlx::query(sqlx::AssertSqlSafe(dirty)).bind(number).bind(mend.ahead).execute(&mut *sql).await?;
    // Times of this form follow each other as texts do.
    let updated = format!(
        "UPDATE article_details SET detail = json_remove(detail, '$.updated') \
         WHERE json_extract(detail, '$.updated') > ? AND seq IN (SELECT seq FROM articles WHERE {WRONG})"
    );
    sqlx::query(sqlx::AssertSqlSafe(updated))
        .bind(codec::moment(mend.ahead)?.to_string())
        .bind(mend.ahead)
        .execute(&mut *sql)
        .await?;
    // A date of publication that lay ahead would not have been believed.
    sqlx::query(
        "UPDATE articles SET first_seen = ?2, \
         published_from = CASE WHEN published > ?1 THEN 'first_seen' ELSE published_from END, \
         published = CASE WHEN published > ?1 THEN ?2 ELSE published END \
         WHERE first_seen > ?1 AND published_from <> 'record'",
    )
    .bind(mend.ahead)
    .bind(mend.now)
    .execute(sql)
    .await?;
    Ok(count.unsigned_abs())
}

/// Other columns that hold when something happened.
const PAST: [&str; 13] = [
    "UPDATE sources SET last_success = ?2 WHERE last_success > ?1",
    "UPDATE sources SET last_change = ?2 WHERE last_change > ?1",
    "UPDATE sources SET failing_since = ?2 WHERE failing_since > ?1",
    "UPDATE sources SET moving_since = ?2 WHERE moving_since > ?1",
    "UPDATE subscriptions SET last_push = ?2 WHERE last_push > ?1",
    // What came from an archive has the date of the archive.
    "UPDATE captures SET fetched = ?2 WHERE fetched > ?1 AND source IS NOT NULL",
    "UPDATE captures SET changed = ?2 WHERE changed > ?1",
    "UPDATE pages SET changed = ?2 WHERE changed > ?1",
    "UPDATE images SET fetched = ?2 WHERE fetched > ?1",
    "UPDATE source_entries SET first_seen = ?2 WHERE first_seen > ?1",
    "UPDATE source_entries SET last_seen = ?2 WHERE last_seen > ?1",
    "UPDATE editor_requests SET asked = MIN(asked, ?2), answered = MIN(answered, ?2) \
     WHERE asked > ?1 OR answered > ?1",
    "UPDATE api_keys SET created = ?2 WHERE created > ?1",
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
    sqlx::query(
        "INSERT INTO article_clicks (article, day, readers) \
         SELECT article, ?2, SUM(readers) FROM article_clicks WHERE day > ?1 GROUP BY article \
         ON CONFLICT (article, day) DO UPDATE SET readers = readers + excluded.readers",
    )
    .bind(mend.now)
    .bind(mend.now - mend.now.rem_euclid(DAY))
    .execute(&mut *sql)
    .await?;
    let gone = sqlx::query("DELETE FROM article_clicks WHERE day > ?").bind(mend.now).execute(sql).await?;
    Ok(gone.rows_affected())
}

/// What editors said is dated now, and their boosts hold as long as they were meant to.
async fn acts(sql: &mut SqliteConnection, mend: Mend) -> Result<u64> {
    let boosts: Vec<(String, String, i64)> =
        sqlx::query_as("SELECT article, value, made FROM overrides WHERE field = 'boost' AND made > ?")
            .bind(mend.ahead)
            .fetch_all(&mut *sql)
            .await?;
    for (article, value, made) in boosts {
        let Some(value) = sooner(&value, made - mend.now) else { continue };
        sqlx::query("UPDATE overrides SET value = ? WHERE article = ? AND field = 'boost'")
            .bind(value)
            .bind(article)
            .execute(&mut *sql)
            .await?;
    }
    let done = sqlx::query("UPDATE overrides SET made = ?2 WHERE made > ?1")
        .bind(mend.ahead)
        .bind(mend.now)
        .execute(sql)
        .await?;
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
