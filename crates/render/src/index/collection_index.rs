//! Which records of a collection are shown, and in which order.

use std::collections::HashMap;

use courant_classic::{Collection, CollectionRecord, ListedRecords, Schema};
use courant_model::{Timestamp, Value};
use sha2::{Digest, Sha256};

use super::sorted_index::SortedIndex;
use crate::{cursor::Place, formatting::is_segment};

/// The records of a collection that are shown.
#[derive(Debug)]
pub(crate) struct CollectionIndex {
    /// Newest publication first; those without a date last.
    pub(crate) shown: SortedIndex,
    /// Positions of the records by id.
    pub(crate) ids: HashMap<String, usize>,
}

impl CollectionIndex {
    pub(crate) fn new(collection: &Collection) -> Self {
        let (schema, entries) = (&collection.schema, &collection.entries);
        let shown = || (0..entries.len()).filter(|&at| is_shown(schema, &entries[at]));
        Self {
            shown: SortedIndex::of(shown(), |at| std::cmp::Reverse(place_of(&entries[at]).key())),
            ids: shown().map(|at| (entries[at].stem().to_owned(), at)).collect(),
        }
    }
}

/// Whether a record is listed, and its name can be part of a URL.
fn is_shown(schema: &Schema, entry: &CollectionRecord) -> bool {
    let published = entry.get("published").and_then(Value::as_bool);
    let is_listed = match schema.api.as_ref().map_or(ListedRecords::UnlessHeld, |api| api.listed) {
        ListedRecords::UnlessHeld => published != Some(false),
        ListedRecords::Published => published == Some(true),
    };
    is_listed && entry.stem().split('/').all(is_segment)
}

/// The place of a record in the list of its kind.
pub(crate) fn place_of(entry: &CollectionRecord) -> Place {
    let mut id = [0; 16];
    id.copy_from_slice(&Sha256::digest(entry.stem())[..16]);
    Place { at: published_at(entry).unwrap_or(Timestamp::MIN), id }
}

/// The time of publication of a record.
pub(crate) fn published_at(entry: &CollectionRecord) -> Option<Timestamp> {
    entry.get("publishedDateTime")?.as_str()?.parse().ok()
}
