//! Copying tables out of a damaged database, by ranges of row numbers that are halved around what
//! can't be read.

use sqlx::{Row, SqliteConnection};

use super::RecoveredTable;
use crate::{Result, StoreError};

/// Number of rows that one statement copies where nothing is damaged.
const ROWS_PER_STATEMENT: i64 = 4_096;
/// Maximum number of row numbers that are tried one by one before the rest of a table is given up:
/// a damaged leaf page hides some dozens of rows, a damaged branch some ten thousand.
const MAX_UNREADABLE: u64 = 500_000;
/// More rows than a page holds: limits the row numbers if the last one can't be read.
const MAX_ROWS_PER_PAGE: i64 = 200;

statements! {
    COMMON_TABLES = "SELECT new.name FROM main.sqlite_schema new JOIN old.sqlite_schema old ON old.name = new.name
        WHERE new.type = 'table' AND new.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
        AND new.name NOT LIKE 'article\\_search%' ESCAPE '\\' AND new.name <> '_sqlx_migrations'
        ORDER BY new.rowid";
    CARRY_NUMBERING = "UPDATE main.sqlite_sequence SET seq = MAX(seq, COALESCE((SELECT o.seq FROM old.sqlite_sequence o
        WHERE o.name = main.sqlite_sequence.name), 0))";
    COMMON_COLUMNS = "SELECT '\"' || new.name || '\"' FROM pragma_table_info(?1, 'main') new
        JOIN pragma_table_info(?1, 'old') old ON old.name = new.name ORDER BY new.cid";
    COUNT_PAGES = "SELECT page_count FROM pragma_page_count('old')";
    WHOLE_INDEXES = "SELECT name FROM pragma_index_list(?, 'old') WHERE partial = 0 AND origin <> 'pk'
        UNION ALL SELECT name FROM pragma_index_list(?1, 'old')
        WHERE partial = 0 AND origin = 'pk' AND ?1 <> 'article_links'";
}

/// Copies every table that both databases have, from `old` to `main`.
pub(super) async fn tables(sql: &mut SqliteConnection) -> Result<Vec<RecoveredTable>> {
    let names: Vec<String> = sqlx::query_scalar(COMMON_TABLES).fetch_all(&mut *sql).await?;
    if names.is_empty() {
        return Err(StoreError::Corrupt("it has no table that this program knows".to_owned()));
    }
    let mut tables = Vec::with_capacity(names.len());
    for name in names {
        tables.push(table(sql, name).await?);
    }
    sqlx::raw_sql(CARRY_NUMBERING)
        .execute(sql)
        .await
        // New rows are then numbered from the last one that was saved.
        .map(drop)
        .or_else(|error| readable_or(error.into(), ()))?;
    Ok(tables)
}

/// How the rows of a table are read.
struct Plan {
    table: String,
    columns: String,
    /// `rowid`, or for a table without one the column of the index that finds its rows.
    number: &'static str,
    from: String,
}

async fn table(sql: &mut SqliteConnection, table: String) -> Result<RecoveredTable> {
    let plan = plan(sql, table).await?;
    let mut done = RecoveredTable { table: plan.table.clone(), saved: 0, lost: 0 };
    let last = last_number(sql, &plan).await?;
    let mut tried = 0;
    let mut first = first_number(sql, &plan).await?;
    while first <= last && tried < MAX_UNREADABLE {
        let end = last.min(first.saturating_add(ROWS_PER_STATEMENT - 1));
        let mut open = vec![(first, end)];
        while let Some((first, end)) = open.pop() {
            match copy(sql, &plan, first, end).await {
                Ok(rows) => done.saved += rows,
                Err(StoreError::Corrupt(_)) if first == end => tried += 1,
                Err(StoreError::Corrupt(_)) => {
                    let middle = first + (end - first) / 2;
                    open.extend([(middle + 1, end), (first, middle)]);
                }
                Err(error) => return Err(error),
            }
        }
        first = end.saturating_add(1);
    }
    // An index tells how many rows there were; without one, each number that can't be read counts.
    done.lost = match count(sql, &plan).await? {
        Some(count) => count.saturating_sub(done.saved),
        None => tried,
    };
    Ok(done)
}

