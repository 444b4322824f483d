//! The authors: names of people, without what templates put around them.

mod names;

use std::{borrow::Cow, sync::LazyLock};

use regex::Regex;

use self::names::{AUTHOR_METAS, NOT_AUTHORS};
use crate::extract::{
    page::{
        facts::{Byline, Facts, Region},
        json_ld::LinkedData,
    },
    text::{comparable, plain_text},
};

/// Maximum number of authors of one article.
const MAX_AUTHORS: usize = 12;

/// The authors in the order of the page. `site_names` are never taken for people.
pub(in crate::extract) fn authors(facts: &Facts, linked: &LinkedData, site_names: &[String]) -> Vec<String> {
    // Each source is only read if those before it name nobody.
    let sources: [&dyn Fn() -> Vec<String>; 9] = [
        &|| {
            let people = linked.authors.iter().filter(|party| !party.organisation);
            people.map(|party| party.name.clone()).collect()
        },
        &|| metas(facts, AUTHOR_METAS),
        &|| labelled(facts).into_iter().collect(),
        &|| bylines(facts, |byline| byline.declared && byline.region == Region::Main, 4),
        &|| bylines(facts, |byline| byline.author_page && byline.region == Region::Main, 4),
        &|| bylines(facts, |byline| byline.region == Region::Main, 1),
        &|| credits(facts),
        &|| bylines(facts, |byline| byline.declared && byline.region == Region::Aside, 1),
        &|| bylines(facts, |byline| byline.region == Region::Aside, 1),
    ];
    let texts = |from: usize, to: usize| sources[from..to].iter().flat_map(|source| source());
    let clean = |texts: Vec<String>| names(texts.iter().map(String::as_str), site_names);
    let found = sources.iter().map(|source| clean(source())).find(|names| !names.is_empty());
    // A pen name that equals the site's name, if the page itself declares it as a person.
    let pen_name = || {
        let declared = names(texts(0, 4).collect::<Vec<_>>().iter().map(String::as_str), &[]);
        if declared.is_empty() { shown_pen_name(facts, site_names).into_iter().collect() } else { declared }
    };
    let found = found.unwrap_or_else(pen_name);
    if found.is_empty() {
        let bodies =
            linked.authors.iter().filter(|party| party.organisation).map(|party| party.name.as_str());
        return names(bodies, &[]);
    }
    match &found[..] {
        [only] if !only.contains(' ') => {
            let shown: Vec<String> = texts(3, sources.len()).collect();
            full_name(only, shown.iter(), site_names).map_or(found.clone(), |name| vec![name])
        }
        _ => found,
    }
}

/// The pen name in a byline after which the site is named, as with blogs.
fn shown_pen_name(facts: &Facts, site_names: &[String]) -> Option<String> {
    let own = facts.bylines.iter().filter(|byline| byline.region == Region::Main && byline.text.len() <= 80);
    own.map(|byline| without_wrapping(&byline.text)).find(|name| {
        let key = comparable(name);
        !key.is_empty()
            && !NOT_AUTHORS.contains(&key.as_str())
            && site_names.iter().any(|site| comparable(site) == key)
    })
}

/// The name of at least two words for someone who has one word in the page's head, perhaps an
/// account name: the shown name that contains this word, else, if the word is an account name, the
/// first shown name.
fn full_name<'a>(
    short: &str,
    shown: impl Iterator<Item = &'a String>,
    site_names: &[String],
) -> Option<String> {
    let candidates: Vec<String> = names(shown.map(String::as_str), site_names)
        .into_iter()
        .filter(|name| (2..=4).contains(&name.split(' ').count()) && is_name_like(name))
        .collect();
    let key = comparable(short);
    let holds = |name: &&String| {
        let name = comparable(name);
        key.split(' ').all(|part| name.split(' ').any(|word| word == part))
    };
    let holding = candidates.iter().find(holds);
    let account = short.starts_with(char::is_lowercase) && short.contains(['.', '_', '-'])
        || short.contains(|c: char| c.is_ascii_digit())
        || key.contains("admin");
    holding.or_else(|| candidates.first().filter(|_| account)).cloned()
}

/// The value of `twitter:data1` or `twitter:data2`, if its label names the author.
fn labelled(facts: &Facts) -> Option<String> {
    let is_author_label = |label: &str| {
        let label = label.to_lowercase();
        [
            "written by",
            "verfasst von",
            "geschrieben von",
            "escrito por",
            "écrit par",
            "scritto da",
            "author",
            "autor",
        ]
        .iter()
        .any(|words| label.contains(words))
    };
    [("twitter:label1", "twitter:data1"), ("twitter:label2", "twitter:data2")]
        .iter()
        .find(|(label, _)| facts.meta(&[label]).is_some_and(is_author_label))
        .and_then(|(_, data)| facts.meta(&[data]))
        .map(str::to_owned)
}

/// Credit lines (`Text von Ada Quill`) in the main region of the page.
fn credits(facts: &Facts) -> Vec<String> {
    let lines = facts.credits.iter().filter(|(_, region)| *region == Region::Main);
    lines
        .map(|(line, _)| line.clone())
        .find(|line| {
            let name = without_wrapping(line);
            is_name_like(&name) && (1..=6).contains(&name.split_whitespace().count())
        })
        .into_iter()
        .collect()
}

