//! How a list is cut into pages so that a new entry changes few of them.
//!
//! A list has one page without a number, which always shows its newest entries, and numbered pages,
//! which are counted from the oldest entry: page 1 has the oldest ones. A new entry changes the
//! page without number and the last numbered one; all others keep their content and URL for ever.
//! The entries on the page without number are on the last numbered pages as well, if there are any.

use std::ops::Range;

/// A list of `len` entries with pages of `size`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Paging {
    pub(crate) len: usize,
    pub(crate) size: usize,
}

impl Paging {
    /// The number of numbered pages: 0 if the page without number shows all entries.
    pub(crate) const fn count(self) -> usize {
        if self.len > self.size { self.len.div_ceil(self.size) } else { 0 }
    }

    /// The places, counted from the oldest entry, that a page shows; page 0 is the one without
    /// number. `None` if there is no such page.
    pub(crate) fn places(self, page: usize) -> Option<Range<usize>> {
        match page {
            0 => Some(self.len.saturating_sub(self.size)..self.len),
            _ if page <= self.count() => Some((page - 1) * self.size..(page * self.size).min(self.len)),
            _ => None,
        }
    }

    /// The numbered page with the entry at this place, counted from the oldest.
    pub(crate) const fn page_of(self, place: usize) -> usize {
        place / self.size + 1
    }

    /// The page that leads on to older entries from page 0, which shows all from `least` on.
    pub(crate) fn older_than(self, least: usize) -> Option<usize> {
        (self.count() > 0 && least > 0).then(|| self.page_of(least - 1))
    }

    /// The pages before and after a page: towards newer and towards older entries.
    pub(crate) fn beside(self, page: usize) -> (Option<usize>, Option<usize>) {
        match page {
            0 => (None, self.older_than(self.len.saturating_sub(self.size))),
            _ => (Some(if page < self.count() { page + 1 } else { 0 }), (page > 1).then(|| page - 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_reader_who_follows_the_pages_meets_every_entry(len in 0usize..500, size in 1usize..40) {
            let paging = Paging { len, size };
            let mut met = vec![false; len];
            let mut next = Some(0);
            let mut last = len;
            while let Some(page) = next {
                let places = paging.places(page).unwrap();
                prop_assert!(places.end >= last.min(len) || page == 0, "no gap before page {page}");
                last = places.start;
                places.for_each(|place| met[place] = true);
                next = paging.beside(page).1;
            }
            prop_assert!(met.iter().all(|met| *met));
        }

        #[test]
        fn a_new_entry_changes_no_page_but_the_last(len in 1usize..500, size in 1usize..40) {
            let (before, after) = (Paging { len, size }, Paging { len: len + 1, size });
            for page in 1..before.count() {
                prop_assert_eq!(before.places(page), after.places(page));
                prop_assert_eq!(before.beside(page), after.beside(page));
            }
        }

        #[test]
        fn numbered_pages_hold_each_entry_once(len in 0usize..500, size in 1usize..40) {
            let paging = Paging { len, size };
            let places: Vec<usize> = (1..=paging.count()).flat_map(|page| paging.places(page).unwrap()).collect();
            prop_assert!(paging.count() == 0 || places == (0..len).collect::<Vec<_>>());
            prop_assert_eq!(paging.places(paging.count() + 1), None);
        }
    }
}
