//! Everything that one walk over the parsed page can collect for the judgements that follow.

use std::sync::LazyLock;

use dom_query::{Document, NodeId, NodeRef};
use regex::Regex;

use super::{
    dom::{self, Step, Visit},
    marks::{self, Says},
    text::comparable,
};

/// Bounds on what is kept of each kind.
const MAX_KEPT: usize = 300;

/// Where on the page something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// With the page's own matter, as far as its marks tell.
    Own,
    /// In a column, a foot or a box beside it, which may still speak of it.
    Beside,
    /// In comments, a navigation or a list of other articles.
    Foreign,
}

/// A `link` element of the head (some sites put it into the body).
#[derive(Debug)]
pub(super) struct Link {
    pub(super) rel: String,
    pub(super) href: String,
    pub(super) hreflang: Option<String>,
}

/// A `time` element, or any element whose class or property speaks of a date.
#[derive(Debug)]
pub(super) struct TimeMark {
    /// The machine-readable value (`datetime`, `content`, `title`), where there is one.
    pub(super) value: Option<String>,
    pub(super) text: String,
    /// Class, id, `itemprop` and `property` of the element and of its parent, lower case.
    pub(super) marks: String,
    pub(super) is_time: bool,
    pub(super) place: Place,
}

/// A short text of the page that may hold a date, or the beginning of a longer one.
#[derive(Debug)]
pub(super) struct DatedText {
    pub(super) text: String,
    pub(super) place: Place,
    pub(super) behind_heading: bool,
    pub(super) text_before: usize,
}

/// An element that could name the author.
#[derive(Debug)]
pub(super) struct Byline {
    pub(super) text: String,
    pub(super) marks: String,
    /// `itemprop=author` or `rel=author`.
    pub(super) sure: bool,
    /// A link to what looks like an author's page.
    pub(super) author_page: bool,
    pub(super) place: Place,
}

/// A heading of the first level.
#[derive(Debug)]
pub(super) struct Heading {
    pub(super) text: String,
    pub(super) marks: String,
    pub(super) in_article: bool,
}

/// A picture of the body.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) src: String,
    pub(super) alt: Option<String>,
    pub(super) width: Option<u32>,
    pub(super) height: Option<u32>,
    pub(super) marks: String,
    pub(super) in_article: bool,
    pub(super) apart: bool,
}

/// Counts that tell an article from a listing.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Counts {
    pub(super) links: usize,
    pub(super) link_chars: usize,
    pub(super) text_chars: usize,
    /// Letters in paragraphs of at least 80 characters that are not mostly links.
    pub(super) prose_chars: usize,
    pub(super) prose_paragraphs: usize,
    pub(super) articles: usize,
    pub(super) code_blocks: usize,
    pub(super) password_fields: usize,
    pub(super) prices: usize,
    pub(super) headings: usize,
}

/// The facts of one page.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) base: Option<String>,
    pub(super) lang: Option<String>,
    pub(super) title: String,
    /// Property or name in lower case with its content, in the order of the page.
    pub(super) metas: Vec<(String, String)>,
    pub(super) links: Vec<Link>,
    pub(super) json_ld: Vec<String>,
    pub(super) times: Vec<TimeMark>,
    /// Short texts with a year in them, and the letters of text and headlines before them.
    pub(super) dated_texts: Vec<DatedText>,
    pub(super) bylines: Vec<Byline>,
    /// Lines that begin like a byline in words (`Text von …`).
    pub(super) credits: Vec<(String, Place)>,
    pub(super) headings: Vec<Heading>,
    pub(super) pictures: Vec<Picture>,
    pub(super) frames: Vec<String>,
    /// Values of `itemtype`, last path segment.
    pub(super) item_types: Vec<String>,
    /// `itemprop` with its value, for the properties that a page's metadata needs.
    pub(super) item_props: Vec<(String, String)>,
    /// Class and id of `html` and `body`.
    pub(super) body_marks: String,
    /// Texts of buttons and of links with button classes, lower case, short ones.
    pub(super) buttons: Vec<String>,
    pub(super) counts: Counts,
}

