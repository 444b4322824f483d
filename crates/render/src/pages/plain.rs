//! Pages without lists: about, and the pages for URLs at which there is nothing.

use super::{
    HTML,
    layout::{Layout, layout},
};
use crate::{
    Document, RenderError, context::RenderContext, formatting::count, route::Route,
    template_data::template_data,
};

template_data! {
    struct About {
        frame,
        threshold,
        half_life,
        stories,
        providers,
        topics,
        /// Whether the site counts followed links.
        beacon,
        story_feeds,
    }
}

template_data! {
    struct NotFound {
        frame,
        /// Whether an editor has withdrawn what was there.
        withdrawn,
    }
}

/// What this publication is and how its scores are calculated.
pub(crate) fn about(context: &RenderContext) -> Result<Document, RenderError> {
    let site = &context.snapshot.site;
    let page = About {
        frame: layout(context, Route::About, "About", "")?.into(),
        threshold: site.threshold.into(),
        half_life: hours(site.half_life_h).into(),
        stories: count(context.index.newest.len(), "story", "stories").into(),
        providers: count(context.index.providers.len(), "provider", "providers").into(),
        topics: count(context.index.topics.len(), "topic", "topics").into(),
        beacon: site.beacon.into(),
        story_feeds: site.story_feeds.into(),
    };
    Ok(context.document(HTML, context.templates.render("about.html", page.into())?))
}

/// The page for a URL at which there never was anything.
pub(crate) fn not_found(context: &RenderContext) -> Result<Document, RenderError> {
    nothing(context, "Page not found", false)
}

/// The page for a story that an editor has withdrawn.
pub(crate) fn withdrawn(context: &RenderContext) -> Result<Document, RenderError> {
    nothing(context, "Story withdrawn", true)
}

fn nothing(context: &RenderContext, title: &'static str, withdrawn: bool) -> Result<Document, RenderError> {
    let frame =
        Layout { canonical: ().into(), hidden: true.into(), ..layout(context, Route::NotFound, title, "")? };
    let page = NotFound { frame: frame.into(), withdrawn: withdrawn.into() };
    Ok(context.document(HTML, context.templates.render("not_found.html", page.into())?))
}

fn hours(hours: f64) -> String {
    let number = format!("{hours:.1}");
    format!("{} hours", number.strip_suffix(".0").unwrap_or(&number))
}
