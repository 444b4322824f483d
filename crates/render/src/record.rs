//! The record of an article with its `related`.

use crate::Snapshot;
use courant_model::{Item, Record};

/// The full record of an item. The lead of a story has its other articles as `related`, best
/// quality first, held ones included.
///
/// For many items use [`records_of`], or [`crate::Publication::record`], which find the story by an
/// index.
///
/// # Panics
/// If `item` is not an index of [`Snapshot::items`].
pub fn record_of(snapshot: &Snapshot, item: usize) -> Record {
    let story = snapshot.stories.iter().position(|story| story.lead == item);
    record_with_story(snapshot, item, story)
}

/// The records of the items of a snapshot for which `wanted` is true, in the order of the items, as
/// by [`record_of`].
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

/// As [`record_of`], for a known position of the story that the item leads.
pub(crate) fn record_with_story(snapshot: &Snapshot, item: usize, led: Option<usize>) -> Record {
    let mut record = snapshot.items[item].record.clone();
    // `related` set by an editor or by an imported record is kept.
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
