//! What surrounds the content of a page, made once from `base.html` and then filled for each page.

use std::sync::OnceLock;

use serde::Serialize;

use super::frame::{FeedLink, Frame};
use crate::{Publication, RenderError, route::Route, templates::write_escaped};

/// The line after which the content stands.
const CONTENT: &str = "<main id=\"content\" tabindex=\"-1\">\n";

/// What differs from page to page, and what stands in its place while the template is rendered: words between
/// letters of a private use area.
const SLOTS: [(Slot, &str); 8] = [
    (Slot::Title, "\u{f8f0}title\u{f8f1}"),
    (Slot::Description, "\u{f8f0}description\u{f8f1}"),
    (Slot::Canonical, "\u{f8f0}canonical\u{f8f1}"),
    (Slot::Image, "\u{f8f0}image\u{f8f1}"),
    (Slot::JsonLd, "\u{f8f0}json-ld\u{f8f1}"),
    (Slot::Feed(0), "\u{f8f0}feed-0\u{f8f1}"),
    (Slot::Feed(1), "\u{f8f0}feed-1\u{f8f1}"),
    (Slot::Feed(2), "\u{f8f0}feed-2\u{f8f1}"),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Title,
    Description,
    Canonical,
    Image,
    JsonLd,
    /// The address of one of the page's own feeds.
    Feed(usize),
    Content,
}

/// The shells of stories without and with a picture, of lists, of providers, and of each topic's lists by its place in the taxonomy.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shells {
    stories: [OnceLock<Shell>; 2],
    lists: OnceLock<Shell>,
    providers: OnceLock<Shell>,
    topics: OnceLock<Vec<OnceLock<Shell>>>,
}

/// A page cut at the places that are filled: a text, then what follows it.
#[derive(Debug, Clone)]
struct Shell {
    pieces: Vec<(String, Slot)>,
    end: String,
}

#[derive(Serialize)]
struct Base<'a> {
    frame: Frame<'a>,
}

impl Shells {
    /// The page of a story of this frame, which has an address and linked data, with this content.
    pub(super) fn story(
        &self,
        publication: &Publication,
        frame: &Frame<'_>,
        content: &str,
    ) -> Result<String, RenderError> {
        let kept = &self.stories[usize::from(frame.image.is_some())];
        // Of the navigation no entry leads to it.
        let around = || publication.frame(Route::About, "", "");
        filled(kept, publication, frame, around, content)
    }

    /// The page of a provider of this frame, which has an address and no linked data, with this content.
    pub(super) fn provider(
        &self,
        publication: &Publication,
        frame: &Frame<'_>,
        content: &str,
    ) -> Result<String, RenderError> {
        filled(&self.providers, publication, frame, || frame.clone(), content)
    }

    /// The page of a list of stories of this frame, which has an address and linked data, with this content. A topic has
    /// feeds of its own, and perhaps an entry of the navigation.
    pub(super) fn list(
        &self,
        publication: &Publication,
        frame: &Frame<'_>,
        topic: Option<usize>,
        content: &str,
    ) -> Result<String, RenderError> {
        let topics = || publication.snapshot.topics.iter().map(|_| OnceLock::new()).collect();
        let kept = match topic {
            Some(at) => self.topics.get_or_init(topics).get(at).unwrap_or(&self.lists),
            None => &self.lists,
        };
        filled(kept, publication, frame, || frame.clone(), content)
    }
}

/// The page of this frame in its shell, which is made where it is not there yet.
fn filled<'a>(
    kept: &OnceLock<Shell>,
    publication: &Publication,
    frame: &Frame<'_>,
    around: impl FnOnce() -> Frame<'a>,
    content: &str,
) -> Result<String, RenderError> {
    if let Some(shell) = kept.get() {
        return Ok(shell.fill(frame, content));
    }
    let made = Shell::new(publication, frame, around())?;
    Ok(kept.get_or_init(|| made).fill(frame, content))
}

impl Shell {
    /// The shell of pages like this one, within that frame.
    fn new(publication: &Publication, like: &Frame<'_>, around: Frame<'_>) -> Result<Self, RenderError> {
        let [title, description, canonical, image, json_ld, feeds @ ..] =
            SLOTS.map(|(_, mark)| mark.to_owned());
        let frame = Frame {
            title,
            description,
            canonical: Some(canonical),
            image: like.image.is_some().then_some(image),
            json_ld: like.json_ld.is_some().then_some(json_ld),
            own_feeds: like
                .own_feeds
                .iter()
                .zip(feeds)
                .map(|(feed, href)| FeedLink { href, ..feed.clone() })
                .collect(),
            kind: like.kind,
            ..around
        };
        let page = publication.templates.render("base.html", &Base { frame })?;
        let mut pieces = Vec::new();
        let mut rest = page.as_str();
        while let Some((at, mark, slot)) = next_slot(rest) {
            // The line before the content stays where it is.
            let kept = if slot == Slot::Content { at + mark } else { at };
            pieces.push((rest[..kept].to_owned(), slot));
            rest = &rest[at + mark..];
        }
        Ok(Self { pieces, end: rest.to_owned() })
    }

    fn fill(&self, frame: &Frame<'_>, content: &str) -> String {
        let fixed: usize = self.pieces.iter().map(|(text, _)| text.len()).sum();
        let mut page = String::with_capacity(fixed + self.end.len() + content.len() + 2048);
        let (canonical, image) = (frame.canonical.as_deref(), frame.image.as_deref());
        for (text, slot) in &self.pieces {
            page.push_str(text);
            let (text, is_markup) = match slot {
                Slot::Title => (frame.title.as_str(), false),
                Slot::Description => (frame.description.as_str(), false),
                Slot::Canonical => (canonical.unwrap_or_default(), false),
                Slot::Image => (image.unwrap_or_default(), false),
                Slot::Feed(at) => (frame.own_feeds.get(*at).map_or("", |feed| &feed.href[..]), false),
                Slot::JsonLd => (frame.json_ld.as_deref().unwrap_or_default(), true),
                Slot::Content => (content, true),
            };
            if is_markup {
                page.push_str(text);
            } else {
                // Writing to a `String` cannot fail.
                let _ = write_escaped(&mut page, text);
            }
        }
        page.push_str(&self.end);
        page
    }
}

/// The first place to be filled: where its mark begins, how long that is, and what it is.
fn next_slot(text: &str) -> Option<(usize, usize, Slot)> {
    let marks = SLOTS.iter().copied().chain([(Slot::Content, CONTENT)]);
    marks.filter_map(|(slot, mark)| Some((text.find(mark)?, mark.len(), slot))).min_by_key(|found| found.0)
}
