//! The page of a story: its lead, who reported it when, and the reasons of its heat and quality.

use std::sync::Arc;

use courant_model::{Item, Reason, StoryId};
use jiff::civil::Date;
use minijinja::Value;

use super::{
    HTML, curve,
    layout::{Layout, channel_feeds, layout},
};
use crate::{
    Document, RenderError,
    context::RenderContext,
    formatting::{count, date_of, long_date, title_of},
    grouped_copies::{GroupedReport, grouped_copies},
    index::{articles_of, time_of},
    json_ld,
    lead_image::lead_image,
    route::{Channel, Route, Syntax},
    story_card::{ArticleLine, StoryCard, article_line, card_of_line, excerpt_of},
    template_data::template_data,
};

/// Maximum number of authors in a byline.
const MAX_AUTHORS: usize = 4;

/// Maximum number of articles in the coverage; a story with more says so.
const MAX_COVERAGE: usize = 400;

template_data! {
    struct StoryPage in story: StoryCard {
        frame,
        card,
        authors,
        /// The first authors, with commas.
        byline,
        /// Whether there are authors that the byline leaves out.
        more_authors,
        /// The URL of the story's feed, on a site with feeds of stories.
        feed,
        days,
        articles,
        /// The number of articles that are not shown.
        left_out,
        /// The story's JSON document, which has all articles.
        api,
        quality,
        /// The signals behind the quality.
        bill,
        heat_terms,
        /// Markup: the heat over time.
        curve,
        topic_terms,
    }
}

template_data! {
    struct CoverageDay {
        date,
        name,
        reports,
    }
}

template_data! {
    /// One report, with its copies below it.
    struct Report in line: ArticleLine {
        first,
        leads,
        copy,
        copies,
        copies_label,
    }
}

template_data! {
    struct SignalRow {
        name,
        points,
        /// The points with their sign.
        signed,
        because,
    }
}

template_data! {
    struct HeatTerm {
        what,
        detail,
    }
}

template_data! {
    struct TopicTerms {
        id,
        name,
        score,
        because,
        /// What speaks for the topic, in one text.
        reasons,
    }
}

template_data! {
    struct MovedPage {
        frame,
        to,
    }
}

/// A story's page, or the redirect of a merged one; `None` if there is no such public story.
pub(crate) fn story(context: &RenderContext, id: StoryId) -> Option<Result<Document, RenderError>> {
    match context.index.public_story(&context.snapshot, id) {
        Some(at) => Some(present(context, at)),
        None => context.index.target_of(&context.snapshot, id).map(|into| moved(context, id, into)),
    }
}

fn present(context: &RenderContext, at: usize) -> Result<Document, RenderError> {
    let view = &context.snapshot.stories[at];
    let lead = &context.snapshot.items[view.lead];
    let record = &lead.record;
    let articles: Vec<usize> = articles_of(&context.snapshot, at).collect();
    let line = Arc::new(article_line(context, lead)?);
    let card = Arc::new(card_of_line(context, at, Arc::clone(&line))?);
    let named = &record.authors[..record.authors.len().min(MAX_AUTHORS)];
    let shown = &articles[..articles.len().min(MAX_COVERAGE)];
    let page = StoryPage {
        frame: story_layout(context, at)?.into(),
        card: Value::from_dyn_object(Arc::clone(&card)),
        story: card,
        authors: record.authors.iter().map(Value::from).collect(),
        byline: named.join(", ").into(),
        more_authors: (record.authors.len() > MAX_AUTHORS).into(),
        feed: story_feed(context, view.id).into(),
        days: coverage(context, shown, view.lead, &line)?,
        articles: count(articles.len(), "article", "articles").into(),
        left_out: articles.len().saturating_sub(MAX_COVERAGE).into(),
        api: context.link(Route::ApiStory(view.id)).into(),
        quality: record.quality.unwrap_or_default().into(),
        bill: signal_rows(lead),
        heat_terms: heat_terms(&view.heat_because),
        curve: view.heat_curve.as_ref().map(|curve| Value::from_safe_string(curve::svg(curve))).into(),
        topic_terms: topic_terms(lead),
    };
    Ok(context.document(HTML, context.templates.render("story.html", page.into())?))
}

