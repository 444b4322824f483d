//! The parts from which rows are removed after a given time, as queries.

use courant_model::Timestamp;
use sqlx::Row;

use super::{
    parts::{Keep, Part, Removed},
    step::{STEP_BYTES, STEP_ROWS, Step, days_before, within},
};
use crate::{Result, Store, codec};

/// For how many days a capture that a later one replaced is kept after it was processed: both
/// versions can be compared to see why an article changed.
const REPLACED_DAYS: u32 = 1;
/// For how many days answered editor commands are kept.
const COMMAND_DAYS: u32 = 30;

/// The rows of a part that are removed. `select` gives rows (key, bytes) and may use `?1` and `?2`,
/// the cutoffs.
pub(super) struct Rule {
    pub(super) part: Part,
    select: &'static str,
    count: &'static str,
    /// Takes a JSON list of keys.
    remove: &'static str,
    /// In microseconds.
    cutoffs: (i64, i64),
}

impl Rule {
    /// Removes the next rows.
    pub(super) async fn step(&self, store: &Store) -> Result<Step> {
        let rows: Vec<(i64, i64)> = sqlx::query_as(self.select)
            .bind(self.cutoffs.0)
            .bind(self.cutoffs.1)
            .bind(codec::count(STEP_ROWS))
            .fetch_all(store.readers())
            .await?;
        let taken = within(&rows, STEP_BYTES);
        let is_last = rows.len() < STEP_ROWS && taken.len() == rows.len();
        if !taken.is_empty() {
            let keys: Vec<i64> = taken.iter().map(|(key, _)| *key).collect();
            sqlx::query(self.remove)
                .bind(codec::numbers(keys))
                .execute(&mut *store.write_one().await?)
                .await?;
        }
        let bytes = taken.iter().map(|(_, bytes)| bytes.unsigned_abs()).sum();
        Ok(Step { rows: taken.len() as u64, bytes, is_last })
    }

    /// What would be removed.
    pub(super) async fn preview(&self, store: &Store) -> Result<Removed> {
        let row = sqlx::query(self.count)
            .bind(self.cutoffs.0)
            .bind(self.cutoffs.1)
            .bind(-1)
            .fetch_one(store.readers())
            .await?;
        Ok(Removed { part: self.part, rows: row.try_get("n")?, bytes: row.try_get("bytes")? })
    }
}

/// A query for the rows to be removed is limited to `?3` of them, −1 for no limit; or their number
/// and bytes are added up.
const LIMIT: &str = " LIMIT ?3";
const COUNT: &str = "SELECT COUNT(*) AS n, COALESCE(SUM(bytes), 0) AS bytes FROM (";

/// A capture and the size of what is removed from it.
const CAPTURE: &str =
    "SELECT c.number AS key, length(c.body) + length(c.headers) + length(COALESCE(c.entry, ''))
        + length(COALESCE(c.origin_detail, '')) AS bytes";

statements! {
    CAPTURE_ROWS = "SELECT number AS key, 100 + length(url) + length(final_url) AS bytes
        FROM captures INDEXED BY captures_gone WHERE packing = 'gone' AND changed <= ?1 ORDER BY changed", LIMIT;
    COUNT_CAPTURE_ROWS = COUNT, CAPTURE_ROWS, ")";
    // A page is kept as long as its source lists the entry: an edit of the entry queues the page
    // again, which needs the row.
    PAGES = "SELECT p.rowid AS key, length(p.url) + length(p.key) AS bytes FROM pages p
        INDEXED BY pages_captured WHERE p.state = 'captured' AND p.changed <= ?1
        AND NOT EXISTS (SELECT 1 FROM source_entries e WHERE e.source = p.source AND e.link = p.key)
        ORDER BY p.changed", LIMIT;
    COUNT_PAGES = COUNT, PAGES, ")";
    // An index covers everything except the sizes, which are read only for the captures to be
    // removed.
    REPLACED = CAPTURE, "
        FROM captures c INDEXED BY captures_kept
        WHERE c.packing <> 'gone' AND c.state <> 'pending' AND c.changed <= ?1 AND c.article IS NOT NULL
        AND EXISTS (SELECT 1 FROM captures later WHERE later.article = c.article AND later.number > c.number)
        ORDER BY c.changed", LIMIT;
    COUNT_REPLACED = COUNT, REPLACED, ")";
    PROCESSED = CAPTURE, "
        FROM captures c INDEXED BY captures_kept
        WHERE c.packing <> 'gone' AND c.state <> 'pending' AND c.changed <= ?1 AND (c.changed <= ?2 OR c.article IS NULL
        OR NOT EXISTS (SELECT 1 FROM articles a WHERE a.id = c.article AND a.is_published = 1))
        AND NOT EXISTS (SELECT 1 FROM captures later WHERE later.article = c.article AND later.number > c.number)
        AND c.state <> 'dead' ORDER BY c.changed", LIMIT;
    COUNT_PROCESSED = COUNT, PROCESSED, ")";
    DEAD_CAPTURES = "SELECT number AS key, length(body) + length(headers) AS bytes
        FROM captures INDEXED BY captures_dead WHERE state = 'dead' AND changed <= ?1 ORDER BY changed, number", LIMIT;
    COUNT_DEAD_CAPTURES = COUNT, DEAD_CAPTURES, ")";
    DEAD_PAGES = "SELECT rowid AS key, length(url) + length(COALESCE(entry, '')) AS bytes
        FROM pages INDEXED BY pages_dead WHERE state = 'dead' AND changed <= ?1 ORDER BY changed", LIMIT;
    COUNT_DEAD_PAGES = COUNT, DEAD_PAGES, ")";
    // An article shows its image wherever its story has a page: as lead or as related article.
    IMAGES = "SELECT i.rowid AS key, length(i.url) + length(COALESCE(i.error, '')) AS bytes
        FROM images i INDEXED BY images_without_copy WHERE i.file IS NULL AND i.fetched <= ?1
        AND NOT EXISTS (SELECT 1 FROM article_details d JOIN articles a ON a.seq = d.seq
        WHERE CASE WHEN json_valid(d.detail) THEN json_extract(d.detail, '$.images[0].url') END = +i.url
        AND (a.first_seen > ?1 OR EXISTS
        (SELECT 1 FROM articles lead WHERE lead.story = a.story AND lead.is_published = 1))) ORDER BY i.fetched", LIMIT;
    COUNT_IMAGES = COUNT, IMAGES, ")";
    CLICKS = "SELECT rowid AS key, 60 AS bytes FROM article_clicks WHERE day <= ?1 ORDER BY day", LIMIT;
    COUNT_CLICKS = COUNT, CLICKS, ")";
    COMMANDS = "SELECT number AS key, length(request) + length(COALESCE(answer, refusal, '')) AS bytes
        FROM editor_requests WHERE answered <= ?1 ORDER BY number", LIMIT;
    COUNT_COMMANDS = COUNT, COMMANDS, ")";
    // A capture that was put back into the queue meanwhile keeps its bytes. The row is deleted and
    // inserted again: a row that only becomes shorter leaves the rest of its page empty.
    EMPTY_CAPTURES = "INSERT OR REPLACE INTO captures (number, identity, url, final_url, status, fetched,
        source, state, attempts, reason, because, article, changed, packing, size, headers, entry,
        origin, origin_detail, body)
        SELECT number, identity, url, final_url, status, fetched, source, state, attempts, reason, because, article,
        changed, 'gone', size, '[]', NULL, origin, NULL, x'' FROM captures
        WHERE number IN (SELECT value FROM json_each(?)) AND state <> 'pending'";
    DELETE_CAPTURES = "DELETE FROM captures WHERE number IN (SELECT value FROM json_each(?)) AND state <> 'pending'";
    DELETE_PAGES = "DELETE FROM pages WHERE rowid IN (SELECT value FROM json_each(?)) AND state <> 'due'";
    DELETE_IMAGES = "DELETE FROM images WHERE rowid IN (SELECT value FROM json_each(?)) AND file IS NULL";
    DELETE_CLICKS = "DELETE FROM article_clicks WHERE rowid IN (SELECT value FROM json_each(?))";
    DELETE_COMMANDS = "DELETE FROM editor_requests WHERE number IN (SELECT value FROM json_each(?)) AND answered IS NOT NULL";
}