fn metas(facts: &Facts, names: &[&str]) -> Vec<String> {
    names
        .iter()
        .map(|name| facts.metas_named(name).map(str::to_owned).collect::<Vec<_>>())
        .find(|found| found.iter().any(|text| !text.contains("://") && !text.starts_with("www.")))
        .unwrap_or_default()
}

/// Texts of the first elements that fit and are marked as the author's name. The first one counts;
/// later ones are author boxes or bylines of other articles, but the same declared markup twice in
/// a row is two authors.
fn bylines(facts: &Facts, fits: impl Fn(&Byline) -> bool, max: usize) -> Vec<String> {
    facts
        .bylines
        .iter()
        .filter(|byline| fits(byline))
        .filter(|byline| {
            !["bio", "avatar", "license"].iter().any(|word| byline.class_and_id.contains(word))
                && byline.text.chars().count() <= 120
        })
        .map(|byline| (byline.declared, byline.text.clone()))
        .filter(|(declared, text)| {
            let name = without_wrapping(text);
            // A link to what looks like an author's page may lead to a section (`/people/`).
            *declared || is_name_like(&name) && (max == 1 || name.contains(' '))
        })
        .map(|(_, text)| text)
        .take(max)
        .collect()
}

/// The people named in these texts, each once.
fn names<'a>(texts: impl Iterator<Item = &'a str>, site_names: &[String]) -> Vec<String> {
    static BETWEEN: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)\s*(?:;|,|&|\||/|•|·|\+|\s(?:and|und|et|y|e|with|mit|en)\s)\s*")
            .expect("the pattern is a constant")
    });
    let mut people: Vec<String> = Vec::new();
    for text in texts.take(20).filter(|text| !text.contains("://")) {
        let text = without_wrapping(&plain_text(text));
        for part in BETWEEN.split(&text) {
            let name = without_wrapping(without_conjunction(part));
            if is_person(&name, site_names) && !people.iter().any(|known| same_person(known, &name)) {
                people.push(name);
            }
        }
    }
    people.truncate(MAX_AUTHORS);
    people
}

/// A part after a comma in `Ada Quill, Ben Fox, and Cy Marsh`, without the word for “and”.
fn without_conjunction(part: &str) -> &str {
    ["and ", "und ", "et ", "y "].iter().find_map(|word| part.trim_start().strip_prefix(word)).unwrap_or(part)
}

/// The name without a nickname in brackets (`Richard (R.J.) Marsh`).
fn without_nickname(name: &str) -> Cow<'_, str> {
    let parts = name.split_once(" (").and_then(|(first, rest)| {
        let last = rest.split_once(") ")?.1;
        last.starts_with(char::is_uppercase).then(|| format!("{first} {last}"))
    });
    parts.map_or(Cow::Borrowed(name), Cow::Owned)
}

/// The name without `By`, dates, roles, URLs and punctuation around it.
fn without_wrapping(text: &str) -> String {
    static LEADING: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?ix)^(?:(?:written|posted|published|reported|edited|reviewed|created|story|words|article|view\s+all\s+posts|zeige\s+alle\s+beitr[äa]ge|alle\s+beitr[äa]ge|voir\s+tous\s+les\s+articles|ver\s+todas\s+las\s+entradas|(?:ein\s+)?artikel|eine?\s+(?:kolumne|analyse|gastbeitrag|kommentar|reportage|essay|glosse|rezension|portr[äa]t|interview|bericht)|(?:(?:ein|blog)\s+)?beitrag|texte|escrito|geschrieben|verfasst|ver[öo]ffentlicht|text|interview)\s+)?
            (?:by|von|vom|por|par|di|de|door|av|af|przez|autor(?:in|en|es|a)?|auteur|autore|author|authors|text|texte|redaktion|foto)(?-u:\b)\s*[:\-–—]?\s+|
            ^(?:by|von|por|par|autor(?:in)?|author|auteur|text|written\ by)\s*:\s*|
            ^[\p{L}\-]*(?:experte|expertin|redakteur|redakteurin|korrespondent|korrespondentin|kolumnist|kolumnistin)\s+|^[@\s:,;|\-–—•·/]+",
        )
        .expect("the pattern is a constant")
    });
    static TRAILING: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?ix)\s*(?:
              [\(\[\{<].*$|
              \s(?:on|am|le|el|il|at|um|for|für|in)\s+(?:\w+\s+)?\d.*$|
              \s(?:illustration(?:en)?|fotos?|photos?|bilder)\s*(?:von|by|par|:)\s.*$|
              (?-u:\b)\d{1,2}[./\-]\s?(?:\d{1,2}|\w{3,9})[./\-\s].*$|(?-u:\b)\d{4}.*$|
              (?-u:\b)(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-zé]*\.?\s+\d.*$|
              (?-u:\b)(?:updated|published|posted|last\ updated|aktualisiert|ver[öo]ffentlicht|stand|view\ all|read\ more|more\ from|follow|contributor|staff\ writer|
                 (?:senior|chief|managing|deputy|associate|marketing|content|digital|political|[\p{Lu}\w]+\ staff)\ (?:writer|editor|reporter|director|manager|staff).*$|\w+\ staff\s*$|senior\ (?:writer|editor|reporter)|correspondent|reporter|editor|special\ to|contributing|associated\ press\s*$|profile|profil|all\ (?:posts|articles|stories)|alle\ (?:artikel|beiträge)|ver\ (?:perfil|todos)|voir\ (?:tous|ses)|bio$).*$|
              [\s,;:|\-–—•·/]+
            )$",
        )
        .expect("the pattern is a constant")
    });
    let mut name = without_nickname(text.trim()).into_owned();
    for _ in 0..3 {
        let before = name.len();
        name = LEADING.replace(&name, "").trim().to_owned();
        name = if may_end_in_wrapping(&name) {
            TRAILING.replace(&name, "").trim().to_owned()
        } else {
            name.trim_end_matches(|c: char| c.is_whitespace() || ",;:|-–—•·/".contains(c)).to_owned()
        };
        if name.len() == before {
            break;
        }
    }
    name
}

