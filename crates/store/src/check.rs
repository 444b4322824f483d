//! Searching a database for damage, and telling which part of it is damaged.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::TryStreamExt;
use sqlx::{Row, SqliteConnection};

use crate::{Result, Store, StoreError, schema::schema_version, search::index_problem};

/// Maximum number of problems in a report.
const MAX_PROBLEMS: usize = 100;

/// A damaged part of a database, ordered by how much is lost with it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Damaged {
    /// The search index. [`Store::rebuild_search`] rebuilds it from the articles.
    SearchIndex,
    /// An index of a table, by name. [`Store::rebuild_indexes`] rebuilds it from the rows.
    Index(String),
    /// A table, by name. [`Store::recover`] saves what can be read.
    Table(String),
    /// A part that SQLite does not name. [`Store::recover`] saves what can be read.
    File,
}

/// The result of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// The problems in SQLite's words; empty if there are none. At most a hundred lines.
    pub problems: Vec<String>,
    /// The problem of the search index; [`Store::rebuild_search`] repairs it. Also `None` if the
    /// store was opened only for reading, where it cannot be checked.
    pub search_problem: Option<String>,
    /// The damaged parts, by kind and name; empty if there are none.
    pub damaged: Vec<Damaged>,
    /// Schema version of the file.
    pub schema: i64,
    /// Size of the database in bytes, without its write-ahead log.
    pub bytes: u64,
}

impl Health {
    /// Whether no damage was found.
    pub fn is_sound(&self) -> bool {
        self.damaged.is_empty()
    }
}

statements! {
    QUICK_CHECK = "PRAGMA quick_check(100)";
    INTEGRITY_CHECK = "PRAGMA integrity_check(100)";
    FILE_SIZE = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";
    ROOT_PAGES = "SELECT rootpage, name, type = 'index' AS is_index FROM sqlite_schema WHERE rootpage > 0";
}

impl Store {
    /// Checks whether every page of the file can be read and is consistent with the others, and
    /// whether the search index matches the articles. It reads the whole file.
    pub async fn check(&self) -> Result<Health> {
        self.run_check(QUICK_CHECK).await
    }

    /// Like [`Store::check`], and checks that every index has exactly the rows of its table; takes
    /// several times as long.
    pub async fn check_deep(&self) -> Result<Health> {
        self.run_check(INTEGRITY_CHECK).await
    }

    async fn run_check(&self, statement: &'static str) -> Result<Health> {
        // Not a reading connection: those cache parts of the search index that the writer has
        // changed since.
        let mut read = self.write_one().await?;
        let names = names(&mut read).await?;
        let output = output_of(&mut read, statement).await?;
        let (schema, bytes) = (schema_version(&mut read).await?, file_size(&mut read).await?);
        drop(read);
        let search_problem = match index_problem(&mut *self.write_one().await?).await {
            // A store that was opened for reading cannot be checked.
            Err(StoreError::Disk(_)) => None,
            asked => asked?.map(|problem| or_placeholder(&problem)),
        };
        let lines = output.iter().flat_map(|output| output.lines()).filter(|line| is_problem(line));
        let mut damaged = BTreeSet::new();
        let mut problems: Vec<String> = lines
            .map(|line| {
                let (what, problem) = names.attribute(line);
                damaged.insert(what);
                problem
            })
            .collect();
        problems.truncate(MAX_PROBLEMS);
        // If a table of articles can't be read, it can't be compared with its index: report the
        // table first.
        let is_larger = damaged.iter().any(|what| *what > Damaged::SearchIndex);
        damaged.extend((search_problem.is_some() && !is_larger).then_some(Damaged::SearchIndex));
        Ok(Health { problems, search_problem, damaged: damaged.into_iter().collect(), schema, bytes })
    }
}

pub(crate) async fn file_size(sql: &mut sqlx::SqliteConnection) -> Result<u64> {
    Ok(sqlx::query_scalar(FILE_SIZE).fetch_one(sql).await?)
}

/// The output of a check. It ends where the check fails on damage; the lines before that are kept.
async fn output_of(sql: &mut SqliteConnection, statement: &'static str) -> Result<Vec<String>> {
    let mut output: Vec<String> = Vec::new();
    let mut rows = sqlx::query_scalar(statement).fetch(sql);
    loop {
        match rows.try_next().await {
            Ok(Some(line)) => output.push(line),
            Ok(None) => return Ok(output),
            Err(error) => {
                let reason = damage_in(error.into())?;
                if output.is_empty() {
                    output.push(reason);
                }
                return Ok(output);
            }
        }
    }
}

