//! The record of an article with its `related`, as the record writer and other outputs want it.

use crate::Snapshot;
use courant_model::{Item, Record};

/// The full record of an item: with the other articles of its story as `related`, best quality first, where
/// the item is its story's lead. Held articles are listed too: a record tells everything about its story.
///
/// For many items at once use [`records_of`], or [`crate::Publication::record`], which find the story by index.
///
/// # Panics
/// If `item` is not an index of [`Snapshot::items`].
pub fn record_of(snapshot: &Snapshot, item: usize) -> Record {
    let story = snapshot.stories.iter().position(|story| story.lead == item);
    record_with_story(snapshot, item, story)
}

/// The records of those items of a snapshot that are `wanted`, in the order of its items, each as [`record_of`] gives it.
pub fn records_of<'s>(
    snapshot: &'s Snapshot,
    wanted: impl Fn(&Item) -> bool + 's,
) -> impl Iterator<Item = (&'s Item, Record)> + 's {
    let mut led = vec![None; snapshot.items.len()];
    for (position, story) in snapshot.stories.iter().enumerate() {
        if let Some(place) = led.get_mut(story.lead) {
            *place = Some(position);
        }
    }
    let items = snapshot.items.iter().map(|item| &**item).enumerate();
    items
        .filter(move |(_, item)| wanted(item))
        .map(move |(at, item)| (item, record_with_story(snapshot, at, led[at])))
}

/// As [`record_of`], with the position of the story that this item leads already known.
pub(crate) fn record_with_story(snapshot: &Snapshot, item: usize, led: Option<usize>) -> Record {
    let mut record = snapshot.items[item].record.clone();
    // What an editor says of `related`, or an imported record, stays.
    if record.related.is_empty()
        && let Some(story) = led.and_then(|position| snapshot.stories.get(position))
    {
        record.related = story
            .related
            .iter()
            .filter_map(|&index| snapshot.items.get(index))
            .map(|item| item.record.as_related())
            .collect();
    }
    record
}
