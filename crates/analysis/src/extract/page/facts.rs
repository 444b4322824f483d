//! Collects the facts of a page in one walk over the parsed tree.

mod marked;

use dom_query::{Document, NodeId, NodeRef};

use super::{
    class_hints::ClassHints,
    dom::{self, Step, Visit},
    hints::has_year,
    lazy_images::image_source,
    measure::PageStats,
};
use crate::extract::text::{comparable, count_visible, prefix};

/// Maximum number of facts kept of each kind.
const MAX_KEPT: usize = 300;

/// The region of the page in which something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::extract) enum Region {
    /// The main content, as far as classes tell.
    Main,
    /// A sidebar, footer or box, which may still be about the article.
    Aside,
    /// Comments, navigation or a list of other articles.
    Foreign,
}

/// Minimum bytes of a lower heading that can be the headline.
const LOWER_HEADLINE: usize = 25;

/// A `link` element of the head (some sites put it into the body).
#[derive(Debug)]
pub(in crate::extract) struct LinkElement {
    pub(in crate::extract) rel: String,
    pub(in crate::extract) href: String,
    pub(in crate::extract) hreflang: Option<String>,
    /// In lower case.
    pub(in crate::extract) media: Option<String>,
}

/// A `time` element, or any element whose class or property indicates a date.
#[derive(Debug)]
pub(in crate::extract) struct DateElement {
    /// The machine-readable value (`datetime`, `content`, `title`), if there is one.
    pub(in crate::extract) value: Option<String>,
    pub(in crate::extract) text: String,
    /// Class, id, `itemprop` and `property` of the element and of its parent, in lower case.
    pub(in crate::extract) class_and_id: String,
    pub(in crate::extract) is_time: bool,
    pub(in crate::extract) region: Region,
    /// Number of characters of the page before it.
    pub(in crate::extract) text_before: usize,
}

/// A short text of the page that may contain a date, or the beginning of a longer one.
#[derive(Debug)]
pub(in crate::extract) struct DatedText {
    pub(in crate::extract) text: String,
    pub(in crate::extract) region: Region,
    pub(in crate::extract) behind_heading: bool,
    pub(in crate::extract) text_before: usize,
}

/// An element that could name the author.
#[derive(Debug)]
pub(in crate::extract) struct Byline {
    pub(in crate::extract) text: String,
    pub(in crate::extract) class_and_id: String,
    /// `itemprop=author` or `rel=author`.
    pub(in crate::extract) declared: bool,
    /// A link to what looks like an author's page.
    pub(in crate::extract) author_page: bool,
    pub(in crate::extract) region: Region,
}

/// An `h1`.
#[derive(Debug)]
pub(in crate::extract) struct Heading {
    pub(in crate::extract) text: String,
    pub(in crate::extract) class_and_id: String,
    pub(in crate::extract) in_article: bool,
}

/// An image of the body.
#[derive(Debug)]
pub(in crate::extract) struct PageImage {
    pub(in crate::extract) src: String,
    pub(in crate::extract) alt: Option<String>,
    pub(in crate::extract) width: Option<u32>,
    pub(in crate::extract) height: Option<u32>,
    pub(in crate::extract) class_and_id: String,
    pub(in crate::extract) in_article: bool,
    pub(in crate::extract) outside_article: bool,
}

/// Counts that distinguish an article from a listing.
#[derive(Debug, Default, Clone, Copy)]
pub(in crate::extract) struct PageCounts {
    pub(in crate::extract) links: usize,
    pub(in crate::extract) link_chars: usize,
    pub(in crate::extract) text_chars: usize,
    /// Characters in paragraphs of at least 80 characters that are not mostly links.
    pub(in crate::extract) prose_chars: usize,
    pub(in crate::extract) prose_paragraphs: usize,
    pub(in crate::extract) articles: usize,
    pub(in crate::extract) code_blocks: usize,
    pub(in crate::extract) password_fields: usize,
    pub(in crate::extract) prices: usize,
    pub(in crate::extract) headings: usize,
}

