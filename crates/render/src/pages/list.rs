//! Lists of stories cut into pages: the feed of the front page, a topic, a day; and a provider's
//! articles.

use jiff::civil::Date;
use minijinja::Value;

use super::{
    HTML,
    layout::{Layout, layout, pager},
};
use crate::{
    Document, RenderError,
    card_parts::topic_link,
    context::RenderContext,
    formatting::{count, date_of, long_date},
    index::time_of,
    json_ld,
    route::{List, Route},
    story_card::{ArticleLine, article_line, source_count, story_card, story_rows},
    template_data::template_data,
};

template_data! {
    /// The stories of one UTC day.
    struct DayGroup {
        date,
        name,
        href,
        /// The stories as data; empty in lists whose template is the bundled one, which shows the
        /// rows.
        cards,
        /// The stories as HTML; empty on the front page.
        rows,
    }
}

template_data! {
    struct StoryList {
        frame,
        label,
        heading,
        intro,
        count,
        /// Whether each day has a heading.
        dated,
        above,
        below,
        days,
        pager,
    }
}

template_data! {
    struct ProviderList {
        frame,
        name,
        domain,
        description,
        count,
        articles,
        pager,
    }
}

template_data! {
    struct ProviderArticle in line: ArticleLine {
        story,
        leads,
        copy,
        sources,
    }
}

/// One page of a list; `None` if there is no such list or page.
pub(crate) fn list(
    context: &RenderContext,
    list: List<'_>,
    page: usize,
) -> Option<Result<Document, RenderError>> {
    let index = &context.index;
    let places = context.paging(context.list_len(list)).places(page)?;
    let shown = match list {
        List::Front => index.feed_order.part(places),
        List::Topic(id) => index.topics.get(id)?.part(places),
        List::Provider(domain) => index.providers.get(domain)?.part(places),
        List::Day(date) => {
            index.days.get(&date)?;
            let start = index.day_start(&context.snapshot, date);
            index.feed_order.part(start + places.start..start + places.end)
        }
    };
    Some(match list {
        List::Provider(domain) => provider(context, domain, page, &shown),
        _ => stories(context, list, page, &shown),
    })
}

/// These stories as data, grouped by day, in their order.
pub(super) fn cards_by_day(context: &RenderContext, stories: &[usize]) -> Result<Value, RenderError> {
    let group = |(date, stories): (Date, Vec<usize>)| {
        let group = DayGroup {
            cards: cards(context, &stories)?,
            rows: Vec::<Value>::new().into(),
            ..day_group(context, date)
        };
        Ok(group.into())
    };
    let groups: Result<Vec<Value>, RenderError> = by_day(context, stories).into_iter().map(group).collect();
    Ok(groups?.into())
}

fn cards(context: &RenderContext, stories: &[usize]) -> Result<Value, RenderError> {
    let card = |&story: &usize| story_card(context, story).map(Value::from);
    let cards: Result<Vec<Value>, RenderError> = stories.iter().map(card).collect();
    Ok(cards?.into())
}

/// These stories as HTML, grouped by day, in their order.
fn rows_by_day(context: &RenderContext, stories: &[usize], dated: bool) -> Result<Value, RenderError> {
    let wants_cards = context.templates.is_overridden("list.html");
    let mut groups = Vec::new();
    for (date, stories) in by_day(context, stories) {
        let row = |&story: &usize| {
            let rows = story_rows(context, story)?;
            Ok(if dated { rows.below_days.clone() } else { rows.of_day.clone() })
        };
        let rows: Result<Vec<Value>, RenderError> = stories.iter().map(row).collect();
        let group = DayGroup {
            cards: cards(context, if wants_cards { &stories } else { &[] })?,
            rows: rows?.into(),
            ..day_group(context, date)
        };
        groups.push(Value::from(group));
    }
    Ok(groups.into())
}

fn day_group(context: &RenderContext, date: Date) -> DayGroup {
    DayGroup {
        date: date.to_string().into(),
        name: long_date(date).into(),
        href: context.link(Route::Page(List::Day(date), 0)).into(),
        ..DayGroup::default()
    }
}

