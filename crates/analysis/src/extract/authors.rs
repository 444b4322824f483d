//! Who wrote it: names of people, cleaned of what templates put around them.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    facts::Facts,
    json_ld::LinkedData,
    text::{comparable, plain_text},
};

/// Authors of one article at most.
const MAX_AUTHORS: usize = 12;

/// The authors in the order of the page. `site_names` are never people.
pub(super) fn authors(facts: &Facts, linked: &LinkedData, site_names: &[String]) -> Vec<String> {
    let clean = |texts: Vec<String>| names(texts.iter().map(String::as_str), site_names);
    let people =
        linked.authors.iter().filter(|named| !named.organisation).map(|named| named.name.clone()).collect();
    let declared = metas(facts, NAMES);
    let sources: [Vec<String>; 4] = [people, declared, bylines(facts, true), bylines(facts, false)];
    let found = sources.iter().cloned().map(clean).find(|names| !names.is_empty());
    // A pen name that is the site's name too, where the page itself declares it as a person.
    let pen_name = || names(sources[0].iter().chain(&sources[1]).map(String::as_str), &[]);
    found.unwrap_or_else(pen_name)
}

/// Meta names that hold an author.
const NAMES: &[&str] = &[
    "author",
    "article:author",
    "byl",
    "dc.creator",
    "dcterms.creator",
    "dc.contributor",
    "sailthru.author",
    "parsely-author",
    "citation_author",
    "article:author_name",
    "og:article:author",
    "og:author",
    "cxenseparse:author",
    "vr:author",
    "authors",
];

fn metas(facts: &Facts, names: &[&str]) -> Vec<String> {
    names
        .iter()
        .map(|name| facts.metas_named(name).map(str::to_owned).collect::<Vec<_>>())
        .find(|found| found.iter().any(|text| !text.contains("://") && !text.starts_with("www.")))
        .unwrap_or_default()
}

/// Texts of elements that are marked as the author's name; where `sure` is asked for, only by markup that has
/// no other meaning.
fn bylines(facts: &Facts, sure: bool) -> Vec<String> {
    let fitting = |apart: bool| {
        facts
            .bylines
            .iter()
            .filter(|byline| byline.sure == sure && byline.apart == apart)
            .filter(|byline| {
                !byline.marks.contains("bio")
                    && !byline.marks.contains("avatar")
                    && byline.text.chars().count() <= 120
            })
            .map(|byline| byline.text.clone())
            .filter(|text| sure || is_name_like(&without_wrapping(text)))
            .collect::<Vec<_>>()
    };
    let mut found = fitting(false);
    // The first says it; later ones are author boxes or other articles' bylines. The same sure markup twice in
    // a row is two authors.
    let kept = if sure { 4 } else { 1 };
    found.truncate(kept);
    found
}

/// The people named in these texts, each once.
fn names<'a>(texts: impl Iterator<Item = &'a str>, site_names: &[String]) -> Vec<String> {
    static BETWEEN: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)\s*(?:;|,|&|\||/|•|·|\+|\s(?:and|und|et|y|e|with|mit|en)\s)\s*")
            .expect("the pattern is constant")
    });
    let mut people: Vec<String> = Vec::new();
    for text in texts.take(20) {
        let text = without_wrapping(&plain_text(text));
        for part in BETWEEN.split(&text) {
            let name = without_wrapping(part);
            if is_person(&name, site_names) && !people.iter().any(|known| same_person(known, &name)) {
                people.push(name);
            }
        }
    }
    people.truncate(MAX_AUTHORS);
    people
}

/// `By`, dates, roles, addresses and punctuation around a name, taken off.
fn without_wrapping(text: &str) -> String {
    static LEADING: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?ix)^(?:(?:written|posted|published|reported|edited|reviewed|created|story|words|article|texte|escrito|geschrieben|verfasst|ver[öo]ffentlicht|text|interview)\s+)?
            (?:by|von|vom|por|par|di|de|door|av|af|przez|autor(?:in|en|es|a)?|auteur|autore|author|authors|text|texte|redaktion|foto)\b\s*[:\-–—]?\s+|
            ^(?:by|von|por|par|autor(?:in)?|author|auteur|text|written\ by)\s*:\s*|^[@\s:,;|\-–—•·/]+",
        )
        .expect("the pattern is constant")
    });
    static TRAILING: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?ix)\s*(?:
              [\(\[\{<].*$|
              \s(?:on|am|le|el|il|at|um|for|für|in)\s+(?:\w+\s+)?\d.*$|
              \b\d{1,2}[./\-]\s?(?:\d{1,2}|\w{3,9})[./\-\s].*$|\b\d{4}.*$|
              \b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-zé]*\.?\s+\d.*$|
              \b(?:updated|published|posted|last\ updated|aktualisiert|ver[öo]ffentlicht|stand|view\ all|read\ more|more\ from|follow|contributor|staff\ writer|
                 senior\ (?:writer|editor|reporter)|correspondent|reporter|editor|special\ to|contributing|associated\ press\s*$|profile|profil|all\ posts).*$|
              [\s,;:|\-–—•·/]+
            )$",
        )
        .expect("the pattern is constant")
    });
    let mut name = text.trim().to_owned();
    for _ in 0..3 {
        let before = name.len();
        name = LEADING.replace(&name, "").trim().to_owned();
        name = TRAILING.replace(&name, "").trim().to_owned();
        if name.len() == before {
            break;
        }
    }
    name
}

