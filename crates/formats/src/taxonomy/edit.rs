//! Changes the lists of a topic file without touching the rest of it.

use courant_model::Topic;

use super::{read_topic, write_topic};
use crate::YamlError;

/// The text of a topic file whose topic is changed by `change` to its lists `keywords` and
/// `exclude`. Comments, order and spelling of everything else stay. If the lists are written in a
/// form in which single entries cannot be changed (such as `[a, b]`), the whole file is written
/// again.
///
/// Errors: the file is not a topic.
pub fn edit_topic(text: &str, change: impl FnOnce(&mut Topic)) -> Result<String, YamlError> {
    let before = read_topic(text)?.value;
    let mut wanted = before.clone();
    change(&mut wanted);
    let mut edited = text.to_owned();
    for (field, was, is) in
        [("keywords", &before.keywords, &wanted.keywords), ("exclude", &before.exclude, &wanted.exclude)]
    {
        edited = edit_list(&edited, field, was, is);
    }
    match read_topic(&edited) {
        Ok(found) if found.value == wanted => Ok(edited),
        _ => Ok(write_topic(&wanted)),
    }
}

/// Removes the lines of removed entries, and writes new ones after the last one.
fn edit_list(text: &str, field: &str, was: &[String], is: &[String]) -> String {
    let fresh: Vec<&String> = is.iter().filter(|entry| !was.contains(entry)).collect();
    let gone: Vec<&String> = was.iter().filter(|entry| !is.contains(entry)).collect();
    if fresh.is_empty() && gone.is_empty() {
        return text.to_owned();
    }
    let mut lines: Vec<&str> = text.lines().collect();
    let head = lines.iter().position(|line| line.strip_prefix(field).is_some_and(|rest| rest.trim() == ":"));
    let is_item = |line: &&str| line.trim_start().starts_with("- ");
    let (from, mut until) = match head {
        Some(head) => {
            // There may be empty lines and comments between entries.
            let is_inside =
                |line: &&str| is_item(line) || line.trim().is_empty() || line.trim().starts_with('#');
            let inside = lines[head + 1..].iter().take_while(|line| is_inside(line)).count();
            let items = lines[head + 1..=head + inside].iter().rposition(is_item).map_or(0, |last| last + 1);
            (head + 1, head + 1 + items)
        }
        None => (lines.len(), lines.len()),
    };
    let indent = lines[from..until]
        .iter()
        .find(|line| is_item(line))
        .map_or("  ", |line| &line[..line.len() - line.trim_start().len()]);
    for at in (from..until).rev() {
        let names = |entry: &&&String| value_of(lines[at]).is_some_and(|value| value == entry.as_str());
        if gone.iter().any(|entry| names(&entry)) {
            lines.remove(at);
            until -= 1;
        }
    }
    let written: Vec<String> = fresh.iter().map(|entry| format!("{indent}- {}", quoted(entry))).collect();
    let field_line = format!("{field}:");
    let mut out: Vec<&str> = lines[..until].to_vec();
    if head.is_none() {
        out.push(&field_line);
    }
    out.extend(written.iter().map(String::as_str));
    out.extend(&lines[until..]);
    out.join("\n") + "\n"
}

/// The entry on a line `- entry`, if it is plain or quoted without escapes.
fn value_of(line: &str) -> Option<&str> {
    let value = line.trim().strip_prefix("- ")?.trim();
    let bare = |quote: char| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    Some(bare('"').or_else(|| bare('\'')).unwrap_or(value))
}

/// An entry as YAML: plain words as they are, everything else in double quotes, whose escapes are
/// those of JSON (YAML 1.2.2 §5.7 and §7.3.1).
fn quoted(entry: &str) -> String {
    let plain = entry.chars().all(|letter| letter.is_alphanumeric() || letter == ' ' || letter == '-');
    let is_word = entry.starts_with(char::is_alphabetic) && !entry.ends_with(' ');
    let means_something = matches!(
        entry.to_lowercase().as_str(),
        "true" | "false" | "yes" | "no" | "on" | "off" | "null" | "y" | "n"
    );
    if plain && is_word && !means_something {
        entry.to_owned()
    } else {
        serde_json::Value::from(entry).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# Our own.\ntaxonomy: topic\n_id: ferry\nname: Ferries\nkeywords:\n    - ferry # the usual word\n    - \"car ferry\"\n\n    # abroad\n    - 'vaporetto'\nhashtags:\n  - '#ferry'\n# the end\n";

    #[test]
    fn entries_are_added_and_removed_and_the_rest_stays() {
        let edited = edit_topic(FILE, |topic| {
            topic.keywords.retain(|keyword| keyword != "car ferry");
            topic.keywords.push("catamaran".to_owned());
            topic.keywords.push("no".to_owned());
            topic.exclude.push("Bryan: Ferry".to_owned());
        })
        .unwrap();
        assert_eq!(
            edited,
            "# Our own.\ntaxonomy: topic\n_id: ferry\nname: Ferries\nkeywords:\n    - ferry # the usual word\n\n    # abroad\n    - 'vaporetto'\n    - catamaran\n    - \"no\"\nhashtags:\n  - '#ferry'\n# the end\nexclude:\n  - \"Bryan: Ferry\"\n"
        );
        assert_eq!(edit_topic(FILE, |_| {}).unwrap(), FILE);
    }

    #[test]
    fn a_list_on_one_line_is_written_again() {
        let edited = edit_topic("_id: ferry\nname: Ferries\nkeywords: [ferry, boat]\n", |topic| {
            topic.keywords.push("catamaran".to_owned());
        })
        .unwrap();
        assert_eq!(read_topic(&edited).unwrap().value.keywords, ["ferry", "boat", "catamaran"]);
        assert!(edit_topic("name: x\n", |_| {}).is_err());
    }
}
