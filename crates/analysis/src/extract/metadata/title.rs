//! The headline without the site's name and section.

use crate::extract::{
    page::{facts::Facts, json_ld::LinkedData},
    text::{comparable, plain_text},
};

/// Separators between a headline and the name of a site.
const SEPARATORS: &[&str] = &[
    " | ", " - ", " – ", " — ", " · ", " • ", " » ", " « ", " :: ", " ‹ ", " › ", " / ", " ‖ ", " ~ ", "｜",
    "_", "|", " : ",
];
/// Maximum characters of a headline; a longer one is a paragraph in the wrong element.
const MAX_CHARS: usize = 400;

/// The headline of the page; empty if it has none.
///
/// The `h1` is what a reader sees; it is trusted if another declaration (`og:title`, JSON-LD
/// `headline`, `title`) confirms it, because a first `h1` is often the site's name or a teaser.
/// Otherwise the declarations count in order of reliability: Open Graph, JSON-LD, `title`.
pub(in crate::extract) fn title(facts: &Facts, linked: &LinkedData, site_names: &[String]) -> String {
    let declared: Vec<String> = [
        facts.meta(&["og:title", "og:title:", "twitter:title"]),
        linked.headline.as_deref(),
        facts.item_prop("headline"),
        facts.meta(&[
            "twitter:title",
            "dc.title",
            "dcterms.title",
            "title",
            "sailthru.title",
            "parsely-title",
            "headline",
            "citation_title",
        ]),
        Some(&facts.title),
    ]
    .into_iter()
    .flatten()
    .map(plain_text)
    .filter(|title| !title.is_empty() && !is_generic(title))
    .collect();
    let headings = headings(facts, site_names);
    if let Some(confirmed) =
        headings.iter().find(|heading| declared.iter().any(|declared| confirms(declared, heading)))
    {
        return confirmed.clone();
    }
    let cleaned = declared
        .iter()
        .map(|title| without_site(title, site_names))
        .find(|title| !is_site(title, site_names));
    let heading = headings.into_iter().next();
    match (cleaned, heading) {
        (Some(title), Some(heading))
            if title.chars().count() < 15 && heading.chars().count() > 2 * title.chars().count() =>
        {
            heading
        }
        (Some(title), _) => title,
        (None, Some(heading)) => heading,
        (None, None) => declared.into_iter().next().unwrap_or_default(),
    }
}

/// The `h1` texts that could be a headline, those inside the article first.
fn headings(facts: &Facts, site_names: &[String]) -> Vec<String> {
    let mut headings: Vec<_> = facts
        .headings
        .iter()
        .filter(|heading| {
            !heading.class_and_id.contains("logo") && !heading.class_and_id.contains("site-title")
        })
        .map(|heading| (heading.in_article, plain_text(&heading.text)))
        .filter(|(_, text)| {
            let chars = text.chars().count();
            (2..=MAX_CHARS).contains(&chars) && !is_site(text, site_names) && !is_generic(text)
        })
        .collect();
    headings.sort_by_key(|(in_article, _)| !in_article);
    headings.into_iter().map(|(_, text)| text).collect()
}

/// Whether a declared title matches the heading, perhaps with something around it or cut off.
fn confirms(declared: &str, heading: &str) -> bool {
    let (declared, heading) = (comparable(declared), comparable(heading));
    if declared.is_empty() || heading.is_empty() {
        return false;
    }
    if declared == heading {
        return true;
    }
    let words = heading.split(' ').count();
    // A long heading inside the declared title, or a declared title that is most of the heading.
    (words >= 3 || heading.chars().count() >= 12) && format!(" {declared} ").contains(&format!(" {heading} "))
        || heading.starts_with(&declared) && declared.len() * 10 >= heading.len() * 7
}

/// The title without a site's name or section at either end.
fn without_site(title: &str, site_names: &[String]) -> String {
    let mut title = title.to_owned();
    for _ in 0..3 {
        let Some(shorter) = without_one_part(&title, site_names) else { break };
        title = shorter;
    }
    title
}