/// The facts of one page.
#[derive(Debug, Default)]
pub(in crate::extract) struct Facts {
    pub(in crate::extract) base: Option<String>,
    pub(in crate::extract) lang: Option<String>,
    pub(in crate::extract) title: String,
    /// Property or name in lower case with its content, in the order of the page.
    pub(in crate::extract) metas: Vec<(String, String)>,
    pub(in crate::extract) links: Vec<LinkElement>,
    pub(in crate::extract) json_ld: Vec<String>,
    pub(in crate::extract) times: Vec<DateElement>,
    /// Short texts that contain a year.
    pub(in crate::extract) dated_texts: Vec<DatedText>,
    pub(in crate::extract) bylines: Vec<Byline>,
    /// Lines that begin like a byline in words (`Text von …`).
    pub(in crate::extract) credits: Vec<(String, Region)>,
    pub(in crate::extract) headings: Vec<Heading>,
    /// Number of characters of the page before its headline.
    pub(in crate::extract) headline_at: Option<usize>,
    pub(in crate::extract) images: Vec<PageImage>,
    pub(in crate::extract) frames: Vec<String>,
    /// Last path segments of `itemtype` values.
    pub(in crate::extract) item_types: Vec<String>,
    /// `itemprop` with its value, for the properties that are used as metadata.
    pub(in crate::extract) item_props: Vec<(String, String)>,
    /// Class and id of `html` and `body`.
    pub(in crate::extract) body_classes: String,
    /// Short texts of buttons and of links with button classes, in lower case.
    pub(in crate::extract) buttons: Vec<String>,
    pub(in crate::extract) counts: PageCounts,
}

impl Facts {
    /// The content of the first of these names that the page has.
    pub(in crate::extract) fn meta(&self, names: &[&str]) -> Option<&str> {
        names
            .iter()
            .find_map(|name| self.metas.iter().find(|(key, _)| key == name))
            .map(|(_, content)| content.as_str())
    }

