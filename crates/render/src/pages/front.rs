//! The front page: the hottest stories of the last two days on top, then the others, day by day.

use minijinja::Value;

use super::{
    HTML,
    layout::{Layout, Pager, layout},
    list::cards_by_day,
};
use crate::{
    Document, RenderError,
    card_parts::topic_page,
    context::RenderContext,
    formatting::{count, date_of, long_date},
    index::story_time,
    json_ld,
    lead_image::lead_image,
    route::{List, Route},
    story_card::story_card,
    template_data::template_data,
};

/// Number of stories beside the lead on a wide screen.
const BESIDE_LEAD: usize = 3;

/// Maximum number of topics that the front page lists with their numbers of stories.
const MAX_BOARD_TOPICS: usize = 8;

template_data! {
    struct FrontPage {
        frame,
        /// The date of the newest story.
        date,
        lead,
        beside,
        second,
        river,
        board,
        pager,
    }
}

template_data! {
    struct BoardTopic {
        name,
        href,
        stories,
    }
}

/// The front page.
pub(crate) fn front(context: &RenderContext) -> Result<Document, RenderError> {
    let index = &context.index;
    let size = context.page_size();
    let top = &index.top[..index.top.len().min(size)];
    let (below, older) = below_top(context, size - top.len());
    let cards: Result<Vec<Value>, RenderError> =
        top.iter().map(|&story| story_card(context, story).map(Value::from)).collect();
    let mut cards = cards?.into_iter();
    let date = index.newest.first().map(|story| long_date(date_of(story_time(&context.snapshot, story))));
    let pager = Pager {
        page: 0.into(),
        older: older.map(|page| context.link(Route::Page(List::Front, page))).into(),
        ..Pager::default()
    };
    let page = FrontPage {
        frame: front_layout(context, top)?.into(),
        date: date.into(),
        lead: cards.next().into(),
        beside: cards.by_ref().take(BESIDE_LEAD).collect(),
        second: cards.collect(),
        river: cards_by_day(context, &below)?,
        board: board(context),
        pager: pager.into(),
    };
    Ok(context.document(HTML, context.templates.render("front.html", page.into())?))
}

fn front_layout(context: &RenderContext, top: &[usize]) -> Result<Layout, RenderError> {
    let lead = top.first().map(|&story| &context.snapshot.items[context.snapshot.stories[story].lead]);
    let image = lead.and_then(|lead| lead_image(context, lead));
    Ok(Layout {
        image: image.map(|image| context.absolute_url(image.src)).into(),
        json_ld: json_ld::front(context, top)?,
        ..layout(context, Route::Page(List::Front, 0), "", "")?
    })
}

/// The newest stories that are not on top, and the page on which the list continues.
fn below_top(context: &RenderContext, length: usize) -> (Vec<usize>, Option<usize>) {
    let index = &context.index;
    let len = index.feed_order.len();
    let shown = index.feed_order.newest_first().enumerate().filter(|(_, story)| !index.top.contains(story));
    let shown: Vec<(usize, usize)> = shown.take(length).collect();
    let least = shown.last().map_or(len, |(from_newest, _)| len - 1 - from_newest);
    (shown.into_iter().map(|(_, story)| story).collect(), context.paging(len).older_than(least))
}

fn board(context: &RenderContext) -> Value {
    let topics = &context.snapshot.topics;
    let stories = |at: usize| context.list_len(List::Topic(&topics[at].id));
    let mut shown: Vec<usize> = (0..topics.len()).filter(|&at| stories(at) > 0).collect();
    shown.sort_by_key(|&at| (std::cmp::Reverse(stories(at)), at));
    shown.truncate(MAX_BOARD_TOPICS);
    let entry = |at: usize| BoardTopic {
        name: (&topics[at].name).into(),
        href: topic_page(context, at).into(),
        stories: count(stories(at), "story", "stories").into(),
    };
    shown.into_iter().map(entry).collect()
}
