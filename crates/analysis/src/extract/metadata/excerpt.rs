//! The excerpt: the page's description if it is prose, else the beginning of the text.

use crate::extract::{
    page::{facts::Facts, json_ld::LinkedData},
    text::{comparable, excerpt, plain_text, prefix},
};

/// Minimum characters of a usable description.
const MIN_CHARS: usize = 50;

/// The excerpt of an article, at most 320 characters.
pub(in crate::extract) fn excerpt_of(
    facts: &Facts,
    linked: &LinkedData,
    title: &str,
    text: &str,
    site_description: bool,
) -> String {
    let declared = [
        facts.meta(&["og:description"]),
        facts.meta(&["description"]),
        linked.description.as_deref(),
        facts.meta(&["twitter:description", "dc.description", "dcterms.description"]),
    ];
    let good = declared
        .into_iter()
        .flatten()
        .map(plain_text)
        .find(|description| !site_description && is_prose(description, title));
    good.map_or_else(|| excerpt(&opening(text, title)), |description| excerpt(whole(&description, text)))
}

/// A description that was cut off is replaced by the text that it is the beginning of.
fn whole<'a>(description: &'a str, text: &'a str) -> &'a str {
    let stem = description.trim_end_matches(['…', '.', ' ', '[', ']']);
    if (description.ends_with('…') || description.ends_with("...") || description.ends_with("[…]"))
        && stem.len() >= MIN_CHARS
        && let Some(at) = text.find(stem)
    {
        return &text[at..];
    }
    description
}

fn is_prose(description: &str, title: &str) -> bool {
    let words = description.split_whitespace().count();
    let lists = description.matches([',', '|', '#']).count();
    description.chars().count() >= MIN_CHARS
        && comparable(description) != comparable(title)
        && lists * 3 < words.max(description.chars().count() / 8)
}

/// The running text from its first sentence, without short lines before it (labels, bylines).
fn opening(text: &str, title: &str) -> String {
    let title = comparable(title);
    let prose: Vec<&str> = text
        .split("\n\n")
        .filter(|paragraph| paragraph.chars().count() >= 60 && comparable(paragraph) != title)
        .take(4)
        .collect();
    if prose.is_empty() { prefix(text, 2000).to_owned() } else { prose.join(" ") }
}

#[cfg(test)]
mod tests {
    use dom_query::Document;

    use super::*;

    const TEXT: &str = "Larkfield\n\nThe council met on Tuesday and agreed that the old mill by the river shall be kept for the town.\n\nIt costs a lot.";

    fn excerpt_with(head: &str) -> String {
        excerpt_of(&Facts::read(&Document::from(head)), &LinkedData::default(), "The mill stays", TEXT, false)
    }

    #[test]
    fn a_good_description_is_taken() {
        let words = "After years of debate Larkfield keeps its mill; the money comes from the town.";
        assert_eq!(excerpt_with(&format!("<meta name=description content='{words}'>")), words);
    }

    #[test]
    fn keywords_and_stubs_are_not() {
        let opening = "The council met on Tuesday and agreed that the old mill by the river shall be kept for the town.";
        for description in [
            "Larkfield",
            "mill, river, council, town, water, money, news, local, people, fish, bread",
            "The mill stays",
        ] {
            assert_eq!(excerpt_with(&format!("<meta name=description content='{description}'>")), opening);
        }
    }

    #[test]
    fn a_cut_description_is_continued_from_the_text() {
        let cut = "The council met on Tuesday and agreed that the old mill by the…";
        assert!(
            excerpt_with(&format!("<meta name=description content='{cut}'>")).contains("kept for the town.")
        );
    }
}