/// The rules at `now`, in the order of the sweep. A part that is kept for ever has none.
pub(super) fn all(keep: &Keep, now: Timestamp) -> Vec<Rule> {
    let before = |days| days_before(now, days);
    // For ever is longer than any number of days.
    let published = match keep.published_capture_days {
        0 => i64::MIN,
        days => before(days.max(keep.capture_days)).unwrap_or(i64::MIN),
    };
    let replaced = before(keep.capture_days).and(before(REPLACED_DAYS));
    // Rows whose bytes are removed now, and pages whose entries are removed now, are removed by the
    // next sweep: so a preview is exact.
    [
        (Part::CaptureRows, CAPTURE_ROWS, COUNT_CAPTURE_ROWS, DELETE_CAPTURES, before(keep.capture_row_days)),
        (Part::Pages, PAGES, COUNT_PAGES, DELETE_PAGES, before(keep.source_entry_days)),
        (Part::OlderCaptures, REPLACED, COUNT_REPLACED, EMPTY_CAPTURES, replaced),
        (Part::Captures, PROCESSED, COUNT_PROCESSED, EMPTY_CAPTURES, before(keep.capture_days)),
        (
            Part::DeadCaptures,
            DEAD_CAPTURES,
            COUNT_DEAD_CAPTURES,
            DELETE_CAPTURES,
            before(keep.dead_letter_days),
        ),
        (Part::DeadPages, DEAD_PAGES, COUNT_DEAD_PAGES, DELETE_PAGES, before(keep.dead_letter_days)),
        (Part::Images, IMAGES, COUNT_IMAGES, DELETE_IMAGES, before(keep.image_days)),
        (Part::Clicks, CLICKS, COUNT_CLICKS, DELETE_CLICKS, before(keep.click_days)),
        (Part::Requests, COMMANDS, COUNT_COMMANDS, DELETE_COMMANDS, before(COMMAND_DAYS)),
    ]
    .into_iter()
    .filter_map(|(part, select, count, remove, cutoff)| {
        let second = if part == Part::Captures { published } else { 0 };
        Some(Rule { part, select, count, remove, cutoffs: (cutoff?, second) })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_rule_scans_a_table_of_bodies() {
        let store = Store::in_memory().await.unwrap();
        let keep = Keep {
            capture_days: 7,
            published_capture_days: 7,
            capture_row_days: 90,
            unpublished_text_days: 90,
            source_entry_days: 180,
            dead_letter_days: 30,
            image_days: 90,
            click_days: 400,
            window_days: 14,
        };
        for rule in all(&keep, Timestamp::UNIX_EPOCH) {
            let plan = sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", rule.select)))
                .bind(0)
                .bind(0)
                .bind(1)
                .fetch_all(store.readers())
                .await
                .unwrap();
            let steps: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
            let walks =
                steps.iter().find(|step| step.starts_with("SCAN") && !step.contains("editor_requests"));
            assert_eq!(walks, None, "{:?}: {steps:?}", rule.part);
            assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{:?}: {steps:?}", rule.part);
        }
    }
}