fn without_one_part(title: &str, site_names: &[String]) -> Option<String> {
    let parts = SEPARATORS.iter().filter_map(|separator| {
        let at = title.rfind(separator)?;
        Some((title[..at].trim(), title[at + separator.len()..].trim(), *separator))
    });
    for (head, tail, separator) in parts {
        if is_site(tail, site_names) && head.chars().count() >= 3 {
            return Some(head.to_owned());
        }
        // An unknown short ending after a strong separator is a section or an unnamed site; after a
        // dash it may belong to the headline.
        let strong = matches!(separator, " | " | " · " | " » " | " :: " | " ‹ " | "｜" | "|" | " • " | " ‖ ");
        let (head_words, tail_words) = (head.split_whitespace().count(), tail.split_whitespace().count());
        if strong && tail_words <= 4 && head_words >= 3 && head.len() > tail.len() {
            return Some(head.to_owned());
        }
    }
    let parts = SEPARATORS.iter().filter_map(|separator| {
        let at = title.find(separator)?;
        Some((title[..at].trim(), title[at + separator.len()..].trim()))
    });
    parts
        .into_iter()
        .find(|(head, tail)| is_site(head, site_names) && tail.chars().count() >= 3)
        .map(|(_, tail)| tail.to_owned())
}

/// Whether a text is the name of the site or its domain.
fn is_site(text: &str, site_names: &[String]) -> bool {
    let squeezed = comparable(text).replace(' ', "");
    if squeezed.is_empty() {
        return true;
    }
    site_names.iter().any(|name| {
        let name = comparable(name).replace(' ', "");
        !name.is_empty()
            && (name == squeezed
                || squeezed.len() >= 4
                    && name.len() >= 4
                    && (name.strip_prefix("the") == Some(&squeezed)
                        || squeezed.strip_prefix("the") == Some(&name))
                || squeezed.strip_prefix(&*name).is_some_and(|rest| {
                    matches!(rest, "com" | "de" | "org" | "net" | "fr" | "couk" | "blog" | "news" | "online")
                }))
    })
}

/// Whether a title is a placeholder left by a template.
fn is_generic(title: &str) -> bool {
    matches!(
        comparable(title).as_str(),
        "" | "home"
            | "homepage"
            | "untitled"
            | "untitled document"
            | "index"
            | "blog"
            | "news"
            | "article"
            | "document"
            | "startseite"
            | "accueil"
            | "inicio"
    )
}

#[cfg(test)]
mod tests {
    use dom_query::Document;

    use super::*;

    fn title_of(html: &str, sites: &[&str]) -> String {
        let sites: Vec<String> = sites.iter().map(ToString::to_string).collect();
        title(&Facts::read(&Document::from(html)), &LinkedData::default(), &sites)
    }

    #[test]
    fn a_confirmed_heading_wins() {
        let page = "<title>The mill stays open - News - Larkfield Post</title><h1 class=x>Larkfield Post</h1><h1>The mill stays open</h1>";
        assert_eq!(title_of(page, &["Larkfield Post"]), "The mill stays open");
    }

    #[test]
    fn site_and_section_are_cut_off() {
        assert_eq!(
            title_of("<title>The mill stays open | Local | Larkfield Post</title>", &[]),
            "The mill stays open"
        );
        assert_eq!(
            title_of("<title>Larkfield Post: The mill stays open</title>", &["Larkfield Post"]),
            "Larkfield Post: The mill stays open"
        );
        assert_eq!(
            title_of("<title>Larkfield Post - The mill stays open</title>", &["Larkfield Post"]),
            "The mill stays open"
        );
        assert_eq!(
            title_of("<title>Rain - and then sun</title>", &["Larkfield Post"]),
            "Rain - and then sun"
        );
        assert_eq!(
            title_of(
                "<title>A well-known mill-wheel turns - larkfield.example</title>",
                &["larkfield.example"]
            ),
            "A well-known mill-wheel turns"
        );
    }

    #[test]
    fn a_page_without_title_has_none() {
        assert_eq!(title_of("<p>x</p>", &[]), "");
        assert_eq!(
            title_of("<title>Home</title><h1>The old mill turns again</h1>", &[]),
            "The old mill turns again"
        );
    }
}
