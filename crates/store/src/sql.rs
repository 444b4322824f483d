//! The SQL of this crate: every statement is a constant that a module declares with `statements!`.
//!
//! Each statement is declared once and has a name, so a test can prepare all of them against the
//! schema: a misspelt column fails there even if no other test runs the statement.
//!
//! `sqlx::query!` with checked-in metadata was considered and rejected: it maps whole rows, while
//! this crate must read rows column by column to skip a damaged one and go on; it cannot infer the
//! types of FTS5, `dbstat` and pragma functions; and refreshing the metadata needs a tool beside
//! cargo.

/// Joins constant texts into one.
macro_rules! sql {
    ($($part:expr),+) => {{
        const PARTS: &[&str] = &[$($part),+];
        const BYTES: [u8; crate::sql::length(PARTS)] = crate::sql::joined(PARTS);
        crate::sql::text(&BYTES)
    }};
}

/// Declares the statements of a module as constants and lists them for the tests. Statements that
/// share text name it as a part: `ARTICLE = SELECT_ARTICLE, " WHERE id = ?";`.
macro_rules! statements {
    ($($(#[$attribute:meta])* $name:ident = $($part:expr),+;)+) => {
        $(
            $(#[$attribute])*
            pub(crate) const $name: &str = sql!($($part),+);
        )+

        #[cfg(test)]
        pub(crate) const STATEMENTS: &[(&str, &str)] = &[$((stringify!($name), $name)),+];
    };
}

pub(crate) const fn length(parts: &[&str]) -> usize {
    let (mut length, mut part) = (0, 0);
    while part < parts.len() {
        length += parts[part].len();
        part += 1;
    }
    length
}

pub(crate) const fn joined<const LENGTH: usize>(parts: &[&str]) -> [u8; LENGTH] {
    let mut joined = [0; LENGTH];
    let (mut end, mut part) = (0, 0);
    while part < parts.len() {
        let bytes = parts[part].as_bytes();
        let mut byte = 0;
        while byte < bytes.len() {
            joined[end] = bytes[byte];
            end += 1;
            byte += 1;
        }
        part += 1;
    }
    joined
}

/// Text that was joined from texts is UTF-8; anything else fails while the crate is compiled.
pub(crate) const fn text(bytes: &'static [u8]) -> &'static str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => panic!("a statement is not UTF-8"),
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs, path::Path};

    use sqlx::{Executor, SqlSafeStr};

    use crate::Store;

    /// The statements of every module that declares some. The compiler reports one that is missing
    /// here as unused.
    const MODULES: &[(&str, &[(&str, &str)])] = &[
        ("api_keys", crate::api_keys::STATEMENTS),
        ("articles", crate::articles::STATEMENTS),
        ("captures", crate::captures::STATEMENTS),
        ("clicks", crate::clicks::STATEMENTS),
        ("commit/article", crate::commit::article::STATEMENTS),
        ("commit/outcomes", crate::commit::outcomes::STATEMENTS),
        ("commit/path", crate::commit::path::STATEMENTS),
        ("commit/decisions", crate::commit::decisions::STATEMENTS),
        ("commit/merges", crate::commit::merges::STATEMENTS),
        ("commit/topics", crate::commit::topics::STATEMENTS),
        ("counters", crate::counters::STATEMENTS),
        ("counts", crate::counts::STATEMENTS),
        ("dead_letters", crate::dead_letters::STATEMENTS),
        ("host_pauses", crate::host_pauses::STATEMENTS),
        ("images", crate::images::STATEMENTS),
        ("judgements", crate::judgements::STATEMENTS),
        ("keep/rules", crate::keep::rules::STATEMENTS),
        ("keep/source_entries", crate::keep::source_entries::STATEMENTS),
        ("keep/space", crate::keep::space::STATEMENTS),
        ("keep/texts", crate::keep::texts::STATEMENTS),
        ("keep/usage", crate::keep::usage::STATEMENTS),
        ("links", crate::links::STATEMENTS),
        ("overrides", crate::overrides::STATEMENTS),
        ("pages", crate::pages::STATEMENTS),
        ("snapshot", crate::snapshot::STATEMENTS),
        ("waiting_articles", crate::waiting_articles::STATEMENTS),
        ("read_transaction", crate::read_transaction::STATEMENTS),
        ("record_files", crate::record_files::STATEMENTS),
        ("recover", crate::recover::STATEMENTS),
        ("recover/copy", crate::recover::copy::STATEMENTS),
        ("repair", crate::repair::STATEMENTS),
        ("commands", crate::commands::STATEMENTS),
        ("revision", crate::revision::STATEMENTS),
        ("schema", crate::schema::STATEMENTS),
        ("search", crate::search::STATEMENTS),
        ("search/index", crate::search::index::STATEMENTS),
        ("sealed_payloads", crate::sealed_payloads::STATEMENTS),
        ("check", crate::check::STATEMENTS),
        ("source_days", crate::source_days::STATEMENTS),
        ("source_entries", crate::source_entries::STATEMENTS),
        ("source_yields", crate::source_yields::STATEMENTS),
        ("sources", crate::sources::STATEMENTS),
        ("store", crate::store::STATEMENTS),
        ("stories", crate::stories::STATEMENTS),
        ("subscriptions", crate::subscriptions::STATEMENTS),
        ("correct_times", crate::correct_times::STATEMENTS),
        ("backlog", crate::backlog::STATEMENTS),
    ];

    /// Files that also run statements made at run time, because names of tables and indexes cannot
    /// be bound: they repair or copy whatever a damaged file contains.
    const MADE_AT_RUN_TIME: &[&str] = &["keep/space.rs", "recover/copy.rs", "repair.rs"];

    fn statements() -> impl Iterator<Item = (String, &'static str)> {
        MODULES.iter().flat_map(|(module, statements)| {
            statements.iter().map(move |(name, text)| (format!("{module}: {name}"), *text))
        })
    }

    #[tokio::test]
    async fn every_statement_can_be_prepared() {
        let store = Store::in_memory().await.unwrap();
        let mut sql = store.write_one().await.unwrap();
        // What repair and recovery work with.
        sqlx::raw_sql(
            "ATTACH ':memory:' AS old; CREATE TABLE old.numbered (n INTEGER PRIMARY KEY AUTOINCREMENT)",
        )
        .execute(&mut *sql)
        .await
        .unwrap();
        sqlx::raw_sql("PRAGMA writable_schema = on").execute(&mut *sql).await.unwrap();
        let mut refused = Vec::new();
        for (name, text) in statements() {
            if let Err(error) = (&mut *sql).prepare(text.into_sql_str()).await {
                refused.push(format!("{name}: {error}"));
            }
        }
        assert!(refused.is_empty(), "{}", refused.join("\n"));
    }

    #[test]
    fn every_statement_is_declared_once() {
        let mut seen = BTreeMap::new();
        for (name, text) in statements() {
            let words: Vec<&str> = text.split_whitespace().collect();
            if let Some(other) = seen.insert(words.join(" "), name.clone()) {
                panic!("{name} is the same as {other}");
            }
        }
        assert!(seen.len() > 150, "{} statements", seen.len());
    }

    #[test]
    fn only_declared_statements_are_run() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut undeclared = Vec::new();
        let mut open = vec![source.clone()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                    continue;
                }
                let text = fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
                let code: Vec<&str> =
                    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
                let code = &*code.join("\n");
                let file = path.strip_prefix(&source).unwrap().to_string_lossy().replace('\\', "/");
                let exempt = MADE_AT_RUN_TIME.contains(&file.as_str());
                undeclared.extend(
                    arguments(code)
                        .filter(|argument| {
                            !argument.starts_with(|first: char| first.is_ascii_uppercase())
                                && !argument.starts_with("self.")
                                && !argument.starts_with("statement)")
                        })
                        .map(|argument| format!("{file}: {argument}")),
                );
                assert!(exempt || !code.contains("AssertSqlSafe"), "{file} makes statements at run time");
            }
        }
        assert!(undeclared.is_empty(), "{}", undeclared.join("\n"));
    }

    /// The beginnings of what functions of sqlx that run statements are given.
    fn arguments(code: &str) -> impl Iterator<Item = &str> {
        code.match_indices("sqlx::").filter_map(|(at, _)| {
            let call = &code[at + "sqlx::".len()..];
            let is_run = ["query", "raw_sql"].iter().any(|name| call.starts_with(name));
            let argument = call[call.find('(').filter(|_| is_run)? + 1..].trim_start();
            let argument = argument.strip_prefix("sqlx::").unwrap_or(argument);
            Some(argument.split('\n').next().unwrap_or_default())
        })
    }
}