impl Facts {
    /// The first content of the first of these names that the page has.
    pub(super) fn meta(&self, names: &[&str]) -> Option<&str> {
        names
            .iter()
            .find_map(|name| self.metas.iter().find(|(key, _)| key == name))
            .map(|(_, content)| content.as_str())
    }

    /// All contents of this name.
    pub(super) fn metas_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.metas.iter().filter(move |(key, _)| key == name).map(|(_, content)| content.as_str())
    }

    /// The first value of an `itemprop`.
    pub(super) fn item_prop(&self, name: &str) -> Option<&str> {
        self.item_props.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Collects the facts of a page.
    pub(super) fn of(page: &Document) -> Self {
        let mut collector = Collector::default();
        dom::walk(page.root(), |visit, node| match visit {
            Visit::Enter => collector.enter(node),
            Visit::Leave => {
                collector.leave(&node);
                Step::Over
            }
        });
        collector.facts
    }
}

#[derive(Default)]
struct Collector {
    facts: Facts,
    /// Open elements that set their content apart, those that hold the article, and links.
    apart: Vec<(NodeId, Place)>,
    article: Vec<NodeId>,
    link: Vec<NodeId>,
    paragraph: Option<(NodeId, usize, usize)>,
}

impl Collector {
    fn enter(&mut self, node: NodeRef<'_>) -> Step {
        if node.is_text() {
            self.text(&node);
            return Step::Over;
        }
        let name = dom::name(&node);
        match &*name {
            "" => return Step::Into,
            "title" if self.facts.title.is_empty() => self.facts.title = node.text().to_string(),
            "base" => self.facts.base = self.facts.base.take().or_else(|| dom::attribute(&node, "href")),
            "meta" => self.meta(&node),
            "link" => self.link_element(&node),
            "script" => {
                if self.facts.json_ld.len() < MAX_KEPT
                    && dom::attribute(&node, "type").is_some_and(|kind| kind.contains("ld+json"))
                {
                    self.facts.json_ld.push(node.text().to_string());
                }
                return Step::Over;
            }
            "iframe" | "video" | "audio" => {
                if let Some(src) = dom::attribute(&node, "src").or_else(|| dom::attribute(&node, "data-src"))
                    && self.facts.frames.len() < MAX_KEPT
                {
                    self.facts.frames.push(src);
                }
            }
            "style" | "template" => return Step::Over,
            _ => self.body_element(node, &name),
        }
        Step::Into
    }

    fn body_element(&mut self, node: NodeRef<'_>, name: &str) {
        let marks = dom::marks(&node);
        let says = marks::says(&marks);
        match name {
            "html" => {
                self.facts.lang = dom::attribute(&node, "lang").or_else(|| dom::attribute(&node, "xml:lang"));
                self.facts.body_marks.push_str(&marks);
            }
            "body" => self.facts.body_marks.push_str(&marks),
            "img" | "amp-img" => self.picture(&node, &marks),
            "h1" => self.heading(node, marks.clone()),
            "h2" | "h3" => self.facts.counts.headings += 1,
            "pre" => self.facts.counts.code_blocks += 1,
            "input" => {
                self.facts.counts.password_fields +=
                    usize::from(dom::attribute(&node, "type").is_some_and(|kind| kind == "password"));
            }
            "p" => {
                self.paragraph = Some((node.id, self.facts.counts.text_chars, self.facts.counts.link_chars));
            }
            "article" => self.facts.counts.articles += 1,
            "a" => {
                self.facts.counts.links += 1;
                self.link.push(node.id);
            }
            "button" if self.facts.buttons.len() < MAX_KEPT => {
                self.facts.buttons.push(dom::line(node, 60).to_lowercase());
            }
            _ => {}
        }
        if name == "a" && says.any(Says::BUTTON) && self.facts.buttons.len() < MAX_KEPT {
            self.facts.buttons.push(dom::line(node, 60).to_lowercase());
        }
        if sets_apart(name, says) {
            self.apart.push((node.id, place_of(name, says)));
        }
        if name == "article" || name == "main" || says.any(Says::BODY) {
            self.article.push(node.id);
        }
        let bare = node.element_ref().is_none_or(|element| element.attrs.is_empty());
        if bare && name != "time" {
            return;
        }
        self.microdata(node, name, &marks);
        self.byline(node, name, &marks, says);
        self.time(node, name, marks, says);
    }