fn story_layout(context: &RenderContext, at: usize) -> Result<Layout, RenderError> {
    let view = &context.snapshot.stories[at];
    let lead = &context.snapshot.items[view.lead];
    let description = excerpt_of(&lead.record).unwrap_or_default();
    let layout = layout(context, Route::Story(view.id), title_of(&lead.record), description)?;
    let own_feeds = if context.snapshot.site.story_feeds {
        channel_feeds(context, Channel::Story(view.id))
    } else {
        layout.own_feeds
    };
    Ok(Layout {
        kind: "article".into(),
        own_feeds,
        image: lead_image(context, lead).map(|image| context.absolute_url(image.src)).into(),
        json_ld: json_ld::story(context, at)?,
        ..layout
    })
}

/// The URL of a story's first feed, if the site has feeds of stories.
fn story_feed(context: &RenderContext, story: StoryId) -> Option<String> {
    let has_feeds = context.snapshot.site.story_feeds;
    has_feeds.then(|| context.link(Route::Feed(Channel::Story(story), Syntax::ALL[0])))
}

fn signal_rows(lead: &Item) -> Value {
    let row = |signal: &courant_model::Signal| SignalRow {
        name: signal.kind.as_str().into(),
        points: signal.points.into(),
        signed: format!("{:+}", signal.points).into(),
        because: (&signal.because).into(),
    };
    lead.signals.iter().map(row).collect()
}

fn heat_terms(reasons: &[Reason]) -> Value {
    let term = |reason: &Reason| HeatTerm { what: (&reason.what).into(), detail: (&reason.detail).into() };
    reasons.iter().map(term).collect()
}

fn topic_terms(lead: &Item) -> Value {
    let terms = |topic: &courant_model::TopicMatch| TopicTerms {
        id: (&topic.id).into(),
        name: (&topic.name).into(),
        score: topic.score.into(),
        because: topic.because.iter().map(Value::from).collect(),
        reasons: topic.because.join("; ").into(),
    };
    lead.topics.iter().map(terms).collect()
}

/// The reports in the order of their times, by day, each copy below the article that it repeats.
fn coverage(
    context: &RenderContext,
    articles: &[usize],
    lead: usize,
    lead_line: &Arc<ArticleLine>,
) -> Result<Value, RenderError> {
    let items = &context.snapshot.items;
    let reports = grouped_copies(context, articles, lead);
    let first = reports.iter().map(|report| report.article).find(|&at| items[at].copy_of.is_none());
    let line_of = |at: usize| {
        if at == lead { Ok(Arc::clone(lead_line)) } else { article_line(context, &items[at]).map(Arc::new) }
    };
    let mut days: Vec<(Date, Vec<Value>)> = Vec::new();
    for GroupedReport { article, copies } in reports {
        let date = date_of(time_of(&items[article], context.snapshot.taken));
        if days.last().is_none_or(|(last, _)| *last != date) {
            days.push((date, Vec::new()));
        }
        let copy = |copy: usize| line_of(copy).map(Value::from_dyn_object);
        let report = Report {
            line: line_of(article)?,
            first: (first == Some(article)).into(),
            leads: (article == lead).into(),
            copy: items[article].copy_of.is_some().into(),
            copies_label: count(copies.len(), "copy", "copies").into(),
            copies: copies.into_iter().map(copy).collect::<Result<Vec<Value>, RenderError>>()?.into(),
        };
        if let Some((_, reports)) = days.last_mut() {
            reports.push(report.into());
        }
    }
    let day = |(date, reports): (Date, Vec<Value>)| CoverageDay {
        date: date.to_string().into(),
        name: long_date(date).into(),
        reports: reports.into(),
    };
    Ok(days.into_iter().map(day).collect())
}

fn moved(context: &RenderContext, from: StoryId, into: StoryId) -> Result<Document, RenderError> {
    let to = context.link(Route::Story(into));
    let frame = Layout {
        canonical: context.url(Route::Story(into)).into(),
        hidden: true.into(),
        ..layout(context, Route::Story(from), "This story has moved", "")?
    };
    let page = MovedPage { frame: frame.into(), to: (&to).into() };
    let html = context.templates.render("moved.html", page.into())?;
    Ok(Document { moved_to: Some(to), ..context.document(HTML, html) })
}
