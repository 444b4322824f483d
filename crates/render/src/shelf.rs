//! An ordered list of positions that stays in order while entries come and go.

use std::ops::Range;

/// Positions of stories or items in an order that a key gives, the last of a list first: a new entry usually
/// goes to the end. Keys are asked for and not kept; that of an entry must not change while it stands here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Shelf(Vec<u32>);

impl Shelf {
    /// These positions, by key.
    pub(crate) fn of<K: Ord>(positions: impl IntoIterator<Item = usize>, key: impl Fn(usize) -> K) -> Self {
        let mut entries: Vec<u32> = positions.into_iter().map(|at| at as u32).collect();
        entries.sort_by_cached_key(|&at| key(at as usize));
        Self(entries)
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All entries as readers see them: those with the greatest key first.
    pub(crate) fn newest_first(&self) -> impl DoubleEndedIterator<Item = usize> + Clone + '_ {
        self.0.iter().rev().map(|&at| at as usize)
    }

    /// The first that readers see.
    pub(crate) fn first(&self) -> Option<usize> {
        self.0.last().map(|&at| at as usize)
    }

    /// The entries in these places, counted from the least key, as readers see them. What lies outside is left
    /// out.
    pub(crate) fn newest_in(&self, places: Range<usize>) -> impl Iterator<Item = usize> + '_ {
        let end = places.end.min(self.0.len());
        self.0[places.start.min(end)..end].iter().rev().map(|&at| at as usize)
    }

    /// As [`Self::newest_in`].
    pub(crate) fn part(&self, places: Range<usize>) -> Vec<usize> {
        self.newest_in(places).collect()
    }

    /// The place, counted from the least key, before which `is_less` holds for all entries.
    pub(crate) fn place(&self, is_less: impl Fn(usize) -> bool) -> usize {
        self.0.partition_point(|&at| is_less(at as usize))
    }

    /// Puts an entry in its place.
    pub(crate) fn insert<K: Ord>(&mut self, at: usize, key: impl Fn(usize) -> K) {
        let own = key(at);
        let place = self.place(|other| key(other) < own);
        self.0.insert(place, at as u32);
    }

    /// Takes an entry away, where it stands here.
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
        fn a_shelf_that_was_changed_is_the_shelf_of_what_is_left(
            keys in prop::collection::vec(0u8..20, 1..60),
            edits in prop::collection::vec((any::<bool>(), 0usize..60), 0..120),
        ) {
            let key = |at: usize| (keys[at], at);
            let mut there = std::collections::BTreeSet::new();
            let mut shelf = Shelf::default();
            for (comes, at) in edits {
                let at = at % keys.len();
                if comes && there.insert(at) {
                    shelf.insert(at, key);
                } else if !comes {
                    there.remove(&at);
                    shelf.remove(at, key);
                }
                prop_assert_eq!(&shelf, &Shelf::of(there.iter().copied(), key));
            }
        }
    }

    #[test]
    fn parts_are_cut_where_the_list_ends() {
        let shelf = Shelf::of([3, 1, 2], |at| at);
        assert_eq!((shelf.part(0..2), shelf.part(2..9), shelf.part(5..9)), (vec![2, 1], vec![3], vec![]));
    }
}
