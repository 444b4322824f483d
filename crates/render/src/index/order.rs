//! What is public, and the keys by which lists are sorted.

use std::cmp::Reverse;

use crate::Snapshot;
use courant_model::{ArticleId, BuiltInRule, Heat, Item, StoryId, Timestamp};

use crate::formatting::is_segment;

/// The time of publication that readers see. If it is absent or later than the snapshot (a wrong
/// clock), it is the time at which Courant first saw the item.
pub(crate) fn time_of(item: &Item, taken: Timestamp) -> Timestamp {
    item.record.published_date_time.filter(|&published| published <= taken).unwrap_or(item.first_seen)
}

/// Whether an editor has withdrawn this article.
pub(crate) fn is_withdrawn(item: &Item) -> bool {
    !item.verdict.published && item.verdict.is_by(BuiltInRule::Editor)
}

/// Whether a story is public: its lead is published.
pub(crate) fn is_public(snapshot: &Snapshot, story: usize) -> bool {
    let lead = snapshot.stories.get(story).and_then(|story| snapshot.items.get(story.lead));
    lead.is_some_and(|lead| lead.verdict.published)
}

/// The time of a story: that of its lead.
pub(crate) fn story_time(snapshot: &Snapshot, story: usize) -> Timestamp {
    time_of(&snapshot.items[snapshot.stories[story].lead], snapshot.taken)
}

/// Sorts the newest story last; of those of the same time, the one with the smallest id.
pub(crate) fn by_time(snapshot: &Snapshot, story: usize) -> (Timestamp, Reverse<StoryId>) {
    (story_time(snapshot, story), Reverse(snapshot.stories[story].id))
}

/// Sorts the newest article last; of those of the same time, the one with the smallest id.
pub(crate) fn article_by_time(snapshot: &Snapshot, item: usize) -> (Timestamp, Reverse<ArticleId>) {
    let item = &snapshot.items[item];
    (time_of(item, snapshot.taken), Reverse(item.id))
}

/// Days since the epoch, then the hottest story of a day last.
pub(crate) type FeedOrderKey = (i64, Option<Heat>, Option<Timestamp>, Reverse<StoryId>);

/// Sorts the newest day last, and in it the hottest story; then the newest lead, then the smallest
/// id.
pub(crate) fn by_day_and_heat(snapshot: &Snapshot, story: usize) -> FeedOrderKey {
    let view = &snapshot.stories[story];
    let lead = &snapshot.items[view.lead];
    let day = story_time(snapshot, story).as_second().div_euclid(86_400);
    (day, lead.heat, lead.record.published_date_time, Reverse(view.id))
}

/// The public articles of a story: its lead, then the others that no editor has withdrawn.
pub(crate) fn articles_of(snapshot: &Snapshot, story: usize) -> impl Iterator<Item = usize> {
    let story = &snapshot.stories[story];
    let shown = |&index: &usize| snapshot.items.get(index).is_some_and(|item| !is_withdrawn(item));
    std::iter::once(story.lead).chain(story.related.iter().copied().filter(shown))
}

/// The domain of an article's provider, if that provider has a page.
pub(crate) fn provider_page(item: &Item) -> Option<&str> {
    let domain = item.record.provider.as_ref().map(|provider| provider.domain.as_str());
    domain.filter(|domain| is_segment(domain))
}

/// The site's copies of images that an item shows.
pub(crate) fn images_of(item: &Item) -> impl Iterator<Item = &String> {
    item.picture.iter().chain(item.thumbnails.iter().map(|small| &small.path))
}

/// The dates of an item that are later than the snapshot.
pub(crate) fn ahead_of(
    item: &Item,
    taken: Timestamp,
) -> impl Iterator<Item = (Timestamp, ArticleId)> + use<> {
    let id = item.id;
    dates_of(item).filter(move |&at| at > taken).map(move |at| (at, id))
}

/// When an item was published and updated, by its record.
pub(super) fn dates_of(item: &Item) -> impl Iterator<Item = Timestamp> + use<> {
    [item.record.published_date_time, item.record.updated_date_time].into_iter().flatten()
}
