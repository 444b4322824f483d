//! The front page: the hottest stories of the last two days on top, then the river, day by day.

use serde::Serialize;

use super::{
    HTML,
    frame::{Frame, Pager},
    list::{DayGroup, by_day},
};
use crate::{
    Document, Publication, RenderError,
    card::Card,
    feeds::absolute,
    json_ld,
    route::{List, Route},
    words::{count, date_of, long_date},
};

/// How many stories stand beside the lead on a wide screen.
const BESIDE_LEAD: usize = 3;

/// How many topics the front page lists with their newest story.
const TOPIC_BOARD: usize = 8;

#[derive(Serialize)]
struct Front<'a> {
    frame: Frame<'a>,
    /// The date of the newest story.
    date: Option<String>,
    lead: Option<Card<'a>>,
    beside: Vec<Card<'a>>,
    second: Vec<Card<'a>>,
    river: Vec<DayGroup<'a>>,
    board: Vec<BoardEntry<'a>>,
    pager: Pager,
}

#[derive(Serialize)]
struct BoardEntry<'a> {
    name: &'a str,
    href: Option<String>,
    stories: String,
}

/// The front page.
pub(crate) fn front(publication: &Publication) -> Result<Document, RenderError> {
    let index = &publication.index;
    let size = publication.page_size();
    let top = &index.top[..index.top.len().min(size)];
    let (river, older) = river(publication, size - top.len());
    let mut cards = top.iter().map(|&story| publication.card(story));
    let lead = cards.next();
    let beside: Vec<_> = cards.by_ref().take(BESIDE_LEAD).collect();
    let second: Vec<_> = cards.collect();
    let mut frame = publication.frame(Route::Page(List::Front, 0), "", "");
    frame.image = lead
        .as_ref()
        .and_then(|card| card.image.as_ref())
        .map(|image| absolute(publication, image.src.clone()));
    frame.json_ld = Some(json_ld::front(publication, top)?);
    let date = index.newest.first().map(|story| {
        let item = &publication.snapshot.items[publication.snapshot.stories[story].lead];
        long_date(date_of(crate::index::time_of(item, publication.snapshot.taken)))
    });
    let page = Front {
        frame,
        date,
        lead,
        beside,
        second,
        river: by_day(publication, &river),
        board: board(publication),
        pager: Pager {
            page: 0,
            pages: None,
            newer: None,
            older: older.map(|page| publication.link(Route::Page(List::Front, page))),
        },
    };
    Ok(publication.document(HTML, publication.templates.render("front.html", &page)?))
}

/// The newest stories of the river that do not stand above it, and the page on which it goes on.
fn river(publication: &Publication, length: usize) -> (Vec<usize>, Option<usize>) {
    let index = &publication.index;
    let len = index.river.len();
    let shown = index.river.newest_first().enumerate().filter(|(_, story)| !index.top.contains(story));
    let shown: Vec<(usize, usize)> = shown.take(length).collect();
    let least = shown.last().map_or(len, |(from_newest, _)| len - 1 - from_newest);
    (shown.into_iter().map(|(_, story)| story).collect(), publication.paging(len).older_than(least))
}

fn board(publication: &Publication) -> Vec<BoardEntry<'_>> {
    let stories = |at: usize| publication.list_len(List::Topic(&publication.snapshot.topics[at].id));
    let mut topics: Vec<usize> =
        (0..publication.snapshot.topics.len()).filter(|&at| stories(at) > 0).collect();
    topics.sort_by_key(|&at| (std::cmp::Reverse(stories(at)), at));
    topics.truncate(TOPIC_BOARD);
    topics
        .into_iter()
        .map(|at| {
            let link = publication.topic_link(at);
            BoardEntry { name: link.name, href: link.href, stories: count(stories(at), "story", "stories") }
        })
        .collect()
}
