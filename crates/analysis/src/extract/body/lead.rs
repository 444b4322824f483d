//! The opening paragraph that has its own block between the headline and the body.
//!
//! Editors write it as a part of the article, but templates keep it outside the element that holds
//! the rest. It is recognised by its class, or because the page repeats it as its description.

use dom_query::Document;

use crate::extract::{
    page::{
        dom::{self, Step, Visit},
        elements::{is_block, is_silent},
        measure::PageStats,
    },
    text::{comparable, count_visible, folded, repaired},
};

/// Maximum characters of other text between the headline and the lead: date lines, captions,
/// buttons.
const MAX_BETWEEN: usize = 900;
/// Minimum and maximum bytes of a lead.
const LEAD_BYTES: std::ops::RangeInclusive<usize> = 40..=1200;

/// The lead of the page; `None` if there is none or it can't be recognised.
pub(super) fn lead(
    page: &Document,
    page_stats: &PageStats,
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
                between += dom::with_text(&node, count_visible).unwrap_or_default();
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
        let stats = page_stats.of(&node);
        let fits = behind_headline
            && stats.paragraphs <= 1
            && stats.inputs == 0
            && LEAD_BYTES.contains(&(stats.chars as usize))
            && stats.link_share() < 0.3
            && (is_block(&name) || &*name == "span");
        if !fits {
            return Step::Into;
        }
        let line = folded(&repaired(&dom::line(node, 2400)));
        let repeats =
            description.as_ref().is_some_and(|description| same_beginning(description, &comparable(&line)));
        if repeats || stats.prose > 0 && names_lead(&dom::class_and_id(&node)) {
            found = Some(line);
            return Step::Stop;
        }
        Step::Into
    });
    found
}

/// Whether two comparable texts begin alike; a description is often cut off.
fn same_beginning(description: &str, text: &str) -> bool {
    let shared = description.bytes().zip(text.bytes()).take_while(|(a, b)| a == b).count();
    shared >= 60 || shared >= 40 && shared == text.len()
}

fn names_lead(class_and_id: &str) -> bool {
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
        class_and_id.split([' ', '-', '_']).any(|part| part == *word)
            || word.len() > 6 && class_and_id.contains(word)
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
    fn a_lead_is_recognised_by_its_class_or_the_description() {
        let page = |inner: &str| format!("<h1>The mill is kept</h1><p>4 March</p>{inner}<p>More text.</p>");
        assert_eq!(found(&page(&format!("<p class=article-intro>{TEXT}</p>")), None).as_deref(), Some(TEXT));
        assert_eq!(found(&page(&format!("<h2>{TEXT}</h2>")), Some(TEXT)).as_deref(), Some(TEXT));
        assert_eq!(found(&page(&format!("<p>{TEXT}</p>")), None), None);
    }

    #[test]
    fn text_before_the_headline_is_not_a_lead() {
        assert_eq!(found(&format!("<p class=intro>{TEXT}</p><h1>The mill is kept</h1>"), Some(TEXT)), None);
    }
}