    fn leave(&mut self, node: &NodeRef<'_>) {
        for stack in [&mut self.article, &mut self.link] {
            if stack.last() == Some(&node.id) {
                stack.pop();
            }
        }
        if self.apart.last().is_some_and(|(id, _)| *id == node.id) {
            self.apart.pop();
        }
        if let Some((id, text, link)) = self.paragraph
            && id == node.id
        {
            let chars = self.facts.counts.text_chars - text;
            if chars >= 80 && (self.facts.counts.link_chars - link) * 2 < chars {
                self.facts.counts.prose_chars += chars;
                self.facts.counts.prose_paragraphs += 1;
            }
            self.paragraph = None;
        }
    }

    fn text(&mut self, node: &NodeRef<'_>) {
        let text = node.text();
        let chars = text.chars().filter(|c| !c.is_whitespace()).count();
        let trimmed = text.trim();
        let begins = super::limits::prefix(trimmed, if trimmed.len() < 160 { 160 } else { 40 });
        if begins.len() >= 6 && self.facts.dated_texts.len() < MAX_KEPT && has_year(begins) {
            self.facts.dated_texts.push(DatedText {
                text: begins.to_owned(),
                place: self.place(),
                behind_heading: !self.facts.headings.is_empty(),
                text_before: self.facts.counts.text_chars,
            });
        }
        self.credit(node, trimmed);
        self.facts.counts.text_chars += chars;
        if !self.link.is_empty() {
            self.facts.counts.link_chars += chars;
        }
        if text.len() < 40
            && text.contains(['$', '€', '£', '¥'])
            && text.contains(|c: char| c.is_ascii_digit())
        {
            self.facts.counts.prices += 1;
        }
    }

    fn meta(&mut self, node: &NodeRef<'_>) {
        let Some(content) = dom::attribute(node, "content") else { return };
        for key in ["property", "name", "itemprop", "http-equiv"] {
            if let Some(names) = dom::attribute(node, key) {
                for name in names.split_whitespace().take(3) {
                    if self.facts.metas.len() < 2 * MAX_KEPT {
                        let name = name.to_ascii_lowercase();
                        if key == "itemprop" && self.apart.is_empty() {
                            self.facts.item_props.push((name, content.clone()));
                        } else if key != "itemprop" {
                            self.facts.metas.push((name, content.clone()));
                        }
                    }
                }
            }
        }
    }

    fn link_element(&mut self, node: &NodeRef<'_>) {
        if let (Some(rel), Some(href)) = (dom::attribute(node, "rel"), dom::attribute(node, "href"))
            && self.facts.links.len() < MAX_KEPT
        {
            self.facts.links.push(Link {
                rel: rel.to_ascii_lowercase(),
                href,
                hreflang: dom::attribute(node, "hreflang"),
            });
        }
    }

    fn heading(&mut self, node: NodeRef<'_>, marks: String) {
        let text = dom::line(node, 600);
        if !text.is_empty() && self.facts.headings.len() < 30 {
            if is_headline(&text, &self.facts.title) {
                // What holds the headline is no box beside the article, whatever its class says.
                self.apart.clear();
            }
            let in_article = !self.article.is_empty() && self.apart.is_empty();
            self.facts.headings.push(Heading { text, marks, in_article });
        }
    }

    fn picture(&mut self, node: &NodeRef<'_>, marks: &str) {
        if self.facts.pictures.len() >= MAX_KEPT {
            return;
        }
        let Some(src) = picture_source(node) else { return };
        let pixels =
            |name| dom::attribute(node, name).and_then(|value| value.trim_end_matches("px").parse().ok());
        self.facts.pictures.push(Picture {
            src,
            alt: dom::attribute(node, "alt"),
            width: pixels("width"),
            height: pixels("height"),
            marks: marks.to_owned(),
            in_article: !self.article.is_empty(),
            apart: !self.apart.is_empty(),
        });
    }

