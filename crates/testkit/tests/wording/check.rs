//! Looks for phrases in source files, Markdown and templates.

use crate::{
    rules::{ALLOWED, MAX_COMMENT_WIDTH, RULES, Rule},
    rust_source::{comment_lines, passages},
};

/// A piece of running text: its lines with their numbers.
#[derive(Default)]
pub(crate) struct Passage {
    pub(crate) lines: Vec<(usize, String)>,
    pub(crate) is_message: bool,
}

/// Checks the comments of a Rust file and, outside of tests, its string literals.
pub(crate) fn check_rust(path: &str, source: &str, found: &mut Vec<String>) {
    let tests_begin = if is_test_file(path) { 0 } else { tests_begin(source) };
    for passage in passages(source, tests_begin) {
        check(path, &passage, found);
    }
    for (number, line) in comment_lines(source) {
        let width = line.chars().count();
        if width > MAX_COMMENT_WIDTH && !line.contains("://") {
            found.push(format!(
                "{path}:{number}: comment line of {width} columns, at most {MAX_COMMENT_WIDTH}"
            ));
        }
    }
    found.sort_by_key(|finding| line_of(finding));
}

/// The line that a finding names.
pub(crate) fn line_of(finding: &str) -> usize {
    finding.split(':').nth(1).and_then(|number| number.parse().ok()).unwrap_or_default()
}

fn is_test_file(path: &str) -> bool {
    ["/tests/", "/benches/", "/examples/", "/testkit/"].iter().any(|folder| path.contains(folder))
        || ["tests.rs", "fixtures.rs"].iter().any(|ending| path.ends_with(ending))
}

/// The line at which the unit tests of a file begin.
fn tests_begin(source: &str) -> usize {
    let lines: Vec<&str> = source.lines().collect();
    let begins = |pair: &[&str]| {
        pair[0].trim() == "#[cfg(test)]" && pair[1].starts_with("mod ") && pair[1].contains('{')
    };
    lines.windows(2).position(begins).map_or(usize::MAX, |at| at + 1)
}

/// A template without what is between `{{` and `}}` or `{%` and `%}`.
pub(crate) fn without_expressions(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(begin) = ["{{", "{%"].iter().filter_map(|mark| rest.find(mark)).min() {
        plain.push_str(&rest[..begin]);
        let end = if rest[begin..].starts_with("{{") { "}}" } else { "%}" };
        let length = rest[begin..].find(end).map_or(rest.len() - begin, |at| at + end.len());
        // Lines are counted, so their ends stay.
        plain.extend(rest[begin..begin + length].chars().filter(|c| *c == '\n'));
        rest = &rest[begin + length..];
    }
    plain + rest
}

/// The comments of a TOML file, each on its line.
pub(crate) fn hash_comments(text: &str) -> String {
    text.lines().map(|line| if line.starts_with('#') { line } else { "" }).collect::<Vec<_>>().join("\n")
}

/// Checks a text file: paragraphs of Markdown, or lines of anything else.
pub(crate) fn check_prose(path: &str, text: &str, found: &mut Vec<String>) {
    let mut passage = Passage::default();
    let mut in_code = false;
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code && !line.trim().is_empty() {
            let plain = line.trim().trim_start_matches(['#', '>', '|', '-', '*']);
            passage.lines.push((number + 1, plain.trim().to_owned()));
            continue;
        }
        check(path, &passage, found);
        passage = Passage::default();
    }
    check(path, &passage, found);
}

/// Looks for all phrases in a passage.
fn check(path: &str, passage: &Passage, found: &mut Vec<String>) {
    let mut text = String::new();
    let mut starts = Vec::new();
    for (number, line) in &passage.lines {
        starts.push((text.len(), *number));
        text.push_str(line);
        text.push(' ');
    }
    let text = without_code(&text);
    for rule in RULES.iter().filter(|rule| rule.in_messages || !passage.is_message) {
        let is_allowed = |(end, phrase, _): &(&str, &str, &str)| {
            path.ends_with(end) && (phrase.is_empty() || *phrase == rule.phrase)
        };
        if ALLOWED.iter().any(is_allowed) {
            continue;
        }
        let begins_sentence = format!("{}{}", rule.phrase[..1].to_ascii_uppercase(), &rule.phrase[1..]);
        let places = text.match_indices(rule.phrase).chain(text.match_indices(&begins_sentence));
        for (at, _) in places {
            if counts(&text, at, rule) {
                let line = starts.iter().rev().find(|(start, _)| *start <= at).map_or(0, |(_, line)| *line);
                found.push(format!("{path}:{line}: \"{}\"; better: {}", rule.phrase, rule.instead));
            }
        }
    }
}

/// Whether a phrase found at this place is one: whole words, and not one of its exceptions.
fn counts(text: &str, at: usize, rule: &Rule) -> bool {
    let (before, after) = (&text[..at], &text[at + rule.phrase.len()..]);
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '<' | '{' | '=' | '.' | '/');
    let ends_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '=' | '>' | '(');
    if before.chars().next_back().is_some_and(is_word) || after.chars().next().is_some_and(ends_word) {
        return false;
    }
    let previous = before.split_whitespace().next_back().unwrap_or_default();
    let previous = previous.trim_matches(|c: char| !c.is_alphanumeric());
    let next =
        after.split_whitespace().next().unwrap_or_default().trim_matches(|c: char| !c.is_alphanumeric());
    !rule.except_after.contains(&previous) && !rule.except_before.contains(&next)
}

/// The text with everything in backticks blanked out, at the same length.
fn without_code(text: &str) -> String {
    let mut in_code = false;
    let blank = |c: char| {
        if c == '`' {
            in_code = !in_code;
        }
        if in_code && c.is_ascii() { '`' } else { c }
    };
    text.chars().map(blank).collect()
}
