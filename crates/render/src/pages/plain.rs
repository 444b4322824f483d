//! Pages without lists: about, and the answer to an address that does not exist.

use serde::Serialize;

use super::{HTML, frame::Frame};
use crate::{Document, Publication, RenderError, route::Route, words::count};

#[derive(Serialize)]
struct About<'a> {
    frame: Frame<'a>,
    threshold: i32,
    half_life: String,
    stories: String,
    providers: String,
    topics: String,
    beacon: bool,
    story_feeds: bool,
}

#[derive(Serialize)]
struct NotFound<'a> {
    frame: Frame<'a>,
    /// Whether something stood there that an editor has taken off the site.
    withdrawn: bool,
}

/// What this publication is and how its numbers come about.
pub(crate) fn about(publication: &Publication) -> Result<Document, RenderError> {
    let site = &publication.snapshot.site;
    let page = About {
        frame: publication.frame(Route::About, "About", ""),
        threshold: site.threshold,
        half_life: hours(site.half_life_h),
        stories: count(publication.index.newest.len(), "story", "stories"),
        providers: count(publication.index.providers.len(), "provider", "providers"),
        topics: count(publication.index.topics.len(), "topic", "topics"),
        beacon: site.beacon,
        story_feeds: site.story_feeds,
    };
    Ok(publication.document(HTML, publication.templates.render("about.html", &page)?))
}

/// The page for an address that does not exist.
pub(crate) fn not_found(publication: &Publication) -> Result<Document, RenderError> {
    nothing(publication, "Page not found", false)
}

/// The page for a story that an editor has taken off the site.
pub(crate) fn withdrawn(publication: &Publication) -> Result<Document, RenderError> {
    nothing(publication, "Story withdrawn", true)
}

fn nothing(publication: &Publication, title: &'static str, withdrawn: bool) -> Result<Document, RenderError> {
    let mut frame = publication.frame(Route::NotFound, title, "");
    frame.canonical = None;
    frame.hidden = true;
    let page = NotFound { frame, withdrawn };
    Ok(publication.document(HTML, publication.templates.render("not_found.html", &page)?))
}

fn hours(hours: f64) -> String {
    let number = format!("{hours:.1}");
    format!("{} hours", number.strip_suffix(".0").unwrap_or(&number))
}