    fn microdata(&mut self, node: NodeRef<'_>, name: &str, marks: &str) {
        if let Some(kind) = dom::attribute(&node, "itemtype")
            && self.facts.item_types.len() < MAX_KEPT
            && self.apart.is_empty()
        {
            self.facts.item_types.push(kind.rsplit('/').next().unwrap_or_default().to_owned());
        }
        let Some(prop) = dom::attribute(&node, "itemprop") else { return };
        let wanted = matches!(
            prop.as_str(),
            "headline" | "name" | "price" | "articleSection" | "keywords" | "image" | "embedURL" | "embedUrl"
        );
        if !wanted || self.facts.item_props.len() > MAX_KEPT || !self.apart.is_empty() {
            return;
        }
        let value = ["content", "src", "href"].iter().find_map(|key| dom::attribute(&node, key));
        let value = value.unwrap_or_else(|| {
            if name == "img" || marks.is_empty() && name == "span" {
                String::new()
            } else {
                dom::line(node, 400)
            }
        });
        if !value.is_empty() {
            self.facts.item_props.push((prop.to_ascii_lowercase(), value));
        }
    }

    fn byline(&mut self, node: NodeRef<'_>, name: &str, marks: &str, says: Says) {
        if self.facts.bylines.len() >= 60 {
            return;
        }
        let element =
            |key| dom::attribute(&node, key).map(|value| value.to_ascii_lowercase()).unwrap_or_default();
        let (prop, rel) = (element("itemprop"), element("rel"));
        let author_page = name == "a" && {
            let href = element("href");
            [
                "/author/",
                "/authors/",
                "/autor/",
                "/auteur/",
                "/autoren/",
                "/by/",
                "/staff/",
                "/contributor",
                "/people/",
                "/profile/",
                "/redakteur",
            ]
            .iter()
            .any(|part| href.contains(part))
        };
        let marked = says.any(Says::AUTHOR);
        let sure = prop.split_whitespace().any(|prop| prop == "author")
            || rel.split_whitespace().any(|rel| rel == "author");
        if !(sure || author_page || marked) || matches!(name, "body" | "html" | "main" | "article" | "img") {
            return;
        }
        let text = dom::line(node, 200);
        if text.len() >= 2 && text.len() <= 200 {
            let place = self.place();
            self.facts.bylines.push(Byline { text, marks: marks.to_owned(), sure, author_page, place });
        }
    }

    fn time(&mut self, node: NodeRef<'_>, name: &str, mut marks: String, says: Says) {
        if self.facts.times.len() >= MAX_KEPT {
            return;
        }
        let prop = dom::attribute(&node, "itemprop")
            .or_else(|| dom::attribute(&node, "property"))
            .unwrap_or_default()
            .to_ascii_lowercase();
        let is_time = name == "time" || name == "relative-time";
        let dated = prop.contains("date") || says.any(Says::DATE);
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
        marks.push_str(&prop);
        if dom::attribute(&node, "pubdate").is_some() || node.has_attr("pubdate") {
            marks.push_str(" published ");
        }
        if let Some(parent) = node.parent() {
            marks.push_str(&dom::marks(&parent));
        }
        let place = self.place();
        self.facts.times.push(TimeMark { value, text, marks, is_time, place });
    }

    fn place(&self) -> Place {
        self.apart.iter().map(|(_, place)| *place).max().unwrap_or(Place::Own)
    }

    /// A short line that says in words who wrote the page.
    fn credit(&mut self, node: &NodeRef<'_>, text: &str) {
        if text.len() > 160 || self.facts.credits.len() >= 30 || !is_credit(text) {
            return;
        }
        let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        // The name often stands in an element of its own behind the words.
        if let Some(parent) = node.parent().filter(|_| line.split(' ').count() < 4) {
            line = dom::line(parent, 200);
        }
        if line.len() <= 200 {
            self.facts.credits.push((line, self.place()));
        }
    }
}

/// Whether a heading is the page's headline: the page's title holds it.
fn is_headline(heading: &str, title: &str) -> bool {
    (10..=400).contains(&heading.len()) && comparable(title).contains(&comparable(heading))
}

/// Whether a text begins with the words that introduce an author.
fn is_credit(text: &str) -> bool {
    static CREDIT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?ix)^\W{0,3}(?:(?:written|posted|published|reported|words|story|text|texte|texto|article|ein\ (?:artikel|beitrag)|(?:blog)?\ ?beitrag|geschrieben|verfasst|escrito|scritto|[ée]crit)\s+)?
            (?:by|von|par|por|di|door|av|af)\b(?:\s+\p{Lu}|\s*$|:)|^\W{0,3}(?:autor(?:in|en|es|a)?|auteur|autore|authors?|redacci[óo]n|text)\s*:",
        )
        .expect("the pattern is constant")
    });
    CREDIT.is_match(text)
}