/// The message of an error that reports damage; any other error is returned as one.
fn damage_in(error: StoreError) -> Result<String> {
    match error {
        StoreError::Corrupt(problem) => Ok(or_placeholder(&problem)),
        error => Err(error),
    }
}

/// Never empty: an empty reason helps nobody.
fn or_placeholder(problem: &str) -> String {
    if problem.trim().is_empty() { "damaged, without a reason given".to_owned() } else { problem.to_owned() }
}

fn is_problem(line: &str) -> bool {
    !line.is_empty() && line != "ok" && !line.starts_with("*** in database")
}

/// The names of the trees of the file.
struct Names {
    /// By root page: name, and whether it is an index.
    by_root: BTreeMap<i64, (String, bool)>,
    indexes: BTreeSet<String>,
}

async fn names(sql: &mut SqliteConnection) -> Result<Names> {
    let rows = sqlx::query(ROOT_PAGES).fetch_all(sql).await?;
    let mut names = Names { by_root: BTreeMap::new(), indexes: BTreeSet::new() };
    for row in &rows {
        let (name, is_index): (String, bool) = (row.try_get("name")?, row.try_get("is_index")?);
        if is_index {
            names.indexes.insert(name.clone());
        }
        names.by_root.insert(row.try_get("rootpage")?, (name, is_index));
    }
    Ok(names)
}

impl Names {
    /// The part that a line of SQLite's output is about, and the line with its name.
    fn attribute(&self, line: &str) -> (Damaged, String) {
        // For example "Tree 12 page 34 cell 5: Rowid 9 out of order".
        let tree = line.strip_prefix("Tree ").and_then(|rest| rest.split(' ').next()?.parse::<i64>().ok());
        if let Some((name, is_index)) = tree.and_then(|root| self.by_root.get(&root)) {
            let kind = if *is_index { "index" } else { "table" };
            return (damaged(name, *is_index), format!("{kind} {name}: {line}"));
        }
        let words = || line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        if words().any(|word| word.starts_with("article_search")) {
            return (Damaged::SearchIndex, line.to_owned());
        }
        // For example "row 5 missing from index articles_by_story".
        if let Some(index) = words().find(|word| self.indexes.contains(*word)) {
            return (Damaged::Index(index.to_owned()), line.to_owned());
        }
        // For example "NULL value in articles.id".
        let is_table = |word: &&str| self.by_root.values().any(|(name, is_index)| !is_index && name == word);
        match words().find(is_table) {
            Some(table) => (Damaged::Table(table.to_owned()), line.to_owned()),
            None => (Damaged::File, line.to_owned()),
        }
    }
}

fn damaged(name: &str, is_index: bool) -> Damaged {
    match name {
        // The index keeps its data in tables of its own, which are also made from the articles.
        name if name.starts_with("article_search") => Damaged::SearchIndex,
        name if is_index => Damaged::Index(name.to_owned()),
        name => Damaged::Table(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_check_is_attributed_to_a_part() {
        let by_root = BTreeMap::from([
            (12, ("articles".to_owned(), false)),
            (13, ("articles_by_story".to_owned(), true)),
            (14, ("article_search_data".to_owned(), false)),
        ]);
        let names = Names { by_root, indexes: BTreeSet::from(["articles_by_story".to_owned()]) };
        let index = || Damaged::Index("articles_by_story".to_owned());
        for (line, what) in [
            ("Tree 12 page 34 cell 5: Rowid 9 out of order", Damaged::Table("articles".to_owned())),
            ("Tree 13 page 34: btreeInitPage() returns error code 11", index()),
            ("Tree 14 page 14: free space corruption", Damaged::SearchIndex),
            ("row 5 missing from index articles_by_story", index()),
            ("wrong # of entries in index articles_by_story", index()),
            ("NULL value in articles.id", Damaged::Table("articles".to_owned())),
            ("malformed inverted index for FTS5 table main.article_search", Damaged::SearchIndex),
            ("Freelist: size is 3 but should be 5", Damaged::File),
            ("Tree 99 page 1: never seen", Damaged::File),
        ] {
            assert_eq!(names.attribute(line).0, what, "{line}");
        }
        assert!(names.attribute("Tree 12 page 34 cell 5: x").1.starts_with("table articles: Tree 12"));
    }

    #[test]
    fn damage_without_a_reason_gets_one() {
        assert_eq!(damage_in(StoreError::Corrupt(String::new())).unwrap(), "damaged, without a reason given");
        assert!(
            is_problem("Page 5: never used") && !is_problem("ok") && !is_problem("*** in database main ***")
        );
    }
}
