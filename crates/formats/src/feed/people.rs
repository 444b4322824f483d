//! Reads persons from elements and from text.

use crate::xml::{Node, Ns};

use super::{fields::Scope, values::Person};

/// The person of an element: `name`, `email`, `uri` below it (RFC 4287 §3.2), else its text.
pub(super) fn person(node: Node<'_, '_>, scope: &Scope<'_>) -> Option<Person> {
    let mut person = Person::default();
    for child in node.children() {
        if !matches!(child.ns(), Ns::Atom | Ns::Core | Ns::Itunes) {
            continue;
        }
        let text = child.text();
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        match child.local() {
            "name" => person.name = Some(folded(text)),
            "email" => person.email = Some(text.to_owned()),
            "uri" | "url" | "homepage" => person.url = Some(scope.absolute(child, text)),
            _ => {}
        }
    }
    if person != Person::default() {
        return Some(person);
    }
    let text = node.text();
    let text = text.trim();
    if !text.is_empty() && !node.has_children() {
        return Some(from_text(text));
    }
    // RSS 1.1 and podcasts name the person in an attribute.
    node.filled("name").or_else(|| node.filled("title")).map(|name| from_text(&name))
}

/// `name <mail>`, `mail (name)`, `name (mail)`, a mail address or a name.
pub(super) fn from_text(text: &str) -> Person {
    let is_mail = |word: &str| {
        word.split_once('@')
            .is_some_and(|(user, host)| !user.is_empty() && host.contains('.') && !host.contains('@'))
    };
    let clean = |word: &str| {
        let word =
            word.trim_matches(|c: char| matches!(c, '(' | ')' | '<' | '>' | '[' | ']' | ',' | ';' | '"'));
        let word = word.strip_prefix("mailto:").unwrap_or(word);
        word.find(['?', '>', ')']).map_or(word, |end| &word[..end]).to_owned()
    };
    let cut = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '<' | '>');
    let Some(found) = text.split(cut).find(|word| is_mail(&clean(word))) else {
        return Person { name: Some(folded(text)).filter(|name| !name.is_empty()), ..Person::default() };
    };
    let rest = text.replacen(found, "", 1);
    let rest = rest.replace("()", "").replace("<>", "").replace("[]", "");
    let mut rest = rest.trim().trim_end_matches(',').trim();
    if rest.starts_with('(') && rest.ends_with(')') {
        rest = &rest[1..rest.len() - 1];
    }
    let rest = rest.trim_end_matches(['<', '>']).trim_matches('"');
    Person { name: Some(folded(rest)).filter(|name| !name.is_empty()), email: Some(clean(found)), url: None }
}

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_mail_addresses_are_told_apart() {
        let pair = |text: &str| {
            let person = from_text(text);
            (person.name.unwrap_or_default(), person.email.unwrap_or_default())
        };
        let both = ("Ada Byron".to_owned(), "ada+x@lake.example".to_owned());
        assert_eq!(pair("Ada Byron <ada+x@lake.example>"), both);
        assert_eq!(pair("ada+x@lake.example (Ada Byron)"), both);
        assert_eq!(pair("Ada Byron (ada+x@lake.example)"), both);
        assert_eq!(pair("ada+x@lake.example"), (String::new(), both.1));
        assert_eq!(pair("Ada  Byron"), (both.0, String::new()));
    }
}