/// Whether a text can be a person's name (or the pen name that someone writes under).
fn is_person(name: &str, site_names: &[String]) -> bool {
    let chars = name.chars().count();
    let words = name.split_whitespace().count();
    if !(2..=60).contains(&chars)
        || words > 6
        || name.contains("://")
        || name.contains('@')
        || name.contains("www.")
    {
        return false;
    }
    if !name.chars().any(char::is_alphabetic) || name.chars().filter(char::is_ascii_digit).count() > 4 {
        return false;
    }
    let key = comparable(name);
    let nobody = matches!(
        key.as_str(),
        "admin"
            | "administrator"
            | "staff"
            | "editor"
            | "editors"
            | "redaktion"
            | "die redaktion"
            | "redaccion"
            | "redazione"
            | "redaction"
            | "la redaction"
            | "team"
            | "the team"
            | "editorial team"
            | "editorial staff"
            | "editorial board"
            | "news desk"
            | "newsroom"
            | "newsdesk"
            | "author"
            | "authors"
            | "autor"
            | "autoren"
            | "auteur"
            | "guest"
            | "guest author"
            | "guest post"
            | "gastautor"
            | "unknown"
            | "anonymous"
            | "staff writer"
            | "staff report"
            | "staff reporter"
            | "web staff"
            | "webmaster"
            | "contributor"
            | "contributors"
            | "posted"
            | "published"
            | "updated"
            | "written"
            | "by"
            | "von"
            | "por"
            | "share"
            | "follow"
            | "user"
            | "none"
            | "null"
            | "undefined"
            | "onlineredaktion"
            | "online redaktion"
            | "press release"
            | "pressemitteilung"
            | "about the author"
            | "about"
            | "phd"
            | "md"
            | "jr"
            | "dr"
            | "read more"
            | "facebook"
            | "twitter"
            | "instagram"
            | "linkedin"
            | "email"
            | "super user"
            | "default"
            | "comments"
            | "no comments"
            | "view all posts"
            | "kommentare"
            | "root"
            | "website"
            | "company"
            | "wordpress"
            | "my profile"
            | "account"
    );
    let digits = words > 1 && name.contains(|c: char| c.is_ascii_digit());
    !nobody && !digits && !is_pointer(&key) && !site_names.iter().any(|site| comparable(site) == key)
}

/// Whether a text is built like names: few words, none of them lower-case but particles.
fn is_name_like(text: &str) -> bool {
    let particle = |word: &str| {
        matches!(
            word,
            "von"
                | "van"
                | "de"
                | "der"
                | "den"
                | "di"
                | "da"
                | "del"
                | "la"
                | "le"
                | "zu"
                | "and"
                | "und"
                | "et"
                | "y"
                | "e"
                | "bin"
                | "al"
        )
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    (1..=8).contains(&words.len())
        && words.iter().all(|word| {
            particle(word)
                || !word.starts_with(char::is_lowercase) && !word.contains(|c: char| c.is_ascii_digit())
        })
}

/// Parts of a template's sentence around names, in the languages that bring them.
fn is_pointer(key: &str) -> bool {
    [
        "more ",
        "all ",
        "view ",
        "see ",
        "about ",
        "zur ",
        "zum ",
        "alle ",
        "zeige ",
        "mehr ",
        "voir ",
        "tous ",
        "ver ",
        "read ",
        "follow ",
        "posts ",
        "articles ",
        "insights from ",
    ]
    .iter()
    .any(|start| key.starts_with(start))
}

fn same_person(a: &str, b: &str) -> bool {
    let (a, b) = (comparable(a), comparable(b));
    a == b || a.contains(&b) && b.contains(' ') || b.contains(&a) && a.contains(' ')
}

#[cfg(test)]
mod tests {
    use dom_query::Document;

    use super::*;

    fn authors_of(html: &str) -> Vec<String> {
        authors(&Facts::of(&Document::from(html)), &LinkedData::default(), &["Larkfield Post".to_owned()])
    }

    #[test]
    fn wrappings_are_taken_off() {
        for (text, name) in [
            ("By Ada Quill", "Ada Quill"),
            ("Von Ada Quill | Stand: 12.03.2026", "Ada Quill"),
            ("Written by: Ada Quill on March 3, 2026", "Ada Quill"),
            ("Ada Quill, Staff Writer", "Ada Quill"),
            ("Posted by Ada Quill (ada@post.example)", "Ada Quill"),
            ("Par Ada Quill –", "Ada Quill"),
        ] {
            assert_eq!(authors_of(&format!("<meta name=author content='{text}'>")), [name], "{text}");
        }
    }

    #[test]
    fn several_people_are_told_apart() {
        assert_eq!(
            authors_of("<meta name=author content='Ada Quill, Ben Rook and Cy Vane'>"),
            ["Ada Quill", "Ben Rook", "Cy Vane"]
        );
    }

    #[test]
    fn nobody_is_no_author() {
        for text in ["Staff", "By Staff | Updated", "admin", "https://social.example/post", "Die Redaktion"] {
            assert!(authors_of(&format!("<meta name=author content='{text}'>")).is_empty(), "{text}");
        }
    }

    #[test]
    fn the_page_says_who_where_the_head_does_not() {
        let page =
            "<div class=comments><a rel=author>Troll One</a></div><p class=byline>By <b>Ada Quill</b></p>";
        assert_eq!(authors_of(page), ["Ada Quill"]);
        assert_eq!(
            authors_of(
                "<p class=byline>By <b>Ada Quill</b></p><div class=sidebar><p class=byline>By Ben Rook</p></div>"
            ),
            ["Ada Quill"]
        );
    }
}
