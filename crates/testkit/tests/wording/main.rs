//! Holds the rules for plain English that a program can check: phrases that are not allowed in
//! comments, documentation, templates and messages, and the width of comment lines.
//!
//! Rust files are split into comments and string literals. Phrases are searched for in comments and
//! documentation; those that spoil an error message also in string literals outside of tests. Text
//! in backticks and code blocks is left alone: it quotes code, file formats or the wire.
//!
//! `COURANT_WORDING=NAME cargo test -p courant-testkit --test wording` checks an area that is still
//! listed in `NOT_YET`.

mod check;
mod files;
mod rules;
mod rust_source;

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    sync::LazyLock,
};

use check::{check_prose, check_rust, hash_comments, line_of, without_expressions};
use files::files;

/// Areas that do not follow the rules yet: crates by the name of their folder, and `docs`,
/// `scripts`, `config`, `examples`. Those that do not exist are ignored. An area that has become
/// clean must be taken off this list.
const NOT_YET: &[&str] = &["render", "store", "xtask"];

#[test]
fn comments_documentation_and_messages_are_plain_english() {
    #[expect(clippy::disallowed_methods, reason = "a test is configured by its environment")]
    let asked = env::var("COURANT_WORDING").unwrap_or_default();
    let held: Vec<&String> = FINDINGS
        .iter()
        .filter(|(area, _)| !NOT_YET.contains(&area.as_str()) || **area == asked)
        .flat_map(|(_, found)| found)
        .collect();
    let shown: Vec<&str> = held.iter().map(|line| line.as_str()).collect();
    assert!(held.is_empty(), "{} findings:\n{}", held.len(), shown.join("\n"));
}

#[test]
fn an_area_that_has_become_clean_is_taken_off_the_list() {
    let areas = areas();
    let clean: Vec<_> =
        NOT_YET.iter().filter(|&&area| areas.contains(area) && !FINDINGS.contains_key(area)).collect();
    assert!(clean.is_empty(), "follow the rules now; take them off `NOT_YET`: {clean:?}");
}

#[test]
fn phrases_are_found_where_they_count() {
    let source = r##"
//! A page that is
//! no article.
/// There is no title, and it is no longer read. `is no` is quoted.
// A moment's work: "is no" counts in comments too.
fn f<'a>() { let _ = ('"', "is no URL", r#"a "raw" text is none"#, b'\''); /* anew /* nested */ */ }
// See https://example.org/a/very/long/url/that/cannot/be/broken/into/two/lines/by/anyone/who/tries.html
#[cfg(test)]
mod tests { const A: &str = "is no URL"; }
"##;
    let mut found = Vec::new();
    check_rust("x/src/lib.rs", source, &mut found);
    let lines: Vec<usize> = found.iter().map(|finding| line_of(finding)).collect();
    assert_eq!(lines, [2, 5, 5, 6, 6, 6], "{found:#?}");

    let mut found = Vec::new();
    check_prose("a.md", "`picture`\n\n```\nanew\n```\nso\nmany things\n", &mut found);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("a.md:6: "), "{found:?}");
    assert_eq!(without_expressions("a {{ picture(\n1) }} b {% if c %}d"), "a \n b d");
}

/// The findings of every area, as `file:line: text`.
static FINDINGS: LazyLock<BTreeMap<String, Vec<String>>> = LazyLock::new(findings);

fn findings() -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (area, path, file) in files() {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let mut found = Vec::new();
        if path.ends_with(".rs") {
            check_rust(&path, &text, &mut found);
        } else if path.ends_with(".toml") {
            check_prose(&path, &hash_comments(&text), &mut found);
        } else if path.ends_with(".html") {
            check_prose(&path, &without_expressions(&text), &mut found);
        } else {
            check_prose(&path, &text, &mut found);
        }
        if !found.is_empty() {
            all.entry(area).or_default().append(&mut found);
        }
    }
    all
}

fn areas() -> BTreeSet<String> {
    files().into_iter().map(|(area, ..)| area).collect()
}
