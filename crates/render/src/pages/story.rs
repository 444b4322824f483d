//! The page of a story: its lead, who reported it when, and why it is as hot and as good as it is.

use courant_model::{Reason, Signal, StoryId, TopicMatch};
use jiff::civil::Date;
use serde::Serialize;

use super::{HTML, curve, frame::Frame, story_html};
use crate::{
    Document, Publication, RenderError,
    card::{Card, Line},
    feeds::absolute,
    fold::{Folded, fold},
    index::{articles_of, time_of},
    json_ld,
    route::{Channel, Route},
    words::{count, date_of, long_date},
};

/// How many articles the coverage shows; a story with more says so.
const COVERAGE_SHOWN: usize = 400;

/// The templates in whose place the page is written by hand, while all of them are the program's own.
const BY_HAND: &[&str] = &["base.html", "macros.html", "story.html"];

#[derive(Serialize)]
pub(super) struct StoryPage<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) card: Card<'a>,
    pub(super) authors: &'a [String],
    pub(super) days: Vec<CoverageDay<'a>>,
    pub(super) articles: String,
    /// How many articles are not shown.
    pub(super) left_out: usize,
    /// The story's JSON document, which has all.
    pub(super) api: String,
    pub(super) quality: i64,
    pub(super) bill: &'a [Signal],
    pub(super) heat_terms: &'a [Reason],
    /// Markup: the heat over time.
    pub(super) curve: Option<String>,
    pub(super) topic_terms: &'a [TopicMatch],
}

#[derive(Serialize)]
pub(super) struct CoverageDay<'a> {
    pub(super) date: String,
    pub(super) name: String,
    pub(super) reports: Vec<Report<'a>>,
}

/// One report, with its copies folded under it.
#[derive(Serialize)]
pub(super) struct Report<'a> {
    #[serde(flatten)]
    pub(super) line: Line<'a>,
    pub(super) first: bool,
    pub(super) leads: bool,
    pub(super) copy: bool,
    pub(super) copies: Vec<Line<'a>>,
    pub(super) copies_label: String,
}

#[derive(Serialize)]
struct Moved<'a> {
    frame: Frame<'a>,
    to: &'a str,
}

/// A story's page, or the redirect of a merged one; `None` where there is no such public story.
pub(crate) fn story(publication: &Publication, id: StoryId) -> Option<Result<Document, RenderError>> {
    match publication.index.public_story(&publication.snapshot, id) {
        Some(at) => Some(present(publication, at)),
        None => {
            publication.index.target_of(&publication.snapshot, id).map(|into| moved(publication, id, into))
        }
    }
}

fn present(publication: &Publication, at: usize) -> Result<Document, RenderError> {
    let view = &publication.snapshot.stories[at];
    let lead = &publication.snapshot.items[view.lead];
    let card = publication.card(at);
    let by_hand = publication.templates.are_bundled(BY_HAND);
    let frame_of = if by_hand { Publication::bare_frame } else { Publication::frame };
    let mut frame =
        frame_of(publication, Route::Story(view.id), card.lead.title, card.lead.excerpt.unwrap_or_default());
    frame.kind = "article";
    if publication.snapshot.site.story_feeds {
        frame.own_feeds = publication.feed_links(Channel::Story(view.id));
    }
    frame.image = card.image.as_ref().map(|image| absolute(publication, image.src.clone()));
    frame.json_ld = Some(json_ld::story(publication, at)?);
    let articles: Vec<usize> = articles_of(&publication.snapshot, at).collect();
    let page = StoryPage {
        frame,
        card,
        authors: &lead.record.authors,
        days: coverage(publication, &articles[..articles.len().min(COVERAGE_SHOWN)], view.lead),
        articles: count(articles.len(), "article", "articles"),
        left_out: articles.len().saturating_sub(COVERAGE_SHOWN),
        api: publication.link(Route::ApiStory(view.id)),
        quality: lead.record.quality.unwrap_or_default(),
        bill: &lead.signals,
        heat_terms: &view.heat_because,
        curve: view.heat_curve.as_ref().map(curve::svg),
        topic_terms: &lead.topics,
    };
    let html = if by_hand {
        publication.shells.story(publication, &page.frame, &story_html::content(&page))?
    } else {
        publication.templates.render("story.html", &page)?
    };
    Ok(publication.document(HTML, html))
}

/// The reports in the order of their times, by day, each copy under the article that it repeats.
fn coverage<'a>(publication: &'a Publication, articles: &[usize], lead: usize) -> Vec<CoverageDay<'a>> {
    let items = &publication.snapshot.items;
    let folded = fold(publication, articles, lead);
    let first = folded.iter().map(|report| report.article).find(|&at| items[at].copy_of.is_none());
    let mut days: Vec<(Date, CoverageDay<'a>)> = Vec::new();
    for Folded { article: index, copies } in folded {
        let date = date_of(time_of(&items[index], publication.snapshot.taken));
        if days.last().is_none_or(|(last, _)| *last != date) {
            let day = CoverageDay { date: date.to_string(), name: long_date(date), reports: Vec::new() };
            days.push((date, day));
        }
        let report = Report {
            line: publication.line(&items[index]),
            first: first == Some(index),
            leads: index == lead,
            copy: items[index].copy_of.is_some(),
            copies_label: count(copies.len(), "copy", "copies"),
            copies: copies.into_iter().map(|copy| publication.line(&items[copy])).collect(),
        };
        if let Some((_, day)) = days.last_mut() {
            day.reports.push(report);
        }
    }
    days.into_iter().map(|(_, day)| day).collect()
}

fn moved(publication: &Publication, from: StoryId, into: StoryId) -> Result<Document, RenderError> {
    let to = publication.link(Route::Story(into));
    let mut frame = publication.frame(Route::Story(from), "This story has moved", "");
    frame.canonical = Some(publication.address(Route::Story(into)));
    frame.hidden = true;
    let html = publication.templates.render("moved.html", &Moved { frame, to: &to })?;
    Ok(Document { moved_to: Some(to), ..publication.document(HTML, html) })
}
