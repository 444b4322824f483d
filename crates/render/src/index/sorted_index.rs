//! A sorted list of positions that stays sorted while entries are added and removed.

use std::ops::Range;

/// Positions of stories or items, sorted by ascending key; readers see them in descending order, so
/// that a new entry usually goes to the end. Keys are not stored; that of an entry must not change
/// while it is in the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SortedIndex(Vec<u32>);

impl SortedIndex {
    /// These positions, sorted by key.
    pub(crate) fn of<K: Ord>(positions: impl IntoIterator<Item = usize>, key: impl Fn(usize) -> K) -> Self {
        let mut entries: Vec<u32> = positions.into_iter().map(|at| at as u32).collect();
        entries.sort_by_cached_key(|&at| key(at as usize));
        Self(entries)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All entries, those with the greatest key first.
    pub(crate) fn newest_first(&self) -> impl DoubleEndedIterator<Item = usize> + Clone + '_ {
        self.0.iter().rev().map(|&at| at as usize)
    }

    /// The entry with the greatest key.
    pub(crate) fn first(&self) -> Option<usize> {
        self.0.last().map(|&at| at as usize)
    }

    /// The entries in these places, counted from the least key, those with the greatest key first.
    /// Places beyond the end are ignored.
    pub(crate) fn newest_in(&self, places: Range<usize>) -> impl Iterator<Item = usize> + '_ {
        let end = places.end.min(self.0.len());
        self.0[places.start.min(end)..end].iter().rev().map(|&at| at as usize)
    }

    /// [`Self::newest_in`] as a vector.
    pub(crate) fn part(&self, places: Range<usize>) -> Vec<usize> {
        self.newest_in(places).collect()
    }

    /// The number of entries for which `is_less` holds; it must hold for a prefix of the list.
    pub(crate) fn place(&self, is_less: impl Fn(usize) -> bool) -> usize {
        self.0.partition_point(|&at| is_less(at as usize))
    }

    /// Adds an entry.
    pub(crate) fn insert<K: Ord>(&mut self, at: usize, key: impl Fn(usize) -> K) {
        let own = key(at);
        let place = self.place(|other| key(other) < own);
        self.0.insert(place, at as u32);
    }

    /// Removes an entry if it is in the list.
    pub(crate) fn remove<K: Ord>(&mut self, at: usize, key: impl Fn(usize) -> K) {
        let own = key(at);
        let place = self.place(|other| key(other) < own);
        if self.0.get(place) == Some(&(at as u32)) {
            self.0.remove(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_edited_list_equals_one_built_from_its_entries(
            keys in prop::collection::vec(0u8..20, 1..60),
            edits in prop::collection::vec((any::<bool>(), 0usize..60), 0..120),
        ) {
            let key = |at: usize| (keys[at], at);
            let mut present = std::collections::BTreeSet::new();
            let mut list = SortedIndex::default();
            for (is_added, at) in edits {
                let at = at % keys.len();
                if is_added && present.insert(at) {
                    list.insert(at, key);
                } else if !is_added {
                    present.remove(&at);
                    list.remove(at, key);
                }
                prop_assert_eq!(&list, &SortedIndex::of(present.iter().copied(), key));
            }
        }
    }

    #[test]
    fn parts_end_at_the_end_of_the_list() {
        let list = SortedIndex::of([3, 1, 2], |at| at);
        assert_eq!((list.part(0..2), list.part(2..9), list.part(5..9)), (vec![2, 1], vec![3], vec![]));
    }
}
