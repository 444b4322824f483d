//! Collects what elements are marked as: microdata, bylines, dates, credit lines.

use dom_query::NodeRef;

use super::{Byline, Collector, DateElement, MAX_KEPT};
use crate::extract::page::{
    class_hints::ClassHints,
    dom,
    hints::{is_credit, leads_to_author},
};

impl Collector<'_> {
    pub(super) fn microdata(&mut self, node: NodeRef<'_>, name: &str) {
        if let Some(kind) = dom::attribute(&node, "itemtype")
            && self.facts.item_types.len() < MAX_KEPT
            && self.outside_article.is_empty()
        {
            self.facts.item_types.push(kind.rsplit('/').next().unwrap_or_default().to_owned());
        }
        let is_wanted = |prop: &str| {
            matches!(
                prop,
                "headline"
                    | "name"
                    | "price"
                    | "articleSection"
                    | "keywords"
                    | "image"
                    | "embedURL"
                    | "embedUrl"
            )
        };
        let room = self.facts.item_props.len() <= MAX_KEPT && self.outside_article.is_empty();
        if !room || !dom::attribute_fits(&node, "itemprop", is_wanted) {
            return;
        }
        let Some(prop) = dom::attribute(&node, "itemprop") else { return };
        let value = ["content", "src", "href"].iter().find_map(|key| dom::attribute(&node, key));
        let value = value.unwrap_or_else(|| {
            if name == "img" || name == "span" && dom::class_and_id(&node).is_empty() {
                String::new()
            } else {
                dom::line(node, 400)
            }
        });
        if !value.is_empty() {
            self.facts.item_props.push((prop.to_ascii_lowercase(), value));
        }
    }

    pub(super) fn byline(&mut self, node: NodeRef<'_>, name: &str, hints: ClassHints) {
        if self.facts.bylines.len() >= 60 {
            return;
        }
        let author_page = name == "a" && dom::attribute_fits(&node, "href", leads_to_author);
        let marked = hints.any(ClassHints::AUTHOR);
        let is_author =
            |value: &str| value.split_whitespace().any(|word| word.eq_ignore_ascii_case("author"));
        let declared = ["itemprop", "rel"].iter().any(|key| dom::attribute_fits(&node, key, is_author));
        if !(declared || author_page || marked)
            || matches!(name, "body" | "html" | "main" | "article" | "img")
        {
            return;
        }
        let text = dom::line(node, 200);
        if text.len() >= 2 && text.len() <= 200 {
            let region = self.region();
            self.facts.bylines.push(Byline {
                text,
                class_and_id: dom::class_and_id(&node),
                declared,
                author_page,
                region,
            });
        }
    }

    pub(super) fn time(&mut self, node: NodeRef<'_>, name: &str, hints: ClassHints) {
        if self.facts.times.len() >= MAX_KEPT {
            return;
        }
        let is_time = name == "time" || name == "relative-time";
        let has_prop = |key: &&str| dom::attribute_fits(&node, key, |_| true);
        let prop = ["itemprop", "property"].iter().find(|key| has_prop(key));
        if !is_time && prop.is_none() && !hints.any(ClassHints::DATE) {
            return;
        }
        let prop = prop.and_then(|key| dom::attribute(&node, key)).unwrap_or_default().to_ascii_lowercase();
        let dated = prop.contains("date") || hints.any(ClassHints::DATE);
        if !is_time && !dated
            || matches!(name, "body" | "html" | "main" | "article" | "img" | "form" | "input")
        {
            return;
        }
        let text = dom::line(node, 160);
        let value = ["datetime", "content", "data-datetime", "data-date", "data-timestamp", "title"]
            .iter()
            .find_map(|key| dom::attribute(&node, key));
        if text.len() > 160 && value.is_none() || text.is_empty() && value.is_none() {
            return;
        }
        let mut class_and_id = dom::class_and_id(&node);
        class_and_id.push_str(&prop);
        if dom::attribute(&node, "pubdate").is_some() || node.has_attr("pubdate") {
            class_and_id.push_str(" published ");
        }
        if let Some(parent) = node.parent() {
            class_and_id.push_str(&dom::class_and_id(&parent));
        }
        let region = self.region();
        self.facts.times.push(DateElement {
            value,
            text,
            class_and_id,
            is_time,
            region,
            text_before: self.facts.counts.text_chars,
        });
    }

    /// The text of a label with the text of the element after it.
    fn label_with_next(label: &NodeRef<'_>, text: &str) -> String {
        let next = label.next_sibling().map(|next| dom::line(next, 80)).unwrap_or_default();
        format!("{text} {next}")
    }

    /// A short line that names the author in words.
    pub(super) fn credit(&mut self, node: &NodeRef<'_>, text: &str) {
        if text.len() > 160 || self.facts.credits.len() >= 30 || !is_credit(text) {
            return;
        }
        let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        // The name is often in an element of its own after the words.
        if let Some(parent) = node.parent().filter(|_| line.split(' ').count() < 4) {
            line = dom::line(parent, 200);
            if line.len() > 200 {
                line = Self::label_with_next(&parent, text);
            }
        }
        if line.len() <= 200 {
            self.facts.credits.push((line, self.region()));
        }
    }
}