/// Whether a text holds what could be a year or the end of a short date.
fn has_year(text: &str) -> bool {
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    text.as_bytes()
        .windows(4)
        .any(|part| digits(part) && (part.starts_with(b"20") || part.starts_with(b"19")))
        || text
            .as_bytes()
            .windows(6)
            .any(|part| digits(&part[..2]) && part[2] == b'.' && digits(&part[3..5]) && part[5] == b'.')
}

/// The address of a picture, looking behind the usual ways to load it late.
pub(super) fn picture_source(node: &NodeRef<'_>) -> Option<String> {
    let good =
        |value: &String| !value.starts_with("data:") && !value.starts_with("about:") && value.len() < 2000;
    let late = ["data-src", "data-lazy-src", "data-original", "data-hi-res-src", "data-full-src", "data-url"];
    let first_of_set = |value: String| {
        let widest = value
            .split(", ")
            .filter_map(|part| {
                let mut words = part.split_whitespace();
                let url = words.next()?.trim_end_matches(',');
                let width: f32 = words
                    .next()
                    .and_then(|size| size.trim_end_matches(['w', 'x', ',']).parse().ok())
                    .unwrap_or(0.0);
                Some((url, width))
            })
            .fold(
                None,
                |best: Option<(&str, f32)>, next| {
                    if best.is_none_or(|best| next.1 > best.1) { Some(next) } else { best }
                },
            );
        widest.map(|(url, _)| url.to_owned())
    };
    late.iter()
        .find_map(|name| dom::attribute(node, name).filter(|value| good(value)))
        .or_else(|| dom::attribute(node, "src").filter(good))
        .or_else(|| {
            ["data-srcset", "srcset"]
                .iter()
                .find_map(|name| dom::attribute(node, name))
                .and_then(first_of_set)
                .filter(good)
        })
}

/// Whether an element holds other things than the page's own article.
pub(super) fn sets_apart(name: &str, says: Says) -> bool {
    if matches!(name, "nav" | "footer" | "aside") {
        return true;
    }
    !matches!(name, "html" | "body" | "main" | "article")
        && says.any(Says::FOREIGN | Says::BESIDE)
        && !says.any(Says::LAYOUT)
}

/// How far apart an element that [`sets_apart`] is.
fn place_of(name: &str, says: Says) -> Place {
    if name == "nav" || says.any(Says::FOREIGN) { Place::Foreign } else { Place::Beside }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_walk_collects_head_and_body() {
        let page = Document::from(
            "<html lang=de class=no-js><head><title>T &amp; U</title><base href='/x/'><meta property='og:title article:t' content=' O '>\
             <link rel=canonical href=/c><script type='application/ld+json'>{}</script></head><body class=single><h1>Head <b>line</b></h1>\
             <article><time datetime=2026-01-01 class=published>1. Januar</time><a rel=author href=/a>Ada Quill</a>\
             <img data-src=/b.jpg src=data:x width=640 height=480 alt=Pic></article>\
             <div class=comments><time datetime=2026-02-02>x</time></div></body></html>",
        );
        let facts = Facts::of(&page);
        assert_eq!(
            (facts.title.as_str(), facts.lang.as_deref(), facts.base.as_deref()),
            ("T & U", Some("de"), Some("/x/"))
        );
        assert_eq!((facts.meta(&["og:title"]), facts.meta(&["article:t"])), (Some("O"), Some("O")));
        assert_eq!((facts.json_ld.len(), facts.links.len()), (1, 1));
        assert_eq!(facts.headings[0].text, "Head line");
        assert!(facts.bylines.iter().any(|byline| byline.text == "Ada Quill" && byline.sure));
        assert_eq!((facts.pictures[0].src.as_str(), facts.pictures[0].width), ("/b.jpg", Some(640)));
        assert_eq!(
            facts.times.iter().map(|time| time.place).collect::<Vec<_>>(),
            [Place::Own, Place::Foreign]
        );
    }
}