/// Whether anything but punctuation may follow the name in a text: a quick check, because most
/// texts are names alone.
fn may_end_in_wrapping(text: &str) -> bool {
    const BEGINNINGS: &[&str] = &[
        "updated",
        "published",
        "posted",
        "last",
        "aktualisiert",
        "ver",
        "stand",
        "view",
        "read",
        "more",
        "follow",
        "contributor",
        "staff",
        "senior",
        "chief",
        "managing",
        "deputy",
        "associate",
        "marketing",
        "content",
        "digital",
        "political",
        "correspondent",
        "reporter",
        "editor",
        "special",
        "contributing",
        "profil",
        "all",
        "voir",
        "bio",
        "writer",
        "illustration",
        "foto",
        "photo",
        "bilder",
    ];
    text.contains(|c: char| c.is_numeric() || matches!(c, '(' | '[' | '{' | '<'))
        || text.split(|c: char| !c.is_alphanumeric()).any(|word| {
            let word = word.to_lowercase();
            BEGINNINGS.iter().any(|beginning| word.starts_with(beginning))
        })
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
    // The name of a site, not of a person.
    if words == 1
        && name.split_once('.').is_some_and(|(_, end)| end.len() <= 3 && end.chars().all(char::is_lowercase))
    {
        return false;
    }
    if !name.chars().any(char::is_alphabetic) || name.chars().filter(char::is_ascii_digit).count() > 4 {
        return false;
    }
    let key = comparable(name);
    let nobody = NOT_AUTHORS.contains(&key.as_str());
    if ["creative commons", "artikel von", "all rights"].iter().any(|words| key.starts_with(words)) {
        return false;
    }
    let digits = words > 1 && name.contains(|c: char| c.is_ascii_digit());
    !nobody && !digits && !is_pointer(&key) && !site_names.iter().any(|site| comparable(site) == key)
}

/// Whether a text looks like names: few words, none of them lower-case except particles.
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

/// Whether a text is part of a template sentence around names.
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
        authors(&Facts::read(&Document::from(html)), &LinkedData::default(), &["Larkfield Post".to_owned()])
    }

    #[test]
    fn names_are_found_in_the_sentences_of_templates() {
        for (html, names) in [
            ("<a rel=author href=/author/ada>Zeige alle Beiträge von Ada Quill</a>", vec!["Ada Quill"]),
            ("<a rel=author href=/author/ada>View all posts by Ada Quill</a>", vec!["Ada Quill"]),
            ("<p>Eine Kolumne von <b>Ada Quill</b></p>", vec!["Ada Quill"]),
            ("<p><em>Text von Ada Quill  Illustration von Bo Reed</em></p>", vec!["Ada Quill"]),
            ("<span class=byline>Wald-Experte Ada Quill</span>", vec!["Ada Quill"]),
            ("<meta name=author content='https://a.example/ada'><p>x</p>", vec![]),
        ] {
            assert_eq!(authors_of(html), names, "{html}");
        }
    }

    #[test]
    fn a_pen_name_may_equal_the_sites_name() {
        assert_eq!(
            authors_of("<h4 class='vcard author'>von <span>larkfield post</span></h4>"),
            ["larkfield post"]
        );
    }

    #[test]
    fn text_around_names_is_removed() {
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
    fn several_people_are_separated() {
        assert_eq!(
            authors_of("<meta name=author content='Ada Quill, Ben Rook and Cy Vane'>"),
            ["Ada Quill", "Ben Rook", "Cy Vane"]
        );
    }

    #[test]
    fn texts_that_name_nobody_are_not_authors() {
        for text in ["Staff", "By Staff | Updated", "admin", "https://social.example/post", "Die Redaktion"] {
            assert!(authors_of(&format!("<meta name=author content='{text}'>")).is_empty(), "{text}");
        }
    }

    #[test]
    fn the_byline_counts_if_the_head_names_nobody() {
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
