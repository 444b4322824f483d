//! The opening paragraph that stands in a block of its own between the headline and the body.
//!
//! Editors write it as a part of the article, templates keep it outside of the element that holds the rest.
//! It is known by its class, or because the page repeats it as its description.

use dom_query::Document;

use crate::extract::{
    page::{
        dom::{self, Step, Visit},
        elements::{is_block, is_silent},
        measure::Weights,
    },
    text::{comparable, folded, letters, repaired},
};

/// Letters of other text between the headline and the lead at most: date lines, captions, buttons.
const MAX_BETWEEN: usize = 900;
/// Bytes of a lead.
const LENGTHS: std::ops::RangeInclusive<usize> = 40..=1200;

/// The lead of the page; `None` where there is none or it can't be told.
pub(super) fn lead(
    page: &Document,
    weights: &Weights,
    title: &str,
    description: Option<&str>,
) -> Option<String> {
    let title = comparable(title);
    if title.is_empty() {
        return None;
    }
    let description = description.map(comparable).filter(|text| text.len() >= 40);
    let (mut behind_headline, mut between, mut found) = (false, 0, None);
    dom::walk(page.body()?, |visit, node| {
        if visit == Visit::Leave || found.is_some() || between > MAX_BETWEEN {
            return if found.is_some() || between > MAX_BETWEEN { Step::Stop } else { Step::Into };
        }
        if node.is_text() {
            if behind_headline {
                between += dom::with_text(&node, letters).unwrap_or_default();
            }
            return Step::Over;
        }
        let name = dom::name(&node);
        if is_silent(&name)
            || matches!(&*name, "nav" | "footer" | "figcaption" | "form")
            || dom::is_hidden(&node)
        {
            return Step::Over;
        }
        if matches!(&*name, "h1" | "h2") && !behind_headline {
            let heading = comparable(&dom::line(node, 600));
            behind_headline = heading.len() > 8 && (title.contains(&heading) || heading.contains(&title));
            return if behind_headline { Step::Over } else { Step::Into };
        }
        let weight = weights.of(&node);
        let fits = behind_headline
            && weight.paragraphs <= 1
            && weight.inputs == 0
            && LENGTHS.contains(&(weight.chars as usize))
            && weight.link_share() < 0.3
            && (is_block(&name) || &*name == "span");
        if !fits {
            return Step::Into;
        }
        let line = folded(&repaired(&dom::line(node, 2400)));
        let repeats =
            description.as_ref().is_some_and(|description| same_beginning(description, &comparable(&line)));
        if repeats || weight.prose > 0 && speaks_of_lead(&dom::marks(&node)) {
            found = Some(line);
            return Step::Stop;
        }
        Step::Into
    });
    found
}

/// Whether two texts for comparing begin alike; a description is often cut.
fn same_beginning(description: &str, text: &str) -> bool {
    let shared = description.bytes().zip(text.bytes()).take_while(|(a, b)| a == b).count();
    shared >= 60 || shared >= 40 && shared == text.len()
}

fn speaks_of_lead(marks: &str) -> bool {
    [
        "lead",
        "intro",
        "standfirst",
        "excerpt",
        "subtitle",
        "subhead",
        "sub-head",
        "summary",
        "dek",
        "deck",
        "vorspann",
        "anrisstext",
        "chapo",
        "entradilla",
        "bajada",
        "copete",
        "sottotitolo",
        "abstract",
        "teaser",
    ]
    .iter()
    .any(|word| {
        marks.split([' ', '-', '_']).any(|mark| mark == *word) || word.len() > 6 && marks.contains(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::page::measure::measure;

    const TEXT: &str =
        "The old mill by the river is kept: the council agreed on it after a debate of four hours.";

    fn found(html: &str, description: Option<&str>) -> Option<String> {
        let page = Document::from(html);
        lead(&page, &measure(page.root()), "The mill is kept", description)
    }

    #[test]
    fn a_lead_is_known_by_its_class_or_the_description() {
        let page = |inner: &str| format!("<h1>The mill is kept</h1><p>4 March</p>{inner}<p>More text.</p>");
        assert_eq!(found(&page(&format!("<p class=article-intro>{TEXT}</p>")), None).as_deref(), Some(TEXT));
        assert_eq!(found(&page(&format!("<h2>{TEXT}</h2>")), Some(TEXT)).as_deref(), Some(TEXT));
        assert_eq!(found(&page(&format!("<p>{TEXT}</p>")), None), None);
    }

    #[test]
    fn what_stands_before_the_headline_is_no_lead() {
        assert_eq!(found(&format!("<p class=intro>{TEXT}</p><h1>The mill is kept</h1>"), Some(TEXT)), None);
    }
}