async fn plan(sql: &mut SqliteConnection, table: String) -> Result<Plan> {
    let columns: Vec<String> = sqlx::query_scalar(COMMON_COLUMNS).bind(&table).fetch_all(sql).await?;
    let (number, from) = if table == "article_links" {
        ("seq", "old.article_links INDEXED BY article_links_by_article".to_owned())
    } else {
        ("rowid", format!("old.{table} NOT INDEXED"))
    };
    Ok(Plan { columns: columns.join(", "), number, from, table })
}

/// Copies the rows with these numbers. Rows that violate a constraint (a duplicate key, a missing
/// value) are left out; counters are in the new database already, and get the old values.
async fn copy(sql: &mut SqliteConnection, plan: &Plan, first: i64, last: i64) -> Result<u64> {
    let Plan { table, columns, number, from } = plan;
    let conflict = if table == "counters" { "REPLACE" } else { "IGNORE" };
    let statement = format!(
        "INSERT OR {conflict} INTO main.{table} ({columns}) SELECT {columns} FROM {from} \
         WHERE {number} BETWEEN ? AND ?"
    );
    let done = sqlx::query(sqlx::AssertSqlSafe(statement)).bind(first).bind(last).execute(sql).await;
    match done.map_err(StoreError::from) {
        Ok(done) => Ok(done.rows_affected()),
        // A value that its column does not allow is damage too.
        Err(StoreError::Database(error)) => Err(StoreError::corrupt(error)),
        Err(error) => Err(error),
    }
}

/// The lowest row number; 1 if that can't be read, because numbers begin there.
async fn first_number(sql: &mut SqliteConnection, plan: &Plan) -> Result<i64> {
    let statement = format!("SELECT MIN({}) FROM {}", plan.number, plan.from);
    let found = sqlx::query_scalar::<_, Option<i64>>(sqlx::AssertSqlSafe(statement)).fetch_one(sql).await;
    match found {
        Ok(first) => Ok(first.unwrap_or(1)),
        Err(error) => readable_or(error.into(), 1),
    }
}

/// The highest row number: from the table, else from one of its indexes, else the highest that the
/// file has room for.
async fn last_number(sql: &mut SqliteConnection, plan: &Plan) -> Result<i64> {
    let mut sources = vec![plan.from.clone()];
    let indexes = indexes(sql, &plan.table).await?;
    sources.extend(indexes.iter().map(|index| format!("old.{} INDEXED BY \"{index}\"", plan.table)));
    for source in sources {
        let statement = format!("SELECT MAX(number) FROM (SELECT {} AS number FROM {source})", plan.number);
        let found =
            sqlx::query_scalar::<_, Option<i64>>(sqlx::AssertSqlSafe(statement)).fetch_one(&mut *sql).await;
        match found {
            Ok(last) => return Ok(last.unwrap_or(0)),
            Err(error) => readable_or(error.into(), ())?,
        }
    }
    let pages: i64 = sqlx::query_scalar(COUNT_PAGES).fetch_one(sql).await?;
    Ok(pages.saturating_mul(MAX_ROWS_PER_PAGE))
}

/// The number of rows, from the table or one of its indexes; `None` if none can be counted.
async fn count(sql: &mut SqliteConnection, plan: &Plan) -> Result<Option<u64>> {
    let mut sources: Vec<String> = indexes(sql, &plan.table).await?;
    sources = sources.iter().map(|index| format!("old.{} INDEXED BY \"{index}\"", plan.table)).collect();
    sources.push(plan.from.clone());
    for source in sources {
        let statement = format!("SELECT COUNT(*) FROM {source}");
        match sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(statement)).fetch_one(&mut *sql).await {
            Ok(count) => return Ok(Some(count.unsigned_abs())),
            Err(error) => readable_or(error.into(), ())?,
        }
    }
    Ok(None)
}

/// The indexes of a table that hold all of its rows.
async fn indexes(sql: &mut SqliteConnection, table: &str) -> Result<Vec<String>> {
    let found = sqlx::query(WHOLE_INDEXES).bind(table).fetch_all(sql).await?;
    Ok(found.iter().map(|row| row.try_get("name")).collect::<sqlx::Result<_>>()?)
}

/// `instead` if the error is damage; otherwise the error.
fn readable_or<T>(error: StoreError, instead: T) -> Result<T> {
    match error {
        StoreError::Corrupt(_) | StoreError::Database(_) => Ok(instead),
        error => Err(error),
    }
}