    /// All contents of this name.
    pub(in crate::extract) fn metas_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.metas.iter().filter(move |(key, _)| key == name).map(|(_, content)| content.as_str())
    }

    /// The first value of an `itemprop`.
    pub(in crate::extract) fn item_prop(&self, name: &str) -> Option<&str> {
        self.item_props.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The facts of a page, measured here.
    #[cfg(test)]
    pub(in crate::extract) fn read(page: &Document) -> Self {
        Self::of(page, &super::measure::measure(page.root()))
    }

    /// Collects the facts of a page.
    pub(in crate::extract) fn of(page: &Document, page_stats: &PageStats) -> Self {
        let mut collector = Collector::of(page_stats);
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

struct Collector<'w> {
    page_stats: &'w PageStats,
    facts: Facts,
    /// Open elements outside the article, those that hold the article, and links.
    outside_article: Vec<(NodeId, Region)>,
    article: Vec<NodeId>,
    link: Vec<NodeId>,
    paragraph: Option<(NodeId, usize, usize)>,
    /// Whether a paragraph of running text has been visited.
    has_prose: bool,
}

impl<'w> Collector<'w> {
    fn of(page_stats: &'w PageStats) -> Self {
        Self {
            page_stats,
            facts: Facts::default(),
            outside_article: Vec::new(),
            article: Vec::new(),
            link: Vec::new(),
            paragraph: None,
            has_prose: false,
        }
    }

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
                    && dom::attribute_fits(&node, "type", |kind| kind.contains("ld+json"))
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
        let hints = self.page_stats.of(&node).hints;
        match name {
            "html" => {
                self.facts.lang = dom::attribute(&node, "lang").or_else(|| dom::attribute(&node, "xml:lang"));
                self.facts.body_classes.push_str(&dom::class_and_id(&node));
            }
            "body" => self.facts.body_classes.push_str(&dom::class_and_id(&node)),
            "img" | "amp-img" => self.image(&node),
            "h1" => self.heading(node),
            "h2" | "h3" => {
                self.facts.counts.headings += 1;
                self.lower_headline(node);
            }
            "pre" => self.facts.counts.code_blocks += 1,
            "input" => {
                self.facts.counts.password_fields +=
                    usize::from(dom::attribute_fits(&node, "type", |kind| kind == "password"));
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
        if name == "a" && hints.any(ClassHints::BUTTON) && self.facts.buttons.len() < MAX_KEPT {
            self.facts.buttons.push(dom::line(node, 60).to_lowercase());
        }
        if is_outside_article(name, hints) {
            self.outside_article.push((node.id, region_of(name, hints)));
        }
        if name == "article" || name == "main" || hints.any(ClassHints::BODY) {
            self.article.push(node.id);
        }
        let bare = node.element_ref().is_none_or(|element| element.attrs.is_empty());
        if bare && name != "time" {
            return;
        }
        self.microdata(node, name);
        self.byline(node, name, hints);
        self.time(node, name, hints);
    }

    fn leave(&mut self, node: &NodeRef<'_>) {
        for stack in [&mut self.article, &mut self.link] {
            if stack.last() == Some(&node.id) {
                stack.pop();
            }
        }
        if self.outside_article.last().is_some_and(|(id, _)| *id == node.id) {
            self.outside_article.pop();
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
        dom::with_text(node, |text| self.text_content(node, text));
    }

    fn text_content(&mut self, node: &NodeRef<'_>, text: &str) {
        let chars = count_visible(text);
        if chars == 0 {
            return;
        }
        let trimmed = text.trim();
        let short = prefix(trimmed, if trimmed.len() < 160 { 160 } else { 40 });
        // The first paragraph of a report often contains the day in its middle.
        let begins = if self.has_prose || has_year(short) {
            short
        } else {
            self.has_prose = chars >= 80 && self.link.is_empty() && self.outside_article.is_empty();
            prefix(trimmed, 240)
        };
        if begins.len() >= 6 && self.facts.dated_texts.len() < MAX_KEPT && has_year(begins) {
            self.facts.dated_texts.push(DatedText {
                text: begins.to_owned(),
                region: self.region(),
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
                        if key == "itemprop" && self.outside_article.is_empty() {
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
            self.facts.links.push(LinkElement {
                rel: rel.to_ascii_lowercase(),
                href,
                hreflang: dom::attribute(node, "hreflang"),
                media: dom::attribute(node, "media").map(|media| media.to_ascii_lowercase()),
            });
        }
    }

    fn heading(&mut self, node: NodeRef<'_>) {
        let text = dom::line(node, 600);
        if !text.is_empty() && self.facts.headings.len() < 30 {
            if is_headline(&text, &self.facts.title) {
                self.facts.headline_at.get_or_insert(self.facts.counts.text_chars);
                // An element that holds the headline is not a box beside the article, whatever its
                // class.
                self.outside_article.clear();
            }
            let in_article = !self.article.is_empty() && self.outside_article.is_empty();
            self.facts.headings.push(Heading { text, class_and_id: dom::class_and_id(&node), in_article });
        }
    }

    /// Templates whose `h1` is the site or the section put the headline into a lower heading.
    fn lower_headline(&mut self, node: NodeRef<'_>) {
        if self.facts.headline_at.is_some() {
            return;
        }
        let text = dom::line(node, 600);
        if text.len() >= LOWER_HEADLINE && is_headline(&text, &self.facts.title) {
            self.facts.headline_at = Some(self.facts.counts.text_chars);
            self.outside_article.clear();
        }
    }

    fn image(&mut self, node: &NodeRef<'_>) {
        if self.facts.images.len() >= MAX_KEPT {
            return;
        }
        let Some(src) = image_source(node) else { return };
        let pixels =
            |name| dom::attribute(node, name).and_then(|value| value.trim_end_matches("px").parse().ok());
        self.facts.images.push(PageImage {
            src,
            alt: dom::attribute(node, "alt"),
            width: pixels("width"),
            height: pixels("height"),
            class_and_id: dom::class_and_id(node),
            in_article: !self.article.is_empty(),
            outside_article: !self.outside_article.is_empty(),
        });
    }

    fn region(&self) -> Region {
        self.outside_article.iter().map(|(_, region)| *region).max().unwrap_or(Region::Main)
    }
}

/// Whether a heading is the page's headline: the page's title contains it.
fn is_headline(heading: &str, title: &str) -> bool {
    (10..=400).contains(&heading.len()) && comparable(title).contains(&comparable(heading))
}

/// Whether an element holds something other than the page's own article.
pub(in crate::extract) fn is_outside_article(name: &str, hints: ClassHints) -> bool {
    if matches!(name, "nav" | "footer" | "aside") {
        return true;
    }
    !matches!(name, "html" | "body" | "main" | "article")
        && hints.any(ClassHints::FOREIGN | ClassHints::ASIDE)
        && !hints.any(ClassHints::LAYOUT)
}

/// The region of an element for which [`is_outside_article`] holds.
fn region_of(name: &str, hints: ClassHints) -> Region {
    if name == "nav" || hints.any(ClassHints::FOREIGN) { Region::Foreign } else { Region::Aside }
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
        let facts = Facts::read(&page);
        assert_eq!(
            (facts.title.as_str(), facts.lang.as_deref(), facts.base.as_deref()),
            ("T & U", Some("de"), Some("/x/"))
        );
        assert_eq!((facts.meta(&["og:title"]), facts.meta(&["article:t"])), (Some("O"), Some("O")));
        assert_eq!((facts.json_ld.len(), facts.links.len()), (1, 1));
        assert_eq!(facts.headings[0].text, "Head line");
        assert!(facts.bylines.iter().any(|byline| byline.text == "Ada Quill" && byline.declared));
        assert_eq!((facts.images[0].src.as_str(), facts.images[0].width), ("/b.jpg", Some(640)));
        assert_eq!(
            facts.times.iter().map(|time| time.region).collect::<Vec<_>>(),
            [Region::Main, Region::Foreign]
        );
    }
}