fn by_day(context: &RenderContext, stories: &[usize]) -> Vec<(Date, Vec<usize>)> {
    let mut days: Vec<(Date, Vec<usize>)> = Vec::new();
    for &story in stories {
        let lead = &context.snapshot.items[context.snapshot.stories[story].lead];
        let date = date_of(time_of(lead, context.snapshot.taken));
        match days.last_mut() {
            Some((last, stories)) if *last == date => stories.push(story),
            _ => days.push((date, vec![story])),
        }
    }
    days
}

fn stories(
    context: &RenderContext,
    list: List<'_>,
    page: usize,
    shown: &[usize],
) -> Result<Document, RenderError> {
    let (label, heading, topic) = match list {
        List::Topic(id) => {
            let at = context.snapshot.topics.iter().position(|topic| topic.id == id);
            let name = at.map_or(id, |at| context.snapshot.topics[at].name.as_str());
            ("Topic", name.to_owned(), at)
        }
        List::Day(date) => ("Archive", long_date(date), None),
        List::Front | List::Provider(_) => ("All stories", "Earlier stories".to_owned(), None),
    };
    let intro = topic.and_then(|at| context.snapshot.topics[at].description.as_deref());
    let title = if page > 0 { format!("{heading}, page {page}") } else { heading.clone() };
    let frame = Layout {
        json_ld: json_ld::item_list(context, shown)?,
        ..layout(context, Route::Page(list, page), &title, intro.unwrap_or_default())?
    };
    let (above, below) =
        topic.map_or_else(|| (().into(), Vec::<Value>::new().into()), |at| relatives(context, at));
    let dated = !matches!(list, List::Day(_));
    let page = StoryList {
        frame: frame.into(),
        label: label.into(),
        heading: heading.into(),
        intro: intro.into(),
        count: count(context.list_len(list), "story", "stories").into(),
        dated: dated.into(),
        above,
        below,
        days: rows_by_day(context, shown, dated)?,
        pager: pager(context, list, page).into(),
    };
    Ok(context.document(HTML, context.templates.render("list.html", page.into())?))
}

/// The topic above this one, and those directly below it that have stories.
fn relatives(context: &RenderContext, at: usize) -> (Value, Value) {
    let topics = &context.snapshot.topics;
    let names = &context.index.topic_names;
    let above = topics[at].parent.as_ref().and_then(|name| names.get(name));
    let below = topics
        .iter()
        .enumerate()
        .filter(|(_, topic)| topic.parent.as_ref() == Some(&topics[at].name))
        .filter(|(_, topic)| context.list_len(List::Topic(&topic.id)) > 0)
        .map(|(below, _)| topic_link(context, below))
        .collect();
    (above.map(|&above| topic_link(context, above)).into(), below)
}

fn provider(
    context: &RenderContext,
    domain: &str,
    page: usize,
    shown: &[usize],
) -> Result<Document, RenderError> {
    let name = context.index.provider_name(&context.snapshot, domain);
    let name = if name.is_empty() { domain } else { name };
    let known = context.snapshot.providers.iter().find(|known| known.provider.domain == domain);
    let description = known.and_then(|known| known.description.as_deref());
    let title = if page > 0 { format!("{name}, page {page}") } else { name.to_owned() };
    let list = List::Provider(domain);
    let article = |&index: &usize| provider_article(context, index).map(Value::from);
    let articles: Result<Vec<Value>, RenderError> = shown.iter().map(article).collect();
    let frame = layout(context, Route::Page(list, page), &title, description.unwrap_or_default())?;
    let page = ProviderList {
        frame: frame.into(),
        name: name.into(),
        domain: domain.into(),
        description: description.into(),
        count: count(context.list_len(list), "article", "articles").into(),
        articles: articles?.into(),
        pager: pager(context, list, page).into(),
    };
    Ok(context.document(HTML, context.templates.render("provider.html", page.into())?))
}

fn provider_article(context: &RenderContext, index: usize) -> Result<ProviderArticle, RenderError> {
    let item = &context.snapshot.items[index];
    let story = context.index.public_story(&context.snapshot, item.story);
    let sources = story.map_or(1, |story| source_count(context, story));
    Ok(ProviderArticle {
        line: article_line(context, item)?.into(),
        story: context.link(Route::Story(item.story)).into(),
        leads: story.is_some_and(|story| context.snapshot.stories[story].lead == index).into(),
        copy: item.copy_of.is_some().into(),
        sources: count(sources, "source", "sources").into(),
    })
}
