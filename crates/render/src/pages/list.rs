//! Lists of stories cut into pages: the river of the front page, a topic, a day; and a provider's articles.

use jiff::civil::Date;
use serde::Serialize;

use super::{
    HTML,
    frame::{Frame, Pager},
    list_html,
};
use crate::{
    Document, Publication, RenderError,
    card::{Card, Line, Named},
    index::time_of,
    json_ld,
    route::{Channel, List, Route},
    words::{count, date_of, long_date},
};

/// The templates in whose place lists are written by hand, while all of them are the program's own.
const BY_HAND: &[&str] = &["base.html", "macros.html", "list.html", "provider.html"];

/// The stories of one UTC day.
#[derive(Serialize)]
pub(crate) struct DayGroup<'a> {
    pub(super) date: String,
    pub(super) name: String,
    pub(super) href: String,
    pub(super) cards: Vec<Card<'a>>,
}

#[derive(Serialize)]
pub(super) struct StoryList<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) label: &'static str,
    pub(super) heading: String,
    pub(super) intro: Option<&'a str>,
    pub(super) count: String,
    /// Whether each day needs a heading of its own.
    pub(super) dated: bool,
    pub(super) above: Option<Named<'a>>,
    pub(super) below: Vec<Named<'a>>,
    pub(super) days: Vec<DayGroup<'a>>,
    pub(super) pager: Pager,
}

#[derive(Serialize)]
pub(super) struct ProviderList<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) name: &'a str,
    pub(super) domain: &'a str,
    pub(super) description: Option<&'a str>,
    pub(super) count: String,
    pub(super) articles: Vec<ProviderArticle<'a>>,
    pub(super) pager: Pager,
}

#[derive(Serialize)]
pub(super) struct ProviderArticle<'a> {
    #[serde(flatten)]
    pub(super) line: Line<'a>,
    pub(super) story: String,
    pub(super) leads: bool,
    pub(super) copy: bool,
    pub(super) sources: String,
}

/// One page of a list; `None` where there is no such list or page.
pub(crate) fn list(
    publication: &Publication,
    list: List<'_>,
    page: usize,
) -> Option<Result<Document, RenderError>> {
    let index = &publication.index;
    let places = publication.paging(publication.list_len(list)).places(page)?;
    let shown = match list {
        List::Front => index.river.part(places),
        List::Topic(id) => index.topics.get(id)?.part(places),
        List::Provider(domain) => index.providers.get(domain)?.part(places),
        List::Day(date) => {
            index.days.get(&date)?;
            let start = index.day_start(&publication.snapshot, date);
            index.river.part(start + places.start..start + places.end)
        }
    };
    Some(match list {
        List::Provider(domain) => provider(publication, domain, page, &shown),
        _ => stories(publication, list, page, &shown),
    })
}

/// These stories with a heading for each day, in the order in which they come.
pub(crate) fn by_day<'a>(publication: &'a Publication, stories: &[usize]) -> Vec<DayGroup<'a>> {
    let mut days: Vec<(Date, DayGroup<'a>)> = Vec::new();
    for &story in stories {
        let lead = &publication.snapshot.items[publication.snapshot.stories[story].lead];
        let date = date_of(time_of(lead, publication.snapshot.taken));
        if days.last().is_none_or(|(last, _)| *last != date) {
            let group = DayGroup {
                date: date.to_string(),
                name: long_date(date),
                href: publication.link(Route::Page(List::Day(date), 0)),
                cards: Vec::new(),
            };
            days.push((date, group));
        }
        if let Some((_, day)) = days.last_mut() {
            day.cards.push(publication.card(story));
        }
    }
    days.into_iter().map(|(_, day)| day).collect()
}

