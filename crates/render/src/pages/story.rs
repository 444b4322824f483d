//! The page of a story: its lead, who reported it when, and why it is as hot and as good as it is.

use std::collections::HashMap;

use courant_model::{ArticleId, Reason, Signal, StoryId, TopicMatch};
use jiff::civil::Date;
use serde::Serialize;

use super::{HTML, frame::Frame};
use crate::{
    Document, Publication, RenderError,
    card::{Card, Line},
    feeds::absolute,
    index::{articles_of, time_of},
    json_ld,
    route::Route,
    words::{count, date_of, long_date},
};

/// How many articles the coverage shows; a story with more says so.
const COVERAGE_SHOWN: usize = 400;

/// How often a copy of a copy is followed to its original.
const COPY_STEPS: usize = 8;

#[derive(Serialize)]
struct StoryPage<'a> {
    frame: Frame<'a>,
    card: Card<'a>,
    authors: &'a [String],
    days: Vec<CoverageDay<'a>>,
    articles: String,
    /// How many articles are not shown.
    left_out: usize,
    /// The story's JSON document, which has all.
    api: String,
    quality: i64,
    bill: &'a [Signal],
    heat_terms: &'a [Reason],
    topic_terms: &'a [TopicMatch],
}

#[derive(Serialize)]
struct CoverageDay<'a> {
    date: String,
    name: String,
    reports: Vec<Report<'a>>,
}

/// One report, with its copies folded under it.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    line: Line<'a>,
    first: bool,
    leads: bool,
    copy: bool,
    copies: Vec<Line<'a>>,
    copies_label: String,
}

#[derive(Serialize)]
struct Moved<'a> {
    frame: Frame<'a>,
    to: &'a str,
}

/// A story's page, or the redirect of a merged one; `None` where there is no such public story.
pub(crate) fn story(publication: &Publication, id: StoryId) -> Option<Result<Document, RenderError>> {
    match publication.index.stories.get(&id) {
        Some(&at) => Some(present(publication, at)),
        None => publication.index.moved.get(&id).map(|&into| moved(publication, id, into)),
    }
}

fn present(publication: &Publication, at: usize) -> Result<Document, RenderError> {
    let view = &publication.snapshot.stories[at];
    let lead = &publication.snapshot.items[view.lead];
    let card = publication.card(at);
    let mut frame =
        publication.frame(Route::Story(view.id), card.lead.title, card.lead.excerpt.unwrap_or_default());
    frame.kind = "article";
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
        topic_terms: &lead.topics,
    };
    Ok(publication.document(HTML, publication.templates.render("story.html", &page)?))
}

/// The reports in the order of their times, by day, each copy under the article that it repeats.
fn coverage<'a>(publication: &'a Publication, articles: &[usize], lead: usize) -> Vec<CoverageDay<'a>> {
    let items = &publication.snapshot.items;
    let time = |index: usize| time_of(&items[index], publication.snapshot.taken);
    let mut by_time = articles.to_vec();
    by_time.sort_by_key(|&index| (time(index), items[index].id));
    let first = by_time.iter().copied().find(|&index| items[index].copy_of.is_none());
    let shown: HashMap<ArticleId, usize> = articles.iter().map(|&index| (items[index].id, index)).collect();

    let mut copies: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut reports = Vec::new();
    for index in by_time {
        match original_of(publication, &shown, index).filter(|_| index != lead) {
            Some(original) => copies.entry(original).or_default().push(index),
            None => reports.push(index),
        }
    }
    let mut days: Vec<(Date, CoverageDay<'a>)> = Vec::new();
    for index in reports {
        let date = date_of(time(index));
        if days.last().is_none_or(|(last, _)| *last != date) {
            let day = CoverageDay { date: date.to_string(), name: long_date(date), reports: Vec::new() };
            days.push((date, day));
        }
        let copies = copies.remove(&index).unwrap_or_default();
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

/// The article under which a copy is folded: the one at the end of its chain, where that is shown and does not
/// itself repeat a shown one.
fn original_of(publication: &Publication, shown: &HashMap<ArticleId, usize>, index: usize) -> Option<usize> {
    let next = |index: usize| {
        let original = publication.snapshot.items[index].copy_of?;
        shown.get(&original).copied().filter(|&found| found != index)
    };
    let mut original = next(index)?;
    for _ in 0..COPY_STEPS {
        match next(original) {
            None => return Some(original),
            Some(further) => original = further,
        }
    }
    None
}

fn moved(publication: &Publication, from: StoryId, into: StoryId) -> Result<Document, RenderError> {
    let to = publication.link(Route::Story(into));
    let mut frame = publication.frame(Route::Story(from), "This story has moved", "");
    frame.canonical = Some(publication.address(Route::Story(into)));
    frame.hidden = true;
    let html = publication.templates.render("moved.html", &Moved { frame, to: &to })?;
    Ok(Document { moved_to: Some(to), ..publication.document(HTML, html) })
}