fn stories(
    publication: &Publication,
    list: List<'_>,
    page: usize,
    shown: &[usize],
) -> Result<Document, RenderError> {
    let (label, heading, topic) = match list {
        List::Topic(id) => {
            let at = publication.snapshot.topics.iter().position(|topic| topic.id == id);
            let name = at.map_or(id, |at| publication.snapshot.topics[at].name.as_str());
            ("Topic", name.to_owned(), at)
        }
        List::Day(date) => ("Archive", long_date(date), None),
        List::Front | List::Provider(_) => ("All stories", "Earlier stories".to_owned(), None),
    };
    let intro = topic.and_then(|at| publication.snapshot.topics[at].description.as_deref());
    let title = if page > 0 { format!("{heading}, page {page}") } else { heading.clone() };
    let mut frame = publication.frame(Route::Page(list, page), &title, intro.unwrap_or_default());
    if let List::Topic(id) = list {
        frame.feeds = publication.feed_links(Channel::Topic(id));
    }
    frame.json_ld = Some(json_ld::item_list(publication, shown)?);
    let (above, below) = topic.map_or((None, Vec::new()), |at| kin(publication, at));
    let page = StoryList {
        frame,
        label,
        heading,
        intro,
        count: count(publication.list_len(list), "story", "stories"),
        dated: !matches!(list, List::Day(_)),
        above,
        below,
        days: by_day(publication, shown),
        pager: publication.pager(list, page),
    };
    let html = if publication.templates.are_bundled(BY_HAND) {
        let topic = matches!(list, List::Topic(_)).then_some(topic).flatten();
        publication.shells.list(publication, &page.frame, topic, &list_html::stories(&page))?
    } else {
        publication.templates.render("list.html", &page)?
    };
    Ok(publication.document(HTML, html))
}

/// The topic above this one, and those directly below it that have stories.
fn kin(publication: &Publication, at: usize) -> (Option<Named<'_>>, Vec<Named<'_>>) {
    let topics = &publication.snapshot.topics;
    let names = &publication.index.topic_names;
    let above = topics[at].parent.as_ref().and_then(|name| names.get(name));
    let has_stories = |id: &str| publication.list_len(List::Topic(id)) > 0;
    let below = topics
        .iter()
        .enumerate()
        .filter(|(_, topic)| topic.parent.as_ref() == Some(&topics[at].name) && has_stories(&topic.id))
        .map(|(below, _)| publication.topic_link(below))
        .collect();
    (above.map(|&above| publication.topic_link(above)), below)
}

fn provider(
    publication: &Publication,
    domain: &str,
    page: usize,
    shown: &[usize],
) -> Result<Document, RenderError> {
    let name = publication.index.provider_name(&publication.snapshot, domain);
    let name = if name.is_empty() { domain } else { name };
    let known = publication.snapshot.providers.iter().find(|known| known.provider.domain == domain);
    let description = known.and_then(|known| known.description.as_deref());
    let title = if page > 0 { format!("{name}, page {page}") } else { name.to_owned() };
    let list = List::Provider(domain);
    let frame = publication.frame(Route::Page(list, page), &title, description.unwrap_or_default());
    let articles = shown
        .iter()
        .map(|&index| {
            let item = &publication.snapshot.items[index];
            let story = publication.index.public_story(&publication.snapshot, item.story);
            ProviderArticle {
                line: publication.line(item),
                story: publication.link(Route::Story(item.story)),
                leads: story.is_some_and(|story| publication.snapshot.stories[story].lead == index),
                copy: item.copy_of.is_some(),
                sources: count(story.map_or(1, |story| publication.source_count(story)), "source", "sources"),
            }
        })
        .collect();
    let page = ProviderList {
        frame,
        name,
        domain,
        description,
        count: count(publication.list_len(list), "article", "articles"),
        articles,
        pager: publication.pager(list, page),
    };
    let html = if publication.templates.are_bundled(BY_HAND) {
        publication.shells.provider(publication, &page.frame, &list_html::provider(&page))?
    } else {
        publication.templates.render("provider.html", &page)?
    };
    Ok(publication.document(HTML, html))
}
